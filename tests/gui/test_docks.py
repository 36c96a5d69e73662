"""The panels can be resized, moved, floated, hidden and put back, and stay as the user left them."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication

from app.panels.banner import Notice
from app.panels.docks import REST
from app.panels.table import PANELS
from app.style import theme
from app.window.window import settings
from tests.gui.conftest import drag, open_path


def docks_of(window):
    return window.workspace.docks.docks


def test_how_the_space_is_shared_out_is_remembered(window, project, qtbot):
    queue = docks_of(window)["queue"]
    before = queue.width()
    between = QPoint(queue.x() - 1, queue.y() + queue.height() // 2)
    strip = window.workspace.docks.childAt(between)  # wider than the line that is seen
    start = strip.mapFrom(window.workspace.docks, between)
    drag(strip, start, start - QPoint(60, 0), qtbot)
    assert queue.width() > before + 30
    moved = queue.width()
    window.close_project()
    open_path(window, project, qtbot)
    assert docks_of(window)["queue"].width() == moved


def test_panels_squeezed_in_a_small_window_come_back_with_it(window, qtbot):
    window.resize(1280, 800)
    qtbot.wait(2 * REST)

    def sizes() -> dict:
        return {name: dock.size() for name, dock in docks_of(window).items()}

    before, middle, least = sizes(), (1200, 650), (window.minimumSizeHint().width(), 1)
    for width, height in (middle, least, middle):
        window.resize(width, height)
        qtbot.wait(2 * REST)
        assert sizes() != before
    window.resize(1280, 800)
    qtbot.waitUntil(lambda: sizes() == before)


def test_no_window_is_so_small_that_names_of_joints_cannot_be_read(window, qtbot):
    window.resize(window.minimumSizeHint().width(), 600)
    qtbot.wait(2 * REST)
    table = window.workspace.joints.table
    name = table.fontMetrics().horizontalAdvance("right shoulder")
    assert table.columnWidth(0) > name + 30  # beside a spot of colour


def test_a_double_click_floats_a_panel_and_brings_it_back(window, project, qtbot):
    people = docks_of(window)["people"]
    qtbot.mouseDClick(people.titleBarWidget(), Qt.MouseButton.LeftButton)
    assert people.isFloating()
    assert people.isVisible()
    window.close_project()
    open_path(window, project, qtbot)
    people = docks_of(window)["people"]
    assert people.isFloating()
    qtbot.mouseDClick(people.titleBarWidget(), Qt.MouseButton.LeftButton)
    assert not people.isFloating()


def test_each_panel_can_be_hidden_for_good_and_shown_again(window, project, qtbot):
    names = [entry.name for entry in PANELS]
    for name in names:
        window.perform(f"panel_{name}")
        assert not docks_of(window)[name].isVisible()
    window.close_project()
    open_path(window, project, qtbot)
    assert not any(docks_of(window)[name].isVisible() for name in names)
    for name in names:
        window.perform(f"panel_{name}")
        qtbot.waitUntil(lambda name=name: docks_of(window)[name].isVisible())


def test_all_panels_go_back_to_their_places(window, qtbot):
    first = {name: dock.pos() for name, dock in docks_of(window).items()}
    qtbot.mouseDClick(docks_of(window)["joints"].titleBarWidget(), Qt.MouseButton.LeftButton)
    window.perform("panel_timeline")
    window.perform("reset_panels")
    assert all(dock.isVisible() and not dock.isFloating() for dock in docks_of(window).values())
    qtbot.waitUntil(
        lambda: all((d.pos() - first[name]).manhattanLength() <= 8 for name, d in docks_of(window).items())
    )


def test_an_arrangement_that_is_none_is_ignored(bare_window, project, qtbot):
    settings().setValue("docks", "nonsense")
    open_path(bare_window, project, qtbot)
    assert all(dock.isVisible() for dock in docks_of(bare_window).values())


def test_the_theme_is_the_systems_until_one_is_chosen(bare_window, monkeypatch):
    class Hints:
        def colorScheme(self):
            return Qt.ColorScheme.Light

    assert theme.wanted("dark") is theme.DARK
    monkeypatch.setattr(theme.QGuiApplication, "styleHints", lambda: Hints())
    assert theme.wanted(None) is theme.LIGHT
    assert theme.wanted("system") is theme.LIGHT
    assert theme.wanted("dark") is theme.DARK


def test_the_menu_marks_the_theme_that_was_chosen(bare_window):
    themes = {id: bare_window.menu_actions[f"theme_{id}"] for id in ("system", "dark", "light")}
    assert [id for id, action in themes.items() if action.isChecked()] == ["system"]
    for wanted in ("light", "dark", "system"):
        bare_window.perform(f"theme_{wanted}")
        assert [id for id, action in themes.items() if action.isChecked()] == [wanted]


def test_the_window_follows_a_change_of_the_systems_style(bare_window, monkeypatch):
    bare_window.perform("theme_system")
    shown = theme.current()
    other = theme.LIGHT if shown is theme.DARK else theme.DARK
    monkeypatch.setattr(theme, "wanted", lambda name: other)
    QApplication.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Light)
    assert theme.current() is other
    monkeypatch.undo()
    bare_window.set_theme(shown.name)


def resting_heights(window, qtbot) -> list[int]:
    """Of the docks, once the panels have found theirs."""
    seen: list[list[int]] = []

    def at_rest() -> bool:
        seen.append([dock.height() for dock in docks_of(window).values()])
        return seen[-5:] == [seen[-1]] * 5

    qtbot.waitUntil(at_rest)
    return seen[-1]


def test_a_banner_lies_over_the_picture_and_moves_nothing(window, project, qtbot):
    canvas = window.workspace.canvas
    heights = resting_heights(window, qtbot)
    before = canvas.mapToGlobal(canvas.rect().topLeft()), canvas.size()
    window.banner.say(Notice("The poses were written. " * 20))
    QApplication.processEvents()
    assert (canvas.mapToGlobal(canvas.rect().topLeft()), canvas.size()) == before
    assert [dock.height() for dock in docks_of(window).values()] == heights
    shown = window.banner.mapToGlobal(window.banner.rect().topLeft())
    assert shown.y() == before[0].y()
    assert before[0].x() <= shown.x() < shown.x() + window.banner.width() <= before[0].x() + canvas.width()
    assert window.banner.height() >= window.banner.layout().heightForWidth(window.banner.width())
    qtbot.keyClick(window, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    assert not window.banner.isVisible()  # what it says, and what its button does, is of the project
    open_path(window, project, qtbot)
    qtbot.waitUntil(lambda: [dock.height() for dock in docks_of(window).values()] == heights)


def test_the_selected_joint_is_seen_in_its_list(window, qtbot):
    table = window.workspace.joints.table
    qtbot.keyClick(window, Qt.Key.Key_1)
    qtbot.waitUntil(table.isVisible)
    for key, joint in ((Qt.Key.Key_W, 16), (Qt.Key.Key_S, 0)):
        qtbot.keyClick(window, key)
        assert window.workspace.session.joint == joint
        assert table.viewport().rect().contains(table.visualRect(table.currentIndex()))
