"""Files whose packets or time stamps do not tell their frames: as many as FFmpeg decodes, each the right
picture.
"""

import os
import re
import struct
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from core.domain import UserError
from core.video.source import open_video
from tests.clips import make_clip, number_in, numbered

SHUFFLED = np.random.default_rng(0).permutation


def check(path: Path, numbers: list[int]) -> None:
    """Frame n shows numbers[n]: in order, one by one in any order, and streamed from anywhere."""
    with open_video(path) as video:
        assert len(video) == len(numbers)
        assert (np.diff(video.times) > 0).all()
        assert [number_in(frame.to_array()) for _, frame in video.stream()] == numbers
        for n in SHUFFLED(len(numbers)):
            assert number_in(video.read(int(n))) == numbers[n]
    with open_video(path) as video:
        for start in SHUFFLED(len(numbers))[:12].tolist():
            streamed = {n: number_in(frame.to_array()) for n, frame in video.stream(start, start + 5)}
            assert streamed == dict(enumerate(numbers[start : start + 5], start))
        assert (
            number_in(video.read_keyframe(len(numbers) - 1))
            == numbers[video.keyframe_before(len(numbers) - 1)]
        )


@pytest.mark.parametrize(
    ("ending", "codec", "pieces"),
    [
        (".ts", "libx264", [(0, 30), (30, 60)]),
        (".mts", "libx264", [(40, 64), (0, 12), (12, 31)]),
        (".mpg", "mpeg2video", [(0, 27), (27, 54)]),
        (".vob", "mpeg2video", [(0, 27), (0, 27)]),
        (".flv", "libx264", [(0, 30)]),
    ],
)
def test_joined_files(tmp_path: Path, ending: str, codec: str, pieces: list[tuple[int, int]]) -> None:
    parts = [
        make_clip(
            tmp_path / f"{i}{ending}",
            frames=stop - start,
            codec=codec,
            picture=lambda n, start=start: numbered(start + n, 160, 96),
            options={"q": "3"} if codec == "mpeg2video" else None,
        ).read_bytes()
        for i, (start, stop) in enumerate(pieces)
    ]
    (tmp_path / f"joined{ending}").write_bytes(b"".join(parts))
    check(tmp_path / f"joined{ending}", [n for start, stop in pieces for n in range(start, stop)])


def test_a_recording_that_begins_between_keyframes(tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "a.ts", gop=20).read_bytes()
    path = tmp_path / "b.ts"
    path.write_bytes(whole[188 * (len(whole) // 188 // 4) :])
    with open_video(path) as video:
        first = number_in(video.read(0))
        assert first == 20
        assert re.fullmatch("The first [0-9]+ pictures of b.ts need others from before .*", video.notice)
    check(path, list(range(20, 60)))


@pytest.mark.parametrize("ending", [".mp4", ".mkv"])
def test_a_table_of_frames_that_begins_between_keyframes(tmp_path: Path, ending: str) -> None:
    """As recorders of network cameras write it."""
    path = make_clip(tmp_path / "a.mp4", gop=20)
    with av.open(str(path)) as source, av.open(str(tmp_path / f"b{ending}"), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        packets = [packet for packet in source.demux(video=0) if packet.size]
        for packet in packets[1:]:
            packet.stream = stream
            target.mux(packet)
    check(tmp_path / f"b{ending}", list(range(20, 60)))


def test_joined_gifs(tmp_path: Path) -> None:
    """The packet before the second one seems to be a keyframe, and leans on those before."""
    pieces = [
        make_clip(
            tmp_path / f"{n}.gif", 6, codec="gif", pix_fmt="rgb8", picture=lambda at, n=n: moving(6 * n + at)
        )
        for n in range(2)
    ]
    path = tmp_path / "joined.gif"
    path.write_bytes(b"".join(piece.read_bytes() for piece in pieces))
    with open_video(path) as video:
        shown = [frame.to_array() for _, frame in video.stream()]
        assert len(shown) == len(video) == 12
        assert video.keyframe_before(11) == 0
    for n in (5, 11, 6, 0):
        with open_video(path) as video:
            assert (video.read(n, "rgb") == shown[n]).all()


def moving(n: int) -> np.ndarray:
    """(96, 160, 3) uint8: a bar beside one that stays, of which a GIF stores the one that changes."""
    picture = np.zeros((96, 160, 3), np.uint8)
    picture[:, :10] = 255
    picture[:, 10 * n + 20 : 10 * n + 30] = 255
    return picture


@pytest.mark.parametrize(
    ("degrees", "said"), [(10, True), (45, True), (90, False), (180, False), (-90, False)]
)
def test_a_turn_that_is_no_quarter_is_said_to_be_left_out(tmp_path: Path, degrees: int, said: bool) -> None:
    path = make_clip(tmp_path / "phone.mp4", 2, rotation=degrees)
    with open_video(path) as video:
        assert ("asks to be shown askew, which is left out" in video.notice) == said


def test_joined_matroska_files(tmp_path: Path) -> None:
    """Of which seeking knows the first alone."""
    whole = make_clip(tmp_path / "a.mkv", frames=30).read_bytes()
    (tmp_path / "b.mkv").write_bytes(whole + whole)
    check(tmp_path / "b.mkv", [*range(30), *range(30)])


@pytest.mark.parametrize(("orientation", "turns"), [(1, 0), (3, 2), (6, 3), (8, 1)])
def test_jpegs_that_tell_of_their_camera(tmp_path: Path, orientation: int, turns: int) -> None:
    """Motion JPEG whose pictures have EXIF, turned as it says; turns: of np.rot90."""
    field = struct.pack("<HHIHHI", 0x112, 3, 1, orientation, 0, 0)
    exif = b"Exif\0\0" + b"II*\0\x08\0\0\0" + struct.pack("<H", 1) + field
    path = make_clip(tmp_path / "a.avi", frames=4, codec="mjpeg", bframes=0, full_range=True)
    with av.open(str(path)) as source, av.open(str(tmp_path / "b.avi"), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for n, packet in enumerate(packet for packet in source.demux(video=0) if packet.size):
            jpeg = bytes(packet)
            data = jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:]
            write(target, stream, data, n, True)
    with open_video(tmp_path / "b.avi") as video:
        assert [number_in(np.rot90(video.read(n), -turns)) for n in range(4)] == [0, 1, 2, 3]


def test_more_frames_a_second_than_time_stamps(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a.mp4", bframes=0)
    repack(path, tmp_path / "fast.mkv", lambda n: (n + 1) // 2)
    check(tmp_path / "fast.mkv", list(range(60)))
    with open_video(tmp_path / "fast.mkv") as video:
        assert video.fps == pytest.approx(2000, rel=0.05)


def test_packed_b_frames(tmp_path: Path) -> None:
    """MPEG-4 of DivX and Xvid: a B-frame in the packet of the frame it leans on, then a packet without a
    picture.
    """
    path = make_clip(tmp_path / "a.mp4", codec="mpeg4", bframes=1, options={"q": "2"})
    with av.open(str(path)) as source:
        extradata = source.streams.video[0].codec_context.extradata + b"\0\0\1\xb2DivX503b1393p"
        packets = [bytes(packet) for packet in source.demux(video=0) if packet.size]
    b_frame = [packet[packet.index(b"\0\0\1\xb6") + 4] >> 6 == 2 for packet in packets]
    packed: list[bytes] = []
    for packet, is_b in zip(packets, b_frame, strict=True):
        if is_b:
            packed[-1] += packet
            packed.append(b"\0\0\1\xb6\x50\x23")
        else:
            packed.append(packet)
    assert any(b_frame)
    for name in ("b.avi", "b.mkv", "b.mp4"):
        with av.open(str(tmp_path / name), "w") as target, av.open(str(path)) as source:
            stream = target.add_stream_from_template(source.streams.video[0])
            stream.codec_context.extradata = extradata
            for n, data in enumerate(packed):
                write(target, stream, data, n, n == 0)
        check(tmp_path / name, list(range(60)))


@pytest.mark.parametrize("name", ["fields.mkv", "fields.mp4", "fields.ts", "together.ts", "together.mp4"])
def test_pictures_coded_as_two_fields(tmp_path: Path, name: str) -> None:
    """As camcorders code: H.264 with each field a packet, or both of them in one."""
    with av.open(str(tmp_path / name), "w") as target:
        stream = target.add_stream("h264", rate=25)
        stream.width, stream.height, stream.time_base = 160, 96, Fraction(1, 50)
        for n in range(10):
            fields = coded_fields(numbered(n, 160, 96)[..., 0], n)
            for i, data in enumerate([fields[0] + fields[1]] if name.startswith("together") else fields):
                write(target, stream, data, 2 * n + i, i == 0, Fraction(1, 50))
    check(tmp_path / name, list(range(10)))
    with open_video(tmp_path / name) as video:
        assert video.fps == pytest.approx(25)


@pytest.mark.parametrize(
    ("name", "codec", "format"),
    [
        ("a.avi", "rawvideo", "pal8"),
        ("a.avi", "rawvideo", "gray"),
        ("a.mov", "png", "pal8"),
        ("a.mov", "png", "gray"),
        ("a.mov", "qtrle", "gray"),
        ("a.nut", "rawvideo", "pal8"),
        ("a.nut", "rawvideo", "bgr8"),
        ("a.nut", "rawvideo", "rgb4_byte"),
    ],
)
def test_eight_bit_pictures(tmp_path: Path, name: str, codec: str, format: str) -> None:
    palette = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 4, 1)
    palette[:, 3] = 255
    with av.open(str(tmp_path / name), "w") as target:
        stream = target.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 160, 96, format
        for n in range(8):
            grey = np.ascontiguousarray(numbered(n, 160, 96)[..., 0])
            given = (grey, palette) if format == "pal8" else grey
            frame = av.VideoFrame.from_ndarray(given, "pal8" if format == "pal8" else "gray")
            frame = frame if format == "pal8" else frame.reformat(format=format)
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    check(tmp_path / name, list(range(8)))


@pytest.mark.parametrize("name", ["a.mkv", "a.asf"])
def test_a_thumbnail_before_the_video(tmp_path: Path, name: str) -> None:
    with av.open(str(tmp_path / name), "w") as target:
        small, large = target.add_stream("mjpeg", rate=25), target.add_stream("mpeg4", rate=25)
        small.width, small.height, small.pix_fmt = 80, 48, "yuvj420p"
        large.width, large.height, large.pix_fmt = 160, 96, "yuv420p"
        target.mux(small.encode(av.VideoFrame.from_ndarray(numbered(50, 80, 48)).reformat(format="yuvj420p")))
        for n in range(30):
            target.mux(large.encode(av.VideoFrame.from_ndarray(numbered(n, 160, 96))))
        target.mux([*small.encode(None), *large.encode(None)])
    check(tmp_path / name, list(range(30)))
    with open_video(tmp_path / name) as video:
        assert video.notice == f"{name} holds 2 videos; the one of 160 x 96 pixels (stream 1) is used."


def test_a_sequence_of_pictures_rather_than_the_still_beside_it(tmp_path: Path) -> None:
    """AVIF of several frames holds the first of them as a picture of its own, too."""
    path = tmp_path / "a.avif"
    with av.open(str(path), "w", format="avif") as container:
        stream = container.add_stream("libsvtav1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        for n in range(12):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(numbered(n, 160, 96), "rgb24")))
        container.mux(stream.encode())
    with av.open(str(path)) as container:
        assert sorted(stream.frames for stream in container.streams.video) == [1, 12]
    check(path, list(range(12)))
    with open_video(path) as video:
        assert video.notice == ""


def test_names_that_ffmpeg_would_take_for_protocols(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_clip(tmp_path / "a.mp4", frames=3)
    monkeypatch.chdir(tmp_path)
    for name in ("cam:1.mp4", "http:x.mp4", "file:x.mp4"):
        try:
            os.link("a.mp4", name)
        except OSError:
            pytest.skip("such names are not possible here")
        check(Path(name), [0, 1, 2])


def test_a_name_in_another_encoding(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.mp4"))
    try:
        make_clip(tmp_path / "a.mp4", frames=3).rename(path)
    except OSError:
        pytest.skip("such names are not possible here")
    with pytest.raises(UserError, match=r"caf\\udce9\.mp4 is not in UTF-8"):
        open_video(path)


def repack(path: Path, target: Path, time: Callable[[int], int]) -> None:
    """The packets of a file without B-frames in another, the n-th at time(n) milliseconds."""
    with av.open(str(path)) as source, av.open(str(target), "w") as container:
        stream = container.add_stream_from_template(source.streams.video[0])
        for n, packet in enumerate(packet for packet in source.demux(video=0) if packet.size):
            packet.stream, packet.time_base = stream, Fraction(1, 1000)
            packet.pts = packet.dts = time(n)
            packet.duration = 0
            container.mux(packet)


def write(
    target: av.container.OutputContainer,
    stream: av.VideoStream,
    data: bytes,
    time: int,
    keyframe: bool,
    base: Fraction = Fraction(1, 25),
) -> None:
    packet = av.Packet(data)
    packet.stream, packet.time_base, packet.is_keyframe = stream, base, keyframe
    packet.pts = packet.dts = time
    target.mux(packet)


class Bits:
    def __init__(self) -> None:
        self.text = ""

    def u(self, count: int, value: int) -> "Bits":
        self.text += f"{value:0{count}b}"
        return self

    def ue(self, *values: int) -> "Bits":
        for value in values:
            length = (value + 1).bit_length()
            self.u(2 * length - 1, value + 1)
        return self

    def aligned(self) -> bytes:
        self.text += "0" * (-len(self.text) % 8)
        return int(self.text, 2).to_bytes(len(self.text) // 8, "big")


def unit(kind: int, content: bytes) -> bytes:
    """A NAL unit with its start code and the emulation prevention of section 7.4.1 of ITU-T H.264."""
    out = bytearray()
    for byte in content:
        if len(out) > 1 and not any(out[-2:]) and byte <= 3:
            out.append(3)
        out.append(byte)
    return b"\0\0\0\1" + bytes([0x60 | kind]) + bytes(out)


def coded_fields(grey: np.ndarray, n: int) -> list[bytes]:
    """A picture (96, 160) uint8 as two intra-coded fields, every macroblock raw (I_PCM)."""
    sps = Bits().u(8, 77).u(8, 0).u(8, 40).ue(0, 0, 0, 4, 1).u(1, 0).ue(9, 2).u(5, 0b01100).u(1, 1).aligned()
    pps = Bits().ue(0, 0).u(2, 0).ue(0, 0, 0).u(3, 0).ue(0, 0, 0).u(3, 0b100).u(1, 1).aligned()
    fields = []
    for bottom in (0, 1):
        bits = Bits().ue(0, 7, 0).u(4, 0).u(1, 1).u(1, bottom)
        if not bottom:
            bits.ue(n % 2)
        bits.u(8, bottom).u(1, 0)
        if not bottom:
            bits.u(1, 0)
        bits.ue(0, 1)
        content = b""
        rows = grey[bottom::2]
        for y in range(0, 48, 16):
            for x in range(0, 160, 16):
                content += bits.ue(25).aligned() + rows[y : y + 16, x : x + 16].tobytes() + b"\x80" * 128
                bits = Bits()
        fields.append(unit(1 if bottom else 5, content + b"\x80"))
    return [b"\0\0\0\1\x09\x10" + unit(7, sps) + unit(8, pps) + fields[0], b"\0\0\0\1\x09\x10" + fields[1]]


def test_the_times_of_joined_files_go_on(tmp_path: Path) -> None:
    part = make_clip(tmp_path / "a.ts", frames=30).read_bytes()
    (tmp_path / "b.ts").write_bytes(part + part)
    with open_video(tmp_path / "b.ts") as video:
        assert all(b - a == pytest.approx(0.04, abs=1e-4) for a, b in pairwise(video.times))
