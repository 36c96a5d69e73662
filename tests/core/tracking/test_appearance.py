"""Who somebody is can be told by the colours from head to foot."""

from pathlib import Path

import numpy as np

from core.tracking.appearance import DIMENSIONS, describe, mean_appearance
from core.video.source import open_video
from tests.clips import make_clip

BOX = np.array([20, 8, 60, 88.0])


class Painted:
    """A frame with a person in two colours."""

    def __init__(self, top: tuple, bottom: tuple, light: float = 1.0) -> None:
        self.image = np.full((96, 160, 3), 120, np.uint8)
        self.image[8:48, 20:60], self.image[48:88, 20:60] = top, bottom
        self.image = (self.image * light).astype(np.uint8)

    def resample(self, x0: int, y0: int, w: int, h: int, out_w: int, out_h: int) -> np.ndarray:
        rows = (y0 + (np.arange(out_h) + 0.5) * h / out_h).astype(int).clip(0, 95)
        columns = (x0 + (np.arange(out_w) + 0.5) * w / out_w).astype(int).clip(0, 159)
        return np.ascontiguousarray(self.image[rows][:, columns])


RED, BLUE, GREEN = (200, 30, 30), (30, 40, 200), (30, 160, 60)


def distance(one: Painted, other: Painted) -> float:
    return float(np.linalg.norm(describe(one, BOX) - describe(other, BOX)))


def test_the_same_clothes_are_near_and_others_far() -> None:
    me = Painted(RED, BLUE)
    assert distance(me, Painted(RED, BLUE)) == 0
    assert distance(me, Painted(RED, BLUE, light=0.9)) < 0.5 * distance(me, Painted(GREEN, BLUE))
    assert distance(me, Painted(BLUE, RED)) > 0.45  # which is above and which below counts


def test_what_is_around_does_not_count() -> None:
    """Two on one lawn are not alike because of it, nor is one another on another ground."""
    on_lawn, on_sand = (10, 150, 10), (190, 170, 120)
    me, other = Painted(RED, BLUE), Painted(BLUE, GREEN)
    for painted in (me, other):
        painted.image[(painted.image == 120).all(2)] = on_lawn
        painted.image[60:88, 20:60:2] = on_lawn  # which is seen between the legs
    elsewhere = Painted(RED, BLUE)
    elsewhere.image[(elsewhere.image == 120).all(2)] = on_sand
    assert distance(me, elsewhere) < 0.5 * distance(me, other)


def test_it_has_length_1_also_where_the_box_hangs_out(tmp_path: Path) -> None:
    with open_video(make_clip(tmp_path / "clip.mp4", 2)) as source:
        _, frame = next(source.stream())
        for box in (BOX, np.array([-30, -30, 10, 20.0]), np.array([5, 5, 5, 5.0])):
            value = describe(frame, box)
            assert value.shape == (DIMENSIONS,)
            assert np.linalg.norm(value) == np.float32(1).item() or abs(np.linalg.norm(value) - 1) < 1e-3


def test_nothing_seen_is_zeros() -> None:
    assert not mean_appearance([]).any()
