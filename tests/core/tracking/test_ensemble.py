"""Two detectors as one."""

import numpy as np
import pytest

from core.tracking.detector import OneNetwork
from core.tracking.ensemble import Ensemble, combined
from core.tracking.nanodet import NanoDetector
from core.tracking.settings import FindSettings
from core.video.frame import Frame

BOX = [32.0, 64.0, 96.0, 192.0]


def found(*rows: list[float]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 5)


def test_who_both_find_is_surer_and_lies_between() -> None:
    boxes = combined(found([0, 0, 10, 10, 0.6]), found([0, 0, 12, 10, 0.3]))
    assert boxes == pytest.approx(found([0, 0, 10.667, 10, 0.72]), abs=1e-3)


def test_who_one_finds_is_found() -> None:
    one, other = found([0, 0, 10, 10, 0.6]), found([20, 0, 30, 10, 0.8])
    assert combined(one, other).tolist() == [*other.tolist(), *one.tolist()]
    assert combined(one, found()).tolist() == combined(found(), one).tolist() == one.tolist()


class Fixed(OneNetwork):
    """One person at a share of the picture."""

    def __init__(self, side: int, score: float) -> None:
        self.side, self._score = side, score
        self.seen: tuple = ()

    def in_picture(self, image):
        self.seen = image.shape
        height, width = image.shape[:2]
        return found([0.25 * width, 0.25 * height, 0.75 * width, 0.75 * height, self._score])


def test_each_sees_the_frame_in_its_own_size() -> None:
    first, second = Fixed(416, 0.3), Fixed(320, 0.2)
    both = Ensemble(first, second, FindSettings(score=0.3))
    frame = Frame.of_image(np.zeros((832, 416, 3), np.uint8))
    boxes = both.find(both.shrink(frame), 416, 832, 0)
    assert (first.seen, second.seen) == ((416, 208, 3), (320, 160, 3))
    assert boxes == pytest.approx(found([103.5, 207.5, 311.5, 623.5, 0.44]), abs=1e-3)


def test_nanodet_s_boxes_are_cut_at_the_picture_and_the_unsure_left_out() -> None:
    boxes = np.array([[*BOX], [-20, -20, 60, 60], [0, 0, 1, 1], [200, 0, 250, 90]], np.float32)[None]
    scores = np.array([[0.64, 0.81, 0.9, 0.1]], np.float32)
    detector = NanoDetector(lambda _: (boxes, scores), lambda image: None)
    assert detector.in_picture(np.zeros((256, 256, 3), np.uint8)) == pytest.approx(
        found([0, 0, 60, 60, 0.729], [*BOX, 0.512]), abs=1e-3
    )
