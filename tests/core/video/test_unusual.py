"""Videos and images that are whole, but not what one expects; and any bytes at all."""

import os
import struct
import zlib
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.domain import UserError
from core.video.imaging import cv2
from core.video.source import FrameUnreadable, open_video
from tests.clips import make_clip, number_in, numbered


def make(path: Path, width: int, height: int, frames: int, codec: str, pixels: str) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = width, height, pixels
        for n in range(frames):
            frame = av.VideoFrame.from_ndarray(numbered(n, width, height), "rgb24").reformat(format=pixels)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize(
    ("width", "height", "frames", "codec", "pixels"),
    [
        (160, 96, 8, "libx264", "yuv420p10le"),
        (161, 97, 8, "libx264", "yuv444p"),
        (161, 97, 8, "ffv1", "yuv420p"),
        (160, 96, 1, "libx264", "yuv420p"),
        (160, 96, 4, "ffv1", "gray"),
        (160, 96, 4, "ffv1", "yuv422p10le"),
    ],
)
def test_every_frame_of_an_unusual_video_is_read(
    tmp_path: Path, width: int, height: int, frames: int, codec: str, pixels: str
) -> None:
    with open_video(make(tmp_path / "a.mkv", width, height, frames, codec, pixels)) as video:
        assert (video.width, video.height, len(video)) == (width, height, frames)
        for n in range(frames):
            image = video.read(n, "rgb")
            assert image.shape == (height, width, 3)
            assert number_in(image) == n
        for n, frame in video.stream():
            assert frame.resample(-20, -20, width + 40, height + 40, 64, 64).shape == (64, 64, 3)
            assert number_in(frame.to_array()) == n


def png_of(width: int, height: int) -> bytes:
    """A file whose header alone claims a size."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(60_000, 60_000), (2**31 - 1, 1), (0, 0)])
def test_an_image_that_claims_to_be_huge_takes_no_memory(tmp_path: Path, size: tuple[int, int]) -> None:
    (tmp_path / "1.png").write_bytes(png_of(*size))
    with pytest.raises(UserError, match=r"1\.png (has more than 100 megapixels|is not an image)"):
        open_video(tmp_path)


def test_a_stack_of_pictures_is_not_taken_for_its_first(tmp_path: Path) -> None:
    pictures = [np.full((96, 160, 3), 10 * n, np.uint8) for n in range(5)]
    cv2.imwritemulti(str(tmp_path / "stack.tif"), pictures)
    for path in (tmp_path / "stack.tif", tmp_path):
        with pytest.raises(UserError, match="a stack of 5 pictures"):
            open_video(path)
    cv2.imwritemulti(str(tmp_path / "stack.tif"), pictures[:1])
    for path in (tmp_path / "stack.tif", tmp_path):
        with open_video(path) as video:
            assert len(video) == 1


@pytest.mark.parametrize("ending", ["mp4", "mov"])
def test_what_is_encrypted_says_so(tmp_path: Path, ending: str) -> None:
    options = {"encryption_scheme": "cenc-aes-ctr", "encryption_key": 32 * "7", "encryption_kid": 32 * "a"}
    path = tmp_path / f"film.{ending}"
    with av.open(make_clip(tmp_path / "clip.mp4", 12)) as clear, av.open(path, "w", "mp4", options) as film:
        stream = film.add_stream_from_template(clear.streams.video[0])
        for packet in clear.demux(clear.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                film.mux(packet)
    with pytest.raises(UserError, match="is encrypted"):
        open_video(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
def test_a_pipe_is_no_video(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.mp4")
    with pytest.raises(UserError, match="not a file"):
        open_video(tmp_path / "a.mp4")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), ending=st.sampled_from(["mp4", "mkv", "avi"]))
def test_any_bytes_are_frames_or_a_sentence(tmp_path_factory, data: st.DataObject, ending: str) -> None:
    folder = tmp_path_factory.mktemp("any")
    changed = bytearray(make_clip(folder / f"a.{ending}", frames=10).read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(changed) - 1))
        changed[at : at + data.draw(st.integers(0, 20))] = data.draw(st.binary(max_size=20))
    path = folder / f"b.{ending}"
    path.write_bytes(changed)
    try:
        with open_video(path) as video:
            for n in range(min(len(video), 20)):
                try:
                    assert video.read(n).dtype == np.uint8
                except FrameUnreadable:
                    continue
    except UserError:
        return
