"""The thread that decodes the frames the window shows."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.frames.light import brightened
from app.frames.mailbox import MailboxThread

CACHE_BYTES = 256 << 20
QUIET = 0.06  # seconds without a newer request after which a scrub shows the exact frame


@dataclass(frozen=True)
class Clip:
    """A video's facts. times: (n,) float64, seconds from the first frame."""

    path: Path
    width: int
    height: int
    times: np.ndarray
    fps: float

    @property
    def frame_count(self) -> int:
        return len(self.times)

    @property
    def facts(self) -> str:
        return f"{self.path.name} · {self.width} × {self.height} · {self.fps:.4g} fps · {self.frame_count} frames"


class Request(NamedTuple):
    frame: int
    scrubbing: bool


class FrameReader(MailboxThread):
    """Serves the newest request; older ones that were not begun are forgotten, so the last answer is always to the last.

    While scrubbing the keyframe before is shown at once, the exact frame once the hand rests. After a step back the thread
    decodes further back while nobody asks for anything.
    bright: whether the pictures are made lighter.
    """

    opened = Signal(object)  # Clip
    frame_ready = Signal(int, object)  # number of the frame in the picture, (h, w, 4) uint8 BGRA or None if damaged
    damaged = Signal(str)  # a sentence about the frame asked for
    failed = Signal(str)

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path = path
        self.bright = False

    def ask(self, frame: int, scrubbing: bool = False) -> None:
        super().ask(Request(frame, scrubbing))

    def run(self) -> None:
        from core.domain.errors import UserError
        from core.video.source import VideoSource

        try:
            source = VideoSource(self.path, CACHE_BYTES)
        except UserError as error:
            self.failed.emit(str(error))
            return
        with source:
            self.opened.emit(Clip(self.path, source.width, source.height, source.times, source.fps))
            before = 0
            while (request := self._mailbox.take()) is not None:
                self._serve(source, request)
                if request.frame < before and not request.scrubbing:
                    self._look_back(source, request.frame)
                before = request.frame

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

    def _look_back(self, source, frame: int) -> None:
        for _ in source.look_back(frame):
            if not self._mailbox.quiet_for(0):
                return

    def _lit(self, pixels: np.ndarray) -> np.ndarray:
        return brightened(pixels) if self.bright else pixels
