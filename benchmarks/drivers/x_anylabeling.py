"""X-AnyLabeling, which takes a video apart into images and keeps a file of labels beside each of them."""

import json
import os
import sys
from pathlib import Path

from driver import run


class XAnyLabeling:
    @property
    def qt(self) -> tuple:
        from PyQt6 import QtCore, QtWidgets

        return QtCore, QtWidgets

    def make(self, points, video: Path, folder: Path) -> None:
        """The frames of a long video are links to those of its first second."""
        import cv2

        capture = cv2.VideoCapture(str(video))
        different = len(points) if len(points) < 1000 else 25
        for n, pose in enumerate(points):
            image = folder / f"{n:06}.jpg"
            if n < different:
                _, pixels = capture.read()
                cv2.imwrite(str(image), pixels)
            else:
                os.link(folder / f"{n % different:06}.jpg", image)
            shapes = [shape(f"joint {k}", [place]) for k, place in enumerate(pose.tolist())]
            shapes.append(shape("person", corners(pose), "rectangle"))
            label = {
                "version": "4.2.1", "flags": {}, "shapes": shapes, "imagePath": image.name, "imageData": None,
                "imageHeight": pixels.shape[0], "imageWidth": pixels.shape[1],
            }  # fmt: skip
            image.with_suffix(".json").write_text(json.dumps(label))

    def launch(self, work) -> None:
        import anylabeling.app
        from PyQt6 import QtWidgets

        QtWidgets.QApplication.exec = lambda *_: work()
        sys.argv[1:] = ["--no-auto-update-check"]
        anylabeling.app.main()

    def window(self):
        if not hasattr(self, "_window"):
            from anylabeling.views.mainwindow import MainWindow

            widgets = self.qt[1].QApplication.topLevelWidgets()
            self._window = next(w for w in widgets if isinstance(w, MainWindow))
        return self._window

    @property
    def _view(self):
        return self.window().labeling_widget.view

    def open(self, folder: Path) -> None:
        self._view.import_image_folder(str(folder))

    def canvas(self):
        return self._view.canvas

    def shown(self) -> int | None:
        return int(Path(self._view.filename).stem) if self._view.filename else None

    def go_to(self, frame: int) -> None:
        self._view.load_file(self._view.file_list_widget.item(frame).text())

    def step(self, by: int) -> None:
        actions = self._view.actions
        (actions.open_next_image if by > 0 else actions.open_prev_image).trigger()


def shape(label: str, points: list, kind: str = "point") -> dict:
    return {
        "label": label, "score": 0.8, "points": points, "group_id": 1, "description": "", "difficult": False,
        "shape_type": kind, "flags": {}, "attributes": {},
    }  # fmt: skip


def corners(pose) -> list:
    (x0, y0), (x1, y1) = pose.min(0).tolist(), pose.max(0).tolist()
    return [[x0, y0], [x1, y0], [x1, y1], [x0, y1]]


if __name__ == "__main__":
    run(XAnyLabeling())
