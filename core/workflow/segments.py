"""The segments a video is worked off in, and in which order."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from itertools import zip_longest
from typing import NamedTuple

import numpy as np

from core.video.source import VideoSource

SECONDS = 2.0
NEAREST = 0.5  # of a segment: how far its beginning is moved to a key frame
SHORT = 1.5  # segments: what is no longer stays in one piece


class Stretch(NamedTuple):
    """Frames start to before stop of a video."""

    video: int
    start: int
    stop: int

    @property
    def frames(self) -> int:
        return self.stop - self.start


def stretches(video: int, source: VideoSource) -> list[Stretch]:
    """A whole video in segments of about two seconds, which begin at key frames where these are near."""
    count = len(source)
    length = max(1, round(SECONDS * source.fps))
    if count <= SHORT * length:
        return [Stretch(video, 0, count)]
    borders = [0]
    for nominal in range(length, count - length // 2, length):
        keyframe = source.keyframe_before(nominal)
        border = keyframe if nominal - keyframe <= NEAREST * length else nominal
        if border > borders[-1]:
            borders.append(border)
    return [Stretch(video, start, stop) for start, stop in zip(borders, [*borders[1:], count], strict=True)]


def spread(count: int) -> list[int]:
    """0 .. count - 1 in an order of which every beginning is spread evenly: van der Corput's, in base 2."""
    bits = max(1, (count - 1).bit_length())
    numbers = np.arange(1 << bits)
    reversed_bits = np.zeros_like(numbers)
    for bit in range(bits):
        reversed_bits |= ((numbers >> bit) & 1) << (bits - 1 - bit)
    return reversed_bits[reversed_bits < count].tolist()


def in_order(
    missing: Mapping[int, Stretch],
    count: int,
    urgent: Iterable[tuple[int, int]],
    newest: Mapping[int, int] | None = None,
) -> list[Stretch]:
    """Those first that have been estimated longest ago, or never, so that rounds within a budget see all of
    a video by turns; of these, spread evenly over all segments, of which there are `count`. Between two such,
    one that is urgent comes.

    missing: by number among all of them; urgent: videos and frames, the most urgent first; newest: the round
    by which a segment was estimated last, by its number; alike for all where it is left out.
    """
    places = [place for place in spread(count) if place in missing]
    if newest is not None:
        places.sort(key=newest.__getitem__)
    evenly = [missing[place] for place in places]
    starts: dict[int, tuple[list[int], list[Stretch]]] = {}
    for stretch in missing.values():
        at, own = starts.setdefault(stretch.video, ([], []))
        at.append(stretch.start)
        own.append(stretch)
    first: dict[Stretch, None] = {}
    for video, frame in urgent:
        at, own = starts.get(video, ([], []))
        place = bisect_right(at, frame) - 1
        if place >= 0 and own[place].stop > frame:
            first.setdefault(own[place])
    order: dict[Stretch, None] = {}
    for hurry, stretch in zip_longest(first, evenly):
        order |= dict.fromkeys(one for one in (hurry, stretch) if one)
    return list(order)
