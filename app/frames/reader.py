"""The thread that decodes the frames the window shows."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.frames.light import brightened
from app.frames.mailbox import MailboxThread
from core.domain import UserError

if TYPE_CHECKING:
    from core.project.store.store import Video
    from core.video.source import VideoSource

CACHE_BYTES = 256 << 20
GREY = 96  # of a frame that is not there
QUIET = 0.06  # seconds without a newer request after which a scrub shows the exact frame


@dataclass(frozen=True)
class Clip:
    """A video's facts. times: (n,) float64, seconds from the first frame. missing: the file is not there;
    cut: that its end is, in a sentence.
    """

    path: Path
    width: int
    height: int
    times: np.ndarray
    fps: float
    missing: bool = False
    cut: str = ""

    @property
    def frame_count(self) -> int:
        return len(self.times)

    @property
    def facts(self) -> str:
        return (
            f"{self.path.name} · {self.width} × {self.height} · {self.fps:.4g} fps · "
            f"{self.frame_count} frames"
        )


def clip_of(video: "Video") -> Clip:
    """What the project knows of a video without its file."""
    times = np.arange(video.frame_count) / video.fps
    return Clip(video.path, video.width, video.height, times, video.fps, missing=True)


class Request(NamedTuple):
    frame: int
    scrubbing: bool


class FrameReader(MailboxThread):
    """Serves the newest request; older ones that were not begun are forgotten, so the last answer is always
    to the last.

    While scrubbing the keyframe before is shown at once, the exact frame once the hand rests. After a step
    back the thread decodes further back while nobody asks for anything, and then what comes next. stand_in:
    for a video that is not there, which path None says, or cannot be read: all its frames are grey. bright:
    whether the pictures are made lighter; next: the frame that will be jumped to, where that is known.
    """

    opened = Signal(object)  # Clip
    # number of the frame in the picture, (h, w, 4) uint8 BGRA or None if damaged
    frame_ready = Signal(int, object)
    damaged = Signal(str)  # a sentence about the frame asked for

    def __init__(
        self, path: Path | None, stand_in: Clip | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.path, self._stand_in = path, stand_in
        self.bright = False
        self.next: int | None = None
        self.setObjectName("Reading the video")
        self._begun = False
        self._source: VideoSource | None = None  # None also where the stand-in is shown
        self._grey: np.ndarray | None = None
        self._before = 0  # the frame that was asked for before
        self._shown: int | None = None  # the frame asked for, once it is there

    def ask(self, frame: int, scrubbing: bool = False) -> None:
        super().ask(Request(frame, scrubbing))

    def serve(self, request: Request) -> None:
        if not self._begun:
            self._begin()
        if self._source is None:
            self.frame_ready.emit(request.frame, self._grey)
            return
        self._show(self._source, request)
        before, self._before = self._before, request.frame
        if request.frame < before and not request.scrubbing:
            self._decode_while_quiet(self._source.look_back(request.frame))
        if self.next is not None and not request.scrubbing:
            self._decode_while_quiet(self._source.look_ahead(self.next))

    def give_up(self, request: Request) -> None:
        if self._begun and self._shown != request.frame:
            self.frame_ready.emit(request.frame, None)

    def release(self) -> None:
        if self._source is not None:
            self._source.close()

    def _begin(self) -> None:
        """Raises UserError for a video that cannot be read and has no stand-in."""
        from core.video.source import VideoSource

        source = None
        try:
            source = VideoSource(self.path, CACHE_BYTES) if self.path else None
        except UserError:
            if self._stand_in is None:
                raise
        self._begun, self._source = True, source
        if source is None:
            self.opened.emit(self._stand_in)
            self._grey = np.full((self._stand_in.height, self._stand_in.width, 4), GREY, np.uint8)
        else:
            facts = source.width, source.height, source.times, source.fps
            self.opened.emit(Clip(self.path, *facts, cut=source.notice))

    def _show(self, source: "VideoSource", request: Request) -> None:
        from core.video.source import FrameUnreadable

        self._shown = None
        try:
            if request.scrubbing:
                keyframe = source.read_keyframe(request.frame)
                self.frame_ready.emit(source.keyframe_before(request.frame), self._lit(keyframe))
                if not self._mailbox.quiet_for(QUIET):
                    return
            self.frame_ready.emit(request.frame, self._lit(source.read(request.frame)))
        except FrameUnreadable as error:
            self.frame_ready.emit(request.frame, None)
            self.damaged.emit(str(error))
        self._shown = request.frame

    def _decode_while_quiet(self, frames: Iterator[None]) -> None:
        end = object()
        while self._mailbox.quiet_for(0) and next(frames, end) is not end:
            pass

    def _lit(self, pixels: np.ndarray) -> np.ndarray:
        return brightened(pixels) if self.bright else pixels
