"""SLEAP's labelling window."""

import ctypes
from pathlib import Path

from driver import run
from qtpy import QtCore, QtWidgets


class Sleap:
    qt = QtCore, QtWidgets
    frame = None

    def make(self, points, video: Path, folder: Path) -> None:
        import sleap_io as sio

        skeleton = sio.Skeleton([f"joint {n}" for n in range(points.shape[1])])
        source = sio.load_video(str(video))
        frames = [
            sio.LabeledFrame(
                video=source,
                frame_idx=n,
                instances=[sio.PredictedInstance.from_numpy(pose, skeleton=skeleton, score=0.8)],
            )
            for n, pose in enumerate(points)
        ]
        sio.save_file(sio.Labels(frames), str(folder / "project.slp"))

    def launch(self, work) -> None:
        from sleap.gui import app
        from sleap.gui.widgets.video import QtVideoPlayer

        # Its binding gives None away once too often now and then, which ends Pythons before 3.12 after some
        # hundred steps.
        ctypes.c_ssize_t.from_address(id(None)).value += 1 << 40
        show = QtVideoPlayer._on_frame_ready

        def noted(player, frame, image) -> None:
            show(player, frame, image)
            self.frame = frame

        QtVideoPlayer._on_frame_ready = noted
        QtWidgets.QApplication.exec_ = lambda *_: work()
        self._kind = app.MainWindow
        app.startup.main(["--no-usage-data"])

    def window(self):
        if not hasattr(self, "_window"):
            self._window = next(
                w for w in QtWidgets.QApplication.topLevelWidgets() if isinstance(w, self._kind)
            )
        return self._window

    def open(self, folder: Path) -> None:
        self.window().commands.loadProjectFile(str(folder / "project.slp"))

    def canvas(self):
        return self.window().player.view.viewport()

    def shown(self) -> int | None:
        return self.frame

    def go_to(self, frame: int) -> None:
        self.window().state["frame_idx"] = frame

    def step(self, by: int) -> None:
        self.window().player._shortcut_triggers["frame next" if by > 0 else "frame prev"].activated.emit()


if __name__ == "__main__":
    run(Sleap())
