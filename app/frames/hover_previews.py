"""The thread that makes small pictures of whole frames."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QImage

from app.frames.mailbox import MailboxThread
from core.domain import UserError

if TYPE_CHECKING:
    from core.video.source import VideoSource

CACHE_BYTES = 32 << 20
SIZE = QSize(176, 132)  # at most, pixels


class Wanted(NamedTuple):
    path: Path
    frame: int


class HoverPreviews(MailboxThread):
    """Makes the picture asked for last."""

    ready = Signal(object, QImage)  # Wanted, picture

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("The picture beside the timeline")
        self._source: VideoSource | None = None

    def serve(self, wanted: Wanted) -> None:
        try:
            pixels = self._source_of(wanted.path).read(wanted.frame)
        except UserError:  # a damaged frame has no picture; whoever shows that video says what else is wrong
            return
        height, width = pixels.shape[:2]
        image = QImage(pixels.data, width, height, width * 4, QImage.Format.Format_RGB32)
        smooth = Qt.TransformationMode.SmoothTransformation
        self.ready.emit(wanted, image.scaled(SIZE, Qt.AspectRatioMode.KeepAspectRatio, smooth).copy())

    def release(self) -> None:
        source, self._source = self._source, None
        if source is not None:
            source.close()

    def _source_of(self, path: Path) -> "VideoSource":
        from core.video.source import VideoSource

        if self._source is None or self._source.path != path:
            self.release()
            self._source = VideoSource(path, CACHE_BYTES)
        return self._source
