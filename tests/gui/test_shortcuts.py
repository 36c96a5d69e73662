"""The table of actions, the presets of keys, and changing them."""

import json
from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, QSettings, QSize, Qt
from PySide6.QtWidgets import QDialog, QLabel, QPushButton, QToolButton

from app.actions.table import ACTIONS, SCOPES
from app.dialogs.keys import MOUSE, KeysDialog
from app.dialogs.shortcuts import ShortcutsDialog
from app.shortcuts.action import MENUS, SUBMENUS
from app.shortcuts.presets import PRESETS
from app.shortcuts.shortcuts import OWN, PRESET, Shortcuts
from app.window.window import Window, settings
from tests.clips import make_clip
from tests.gui.conftest import in_modal, open_path, settle

CTRL, SHIFT, NONE = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.NoModifier,
)


@pytest.mark.parametrize("preset", PRESETS)
def test_no_two_actions_share_a_key(preset, tmp_path):
    shortcuts = Shortcuts(QSettings(str(tmp_path / "keys.ini"), QSettings.Format.IniFormat), ACTIONS)
    shortcuts.choose(preset)
    keys = [key for entry in ACTIONS for key in shortcuts.keys(entry.id)]
    assert len(set(keys)) == len(keys)
    assert all(keys), "Qt does not know a key"
    assert PRESETS[preset].keys.keys() <= {entry.id for entry in ACTIONS}
    unreachable = {entry.id for entry in ACTIONS if entry.keys and not shortcuts.keys(entry.id)}
    assert not unreachable, "a preset takes keys away without giving others"


def test_every_scope_of_the_table_is_there_with_a_project_and_some_only_then(window, qtbot):
    assert window._scopes.keys() == SCOPES.keys()
    assert all(isinstance(window.scope(kind), kind) for kind in SCOPES)
    window.close_project()
    assert window._scopes.keys() < SCOPES.keys()
    for kind, actions in SCOPES.items():
        assert {window.menu_actions[entry.id].isEnabled() for entry in actions} == {kind in window._scopes}


def test_every_action_is_explained_and_read_out(bare_window):
    assert len({entry.id for entry in ACTIONS}) == len(ACTIONS)
    for entry in ACTIONS:
        assert entry.tooltip
        assert entry.menu in (*MENUS, *SUBMENUS)
        made = bare_window.menu_actions[entry.id]
        assert made.text(), "what a screen reader says of a menu entry"
        assert made.toolTip().startswith(entry.tooltip)


def test_every_button_of_the_window_is_named_for_a_screen_reader(window):
    for button in window.findChildren(QToolButton):
        if button.objectName() != "qt_menubar_ext_button":
            assert button.accessibleName() or button.text(), button.toolTip()


def test_the_cheat_sheet_holds_every_key(bare_window, qtbot):
    bare_window.shortcuts.choose("cvat")
    assert {bare_window.shortcuts.actions[id].text for id in ("play", "next_frame")} <= texts_of(
        bare_window, qtbot
    )
    assert {text for text, _ in MOUSE} <= texts_of(bare_window, qtbot)
    for entry in ACTIONS:
        if words := bare_window.shortcuts.words(entry.id):
            assert "  ".join(words) in texts_of(bare_window, qtbot)


def test_the_cheat_sheet_is_no_higher_than_a_low_screen(bare_window, qtbot, monkeypatch):
    monkeypatch.setattr("PySide6.QtGui.QScreen.availableSize", lambda _: QSize(1280, 755))
    dialog = KeysDialog(bare_window.shortcuts, bare_window)
    qtbot.addWidget(dialog)
    assert dialog.height() < 755 - 40  # a title bar


def texts_of(window: Window, qtbot) -> set[str]:
    dialog = KeysDialog(window.shortcuts, window)
    qtbot.addWidget(dialog)
    return {label.text() for label in dialog.findChildren(QLabel)}


def in_dialog(window: Window, qtbot, act: Callable[[ShortcutsDialog], None]) -> None:
    in_modal(window, qtbot, ShortcutsDialog, lambda: window.perform("change_keys"), act)


def choose(dialog: ShortcutsDialog, id: str, qtbot) -> None:
    item = dialog._items[id]
    dialog.tree.scrollToItem(item)
    place = dialog.tree.visualItemRect(item).topLeft() + QPoint(60, 8)
    qtbot.mouseClick(dialog.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert dialog.tree.currentItem() is item


def give(dialog: ShortcutsDialog, id: str, key: Qt.Key, qtbot, modifiers=NONE, by="Change…") -> None:
    choose(dialog, id, qtbot)
    press(dialog, by, qtbot)
    assert "Press the keys" in dialog.sentence.text()
    qtbot.keyClick(dialog.tree, key, modifiers)


def press(dialog: QDialog, text: str, qtbot) -> None:
    button = next(b for b in dialog.findChildren(QPushButton) if b.text() == text)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_a_key_is_changed_by_pressing_another_and_everything_follows(window, clip, qtbot):
    session = window.workspace.session

    def change(dialog):
        give(dialog, "next_frame", Qt.Key.Key_F, qtbot)
        give(dialog, "next_frame", Qt.Key.Key_U, qtbot, by="Add…")
        give(dialog, "swap_limb", Qt.Key.Key_Tab, qtbot, CTRL | SHIFT)
        assert dialog._items["next_frame"].text(1) == "F   U"

    in_dialog(window, qtbot, change)
    for key, frame in ((Qt.Key.Key_F, 1), (Qt.Key.Key_D, 1), (Qt.Key.Key_U, 2)):
        qtbot.keyClick(window, key)
        qtbot.waitUntil(lambda frame=frame: session.frame == frame, timeout=10_000)
        settle(window, qtbot)
    button = window.workspace.transport._buttons["next_frame"]
    assert button.toolTip() == "Go 1 frame forward (F)"
    assert [key.toString() for key in window.menu_actions["next_frame"].shortcuts()] == ["F", "U"]
    assert "F  U" in texts_of(window, qtbot)
    again = Window()
    qtbot.addWidget(again)
    assert again.shortcuts.keys("next_frame") == ("F", "U")
    assert again.shortcuts.keys("swap_limb") == ("Ctrl+Shift+Tab",)


def test_a_key_that_is_taken_is_refused_by_name(window, qtbot):
    def change(dialog):
        give(dialog, "propose", Qt.Key.Key_X, qtbot)
        assert dialog.sentence.text() == "X does “Skip the pose” already. Give that another key first."
        assert dialog._items["propose"].text(1) == "B"
        give(dialog, "skip", Qt.Key.Key_U, qtbot)
        give(dialog, "propose", Qt.Key.Key_X, qtbot)
        assert dialog._items["propose"].text(1) == "X"

    in_dialog(window, qtbot, change)
    assert window.shortcuts.owner("X").id == "propose"
    assert window.shortcuts.owner("B") is None


def test_escape_leaves_the_key_as_it_was_and_return_is_a_key_like_others(window, qtbot):
    def change(dialog):
        give(dialog, "propose", Qt.Key.Key_Escape, qtbot)
        assert dialog.isVisible()
        assert dialog._items["propose"].text(1) == "B"
        give(dialog, "propose", Qt.Key.Key_Return, qtbot)
        assert "Accept the pose" in dialog.sentence.text()
        choose(dialog, "propose", qtbot)
        qtbot.keyClick(dialog.tree, Qt.Key.Key_Return)  # begins to wait
        qtbot.keyClick(dialog.tree, Qt.Key.Key_Shift)
        qtbot.keyClick(dialog.tree, Qt.Key.Key_Question, SHIFT)
        assert "Keys" in dialog.sentence.text()

    in_dialog(window, qtbot, change)


def test_reset_one_and_all(window, qtbot):
    def change(dialog):
        give(dialog, "skip", Qt.Key.Key_U, qtbot)
        give(dialog, "propose", Qt.Key.Key_X, qtbot)
        choose(dialog, "skip", qtbot)
        press(dialog, "Reset", qtbot)
        assert "Propose the next batch" in dialog.sentence.text()  # has the key that skip had
        choose(dialog, "propose", qtbot)
        press(dialog, "Reset", qtbot)
        choose(dialog, "skip", qtbot)
        press(dialog, "No key", qtbot)
        assert dialog._items["skip"].text(1) == ""
        press(dialog, "Reset all", qtbot)
        assert dialog._items["skip"].text(1) == "X"

    in_dialog(window, qtbot, change)
    assert not any(window.shortcuts.is_own(entry.id) for entry in ACTIONS)


def test_a_preset_is_chosen_used_and_found_again(window, project, qtbot):
    def change(dialog):
        dialog.presets.setFocus()
        while dialog.presets.currentText() != "CVAT":
            qtbot.keyClick(dialog.presets, Qt.Key.Key_Down)

    in_dialog(window, qtbot, change)
    qtbot.keyClick(window, Qt.Key.Key_F)
    assert window.workspace.session.frame == 1
    qtbot.keyClick(window, Qt.Key.Key_Right)
    assert window.workspace.session.frame == 0  # the first that is queued
    window.close()
    again = Window()
    qtbot.addWidget(again)
    assert again.shortcuts.preset == "cvat"
    assert again.shortcuts.keys("play") == ("Space",)


def test_what_another_version_wrote_does_no_harm(tmp_path):
    for preset, own in (("emacs", "{"), ("cvat", '{"gone": ["K"], "play": ["K"]}'), ("default", '["x"]')):
        settings().setValue(PRESET, preset)
        settings().setValue(OWN, own)
        shortcuts = Shortcuts(settings(), ACTIONS)
        assert shortcuts.preset in PRESETS
        assert shortcuts.keys("play") == (("K",) if preset == "cvat" else ("Ctrl+Space",))


def test_keys_given_in_version_0_2_are_kept_by_actions_that_are_called_otherwise_now():
    own = {
        "interpolate": ["Q"],
        "next_doubted": ["Shift+Q"],
        "next_doubtful": ["U"],
        "previous_doubtful": ["Y"],
    }
    settings().setValue(OWN, json.dumps(own))
    shortcuts = Shortcuts(settings(), ACTIONS)
    now = ("refine", "next_label_to_check", "next_uncertain_joint", "previous_uncertain_joint")
    assert [shortcuts.keys(id) for id in now] == [("Q",), ("Shift+Q",), ("U",), ("Y",)]


def test_hints_and_holding_follow_the_keys(bare_window, clip, qtbot):
    bare_window.shortcuts.set("hide_people", ("Shift+V",))
    bare_window.shortcuts.set("estimate", ("F5",))
    open_path(bare_window, clip, qtbot)
    assert "(F5)" in bare_window.workspace.queue._empty.text()
    bare_window.shortcuts.set("estimate", ("F6",))
    assert "(F6)" in bare_window.workspace.people._empty.text()
    canvas = bare_window.workspace.canvas
    qtbot.keyPress(bare_window, Qt.Key.Key_V, SHIFT)
    assert canvas.bare
    qtbot.keyRelease(bare_window, Qt.Key.Key_V, SHIFT)
    assert not canvas.bare
    bare_window.shortcuts.set("hide_people", ())
    bare_window.perform("hide_people")  # nothing could be let go
    assert not canvas.bare
    assert "while its key is held" in bare_window.status.currentMessage()


def test_sentences_name_the_keys_in_use(bare_window, project, tmp_path, qtbot):
    for id, key in (("estimate", "F5"), ("accept", "F7"), ("person_1", "F8")):
        bare_window.shortcuts.set(id, (key,))
    open_path(bare_window, make_clip(tmp_path / "new.mp4", frames=5), qtbot)
    qtbot.keyClick(bare_window, Qt.Key.Key_N)
    assert "Estimate the poses first (F5)" in bare_window.status.currentMessage()
    bare_window.perform("delete_person")
    assert "take the first (F8)" in bare_window.status.currentMessage()
    open_path(bare_window, project, qtbot)
    qtbot.keyClick(bare_window, Qt.Key.Key_Space)
    assert "F7 accepts the pose" in bare_window.status.currentMessage()
