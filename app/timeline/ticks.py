"""Which frames of the video on screen are queued and labelled, by the colour of their tick."""

from collections import defaultdict

from app.session.session import Session
from app.style import theme


def queued(session: Session) -> dict[str, list[int]]:
    """Of all people: what waits, what is done, and what was put off."""
    ticks, colours = defaultdict(list), theme.current()
    for item in session.queue:
        if item.sample.track in session.tracks:
            done = session.is_accepted(item.sample)
            colour = colours.good if done else colours.muted if item.skipped else colours.warn
            ticks[colour].append(item.sample.frame)
    return ticks


def labelled(session: Session) -> dict[str, list[int]]:
    """Accepted labels, in the colour of the person."""
    ticks = defaultdict(list)
    for sample, label in session.labels.items():
        if sample.track in session.tracks and label.accepted:
            ticks[theme.curve_colour(session.places[sample.track]).name()].append(sample.frame)
    return ticks
