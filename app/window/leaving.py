"""What is asked before something that runs is stopped."""

from PySide6.QtWidgets import QMessageBox, QWidget

from app.background.job import Job

# jobs that lose nothing when they are stopped, and go on later
LASTING = ("Estimating", "Proposing", "Going back")


def may_stop(job: Job | None, what: str, window: QWidget) -> bool:
    """Whether `what` may go on, in a word or two for a button: asks where work that runs would be lost."""
    if job is None or job.stopping or job.name in LASTING:
        return True
    box = QMessageBox(QMessageBox.Icon.Question, what, f"{job.name} is still running.", parent=window)
    box.setInformativeText("What it has done so far is lost.")
    leave = box.addButton(what, QMessageBox.ButtonRole.DestructiveRole)
    box.setDefaultButton(box.addButton("Keep running", QMessageBox.ButtonRole.RejectRole))
    box.exec()
    return box.clickedButton() is leave
