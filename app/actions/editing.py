"""Changing the pose of the selected person."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.actions.hints import say_select_first
from app.session import editing
from app.shortcuts.action import Action
from app.undo.labels import ChangeLabels, change_label, remove_label
from core.domain import SampleId, UserError

if TYPE_CHECKING:
    from app.background.track_checks import TrackChecks
    from app.background.work import ProjectWork
    from app.canvas.canvas import Canvas
    from app.frames.player import Player
    from app.panels.banner import Banner
    from app.session.refined_poses import RefinedPoses
    from app.session.session import Session
    from app.shortcuts.shortcuts import Shortcuts
    from core.project.store.store import Label


class Editing:
    """The pose of the selected person; every change can be undone."""

    def __init__(
        self,
        session: "Session",
        player: "Player",
        canvas: "Canvas",
        work: "ProjectWork",
        banner: "Banner",
        shortcuts: "Shortcuts",
        track_checks: "TrackChecks",
        refined: "RefinedPoses",
    ) -> None:
        self._session, self._player, self._canvas, self._track_checks = session, player, canvas, track_checks
        self._work, self._banner, self._shortcuts, self._refined = work, banner, shortcuts, refined

    def undo(self) -> None:
        stack = self._session.undo
        self._go_to_step(stack.index() - 1, stack.undo)

    def redo(self) -> None:
        stack = self._session.undo
        self._go_to_step(stack.index(), stack.redo)

    def _go_to_step(self, place: int, go: Callable[[], None]) -> None:
        """Takes it back or does it again, unless that has to wait; says why."""
        from app.undo.people import ChangePeople

        job, command = self._work.job, self._session.undo.command(place)
        if job is not None and isinstance(command, ChangePeople) and command.computed:
            self._session.hint.emit(f"{job.name} is still running; wait for it or cancel it.")
        else:
            self._banner.withdraw("good")
            if isinstance(command, ChangePeople) and command.computed:
                self._work.filling.stop()
            go()

    def nudge(self, dx: float, dy: float) -> None:
        label, joint = self.label_to_edit(), self._session.joint
        if label is None:
            return
        if joint is None:
            self._session.hint.emit(
                f"Select a joint first: click it, or go to the next{self._shortcuts.first('next_joint')}."
            )
            return
        x, y = label.pose.points[joint] if label.pose.visibility[joint] else editing.home(label, joint)
        change_label(
            self._session,
            "Nudge",
            editing.moved(label, joint, x + dx, y + dy),
            ("nudge", label.sample, joint),
        )

    def cycle_visibility(self) -> None:
        hovered, label = self._canvas.hovered, self.label_to_edit()
        if hovered is not None:
            self._session.select(hovered[0].track, hovered[1])
            label = self.label_to_edit()
        joint = self._session.joint
        if label is None:
            return
        if joint is None:
            self._session.hint.emit("Point at a joint or select one first.")
            return
        change_label(self._session, "Change visibility", editing.next_visibility(label, joint))

    def swap_sides(self, limb_only: bool = False) -> None:
        label, joint = self.label_to_edit(), self._session.joint
        if label is None:
            return
        if limb_only and joint is None:
            self._session.hint.emit("Select a joint of the limb first.")
            return
        swapped = editing.mirrored(label, self._session.skeleton, joint if limb_only else None)
        change_label(self._session, "Swap left and right", swapped)

    def copy_pose(self, by: int) -> None:
        label = self.label_to_edit()
        if label is None:
            return
        other = SampleId(label.sample.track, label.sample.frame + by)
        source = next((p for p in self._session.people_at(other.frame) if p.sample == other), None)
        if source is None or source.points is None:
            self._session.hint.emit("This person has no pose in that frame.")
            return
        copied = editing.copied(label, source, len(self._session.skeleton))
        change_label(self._session, "Pose from a neighbouring frame", copied)

    def put_back(self) -> None:
        """One step: drafts of the selected person's pose, and of whoever they have exchanged it with, in all
        frames about this one with the same mistake, or in which it lies on a neighbour.
        """
        from core.queries.own_body import own_body

        label, session = self.label_to_edit(), self._session
        if label is None or self._mend(label.sample):
            return
        try:
            known = own_body(session.project, session.video, label.sample, session.labels)
        except UserError as error:
            session.hint.emit(str(error))
            return
        drafts = {
            sample: editing.placed(self.label_of(sample), points) for sample, points in known.points.items()
        }
        # this one is seen first
        drafts = dict(sorted(drafts.items(), key=lambda draft: draft[0] != label.sample))
        if not drafts:
            session.hint.emit("All of these poses are accepted already.")
            return
        session.undo.push(ChangeLabels(session, "Put the pose back", drafts))
        frames = sorted({sample.frame for sample in drafts})
        where = f"frame {frames[0]}" if len(frames) == 1 else f"frames {frames[0]}–{frames[-1]}"
        whose = "" if known.exchanged is None else f" exchanged with {session.names[known.exchanged]}"
        how = whose or " placed from the frames before and after"
        session.hint.emit(
            f"The pose is{how} in {where}. Drag what is still wrong; "
            f"{self._shortcuts.first('accept').strip(' ()')} accepts this one."
        )

    def _mend(self, sample: SampleId) -> bool:
        """A mistake that the track checks list of this person and frame, where there is one."""
        from core.queries.pose_mistakes import mending
        from core.refinement.mistakes import LABEL

        here = [
            one
            for one in self._track_checks.of(sample.track)
            if one.mistake is not None and one.first <= sample.frame <= one.last
        ]
        if not here:
            return False
        session, (wrong, *_) = self._session, here
        poses = mending(session.project, session.video, sample.track, wrong.mistake)
        labels = {one: editing.placed(self.label_of(one), points) for one, points in poses.items()}
        todo = f"{self._shortcuts.first('accept').strip(' ()')} accepts what is there now."
        if wrong.mistake.kind != LABEL:
            labels = {one: editing.accepted_unseen(label) for one, label in labels.items()}
            todo = f"{len(labels)} poses were put right and are labels now."
        labels = dict(sorted(labels.items(), key=lambda label: label[0] != sample))  # this one is seen first
        session.undo.push(ChangeLabels(session, f"Mend: {wrong.reason}", labels))
        session.hint.emit(f"{wrong.sentence} {todo}")
        return True

    def refine(self) -> None:
        label = self.label_to_edit()
        if label is None:
            return
        points = self._refined.points_at(label.sample)
        if points is None:
            self._session.hint.emit("This person has no estimated pose here yet.")
            return
        around = [one for one in self._labels_around(label.sample) if one is not None]
        change_label(self._session, "Refined pose", editing.refined(label, points, around))

    def refine_all(self) -> None:
        """One step: accepted labels for every frame between two, but those that have one."""
        label, session = self.label_to_edit(), self._session
        if label is None:
            return
        before, after = self._labels_around(label.sample)
        if before is None or after is None:
            session.hint.emit("This needs an accepted label of this person before and after this frame.")
            return
        seconds = float(self._player.times[after.sample.frame] - self._player.times[before.sample.frame])
        if seconds > editing.LONGEST:
            session.hint.emit(
                f"The labels before and after are {seconds:.1f} s apart, too far to guess what is between. "
                f"Label one in the middle first."
            )
            return
        filled = {}
        for frame in range(before.sample.frame + 1, after.sample.frame):
            sample = SampleId(label.sample.track, frame)
            points = None if session.is_accepted(sample) else self._refined.points_at(sample)
            if points is not None:
                filled[sample] = editing.accepted_unseen(
                    editing.refined(self.label_of(sample), points, (before, after))
                )
        if not filled:
            session.hint.emit("All frames between these labels have labels already.")
            return
        session.undo.push(ChangeLabels(session, f"Label {len(filled)} poses as refined", filled))
        frames = f"{len(filled)} {'frame' if len(filled) == 1 else 'frames'}"
        session.hint.emit(f"{frames} between {before.sample.frame} and {after.sample.frame} have labels now.")

    def _labels_around(self, sample: SampleId) -> "tuple[Label | None, Label | None]":
        """The person's nearest accepted labels before and after."""
        others = {
            one.frame: other
            for one, other in self._session.labels.items()
            if one.track == sample.track and other.accepted
        }
        before = max((frame for frame in others if frame < sample.frame), default=None)
        after = min((frame for frame in others if frame > sample.frame), default=None)
        return (None if before is None else others[before]), (None if after is None else others[after])

    def remove_label(self) -> None:
        if self._session.sample in self._session.labels:
            remove_label(self._session, self._session.sample)
        else:
            self._session.hint.emit("There is no label here to remove.")

    def label_to_edit(self) -> "Label | None":
        """The label of the selected person to start an edit from; says what is missing where there is
        none.
        """
        sample = self._session.sample
        if sample is None:
            say_select_first(self._session, self._shortcuts)
            return None
        if not self._canvas.editable:
            self._session.hint.emit("The frame is still being read.")
            return None
        return self.label_of(sample)

    def label_of(self, sample: SampleId) -> "Label":
        """The label of a sample to start an edit from."""
        return editing.label_of(
            self._session.person_at(sample), len(self._session.skeleton), self._session.round
        )


def _nudge(direction: str, dx: int, dy: int) -> tuple[Action[Editing], ...]:
    return tuple(
        Action(
            f"nudge_{direction}{suffix}",
            f"Nudge {direction} by {size:g} px",
            (f"{modifier}+{direction.title()}",),
            "Nudge",
            f"Move the selected joint {size:g} px {direction}",
            lambda scope, size=size: scope.nudge(dx * size, dy * size),
            hold=True,
        )
        for suffix, modifier, size in (
            ("", "Shift", 1.0),
            ("_fine", "Ctrl+Shift", 0.25),
            ("_far", "Alt+Shift", 10.0),
        )
    )


ACTIONS: tuple[Action[Editing], ...] = (
    Action("undo", "Undo", ("Ctrl+Z",), "Edit", "Take the last change back", Editing.undo, icon="undo",
           hold=True),
    Action("redo", "Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "Edit",
           "Do again what was taken back", Editing.redo, icon="redo", hold=True),
    Action("cycle_visibility", "Visible → occluded → missing", ("Q",), "Edit",
           "Change the joint under the cursor, or the selected one", Editing.cycle_visibility,
           icon="eye-outline",
           separator=True),
    Action("swap_person", "Swap left and right", ("M",), "Edit",
           "Exchange all left and right joints of the person", Editing.swap_sides, icon="swap-horizontal"),
    Action("swap_limb", "Swap left and right of the limb", ("Shift+M",), "Edit",
           "Exchange left and right of the selected joint and those beyond it",
           lambda scope: scope.swap_sides(limb_only=True)),
    Action("copy_previous", "Pose from the previous frame", ("C",), "Edit",
           "Take over the person's pose in the frame before", lambda scope: scope.copy_pose(-1),
           icon="content-copy"),
    Action("copy_next", "Pose from the next frame", ("Shift+C",), "Edit",
           "Take over the person's pose in the frame after", lambda scope: scope.copy_pose(1)),
    Action("put_back", "Mend the pose", ("T",), "Edit",
           "Mend it in all frames in which it is wrong: left and right or two people exchanged, a joint "
           "frozen or jumping, a pose on a neighbour", Editing.put_back, icon="account-arrow-left-outline"),
    Action("refine", "Take the refined pose", ("I",), "Edit",
           "What the person's labels, predictions and motion around this frame say together", Editing.refine,
           icon="vector-line"),
    Action("refine_all", "Label all between as refined", ("Shift+I",), "Edit",
           "Labels for all frames between the person's nearest accepted labels before and after",
           Editing.refine_all,
           icon="chart-timeline-variant"),
    Action("remove_label", "Remove the label", ("Delete",), "Edit",
           "Back to what the estimator says", Editing.remove_label, icon="eraser"),
    *_nudge("left", -1, 0),
    *_nudge("right", 1, 0),
    *_nudge("up", 0, -1),
    *_nudge("down", 0, 1),
)  # fmt: skip
