"""Marking the frames that matter, going to a frame or a video, and filling a range, with mouse and keys."""

from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton

from app.background.job import Job
from app.dialogs.frame import FrameDialog, frame_of
from app.panels.rounds import _labelled
from app.session.editing import accepted, label_of
from app.session.queue_order import Order, in_order
from core.domain import SampleId
from core.evaluation.stopping import StopAdvice
from core.project.store.store import QueueItem
from core.queries.status import RoundStatus
from core.workflow.propose import propose
from tests.clips import make_clip
from tests.gui.conftest import in_modal, open_path, settle
from tests.gui.test_timeline import drag as drag_lane
from tests.projects import add_round, add_video

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
WAIT = 10_000


def mark(window, first: int, last: int, qtbot) -> None:
    drag_lane(window, "predicted", first, last, qtbot, SHIFT)
    assert window.workspace.session.span is not None


def spans(window) -> list[tuple[int, int]]:
    session = window.workspace.session
    return session.project.spans(session.video.id)


def test_marked_spans_are_all_that_matters_until_that_is_taken_back(window, qtbot):
    session = window.workspace.session
    for first, last in ((5, 10), (30, 40)):
        mark(window, first, last, qtbot)
        qtbot.keyClick(window, Qt.Key.Key_K, CTRL)
    assert spans(window) == [(5, 11), (30, 41)]
    assert session.span is None
    shaded = window.workspace.timeline._unwanted[0]
    assert (shaded._starts.tolist(), shaded._stops.tolist()) == ([0, 11, 41], [5, 30, 60])
    assert {item.sample.frame for item in propose(session.project, size=200)} <= {
        *range(5, 11),
        *range(30, 41),
    }
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL)
    assert spans(window) == [(5, 11)]
    qtbot.keyClick(window, Qt.Key.Key_K, CTRL | SHIFT)
    assert spans(window) == [(0, 60)]
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL)
    assert spans(window) == [(5, 11)]


def test_without_a_marked_span_it_is_said_how_to_mark_one(window, qtbot):
    with qtbot.waitSignal(window.workspace.session.hint) as said:
        qtbot.keyClick(window, Qt.Key.Key_K, CTRL)
    assert "Shift" in said.args[0]
    assert spans(window) == [(0, 60)]


def test_a_frame_is_gone_to_by_number_or_time(window, qtbot):
    session = window.workspace.session

    def go(text: str) -> None:
        def type_it(dialog: FrameDialog) -> None:
            qtbot.keyClicks(dialog.line, text)

        in_modal(window, qtbot, FrameDialog, lambda: qtbot.keyClick(window, Qt.Key.Key_G, CTRL), type_it)
        settle(window, qtbot)

    go("42")
    assert session.frame == 42
    go("0:01")
    assert session.frame == int(np.searchsorted(window.workspace.times, 1.0 + 1e-6, "right")) - 1


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        *(
            ("0", 0),
            ("99", 99),
            ("100", None),
            ("-1", None),
            ("", None),
            ("x", None),
            ("0:01", 25),
            ("1.98 s", 49),
        ),
        *(("0:00:02", 50), ("9:00", None), ("9" * 30, None)),
    ],
)
def test_what_is_typed_is_a_frame_of_the_video_or_nothing(text: str, frame: int | None) -> None:
    assert frame_of(text, np.arange(100) / 25) == frame


def test_keys_go_from_video_to_video(bare_window, project, tmp_path, qtbot):
    assert add_video(project, make_clip(tmp_path / "second.mp4", frames=30), queued=(7,)) == 3
    open_path(bare_window, project, qtbot)
    workspace = bare_window.workspace
    qtbot.keyClick(bare_window, Qt.Key.Key_PageDown, CTRL)
    assert workspace.session.video.path.name == "second.mp4"
    assert workspace.transport.slider.maximum() == 29  # at once, not when its file is read
    settle(bare_window, qtbot)
    qtbot.keyClick(bare_window, Qt.Key.Key_PageUp, CTRL)
    assert workspace.session.video.path.name == "clip.mp4"
    settle(bare_window, qtbot)


@pytest.mark.parametrize("order", list(Order))
def test_the_queue_stays_with_a_video_until_it_is_done(order: Order) -> None:
    videos = {track: SimpleNamespace(id=10 - track) for track in (1, 2, 3)}
    samples = [SampleId(track, frame) for frame in (5, 3, 9) for track in (2, 1, 3)]
    items = [QueueItem(sample, 0, False, {"thc": 0.1 * place}) for place, sample in enumerate(samples)]
    tracks = [item.sample.track for item in in_order(items, order, videos)]
    assert tracks == [2, 2, 2, 1, 1, 1, 3, 3, 3]  # as they come first among the proposed


def test_all_frames_between_two_labels_are_filled_in_one_key(window, qtbot):
    session = window.workspace.session
    for frame, off in ((10, 0.0), (20, 20.0)):
        label = accepted(label_of(session.person_at(SampleId(1, frame)), 17, 0))
        label.pose.points[:] += off
        session.write({label.sample: label})
    session.go_to(14)
    session.select(1)
    settle(window, qtbot)
    qtbot.keyClick(window, Qt.Key.Key_I, SHIFT)
    first, last = (session.labels[SampleId(1, frame)].pose.points for frame in (10, 20))
    filled = [session.labels[SampleId(1, frame)] for frame in range(11, 20)]
    assert all(label.accepted for label in filled)
    path = np.array([first, *(label.pose.points for label in filled), last])
    # from one label to the other, as the estimates in between let it
    assert (np.diff(path, axis=0) >= -0.1).all()
    assert np.abs(np.diff(path, axis=0)).max() < 10
    count = session.undo.count()
    with qtbot.waitSignal(session.hint) as said:  # nothing is left to fill, and nothing to be undone
        qtbot.keyClick(window, Qt.Key.Key_I, SHIFT)
    assert "already" in said.args[0]
    assert session.undo.count() == count
    qtbot.keyClick(window, Qt.Key.Key_Z, CTRL)
    assert not any(SampleId(1, frame) in session.labels for frame in range(11, 20))


def test_quitting_asks_where_work_would_be_lost(window, qtbot, monkeypatch):
    running = Job("Fine-tuning", lambda _: None)
    monkeypatch.setattr(window, "running_job", lambda: running)

    def press(text: str):
        def act(dialog: QMessageBox) -> None:
            button = next(one for one in dialog.findChildren(QPushButton) if one.text() == text)
            qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

        return act

    in_modal(window, qtbot, QMessageBox, window.close, press("Keep running"))
    assert window.isVisible()
    assert not running.stopping
    monkeypatch.undo()


def test_a_box_is_stretched_in_one_direction_by_the_middle_of_a_side(window, qtbot):
    session, canvas = window.workspace.session, window.workspace.canvas
    qtbot.keyClick(window, Qt.Key.Key_Z)
    before, points = session.person_at(session.sample).box, session.person_at(session.sample).points.copy()
    rect = canvas.view.rect(before)
    start = QPoint(round(rect.center().x()), round(rect.bottom()))
    qtbot.mouseMove(canvas, start)
    assert canvas.cursor().shape() == Qt.CursorShape.SizeVerCursor
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=start)
    way = QPoint(30, -round(rect.height() / 4))
    for share in (0.3, 1.0):
        qtbot.mouseMove(canvas, start + way * share)
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=start + way)
    pose = session.labels[session.sample].pose
    assert (pose.box.x0, pose.box.x1, pose.box.y0) == pytest.approx((before.x0, before.x1, before.y0))
    assert pose.box.height == pytest.approx(0.75 * before.height, rel=0.02)
    np.testing.assert_allclose(pose.points[:, 0], points[:, 0])
    share = (pose.points[:, 1] - before.y0) / (points[:, 1] - before.y0)
    np.testing.assert_allclose(share, 0.75, rtol=0.02)


@pytest.mark.parametrize(
    ("labelled", "of_batch", "text"),
    [(8, 8, "8/8"), (9, 8, "8/8 + 1"), (9, 7, "7/8 + 2"), (3, 3, "3/8"), (2, 3, "3/8")],
)
def test_labels_beside_the_batch_are_counted_by_themselves(labelled: int, of_batch: int, text: str) -> None:
    advice = StopAdvice(False, False, False, "")
    entry = RoundStatus(1, 8, labelled, None, None, advice, of_batch=of_batch)
    assert _labelled(entry) == text


def test_the_rounds_before_are_offered_to_go_back_to(bare_window, project, qtbot):
    add_round(project, lambda columns: None)
    open_path(bare_window, project, qtbot)
    chosen = []
    bare_window.workspace.work.go_back = chosen.append
    bare_window.perform("go_back")
    menu = QApplication.activePopupWidget()
    entry = next(one for one in menu.actions() if one.text().startswith("Round 0"))
    qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(entry).center())
    assert chosen == [0]


def test_without_an_earlier_round_it_is_said(window, qtbot):
    with qtbot.waitSignal(window.workspace.session.hint) as said:
        window.perform("go_back")
    assert "no earlier round" in said.args[0]
