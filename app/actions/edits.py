"""Changing the pose of the selected person."""

from typing import TYPE_CHECKING

from app.actions.reach import Reach
from app.session import editing
from app.undo.labels import ChangeLabels, change_label, remove_label
from core.domain import SampleId

if TYPE_CHECKING:
    from core.project.store.store import Label


class Edits(Reach):
    """Methods named in the table, called only with a project open."""

    def nudge(self, dx: float, dy: float) -> None:
        label, joint = self._label(), self._session.joint
        if label is None:
            return
        if joint is None:
            self._session.hint.emit(f"Select a joint first: click it, or go to the next{self._key('next_joint')}.")
            return
        x, y = label.pose.points[joint] if label.pose.visibility[joint] else editing.home(label, joint)
        change_label(
            self._session, "Nudge", editing.moved(label, joint, x + dx, y + dy), ("nudge", label.sample, joint)
        )

    def cycle_visibility(self) -> None:
        hovered, label = self._workspace.canvas.hovered, self._label()
        if hovered is not None:
            self._session.select(hovered[0].track, hovered[1])
            label = self._label()
        joint = self._session.joint
        if label is None:
            return
        if joint is None:
            self._session.hint.emit("Point at a joint or select one first.")
            return
        change_label(self._session, "Change visibility", editing.next_visibility(label, joint))

    def swap_sides(self, limb_only: bool) -> None:
        label, joint = self._label(), self._session.joint
        if label is None:
            return
        if limb_only and joint is None:
            self._session.hint.emit("Select a joint of the limb first.")
            return
        swapped = editing.mirrored(label, self._session.skeleton, joint if limb_only else None)
        change_label(self._session, "Swap left and right", swapped)

    def copy_pose(self, by: int) -> None:
        label = self._label()
        if label is None:
            return
        other = SampleId(label.sample.track, label.sample.frame + by)
        source = next((p for p in self._session.people_at(other.frame) if p.sample == other), None)
        if source is None or source.points is None:
            self._session.hint.emit("This person has no pose in that frame.")
            return
        copied = editing.copied(label, source, len(self._session.skeleton))
        change_label(self._session, "Pose from a neighbouring frame", copied)

    def interpolate(self) -> None:
        label = self._label()
        around = label and self._labels_around(label)
        if around:
            change_label(self._session, "Interpolate", editing.interpolated(label, *around))

    def interpolate_all(self) -> None:
        """One step: accepted labels for every frame between two, but those that have one."""
        label, session = self._label(), self._session
        around = label and self._labels_around(label)
        if not around:
            return
        before, after = around
        track, between = label.sample.track, range(before.sample.frame + 1, after.sample.frame)
        seconds = float(self._workspace.times[after.sample.frame] - self._workspace.times[before.sample.frame])
        if seconds > editing.LONGEST:
            session.hint.emit(
                f"The labels before and after are {seconds:.1f} s apart, too far to guess what is between. "
                f"Label one in the middle first."
            )
            return
        samples = [SampleId(track, frame) for frame in between]
        filled = {
            sample: editing.accepted(editing.interpolated(self._start_of(sample), before, after))
            for sample in samples
            if not session.is_accepted(sample)
        }
        if not filled:
            session.hint.emit("All frames between these labels have labels already.")
            return
        session.undo.push(ChangeLabels(session, f"Interpolate {len(filled)} poses", filled))
        frames = f"{len(filled)} {'frame' if len(filled) == 1 else 'frames'}"
        session.hint.emit(f"{frames} between {before.sample.frame} and {after.sample.frame} have labels now.")

    def _labels_around(self, label: "Label") -> "tuple[Label, Label] | None":
        """The person's nearest accepted labels before and after; says so where one is missing."""
        track, frame = label.sample
        others = {s.frame: other for s, other in self._session.labels.items() if s.track == track and other.accepted}
        before = max((f for f in others if f < frame), default=None)
        after = min((f for f in others if f > frame), default=None)
        if before is None or after is None:
            self._session.hint.emit("Interpolating needs an accepted label of this person before and after this frame.")
            return None
        return others[before], others[after]

    def remove_label(self) -> None:
        if self._session.sample in self._session.labels:
            remove_label(self._session, self._session.sample)
        else:
            self._session.hint.emit("There is no label here to remove.")

    def _label(self) -> "Label | None":
        """The label of the selected person to start an edit from; says what is missing where there is none."""
        sample = self._session.sample
        if sample is None:
            key = self._key("person_1")
            self._session.hint.emit(f"Select a person in this frame first: click one, or choose the first{key}.")
            return None
        if not self._workspace.canvas.editable:
            self._session.hint.emit("The frame is still being read.")
            return None
        return self._start_of(sample)

    def _start_of(self, sample: SampleId) -> "Label":
        """The label of a sample to start an edit from."""
        return editing.label_of(self._session.person_at(sample), len(self._session.skeleton), self._session.round)
