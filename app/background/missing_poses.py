"""People who came back after everything was estimated, and the way to their poses."""

from PySide6.QtCore import QObject, Signal

from app.background.work import ProjectWork
from app.session.session import Change, Session
from core.domain import UserError
from core.workflow.single_pose import found_without_pose


class MissingPoses(QObject):
    """Says of whom the latest round has no poses, as soon as nothing else runs, and again after whatever
    ran then.
    """

    offered = Signal(str, str, object)  # as of the work

    def __init__(self, session: Session, work: ProjectWork, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._work = session, work
        self._said: tuple = ()
        session.changed.connect(self._look_again)
        work.started.connect(self._forget)
        work.ended.connect(self.look)

    def _look_again(self, change: Change) -> None:
        if change & (Change.TRACKS | Change.PREDICTIONS):
            self.look()

    def look(self) -> None:
        session = self._session
        if self._work.job is not None or session.read_only or session.missing or session.predictions is None:
            return
        try:
            missing = found_without_pose(session.project, session.video)
        except UserError:  # said when it was read
            return
        found = (session.video.id, session.round, tuple(missing.items()))
        if missing and found != self._said:
            names = [session.names[track] for track in missing]
            self.offered.emit(_sentence(names, sum(missing.values())), "Estimate again", self._work.estimate)
        self._said = found

    def _forget(self) -> None:
        self._said = ()


def _sentence(names: list[str], count: int) -> str:
    people = names[0] if len(names) == 1 else f"{len(names)} people"
    poses = "1 pose is" if count == 1 else f"{count:,} poses are"
    return f"{people} came back after everything was estimated, so {poses} missing."
