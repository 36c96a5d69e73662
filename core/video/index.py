"""Which frames a video has, when each is shown, and where decoding can start, found by reading packets alone."""

import re
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream

STATED = re.compile(r"(\d+):(\d+):(\d+\.\d+)")
LEAST_LOST = 0.5  # seconds: times are rounded


@dataclass(frozen=True)
class FrameIndex:
    """pts: (n,) int64, ascending, in units of time_base; frame n is the one shown at pts[n].

    keyframes: (m,) int64 frame numbers, ascending, the first is 0. counted: the file's time stamps do not tell the
    order of display, so frames are told apart by counting from the start, and pts are only their nominal times.
    lost: seconds that the file announces and does not hold, where it was cut short.
    """

    pts: np.ndarray
    keyframes: np.ndarray
    time_base: Fraction
    counted: bool
    lost: float = 0.0

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

    def keyframe_before(self, n: int) -> int:
        """The last keyframe that is not after frame n."""
        return int(self.keyframes[np.searchsorted(self.keyframes, n, side="right") - 1])


def build_index(container: InputContainer, stream: VideoStream) -> FrameIndex:
    """Read every packet of stream. The index is empty where the stream has none."""
    pts: list[int | None] = []
    key_pts: list[int] = []
    stored = end = 0
    try:
        for packet in container.demux(stream):
            stored += packet.size > 0 or packet.dts is not None
            if packet.size == 0 or packet.is_discard:  # the flush at the end; what an edit list hides
                continue
            pts.append(packet.pts)
            end = max(end, (packet.pts or 0) + (packet.duration or 0))
            if packet.is_keyframe and packet.pts is not None:
                key_pts.append(packet.pts)
    except av.error.FFmpegError:
        pass  # a file cut short: what came before is good
    if None in pts or _numbered_by_storage(container, stream, pts):
        return _counted(len(pts), stream)
    shown = np.unique(np.array(pts, np.int64))
    keyframes = np.unique(np.searchsorted(shown, np.array([*key_pts, *shown[:1]], np.int64)))
    return FrameIndex(shown, keyframes, stream.time_base, False, _lost(container, stream, stored, end))


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
        lost = hours * 3600 + minutes * 60 + seconds - float(end * stream.time_base)
    return lost if lost > LEAST_LOST else 0.0


def _rate(stream: VideoStream) -> Fraction:
    return Fraction(stream.average_rate or stream.guessed_rate or 25)


def _numbered_by_storage(container: InputContainer, stream: VideoStream, pts: list[int]) -> bool:
    """AVI numbers frames in the order they are stored, which is not the order of display where there are B-frames."""
    if "avi" not in container.format.name.split(",") or not stream.codec_context.has_b_frames:
        return False
    return all(a < b for a, b in pairwise(pts))


def _counted(count: int, stream: VideoStream) -> FrameIndex:
    return FrameIndex(np.arange(count), np.zeros(min(count, 1), np.int64), 1 / _rate(stream), counted=True)
