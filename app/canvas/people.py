"""Paints the people of the frame and what helps to edit them."""

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QPainter, QPalette

from app.canvas import overlays, painting
from app.canvas.painting import Figure
from app.canvas.surface import Scene
from app.session.joint_uncertainty import uncertain_joints
from app.style import theme
from core.domain import Visibility

if TYPE_CHECKING:
    from app.session.session import Person

CONTEXT = 0.35  # opacity of who is not of interest
BESIDE = 14  # pixels between a joint and its name


def paint_picture(canvas: Scene, painter: QPainter) -> None:
    """All but what is in the hand."""
    colours = canvas.palette()
    painter.fillRect(canvas.rect(), colours.color(QPalette.ColorRole.Shadow))
    if canvas.picture.empty:
        return
    canvas.picture.paint(painter, canvas.view, colours.color(QPalette.ColorRole.Window))
    if canvas.picture.pixels is None:
        painter.setPen(colours.color(QPalette.ColorRole.Text))
        sentence = f"Frame {canvas.shown} is damaged and cannot be shown"
        painter.drawText(canvas.rect(), Qt.AlignmentFlag.AlignCenter, sentence)
    elif canvas.session is not None and not canvas.bare:
        _paint_still(canvas, painter)


def _paint_still(canvas: Scene, painter: QPainter) -> None:
    """Everyone who is not in the hand."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if canvas.heatmap is not None and canvas.editable:
        canvas.heatmap.paint(painter, canvas.view, canvas.picture.border)
    if canvas.ghosts == "neighbours":
        _paint_neighbours(canvas, painter)
    elif canvas.ghosts == "before":
        _paint_before(canvas, painter)
    held = canvas.draft and canvas.draft.sample
    people = [person for person in canvas.in_front() if person.sample != held]
    joints = _places(canvas)
    for person in reversed(people):
        _paint_person(canvas, painter, person)
    tags: list[QRectF] = []
    for person in people:  # the selected one first
        if person.sample.track not in canvas.session.context or person.sample.track == canvas.session.person:
            _paint_name(canvas, painter, person, joints, tags)
    if held is None:
        _paint_joint_name(canvas, painter, joints)


def paint_held(canvas: Scene, painter: QPainter) -> None:
    """The person in the hand, and what helps it."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if canvas.draft is not None:
        if canvas.ghosts == "neighbours" and len(canvas.draft.points):
            _paint_beside_held(canvas, painter)
        for person in canvas.people:
            if person.sample == canvas.draft.sample:
                _paint_person(canvas, painter, person)
                _paint_name(canvas, painter, person, _places(canvas), [])
        if len(canvas.draft.joints) == 1:
            _paint_loupe(canvas, painter)
    if canvas.band is not None:
        overlays.draw_band(painter, canvas.band)


def _places(canvas: Scene) -> np.ndarray:
    """(N, 2) everyone's joints on the screen."""
    return canvas.view.to_screen(
        np.concatenate([canvas.points_of(p.sample) for p in canvas.people] or [_NOTHING])
    )


def _paint_loupe(canvas: Scene, painter: QPainter) -> None:
    (joint,) = canvas.draft.joints
    at = QPointF(*canvas.view.to_screen(canvas.draft.points[joint]))
    body = canvas.view.rect(canvas.box_of(canvas.draft.sample)).center()
    overlays.draw_loupe(
        painter, canvas.picture.image, canvas.view, at, canvas.hand, body, QRectF(canvas.rect())
    )


_NOTHING = np.empty((0, 2))


def _paint_neighbours(canvas: Scene, painter: QPainter) -> None:
    session, held = canvas.session, canvas.draft and canvas.draft.sample.track
    for after in (False, True):
        for person in session.people_at(canvas.shown + (1 if after else -1)):
            if person.points is not None and person.sample.track != held:
                visible = (
                    np.ones(len(person.points), bool) if person.label is None else person.label.pose.labelled
                )
                overlays.draw_onion(painter, person.points, visible, session.skeleton, canvas.view, after)


def _paint_beside_held(canvas: Scene, painter: QPainter) -> None:
    """The frames before and after as the pose in the hand refines them."""
    draft, session = canvas.draft, canvas.session
    everything = np.ones(len(session.skeleton), bool)
    for frame, points in canvas.refined.beside(draft.sample, draft.points, draft.joints).items():
        after = frame > draft.sample.frame
        overlays.draw_onion(painter, points, everything, session.skeleton, canvas.view, after)


def _paint_before(canvas: Scene, painter: QPainter) -> None:
    session = canvas.session
    estimates = session.earlier.get(session.video.id)
    for person in canvas.people if estimates is not None else ():
        if (row := estimates.row(person.sample)) is not None:
            everything = np.ones(len(session.skeleton), bool)
            overlays.draw_onion(
                painter, estimates.points[row], everything, session.skeleton, canvas.view, False
            )


def _paint_person(canvas: Scene, painter: QPainter, person: "Person") -> None:
    selected = person.sample.track == canvas.session.person
    painter.setOpacity(CONTEXT if person.sample.track in canvas.session.context and not selected else 1)
    colour = theme.person_colour(canvas.session.places[person.sample.track])
    rect = canvas.view.rect(canvas.box_of(person.sample))
    if selected or person.points is None:
        painting.draw_box(painter, rect, colour, selected)
    if person.points is not None:
        painting.draw(painter, _figure(canvas, person, selected), canvas.session.skeleton, canvas.view)
    if selected and canvas.shows_refined and person.label is None and person.prediction is not None:
        _paint_refined(canvas, painter, person)
    if selected:
        overlays.draw_handles(painter, rect, colour)
    painter.setOpacity(1)


def _paint_refined(canvas: Scene, painter: QPainter, person: "Person") -> None:
    points = canvas.refined.points_at(person.sample)
    if points is not None:
        painting.draw_refined(painter, points, person.points, canvas.session.skeleton, canvas.view)


def _figure(canvas: Scene, person: "Person", selected: bool) -> Figure:
    label, held, session = person.label, canvas.draft, canvas.session
    moving = held is not None and held.sample == person.sample
    points = held.points if moving else canvas.points_of(person.sample)
    hovered = canvas.hovered[1] if canvas.hovered and canvas.hovered[0] == person.sample else -1
    return Figure(
        place=session.places[person.sample.track],
        points=points,
        visibility=label.pose.visibility if label else np.full(len(points), Visibility.VISIBLE),
        uncertain=uncertain_joints(session, person),
        labelled=label is not None,
        selected=selected,
        joint=session.joint if selected and session.joint is not None else -1,
        hovered=hovered,
        moving=moving,
        older=_is_older(canvas, person),
        picked=canvas.picked if selected else frozenset(),
    )


def _is_older(canvas: Scene, person: "Person") -> bool:
    """Whether the present round has not reached this pose yet."""
    return (
        person.label is None
        and person.prediction is not None
        and person.prediction.round != canvas.session.round
    )


def _paint_name(
    canvas: Scene, painter: QPainter, person: "Person", joints: np.ndarray, tags: list[QRectF]
) -> None:
    """At the corner of the box where it covers the fewest joints, and none of the tags, which it joins;
    nowhere where there is no room.
    """
    if person.label is not None:
        mark = "  ✓" if person.label.accepted else " · editing"
    elif person.sample.track in canvas.session.context:
        mark = " · context"
    elif person.points is None:
        mark = " · no pose yet"
    else:
        mark = f" · round {person.prediction.round}" if _is_older(canvas, person) else ""
    text = canvas.session.names[person.sample.track] + mark
    rect, size = canvas.view.rect(canvas.box_of(person.sample)), painting.tag_size(painter, text)
    corners = _corners(QRectF(rect), size, 2)
    selected = person.sample.track == canvas.session.person
    place = painting.freest(corners, size, QRectF(canvas.rect()), joints, tags)
    if place is None:
        return
    tags.append(place)
    painting.draw_tag(
        painter, place, text, theme.person_colour(canvas.session.places[person.sample.track]), selected
    )


def _corners(rect: QRectF, size: QSizeF, gap: float) -> tuple[QPointF, ...]:
    above, below = rect.top() - size.height() - gap, rect.bottom() + gap
    left, right = rect.left(), rect.right() - size.width()
    return QPointF(left, above), QPointF(right, above), QPointF(left, below), QPointF(right, below)


def _paint_joint_name(canvas: Scene, painter: QPainter, joints: np.ndarray) -> None:
    session = canvas.session
    chosen = (session.sample, session.joint) if session.joint is not None else None
    sample, joint = canvas.hovered or chosen or (None, None)
    person = next((p for p in canvas.people if p.sample == sample), None)
    if person is None or person.points is None:
        return
    text = session.skeleton.joints[joint].replace("_", " ")
    if person.label is not None:
        text += f" · {Visibility(int(person.label.pose.visibility[joint])).name.lower()}"
    elif person.prediction is not None:
        text += f" · {person.prediction.confidence[joint]:.2f}"
    size, at = painting.tag_size(painter, text), canvas.place_of(sample, joint)
    right, left = at.x() + BESIDE, at.x() - BESIDE - size.width()
    above, below = at.y() - BESIDE - size.height() / 2, at.y() + BESIDE - size.height() / 2
    around = tuple(QPointF(x, y) for y in (above, below) for x in (right, left))
    place = painting.freest(around, size, QRectF(canvas.rect()), joints)
    painting.draw_tag(painter, place, text, theme.side_colour(session.skeleton.side(joint)))
