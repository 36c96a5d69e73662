"""Parts of the window that need no window."""

import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PySide6.QtCore import QPointF, QRectF, QSizeF

from app.canvas.painting import freest
from app.canvas.view import View
from app.frames.mailbox import Mailbox
from app.frames.reader import FrameReader
from app.frames.thumbnails import SIZE, crop
from app.panels.queue_rows import reason_in_words
from app.session import editing
from app.session.next_step import Facts, offer, steps
from app.timeline.pyramid import Pyramid
from core.domain import COCO17, Box, LabelledPose, SampleId
from core.project.store.store import Label
from tests.clips import number_in


def test_the_newest_letter_wins():
    box: Mailbox[int] = Mailbox()
    for letter in range(5):
        box.put(letter)
    assert box.take() == 4
    assert box.quiet_for(0.01)
    threading.Timer(0.02, box.put, (7,)).start()
    assert not box.quiet_for(5)
    assert box.take() == 7
    box.close()
    assert box.take() is None


def test_the_last_frame_shown_is_the_last_one_asked_for(clip, qtbot):
    reader = FrameReader(clip)
    shown = []
    reader.frame_ready.connect(lambda number, pixels: shown.append((number, number_in(pixels))))
    reader.start()
    for frame in (3, 50, 17, 41, 8, 33):
        reader.ask(frame, scrubbing=True)
        time.sleep(0.01)
    qtbot.waitUntil(lambda: bool(shown) and shown[-1][0] == 33, timeout=10_000)
    qtbot.wait(100)
    reader.stop()
    assert shown[-1] == (33, 33)
    assert all(number == read for number, read in shown)


def test_after_a_step_back_the_reader_looks_further_back(clip, qtbot, monkeypatch):
    looks = []
    monkeypatch.setattr(
        "core.video.source.VideoSource.look_back", lambda _, frame: iter(looks.append(frame) or ())
    )
    reader = FrameReader(clip)
    reader.start()
    for frame in (30, 31, 30, 29):
        with qtbot.waitSignal(
            reader.frame_ready, timeout=10_000, check_params_cb=lambda number, _, n=frame: number == n
        ):
            reader.ask(frame)
    reader.stop()
    assert looks == [30, 29]


def test_while_nobody_asks_the_reader_decodes_what_comes_next(clip, qtbot, monkeypatch):
    looks = []
    monkeypatch.setattr(
        "core.video.source.VideoSource.look_ahead", lambda _, frame: iter(looks.append(frame) or ())
    )
    reader = FrameReader(clip)
    reader.next = 50
    reader.start()
    for frame, scrubbing in ((3, False), (10, True)):
        with qtbot.waitSignal(
            reader.frame_ready, timeout=10_000, check_params_cb=lambda number, _, n=frame: number == n
        ):
            reader.ask(frame, scrubbing)
    reader.stop()
    assert looks == [50]


@given(
    arrays.arrays(
        np.float32, st.integers(1, 400), elements=st.floats(0, 1, width=32) | st.just(np.float32("nan"))
    ),
    st.integers(2, 60),
    st.integers(0, 1000),
)
def test_no_peak_is_lost_at_any_zoom(values, pixels, start):
    x, y = Pyramid(values, start).line(start, start + len(values) - 1, pixels)
    assert x.min() >= start
    assert x.max() < start + len(values) + 4**5
    assert len(x) == len(y) <= max(len(values), 2 * 2 * pixels + 8)
    if np.isfinite(values).any():
        assert np.nanmax(y) == pytest.approx(np.nanmax(values))
        assert np.nanmin(y) == pytest.approx(np.nanmin(values))
    else:
        assert not np.isfinite(y).any()


@given(st.floats(-500, 500), st.floats(-500, 500), st.floats(0.3, 3))
def test_the_view_goes_there_and_back(x, y, factor):
    view = View()
    view.show(Box(0, 0, 160, 96), QSizeF(640, 480), 0.1)
    view.zoom(factor, QPointF(100, 120), 0.01)
    screen = view.to_screen(np.array([x, y]))
    assert view.to_image(QPointF(*screen)) == pytest.approx((x, y), abs=1e-6)


def label_at(frame: int, shift: float = 0.0) -> Label:
    points = np.arange(34, dtype=float).reshape(17, 2) + 10 + shift
    pose = LabelledPose(points, np.full(17, 2, np.int8), Box(0, 0, 100, 100), None, 0)
    return Label(SampleId(1, frame), pose, True)


def test_a_caption_covers_no_joint_where_there_is_room_beside():
    within, size = QRectF(0, 0, 400, 300), QSizeF(80, 18)
    places = (QPointF(100, 100), QPointF(200, 100), QPointF(300, 290))
    joints = np.array([(110, 105), (150, 110), (390, 250)])
    assert freest(places, size, within, joints) == QRectF(QPointF(200, 100), size)
    assert freest(places[:1], size, within, joints).topLeft() == places[0]
    assert within.contains(freest(places[2:], size, within, joints))


def test_swapping_twice_changes_nothing():
    label = label_at(0)
    for joint in (None, 5, 7, 11):
        twice = editing.mirrored(editing.mirrored(label, COCO17, joint), COCO17, joint)
        assert np.array_equal(twice.pose.points, label.pose.points)


def test_swapping_a_limb_leaves_the_rest():
    swapped = editing.mirrored(label_at(0), COCO17, COCO17.joints.index("left_elbow"))
    changed = {
        COCO17.joints[k] for k in np.flatnonzero((swapped.pose.points != label_at(0).pose.points).any(1))
    }
    assert changed == {"left_elbow", "right_elbow", "left_wrist", "right_wrist"}


def test_a_joint_that_a_label_around_lacks_is_missing_in_a_refined_pose():
    before, after = label_at(10), label_at(20, shift=10)
    missing = editing.next_visibility(editing.next_visibility(after, 3), 3)
    points = np.full(after.pose.points.shape, 7.0)
    pose = editing.refined(label_at(13), points, (before, missing)).pose
    assert tuple(pose.points[0]) == (7, 7)
    assert pose.visibility[3] == 0
    assert tuple(pose.points[3]) == (0, 0)


def test_the_loop_offers_one_thing_at_a_time():
    def facts(**more) -> Facts:
        return Facts(
            **{
                "estimated": True,
                "pending": 0,
                "accepted": 0,
                "accepted_now": 0,
                "stop": False,
                "round": 0,
                "busy": None,
            }
            | more
        )

    assert offer(facts(estimated=False)).action == "estimate"
    assert offer(facts()).action == "propose"
    assert offer(facts(pending=3)).action == "next_queued"
    assert offer(facts(accepted=4, accepted_now=4)).action == "finetune"
    assert offer(facts(accepted=4, accepted_now=0)).action == "propose"
    fixed = facts(accepted=4, accepted_now=4, untrainable="It is for estimation only.")
    assert offer(fixed).action == "propose"
    assert {step.action: step.why for step in steps(fixed)}["finetune"] == "It is for estimation only."
    assert offer(facts(accepted=4, accepted_now=4, stop=True)).action == "export"
    done = facts(accepted=4, exhausted=True)
    assert offer(done).action == "export"
    assert "every pose is labelled" in {step.action: step.why for step in steps(done)}["propose"]
    assert offer(facts(accepted=4, accepted_now=4, exhausted=True)).action == "finetune"
    assert offer(facts(accepted=4, accepted_now=4, exhausted=True, untrainable="No.")).action == "export"
    busy = {step.action: step for step in steps(facts(pending=2, accepted=1, busy="Fine-tuning"))}
    assert busy["finetune"].present
    assert "still running" in busy["propose"].why
    assert not busy["next_queued"].why
    assert not busy["review"].why
    fresh = {step.action: step for step in steps(facts(round=1))}
    assert fresh["review"].present
    assert offer(facts(round=1, busy="Exporting", accepted=4, accepted_now=4, stop=True)).why


def test_reasons_in_words():
    reason = {"thc+wpu": 0.9, "thc": 0.93, "wpu": 0.71, "distance": 0.66}
    assert reason_in_words(reason) == "flicker 0.93, unlikely posture 0.71, unlike what you corrected 0.66"
    assert reason_in_words({"thc+wpu": 0.9}) == "uncertainty 0.90"
    assert reason_in_words({"lc": 0.5}) == "low confidence 0.50"
    reason = {"td": 0.02, "mends": 14.4}
    assert reason_in_words(reason) == "off its path 0.02, helps about 14 poses"
    assert reason_in_words({"td": 0.02, "mends": 1.2}) == "off its path 0.02, helps about 1 pose"
    assert reason_in_words({"td": 0.02, "mends": 0.3}) == "off its path 0.02, helps hardly any pose"


def test_a_crop_may_hang_out_of_the_frame():
    frame = np.full((96, 160, 4), 255, np.uint8)
    picture = crop(frame, Box(-40, 10, 20, 90))
    assert picture.width() == picture.height() == SIZE
    assert picture.pixelColor(2, SIZE // 2).value() == 0
    assert picture.pixelColor(SIZE - 3, SIZE // 2).value() == 255
