"""A video that is moved, cut or replaced while it is open: one sentence, and it goes on once the file is
back.
"""

import os
from pathlib import Path

import numpy as np
import pytest

from core.video.decoder import VideoLost
from core.video.imaging import cv2
from core.video.source import VideoSource, open_video
from tests.clips import BAND, make_clip, number_in, numbered

SMALL_CACHE = 200_000


def noisy(n: int) -> np.ndarray:
    """So that the file is longer than what is read of it at once."""
    picture = numbered(n, 160, 96)
    picture[BAND:] = np.random.default_rng(n).integers(0, 256, picture[BAND:].shape, np.uint8)
    return picture


@pytest.fixture
def video(tmp_path: Path):
    with VideoSource(make_clip(tmp_path / "a.mp4", frames=120, picture=noisy), SMALL_CACHE) as source:
        yield source


def test_a_second_decoder_where_the_file_was_moved(video, tmp_path):
    assert number_in(video.read(60)) == 60
    video.path.rename(tmp_path / "b.mp4")
    with pytest.raises(VideoLost, match=r"a\.mp4 is not there any more"):
        list(video.look_back(60))
    with pytest.raises(VideoLost, match=r"a\.mp4 is not there any more"):
        list(video.stream())
    (tmp_path / "b.mp4").rename(video.path)
    list(video.look_back(60))
    assert [number_in(video.read(n)) for n in (59, 58, 100, 3)] == [59, 58, 100, 3]
    assert len([n for n, _ in video.stream()]) == 120


@pytest.mark.parametrize("left", [0, 300, 5000])
def test_a_file_that_is_cut_while_it_is_open(video, left):
    whole = video.path.read_bytes()
    assert len(whole) > 5000
    video.read(5)
    os.truncate(video.path, left)
    for n in (110, 80, 60):
        with pytest.raises(VideoLost, match=r"a\.mp4 is another file than it was"):
            video.read(n)
    with pytest.raises(VideoLost, match="another file"):
        list(video.stream())
    video.path.write_bytes(whole)
    assert [number_in(video.read(n)) for n in (110, 80, 60)] == [110, 80, 60]
    assert number_in(video.read_keyframe(100)) == 96


def test_going_on_from_where_the_file_was_cut(video):
    whole = video.path.read_bytes()
    with pytest.raises(VideoLost):
        _read_on(video)
    video.path.write_bytes(whole)
    assert [number_in(video.read(n)) for n in range(50, 60)] == list(range(50, 60))


def _read_on(video) -> None:
    for n in range(120):
        video.read(n)
        os.truncate(video.path, 3000)


def test_a_stream_whose_file_is_cut_does_not_just_end(video):
    """An estimation that went on without a word would lack half of its poses."""
    stream = video.stream()
    assert next(stream)[0] == 0
    os.truncate(video.path, 3000)
    with pytest.raises(VideoLost):
        list(stream)


def test_a_folder_of_images_that_is_moved(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    for n in range(4):
        cv2.imwrite(str(folder / f"{n}.png"), np.zeros((8, 8, 3), np.uint8))
    with open_video(folder) as source:
        folder.rename(tmp_path / "moved")
        with pytest.raises(VideoLost, match="images is not there any more"):
            source.read(2)
        with pytest.raises(VideoLost):
            list(source.stream())
        (tmp_path / "moved").rename(folder)
        assert source.read(2).shape == (8, 8, 4)
