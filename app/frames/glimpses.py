"""The thread that makes small pictures of whole frames."""

from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QImage

from app.frames.mailbox import MailboxThread

CACHE_BYTES = 32 << 20
SIZE = QSize(176, 132)  # at most, pixels


class Wanted(NamedTuple):
    path: Path
    frame: int


class Glimpses(MailboxThread):
    """Makes the picture asked for last."""

    ready = Signal(object, QImage)  # Wanted, picture

    def run(self) -> None:
        from core.domain.errors import UserError

        wanted = self._mailbox.take()
        while wanted is not None:
            try:
                wanted = self._look_at(wanted)
            except UserError:  # whoever shows that video says so
                wanted = self._mailbox.take()

    def _look_at(self, wanted: Wanted) -> Wanted | None:
        """Serves one video; returns the first request for another, None at the end."""
        from core.video.source import FrameUnreadable, VideoSource

        path = wanted.path
        with VideoSource(path, CACHE_BYTES) as source:
            while wanted is not None and wanted.path == path:
                try:
                    pixels = source.read(wanted.frame)
                except FrameUnreadable:  # a damaged frame has no picture
                    pass
                else:
                    height, width = pixels.shape[:2]
                    image = QImage(pixels.data, width, height, width * 4, QImage.Format.Format_RGB32)
                    smooth = Qt.TransformationMode.SmoothTransformation
                    self.ready.emit(wanted, image.scaled(SIZE, Qt.AspectRatioMode.KeepAspectRatio, smooth).copy())
                wanted = self._mailbox.take()
        return wanted
