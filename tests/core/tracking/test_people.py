"""Frames to people: association, gaps, smoothing, and real people in the real clip."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from core.domain import Cancelled, Silent, UserError
from core.domain.overlap import iou
from core.estimation.crops import spread_levels
from core.estimation.device import open_session
from core.formats import coco
from core.project.estimators.models import RESOURCES, shipped_model
from core.tracking.joining import Person, hold, stitch
from core.tracking.multipose import MultiposeDetector
from core.tracking.people import associate, find_people, people_of, smooth, upright_turn
from core.tracking.settings import FindSettings
from core.video.source import open_video
from tests.clips import make_clip
from tests.reference import ASSISTED


def walk(x: float, frames: range, score: float = 0.9) -> dict[int, np.ndarray]:
    """Somebody walking to the right, 4 pixels a frame."""
    return {n: np.array([x + 4 * n, 100, x + 4 * n + 80, 300, score], np.float32) for n in frames}


def together(*people: dict[int, np.ndarray]) -> dict[int, np.ndarray]:
    numbers = sorted(set().union(*people))
    empty = np.empty((0, 5), np.float32)
    return {n: np.stack(rows) if (rows := [p[n] for p in people if n in p]) else empty for n in numbers}


def test_two_people_stay_two_from_their_first_frame_on():
    people = associate(together(walk(0, range(0, 60, 5)), walk(600, range(0, 60, 5))), 6.0)
    assert sorted(frames.tolist() for frames, _ in people) == [list(range(0, 60, 5))] * 2
    for _, boxes in people:
        assert np.ptp(boxes[:, 0]) < 300


def test_nobody_begins_with_what_is_somebody_elses():
    """A second, worse box of somebody takes them over in the next frame."""
    best = [
        *((163, 122, 209, 237, 0.93), (159, 122, 202, 238, 0.86), (152, 121, 181, 236, 0.83)),
        *((148, 122, 172, 238, 0.68), (143, 117, 170, 237, 0.60), (144, 118, 171, 239, 0.81)),
        *((145, 117, 174, 236, 0.77), (148, 118, 177, 235, 0.84)),
    ]
    detections = {5 * n: np.array([box], np.float32) for n, box in enumerate(best)}
    detections[20] = np.array([best[4], (153, 133, 177, 237, 0.35)], np.float32)
    parts = associate(detections, 6.0)
    frames = np.concatenate([frames for frames, _ in parts])
    assert len(parts) > 1
    assert len(set(frames.tolist())) == len(frames)
    assert len(people_of(detections, (640, 360), 30.0, (0, 40))) == 1


def test_a_single_frame_has_people_too():
    people = associate({3: np.stack([walk(0, range(1))[0], walk(600, range(1), score=0.2)[0]])}, 6.0)
    assert [frames.tolist() for frames, _ in people] == [[3]]


def test_somebody_hidden_for_a_second_is_one_person():
    parts = [
        (np.array([0, 5, 10]), np.stack([b for _, b in sorted(walk(0, range(0, 11, 5)).items())])),
        (np.array([25, 30]), np.stack([b for _, b in sorted(walk(-50, range(25, 31, 5)).items())])),
    ]
    assert [frames.tolist() for frames, _ in stitch(parts, longest_gap=20)] == [[0, 5, 10, 25, 30]]
    assert len(stitch(parts, longest_gap=10)) == 2


def test_unsure_ends_do_not_keep_parts_from_being_joined():
    sure = [walk(0, range(n, n + 1))[n] for n in (0, 5, 10)]
    astray = np.array([500, 500, 540, 580, 0.15], np.float32)
    again = [walk(-50, range(n, n + 1))[n] for n in (25, 30)]
    parts = [
        (np.array([0, 5, 10, 15, 20]), np.stack([*sure, astray, astray])),
        (np.array([25, 30]), np.stack(again)),
    ]
    ((frames, boxes),) = stitch(parts, longest_gap=20)
    assert frames.tolist() == [0, 5, 10, 25, 30]
    assert boxes[:, 4].min() > 0.8


def somebody(x: float, frames: range) -> Person:
    return Person(
        np.array(frames), np.tile(np.array([x, 100, x + 80, 300], np.float32), (len(frames), 1)), 0.9
    )


def test_somebody_lost_in_the_middle_is_held_and_somebody_at_the_border_is_not():
    middle, border = hold(
        [somebody(200, range(20, 40)), somebody(560, range(20, 40))], (640, 480), (0, 100), longest=30
    )
    assert middle.frames.tolist() == list(range(70))
    assert middle.boxes.shape == (70, 4)
    assert border.frames.tolist() == list(range(20, 40))


def test_a_box_says_which_detection_it_goes_back_to():
    """0 between two that are far from one another, and where it was only held on to."""
    seen = {n: boxes for n, boxes in walk(200, range(0, 100, 5), score=0.8).items() if n not in range(40, 60)}
    for boxes in seen.values():
        boxes[:4] = 200, 100, 280, 300
    detections = {n: seen[n][None] if n in seen else np.empty((0, 5), np.float32) for n in range(0, 130, 5)}
    (person,) = people_of(detections, (640, 480), 30.0, (0, 130))
    assert person.frames.tolist() == list(range(126))
    found = np.flatnonzero(person.detected > 0)
    assert found.tolist() == [*range(40), *range(56, 96)]
    assert np.allclose(person.detected[found], 0.8, atol=1e-5)
    assert person.only(person.frames < 10).detected.shape == (10,)


def test_holding_ends_where_somebody_else_is():
    first, second = hold(
        [somebody(200, range(20, 40)), somebody(210, range(50, 60))], (640, 480), (0, 100), longest=30
    )
    assert first.frames[-1] == 49
    assert second.frames[0] == 40


def test_every_frame_gets_a_box_and_an_outlier_is_dropped():
    frames = np.arange(0, 60, 10)
    boxes = np.repeat([[10.0, 20, 110, 220]], 6, 0)
    boxes[3] += 400
    filled = smooth(frames, boxes, np.arange(51))
    assert filled.shape == (51, 4)
    assert np.allclose(filled, [10, 20, 110, 220])


@pytest.fixture(scope="module")
def detector() -> MultiposeDetector:
    session, _ = open_session(shipped_model("multipose", Silent()), "cpu")
    return MultiposeDetector(lambda images: session.run(None, {"images": images}), spread_levels)


def test_both_people_of_the_bundled_clip_are_found_in_every_frame(detector):
    with open_video(RESOURCES / "clips" / "assisted_cam04.mp4") as source:
        people = find_people(source, detector, Silent(), workers=2)
    reference = coco.read_file(ASSISTED)
    assert len(people) == 2
    for person in reference.people:
        frame = reference.images[person.image].frame
        boxes = np.stack([p.boxes[frame - p.frames[0]] for p in people])
        assert iou(np.array([person.box]), boxes).max() > 0.5


def test_settings_decide_how_often_how_and_for_whom_to_look(tmp_path):
    class Standing:
        """Stands for the detector: somebody surely seen for a second, somebody hardly seen all the time."""

        def __init__(self):
            self.turns = []

        def shrink(self, frame):
            return len(self.turns)

        def find(self, image, width, height, turn):
            self.turns.append(turn)
            boxes = [np.array([40, 10, 70, 60, 0.25], np.float32)]
            if len(self.turns) <= 15:
                boxes.append(np.array([5, 10, 30, 60, 0.9], np.float32))
            return np.stack(boxes)

    def found(**settings) -> tuple[list[Person], list[int]]:
        detector = Standing()
        with open_video(tmp_path / "clip.mp4") as source:
            return find_people(source, detector, Silent(), settings=FindSettings(**settings)), detector.turns

    make_clip(tmp_path / "clip.mp4", frames=50)
    sure, turns = found(per_second=12.5, turn=90)
    assert turns == [1] * 25
    assert [person.boxes[0, 0] for person in sure] == [5]
    both, turns = found(per_second=25, turn=0, score=0.2)
    assert turns == [0] * 50
    assert sorted(float(person.boxes[0, 0]) for person in both) == [5, 40]
    lasting, _ = found(per_second=25, turn=0, score=0.2, shortest=1)
    assert [person.boxes[0, 0] for person in lasting] == [40]


def test_an_upside_down_video_is_noticed(detector):
    class UpsideDown:
        """The clip as a camera hanging from the ceiling would see it."""

        def __init__(self, source):
            self._source = source
            self.width, self.height = source.width, source.height

        def stream(self, *span):
            for number, frame in self._source.stream(*span):
                yield number, Turned(frame)

    class Turned:
        def __init__(self, frame):
            self._frame = frame
            self.width, self.height = frame.width, frame.height

        def resample(self, *rectangle):
            return np.ascontiguousarray(np.rot90(self._frame.resample(*rectangle), 2))

    with open_video(RESOURCES / "clips" / "assisted_cam04.mp4") as source, ThreadPoolExecutor(1) as pool:
        assert upright_turn(source, detector, pool, 0, 100) == 0
        assert upright_turn(UpsideDown(source), detector, pool, 0, 100) == 2


def test_a_video_without_people_says_so(detector, tmp_path):
    make_clip(tmp_path / "empty.mp4", frames=20)
    with (
        open_video(tmp_path / "empty.mp4") as source,
        pytest.raises(UserError, match=r"No people were found in empty\.mp4"),
    ):
        find_people(source, detector, Silent())


def test_finding_people_can_be_cancelled(detector, tmp_path):
    class Impatient(Silent):
        def cancelled(self):
            return True

    make_clip(tmp_path / "clip.mp4", frames=20)
    with open_video(tmp_path / "clip.mp4") as source, pytest.raises(Cancelled):
        find_people(source, detector, Impatient())
