"""Decoding a video in order from any frame on, and knowing the number of every frame that comes out."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from core.domain.errors import UserError
from core.video.container import open_container, ready
from core.video.index import FrameIndex, decoded, readable

Numbered = tuple[int, av.VideoFrame]


class Opened(NamedTuple):
    container: InputContainer
    stream: VideoStream


NO_BYTE_SEEK = 0x8000  # AVFMT_NO_BYTE_SEEK

NEAR = 12  # frames ahead for which decoding on is cheaper than seeking


class VideoLost(UserError):
    """A video that was open and whose file is gone or another one now. Reading it works again once the
    file is back.
    """


def lost(path: Path, reason: str) -> VideoLost:
    return VideoLost(
        f"{path} {reason}. Put the file back where it was; nothing is lost, and the pictures come back."
    )


class Decoder:
    """One open file and its decoder; belongs to one thread.

    size: bytes of the file that the index was made from. device: see open_container; only for videos whose
    time stamps tell their frames apart, as nothing else comes with a picture from there. Raises VideoLost
    where it is not that file any more.
    """

    def __init__(self, path: Path, index: FrameIndex, size: int, device: str | None = None) -> None:
        self._path = path
        self._device = device
        self._index = index
        self._size = size
        self._file: Opened | None = None
        self._position = -1  # the last frame that was handed out
        self._held: Numbered | None = None  # decoded, but beyond what was asked for
        self._run: Iterator[Numbered] | None = None
        self._open()

    def close(self) -> None:
        """Frees what is decoded at once, without waiting for a cycle of references to be found."""
        self._run = self._held = None
        file, self._file = self._file, None
        if file is not None:
            file.container.close()

    def check(self) -> None:
        """Raises VideoLost where the file is not the one any more that it was; it is opened anew when next
        asked.
        """
        try:
            size = os.stat(self._path).st_size
        except OSError as error:
            self.close()
            raise lost(self._path, "is not there any more") from error
        if size != self._size:
            self.close()
            raise lost(self._path, "is another file than it was when it was opened")

    def until(self, n: int) -> Iterator[Numbered]:
        """The frames decoded on the way to frame n; n comes last, or not at all if it cannot be decoded."""
        if not self.leads_to(n):
            self._seek(n)
        yield from self._go_on(n)
        if self._index.counted and self._position < n and self._held is None:
            self._start_over()  # after seeking in joined Matroska files only the first is read
            yield from self._go_on(n)

    def _go_on(self, n: int) -> Iterator[Numbered]:
        while item := self._take():
            if item[0] > n:
                self._held = item
                return
            self._position = item[0]
            yield item
            if item[0] == n:
                return

    def leads_to(self, n: int) -> bool:
        """Whether until(n) goes on from where it stands, without seeking."""
        if self._run is None or n <= self._position:
            return False
        return n - self._position <= NEAR or self._index.keyframe_before(n) <= self._position

    def way_to(self, n: int) -> int:
        """How many frames until(n) would decode; seeking counts as a few."""
        return n - self._position if self.leads_to(n) else n - self._index.keyframe_before(n) + NEAR

    def keyframe(self, n: int) -> av.VideoFrame | None:
        """Keyframe n decoded alone, without waiting for the frames that follow; None where that gave
        another frame.
        """
        self._run = self._held = None
        if self._index.counted:
            return None
        container, stream = self._opened
        context = stream.codec_context
        try:
            container.seek(int(self._index.pts[n]), stream=stream)
            packet = next((p for p in container.demux(stream) if p.is_keyframe), None)
            frames = [*context.decode(packet), *context.decode(None)] if packet else []
        except av.error.FFmpegError:
            return None
        finally:
            context.flush_buffers()
        return next((frame for frame in frames if self._index.number(frame.pts) == n), None)

    def damage(self, n: int) -> str:
        """What is wrong with frame n, where it cannot be decoded."""
        return f"Frame {n} of {self._path} cannot be decoded; that part of the file is damaged."

    @property
    def _opened(self) -> Opened:
        return self._file or self._open()

    def _open(self) -> Opened:
        self.close()
        self.check()
        try:
            container = open_container(self._path, self._device)
            stream = container.streams[self._index.stream]
            if not isinstance(stream, VideoStream):
                raise lost(self._path, "is another file than it was when it was opened")
            self._file = Opened(container, ready(container, stream))
            if stream.pix_fmt == "pal8":
                self._read_palette(*self._file)
        except (av.error.FFmpegError, OSError, IndexError) as error:
            raise lost(self._path, f"cannot be read any more ({error})") from error
        return self._file

    @staticmethod
    def _read_palette(container: InputContainer, stream: VideoStream) -> None:
        """It comes with the first packet alone, which seeking would pass over."""
        for _ in decoded(stream, readable(container, stream)):
            return

    def _take(self) -> Numbered | None:
        held, self._held = self._held, None
        return held or (next(self._run, None) if self._run else None)

    def _seek(self, n: int) -> None:
        """Start decoding at the keyframe before n.

        Containers without an index of their own may land after it: then start from an earlier one, in growing
        steps. A file is opened anew as a last resort.
        """
        keyframes = self._index.keyframes
        at = int(keyframes.searchsorted(n, side="right")) - 1
        back = 1
        while not self._start(int(keyframes[at])) and at > 0:
            at, back = max(0, at - back), back * 2
        if self._held is None or self._held[0] > keyframes[at]:
            self._start_over()
        self._position = int(keyframes[at]) - 1

    def _start_over(self) -> None:
        self._open()
        self._run = self._decode(0, 0)
        self._held, self._position = None, -1

    def _start(self, keyframe: int) -> bool:
        """Seek to keyframe; whether it is indeed the first frame to come out (and now held)."""
        self._held = self._run = None
        for way in self._ways(keyframe):
            try:
                way()
            except av.error.FFmpegError:
                continue
            self._run = self._decode_from(keyframe)
            self._held = next(self._run, None)
            if self._held is not None and self._held[0] == keyframe:
                return True
        return False

    def _ways(self, keyframe: int) -> list[Callable[[], None]]:
        """Of seeking, the surest one first. Where time stamps repeat, only the place in the file is sure."""
        container, stream = self._opened
        if not self._index.counted:
            return [partial(container.seek, int(self._index.pts[keyframe]), stream=stream)]
        anchor = self._index.anchor(keyframe)
        if anchor is None:
            return []
        by_time = partial(container.seek, anchor.time, stream=stream)
        by_place = partial(container.seek, anchor.position, unsupported_byte_offset=True)
        return [by_time] if container.format.flags & NO_BYTE_SEEK else [by_place, by_time]

    def _decode_from(self, keyframe: int) -> Iterator[Numbered]:
        """Frames from where the file stands after seeking to keyframe."""
        if not self._index.counted:
            return self._decode(keyframe)
        packets = readable(*self._opened)
        anchor = None
        for packet in packets:
            if packet.is_keyframe and (anchor := self._index.anchor_at(packet.pos, packet.size)):
                return self._decode(keyframe, anchor.at, chain([packet], packets))
        return iter(())

    def _decode(
        self, start: int, at: int | None = None, packets: Iterator[av.Packet] | None = None
    ) -> Iterator[Numbered]:
        """Frames from where the file stands, those before frame `start` left out; damaged packets are passed
        over.

        at: the how manyth packet of the stream comes next, where frames are told apart by that.
        """
        previous = start - 1
        file = self._opened
        packets = packets or readable(*file)
        frames: Iterator[tuple[int | None, av.VideoFrame]]
        if self._device:
            frames = ((None, frame) for packet in packets for frame in packet.decode())
        else:
            frames = decoded(file.stream, packets, at or 0)
        for place, frame in frames:
            if self._index.counted and place is not None:
                number = self._index.number_of(place)
            else:
                number = self._index.number(frame.pts)
            if number is not None and previous < number < len(self._index):
                previous = number
                yield number, frame
