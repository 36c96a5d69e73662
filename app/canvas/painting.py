"""How people are drawn: predicted ones thin and translucent, labelled ones solid, markers of constant
screen size.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from app.canvas.view import View
from app.style import theme
from core.domain import Skeleton, Visibility

HALO = QColor(0, 0, 0, 130)
GHOST = QColor("#b8c0c8")
DOUBT = QColor("#ff4f6d")  # neither a side's nor a person's colour
REFINED = QColor("#a6ff8f")
APART = 3.0  # pixels of the screen, from which on a refined joint is drawn beside the predicted one


@dataclass(frozen=True)
class Figure:
    """A person ready to be drawn.

    place: of the person, see Session; points: (K, 2) image pixels; visibility: (K,) of Visibility; uncertain:
    (K,) bool, joints to look at. joint: the selected joint, hovered: the one under the cursor; -1 for none.
    moving: in the hand; older: as an earlier round estimated it; picked: joints that are dragged together.
    """

    place: int
    points: np.ndarray
    visibility: np.ndarray
    uncertain: np.ndarray
    labelled: bool
    selected: bool
    joint: int = -1
    hovered: int = -1
    moving: bool = False
    older: bool = False
    picked: frozenset[int] = frozenset()


def draw(painter: QPainter, figure: Figure, skeleton: Skeleton, view: View) -> None:
    places = view.to_screen(figure.points)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for start, end in skeleton.edges:
        if figure.visibility[start] and figure.visibility[end]:
            _limb(painter, figure, skeleton, start, end, QPointF(*places[start]), QPointF(*places[end]))
    for joint, place in enumerate(places):
        if figure.visibility[joint]:
            _joint(painter, figure, skeleton, joint, QPointF(*place))
        elif figure.selected and figure.labelled:
            _missing(painter, QPointF(*place), joint in (figure.joint, figure.hovered))


def _colour(figure: Figure, side: str) -> QColor:
    return theme.side_colour(side) if figure.selected else theme.person_colour(figure.place)


def _limb(
    painter: QPainter, figure: Figure, skeleton: Skeleton, a: int, b: int, start: QPointF, end: QPointF
) -> None:
    sides = {skeleton.side(a), skeleton.side(b)} - {"middle"}
    side = sides.pop() if len(sides) == 1 else "middle"
    colour = QColor(_colour(figure, side))
    width = (3.0 if figure.selected else 2.4) if figure.labelled else (1.8 if figure.selected else 1.4)
    alpha = 255 if figure.labelled or figure.selected else 150
    uncertain = figure.uncertain[a] or figure.uncertain[b]
    if uncertain:
        alpha = alpha * 5 // 9
    if figure.selected and not uncertain:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(_flat_pen(HALO, width + 2))
        painter.drawLine(start, end)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    colour.setAlpha(alpha)
    pen = _flat_pen(colour, width)
    if figure.older:
        pen.setDashPattern([1, 2])
    elif not figure.selected and side == "right":
        pen.setDashPattern([3, 2.5])
    painter.setPen(pen)
    painter.drawLine(start, end)


def _flat_pen(colour: QColor, width: float) -> QPen:
    """The joints hide the ends, and round ones take ten times as long to draw; so does smoothing the halo."""
    pen = QPen(colour, width)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen


def _joint(painter: QPainter, figure: Figure, skeleton: Skeleton, joint: int, at: QPointF) -> None:
    """A ring, so that the image shows through where the joint is; filled lightly where the estimator is
    sure.
    """
    colour = QColor(_colour(figure, skeleton.side(joint)))
    in_hand = figure.moving and joint == figure.joint
    radius = 4.5 if figure.selected else 2.6
    if joint in (figure.joint, figure.hovered) or joint in figure.picked:
        radius = 7.5
    fill = QColor(colour)
    fill.setAlpha(0 if figure.uncertain[joint] or in_hand else 130 if figure.labelled else 60)
    if joint == figure.joint or joint in figure.picked:
        fill.setAlpha(0)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(255, 255, 255, 230), 1.5))
        painter.drawEllipse(at, radius + 3, radius + 3)
    if figure.selected:
        painter.setPen(QPen(HALO, 4))
        painter.drawEllipse(at, radius, radius)
    painter.setPen(QPen(colour, 1.2 if figure.uncertain[joint] else 2.0))
    painter.setBrush(fill)
    if figure.visibility[joint] == Visibility.OCCLUDED:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(at, radius, radius)
        step = QPointF(radius, -radius) * 0.7
        painter.drawLine(at - step, at + step)
    else:
        painter.drawEllipse(at, radius, radius)
    if figure.uncertain[joint] and figure.selected:
        _mark_uncertain(painter, at, radius + 4)
    if joint == figure.joint:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawEllipse(at, 1.2, 1.2)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def draw_refined(
    painter: QPainter, refined: np.ndarray, predicted: np.ndarray, skeleton: Skeleton, view: View
) -> None:
    """Lines of dashes and dots, and diamonds, where a refined pose is not the predicted one. Both: (K, 2)
    image pixels.
    """
    places = view.to_screen(refined)
    apart = np.linalg.norm(places - view.to_screen(predicted), axis=1) >= APART
    for colour, width in ((HALO, 3.6), (REFINED, 1.6)):
        pen = _flat_pen(colour, width)
        pen.setDashPattern([6 * 1.6 / width, 3 * 1.6 / width, 1.5 * 1.6 / width, 3 * 1.6 / width])
        painter.setPen(pen)
        for start, end in skeleton.edges:
            if apart[start] or apart[end]:
                painter.drawLine(QPointF(*places[start]), QPointF(*places[end]))
    painter.setPen(QPen(REFINED, 1.4))
    painter.setBrush(HALO)
    for x, y in places[apart]:
        painter.drawPolygon(
            [QPointF(x + dx, y + dy) for dx, dy in ((0, -4.0), (4.0, 0), (0, 4.0), (-4.0, 0))]
        )
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _mark_uncertain(painter: QPainter, at: QPointF, radius: float) -> None:
    """Four arcs around the joint, which leave what is under it to be seen."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    around = QRectF(at.x() - radius, at.y() - radius, 2 * radius, 2 * radius)
    for pen in (_flat_pen(HALO, 4), _flat_pen(DOUBT, 2)):
        painter.setPen(pen)
        for quarter in range(4):
            painter.drawArc(around, (90 * quarter + 20) * 16, 50 * 16)


def _missing(painter: QPainter, at: QPointF, emphasised: bool) -> None:
    """A faint cross where a joint was that a human called missing, so that it can be brought back."""
    colour = QColor(GHOST)
    colour.setAlpha(255 if emphasised else 140)
    painter.setPen(QPen(colour, 1.5))
    for dx, dy in ((3.5, 3.5), (3.5, -3.5)):
        painter.drawLine(at - QPointF(dx, dy), at + QPointF(dx, dy))


def draw_box(painter: QPainter, rect: QRectF, colour: QColor, selected: bool) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    if selected:
        painter.setPen(QPen(HALO, 3))
        painter.drawRect(rect)
    faded = QColor(colour)
    faded.setAlpha(255 if selected else 110)
    painter.setPen(QPen(faded, 1))
    painter.drawRect(rect)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)


def tag_size(painter: QPainter, text: str) -> QSizeF:
    size = QFontMetricsF(_tag_font(painter)).size(0, text)
    return QSizeF(size.width() + 22, size.height() + 4)


def freest(
    places: tuple[QPointF, ...],
    size: QSizeF,
    within: QRectF,
    joints: np.ndarray,
    tags: Collection[QRectF] = (),
) -> QRectF | None:
    """The first of the places, pushed inside `within`, that covers the fewest joints: (N, 2) pixels of the
    screen.

    None where each of them covers another of the tags.
    """

    def pushed(place: QPointF) -> QRectF:
        rect = QRectF(place, size)
        rect.moveLeft(min(max(rect.left(), within.left() + 4), within.right() - rect.width() - 4))
        rect.moveTop(min(max(rect.top(), within.top() + 4), within.bottom() - rect.height() - 4))
        return rect

    def covered(rect: QRectF) -> int:
        low, high = (rect.left() - 5, rect.top() - 5), (rect.right() + 5, rect.bottom() + 5)
        return int(((joints > low) & (joints < high)).all(1).sum())

    free = [rect for rect in map(pushed, places) if not any(rect.intersects(tag) for tag in tags)]
    return min(free, key=covered, default=None)


def draw_tag(painter: QPainter, rect: QRectF, text: str, colour: QColor, strong: bool = True) -> None:
    """A small caption; rect: of tag_size."""
    painter.setFont(_tag_font(painter))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(12, 14, 16, 200 if strong else 130))
    painter.drawRoundedRect(rect, 4, 4)
    painter.setBrush(colour)
    painter.drawEllipse(QPointF(rect.left() + 9, rect.center().y()), 3.5, 3.5)
    painter.setPen(QColor(255, 255, 255, 240 if strong else 180))
    painter.drawText(rect.adjusted(17, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, text)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _tag_font(painter: QPainter) -> QFont:
    font = QFont(painter.font())
    font.setPixelSize(11)
    return font
