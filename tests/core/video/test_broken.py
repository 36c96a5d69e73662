"""Files that are no video, or no longer a whole one."""

import re
from pathlib import Path

import av
import numpy as np
import pytest

from core.domain import UserError
from core.video.source import FrameUnreadable, content_id, open_video
from tests.clips import make_clip, number_in


def make_sound(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100, layout="mono")
        for n in range(20):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            frame.sample_rate, frame.pts = 44100, n * 1024
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def cut_short(path: Path, keep: float) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    return path


def damage(path: Path, n: int) -> Path:
    """Overwrite the packet that holds frame n."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        packets = [(p.pts, p.pos, p.size) for p in container.demux(stream) if p.size]
    _, position, size = sorted(packets)[n]
    data = bytearray(path.read_bytes())
    data[position : position + size] = b"\xff" * size
    path.write_bytes(data)
    return path


def test_missing(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no file .*gone\.mp4"):
        open_video(tmp_path / "gone.mp4")


def test_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is a folder"):
        open_video(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no video at all\n" * 100, bytes(range(256)) * 50], ids=len)
def test_no_video(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"a\.mp4 cannot be read as a video"):
        open_video(path)


def test_not_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise av.error.PermissionError(13, "Permission denied")

    path = make_clip(tmp_path / "a.mp4", frames=1)
    monkeypatch.setattr(av, "open", refuse)
    with pytest.raises(UserError, match="may not be read"):
        open_video(path)


def test_sound_only(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="only sound"):
        open_video(make_sound(tmp_path / "a.m4a"))


def test_truncated_with_its_table_at_the_end(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read as a video"):
        open_video(cut_short(make_clip(tmp_path / "a.mp4"), 0.6))


def test_no_frame_to_decode(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", frames=3)
    for n in range(3):
        damage(path, n)
    with pytest.raises(UserError, match="No frame"):
        open_video(path)


@pytest.mark.parametrize("name", ["a.mkv", "a.ts"])
def test_cut_short_keeps_what_is_left(tmp_path: Path, name: str) -> None:
    with open_video(cut_short(make_clip(tmp_path / name, frames=100, gop=20), 0.5)) as video:
        assert 20 < len(video) < 80
        # pictures that wait for a later one cannot be decoded at the very end
        for n in range(len(video) - 5):
            assert number_in(video.read(n)) == n


def test_a_file_that_is_cut_short_says_so(tmp_path: Path) -> None:
    """As far as it announces how long it is: MP4 with its table in front, and Matroska."""
    whole = make_clip(tmp_path / "table.mp4", frames=100, gop=20)
    front = tmp_path / "front.mp4"
    with av.open(str(whole)) as source, av.open(str(front), "w", options={"movflags": "faststart"}) as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    for path in (front, make_clip(tmp_path / "a.mkv", frames=100, gop=20)):
        with open_video(path) as video:
            assert (len(video), video.cut) == (100, "")
        with open_video(cut_short(path, 0.5)) as video:
            said = re.fullmatch(
                f"{path.name} is cut short: (.*) s at its end are missing. What is there can be used.",
                video.cut,
            )
            assert float(said[1]) == pytest.approx((100 - len(video)) / 25, abs=0.2)


def test_a_last_picture_that_is_not_whole_is_left_out(tmp_path: Path) -> None:
    """In a fragmented MP4, which lists no more than is there."""
    whole, path = make_clip(tmp_path / "whole.mp4", frames=30, bframes=0), tmp_path / "pieces.mp4"
    options = {"movflags": "frag_keyframe+empty_moov"}
    with av.open(str(whole)) as source, av.open(str(path), "w", options=options) as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    with av.open(str(path)) as container:
        last = max((p for p in container.demux(video=0) if p.size), key=lambda p: p.pts)
        end = last.pos + last.size // 2
    with open_video(path) as video:
        assert (len(video), video.notice) == (30, "")
    path.write_bytes(path.read_bytes()[:end])
    with open_video(path) as video:
        assert [number_in(frame.to_array()) for _, frame in video.stream()] == list(range(29))
        assert video.notice == "pieces.mp4 is cut short within its last picture, which is left out."


def test_a_damaged_keyframe_is_named_and_the_rest_still_reads(tmp_path: Path) -> None:
    path = damage(make_clip(tmp_path / "a.mp4", bframes=0), 24)
    with open_video(path) as video:
        assert len(video) == 60
        with pytest.raises(FrameUnreadable, match=r"Frame 24 of .*a\.mp4"):
            video.read(24)
        numbers = [5, 23, 36, 59, 37, 0]
        assert [number_in(video.read(n)) for n in numbers] == numbers
        streamed = [n for n, _ in video.stream()]
        assert 24 not in streamed
        assert {*range(24), *range(36, 60)} <= {*streamed}


def test_a_damaged_start_does_not_hide_the_rest(tmp_path: Path) -> None:
    path = damage(make_clip(tmp_path / "a.mp4", bframes=0), 0)
    with open_video(path) as video:
        assert (video.width, video.height) == (160, 96)
        assert number_in(video.read(30)) == 30
        with pytest.raises(FrameUnreadable):
            video.read(0)


def test_what_is_lost_of_a_picture_is_guessed(tmp_path: Path) -> None:
    """As players do, instead of being left green."""
    bright = np.random.default_rng(0).integers(64, 192, (12, 20, 3), np.uint8).repeat(8, 0).repeat(8, 1)
    path = make_clip(tmp_path / "a.ts", frames=24, picture=lambda n: bright)
    data = path.read_bytes()
    packets = [data[at : at + 188] for at in range(0, len(data), 188)]
    path.write_bytes(b"".join(packet for n, packet in enumerate(packets) if n % 8 != 7))
    with open_video(path) as video:
        pictures = np.array([frame.to_array("rgb") for _, frame in video.stream()])
    assert len(pictures) > 20
    empty = (pictures[..., 0] < 20) & (pictures[..., 1] > 100) & (pictures[..., 2] < 20)
    assert empty.mean() < 0.01


def test_a_moved_file_is_recognised(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4")
    identity = content_id(path)
    assert len(identity) == 64
    moved = path.rename(tmp_path / "b.mp4")
    assert content_id(moved) == identity
    assert content_id(make_clip(tmp_path / "c.mp4", frames=59)) != identity
