"""The projects opened last, and how far each had come."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings

from app.session.project_opening import DATABASE

if TYPE_CHECKING:
    from app.session.session import Session

KEY, MOST = "recent", 5


@dataclass(frozen=True)
class Recent:
    """folder: of the project; name: of its video; state: in words."""

    folder: str
    name: str
    state: str


def recent(settings: QSettings) -> list[Recent]:
    """The newest first; those whose folder is gone are forgotten."""
    try:
        known = [Recent(**entry) for entry in json.loads(settings.value(KEY) or "[]")]
    except (ValueError, TypeError):  # written by another version
        known = []
    there = [entry for entry in known if (Path(entry.folder) / DATABASE).is_file()]
    if there != known:
        _write(settings, there)
    return there


def remember(settings: QSettings, session: "Session") -> None:
    folder = str(session.project.folder.absolute())
    others = [entry for entry in recent(settings) if entry.folder != folder]
    _write(settings, [Recent(folder, session.video.path.name, state_of(session)), *others][:MOST])


def state_of(session: "Session") -> str:
    if session.round is None:
        return "Not estimated yet"
    labels = sum(label.accepted for label in session.labels.values())
    words = [f"Round {session.round}", f"{labels} {'label' if labels == 1 else 'labels'}"]
    if waiting := len(session.pending):
        words.append(f"{waiting} waiting")
    return " · ".join(words)


def _write(settings: QSettings, entries: list[Recent]) -> None:
    settings.setValue(KEY, json.dumps([asdict(entry) for entry in entries]))
