"""The least that can show a video: a window, a label, OpenCV."""

from pathlib import Path

import cv2
from driver import run
from PySide6 import QtCore, QtGui, QtWidgets


class Picture(QtWidgets.QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.image = QtGui.QImage()

    def paintEvent(self, _) -> None:
        painter = QtGui.QPainter(self)
        painter.setRenderHint(QtGui.QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(self.rect(), self.image)


class Bare:
    qt = QtCore, QtWidgets
    frame = None

    def make(self, _, video: Path, folder: Path) -> None:
        (folder / "video.mp4").symlink_to(video)

    def launch(self, work) -> None:
        self.app = QtWidgets.QApplication([])
        self.picture = Picture()
        self.picture.resize(1600, 900)
        self.picture.show()
        work()

    def window(self):
        return self.picture

    canvas = window

    def open(self, folder: Path) -> None:
        self.capture = cv2.VideoCapture(str(folder / "video.mp4"))
        self._show(0)

    def shown(self) -> int | None:
        return self.frame

    def go_to(self, frame: int) -> None:
        self.capture.set(cv2.CAP_PROP_POS_FRAMES, frame)
        self._show(frame)

    def step(self, by: int) -> None:
        if by < 0:
            self.go_to(self.frame + by)
        else:
            self._show(self.frame + by)

    def _show(self, frame: int) -> None:
        _, pixels = self.capture.read()
        height, width = pixels.shape[:2]
        self.picture.image = QtGui.QImage(
            pixels.data, width, height, QtGui.QImage.Format.Format_BGR888
        ).copy()
        self.frame = frame
        self.picture.update()


if __name__ == "__main__":
    run(Bare())
