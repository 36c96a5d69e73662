"""A video is read through once; what was found is believed only while the file stays as it was."""

import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from core.video import index_cache, source
from core.video.index import FrameIndex
from core.video.index_cache import cached_index
from core.video.source import VideoSource
from tests.clips import make_clip


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(index_cache, "user_cache_path", lambda *_: tmp_path / "cache")
    monkeypatch.setattr(index_cache, "_known", {})
    monkeypatch.setattr(index_cache, "LEAST_FRAMES", 3)
    return tmp_path / "cache" / "indexes"


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "video.bin"
    path.write_bytes(b"stand-in")
    return path


class Builder:
    def __init__(self, frames: int = 5) -> None:
        self.calls, self.frames = 0, frames

    def __call__(self):
        self.calls += 1
        return FrameIndex(np.arange(self.frames) * 2, np.array([0, 3]), Fraction(1, 25), False, 1.5), 25.0


def forget(monkeypatch) -> None:
    """As another start of the program."""
    monkeypatch.setattr(index_cache, "_known", {})


def test_the_second_time_nothing_is_read(video, monkeypatch):
    build = Builder()
    first, rate = cached_index(video, build)
    assert cached_index(video, build)[0] is first
    forget(monkeypatch)
    again, rate_again = cached_index(video, build)
    assert build.calls == 1
    assert np.array_equal(again.pts, first.pts)
    assert np.array_equal(again.keyframes, first.keyframes)
    assert (again.time_base, again.counted, again.lost) == (first.time_base, first.counted, 1.5)
    assert rate_again == rate


def test_a_file_that_changed_is_read_again(video, monkeypatch):
    build = Builder()
    cached_index(video, build)
    video.write_bytes(b"another one")
    cached_index(video, build)
    os.utime(video, ns=(1, 1))
    cached_index(video, build)
    assert build.calls == 3


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 cut", b"\x80\x04]q\x00."])
def test_a_damaged_entry_is_built_anew(video, folder, monkeypatch, damage):
    build = Builder()
    cached_index(video, build)
    (entry,) = folder.glob("*.npz")
    entry.write_bytes(damage)
    forget(monkeypatch)
    assert len(cached_index(video, build)[0]) == 5
    assert build.calls == 2


def test_an_entry_that_makes_no_sense_is_built_anew(video, folder, monkeypatch):
    build = Builder()
    cached_index(video, build)
    (entry,) = folder.glob("*.npz")
    np.savez(entry, pts=np.array([5, 4]), keyframes=np.array([0]), base=[1, 25, 0], rate=25.0)
    forget(monkeypatch)
    cached_index(video, build)
    assert build.calls == 2


def test_a_cache_that_cannot_be_written_does_no_harm(video, folder, monkeypatch):
    folder.parent.mkdir(parents=True)
    folder.write_text("a file in its place")
    assert len(cached_index(video, Builder())[0]) == 5


def test_short_videos_leave_nothing_on_disk(video, folder):
    cached_index(video, Builder(frames=2))
    assert not folder.exists()


def test_frames_read_through_the_cache_are_the_same(tmp_path, monkeypatch):
    clip = make_clip(tmp_path / "clip.mp4", 12)
    with VideoSource(clip) as fresh:
        expected = [fresh.read(n).copy() for n in range(12)]
    forget(monkeypatch)
    monkeypatch.setattr(source, "build_index", lambda *_: pytest.fail("read through again"))
    with VideoSource(clip) as known:
        assert all(np.array_equal(known.read(n), frame) for n, frame in enumerate(expected))
