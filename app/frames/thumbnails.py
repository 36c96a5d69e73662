"""The thread that cuts small pictures of people out of the video."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QImage

from app.frames.mailbox import MailboxThread
from core.domain import Box, SampleId, Track, UserError

CACHE_BYTES = 32 << 20
Wanted = dict[Path, dict[SampleId, Box]]
SIZE = 112  # pixels of a side: 56 on a screen with doubled resolution
MARGIN = 1.1


class Thumbnails(MailboxThread):
    """Makes the pictures asked for last, in the order of the video, so that it is decoded once from front
    to back.
    """

    ready = Signal(object, QImage)  # SampleId, picture

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("Cutting out people")

    def serve(self, wanted: Wanted) -> None:
        for path, boxes in wanted.items():
            if boxes and not self._cut(path, boxes):
                break

    def _cut(self, path: Path, boxes: dict[SampleId, Box]) -> bool:
        """False when something else was asked meanwhile."""
        from core.video.source import VideoSource

        try:
            source = VideoSource(path, CACHE_BYTES)
        except UserError:  # whoever shows that video says so
            return True
        with source:
            for sample, box in sorted(boxes.items(), key=lambda item: item[0].frame):
                try:
                    frame = source.read(sample.frame)
                except UserError:  # a damaged frame has no picture; its row keeps the empty one
                    continue
                self.ready.emit(sample, crop(frame, box))
                if not self._mailbox.quiet_for(0):
                    return False
        return True


def where_largest(track: Track) -> tuple[SampleId, Box]:
    """The sample in which most can be seen of somebody, and the box there."""
    place = int(np.prod(track.boxes[:, 2:] - track.boxes[:, :2], axis=1).argmax())
    return SampleId(track.id, int(track.frames[place])), Box(*map(float, track.boxes[place]))


def crop(frame: np.ndarray, box: Box) -> QImage:
    """The square around a box: frame (h, w, 4) uint8 BGRA; SIZE pixels a side, black outside of the frame."""
    side = max(8, round(max(box.width, box.height) * MARGIN))
    x0, y0 = round((box.x0 + box.x1 - side) / 2), round((box.y0 + box.y1 - side) / 2)
    height, width = frame.shape[:2]
    square = np.zeros((side, side, 4), np.uint8)
    left, top, right, bottom = max(x0, 0), max(y0, 0), min(x0 + side, width), min(y0 + side, height)
    if left < right and top < bottom:
        square[top - y0 : bottom - y0, left - x0 : right - x0] = frame[top:bottom, left:right]
    image = QImage(square.data, side, side, side * 4, QImage.Format.Format_RGB32)
    smooth = Qt.TransformationMode.SmoothTransformation
    return image.scaled(SIZE, SIZE, Qt.AspectRatioMode.IgnoreAspectRatio, smooth).copy()
