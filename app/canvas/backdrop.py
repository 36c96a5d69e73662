"""What stays while a pose is in the hand, painted once: a drag then costs one person, however many there
are.
"""

from collections.abc import Callable, Hashable

from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QWidget


class Backdrop:
    """A picture of a widget's size, kept while `key` stays the same."""

    def __init__(self) -> None:
        self._key: Hashable = None
        self._pixmap = QPixmap()

    def paint(
        self, painter: QPainter, widget: QWidget, key: Hashable, fill: Callable[[QPainter], None]
    ) -> None:
        """fill: paints the picture where the kept one is of another key or size."""
        ratio = widget.devicePixelRatio()
        if (key, widget.size(), ratio) != self._key:
            self._key = key, widget.size(), ratio
            self._pixmap = QPixmap(widget.size() * ratio)
            self._pixmap.setDevicePixelRatio(ratio)
            inner = QPainter(self._pixmap)
            inner.setFont(widget.font())
            fill(inner)
            inner.end()
        painter.drawPixmap(0, 0, self._pixmap)

    def drop(self) -> None:
        self._key, self._pixmap = None, QPixmap()
