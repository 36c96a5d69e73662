"""Finding people again, going through those who look wrong, and boxes without a pose, by mouse and keys."""

import shutil
import threading
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QDialogButtonBox, QLabel

from app.dialogs.find import FindDialog
from app.session.session import Change
from core.domain import Box, Cancelled, NobodyFound, SampleId, Silent, Span, UserError
from core.project.estimators.found_models import DETECTOR, ESTIMATOR, FoundModel
from core.project.estimators.models import ESTIMATOR as FILE
from core.project.estimators.models import shipped_model
from core.project.people.edits import draw_person
from core.project.project import Project
from core.queries.track_checks import TrackCheck
from core.tracking.joining import Person
from core.tracking.settings import MULTIPOSE, FindSettings
from core.workflow import estimate_round, find_people
from core.workflow.detection import SegmentFrames
from tests.gui.conftest import drag, in_modal, open_path, settle
from tests.gui.test_people import WAIT, at_rest, estimator, go_to, redo, tables, undo

__all__ = ["estimator"]
LEFT = Qt.MouseButton.LeftButton
SHIFT = Qt.KeyboardModifier.ShiftModifier
DECORATION, TIP = Qt.ItemDataRole.DecorationRole, Qt.ItemDataRole.ToolTipRole


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list:
    """The people that are found when they are looked for again, to be filled; then what they were looked
    for with.
    """
    people: list = []

    def look(source, detector, monitor, start, stop, workers, settings):
        people.append(settings)
        if not (seen := [one for one in people if isinstance(one, Person)]):
            raise NobodyFound("No people were found.")
        return seen

    monkeypatch.setattr(find_people, "open_detector", lambda *_: None)
    monkeypatch.setattr(find_people, "find_people", look)
    return people


@pytest.fixture
def ready(bare_window, project: Path, qtbot):
    """A project with an estimator, open."""
    folder = project / "estimators" / "round-0"
    folder.mkdir(parents=True)
    shutil.copyfile(shipped_model("lightning", Silent()), folder / FILE)
    open_path(bare_window, project, qtbot)
    return bare_window


def in_dialog(window, qtbot, act=lambda dialog: None) -> None:
    in_modal(window, qtbot, FindDialog, lambda: window.perform("find_people"), act)


def looked(window, qtbot) -> None:
    """Until the people have been looked at as they are now."""
    qtbot.waitUntil(lambda: not window.workspace.track_checks.check.pending, timeout=WAIT)


def at(box: Box, start: int, stop: int) -> Person:
    frames = np.arange(start, stop)
    return Person(frames, np.tile(np.array(box, np.float32), (len(frames), 1)), 0.9)


def state(window) -> tuple:
    session = window.workspace.session
    where = {track.id: (track.frames.tolist(), track.boxes.tolist()) for track in session.tracks.values()}
    return tables(window), where, session.predictions.points.tobytes()


def test_people_are_found_again_in_the_selected_frames(ready, found, qtbot):
    session = ready.workspace.session
    first = session.assignments.box(SampleId(1, 20))
    elsewhere = Box(first.x0 + 2, first.y0 + 3, first.x1 + 2, first.y1)
    found += [at(elsewhere, 20, 30)]
    before = state(ready)
    session.select_span(Span(session.video.id, 20, 29))

    def change(dialog):
        assert (dialog._first.value(), dialog._last.value()) == (20, 29)
        assert any("It can be undone" in label.text() for label in dialog.findChildren(QLabel))
        dialog._score.setFocus()
        dialog._score.selectAll()
        qtbot.keyClicks(dialog._score, "0.2")
        dialog._size.setFocus()
        qtbot.keyClick(dialog._size, Qt.Key.Key_Down)
        qtbot.keyClick(dialog._turn, Qt.Key.Key_Down)
        for control in (dialog._score, dialog._size, dialog._per_second, dialog._shortest, dialog._turn):
            assert control.accessibleName()
            assert control.toolTip()

    with qtbot.waitSignal(ready.workspace.work.ended, timeout=WAIT):
        in_dialog(ready, qtbot, change)
    assert found[-1] == FindSettings(score=0.2, size=320, turn=0, detector=MULTIPOSE)
    assert (
        "found again in frames 20 to 29 of clip.mp4: 1 person is there now, nobody is new."
        in ready.banner.sentence
    )
    assert session.assignments.box(SampleId(1, 25)) == pytest.approx(elsewhere)
    assert session.assignments.frames_of(2).tolist() == list(range(20))
    assert session.person_at(SampleId(1, 25)).prediction is not None
    after = state(ready)

    assert session.undo.undoText() == "Find people again"
    undo(ready, qtbot)
    assert state(ready) == before
    redo(ready, qtbot)
    assert state(ready) == after
    undo(ready, qtbot)
    assert state(ready) == before


def test_a_stricter_search_empties_the_selected_frames(ready, found, qtbot):
    session = ready.workspace.session
    go_to(ready, 25, qtbot)
    session.select(1)
    qtbot.keyClick(ready, Qt.Key.Key_Return)  # a label is in the way
    assert session.is_accepted(SampleId(1, 25))
    before = state(ready)
    session.select_span(Span(session.video.id, 20, 34))

    def stricter(dialog):
        dialog._score.setFocus()
        dialog._score.selectAll()
        qtbot.keyClicks(dialog._score, "0.95")

    with qtbot.waitSignal(ready.workspace.work.ended, timeout=WAIT):
        in_dialog(ready, qtbot, stricter)
    assert found[-1] == FindSettings(score=0.95, detector=MULTIPOSE)
    assert ready.banner.sentence == (
        "People were found again in frames 20 to 34 of clip.mp4: 1 person is there now, nobody is new. "
        "Boxes: 0 found, 24 removed, 1 of yours kept."
    )
    where = {frame: session.assignments.tracks_at(frame) for frame in (19, 20, 25, 34, 35)}
    assert where == {19: [1, 2], 20: [], 25: [1], 34: [], 35: [1]}
    after = state(ready)
    go_to(ready, 30, qtbot)
    assert ready.workspace.canvas.people == []
    undo(ready, qtbot)
    assert not ready.banner.isVisible()  # it is no longer so
    assert state(ready) == before
    redo(ready, qtbot)
    assert state(ready) == after


def test_it_cannot_be_taken_back_while_something_is_computed(ready, found, qtbot):
    session, running = ready.workspace.session, threading.Event()
    found += [at(session.assignments.box(SampleId(1, 20)), 0, 60)]
    with qtbot.waitSignal(ready.workspace.work.ended, timeout=WAIT):
        in_dialog(ready, qtbot)
    after = state(ready)

    def long(project, monitor):
        running.set()
        while not monitor.cancelled():
            pass
        raise Cancelled

    ready.workspace.work.start("Fine-tuning", long, Change.PREDICTIONS)
    qtbot.waitUntil(running.is_set, timeout=WAIT)
    undo(ready, qtbot)
    assert "Fine-tuning is still running" in ready.status.currentMessage()
    assert state(ready) == after
    in_vain = len(found)
    ready.perform("find_people")  # no dialog: it could not begin
    assert "Fine-tuning is still running" in ready.status.currentMessage()
    with qtbot.waitSignal(ready.workspace.work.ended, timeout=WAIT):
        ready.workspace.work.job.cancel()
    assert len(found) == in_vain
    undo(ready, qtbot)
    assert session.undo.undoText() == ""
    assert len(session.tracks[2].frames) == 30


def test_a_cancelled_one_changes_nothing(ready, found, qtbot, monkeypatch):
    before, running = state(ready), threading.Event()

    def long(source, detector, monitor, *_):
        running.set()
        while not monitor.cancelled():
            monitor.report("Finding people", 1, 10)
        raise Cancelled

    monkeypatch.setattr(find_people, "find_people", long)
    in_dialog(ready, qtbot)
    qtbot.waitUntil(running.is_set, timeout=WAIT)
    with qtbot.waitSignal(ready.workspace.work.ended, timeout=WAIT):
        ready.perform("cancel_job")
    assert state(ready) == before
    assert ready.workspace.session.undo.count() == 0
    assert "was cancelled" in ready.status.currentMessage()


def test_the_next_doubtful_track_is_shown_with_its_reason(window, qtbot):
    session, tree = window.workspace.session, window.workspace.people.tree
    looked(window, qtbot)
    (lost,) = window.workspace.track_checks.found
    assert (lost.track, lost.worst) == (2, 29)
    ann, bob = (tree.model().index(row, 1) for row in (0, 1))
    assert ann.data(DECORATION) is None
    assert not bob.data(DECORATION).isNull()
    assert "Person 2, frame 29: ends in the middle of the picture." in bob.siblingAtColumn(0).data(TIP)
    assert "(Shift+N)" in bob.data(TIP)
    qtbot.keyClick(window, Qt.Key.Key_N, SHIFT)
    assert (session.frame, session.person) == (29, 2)
    assert window.status.currentMessage() == lost.sentence
    settle(window, qtbot)
    qtbot.keyClick(window, Qt.Key.Key_N, SHIFT)  # round again
    assert (session.frame, session.person) == (29, 2)

    window.perform("delete_person")
    qtbot.waitUntil(
        lambda: not window.workspace.track_checks.check.pending and not window.workspace.track_checks.found,
        timeout=WAIT,
    )
    assert tree.model().index(0, 1).data(DECORATION) is None
    qtbot.keyClick(window, Qt.Key.Key_N, SHIFT)
    assert window.status.currentMessage() == "Nothing looks wrong with the people."


def test_doubtful_tracks_follow_one_another(window, qtbot):
    session, track_checks = window.workspace.session, window.workspace.track_checks
    looked(window, qtbot)
    listed = [
        TrackCheck(track, "", frame, frame, frame, 1.0, "odd") for track, frame in ((1, 10), (2, 5), (1, 40))
    ]
    track_checks.check.ready.emit(listed)
    seen = []
    for _ in range(4):
        qtbot.keyClick(window, Qt.Key.Key_N, SHIFT)
        seen.append((session.person, session.frame))
    assert seen == [(1, 10), (2, 5), (1, 40), (1, 10)]
    track_checks.check.ready.emit(listed[1:])  # the present one was mended: on with the one that follows
    qtbot.keyClick(window, Qt.Key.Key_N, SHIFT)
    assert (session.person, session.frame) == (2, 5)


@pytest.fixture
def drawn(window, qtbot, estimator):
    """Person 2, who left in frame 30, has drawn boxes in frames 40 and 44; the window is at 42."""
    session = window.workspace.session
    for frame, x in ((40, 85), (44, 95)):
        rows, _ = draw_person(session.project, session.video, frame, Box(x, 20, x + 50, 90), 2)
        session.change_people(rows, Change.TRACKS)
    at_rest(window, qtbot)
    go_to(window, 42, qtbot)
    session.select(2)
    return window


def corner_of(window, corner: str) -> QPoint:
    canvas = window.workspace.canvas
    return getattr(
        canvas.view.rect(window.workspace.session.person_at(SampleId(2, 42)).box), corner
    )().toPoint()


def test_a_box_between_two_drawn_ones_is_moved_by_its_border(drawn, qtbot, estimator):
    session, canvas = drawn.workspace.session, drawn.workspace.canvas
    before, old = tables(drawn), session.person_at(SampleId(2, 42)).box
    rect = canvas.view.rect(old)
    border = QPointF(rect.left(), rect.top() + 0.4 * rect.height()).toPoint()
    qtbot.mouseMove(canvas, border)
    qtbot.waitUntil(lambda: canvas.cursor().shape() == Qt.CursorShape.SizeAllCursor, timeout=WAIT)
    way = QPoint(12, 6)
    drag(canvas, border, border + way, qtbot, check=canvas.grab)
    at_rest(drawn, qtbot)
    person = session.person_at(SampleId(2, 42))
    by = np.tile([way.x() / canvas.view.scale, way.y() / canvas.view.scale], 2)
    assert person.box == pytest.approx(np.array(old) + by, abs=0.5)
    assert person.prediction is not None
    assert person.label is None
    assert session.undo.undoText() == "Move the box"
    assert [row[1] for row in tables(drawn)["drawn_boxes"]] == [40, 42, 44]
    undo(drawn, qtbot)
    assert tables(drawn) == before
    assert session.person_at(SampleId(2, 42)).prediction is None
    redo(drawn, qtbot)
    assert len(tables(drawn)["drawn_boxes"]) == 3


def test_a_box_between_two_drawn_ones_is_scaled_by_its_corner(drawn, qtbot, estimator):
    session, canvas = drawn.workspace.session, drawn.workspace.canvas
    old, corner = session.person_at(SampleId(2, 42)).box, corner_of(drawn, "bottomRight")
    drag(canvas, corner, corner + QPoint(20, 20), qtbot)
    at_rest(drawn, qtbot)
    new = session.person_at(SampleId(2, 42)).box
    assert new[:2] == pytest.approx(old[:2], abs=0.5)
    assert new.height > old.height + 3
    assert estimator[-1] == (2, 42)


def test_a_drawn_box_whose_pose_could_not_be_estimated_is_moved_too(window, qtbot):
    session, canvas = window.workspace.session, window.workspace.canvas
    rows, _ = draw_person(session.project, session.video, 42, Box(30, 20, 80, 90), 2)
    session.change_people(rows, Change.TRACKS)
    at_rest(window, qtbot)  # the project has no estimator
    go_to(window, 42, qtbot)
    session.select(2)
    corner = corner_of(window, "topLeft")
    drag(canvas, corner, corner + QPoint(10, 14), qtbot)
    at_rest(window, qtbot)
    (row,) = tables(window)["drawn_boxes"]
    assert row[3] > 31
    assert row[5:] == (80, 90)
    undo(window, qtbot)
    assert tables(window)["drawn_boxes"][0][3:] == (30, 20, 80, 90)


@pytest.mark.long
def test_what_could_be_taken_back_is_forgotten_with_the_window(ready, found, qtbot):
    session = ready.workspace.session
    folder = session.project.folder
    found += [at(session.assignments.box(SampleId(1, 20)), 0, 60)]
    with qtbot.waitSignal(ready.workspace.work.ended, timeout=WAIT):
        in_dialog(ready, qtbot)
    ready.close_project()
    open_path(ready, folder, qtbot)
    with Project(folder) as project:
        assert [row for row in project.store.read("SELECT kind FROM shards") if row[0] == "aside"] == []


def test_where_nobody_is_found_at_first_the_banner_leads_to_a_search_with_other_settings(
    bare_window, clip, monkeypatch, qtbot
):
    asked = []

    def look(source, decoder, video, start, stop, detection):
        settings = detection.settings.get(video, FindSettings())
        asked.append((start, stop, settings))
        somebody = Person(
            np.arange(start, stop), np.full((stop - start, 4), (10, 10, 60, 90), np.float32), 0.2
        )
        return SegmentFrames(source, None, [] if settings == FindSettings() else [somebody], [])

    monkeypatch.setattr(estimate_round, "decode", look)
    open_path(bare_window, clip, qtbot)
    bare_window.workspace.session.choose_estimator("lightning")
    with qtbot.waitSignal(bare_window.workspace.work.ended, timeout=WAIT):
        bare_window.perform("estimate")
    assert bare_window.banner.sentence.startswith("No people were found in ")

    def act(dialog):
        assert dialog.windowTitle() == "Find people"
        dialog._score.setValue(0.1)
        dialog._last.setValue(4)

    with qtbot.waitSignal(bare_window.workspace.work.ended, timeout=WAIT):
        in_modal(
            bare_window, qtbot, FindDialog, lambda: qtbot.mouseClick(bare_window.banner.way_out, LEFT), act
        )
    frames = bare_window.workspace.session.video.frame_count
    assert asked == [(0, frames, FindSettings()), (0, 5, FindSettings(score=0.1))]
    (person,) = bare_window.workspace.session.tracks.values()
    assert len(person.frames) == 5
    assert not bare_window.banner.isVisible()


def test_a_larger_picture_is_chosen_where_people_are_small(ready, monkeypatch, qtbot):
    monkeypatch.setattr("app.dialogs.find.small_people_in_words", lambda *_: "People are small")
    seen = []
    in_modal(
        ready,
        qtbot,
        FindDialog,
        lambda: ready.perform("find_people"),
        lambda dialog: seen.append(dialog.settings.size),
        QDialogButtonBox.StandardButton.Cancel,
    )
    assert seen == [960]


def test_a_detector_of_ones_own_is_chosen_and_offered_again(ready, found, monkeypatch, qtbot, tmp_path):
    file = tmp_path / "rtmdet.onnx"
    file.touch()
    monkeypatch.setattr("app.dialogs.detector_choice.QFileDialog.getOpenFileName", lambda *_: (str(file), ""))
    monkeypatch.setattr("app.dialogs.detector_choice.import_detector", lambda _: (str(file), "It is one."))
    asked = []

    def choose(dialog: FindDialog) -> None:
        box = dialog.detector.box
        assert dialog.settings.detector == MULTIPOSE
        box.setCurrentIndex(box.count() - 1)
        box.activated.emit(box.count() - 1)
        qtbot.waitUntil(lambda: not dialog.detector.trying, timeout=WAIT)
        assert box.currentText() == "rtmdet"
        asked.append(dialog.settings.detector)

    def look(act) -> None:
        cancel = QDialogButtonBox.StandardButton.Cancel
        in_modal(ready, qtbot, FindDialog, lambda: ready.perform("find_people"), act, cancel)

    look(choose)
    assert asked == [str(file)]
    session = ready.workspace.session
    finding = asdict(FindSettings(detector=str(file)))
    session.project.store.set_setting("finding", {str(session.video.id): finding})
    look(lambda dialog: asked.append(dialog.settings.detector))
    assert asked == [str(file)] * 2


def test_a_detector_of_another_program_is_offered_and_tried_once_it_is_chosen(
    ready, monkeypatch, qtbot, tmp_path
):
    cached = FoundModel(tmp_path / "yolox_m.onnx", "rtmlib", "YOLOX yolox_m", DETECTOR)
    other = FoundModel(tmp_path / "rtmpose-m.onnx", "rtmlib", "RTMPose rtmpose-m", ESTIMATOR, "rtmpose")
    monkeypatch.setattr("app.dialogs.detector_choice.found_models", lambda: [cached, other])
    tried = []

    def refuse(file: str) -> None:
        tried.append(file)
        raise UserError("It is no detector.")

    monkeypatch.setattr("app.dialogs.detector_choice.import_detector", refuse)

    def choose(dialog: FindDialog) -> None:
        box = dialog.detector.box
        qtbot.waitUntil(lambda: box.findText(cached.title) >= 0, timeout=WAIT)
        assert box.findText(other.title) < 0
        assert tried == []
        box.activated.emit(box.findText(cached.title))
        qtbot.waitUntil(lambda: not dialog.detector.trying, timeout=WAIT)
        assert tried == [str(cached.file)]
        assert "It is no detector." in [label.text() for label in dialog.findChildren(QLabel)]
        assert dialog.settings.detector == MULTIPOSE

    cancel = QDialogButtonBox.StandardButton.Cancel
    in_modal(ready, qtbot, FindDialog, lambda: ready.perform("find_people"), choose, cancel)
