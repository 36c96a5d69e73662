"""Asks which video of the project a file is of that does not say so itself."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog, QLabel, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from app.dialogs.form import ok_and_cancel
from core.project.video_names import shown_names

if TYPE_CHECKING:
    from app.session.session import Session

SIZE = (520, 320)


class WhichVideoDialog(QDialog):
    """chosen: the path of the video that was picked, the one on screen at first."""

    def __init__(self, session: "Session", name: str, parent: QWidget | None = None) -> None:
        """name: of the file."""
        super().__init__(parent)
        self.setWindowTitle("Which video is it of?")
        self.resize(*SIZE)
        about = QLabel(
            f"{name} does not say which video of this project it is of. Choose the one.",
            wordWrap=True,
        )
        self.list = QListWidget()
        self.list.setAccessibleName("Videos of this project")
        self._paths = [str(video.path) for video in session.videos]
        names = shown_names(session.videos)
        for video in session.videos:
            size = f"{video.frame_count:,} frames of {video.width} x {video.height}"
            item = QListWidgetItem(f"{names[video.id]}    {size}")
            item.setToolTip(str(video.path))
            self.list.addItem(item)
        self.list.setCurrentRow([video.id for video in session.videos].index(session.video.id))
        self.list.itemDoubleClicked.connect(self.accept)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(12)
        column.addWidget(about)
        column.addWidget(self.list, 1)
        column.addWidget(ok_and_cancel(self, "It is of this video"))

    @property
    def chosen(self) -> str:
        return self._paths[self.list.currentRow()]


def ask_which_video(session: "Session", source: Path, parent: QWidget) -> str:
    """'' where none was chosen."""
    dialog = WhichVideoDialog(session, source.name, parent)
    return dialog.chosen if dialog.exec() else ""
