"""The boxes of a frame that overlap are found from left to right."""

import numpy as np
import pytest

from core.tracking.meetings import meetings


def crowd(seed: int, frames: int, people: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    frame = np.repeat(np.arange(frames), people)
    corner = random.uniform(0, 500, (len(frame), 2))
    return frame, np.hstack([corner, corner + random.uniform(5, 120, corner.shape)]).astype(np.float32)


@pytest.mark.parametrize("seed", range(5))
def test_they_are_those_that_comparing_all_finds(seed):
    frame, boxes = crowd(seed, 20, 9)
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    wanted = np.argwhere(np.triu((high > low).all(-1) & (frame[:, None] == frame), 1))
    one, other, _ = meetings(frame, boxes)
    assert sorted(map(sorted, zip(one.tolist(), other.tolist(), strict=True))) == wanted.tolist()
    assert (np.diff(frame[one]) >= 0).all()


@pytest.mark.parametrize("count", [0, 1])
def test_nobody_and_somebody_alone_meet_nobody(count):
    one, other, compared = meetings(np.arange(count), np.zeros((count, 4)))
    assert (len(one), len(other), compared) == (0, 0, 0)


def test_people_beside_one_another_cost_as_much_as_there_are():
    """300 of them are not 45,000 comparisons a frame."""
    left = np.tile(np.arange(300) * 10.0, 4)
    boxes = np.stack([left, left * 0, left + 9, left * 0 + 50], 1)
    *_, compared = meetings(np.repeat(np.arange(4), 300), boxes)
    assert compared < 2 * len(boxes)
