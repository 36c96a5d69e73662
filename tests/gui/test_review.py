"""The review after a fine-tuning: what moved, which labels are in doubt, joints and criteria before and
after.
"""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from app.panels.sample_rows import ROW
from core.domain import SampleId
from core.project.project import Project
from core.queries.status import LEARNED
from tests.core.labels import exchange_ankles, label
from tests.gui.conftest import open_path, settle
from tests.projects import add_round

WAIT = 10_000


@pytest.fixture
def reviewed(bare_window, project: Path, qtbot):
    """In round 1 the first person moved in frame 7; the label of frame 12 has its ankles exchanged."""
    with Project(project) as opened:
        label(opened, (1, 20))
        label(opened, (1, 12), change=exchange_ankles)

    def change(columns: dict) -> None:
        columns["points"][(columns["track"] == 1) & (columns["frame"] == 7)] += (0, 20)

    add_round(project, change)
    open_path(bare_window, project, qtbot)
    qtbot.waitUntil(lambda: bare_window.workspace.review.review is not None, timeout=WAIT)
    return bare_window


def click_row(view, row: int, qtbot) -> None:
    place = view.visualRect(view.model().index(row, 0)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_the_step_review_brings_the_panel_to_the_front(reviewed, qtbot):
    panel = reviewed.workspace.review
    assert not panel.isVisible() or panel.visibleRegion().isEmpty()
    reviewed.perform("review")
    qtbot.waitUntil(lambda: not panel.visibleRegion().isEmpty(), timeout=WAIT)


def test_a_pose_that_moved_is_opened_by_a_click(reviewed, qtbot):
    reviewed.perform("review")
    moved = reviewed.workspace.review.lists["Moved"]
    assert moved.model().index(0, 0).data(ROW).sample == SampleId(1, 7)
    click_row(moved, 0, qtbot)
    settle(reviewed, qtbot)
    assert reviewed.workspace.session.sample == SampleId(1, 7)


def test_one_key_goes_to_the_label_in_doubt(reviewed, qtbot):
    qtbot.keyClick(reviewed, Qt.Key.Key_D, Qt.KeyboardModifier.ShiftModifier)
    settle(reviewed, qtbot)
    assert reviewed.workspace.session.sample == SampleId(1, 12)
    assert reviewed.status.currentMessage() == "Left and right ankle look swapped."
    panel = reviewed.workspace.review
    assert panel.tabs.tabText(1) == "To check (1)"
    assert "ankle look swapped" in panel.lists["To check"].model().index(0, 0).data(ROW).reason


def test_a_doubt_is_settled_by_correcting_the_label(reviewed, qtbot):
    reviewed.perform("next_label_to_check")
    settle(reviewed, qtbot)
    reviewed.perform("swap_person")
    reviewed.perform("swap_person")
    assert reviewed.workspace.session.sample == SampleId(1, 12)
    reviewed.perform("remove_label")
    qtbot.waitUntil(lambda: not reviewed.workspace.review.review.contradictions, timeout=WAIT)
    assert reviewed.workspace.review.next_label_to_check() is None


def test_a_label_put_right_is_to_be_learned_next(bare_window, project, qtbot):
    with Project(project) as opened:
        label(opened, (1, 12), change=exchange_ankles)
        opened.store.remove_from_queue([item.sample for item in opened.store.queue()])
        learned = [one.fingerprint for one in opened.store.labels().values()]
    add_round(project, lambda columns: None)
    with Project(project) as opened:
        opened.store.update_round(1, {LEARNED: learned})
    open_path(bare_window, project, qtbot)
    offered = bare_window.workspace.steps._next
    assert offered.property("action") == "propose"
    qtbot.waitUntil(lambda: bare_window.workspace.review.review is not None, timeout=WAIT)
    bare_window.perform("next_label_to_check")
    settle(bare_window, qtbot)
    bare_window.perform("swap_person")
    qtbot.waitUntil(lambda: offered.property("action") == "finetune", timeout=WAIT)


def test_thumbnails_of_the_moved_poses_arrive(reviewed, qtbot):
    model = reviewed.workspace.review.lists["Moved"].model()
    qtbot.waitUntil(lambda: model.index(0, 0).data(ROW).picture is not None, timeout=WAIT)


def test_holding_a_key_shows_the_poses_of_the_round_before(reviewed, qtbot):
    canvas = reviewed.workspace.canvas
    reviewed.workspace.session.go_to(7)
    settle(reviewed, qtbot)
    before = canvas.grab().toImage()
    qtbot.keyPress(canvas, Qt.Key.Key_O, Qt.KeyboardModifier.ShiftModifier)
    assert canvas.grab().toImage() != before
    qtbot.keyRelease(canvas, Qt.Key.Key_O)
    assert canvas.ghosts is None


def test_joints_and_criteria_show_before_and_after(reviewed, qtbot):
    panel = reviewed.workspace.review
    assert panel.joints.item(15, 1).text() == "2"
    assert panel.joints.item(0, 2).text() == "0.0 → 0.0"
    assert "mean before and after" in panel.criteria._legend.text()
    assert len(panel.criteria.plot.listDataItems()) == 2


def test_without_an_earlier_round_there_is_nothing_to_compare(window, qtbot):
    qtbot.waitUntil(lambda: window.workspace.review.review is not None, timeout=WAIT)
    hints = []
    window.workspace.session.hint.connect(hints.append)
    window.perform("show_before")
    window.perform("next_label_to_check")
    assert "no round before" in hints[0]
    assert "agrees with every label" in hints[1]
    assert window.workspace.review._nothing["To check"].text().startswith("After a fine-tuning")


def test_the_part_that_is_looked_at_stays_when_labels_change(reviewed, qtbot):
    reviewed.perform("review")
    panel = reviewed.workspace.review
    panel.tabs.setCurrentIndex(2)
    first = panel.review
    reviewed.perform("next_label_to_check")
    settle(reviewed, qtbot)
    reviewed.perform("remove_label")
    qtbot.waitUntil(lambda: panel.review is not first, timeout=WAIT)
    assert panel.tabs.currentIndex() == 2
    assert panel.joints.isVisible()


def test_the_names_of_the_joints_can_be_read(reviewed, qtbot):
    reviewed.perform("review")
    panel = reviewed.workspace.review
    panel.tabs.setCurrentIndex(2)
    qtbot.waitUntil(panel.joints.isVisible, timeout=WAIT)
    table = panel.joints
    assert table.columnWidth(0) >= table.sizeHintForColumn(0)


def test_an_empty_panel_says_what_will_be_there(window):
    panel = window.workspace.review
    panel.show_empty("Nothing yet.")
    assert not panel.tabs.isVisibleTo(panel)


def test_the_advice_can_be_read_to_its_end(window, qtbot):
    window.resize(1280, 800)
    advice = window.workspace.rounds._advice
    advice.say("Stop, although there is more to be said of this round than usual. " * 6, stop=True)
    qtbot.waitUntil(lambda: advice.height() >= advice.heightForWidth(advice.width()), timeout=WAIT)
    tall = advice.height()
    advice.say("Go on.")
    qtbot.waitUntil(lambda: advice.height() < tall / 2, timeout=WAIT)


def test_however_much_is_advised_nothing_lies_over_it(window, qtbot):
    window.resize(1280, 800)
    panel = window.workspace.rounds
    panel._advice.say("Go on, as there is far more to be said of this round than anybody reads. " * 14)

    def apart() -> bool:
        advice, legend, plot = (one.geometry() for one in (panel._advice, panel._legend, panel.plot))
        whole = advice.height() >= panel._advice.heightForWidth(advice.width())
        return whole and legend.top() > advice.bottom() and plot.top() > legend.bottom()

    qtbot.waitUntil(apart, timeout=WAIT)
    assert panel.height() < window.height() / 2  # it scrolls, and the queue keeps its room


def test_advice_that_is_not_shown_takes_no_room(window, qtbot):
    panel = window.workspace.review
    qtbot.waitUntil(lambda: panel.review is not None, timeout=WAIT)
    assert not panel.isVisible() or panel.visibleRegion().isEmpty()
    panel._sentence.say("This is said while another panel is in front. " * 4)
    assert panel._sentence.minimumHeight() == 0
    window.perform("review")
    sentence = panel._sentence
    qtbot.waitUntil(lambda: sentence.height() >= sentence.heightForWidth(sentence.width()) > 40, timeout=WAIT)
