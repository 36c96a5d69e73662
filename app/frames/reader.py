"""The thread that decodes the frames the window shows."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.frames.light import brightened
from app.frames.mailbox import MailboxThread

if TYPE_CHECKING:
    from core.project.store.store import Video

CACHE_BYTES = 256 << 20
GREY = 96  # of a frame that is not there
QUIET = 0.06  # seconds without a newer request after which a scrub shows the exact frame


@dataclass(frozen=True)
class Clip:
    """A video's facts. times: (n,) float64, seconds from the first frame. missing: the file is not there; cut: that its end
    is, in a sentence.
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
        return f"{self.path.name} · {self.width} × {self.height} · {self.fps:.4g} fps · {self.frame_count} frames"


def clip_of(video: "Video") -> Clip:
    """What the project knows of a video without its file."""
    times = np.arange(video.frame_count) / video.fps
    return Clip(video.path, video.width, video.height, times, video.fps, missing=True)


class Request(NamedTuple):
    frame: int
    scrubbing: bool


class FrameReader(MailboxThread):
    """Serves the newest request; older ones that were not begun are forgotten, so the last answer is always to the last.

    While scrubbing the keyframe before is shown at once, the exact frame once the hand rests. After a step back the thread
    decodes further back while nobody asks for anything, and then what comes next. stand_in: for a video that is not there,
    which path None says, or cannot be read: all its frames are grey. bright: whether the pictures are made lighter; next:
    the frame that will be jumped to, where that is known.
    """

    opened = Signal(object)  # Clip
    frame_ready = Signal(int, object)  # number of the frame in the picture, (h, w, 4) uint8 BGRA or None if damaged
    damaged = Signal(str)  # a sentence about the frame asked for
    failed = Signal(str)

    def __init__(self, path: Path | None, stand_in: Clip | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path, self._stand_in = path, stand_in
        self.bright = False
        self.next: int | None = None

    def ask(self, frame: int, scrubbing: bool = False) -> None:
        super().ask(Request(frame, scrubbing))

    def run(self) -> None:
        from core.domain.errors import UserError
        from core.video.source import VideoSource

        try:
            source = VideoSource(self.path, CACHE_BYTES) if self.path else None
        except UserError as error:
            source = None
            if self._stand_in is None:
                self.failed.emit(str(error))
                return
        if source is None:
            self._stand_in_for_it()
            return
        with source:
            facts = source.width, source.height, source.times, source.fps
            self.opened.emit(Clip(self.path, *facts, cut=source.cut))
            before = 0
            while (request := self._mailbox.take()) is not None:
                self._serve(source, request)
                if request.frame < before and not request.scrubbing:
                    self._decode_while_quiet(source.look_back(request.frame))
                if self.next is not None and not request.scrubbing:
                    self._decode_while_quiet(source.look_ahead(self.next))
                before = request.frame

    def _stand_in_for_it(self) -> None:
        self.opened.emit(self._stand_in)
        grey = np.full((self._stand_in.height, self._stand_in.width, 4), GREY, np.uint8)
        while (request := self._mailbox.take()) is not None:
            self.frame_ready.emit(request.frame, grey)

    def _serve(self, source, request: Request) -> None:
        from core.video.source import FrameUnreadable

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

    def _decode_while_quiet(self, frames: Iterator[None]) -> None:
        end = object()
        while self._mailbox.quiet_for(0) and next(frames, end) is not end:
            pass

    def _lit(self, pixels: np.ndarray) -> np.ndarray:
        return brightened(pixels) if self.bright else pixels
