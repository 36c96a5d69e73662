"""Whatever is read must be the frame that was asked for."""

import gc
import weakref
from pathlib import Path

import av
import numpy as np
import pytest

from core.video.source import VideoSource, _rate, open_video
from tests.clips import make_clip, number_in, uneven_milliseconds

CLIPS: dict[str, dict] = {
    "steady.mp4": {},
    "one_keyframe.mp4": {"gop": 250, "frames": 120, "bframes": 3},
    "uneven.mp4": {"vfr": True, "gop": 30, "frames": 90},
    "uneven.mkv": {"vfr": True},
    "short_gops.ts": {"gop": 20, "frames": 100},
    "mpeg2.ts": {"codec": "mpeg2video", "gop": 20, "frames": 100},
    "open_gops.ts": {"options": {"x264-params": "open-gop=1"}, "bframes": 3},
    "open_gops.mp4": {"options": {"x264-params": "open-gop=1"}, "bframes": 3},
    "xvid.avi": {"codec": "mpeg4"},
    "numbered_by_storage.avi": {},
    "without_time_stamps.h264": {},
    "turned.mp4": {"rotation": 90},
    "odd.mp4": {"width": 161, "height": 97, "pix_fmt": "yuv444p"},
    "ten_bits.mp4": {"pix_fmt": "yuv420p10le"},
    "single.mp4": {"frames": 1},
}


@pytest.fixture(scope="module", params=CLIPS, ids=list(CLIPS))
def clip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    options = CLIPS[request.param]
    return make_clip(tmp_path_factory.mktemp("clips") / request.param, **options), options


def test_counts_and_sizes(clip: tuple[Path, dict]) -> None:
    path, options = clip
    with open_video(path) as video:
        assert len(video) == video.frame_count == len(video.times) == options.get("frames", 60)
        assert (video.width, video.height) == (options.get("width", 160), options.get("height", 96))
        assert video.fps == pytest.approx(25, abs=0.2)
        assert (np.diff(video.times) > 0).all()


def test_a_pause_of_two_days_does_not_make_a_video_slow() -> None:
    times = np.arange(75) / 25
    times[40:] += 172_800
    assert _rate(times) == pytest.approx(25)
    assert _rate(np.repeat(np.arange(40), 2) / 25 + np.tile([0, 0.001], 40)) == pytest.approx(50, rel=0.03)


def test_random_reads(clip: tuple[Path, dict]) -> None:
    with open_video(clip[0]) as video:
        numbers = np.random.default_rng(0).integers(0, len(video), 40).tolist()
        assert [number_in(video.read(n)) for n in numbers] == numbers


def test_random_reads_without_help_of_the_cache(clip: tuple[Path, dict]) -> None:
    with VideoSource(clip[0], cache_bytes=0) as video:
        numbers = [*np.random.default_rng(1).integers(0, len(video), 15).tolist(), len(video) - 1, 0]
        assert [number_in(video.read(n, "rgb")) for n in numbers] == numbers


def test_steps_forward_and_back(clip: tuple[Path, dict]) -> None:
    with open_video(clip[0]) as video:
        numbers = [*range(len(video)), *reversed(range(len(video)))]
        assert [number_in(video.read(n)) for n in numbers] == numbers


@pytest.mark.parametrize(("start", "stop", "step"), [(0, None, 1), (7, 31, 3), (25, None, 25), (50, 10, 1)])
def test_streams(clip: tuple[Path, dict], start: int, stop: int | None, step: int) -> None:
    with open_video(clip[0]) as video:
        seen = [
            (n, frame.number, number_in(frame.to_array())) for n, frame in video.stream(start, stop, step)
        ]
        assert seen == [(n, n, n) for n in range(len(video))[start:stop:step]]


def test_a_keyframe_stands_in_while_scrubbing(clip: tuple[Path, dict]) -> None:
    with open_video(clip[0]) as video:
        for n in range(0, len(video), 7):
            assert video.keyframe_before(n) <= n
            assert number_in(video.read_keyframe(n)) == video.keyframe_before(n)
        assert number_in(video.read(len(video) - 1)) == len(video) - 1


def test_reads_are_not_disturbed_by_a_stream(tmp_path: Path) -> None:
    with open_video(make_clip(tmp_path / "a.mp4")) as video:
        stream = video.stream()
        for n in (3, 50, 20, 4):
            assert next(stream)[0] == (3, 50, 20, 4).index(n)
            assert number_in(video.read(n)) == n
        stream.close()


def test_times_of_a_variable_rate(tmp_path: Path) -> None:
    with open_video(make_clip(tmp_path / "a.mkv", vfr=True, frames=50)) as video:
        expected = [uneven_milliseconds(n) / 1000 for n in range(50)]
        np.testing.assert_allclose(video.times, expected, atol=0.0011)


def test_the_cache_stays_below_its_limit(tmp_path: Path) -> None:
    limit = 10 * 160 * 96 * 4 + 100
    with VideoSource(make_clip(tmp_path / "a.mp4", gop=250), cache_bytes=limit) as video:
        for n in [*reversed(range(60)), *range(0, 60, 7)]:
            assert number_in(video.read(n)) == n
            assert 0 < video._cache.used <= limit


def test_stepping_back_decodes_a_group_of_pictures_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_video(make_clip(tmp_path / "a.mp4", gop=250)) as video:
        decoded = []
        until = video._decoder.until
        monkeypatch.setattr(video._decoder, "until", lambda n: (decoded.append(n), until(n))[1])
        for n in reversed(range(60)):
            video.read(n)
        assert decoded == [59]


def with_room_for(frames: int, path: Path) -> VideoSource:
    """A source whose cache holds so many frames."""
    with open_video(path) as video:
        return VideoSource(path, cache_bytes=frames * video._cache.used)


def test_after_a_look_back_nothing_has_to_be_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with with_room_for(40, make_clip(tmp_path / "a.mp4", gop=250)) as video:
        video.read(59)
        assert list(video.look_back(58)) == []  # most of the cache is before it already
        for n in range(58, 40, -1):
            video.read(n)
        looks = video.look_back(41)
        for _ in range(20):
            next(looks)
        del looks  # for a read
        assert number_in(video.read(40)) == 40
        assert list(video.look_back(40))
        monkeypatch.setattr("core.video.decoder.Decoder.until", None)
        for n in range(39, 12, -1):
            assert number_in(video.read(n)) == n


def test_a_read_goes_on_where_the_look_back_was_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with with_room_for(40, make_clip(tmp_path / "a.mp4", gop=250)) as video:
        for n in range(59, 30, -1):
            video.read(n)
        next(video.look_back(31))
        monkeypatch.setattr("core.video.decoder.Decoder._seek", None)
        assert number_in(video.read(29)) == 29


def test_a_look_back_leaves_the_way_forward_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with with_room_for(30, make_clip(tmp_path / "a.mp4", gop=250)) as video:
        for n in range(50, 30, -1):
            video.read(n)
        assert list(video.look_back(31))
        monkeypatch.setattr("core.video.decoder.Decoder._seek", None)
        assert [number_in(video.read(n)) for n in (32, 51, 52)] == [32, 51, 52]


def test_a_jump_that_was_looked_ahead_to_decodes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with with_room_for(12, make_clip(tmp_path / "a.mp4", gop=250)) as video:
        video.read(3)
        assert list(video.look_ahead(50))
        for n in range(4, 30):  # whatever is read meanwhile
            video.read(n)
        assert not list(video.look_ahead(50))
        monkeypatch.setattr("core.video.decoder.Decoder._seek", None)
        assert [number_in(video.read(n)) for n in (50, 49, 48, 51)] == [50, 49, 48, 51]


def test_looking_further_ahead_leaves_the_next_step_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with with_room_for(20, make_clip(tmp_path / "a.mp4", gop=20)) as video:
        video.read(3)
        list(video.look_ahead(50))
        video.read(50)
        list(video.look_back(50))
        list(video.look_ahead(25))
        assert 25 in video._cache
        monkeypatch.setattr("core.video.decoder.Decoder._seek", None)
        assert number_in(video.read(51)) == 51
        assert number_in(video.read(25)) == 25
        assert video._cache.used <= video._cache.limit


def test_arrays_are_contiguous_read_only_and_outlive_the_source(tmp_path: Path) -> None:
    with open_video(make_clip(tmp_path / "a.mp4", rotation=270)) as video:
        bgra, rgb = video.read(5), video.read(5, "rgb")
    for array, channels in ((bgra, 4), (rgb, 3)):
        assert array.shape == (96, 160, channels)
        assert array.flags.c_contiguous
        assert not array.flags.writeable
    assert np.array_equal(bgra[..., 2::-1], rgb)
    assert number_in(rgb) == 5


@pytest.mark.parametrize("n", [-1, 60])
def test_a_number_out_of_range_is_a_bug(tmp_path: Path, n: int) -> None:
    with open_video(make_clip(tmp_path / "a.mp4")) as video, pytest.raises(IndexError):
        video.read(n)


def test_a_closed_video_is_gone_at_once(tmp_path):
    """What it decoded lies outside of Python's sight, so waiting for the garbage collector would fill the
    memory.
    """
    clip = make_clip(tmp_path / "clip.mp4", 12)
    gc.disable()
    try:
        with VideoSource(clip) as source:
            source.read(7)
            list(source.stream(0, 6))
            seen = weakref.ref(source)
        del source
        assert seen() is None
    finally:
        gc.enable()


def test_a_closed_source_leaves_no_picture_behind(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mp4", 3, rotation=90)

    def pictures() -> list[av.VideoFrame]:
        return [o for o in gc.get_objects() if isinstance(o, av.VideoFrame) and o.width > 16]

    gc.collect()
    before = pictures()
    gc.disable()
    try:
        with open_video(path):
            pass
        left = len(pictures()) - len(before)
    finally:
        gc.enable()
    assert left == 0
