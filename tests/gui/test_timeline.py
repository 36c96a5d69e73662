"""Lanes, overview, span and hover of the timeline, and playing, by mouse and keys."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QLabel

from app.timeline.items import _covered
from app.timeline.series import Series, series_of
from core.domain import SampleId, Span
from tests.clips import number_in
from tests.gui.conftest import choose, open_path, settle

WAIT = 10_000
CTRL, SHIFT, NONE = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.NoModifier,
)


def place(window, lane: str, frame: float) -> QPoint:
    return window.workspace.timeline.scene_place(lane, frame).toPoint()


def shown(window) -> tuple[float, float]:
    return tuple(window.workspace.timeline.lanes["predicted"].viewRange()[0])


def drag(window, lane: str, start: float, end: float, qtbot, modifiers=NONE) -> None:
    """From one frame to another with the left button, as the places are when it is pressed."""
    viewport = window.workspace.timeline.plots.viewport()
    first, last = place(window, lane, start), place(window, lane, end)
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, modifiers, first)
    for share in (0.3, 0.6, 1.0):
        event_at = first + (last - first) * share
        _move(viewport, event_at, modifiers)
        qtbot.wait(60)
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, modifiers, last)


def _move(viewport, position: QPoint, modifiers) -> None:
    """QTest's own move knows no modifiers."""
    from PySide6.QtCore import QEvent, QPointF
    from PySide6.QtGui import QMouseEvent

    event = QMouseEvent(
        QEvent.Type.MouseMove, QPointF(position), QPointF(viewport.mapToGlobal(position)),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.LeftButton, modifiers,
    )  # fmt: skip
    QApplication.sendEvent(viewport, event)


def wheel(window, lane: str, frame: float, delta: int) -> None:
    viewport, at = window.workspace.timeline.plots.viewport(), place(window, lane, frame)
    event = QWheelEvent(
        at, viewport.mapToGlobal(at), QPoint(), QPoint(0, delta), Qt.MouseButton.NoButton, NONE,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(viewport, event)


@pytest.fixture
def ready(window, qtbot):
    """The lanes have their places."""
    qtbot.wait(50)
    return window


# scrubbing and zooming


def test_click_and_drag_scrub(ready, qtbot):
    session, viewport = ready.workspace.session, ready.workspace.timeline.plots.viewport()
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place(ready, "wpu", 40))
    qtbot.waitUntil(lambda: session.frame == 40, timeout=WAIT)
    settle(ready, qtbot)
    drag(ready, "thc", 40, 12, qtbot)
    assert session.frame == 12
    settle(ready, qtbot)


@pytest.mark.parametrize("lane", ["thc", "queue", "overview"])
def test_the_wheel_zooms_at_the_cursor(ready, lane):
    before = place(ready, "thc", 20)
    wheel(ready, lane, 20, 480)
    first, last = shown(ready)
    assert last - first < 40
    assert place(ready, "thc", 20).x() == pytest.approx(before.x(), abs=1 if lane != "overview" else 6)
    wheel(ready, lane, 20, -4800)
    assert shown(ready)[0] <= 0
    assert shown(ready)[1] >= 59


def test_the_overview_moves_and_resizes_what_is_shown(ready, qtbot):
    timeline = ready.workspace.timeline
    timeline._first.setXRange(10, 30, padding=0)
    drag(ready, "overview", 20, 35, qtbot)
    assert shown(ready) == pytest.approx((25, 45), abs=0.6)
    drag(ready, "overview", 45, 55, qtbot)  # the right edge
    assert shown(ready) == pytest.approx((25, 55), abs=0.6)
    drag(ready, "overview", 25, 40, qtbot)  # the left edge
    assert shown(ready) == pytest.approx((40, 55), abs=0.6)
    viewport = timeline.plots.viewport()
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place(ready, "overview", 12))
    qtbot.waitUntil(lambda: shown(ready) == pytest.approx((4.5, 19.5), abs=0.6), timeout=WAIT)
    drag(ready, "overview", 12, -40, qtbot)  # no further than the video goes
    assert shown(ready)[0] == pytest.approx(-0.5, abs=0.1)
    assert ready.workspace.session.frame == 0


# hovering


def test_the_values_under_the_cursor_are_read_out_with_a_picture(ready, qtbot):
    timeline = ready.workspace.timeline
    hover_preview = timeline._hover_preview
    qtbot.mouseMove(timeline.plots.viewport(), place(ready, "thc", 20))
    qtbot.waitUntil(lambda: "frame 20" in timeline.reading, timeout=WAIT)
    assert "· Flicker" in timeline.reading
    assert hover_preview.isVisible()
    qtbot.waitUntil(lambda: not hover_preview.picture.pixmap().isNull(), timeout=WAIT)
    picture = hover_preview.picture.pixmap().toImage().scaled(160, 96)
    pixels = np.array(picture.constBits()).reshape(96, 160, 4)
    assert number_in(pixels[..., :3]) == 20
    assert ready.rect().contains(hover_preview.geometry())
    top = timeline.heading.mapTo(hover_preview.parentWidget(), QPoint()).y()
    assert hover_preview.geometry().bottom() < top  # it covers none of what is read out
    qtbot.mouseMove(ready.workspace.canvas, QPoint(5, 5))
    QApplication.sendEvent(timeline.plots.viewport(), _leave())
    assert not hover_preview.isVisible()
    assert timeline.reading == ""


def _leave():
    from PySide6.QtCore import QEvent

    return QEvent(QEvent.Type.Leave)


# lanes


def test_lanes_are_switched_on_and_off_and_remembered(ready, project, qtbot):
    timeline = ready.workspace.timeline
    assert list(timeline.lanes) == ["thc", "wpu", "chosen", "labels", "queue", "predicted"]
    assert len(timeline._curves["chosen"]) == 2
    timeline._first.setXRange(10, 30, padding=0)
    width = timeline.lanes["thc"].width()
    for name in ("wpu", "lc", "mpe"):
        ready.perform(f"curve_{name}")
    qtbot.wait(50)
    assert all(lane.width() == width > 200 for lane in timeline.lanes.values())
    assert list(timeline.lanes)[:4] == ["thc", "lc", "mpe", "chosen"]
    assert shown(ready) == pytest.approx((10, 30), abs=0.1)
    assert len(timeline._curves["lc"]) == 2
    assert timeline._curves["mpe"] == {}
    qtbot.wait(50)
    qtbot.mouseMove(timeline.plots.viewport(), place(ready, "mpe", 20))
    qtbot.waitUntil(lambda: "not computed" in timeline.reading, timeout=WAIT)
    open_path(ready, project, qtbot)
    assert list(ready.workspace.timeline.lanes)[:4] == ["thc", "lc", "mpe", "chosen"]
    for name in ("thc", "lc", "mpe", "chosen"):
        ready.perform(f"curve_{name}")
    assert list(ready.workspace.timeline.lanes) == ["labels", "queue", "predicted"]
    qtbot.wait(50)
    ready.grab()


def test_human_queued_and_predicted_frames_have_lanes_of_their_own(ready, qtbot):
    timeline = ready.workspace.timeline
    qtbot.keyClick(ready, Qt.Key.Key_Return)
    assert list(timeline._ticks["labels"].frames.values()) == [[0]]
    assert sorted(frame for frames in timeline._ticks["queue"].frames.values() for frame in frames) == [
        0,
        10,
        20,
        30,
        40,
        50,
    ]
    assert (timeline._runs._starts.tolist(), timeline._runs._stops.tolist()) == ([0], [60])


@given(arrays.arrays(bool, st.integers(1, 300)), st.floats(0, 0.9), st.floats(0.05, 1), st.integers(1, 90))
def test_no_run_is_lost_at_any_zoom(has, begin, share, width):
    first = begin * len(has) - 0.5
    scale = max(share * len(has), 1) / width
    steps = np.diff(np.concatenate([[False], has, [False]]).astype(int))
    columns = np.zeros(width, bool)
    for start, stop in _covered(np.flatnonzero(steps == 1), np.flatnonzero(steps == -1), first, scale, width):
        assert 0 <= start < stop <= width
        columns[start:stop] = True
    for frame in range(len(has)):
        column = int(np.floor((frame - first) / scale))
        if 0 <= column < width and has[frame]:
            assert columns[column]
    if not has.any():
        assert not columns.any()


# the span


def proposed(window, qtbot) -> list[SampleId]:
    before = len(window.workspace.session.queue)
    with qtbot.waitSignal(window.workspace.work.ended, timeout=WAIT):
        qtbot.keyClick(window, Qt.Key.Key_B)
    return [item.sample for item in window.workspace.session.queue[before:]]


def test_a_span_limits_what_is_proposed(ready, qtbot):
    session, timeline = ready.workspace.session, ready.workspace.timeline
    drag(ready, "wpu", 33, 22, qtbot, SHIFT)
    assert session.span == Span(session.video.id, 22, 33)
    assert session.frame == 0  # it does not scrub
    assert "22–33" in timeline.heading.span.text()
    assert timeline._band.isVisible()
    samples = proposed(ready, qtbot)
    assert len(samples) == 5
    assert all(22 <= sample.frame <= 33 for sample in samples)
    qtbot.keyClick(ready.workspace.canvas, Qt.Key.Key_Escape)
    assert session.span is None
    assert timeline.heading.span.text() == ""
    assert not timeline._band.isVisible()
    assert session.joint is not None  # the next Esc lets go of it
    qtbot.keyClick(ready.workspace.canvas, Qt.Key.Key_Escape)
    assert session.joint is None
    assert any(not 22 <= sample.frame <= 33 for sample in proposed(ready, qtbot) + proposed(ready, qtbot))


def test_a_click_on_the_timeline_clears_the_span(ready, qtbot):
    session = ready.workspace.session
    drag(ready, "queue", 5, 15, qtbot, SHIFT)
    assert session.span is not None
    drag(ready, "thc", 5, 15, qtbot)  # scrubbing leaves it
    assert session.span is not None
    qtbot.mouseClick(
        ready.workspace.timeline.plots.viewport(), Qt.MouseButton.LeftButton, pos=place(ready, "thc", 30)
    )
    qtbot.waitUntil(lambda: session.span is None, timeout=WAIT)


def test_a_span_without_candidates_is_said(ready, qtbot):
    session = ready.workspace.session
    session.select_span(Span(session.video.id, 40, 41))  # one of two samples is queued
    assert len(proposed(ready, qtbot)) == 1
    assert proposed(ready, qtbot) == []
    assert "frames 40 to 41" in ready.banner.sentence


# playing


class Clock:
    """Stands in for QElapsedTimer."""

    milliseconds = 0.0

    def start(self) -> None:
        self.milliseconds = 0.0

    def elapsed(self) -> float:
        return self.milliseconds

    def isValid(self) -> bool:
        return True


def test_speed_by_keys_and_by_choice(ready, qtbot):
    player, transport = ready.workspace.player, ready.workspace.transport
    for key, speed in (
        (Qt.Key.Key_BracketRight, 2),
        (Qt.Key.Key_BracketRight, 4),
        (Qt.Key.Key_BracketRight, 4),
    ):
        qtbot.keyClick(ready, key)
        assert player.speed == speed
        assert transport.speed.currentText() == f"{speed}×"
    for speed in (2, 1, 0.5, 0.25, 0.25):
        qtbot.keyClick(ready, Qt.Key.Key_BracketLeft)
        assert player.speed == speed
    choose(transport.speed, "2×", qtbot)
    assert player.speed == 2


def test_playing_follows_the_clock_and_drops_what_comes_too_late(ready):
    player, session = ready.workspace.player, ready.workspace.session
    clock = player._clock = Clock()
    fps, seen = session.video.fps, []
    session.frame_changed.connect(lambda frame, _: seen.append(frame))

    def at(frames: float) -> int:
        """The frame on screen so many frames' time after the clock was started."""
        clock.milliseconds = 1000 * frames / fps
        player._tick()
        return session.frame

    player.play()
    assert [at(frames) for frames in (0.5, 1.1, 1.6, 7.2)] == [0, 1, 1, 7]
    assert seen == [1, 7]  # a tick that changes nothing bothers nobody
    player.set_speed(4)
    assert at(2.1) == 7 + 8  # from where it was
    player.set_speed(0.25)
    assert at(4.5) == 16
    player.pause()


def test_decoding_that_cannot_keep_up_is_helped_by_keyframes(ready, qtbot, monkeypatch):
    workspace = ready.workspace
    clock, asked = Clock(), []
    workspace.player._clock = clock
    monkeypatch.setattr(
        workspace.reader, "ask", lambda frame, keyframe=False: asked.append((frame, keyframe))
    )

    def at(frame: int) -> None:
        clock.milliseconds = 1000 * (frame + 0.5) / workspace.session.video.fps
        workspace.player._tick()

    workspace.player.play()
    at(5)
    at(20)  # nothing was shown since the first frame
    workspace.canvas.show_frame(12, workspace.canvas.picture.pixels)
    at(21)
    workspace.player.pause()
    workspace.session.go_to(40)
    assert asked == [(5, False), (20, True), (21, False), (40, False)]


def test_stepping_backwards_shows_every_frame(ready, qtbot):
    qtbot.keyClick(ready, Qt.Key.Key_End)
    for frame in range(58, 35, -1):
        qtbot.keyClick(ready, Qt.Key.Key_A)
        settle(ready, qtbot)
        assert ready.workspace.session.frame == frame
        assert number_in(ready.workspace.canvas.picture.pixels[..., :3]) == frame


class Layouts(QObject):
    """How often a widget was asked to lay its contents out anew."""

    def __init__(self, widget) -> None:
        super().__init__()
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched, event) -> bool:
        self.count += event.type() == QEvent.Type.LayoutRequest
        return False


def test_steps_do_not_lay_out_the_window_anew(ready, qtbot):
    settle(ready, qtbot)
    layouts, steps = Layouts(ready), 10
    for _ in range(steps):
        qtbot.keyClick(ready, Qt.Key.Key_Right)
        settle(ready, qtbot)
    assert layouts.count < steps / 2  # what opening left over may still come in between


@pytest.mark.parametrize("seconds", [1.5, 3599.999, 7200.0])
def test_frame_and_time_are_whole_at_the_end_of_a_video(ready, seconds):
    transport = ready.workspace.transport
    transport.set_length(100, seconds)
    transport.show_frame(99, seconds)
    numbers = transport.findChild(QLabel, "numbers")
    assert numbers.fontMetrics().horizontalAdvance(numbers.text()) <= numbers.contentsRect().width()


def test_curves_fill_their_lanes_where_another_video_varies_far_more(ready, monkeypatch):
    timeline, session = ready.workspace.timeline, ready.workspace.session
    name = next(iter(timeline._curves))
    lane, known = timeline.lanes[name], session.scores(name)
    for factor, top in ((0.3, 0.3), (0.01, 0.1)):  # noise does not fill it
        values = factor * known / np.nanmax(known)
        monkeypatch.setattr(session, "scores", lambda _, values=values: values)
        timeline._show_series(series_of(session.predictions, timeline._wanted, session.scores, Series()))
        assert lane.viewRange()[1] == pytest.approx([-0.04 * top, 1.04 * top], abs=1e-3)
        curve = timeline._overview._curve
        assert curve.mapToParent(0, top).y() == pytest.approx(1)
