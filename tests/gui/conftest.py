import multiprocessing
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from weakref import WeakSet

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, QSettings, Qt, QThread, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QComboBox, QDialog, QDialogButtonBox, QWidget
from pytestqt.qtbot import QtBot

from app.style import theme
from app.window.window import Window
from tests.clips import make_clip
from tests.projects import make_project

PATIENCE = 120_000  # milliseconds


@pytest.fixture(autouse=True)
def _own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is read from or written to the user's own folders."""
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path / "settings"))
    monkeypatch.setattr("app.diagnostics.log.platformdirs.user_log_dir", lambda _: str(tmp_path / "log"))
    monkeypatch.setattr(
        "app.session.project_opening.platformdirs.user_data_dir", lambda _: str(tmp_path / "data")
    )


@pytest.fixture(autouse=True)
def _nothing_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fails a test that leaves a thread or a process running, or a window open."""
    started: WeakSet[QThread] = WeakSet()
    start = QThread.start

    def remembered(thread: QThread, *priority: QThread.Priority) -> None:
        started.add(thread)
        start(thread, *priority)

    monkeypatch.setattr(QThread, "start", remembered)
    yield
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    running = [thread for thread in started if _runs(thread)]
    assert not running, f"threads left running: {running}"
    assert not multiprocessing.active_children(), "processes left running"
    shown = [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()]
    assert not shown, f"windows left open: {shown}"


def _runs(thread: QThread) -> bool:
    try:
        return thread.isRunning()
    except RuntimeError:  # deleted already
        return False


@pytest.fixture
def qtbot(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> QtBot:
    """Patient: a wait ends as soon as what it is for has come, and fails only where that takes minutes."""
    for name in ("waitUntil", "waitSignal"):
        wait = getattr(qtbot, name)

        def patiently(*given: object, timeout: int = 0, wait=wait, **options: object) -> object:
            return wait(*given, timeout=max(timeout, PATIENCE), **options)

        monkeypatch.setattr(qtbot, name, patiently)
    return qtbot


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return make_clip(tmp_path / "clip.mp4", frames=60)


@pytest.fixture
def project(tmp_path: Path, clip: Path) -> Path:
    return make_project(tmp_path / "clip.posetailor", clip)


@pytest.fixture
def bare_window(qtbot: QtBot, qapp: QApplication) -> Iterator[Window]:
    """The welcome page."""
    theme.apply(qapp, theme.DARK)
    window = Window()
    qtbot.addWidget(window, before_close_func=lambda _: _let_work_end(window, qtbot))
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    yield window
    window.close()
    qtbot.waitUntil(window.isHidden, timeout=10_000)


def _let_work_end(window: Window, qtbot: QtBot) -> None:
    """A window whose work goes on does not close at once, and must not be deleted meanwhile."""
    if (job := window.running_job()) is not None:
        job.cancel()
        qtbot.waitUntil(lambda: window.running_job() is None, timeout=60_000)


@pytest.fixture
def window(bare_window: Window, project: Path, qtbot: QtBot) -> Window:
    """A project open, its first frame on screen."""
    open_path(bare_window, project, qtbot)
    return bare_window


def open_path(window: Window, path: Path, qtbot: QtBot) -> None:
    window.open(path)
    qtbot.waitUntil(
        lambda: window.workspace is not None and window.workspace.session is not None, timeout=10_000
    )
    qtbot.waitUntil(lambda: window.workspace.canvas.editable, timeout=10_000)


def drop(window: Window, *paths: Path) -> None:
    """Files dragged onto the window and let go there."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(300, 300), Qt.DropAction.CopyAction, data, buttons, keys)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(
        window, QDropEvent(QPointF(300, 300), Qt.DropAction.CopyAction, data, buttons, keys)
    )


def settle(window: Window, qtbot: QtBot) -> None:
    """Until the picture is that of the session's frame."""
    qtbot.waitUntil(lambda: window.workspace.canvas.editable, timeout=10_000)


def choose(combo: QComboBox, text: str, qtbot: QtBot) -> None:
    """By a click into the list that drops down."""
    window, view = combo.window(), combo.view()
    combo.showPopup()
    place = view.visualRect(combo.model().index(combo.findText(text), 0)).center()
    qtbot.mouseMove(view.viewport(), place)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is None)
    with qtbot.waitActive(window):  # off screen nobody gives it back what the list took from it
        window.activateWindow()


def in_modal(
    window: Window,
    qtbot: QtBot,
    kind: type[QDialog],
    show: Callable[[], object],
    act: Callable[[QDialog], object],
    button: QDialogButtonBox.StandardButton = QDialogButtonBox.StandardButton.Ok,
) -> None:
    """Shows a dialog that has to be ended, acts on it and ends it with a click, where it has that button."""
    seen = []

    def drive() -> None:
        dialog = QApplication.activeModalWidget()
        seen.append(type(dialog))
        try:
            qtbot.waitUntil(
                dialog.isActiveWindow
            )  # what becomes active later would take the keys from the window again
            act(dialog)
        finally:
            buttons = dialog.findChild(QDialogButtonBox)
            if buttons is not None and (last := buttons.button(button)) is not None:
                qtbot.mouseClick(last, Qt.MouseButton.LeftButton)
            if dialog.isVisible():
                dialog.reject()

    QTimer.singleShot(50, drive)
    show()
    assert seen == [kind]
    with qtbot.waitActive(window):
        window.activateWindow()


def joint_place(window: Window, person: int, joint: int) -> QPoint:
    """Where a joint of the n-th person is on the canvas."""
    canvas = window.workspace.canvas
    return canvas.place_of(canvas.people[person].sample, joint).toPoint()


def image_place(window: Window, place: QPoint) -> tuple[float, float]:
    return window.workspace.canvas.view.to_image(QPointF(place))


def drag(
    widget: QWidget, start: QPoint, end: QPoint, qtbot: QtBot, check: Callable[[], None] | None = None
) -> None:
    """A drag in a few steps with the left button; check is called before letting go."""
    qtbot.mousePress(widget, Qt.MouseButton.LeftButton, pos=start)
    for share in (0.2, 0.5, 0.8, 1.0):
        qtbot.mouseMove(widget, start + (end - start) * share)
        time.sleep(0.005)
        QApplication.processEvents()
    if check is not None:
        check()
    qtbot.mouseRelease(widget, Qt.MouseButton.LeftButton, pos=end)
