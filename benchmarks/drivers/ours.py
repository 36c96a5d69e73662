"""PoseTailor."""

import sys
from pathlib import Path

from driver import run
from PySide6 import QtCore, QtWidgets

sys.path.insert(0, str(Path(__file__).parents[2]))


class Ours:
    qt = QtCore, QtWidgets

    def make(self, _, video: Path, folder: Path) -> None:
        """The poses are those that the .npz was made of."""
        from tests.projects import make_project

        make_project(folder / "project", video, people=1)

    def launch(self, work) -> None:
        from app.startup.main import run

        QtWidgets.QApplication.exec = lambda *_: work()
        run(None, False)

    def window(self):
        if not hasattr(self, "_window"):
            from app.window.window import Window

            self._window = next(w for w in QtWidgets.QApplication.topLevelWidgets() if isinstance(w, Window))
            self._window.resize(1600, 1000)
        return self._window

    @property
    def _session(self):
        return self.window().workspace.session

    def open(self, folder: Path) -> None:
        self.window().open(folder / "project")

    def canvas(self):
        workspace = self.window().workspace
        return None if workspace is None else workspace.canvas

    def shown(self) -> int | None:
        """Not before the project is there too."""
        return self.canvas().shown if self._session is not None else None

    def go_to(self, frame: int) -> None:
        self._session.go_to(frame)

    def step(self, by: int) -> None:
        self._session.go_to(self._session.frame + by)


if __name__ == "__main__":
    run(Ours())
