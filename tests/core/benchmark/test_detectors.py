"""Detectors are measured on people who are known."""

import numpy as np
import pytest

from core.benchmark import detectors
from core.benchmark.detectors import OVERLAP, compare_detectors
from core.benchmark.references import find_reference
from core.domain import Silent, UserError
from core.domain.overlap import matched
from core.tracking.detector import PersonDetector, turn_back

REFERENCE = find_reference("demo", None)
PEOPLE = np.unique(REFERENCE.track).tolist()


class Knowing(PersonDetector):
    """Finds the people that it is told of, and in a corner somebody who is not there."""

    def __init__(self, tracks: list[int]) -> None:
        self._tracks = tracks

    def shrink(self, frame):
        self._number = frame.number
        return np.zeros((4, 4, 3), np.uint8)

    def find(self, image, width, height, turn):
        here = (REFERENCE.frame == self._number) & np.isin(REFERENCE.track, self._tracks)
        boxes = np.concatenate([REFERENCE.boxes[here], np.full((here.sum(), 1), 0.4)], 1)
        return np.concatenate([boxes, [[0, 0, 9, 9, 0.2]]]).astype(np.float32)


def test_recall_false_boxes_and_who_is_followed_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"all": Knowing(PEOPLE), "one": Knowing(PEOPLE[:1])}
    monkeypatch.setattr(detectors, "detector_choice", lambda name: name)
    monkeypatch.setattr(detectors, "open_detector", lambda *args: known[args[2].detector])
    both, one = compare_detectors("demo", ["all", "one"], Silent())
    assert both.recall == {0.1: 1, 0.3: 1, 0.5: 0}
    assert one.recall == {0.1: 0.5, 0.3: 0.5, 0.5: 0}
    assert both.false == {0.1: 1, 0.3: 0, 0.5: 0}
    assert (both.missed, both.ghosts, both.uncovered) == (0, 0, 0)
    assert (one.missed, one.ghosts, one.uncovered) == (1, 0, 0.5)


def test_people_are_where_they_are_after_a_change() -> None:
    number, frame, boxes = next(iter(detectors._pictures(REFERENCE, "upside-down", detectors.USUAL)))
    straight = turn_back(REFERENCE.boxes[REFERENCE.frame == number], frame.width, frame.height, 2)
    assert boxes == pytest.approx(straight, abs=1)


def test_a_box_counts_once() -> None:
    known = np.array([[0, 0, 10, 10]], float)
    found = np.array([[0, 0, 10, 10, 0.9], [0, 0, 10, 9, 0.8]])
    assert (matched(found, known, OVERLAP) >= 0).tolist() == [True, False]
    assert (matched(np.empty((0, 5)), known, OVERLAP) >= 0).tolist() == []


@pytest.mark.parametrize("data", ["demo+demo", "demo:dark"])
def test_more_than_one_set_is_refused(data: str) -> None:
    with pytest.raises(UserError, match="Give one video"):
        compare_detectors(data, ["multipose"], Silent())
