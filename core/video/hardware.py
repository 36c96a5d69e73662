"""Decoding on the graphics card, where it gives the very pictures that the processor decodes."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

import av
import numpy as np
from av.codec.hwaccel import hwdevices_available
from av.video.reformatter import VideoReformatter

from core.video.decoder import Decoder, Numbered, VideoLost
from core.video.frame import FULL_RANGE, planes_of
from core.video.images import ImageFolder

DEVICES = ("cuda", "videotoolbox", "d3d11va", "vaapi")  # that are tried, in this order
PLAIN = ("yuv420p", "yuvj420p")  # the only formats that are handed out
COMPARED = 12  # frames at each place
FAILURES = (VideoLost, av.error.FFmpegError, OSError, RuntimeError, NotImplementedError, ValueError)


def devices() -> list[str]:
    """Kinds of decoders that this build of FFmpeg could use; whether the machine has one shows when it is
    tried.
    """
    return [device for device in DEVICES if device in hwdevices_available()]


@dataclass(frozen=True)
class Hardware:
    """A device that gives the pictures of a video as the processor does, and how these are to be read
    (H.273).
    """

    device: str
    colorspace: int
    color_range: int


def agreeing_hardware(
    new_decoder: Callable[..., Decoder | ImageFolder], keyframes: Sequence[int], last: int
) -> Hardware | None:
    """The first device that decodes the frames from each keyframe on to the same pictures, and sooner; None
    where none does.

    new_decoder: takes device=, as Decoder does. last: frame of the video.
    """
    places = [(keyframe, min(keyframe + COMPARED, last)) for keyframe in keyframes]
    usable = devices()
    if not usable:
        return None
    with closing(new_decoder()) as decoder:
        expected, allowed = _decoded(decoder, places)
    if not expected or any(picture.format.name not in PLAIN for _, picture in expected):
        return None
    like = expected[0][1]
    full = FULL_RANGE if like.format.name == "yuvj420p" else like.color_range
    for device in usable:
        hardware = Hardware(device, like.colorspace, full)
        try:
            with closing(HardwareDecoder(new_decoder, hardware)) as decoder:
                found, took = _decoded(decoder, places)
                if not decoder.gave_up and took < allowed and _same(found, expected):
                    return hardware
        except FAILURES:
            continue
    return None


class HardwareDecoder:
    """Decodes as a Decoder does, on a device of the machine; on the processor from where the device gives up.

    Belongs to one thread. new_decoder: takes device=, as Decoder does. Raises what Decoder does where it
    cannot start.
    """

    def __init__(self, new_decoder: Callable[..., Decoder | ImageFolder], hardware: Hardware) -> None:
        self.gave_up = False
        self._hardware = hardware
        self._usual = new_decoder()
        self._reformatter = VideoReformatter()
        try:
            self._decoder = new_decoder(device=hardware.device)
        except BaseException:
            self._usual.close()
            raise

    def close(self) -> None:
        self._usual.close()
        self._decoder.close()

    def check(self) -> None:
        """Raises VideoLost where the file is not the one any more that it was."""
        self._usual.check()

    def until(self, n: int) -> Iterator[Numbered]:
        """The frames decoded on the way to frame n; n comes last, or not at all if it cannot be decoded."""
        if not self.gave_up:
            try:
                for number, picture in self._decoder.until(n):
                    yield number, self._plain(picture)
                    if number == n:
                        return
            except FAILURES:
                self._give_up()
        for number, picture in self._usual.until(n):
            if number == n and not self.gave_up:  # which was not damaged, then
                self._give_up()
            yield number, picture

    def _give_up(self) -> None:
        self.gave_up = True
        self._decoder.close()

    def _plain(self, picture: av.VideoFrame) -> av.VideoFrame:
        """As the processor's decoder gives it: what is copied from a device has two interleaved planes and
        no tags.
        """
        if picture.format.name not in PLAIN:
            picture = self._reformatter.reformat(picture, format="yuv420p")
        picture.colorspace, picture.color_range = self._hardware.colorspace, self._hardware.color_range
        return picture


def _decoded(
    decoder: "Decoder | HardwareDecoder | ImageFolder", places: Sequence[tuple[int, int]]
) -> tuple[list[Numbered], float]:
    """Frames of each place, and the seconds they took without each first one, which waits for the device to
    start.

    places: the first and the last frame of each.
    """
    found: list[Numbered] = []
    took = 0.0
    for first, last in places:
        found += list(decoder.until(first))[-1:]
        started = time.perf_counter()
        found += list(decoder.until(last))
        took += time.perf_counter() - started
    return found, took


def _same(some: Sequence[Numbered], others: Sequence[Numbered]) -> bool:
    return len(some) == len(others) and all(
        number == other and all(map(np.array_equal, planes_of(picture), planes_of(like)))
        for (number, picture), (other, like) in zip(some, others, strict=True)
    )
