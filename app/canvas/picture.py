"""The frame itself, sharp at any zoom."""

import numpy as np
from PySide6.QtCore import QSizeF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from app.canvas.view import View
from core.domain import Box


class Picture:
    """pixels: (h, w, 4) uint8 BGRA, None for a frame that cannot be decoded; image: the same for Qt, of the
    last that could be decoded, null before the first.
    """

    def __init__(self) -> None:
        self.pixels: np.ndarray | None = None
        self.image = QImage()
        self._scaled: tuple[tuple, QImage] | None = None

    def show(self, pixels: np.ndarray | None) -> None:
        self.pixels = pixels  # the image borrows this memory
        if pixels is not None:
            height, width = pixels.shape[:2]
            self.image = QImage(pixels.data, width, height, width * 4, QImage.Format.Format_RGB32)
        self._scaled = None

    @property
    def empty(self) -> bool:
        return self.image.isNull()

    @property
    def border(self) -> Box:
        """Half a pixel beyond the centres of the outermost pixels."""
        return Box(-0.5, -0.5, self.image.width() - 0.5, self.image.height() - 0.5)

    @property
    def last(self) -> tuple[int, int]:
        """x and y of the last pixel."""
        return self.image.width() - 1, self.image.height() - 1

    def paint(self, painter: QPainter, view: View, blank: QColor) -> None:
        """blank: in place of a frame that cannot be decoded."""
        target = view.rect(self.border)
        if self.pixels is None:
            painter.fillRect(target, blank)
        elif view.scale < 0.7:
            painter.drawImage(
                target.topLeft(), self._small(target.size(), painter.device().devicePixelRatio())
            )
        else:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, view.scale < 3)
            painter.drawImage(target, self.image)

    def _small(self, size: QSizeF, ratio: float) -> QImage:
        """The frame scaled down with every pixel counted, kept while neither frame nor zoom change."""
        key = (round(size.width() * ratio), round(size.height() * ratio))
        if self._scaled is None or self._scaled[0] != key:
            smooth = Qt.TransformationMode.SmoothTransformation
            image = self.image.scaled(*key, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)
            image.setDevicePixelRatio(ratio)
            self._scaled = key, image
        return self._scaled[1]
