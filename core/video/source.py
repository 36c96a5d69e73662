"""A video as numbered frames: exact random reads, quick looks while scrubbing, and streams."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Literal

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from core.domain.errors import UserError
from core.video.decoder import Decoder, Numbered
from core.video.folder import images_in
from core.video.frame import Format, Frame, Geometry, Orientation
from core.video.gop_cache import BEFORE, PictureCache, size
from core.video.hardware import Hardware, HardwareDecoder, agreeing_hardware
from core.video.images import ImageFolder
from core.video.imaging import refuse_stack
from core.video.index import FrameIndex, build_index
from core.video.index_cache import cached_index

MIB = 1 << 20
MOST = 0.9  # of the steps from a frame to the next, which are no pauses
PAUSES = 2.0  # so much faster than on average without them
FEW = 8  # frames before one that is looked ahead to, for stepping back there


class FrameUnreadable(UserError):
    """One frame of a video is damaged."""


def open_video(path: str | Path) -> "VideoSource":
    """Open a video file or a folder of images; UserError says why it cannot be."""
    return VideoSource(path)


def _rate(times: np.ndarray) -> float:
    """Frames per second: the average, unless pauses make up most of the time. times: (n,) seconds, n > 1."""
    average, usual = (len(times) - 1) / float(times[-1]), 1 / float(np.quantile(np.diff(times), MOST))
    return usual if usual > PAUSES * average else average


def content_id(path: str | Path) -> str:
    """64 hex digits that stay the same when a video is moved.

    SHA-256 of a file's size, first MiB and last MiB; of a folder's images the names, sizes, and the first and
    the last.
    """
    path = Path(path)
    if path.is_dir():
        images = images_in(path)
        names = [(image.name, image.stat().st_size) for image in images]
        ends = [content_id(image) for image in images[:1] + images[-1:]]
        return hashlib.sha256(json.dumps([names, ends]).encode()).hexdigest()
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        digest.update(file.read(MIB))
        file.seek(max(0, size - MIB))
        digest.update(file.read(MIB))
    return digest.hexdigest()


class VideoSource:
    """Frames 0 .. frame_count - 1 of one video, in the order they are shown; reads belong to one thread.

    width, height: of the image as displayed, turned as the file asks. times: (n,) float64, seconds from the
    first frame. fps: average, without pauses that make it less than half. The frame count is that of the
    pictures in the file, whatever its header claims, or of the images in the folder; a damaged frame keeps
    its number, where time stamps tell it.
    """

    def __init__(self, path: str | Path, cache_bytes: int = 512 * MIB) -> None:
        self.path = Path(path)
        if self.path.is_dir():
            images = ImageFolder(self.path)
            self._index, nominal_rate = images.index, images.rate
            self._new_decoder: Callable[[], Decoder | ImageFolder] = lambda: images
        else:
            self._index, nominal_rate = _index_of(self.path)
            length = self.path.stat().st_size
            # of which no reference leads here
            self._new_decoder = partial(Decoder, self.path, self._index, length)
        self.frame_count = len(self._index)
        self.times = self._index.times
        self.fps = _rate(self.times) if len(self) > 1 else nominal_rate
        self._cache = PictureCache(cache_bytes)
        self._reformatter = VideoReformatter()
        self._hardware: Hardware | Literal[False] | None = None  # not tried yet
        self._decoder = self._new_decoder()
        # decodes elsewhere, while the first stands where it is
        self._other: Decoder | ImageFolder | None = None
        first = self._first_picture()
        if first is None:
            self._decoder.close()
            raise UserError(
                f"No frame of {self.path} can be decoded: the file is damaged, or of a kind that FFmpeg "
                "cannot decode, such as an animated WebP. Convert it to MP4 with the program that made it."
            )
        self._geometry = Geometry.of(first[1])
        self._askew = Orientation.askew(first[1])
        self.width, self.height = self._geometry.width, self._geometry.height
        self._reach = int(
            BEFORE * (cache_bytes // size(first[1]))
        )  # frames before the present one that the cache keeps
        self._cache.put(*first)

    def __len__(self) -> int:
        return self.frame_count

    def __enter__(self) -> "VideoSource":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the file and the cache; arrays that were handed out stay valid."""
        self._decoder.close()
        if self._other is not None:
            self._other.close()
        self._cache.clear()

    @property
    def cut(self) -> str:
        """In a sentence, that the end of the file is missing; empty where it is whole, or does not say how
        long it was.
        """
        if not self._index.lost:
            return ""
        return (
            f"{self.path.name} is cut short: {self._index.lost:.1f} s at its end are missing. What is "
            "there can be used."
        )

    @property
    def notice(self) -> str:
        """In sentences, what whoever opens it should know: what of it is missing, which of several videos it
        is, how it is turned.
        """
        askew = (
            f"{self.path.name} asks to be shown askew, which is left out: it is turned by quarters alone."
            if self._askew
            else ""
        )
        return " ".join(sentence for sentence in (self.cut, self._index.note, askew) if sentence)

    def keyframe_before(self, n: int) -> int:
        """The frame that read_keyframe(n) shows: the last one up to n that can be decoded alone."""
        return self._index.keyframe_before(n)

    def read(self, n: int, format: Format = "bgra") -> np.ndarray:
        """Frame n exactly: (height, width, 4 | 3) uint8, contiguous, read-only.

        Raises FrameUnreadable if it is damaged, VideoLost where the file is gone; so do the other ways to
        read.
        """
        self._check(n)
        cached = self._cache.get(n)
        if cached is not None:
            return self._converted(n, cached, format)
        for number, picture in self._nearest(n).until(n):
            if number > n - self._reach:  # for stepping back
                self._cache.put(number, picture)
            if number == n:
                return self._converted(n, picture, format)
        self._decoder.check()
        raise FrameUnreadable(self._decoder.damage(n))

    def look_back(self, n: int) -> Iterator[None]:
        """Decodes into the cache what comes before frame n, one frame at each next(), for whoever steps back
        from n.

        Nothing while half of what the cache can hold is there. It may be abandoned for a read at any time:
        asked again, it goes on where it was.
        """
        first = max(0, n - self._reach + 1)
        missing = next((number for number in range(n - 1, first - 1, -1) if number not in self._cache), None)
        if missing is None or missing < n - self._reach // 2:
            return
        for number, picture in self._free_decoder().until(missing):
            if number >= first:
                self._cache.put(number, picture)
            yield

    def look_ahead(self, n: int) -> Iterator[None]:
        """Decodes frame n and a few before it into the cache, one at each next(), for whoever jumps there
        some time.

        They stay there until another frame is looked ahead to. It may be abandoned as look_back may.
        """
        self._cache.ahead = range(n - max(0, min(FEW, self._reach - 1)), n + 1)
        if n in self._cache:
            return
        for number, picture in self._free_decoder().until(n):
            if number in self._cache.ahead:
                self._cache.put(number, picture)
            yield

    def read_keyframe(self, n: int, format: Format = "bgra") -> np.ndarray:
        """A quick stand-in for frame n while scrubbing: frame keyframe_before(n), as from read."""
        self._check(n)
        keyframe = self.keyframe_before(n)
        picture = self._cache.get(keyframe) or self._decoder.keyframe(keyframe)
        if picture is None:
            return self.read(keyframe, format)
        self._cache.put(keyframe, picture)
        return self._converted(keyframe, picture, format)

    def open_decoder(self, hardware: bool = False) -> Decoder | HardwareDecoder | ImageFolder:
        """For the streams of one thread, one after the other; whoever opens it closes it.

        hardware: on the graphics card where this gives the same pictures sooner, which is tried once.
        """
        if not hardware or self._index.counted or self.path.is_dir():
            return self._new_decoder()
        if self._hardware is None:
            keyframes = self._index.keyframes
            some = keyframes[np.unique([0, len(keyframes) // 2, len(keyframes) - 1])].tolist()
            self._hardware = agreeing_hardware(self._new_decoder, some, self.frame_count - 1) or False
        return HardwareDecoder(self._new_decoder, self._hardware) if self._hardware else self._new_decoder()

    def stream(
        self,
        start: int = 0,
        stop: int | None = None,
        step: int = 1,
        decoder: Decoder | HardwareDecoder | ImageFolder | None = None,
    ) -> Iterator[tuple[int, Frame]]:
        """Frames start, start + step, ... before stop, in order; damaged ones are left out.

        decoder: one that stays open, for many short streams. Shares nothing that changes with the reads, so
        it may run in another thread, and leaves the cache alone. Each Frame that is held on to holds its
        whole picture.
        """
        numbers = range(self.frame_count)[start:stop:step]
        reformatter = VideoReformatter()
        with closing(self._new_decoder()) if decoder is None else nullcontext(decoder) as decoder:
            for n in numbers:
                found = False
                for number, picture in decoder.until(n):
                    if number == n:
                        found = True
                        yield n, Frame(n, picture, self._geometry, reformatter)
                if not found:
                    decoder.check()

    def _check(self, n: int) -> None:
        if not 0 <= n < self.frame_count:
            raise IndexError(f"frame {n} of a video of {self.frame_count} frames")

    def _free_decoder(self) -> Decoder | ImageFolder:
        """The one that is not needed for the next step forward."""
        following = self._cache.at + 1
        if following not in self._cache and self._nearest(following) is self._other:
            self._decoder, self._other = self._other, self._decoder
        self._other = self._other or self._new_decoder()
        return self._other

    def _nearest(self, n: int) -> Decoder | ImageFolder:
        """The decoder that comes to frame n first."""
        if self._other is not None and self._other.way_to(n) < self._decoder.way_to(n):
            return self._other
        return self._decoder

    def _converted(self, n: int, picture: av.VideoFrame, format: Format) -> np.ndarray:
        array = Frame(n, picture, self._geometry, self._reformatter).to_array(format)
        array.flags.writeable = False
        return array

    def _first_picture(self) -> Numbered | None:
        """The first frame that can be decoded, which tells size and orientation."""
        for n in (*self._index.keyframes[:20].tolist(), self.frame_count - 1):
            for numbered in self._decoder.until(n):
                return numbered
        return None


def _index_of(path: Path) -> tuple[FrameIndex, float]:
    if os.access(path, os.R_OK):
        return cached_index(path, lambda: _index_file(path))
    return _index_file(path)


def _index_file(path: Path) -> tuple[FrameIndex, float]:
    """Index of the video, and the frame rate the header claims."""
    if not path.exists():
        raise UserError(f"There is no file {path}; check the path.")
    if not path.is_file():
        raise UserError(f"{path} is a device or a pipe, not a file; choose a video.")
    refuse_stack(path)
    try:
        found = build_index(path)
    except av.error.PermissionError as error:
        raise UserError(f"{path} may not be read by you; change its permissions.") from error
    except av.error.FFmpegError as error:
        reason = error.strerror or "unknown format"
        raise UserError(
            f"{path} cannot be read as a video ({reason}); it is damaged, cut short or no video."
        ) from error
    if found is None:
        raise UserError(f"{path} holds no video, only sound or other data; choose a file with pictures.")
    index, rate = found
    if len(index) == 0:
        raise UserError(f"The video in {path} has no frames; the file is damaged or was cut short.")
    return index, rate
