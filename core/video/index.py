"""Which frames a video has, when each is shown, and where decoding can start, found by reading packets
alone.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from itertools import islice, pairwise
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream

from core.domain.errors import UserError
from core.video.container import main_stream, only, open_container, ready, several
from core.video.fields import FieldPairs

STATED = re.compile(r"(\d+):(\d+):(\d+\.\d+)")
LEAST_LOST = 0.5  # seconds: times are rounded
VOP = b"\0\0\1\xb6"  # what a picture of MPEG-4 begins with
SMALLEST_VOP = 20  # bytes; a smaller one may say that there is no picture
TABLED = {"mp4", "matroska", "avi"}  # containers
# of whose packets each gives a picture, but for fields of H.264
PLAIN = ("h264", "hevc", "vvc", "av1", "vp9")
PROBED = 60  # packets of other codecs that are decoded to see whether each gives a picture
HEAD = 64  # packets after the first keyframe that may belong before it
MICROSECONDS = Fraction(1, 1_000_000)
NO_TIME = -(2**63)  # stands for a time that a packet lacks, as in FFmpeg


class Anchor(NamedTuple):
    """A keyframe's packet. at: the how manyth of the stream; position: byte in the file; size: bytes;
    time: of decoding.
    """

    at: int
    position: int
    size: int
    time: int


@dataclass(frozen=True)
class FrameIndex:
    """pts: (n,) int64, ascending, in units of time_base; frame n is the one shown at pts[n].

    keyframes: (m,) int64 frame numbers, ascending, the first is 0. stream: the video's, in the file. counted:
    the time stamps of the file do not tell its frames apart; instead, numbers: (p,) int64 says which frame
    each of the p packets of the stream gives, -1 for none, anchors: (m,) the packets of keyframes, and pts
    are only nominal times. lost: seconds that the file announces and does not hold, where it was cut short.
    note: in sentences, which of several videos this is, and what of it is left out.
    """

    pts: np.ndarray
    keyframes: np.ndarray
    time_base: Fraction
    counted: bool
    lost: float = 0.0
    stream: int = 0
    note: str = ""
    numbers: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    anchors: tuple[Anchor, ...] = ()

    def __len__(self) -> int:
        return len(self.pts)

    @property
    def times(self) -> np.ndarray:
        """(n,) float64, seconds from the first frame."""
        return (self.pts - self.pts[0]) * float(self.time_base)

    def number(self, pts: int | None) -> int | None:
        """The frame shown at pts, None where there is none."""
        if pts is None:
            return None
        n = int(np.searchsorted(self.pts, pts))
        return n if n < len(self.pts) and self.pts[n] == pts else None

    def number_of(self, at: int) -> int | None:
        """The frame that the how manyth packet of the stream gives, None where it gives none."""
        return int(self.numbers[at]) if at < len(self.numbers) and self.numbers[at] >= 0 else None

    def anchor(self, keyframe: int) -> Anchor | None:
        """The packet of a keyframe; None where that can only be reached from the start of the file."""
        anchor = self.anchors[int(np.searchsorted(self.keyframes, keyframe))]
        return anchor if anchor.position >= 0 else None

    def anchor_at(self, position: int | None, size: int) -> Anchor | None:
        """The keyframe's packet of this place in the file and size."""
        return self._by_place.get((position, size))

    @cached_property
    def _by_place(self) -> dict[tuple[int | None, int], Anchor]:
        return {(anchor.position, anchor.size): anchor for anchor in self.anchors}

    def keyframe_before(self, n: int) -> int:
        """The last keyframe that is not after frame n."""
        return int(self.keyframes[np.searchsorted(self.keyframes, n, side="right") - 1])


NO_ANCHOR = Anchor(0, -1, -1, 0)  # of a keyframe that can only be reached from the start of the file


class _Packet(NamedTuple):
    at: int
    pts: int  # NO_TIME where it has none
    dts: int | None
    keyframe: bool


def build_index(path: Path) -> tuple[FrameIndex, float] | None:
    """The index of a file's video and the frame rate that its header claims; None where it holds no video.

    Every packet is read; where packets alone do not tell which frames there are, every frame is decoded, too.
    The index is empty where there is none. Raises the errors of PyAV, and UserError.
    """
    with open_container(path) as container:
        stream = main_stream(container)
        if stream is None:
            return None
        note = several(container, stream)
        rate = float(_rate(stream))
        index = _of_packets(path, container, only(container, stream))
    index = index or _counted(path)
    return replace(index, note=" ".join(filter(None, (note, index.note)))), rate


def decoded(
    stream: VideoStream, packets: Iterable[av.Packet], first: int = 0, damaged: list[int] | None = None
) -> Iterator[tuple[int, av.VideoFrame]]:
    """The frames of packets, each with the how manyth packet of the stream it is of; the first one is
    `first`.

    Damaged packets are passed over, and noted in damaged. The stream is one of ready().
    """
    for at, packet in enumerate(packets, first):
        if packet.size == 0 and packet.dts is not None:  # a frame that was dropped, not the end
            continue
        packet.opaque = [at]  # PyAV tells such objects apart by their address, which numbers share
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            if damaged is not None:
                damaged.append(at)
            continue
        for frame in frames:
            if isinstance(frame.opaque, list):
                yield frame.opaque[0], frame


def readable(container: InputContainer, stream: VideoStream) -> Iterator[av.Packet]:
    """The packets of a stream; those of a file that is cut short end where it does."""
    try:
        yield from container.demux(stream)
    except av.error.FFmpegError:
        return


def _of_packets(path: Path, container: InputContainer, stream: VideoStream) -> FrameIndex | None:
    """None where frames can only be told apart by decoding."""
    context = stream.codec_context
    pairs = FieldPairs(context.extradata) if context.name == "h264" else None
    packets: list[_Packet] = []
    stored = end = 0
    torn = False
    for at, packet in enumerate(readable(container, stream)):
        stored += packet.size > 0 or packet.dts is not None
        if packet.has_sidedata("encryption_info"):
            raise UserError(
                f"{path} is encrypted, so its pictures cannot be read. Choose a copy that is not encrypted."
            )
        if packet.size == 0 or packet.is_discard:  # the flush at the end; what an edit list hides
            continue
        end = max(end, (packet.pts or 0) + (packet.duration or 0))
        if context.name == "mpeg4" and (packet.size < SMALLEST_VOP or bytes(packet).count(VOP) > 1):
            return None  # B-frames that are packed into the packet before, or a frame that is none
        if pairs and (pairs.interlaced or packet.is_keyframe) and not pairs.begins_picture(bytes(packet)):
            continue
        pts, torn = NO_TIME if packet.pts is None else packet.pts, packet.is_corrupt
        # a GIF that is joined to another one seems to begin where the first ends
        key = packet.is_keyframe and (context.name != "gif" or not packets)
        packets.append(_Packet(at, pts, packet.dts, key))
    if not packets:
        empty = np.zeros(0, np.int64)
        return FrameIndex(empty, empty, _unit(stream), False, stream=stream.index)
    if not _told_apart(container, stream, packets):
        return None
    note = ""
    if torn and len(packets) > 1 and not _gives_picture(path, packets):
        note = f"{path.name} is cut short within its last picture, which is left out."
        del packets[-1]
    plain = context.name in PLAIN or context.codec.intra_only
    skipped = _not_decoded(path, packets, plain, bool(TABLED.intersection(container.format.name.split(","))))
    if skipped is None:
        return None
    if skipped:
        note += (
            f" The first {skipped} pictures of {path.name} need others from before its beginning, so frame 0 "
            "is the first after them."
        )
    shown = np.sort(np.array([packet.pts for packet in packets], np.int64))[skipped:]
    key_pts = [packet.pts for packet in packets if packet.keyframe and packet.pts >= shown[0]]
    keyframes = np.unique(np.searchsorted(shown, np.array([*key_pts, shown[0]], np.int64)))
    lost = _lost(container, stream, stored, end)
    return FrameIndex(
        shown, keyframes, _unit(stream), False, lost, stream.index, "" if lost else note.strip()
    )


def _gives_picture(path: Path, packets: list[_Packet]) -> bool:
    """Whether the last packet, which is not whole, can be decoded."""
    first = next((packet.at for packet in reversed(packets) if packet.keyframe), 0)
    with open_container(path) as container:
        stream = ready(container, _video_of(container))
        rest = islice(readable(container, stream), first, None)
        return any(at == packets[-1].at for at, _ in decoded(stream, rest, first))


def _told_apart(container: InputContainer, stream: VideoStream, packets: list[_Packet]) -> bool:
    """Whether each packet has a time of its own, and their order is that of display."""
    pts = [packet.pts for packet in packets]
    dts = [packet.dts for packet in packets if packet.dts is not None]
    if NO_TIME in pts or len(set(pts)) < len(pts) or any(b < a for a, b in pairwise(dts)):
        return False
    return not _numbered_by_storage(container, stream, pts)


def _numbered_by_storage(container: InputContainer, stream: VideoStream, pts: list[int]) -> bool:
    """AVI numbers frames in the order they are stored, which is not the order of display where there are
    B-frames.
    """
    if "avi" not in container.format.name.split(",") or not stream.codec_context.has_b_frames:
        return False
    return all(a < b for a, b in pairwise(pts))


def _not_decoded(path: Path, packets: list[_Packet], plain: bool, tabled: bool) -> int | None:
    """How many frames at the start cannot be decoded, as they lean on others before; None where packets are
    no frames.

    plain: of a codec each of whose packets gives a picture; tabled: the file says where its packets begin, so
    that one at the start which is no picture is damage, which takes no number away.

    Looks only at the start: at where decoding begins, and of other codecs at some more.
    """
    key = next((place for place, packet in enumerate(packets) if packet.keyframe), 0)
    head = packets[: key + (HEAD if plain else PROBED)]
    if plain and not key and all(packet.pts >= packets[0].pts for packet in head):
        return 0
    damaged: list[int] = []
    with open_container(path) as container:
        stream = ready(container, _video_of(container))
        wanted = islice(readable(container, stream), head[-1].at + 1)
        found = [at for at, _ in decoded(stream, wanted, damaged=damaged)]
        with suppress(av.error.FFmpegError):  # it is at its end already
            late = stream.codec_context.decode(None)
            found += [frame.opaque[0] for frame in late if isinstance(frame.opaque, list)]
    seen = set(found)
    given = [packet for packet in head if packet.at in seen]
    if not given:
        return 0
    first = min(packet.pts for packet in given)
    expected = sorted((packet for packet in head if packet.pts >= first), key=lambda packet: packet.pts)
    if not plain and [packet.at for packet in expected if packet.at not in damaged] != found:
        return None
    leading = any(packet.pts < packets[key].pts for packet in head[key:])
    broken = tabled and any(at < packets[key].at for at in damaged)
    return sum(packet.pts < first for packet in packets) if (key or leading) and not broken else 0


def _counted(path: Path) -> FrameIndex:
    """By decoding everything."""
    with open_container(path) as container:
        stream = ready(container, _video_of(container))
        places: list[Anchor] = []
        keys: list[bool] = []

        def noted() -> Iterator[av.Packet]:
            for at, packet in enumerate(readable(container, stream)):
                places.append(
                    Anchor(at, -1 if packet.pos is None else packet.pos, packet.size, packet.dts or 0)
                )
                keys.append(packet.is_keyframe)
                pts.append(NO_TIME if packet.pts is None else packet.pts)
                yield packet

        pts: list[int] = []
        frames = [(at, frame.key_frame) for at, frame in decoded(stream, noted())]
        numbers = np.full(len(places), -1, np.int64)
        anchors = {}
        for number, (at, key) in enumerate(frames):
            if numbers[at] < 0:
                numbers[at] = number
            if key and keys[at]:
                anchors[number] = places[at]
        keyframes = np.array(sorted({0, *anchors} if frames else {}), np.int64)
        times = _nominal(container, stream, [pts[at] for at, _ in frames])
        return FrameIndex(
            times,
            keyframes,
            MICROSECONDS,
            True,
            stream=stream.index,
            numbers=numbers,
            anchors=tuple(anchors.get(number, NO_ANCHOR) for number in keyframes.tolist()),
        )


def _nominal(container: InputContainer, stream: VideoStream, pts: list[int]) -> np.ndarray:
    """(n,) int64 microseconds, ascending, for frames in the order of display.

    Where times go back, they go on as before; frames of one time share the span up to the next one.
    """
    rate = float(_rate(stream))
    even = np.rint(np.arange(len(pts)) * (1e6 / rate)).astype(np.int64)
    if len(pts) < 2 or NO_TIME in pts or "avi" in container.format.name.split(","):
        return even
    if len(set(pts)) == len(pts) and stream.codec_context.name == "mpeg4":
        pts = sorted(pts)
    seconds = np.array(pts, np.float64) * float(_unit(stream))
    steps = np.diff(seconds)
    usual = np.median(steps[steps > 0]) if (steps > 0).any() else 1 / rate
    steps = np.where(steps < 0, usual, steps)
    times = np.concatenate([[0], np.cumsum(steps)])
    starts = np.flatnonzero(np.concatenate([[True], steps > 0]))
    if len(starts) < 2:
        return even
    per_frame = times[starts[-1]] / starts[-1]
    points, places = (
        [*times[starts], times[starts[-1]] + per_frame * (len(pts) - starts[-1])],
        [*starts, len(pts)],
    )
    return np.rint(np.interp(np.arange(len(pts)), places, points) * 1e6).astype(np.int64)


def _lost(container: InputContainer, stream: VideoStream, stored: int, end: int) -> float:
    """Seconds. stored, end: packets that are there, and when the last one ends, in units of the stream.

    MP4 lists its frames, Matroska says when the last one ends; what others claim is not to be relied on.
    """
    kinds, rate = container.format.name.split(","), float(_rate(stream))
    lost = 0.0
    if "mp4" in kinds:
        lost = (stream.frames - stored) / rate
    elif "matroska" in kinds and (stated := STATED.fullmatch(stream.metadata.get("DURATION", ""))):
        hours, minutes, seconds = map(float, stated.groups())
        lost = hours * 3600 + minutes * 60 + seconds - float(end * _unit(stream))
    return lost if lost > LEAST_LOST else 0.0


def _video_of(container: InputContainer) -> VideoStream:
    """Of a file that is known to hold one."""
    stream = main_stream(container)
    assert stream is not None
    return stream


def _unit(stream: VideoStream) -> Fraction:
    """Seconds, of its times; 1 / 90,000 where it says none, as in MPEG."""
    return stream.time_base or Fraction(1, 90_000)


def _rate(stream: VideoStream) -> Fraction:
    return Fraction(stream.average_rate or stream.guessed_rate or 25)
