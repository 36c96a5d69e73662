"""napari with the plugin of DeepLabCut."""

from pathlib import Path

from driver import run
from qtpy import QtCore, QtWidgets


class Napari:
    qt = QtCore, QtWidgets

    def make(self, points, video: Path, folder: Path) -> None:
        import numpy as np
        import pandas as pd

        names = [f"joint{k}" for k in range(points.shape[1])]
        columns = pd.MultiIndex.from_product(
            [["scorer"], names, ["x", "y", "likelihood"]], names=["scorer", "bodyparts", "coords"]
        )
        likelihood = np.full((*points.shape[:2], 1), 0.8)
        values = np.concatenate([points, likelihood], 2).reshape(len(points), -1)
        pd.DataFrame(values, columns=columns).to_hdf(folder / "poses.h5", key="df_with_missing")
        (folder / "video.mp4").symlink_to(video)

    def launch(self, work) -> None:
        import napari

        self._viewer = napari.Viewer()
        self._viewer.window.add_plugin_dock_widget("napari-deeplabcut", "Keypoint controls")
        self.window().showMaximized()
        work()

    def window(self):
        return self._viewer.window._qt_window

    def open(self, folder: Path) -> None:
        for name in ("video.mp4", "poses.h5"):
            self._viewer.open(str(folder / name), plugin="napari-deeplabcut")
        self._viewer.dims.set_current_step(0, 0)

    def canvas(self):
        return self._viewer.window._qt_viewer.canvas.native

    def shown(self) -> int | None:
        return self._viewer.dims.current_step[0] if len(self._viewer.layers) > 1 else None

    def go_to(self, frame: int) -> None:
        self._viewer.dims.set_current_step(0, frame)

    def step(self, by: int) -> None:
        self.go_to(self._viewer.dims.current_step[0] + by)


if __name__ == "__main__":
    run(Napari())
