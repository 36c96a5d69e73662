"""Going about: frames, videos, the queue, people and joints."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QWidget

from app.session.joint_uncertainty import joint_uncertainty
from app.session.next_step import waiting_beside
from app.shortcuts.action import Action

if TYPE_CHECKING:
    from app.frames.player import Player
    from app.session.session import Session
    from app.shortcuts.shortcuts import Shortcuts
    from core.domain import SampleId


class Navigation:
    """open_sample: flies to a sample; parent: of the dialogs."""

    def __init__(
        self,
        session: "Session",
        player: "Player",
        open_sample: "Callable[[SampleId], None]",
        shortcuts: "Shortcuts",
        parent: QWidget,
    ) -> None:
        self._session, self._player, self._open_sample = session, player, open_sample
        self._shortcuts, self._parent = shortcuts, parent

    def step(self, by: int) -> None:
        self._player.pause()
        self._session.go_to(self._session.frame + by)

    def go_to_end(self, last: bool) -> None:
        self._player.pause()
        self._session.go_to(self._session.video.frame_count - 1 if last else 0)

    def go_to_frame(self) -> None:
        from app.dialogs.frame import ask_for_frame

        frame = ask_for_frame(self._session.frame, self._player.times, self._parent)
        if frame is not None:
            self._player.pause()
            self._session.go_to(frame)

    def change_video(self, by: int) -> None:
        videos = self._session.videos
        if len(videos) == 1:
            self._session.hint.emit(
                f"This project has one video. Add others{self._shortcuts.first('add_video')}."
            )
        else:
            place = [video.id for video in videos].index(self._session.video.id)
            self._session.show_video(videos[(place + by) % len(videos)])

    def play(self) -> None:
        self._player.toggle()

    def change_speed(self, by: int) -> None:
        self._player.change_speed(by)

    def go_to_queued(self, direction: int) -> None:
        """The nearest pending sample before or after the one opened last, and round again at the end.

        Who comes from elsewhere in the video begins with the first.
        """
        opened = self._session.opened
        sample = waiting_beside(self._session, opened if opened == self._session.sample else None, direction)
        if sample is None and self._session.round is None:
            self._session.hint.emit(
                f"Nothing is estimated yet: estimate the poses first{self._shortcuts.first('estimate')}."
            )
        elif sample is None:
            self._session.hint.emit(f"No pose is waiting: propose a batch{self._shortcuts.first('propose')}.")
        else:
            self._open_sample(sample)

    def step_joint(self, by: int) -> None:
        count, joint = len(self._session.skeleton), self._session.joint
        self._session.select_joint((0 if by > 0 else count - 1) if joint is None else (joint + by) % count)

    def step_uncertainty(self, by: int) -> None:
        """From the most uncertain joint to the surest; in the order of the skeleton where nothing was
        estimated.
        """
        sample, joint = self._session.sample, self._session.joint
        if sample is None:
            return
        uncertainty = joint_uncertainty(self._session, self._session.person_at(sample))
        count = len(self._session.skeleton)
        order = (
            list(range(count)) if uncertainty is None else np.argsort(-uncertainty, kind="stable").tolist()
        )
        place = (0 if by > 0 else count - 1) if joint is None else (order.index(joint) + by) % count
        self._session.select_joint(order[place])

    def select_person(self, place: int) -> None:
        people = self._session.people_at(self._session.frame)
        if place < len(people):
            self._session.select(people[place].sample.track)


def _step(id: str, text: str, keys: tuple[str, ...], by: int, icon: str | None = None) -> Action[Navigation]:
    tooltip = f"Go {abs(by)} {'frame' if abs(by) == 1 else 'frames'} {'forward' if by > 0 else 'back'}"
    return Action(id, text, keys, "Go", tooltip, lambda navigation: navigation.step(by), icon, hold=True)


def _person(n: int) -> Action[Navigation]:
    tooltip = f"Select person {n} of the frame"
    return Action(
        f"person_{n}",
        f"Person {n}",
        (str(n),),
        "Go to person",
        tooltip,
        lambda navigation: navigation.select_person(n - 1),
    )


ACTIONS: tuple[Action[Navigation], ...] = (
    _step("previous_frame", "Previous frame", ("Left", "A"), -1, "chevron-left"),
    _step("next_frame", "Next frame", ("Right", "D"), 1, "chevron-right"),
    _step("back_10", "10 frames back", ("Ctrl+Left",), -10),
    _step("forward_10", "10 frames forward", ("Ctrl+Right",), 10),
    _step("back_100", "100 frames back", ("PgUp",), -100),
    _step("forward_100", "100 frames forward", ("PgDown",), 100),
    Action("first_frame", "First frame", ("Home",), "Go",
           "Go to the first frame", lambda navigation: navigation.go_to_end(last=False), "skip-previous"),
    Action("last_frame", "Last frame", ("End",), "Go",
           "Go to the last frame", lambda navigation: navigation.go_to_end(last=True), "skip-next"),
    Action("go_to_frame", "Go to frame…", ("Ctrl+G",), "Go",
           "Go to a frame by its number, or to a time such as 1:23.4", Navigation.go_to_frame, "numeric"),
    Action("next_video", "Next video", ("Ctrl+PgDown",), "Go",
           "Go to the next of the project's videos", lambda navigation: navigation.change_video(1)),
    Action("previous_video", "Previous video", ("Ctrl+PgUp",), "Go",
           "Go to the previous of the project's videos", lambda navigation: navigation.change_video(-1)),
    Action("play", "Play or pause", ("Ctrl+Space",), "Go", "Play in real time, or stop", Navigation.play,
           "play"),
    Action("slower", "Slower", ("[",), "Go", "Play at half the speed",
           lambda navigation: navigation.change_speed(-1)),
    Action("faster", "Faster", ("]",), "Go", "Play at twice the speed",
           lambda navigation: navigation.change_speed(1)),
    Action("next_queued", "Next queued pose", ("Space",), "Go",
           "Go to the next pose that waits for a label", lambda navigation: navigation.go_to_queued(1),
           "page-next-outline", separator=True),
    Action("previous_queued", "Previous queued pose", ("Shift+Space",), "Go",
           "Go to the previous pose that waits for a label", lambda navigation: navigation.go_to_queued(-1),
           "page-previous-outline"),
    Action("next_uncertain_joint", "Next uncertain joint", ("Tab",), "Go",
           "Select the most uncertain joint, then the others as uncertainty falls",
           lambda navigation: navigation.step_uncertainty(1), hold=True, separator=True),
    Action("previous_uncertain_joint", "Previous uncertain joint", ("Shift+Tab",), "Go",
           "Select the joint that is a little more uncertain",
           lambda navigation: navigation.step_uncertainty(-1), hold=True),
    Action("next_joint", "Next joint", ("S",), "Go",
           "Select the next joint", lambda navigation: navigation.step_joint(1), hold=True),
    Action("previous_joint", "Previous joint", ("W",), "Go",
           "Select the previous joint", lambda navigation: navigation.step_joint(-1), hold=True),
    *(_person(n) for n in range(1, 10)),
)  # fmt: skip
