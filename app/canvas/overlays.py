"""What helps the hand: handles of the box, the rubber band, the loupe, and the neighbouring frames' poses."""

import numpy as np
from PySide6.QtCore import QMarginsF, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen

from app.canvas.view import View
from core.domain import Skeleton

HANDLE = 4.0  # half a side, in pixels of the screen
LOUPE_RADIUS, LOUPE_ZOOM, LOUPE_LEAST, LOUPE_GAP = 64, 3.0, 6.0, 28
LINE = QColor(255, 255, 255, 220)
SHADE = QColor(0, 0, 0, 150)
BEFORE, AFTER = QColor("#7fd7ff"), QColor("#ffb3e6")


def draw_handles(painter: QPainter, rect: QRectF, colour: QColor) -> None:
    painter.setPen(QPen(SHADE, 1))
    painter.setBrush(colour)
    middle = rect.center()
    sides = (
        QPointF(rect.left(), middle.y()),
        QPointF(rect.right(), middle.y()),
        QPointF(middle.x(), rect.top()),
        QPointF(middle.x(), rect.bottom()),
    )
    for place in (rect.topLeft(), rect.topRight(), rect.bottomLeft(), rect.bottomRight(), *sides):
        painter.drawRect(QRectF(place - QPointF(HANDLE, HANDLE), QSizeF(2 * HANDLE, 2 * HANDLE)))
    painter.setBrush(Qt.BrushStyle.NoBrush)


def draw_band(painter: QPainter, rect: QRectF) -> None:
    painter.setBrush(QColor(255, 255, 255, 30))
    pen = QPen(LINE, 1)
    pen.setStyle(Qt.PenStyle.DashLine)
    painter.setPen(pen)
    painter.drawRect(rect)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def draw_loupe(
    painter: QPainter, image: QImage, view: View, at: QPointF, hand: QPointF, body: QPointF, within: QRectF
) -> None:
    """Around the image pixel under `at`, which may be hidden by neither the hand nor a marker; away from
    the body.
    """
    scale = max(view.scale * LOUPE_ZOOM, LOUPE_LEAST)
    centre = _beside(hand, body, within)
    x, y = view.to_image(at)
    half = LOUPE_RADIUS / scale
    outline = QPainterPath()
    outline.addEllipse(centre, LOUPE_RADIUS, LOUPE_RADIUS)
    painter.save()
    painter.setClipPath(outline)
    painter.fillPath(outline, QColor("#0e1012"))
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < 8)
    target = QRectF(centre - QPointF(LOUPE_RADIUS, LOUPE_RADIUS), QSizeF(2, 2) * LOUPE_RADIUS)
    # pixel n begins at n
    painter.drawImage(target, image, QRectF(x + 0.5 - half, y + 0.5 - half, 2 * half, 2 * half))
    painter.restore()
    for colour, width in ((SHADE, 3.0), (LINE, 1.0)):
        painter.setPen(QPen(colour, width))
        painter.drawEllipse(centre, LOUPE_RADIUS, LOUPE_RADIUS)
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            painter.drawLine(centre + QPointF(dx, dy) * 5, centre + QPointF(dx, dy) * 16)


def _beside(hand: QPointF, body: QPointF, within: QRectF) -> QPointF:
    """Of the four places around the hand that have room the one furthest from the middle of the body."""
    away = LOUPE_RADIUS + LOUPE_GAP
    around = [hand + QPointF(dx, dy) * away for dx in (1, -1) for dy in (-1, 1)]
    margin = QMarginsF(LOUPE_RADIUS, LOUPE_RADIUS, LOUPE_RADIUS, LOUPE_RADIUS)
    roomy = [place for place in around if within.marginsRemoved(margin).contains(place)]
    return max(roomy or around, key=lambda place: (place - body).manhattanLength())


def draw_onion(
    painter: QPainter, points: np.ndarray, known: np.ndarray, skeleton: Skeleton, view: View, after: bool
):
    """A neighbouring frame's pose as bare lines. points: (K, 2) image pixels; known: (K,) bool."""
    pen = QPen(AFTER if after else BEFORE, 1.2)
    pen.setStyle(Qt.PenStyle.SolidLine if after else Qt.PenStyle.DotLine)
    painter.setPen(pen)
    places = view.to_screen(points)
    for start, end in skeleton.edges:
        if known[start] and known[end]:
            painter.drawLine(QPointF(*places[start]), QPointF(*places[end]))
