"""A cut is told from movement, from a lamp that is switched on and from a picture that stands."""

import numpy as np

from core.video.cuts import find_cuts, thumbnail


class Picture:
    width, height = 320, 180

    def __init__(self, image: np.ndarray) -> None:
        self.image = image

    def resample(self, *_: int) -> np.ndarray:
        return self.image.astype(np.uint8)


def scene(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(30, 220, (18, 32, 3))


def moving(seed: int, frames: int) -> list[np.ndarray]:
    """A camera that pans by a fifth of a pixel a frame."""
    wide = np.kron(np.random.default_rng(seed).uniform(30, 220, (6, 60, 3)), np.ones((3, 3, 1)))
    return [wide[:, n // 5 : n // 5 + 32] for n in range(frames)]


def cuts(pictures: list[np.ndarray]) -> list[int]:
    return find_cuts({100 + n: thumbnail(Picture(image)) for n, image in enumerate(pictures)})


def test_cuts_are_found_where_they_are() -> None:
    assert cuts([scene(1)] * 20 + [scene(2)] * 15 + [scene(3)] * 20) == [120, 135]
    assert cuts(moving(1, 30) + moving(2, 30)) == [130]


def test_movement_light_and_rest_are_none() -> None:
    assert cuts(moving(3, 60)) == []
    assert cuts([scene(1)] * 20 + [0.4 * scene(1) + 40] * 20) == []
    assert cuts([np.full((18, 32, 3), 20.0)] * 10) == []
    assert cuts([scene(1)]) == []


def test_noise_all_the_time_is_no_cut() -> None:
    assert cuts([scene(n) for n in range(30)]) == []
