"""The picture of the frame under the cursor, beside the timeline."""

from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from app.frames.hover_previews import SIZE, HoverPreviews, Wanted

KEPT = 300  # pictures
GAP = 6  # pixels


class HoverPreview(QFrame):
    """Hangs over its parent; the picture follows when it is made."""

    def __init__(self, hover_previews: HoverPreviews, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("hover_preview")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._hover_previews = hover_previews
        self._pictures: dict[Wanted, QPixmap] = {}
        self._wanted: Wanted | None = None
        self._size, self._above = SIZE, QPoint()
        self.picture, self._caption = QLabel(), QLabel()
        for label in (self.picture, self._caption):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.setSpacing(2)
        column.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._caption)
        hover_previews.ready.connect(self._receive)
        self.hide()

    def show_frame(self, path: Path, frame: int, caption: str, above: QPoint) -> None:
        """above: the place in the parent that the middle of the lower edge points at."""
        self._wanted, self._above = Wanted(path, frame), above
        self._caption.setText(caption)
        if self._wanted not in self._pictures:
            self._hover_previews.ask(self._wanted)
        self._show_picture()
        self.show()
        self.raise_()

    def _receive(self, wanted: Wanted, image: QImage) -> None:
        self._pictures[wanted] = QPixmap.fromImage(image)
        if len(self._pictures) > KEPT:
            del self._pictures[next(iter(self._pictures))]
        self._size = image.size()
        if wanted == self._wanted:
            self._show_picture()

    def _show_picture(self) -> None:
        self.picture.setFixedSize(self._size)
        self.picture.setPixmap(self._pictures.get(self._wanted, QPixmap()))
        self.adjustSize()
        left = min(
            max(self._above.x() - self.width() // 2, GAP), self.parentWidget().width() - self.width() - GAP
        )
        self.move(left, self._above.y() - self.height() - GAP)
