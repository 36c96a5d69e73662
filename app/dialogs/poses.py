"""Which poses of another program a project begins with, of which video, and how they count its frames."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.form import Form, choice, ok_and_cancel
from core.project.video_names import export_names

if TYPE_CHECKING:
    from app.session.session import Session
    from core.project.store.store import Video

FILES = "Poses (*.json *.csv *.tsv *.h5 *.hdf5 *.slp *.trc *.txt *.nwb *.onnx);;All files (*)"
READ = (
    "Read are JSON of OpenPose, Pose2Sim, AlphaPose, MMPose and rtmlib, COCO's results, DeepLabCut, "
    "SLEAP, MediaPipe as CSV, TRC in pixels, ultralytics' labels and NWB; and ONNX networks that give people "
    "with their joints at once (YOLOv8-pose or later, RTMO), which then run over the video."
)
ABOUT = (
    "They become round 0: shown, scored by what can be told of poses alone, proposed and corrected. The "
    "estimator of this project then learns from what you correct, and estimates the next round itself."
)
COUNTS = {None: "as the file tells", 0: "0", 1: "1"}
WIDTH = 640


class PosesDialog(QDialog):
    """path: of the file or folder; video: that it is of; first: what it calls the first frame, None where
    it tells.
    """

    def __init__(self, session: "Session", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Import poses")
        self.setMinimumWidth(WIDTH)
        self._start, self._videos = str(session.project.folder.parent), list(session.videos)
        self.place = QLineEdit()
        file, folder = QPushButton("File…"), QPushButton("Folder…")
        file.clicked.connect(self._ask_for_file)
        folder.clicked.connect(self._ask_for_folder)
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.place, 1)
        line.addWidget(file)
        line.addWidget(folder)
        form = Form()
        form.add("Poses", row, "A file, or a folder with one per frame.")
        self.place.setAccessibleName("Poses")
        for button, name in ((file, "Choose a file"), (folder, "Choose a folder")):
            button.setAccessibleName(name)
            button.setToolTip(name)
        self.videos = QComboBox()
        self.videos.addItems([export_names(self._videos)[video] for video in self._videos])
        self.videos.setCurrentIndex([video.id for video in self._videos].index(session.video.id))
        form.add("Of", self.videos, "The video that the poses are of.")
        self.counts = choice(COUNTS, None)
        form.add(
            "The first frame is",
            self.counts,
            "Its number in the file: 0 or 1. Where images or times are named, it is found by them.",
        )
        about = QLabel(f"{ABOUT}\n\n{READ}", wordWrap=True)
        buttons = ok_and_cancel(self, "Begin with these poses")
        self._ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(20)
        column.addLayout(form)
        column.addWidget(about)
        column.addWidget(buttons)
        self.place.textChanged.connect(self._check)
        self._check()

    @property
    def path(self) -> Path:
        return Path(self.place.text().strip()).expanduser()

    @property
    def video(self) -> "Video":
        return self._videos[self.videos.currentIndex()]

    @property
    def first(self) -> int | None:
        return self.counts.currentData()

    def _check(self) -> None:
        self._ok.setEnabled(bool(self.place.text().strip()) and self.path.exists())

    def _ask_for_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Poses of another program", self._start, FILES)
        if name:
            self.place.setText(name)

    def _ask_for_folder(self) -> None:
        if name := QFileDialog.getExistingDirectory(self, "A folder of poses", self._start):
            self.place.setText(name)
