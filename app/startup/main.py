"""Opens the window."""

import sys
import threading
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication

from app.background.memory import share_arenas
from app.diagnostics.log import hear_of_bugs, keep_log
from app.session import project_opening
from app.startup.interrupt import CloseOnInterrupt
from app.style import theme
from app.window.notices import Bugs
from app.window.window import Window, settings
from core.domain import UserError

AT_REST = 200  # ms after the first paint
ROOM = 100  # pixels beside and above the smallest comfortable window
LARGE = 0.85  # of a screen


def run(target: Path | None, demo: bool) -> int:
    """target: see project_opening.target_of. Returns the exit status of the process; 2 when the target is no
    good.

    A damaged project is something that the window helps with.
    """
    damaged = False
    try:
        wanted = (
            project_opening.demo() if demo else None if target is None else project_opening.target_of(target)
        )
    except UserError as error:
        from core.project.store.integrity import ProjectDamaged

        wanted, damaged = None, isinstance(error, ProjectDamaged)
        print(error, file=sys.stderr)
        if not damaged:
            return 2
    keep_log()
    share_arenas()
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    app.setApplicationName("PoseTailor")
    theme.apply(app, theme.wanted(settings().value("theme")))
    window = Window()
    hear_of_bugs(Bugs(window.banner).said.emit)
    CloseOnInterrupt(window)
    if geometry := settings().value("geometry"):
        window.restoreGeometry(geometry)
    else:
        _fit(window)
    if wanted is not None:
        window.show_target(wanted)  # decoding starts in its thread while the window comes up
    window.show()
    if damaged:
        window.open(target)
    if wanted is None:
        QTimer.singleShot(AT_REST, lambda: threading.Thread(target=_import_ahead, name="imports").start())
    return app.exec()


def _fit(window: Window) -> None:
    """Leaves some of a large screen, and fills one that has no room to spare for a title bar; there it has a
    size to come back to that the screen holds whole.
    """
    room = window.screen().availableSize()
    if room.width() - window.width() <= ROOM or room.height() - window.height() <= ROOM:
        window.setWindowState(Qt.WindowState.WindowMaximized)
    window.resize(room * LARGE)


def _import_ahead() -> None:
    """The slowest of what opening a project needs, while the user still chooses one."""
    import pyqtgraph  # noqa: F401

    import core.project.store.shards
    import core.video.decoder  # noqa: F401
