"""Accepting a pose: one that cannot be right is learned from only when it is accepted a second time."""

from typing import TYPE_CHECKING

from app.session import editing
from app.undo.labels import change_label
from app.undo.settings import ChangeSettings
from core.domain import UserError
from core.project.store.settings import CONFIRMED, LOOKED
from core.queries.stray_poses import in_sight, stray_labels, unchanged

if TYPE_CHECKING:
    from app.session.session import Session
    from core.project.store.store import Label

UNSEEN, UNSURE = "hardly anybody can be seen there", "the estimator is sure of hardly a joint of it"
LOOK_SECONDS = 1.0  # on screen before a pose was accepted as estimated: less is taken for not looked at


class Acceptance:
    """Of one session's poses. warning: the last that was given."""

    def __init__(self, session: "Session") -> None:
        self._session = session
        self.warning = ""
        self._warned: int | None = None  # fingerprint of the label last warned of

    def accept(self, label: "Label", seconds: float, again: str, nobody: str = "") -> str:
        """Makes it an accepted label. seconds: how long it was looked at; again, nobody: the keys that accept
        and that say that nobody is there, for the warning.

        Returns a warning, '' where the pose is settled.
        """
        why = self._why_doubtful(label)
        if why and label.accepted and self._warned == label.fingerprint:
            self.confirm(label)
            return ""
        change_label(self._session, "Accept the pose", editing.accepted(label))
        if unchanged(label) and seconds >= LOOK_SECONDS:
            self._remember(LOOKED, label)
        if not why:
            return ""
        self._warned = label.fingerprint
        who = f"{self._session.names[label.sample.track]}, frame {label.sample.frame}"
        correct = "Correct it"
        if why == UNSEEN:
            correct += f", say that nobody is there{nobody}"
        todo = f"{correct}, or accept it again{again} if it is right; until then it is not learned from."
        self.warning = f"{who}: {why}. {todo}"
        return self.warning

    def confirm(self, label: "Label") -> None:
        """Undone like every other change."""
        self._session.undo.push(
            ChangeSettings(self._session, {CONFIRMED: self._with(CONFIRMED, label)}, "Confirm the pose")
        )

    def _why_doubtful(self, label: "Label") -> str:
        """In words; '' where it is not, or was confirmed."""
        project = self._session.project
        if label.fingerprint in (project.setting(CONFIRMED) or ()):
            return ""
        try:
            found = stray_labels(project, [label], self._session.labels)
        except UserError:  # damaged files, which was said
            return ""
        if label.sample not in found:
            return ""
        neighbour = found[label.sample]
        if neighbour is not None:
            return f"the pose lies on {self._session.names[neighbour]}"
        return UNSURE if in_sight(project, label.sample) else UNSEEN

    def _remember(self, setting: str, label: "Label") -> None:
        try:
            self._session.project.store.set_setting(setting, self._with(setting, label))
        except UserError as error:
            self._session.failed.emit(str(error))

    def _with(self, setting: str, label: "Label") -> list[int]:
        """The fingerprints that a setting lists and that are still a label's, and this one's."""
        known = {other.fingerprint for other in self._session.labels.values()}
        kept = [one for one in self._session.project.setting(setting) or () if one in known]
        return [*kept, label.fingerprint]
