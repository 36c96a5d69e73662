"""A project whose settings name what this program lacks, as a newer one writes them: all of it opens, and
that is said.
"""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox

from app.dialogs.settings import SettingsDialog
from core.project.project import Project
from tests.gui.conftest import in_modal, open_path, settle

WAIT = 10_000
CTRL = Qt.KeyboardModifier.ControlModifier
NAMES = ["criterion", "variant", "sampler", "device"]


@pytest.mark.parametrize("key", NAMES)
def test_a_setting_that_this_program_lacks_is_said_and_the_page_is_whole(bare_window, project, key, qtbot):
    with Project(project) as opened:
        opened.store.set_setting(key, "thc+future" if key == "criterion" else "future")
    open_path(bare_window, project, qtbot)
    workspace = bare_window.workspace
    assert f"This project's {key} is " in bare_window.banner.sentence
    assert "future" in bare_window.banner.sentence
    assert "Choose another under Settings" in bare_window.banner.sentence
    assert workspace.queue.list.model().rowCount() == 6
    assert workspace.timeline.isVisible()
    assert workspace.steps.isVisible()
    for step in (Qt.Key.Key_Space, Qt.Key.Key_Right, Qt.Key.Key_Return, Qt.Key.Key_Tab):
        qtbot.keyClick(bare_window, step)
        settle(bare_window, qtbot)
    assert len(workspace.session.labels) == 1
    assert workspace.session.scores("thc") is not None or key == "variant"


@pytest.mark.parametrize("key", ["criterion", "sampler", "variant"])
def test_proposing_says_what_to_do_and_another_choice_helps(bare_window, project, key, qtbot):
    with Project(project) as opened:
        opened.store.set_setting(key, "future")
    open_path(bare_window, project, qtbot)
    session, work = bare_window.workspace.session, bare_window.workspace.work
    bare_window.banner.clear()
    with qtbot.waitSignal(work.ended, timeout=WAIT):
        qtbot.keyClick(bare_window, Qt.Key.Key_B)
    assert f"There is no {key} 'future'" in bare_window.banner.sentence

    def choose(dialog: SettingsDialog) -> None:
        if key == "criterion":
            assert not dialog._buttons.button(QDialogButtonBox.StandardButton.Ok).isEnabled()
            dialog._criteria["thc"].setChecked(True)

    in_modal(
        bare_window,
        qtbot,
        SettingsDialog,
        lambda: qtbot.keyClick(bare_window, Qt.Key.Key_Comma, CTRL),
        choose,
    )
    assert session.project.setting(key) != "future"
    before = len(session.queue)
    with qtbot.waitSignal(work.ended, timeout=WAIT):
        qtbot.keyClick(bare_window, Qt.Key.Key_B)
    assert len(session.queue) > before
