"""Going about: frames, videos, the queue, people and joints."""

import numpy as np

from app.actions.reach import Reach
from app.session.doubt import joint_doubt
from app.session.next_step import waiting_beside


class Navigation(Reach):
    """Methods named in the table, called only with a project open."""

    def step(self, by: int) -> None:
        self._workspace.player.pause()
        self._session.go_to(self._session.frame + by)

    def go_to_end(self, last: bool) -> None:
        self._workspace.player.pause()
        self._session.go_to(self._session.video.frame_count - 1 if last else 0)

    def go_to_frame(self) -> None:
        from app.dialogs.frame import ask_for_frame

        workspace = self._workspace
        frame = ask_for_frame(self._session.frame, workspace.times, self._window)
        if frame is not None:
            workspace.player.pause()
            self._session.go_to(frame)

    def change_video(self, by: int) -> None:
        videos = self._session.videos
        if len(videos) == 1:
            self._session.hint.emit(f"This project has one video. Add others{self._key('add_video')}.")
        else:
            place = [video.id for video in videos].index(self._session.video.id)
            self._session.show_video(videos[(place + by) % len(videos)])

    def play(self) -> None:
        self._workspace.player.toggle()

    def change_speed(self, by: int) -> None:
        self._workspace.player.change_speed(by)

    def go_to_queued(self, direction: int) -> None:
        """The nearest pending sample before or after the one opened last, and round again at the end.

        Who comes from elsewhere in the video begins with the first.
        """
        opened = self._workspace.opened
        sample = waiting_beside(self._session, opened if opened == self._session.sample else None, direction)
        if sample is None and self._session.round is None:
            self._session.hint.emit(f"Nothing is estimated yet: estimate the poses first{self._key('estimate')}.")
        elif sample is None:
            self._session.hint.emit(f"No sample is waiting: propose a batch{self._key('propose')}.")
        else:
            self._workspace.open_sample(sample)

    def step_joint(self, by: int) -> None:
        count, joint = len(self._session.skeleton), self._session.joint
        self._session.select_joint((0 if by > 0 else count - 1) if joint is None else (joint + by) % count)

    def step_doubt(self, by: int) -> None:
        """From the most doubtful joint to the surest; in the order of the skeleton where nothing was estimated."""
        sample, joint = self._session.sample, self._session.joint
        if sample is None:
            return
        doubt = joint_doubt(self._session, self._session.person_at(sample))
        count = len(self._session.skeleton)
        order = list(range(count)) if doubt is None else np.argsort(-doubt, kind="stable").tolist()
        place = (0 if by > 0 else count - 1) if joint is None else (order.index(joint) + by) % count
        self._session.select_joint(order[place])

    def select_person(self, place: int) -> None:
        people = self._session.people_at(self._session.frame)
        if place < len(people):
            self._session.select(people[place].sample.track)
