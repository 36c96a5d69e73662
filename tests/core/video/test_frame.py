"""Crops from the planes of a frame must show the same place and colours as the whole frame."""

from math import ceil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.video.frame import Frame
from core.video.resample import resample
from core.video.source import open_video
from tests.clips import make_clip

WIDTH, HEIGHT = 160, 96
DOTS = [(40.3, 30.8), (100.0, 60.5), (8.0, 8.0), (150.2, 88.1)]
KINDS: dict[str, dict] = {
    "upright": {},
    "90": {"rotation": 90},
    "180": {"rotation": 180},
    "270": {"rotation": 270},
    "full range": {"pix_fmt": "yuvj420p", "full_range": True},
    "709": {"matrix": 1},
    "10 bit": {"pix_fmt": "yuv420p10le"},
    "444": {"pix_fmt": "yuv444p"},
}


def dot_picture(n: int) -> np.ndarray:
    """(HEIGHT, WIDTH, 3): a bright dot at DOTS[n] on black."""
    row, column = np.mgrid[0:HEIGHT, 0:WIDTH]
    x, y = DOTS[n]
    grey = np.exp(-((column - x) ** 2 + (row - y) ** 2) / (2 * 3.0**2))
    return np.repeat(np.round(255 * grey).astype(np.uint8)[..., None], 3, axis=2)


def coloured_picture(n: int) -> np.ndarray:
    """(HEIGHT, WIDTH, 3): soft gradients through many colours."""
    row, column = np.mgrid[0:HEIGHT, 0:WIDTH]
    red = 128 + 100 * np.sin(column / 25 + n)
    green = 128 + 100 * np.cos(row / 20)
    blue = 40 + 170 * column / WIDTH
    return np.stack([red, green, blue], axis=2).astype(np.uint8)


def centroid(image: np.ndarray) -> np.ndarray:
    """(2,) x, y of what is bright in image (H, W, 3)."""
    weight = np.maximum(image.astype(np.float64).mean(axis=2) - 12, 0)
    row, column = np.mgrid[0 : image.shape[0], 0 : image.shape[1]]
    return np.array([(column * weight).sum(), (row * weight).sum()]) / weight.sum()


@pytest.fixture(scope="module", params=KINDS, ids=list(KINDS))
def dots(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Frame]:
    path = tmp_path_factory.mktemp("dots") / "a.mp4"
    make_clip(path, frames=len(DOTS), picture=dot_picture, options={"crf": "4"}, **KINDS[request.param])
    with open_video(path) as video:
        return [frame for _, frame in video.stream()]


@pytest.fixture(scope="module", params=KINDS, ids=list(KINDS))
def coloured(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Frame:
    path = tmp_path_factory.mktemp("coloured") / "a.mp4"
    make_clip(path, frames=1, picture=coloured_picture, options={"crf": "4"}, **KINDS[request.param])
    with open_video(path) as video:
        return next(frame for _, frame in video.stream())


@settings(max_examples=60)
@given(
    which=st.integers(0, len(DOTS) - 1),
    margin_x=st.integers(20, 150),
    margin_y=st.integers(20, 150),
    more=st.integers(0, 200),
    size=st.sampled_from([64, 97, 128, 192]),
)
def test_a_dot_lands_where_the_geometry_says(
    dots: list[Frame], which: int, margin_x: int, margin_y: int, more: int, size: int
) -> None:
    x, y = DOTS[which]
    x0, y0 = int(x) - margin_x, int(y) - margin_y
    side = max(margin_x, margin_y) + 20 + more
    frame = dots[which]
    # what is cut off at the image's border is missing from the dot itself too
    x, y = centroid(frame.to_array())
    scale = side / size
    expected = (np.array([x - x0, y - y0]) + 0.5) / scale - 0.5
    crop = frame.resample(x0, y0, side, side, size, size)
    assert crop.shape == (size, size, 3)
    assert crop.dtype == np.uint8
    np.testing.assert_allclose(centroid(crop), expected, atol=0.1)


@settings(max_examples=60)
@given(
    x0=st.integers(-40, 140),
    y0=st.integers(-40, 80),
    w=st.integers(24, 300),
    h=st.integers(24, 300),
    out_w=st.integers(16, 200),
    out_h=st.integers(16, 200),
)
def test_a_crop_shows_what_the_whole_frame_shows(
    coloured: Frame, x0: int, y0: int, w: int, h: int, out_w: int, out_h: int
) -> None:
    whole = coloured.to_array("rgb")
    expected = resample(whole, x0, y0, w, h, out_w, out_h).astype(int)
    error = np.abs(coloured.resample(x0, y0, w, h, out_w, out_h) - expected)
    # where the image ends, its colour fades within a few pixels
    fringe = 2 + 2 * ceil(max(w / out_w, h / out_h))
    within = np.pad(np.full((HEIGHT - 2 * fringe, WIDTH - 2 * fringe), 255, np.uint8), fringe)
    assert error[resample(within, x0, y0, w, h, out_w, out_h) == 255].max(initial=0) <= 16
    around = np.full((HEIGHT + 2 * fringe, WIDTH + 2 * fringe), 255, np.uint8)
    outside = resample(around, x0 + fringe, y0 + fringe, w, h, out_w, out_h) == 0
    assert coloured.resample(x0, y0, w, h, out_w, out_h)[outside].max(initial=0) == 0


def test_colours_are_those_that_went_in(coloured: Frame) -> None:
    picture = coloured_picture(0).astype(int)
    assert np.abs(coloured.to_array("rgb") - picture).mean() < 3
    assert np.abs(coloured.resample(0, 0, WIDTH, HEIGHT, WIDTH, HEIGHT) - picture).mean() < 3
    assert np.abs(coloured.to_array("bgra")[..., 2::-1].astype(int) - coloured.to_array("rgb")).mean() < 1


def test_untagged_video_is_601_when_small_and_709_when_large(tmp_path: Path) -> None:
    colour = np.array([200, 60, 30])
    for height, matrix in ((96, 5), (720, 1)):
        path = tmp_path / f"{height}.mkv"

        def plain(n: int, height: int = height) -> np.ndarray:
            return np.broadcast_to(colour.astype(np.uint8), (height, WIDTH, 3))

        make_clip(path, frames=1, height=height, picture=plain, encode_as=matrix)
        with open_video(path) as video:
            frame = next(frame for _, frame in video.stream())
            assert np.abs(frame.to_array().mean(axis=(0, 1)) - colour).max() < 4
            assert np.abs(frame.resample(10, 10, 60, 60, 32, 32).mean(axis=(0, 1)) - colour).max() < 4
