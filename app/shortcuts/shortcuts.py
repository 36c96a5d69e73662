"""The keys of every action: a preset, and what the user changed of it."""

import json
from collections.abc import Iterable, Mapping

from PySide6.QtCore import QObject, QSettings, Signal
from PySide6.QtGui import QKeySequence

from app.shortcuts.action import Action
from app.shortcuts.presets import PRESETS, Keys

PRESET, OWN = "keys/preset", "keys/own"
RENAMED = {
    "interpolate": "refine",
    "next_doubted": "next_label_to_check",
    "next_doubtful": "next_uncertain_joint",
    "previous_doubtful": "previous_uncertain_joint",
}  # actions of version 0.2.0, whose users may have given them keys


class Shortcuts(QObject):
    """Kept in the settings. actions: every action by its id; preset: name of the chosen one; what the user
    changed stays when another is chosen.

    No two actions share a key: while a project is open, those of both scopes can be used.
    """

    changed = Signal()

    def __init__(self, settings: QSettings, actions: Iterable[Action], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.actions: Mapping[str, Action] = {action.id: action for action in actions}
        self._settings = settings
        chosen = settings.value(PRESET)
        self.preset: str = chosen if chosen in PRESETS else "default"
        self._own = self._read(settings.value(OWN))

    # what is so

    def keys(self, id: str) -> Keys:
        """Portable names. What the user gave to another action is no longer the preset's to give."""
        if id in self._own:
            return self._own[id]
        taken = {key for keys in self._own.values() for key in keys}
        return tuple(key for key in self.preset_keys(id) if key not in taken)

    def preset_keys(self, id: str) -> Keys:
        return tuple(map(portable, PRESETS[self.preset].keys.get(id, self.actions[id].keys)))

    def is_own(self, id: str) -> bool:
        """Whether the user changed it."""
        return id in self._own

    def words(self, id: str) -> list[str]:
        """The keys as they are called on this system."""
        native = QKeySequence.SequenceFormat.NativeText
        return [QKeySequence(key).toString(native) for key in self.keys(id)]

    def first(self, id: str) -> str:
        """' (B)', to be put behind the name of an action; empty for one without a key."""
        words = self.words(id)
        return f" ({words[0]})" if words else ""

    def tooltip(self, id: str) -> str:
        return self.actions[id].tooltip + self.first(id)

    def owner(self, key: str) -> Action | None:
        """The action that has this key."""
        return next((entry for entry in self.actions.values() if portable(key) in self.keys(entry.id)), None)

    # changing it

    def choose(self, preset: str) -> None:
        self.preset = preset
        self._keep()

    def set(self, id: str, keys: Keys) -> str:
        """Gives an action these keys in the place of its own; where one is another's, a sentence, and
        nothing changes.
        """
        keys = tuple(dict.fromkeys(map(portable, keys)))
        if sentence := self._conflict(id, keys):
            return sentence
        if keys == self.preset_keys(id):
            self._own.pop(id, None)
        else:
            self._own[id] = keys
        self._keep()
        return ""

    def reset(self, id: str) -> str:
        """Back to the preset; a sentence where the user gave such a key to another action."""
        return self.set(id, self.preset_keys(id))

    def reset_all(self) -> None:
        self._own = {}
        self._keep()

    def _conflict(self, id: str, keys: Keys) -> str:
        for key in keys:
            owner = self.owner(key)
            if owner is not None and owner.id != id:
                name = QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
                return f"{name} does “{owner.text}” already. Give that another key first."
        return ""

    def _keep(self) -> None:
        self._settings.setValue(PRESET, self.preset)
        self._settings.setValue(OWN, json.dumps(self._own))
        self.changed.emit()

    def _read(self, stored: object) -> dict[str, Keys]:
        """What another version wrote and this one does not know is left out."""
        try:
            own = json.loads(str(stored or "{}"))
            own = {RENAMED.get(id, id): tuple(map(portable, keys)) for id, keys in own.items()}
            return {id: keys for id, keys in own.items() if id in self.actions}
        except (ValueError, TypeError, AttributeError):
            return {}


def portable(key: str) -> str:
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.PortableText)
