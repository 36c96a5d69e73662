"""Where image pixels lie on the screen."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSizeF

from core.domain import Box

MAX_SCALE = 40.0


class View:
    """screen = image * scale + offset, both in pixels; image pixel n is centred on n."""

    def __init__(self) -> None:
        self.scale = 1.0
        self.offset = QPointF()
        self.fitted = True  # follows the widget's size until the user zooms or pans

    @property
    def key(self) -> tuple[float, float, float]:
        """Differs between any two views."""
        return self.scale, self.offset.x(), self.offset.y()

    def to_screen(self, points: np.ndarray) -> np.ndarray:
        """points: (..., 2) image pixels; returns the same shape in screen pixels."""
        return points * self.scale + (self.offset.x(), self.offset.y())

    def to_image(self, position: QPointF) -> tuple[float, float]:
        place = (position - self.offset) / self.scale
        return place.x(), place.y()

    def rect(self, box: Box) -> QRectF:
        """A box of image pixels on the screen."""
        return QRectF(
            QPointF(box.x0, box.y0) * self.scale, QSizeF(box.width, box.height) * self.scale
        ).translated(self.offset)

    def zoom(self, factor: float, at: QPointF, least: float) -> None:
        """Keeps the image pixel under `at` where it is."""
        scale = min(max(self.scale * factor, least), MAX_SCALE)
        self.offset = at - (at - self.offset) * (scale / self.scale)
        self.scale = scale
        self.fitted = False

    def pan(self, by: QPointF) -> None:
        self.offset += by
        self.fitted = False

    def show(self, box: Box, size: QSizeF, margin: float) -> None:
        """The whole box in the middle of a widget of this size; margin: share of the box left free on each
        side.
        """
        width, height = box.width * (1 + 2 * margin), box.height * (1 + 2 * margin)
        self.scale = min(size.width() / max(width, 1), size.height() / max(height, 1), MAX_SCALE)
        centre = QPointF((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2)
        self.offset = QPointF(size.width() / 2, size.height() / 2) - centre * self.scale
        self.fitted = False

    def fill(self, frame: Box, size: QSizeF) -> None:
        """Moves the frame so that it leaves no more of the widget empty than it must."""
        rect = self.rect(frame)
        self.offset += QPointF(
            _shift(rect.left(), rect.right(), size.width()), _shift(rect.top(), rect.bottom(), size.height())
        )


def _shift(low: float, high: float, length: float) -> float:
    """How far the stretch low..high has to move to cover 0..length, or to be centred when it is shorter."""
    if high - low <= length:
        return (length - low - high) / 2
    return -low if low > 0 else max(length - high, 0)
