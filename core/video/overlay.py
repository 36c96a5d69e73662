"""A video with people drawn into it, in the colours of the window, at the pace of the original."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np

from core.domain import Skeleton
from core.domain.colours import LEFT, MIDDLE, RIGHT, person_colour
from core.video.imaging import cv2
from core.video.source import VideoSource

TIME_BASE = Fraction(1, 90_000)
QUALITY = "20"  # x264's constant rate factor
SHIFT = 4  # bits of a pixel's fraction, so that skeletons do not jump from pixel to pixel
BAR = 0.035  # height of the bar of uncertainty, share of the picture's
CALM, DOUBTFUL = (29, 53, 61), (240, 160, 32)  # RGB at 0 and at 1


class Drawn(NamedTuple):
    """A person of a frame. place: among all people of the project, which gives the colour; points: (K, 2)
    image pixels, NaN for what is not drawn; labelled: by a human.
    """

    place: int
    name: str
    points: np.ndarray
    occluded: np.ndarray
    labelled: bool


def write_overlay(
    source: VideoSource,
    path: Path,
    skeleton: Skeleton,
    people_at: Callable[[int], list[Drawn]],
    uncertainty: np.ndarray | None,
    step: Callable[[int], None],
) -> int:
    """Writes H.264 with the time stamps of the source; a damaged frame shows the one before for longer.

    uncertainty: (frames,) 0..1, NaN where nobody is, for the bar at the bottom, None for no bar; step: called
    with the number of each frame done, may raise. Returns how many frames were written.
    """
    width, height = source.width + source.width % 2, source.height + source.height % 2  # as 4:2:0 needs
    bar = None if uncertainty is None else _bar(uncertainty, width, max(6, round(BAR * height)))
    written = 0
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(max(source.fps, 1e-3)).limit_denominator(1001))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"crf": QUALITY, "preset": "veryfast"}
        stream.codec_context.time_base = TIME_BASE
        stream.time_base = TIME_BASE
        for number, image in _images(source):
            picture = np.zeros((height, width, 3), np.uint8)
            picture[: source.height, : source.width] = image
            for person in people_at(number):
                _draw(picture, person, skeleton)
            if bar is not None:
                _draw_bar(picture, bar, number, len(source))
            frame = av.VideoFrame.from_ndarray(picture, "rgb24")
            frame.pts, frame.time_base = round(source.times[number] / TIME_BASE), TIME_BASE
            container.mux(stream.encode(frame))
            written += 1
            step(number + 1)
        container.mux(stream.encode(None))
    return written


def _images(source: VideoSource) -> Iterator[tuple[int, np.ndarray]]:
    for number, frame in source.stream():
        yield number, frame.to_array("rgb")


def _draw(picture: np.ndarray, person: Drawn, skeleton: Skeleton) -> None:
    """Limbs in the person's colour, joints in that of the side; a model's are thinner than a human's."""
    unit = max(min(picture.shape[:2]) / 360, 1)
    colour = _rgb(person_colour(person.place))
    thick = max(1, round((2.2 if person.labelled else 1.4) * unit))
    placed = ~np.isnan(person.points).any(1)
    pixels = np.round(np.where(placed[:, None], person.points, 0) * (1 << SHIFT)).astype(int)
    at = [(x, y) for x, y in pixels.tolist()]
    for a, b in skeleton.edges:
        if placed[a] and placed[b]:
            cv2.line(picture, at[a], at[b], (0, 0, 0), thick + 2, cv2.LINE_AA, SHIFT)
            cv2.line(picture, at[a], at[b], colour, thick, cv2.LINE_AA, SHIFT)
    for joint in np.flatnonzero(placed):
        side = _rgb({"left": LEFT, "right": RIGHT}.get(skeleton.side(int(joint)), MIDDLE))
        radius = round((3.0 if person.labelled else 2.2) * unit * (1 << SHIFT))
        fill = max(1, round(unit)) if person.occluded[joint] else cv2.FILLED
        cv2.circle(picture, at[joint], radius, side, fill, cv2.LINE_AA, SHIFT)
    if placed.any():
        x, y = person.points[placed].min(0)
        place = (max(2, int(x)), max(int(14 * unit), int(y - 8 * unit)))
        for ink, offset in (((0, 0, 0), max(1, round(unit / 2))), (colour, 0)):
            corner = (place[0] + offset, place[1] + offset)
            cv2.putText(
                picture, person.name, corner, cv2.FONT_HERSHEY_SIMPLEX, 0.4 * unit, ink, 1, cv2.LINE_AA
            )


def _bar(uncertainty: np.ndarray, width: int, height: int) -> np.ndarray:
    """(height, width, 3) uint8 RGB: the whole video from left to right, each column the most uncertain of
    its frames.
    """
    values = np.nan_to_num(uncertainty, nan=0.0)
    starts = (np.arange(width) * len(values) // width).astype(np.int64)
    stops = np.maximum(starts + 1, (np.arange(1, width + 1) * len(values)) // width)
    most = np.array([values[a:b].max() for a, b in zip(starts, stops, strict=True)])[:, None]
    row = np.array(CALM) * (1 - most) + np.array(DOUBTFUL) * most
    return np.repeat(row.round().astype(np.uint8)[None], height, axis=0)


def _draw_bar(picture: np.ndarray, bar: np.ndarray, number: int, frames: int) -> None:
    """With a white line where the video is."""
    height, width = bar.shape[:2]
    picture[-height:] = bar
    x = min(width - 2, number * width // frames)
    picture[-height:, x : x + 2] = 255


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
