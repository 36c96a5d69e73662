from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QComboBox, QDialogButtonBox, QToolButton

from app.dialogs.settings import SettingsDialog
from app.panels.queue_rows import reason_in_words
from app.panels.rounds import _short
from core.project.estimators.runtime import InUse
from core.project.store.store import Store
from core.queries.status import AUDIT
from tests.gui.conftest import choose, in_modal, open_path, settle

WAIT = 10_000
TICK = QPoint(8, 10)  # in a check box
CTRL = Qt.KeyboardModifier.ControlModifier


def stored(window) -> dict:
    store = Store(window.workspace.session.project.folder / "project.sqlite")
    settings = store.settings()
    store.close()
    return settings


def in_dialog(window, qtbot, act) -> None:
    in_modal(window, qtbot, SettingsDialog, lambda: qtbot.keyClick(window, Qt.Key.Key_Comma, CTRL), act)


def choose_by_keys(combo: QComboBox, name: str, qtbot) -> None:
    """With the keyboard, as a user without a mouse does."""
    combo.setFocus()
    for _ in range(combo.count()):
        qtbot.keyClick(combo, Qt.Key.Key_Up)
    for _ in range(combo.count()):
        if combo.currentData() != name:
            qtbot.keyClick(combo, Qt.Key.Key_Down)
    assert combo.currentData() == name


def test_settings_are_stored_used_and_undone(window, qtbot):
    session = window.workspace.session

    def change(dialog):
        qtbot.keyClicks(dialog._size, "3")
        for name in ("thc", "td"):
            qtbot.mouseClick(dialog._criteria[name], Qt.MouseButton.LeftButton, pos=TICK)
        choose_by_keys(dialog._sampler, "random", qtbot)
        qtbot.keyClicks(dialog._steps, "12")
        assert dialog._tau.text() == "0.7"
        dialog._tau.selectAll()
        qtbot.keyClicks(dialog._tau, "0.85")
        assert not dialog._estimator.isEnabled()
        assert dialog._size.placeholderText() == "automatic: 5"

    in_dialog(window, qtbot, change)
    expected = {"size": 3, "criterion": "thc", "sampler": "random", "steps": 12, "tau": 0.85}
    assert expected.items() <= stored(window).items()
    assert "device" not in stored(window)  # what was not touched follows the program's default
    assert window.workspace.timeline._names["chosen"].text == "Flicker"
    with qtbot.waitSignal(window.workspace.work.ended, timeout=WAIT):
        qtbot.keyClick(window, Qt.Key.Key_B)
    assert len(session.queue) == 6 + 3
    for _ in range(2):
        qtbot.keyClick(window, Qt.Key.Key_Z, CTRL)
    # what was never chosen follows the program's defaults again
    assert expected.keys() & stored(window).keys() == {"sampler"}
    assert stored(window)["sampler"] == "facility-location"
    assert session.criterion == "td"
    assert session.project.setting("size") is None
    assert window.workspace.timeline._names["chosen"].text == "Off its path"


def test_a_sampler_brings_the_criterion_it_goes_by_unless_another_was_chosen(window, qtbot):
    session = window.workspace.session

    def choose_duw(dialog):
        choose_by_keys(dialog._sampler, "duw", qtbot)
        assert [name for name, box in dialog._criteria.items() if box.isChecked()] == ["thc", "wpu"]

    in_dialog(window, qtbot, choose_duw)
    assert "criterion" not in stored(window)
    assert session.criterion == "thc+wpu"

    def choose_another(dialog):
        qtbot.mouseClick(dialog._criteria["lc"], Qt.MouseButton.LeftButton, pos=TICK)
        choose_by_keys(dialog._sampler, "facility-location", qtbot)

    in_dialog(window, qtbot, choose_another)
    assert session.criterion == stored(window)["criterion"] == "thc+wpu+lc"


def test_a_random_check_is_asked_for_and_speaks_of_the_rest(window, qtbot):
    session = window.workspace.session
    in_dialog(window, qtbot, lambda dialog: choose_by_keys(dialog._audit, 0.25, qtbot))
    assert stored(window)["audit"] == 0.25
    before = len(session.queue)
    with qtbot.waitSignal(window.workspace.work.ended, timeout=WAIT):
        qtbot.keyClick(window, Qt.Key.Key_B)
    drawn = [item for item in session.queue if AUDIT in item.reason]
    assert len(drawn) == 1
    assert len(session.queue) == before + 6
    assert reason_in_words(drawn[0].reason) == "drawn at random, to check the rest"
    session.visit(drawn[0].sample)
    session.select(drawn[0].sample.track)
    settle(window, qtbot)
    qtbot.keyClick(window, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "drawn at random" in window.workspace.rounds._advice.text(), timeout=WAIT)


def test_a_criterion_that_takes_longer_can_be_asked_for(window, qtbot):
    def change(dialog):
        assert dialog._criteria["dropout"].isEnabled()
        assert "takes longer" in dialog._criteria["dropout"].toolTip()
        assert not dialog._criteria["entropy"].isEnabled()
        qtbot.mouseClick(dialog._criteria["dropout"], Qt.MouseButton.LeftButton, pos=TICK)

    in_dialog(window, qtbot, change)
    session = window.workspace.session
    assert session.criterion == "td+dropout"
    assert session.scores("chosen") is None  # until the next estimation
    assert session.scores("thc") is not None


def test_a_project_needs_a_criterion(window, qtbot):
    def untick(dialog):
        qtbot.mouseClick(dialog._criteria["td"], Qt.MouseButton.LeftButton, pos=TICK)
        assert not dialog._buttons.button(QDialogButtonBox.StandardButton.Ok).isEnabled()

    in_dialog(window, qtbot, untick)
    assert window.workspace.session.criterion == "td"


def test_a_device_that_is_not_there_is_said_at_once(window, qtbot, monkeypatch):
    monkeypatch.setattr(
        "core.project.estimators.runtime.device_in_use", lambda project: InUse("CPU", "There is no GPU.")
    )
    in_dialog(window, qtbot, lambda dialog: choose_by_keys(dialog._device, "cuda", qtbot))
    assert stored(window)["device"] == "cuda"
    assert window.status.device.property("tone") == "bad"
    assert window.status.device.toolTip() == "There is no GPU."
    assert window.banner.sentence == "There is no GPU."


@pytest.fixture
def fresh(bare_window, clip, qtbot):
    """A video opened for the first time."""
    open_path(bare_window, clip, qtbot)
    return bare_window


def test_the_estimator_is_chosen_beside_the_button(fresh, qtbot):
    combo = fresh.workspace.steps.estimator
    assert combo.isVisible()
    assert combo.currentData() == "thunder"
    assert "4 times faster" in combo.itemText(1)
    choose(combo, combo.itemText(1), qtbot)
    assert stored(fresh)["estimator"] == "lightning"
    assert fresh.workspace.session.estimator == "lightning"


def test_an_estimator_from_a_file(fresh, tmp_path: Path, monkeypatch, qtbot):
    file = tmp_path / "mine.safetensors"
    monkeypatch.setattr("app.dialogs.settings.QFileDialog.getOpenFileName", lambda *_: (str(file), ""))

    def choose_file(dialog):
        choose_by_keys(dialog._estimator, str(file), qtbot)
        assert dialog._estimator.currentText() == "mine.safetensors"

    in_dialog(fresh, qtbot, choose_file)
    assert stored(fresh)["estimator"] == str(file)
    assert fresh.workspace.steps.estimator.currentText() == "mine.safetensors"


def test_once_estimated_there_is_no_choice(window):
    assert not window.workspace.steps.estimator.isVisible()
    gear = next(
        b for b in window.workspace.steps.findChildren(QToolButton) if b.accessibleName() == "Settings"
    )
    assert gear.isVisible()


@pytest.mark.parametrize(
    ("loss", "text"),
    [
        (None, "–"),
        (0.0, "0.00"),
        (0.5, "0.500"),
        (12.345, "12.3"),
        (0.0010009, "0.00100"),
        (0.000102345, "1.02e-4"),
    ],
)
def test_a_loss_in_three_digits(loss, text):
    assert _short(loss) == text
