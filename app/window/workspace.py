"""The page with an open project: canvas, timeline and panels, and who listens to whom."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QSettings, Qt, QThreadPool, QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.background.memory import collect_soon, give_memory_back
from app.canvas.canvas import Canvas
from app.frames.reader import Clip, FrameReader, clip_of
from app.panels.docks import AREAS, Docks
from app.panels.hints import Hints
from app.panels.steps import StepBar
from app.panels.table import PANELS, Parts
from app.panels.transport import Transport
from app.session import next_step
from app.session.joint_uncertainty import joint_uncertainty
from app.session.labelling_pace import LabellingPace
from app.shortcuts.shortcuts import Shortcuts
from core.domain import SampleId

if TYPE_CHECKING:
    from app.background.job import Job
    from app.session.session import Session

LEFT_WIDTH, RIGHT_WIDTH = 216, 320  # pixels at the first start
AT_REST = 150  # ms after the project is shown
REST = 3000  # ms after a job and its review, when the pictures that follow are read too


class Workspace(QWidget):
    """Stands at once with the frame being read; fill() brings in the project when it is open.

    session, player and work exist from then on.
    """

    chosen = Signal(str)  # id of an action
    hint = Signal(str)
    failed = Signal(str)  # a sentence
    filled = Signal()
    clip_known = Signal(object)  # Clip

    def __init__(
        self,
        video: Path,
        shortcuts: Shortcuts,
        settings: QSettings,
        stand_in: Clip | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """stand_in: what is known of the video where it may be missing."""
        super().__init__(parent)
        self._shortcuts, self._settings = shortcuts, settings
        self.session: Session | None = None
        self.clip: Clip | None = None
        self._curves: list[str] = []
        self._panels: set[str] = set()
        self._backup: Job | None = None
        self.pace = LabellingPace()
        self.steps = StepBar(shortcuts)
        self.canvas = Canvas()
        self.hints = Hints(settings, shortcuts)
        self.transport = Transport(shortcuts)
        self.steps.chosen.connect(self.chosen)
        self.transport.chosen.connect(self.chosen)
        self._lay_out()
        self.reader = self._reader_of(video, stand_in)

    def _reader_of(self, video: Path | None, stand_in: Clip | None) -> FrameReader:
        reader = FrameReader(video, stand_in, self)
        reader.opened.connect(self._know_clip)
        reader.frame_ready.connect(self._show_picture)
        reader.damaged.connect(self.hint)
        reader.failed.connect(self.failed)
        return reader

    def brighten(self, on: bool) -> None:
        self.reader.bright = on
        if self.canvas.shown is not None:
            self.reader.ask(self.canvas.shown if self.session is None else self.session.frame)

    def show_curves(self, names: list[str]) -> None:
        """The criteria that have a lane in the timeline."""
        self._curves = names
        if self.session is not None:
            self.timeline.show_lanes(names)

    def show_panels(self, names: set[str]) -> None:
        """Those that are not hidden."""
        self._panels = names
        self.docks.show_panels(names)

    def start(self) -> None:
        """Begins to read the video; connect to the reader before."""
        self.reader.ask(0)
        self.reader.start()

    def _lay_out(self) -> None:
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.hints)
        column.addWidget(self.transport)
        self.docks = Docks(centre, self._settings)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(0)
        page.addWidget(self.steps)
        page.addWidget(self.docks, 1)

    def _know_clip(self, clip: Clip) -> None:
        if self.sender() is not self.reader:  # it was stopped, and this was still on its way
            return
        self.clip = clip
        self._show_times(clip)
        self.clip_known.emit(clip)

    def _show_times(self, clip: Clip) -> None:
        """Everywhere, and where among them the frame on screen is."""
        self.times = clip.times
        self.transport.set_length(clip.frame_count, float(clip.times[-1]))
        if self.session is not None:
            self.player.times = clip.times
            self.timeline.set_times(clip.times)
        self._show_place(0 if self.session is None else self.session.frame)

    def _show_place(self, frame: int) -> None:
        self.transport.show_frame(frame, float(self.times[frame]))

    def _show_picture(self, number: int, pixels: np.ndarray | None) -> None:
        if self.sender() is self.reader:
            self.canvas.show_frame(number, pixels)

    def _show_video(self) -> None:
        """Another of the project's videos."""
        self.player.pause()
        bright = self.reader.bright
        self.reader.stop()
        self.reader.deleteLater()
        self.clip = None
        self.canvas.clear()
        stand_in = clip_of(self.session.video)
        self._show_times(stand_in)  # until the file is read
        self.reader = self._reader_of(None if self.session.missing else self.session.video_file, stand_in)
        self.reader.bright = bright
        self.reader.ask(self.session.frame)
        self.reader.start()

    def once_known(self, act: Callable[[], object]) -> None:
        """As soon as the clip on screen is."""
        if self.clip is None:
            self.clip_known.connect(lambda _: act(), Qt.ConnectionType.SingleShotConnection)
        else:
            act()

    # the project

    @staticmethod
    def import_parts() -> None:
        """Imports what fill() needs, so that it is there by then."""
        import app.background.work
        import app.canvas.heatmap
        import app.frames.thumbnails
        import app.panels.review
        import app.panels.rounds
        import app.timeline.timeline  # noqa: F401

    def fill(self, session: "Session") -> None:
        """Builds what needs the project. Call once, when the clip is known."""
        from app.canvas.heatmap import Heatmap
        from app.frames.player import Player
        from app.session.refined_poses import RefinedPoses
        from app.undo.acceptance import Acceptance

        self.session = session
        session.setParent(self)
        self.refined = RefinedPoses(session)
        replaced = self.clip.frame_count != session.video.frame_count or (
            bool(session.missing) and not self.clip.missing
        )
        if replaced:
            self.clip = clip_of(session.video)
            self.times = self.clip.times
        self.player = Player(session, self.times, self)
        self._build_pictures()
        self._build_work(session)
        self.heatmap = Heatmap(session, self)
        self.acceptance = Acceptance(session)
        parts = Parts(
            session=session,
            shortcuts=self._shortcuts,
            pace=self.pace,
            track_checks=self.track_checks,
            reviews=self.reviews,
            thumbnails=self.thumbnails,
            review_thumbnails=self._review_thumbnails,
            people_thumbnails=self._people_thumbnails,
            hover_previews=self.hover_previews,
            times=self.clip.times,
            curves=self._curves,
            parent=self,
        )
        panels = self._panels_of(parts)
        self.people, self.joints, self.queue = panels["people"], panels["joints"], panels["queue"]
        self.rounds, self.review, self.timeline = panels["rounds"], panels["review"], panels["timeline"]
        self.canvas.set_session(session, self.refined)
        self.canvas.heatmap = self.heatmap
        self.hints.set_session(session)
        self._connect()
        self.show_theme()
        self._show_steps()
        if replaced:
            self._show_video()
        self._rest = QTimer(self, singleShot=True, interval=REST)
        self._rest.timeout.connect(lambda: QThreadPool.globalInstance().start(give_memory_back))
        self.reviews.ready.connect(lambda _: self._rest.start())
        self._readers = QTimer(self, singleShot=True, interval=AT_REST)
        self._readers.timeout.connect(self._start_readers)
        self._readers.start()
        self._back_up()
        self.filled.emit()

    def _build_pictures(self) -> None:
        """What reads small pictures of the videos."""
        from app.frames.hover_previews import HoverPreviews
        from app.frames.thumbnails import Thumbnails

        self.thumbnails, self._review_thumbnails, self._people_thumbnails = (
            Thumbnails(self) for _ in range(3)
        )
        self.hover_previews = HoverPreviews(self)
        self._started_late = (
            self.thumbnails,
            self._review_thumbnails,
            self._people_thumbnails,
            self.hover_previews,
        )
        for thread in self._started_late:
            thread.failed.connect(self.failed)

    def _build_work(self, session: "Session") -> None:
        """What computes beside the window."""
        from app.background.crowd import Crowd
        from app.background.debounced_check import DebouncedCheck
        from app.background.external_changes import ExternalChanges
        from app.background.missing_poses import MissingPoses
        from app.background.reading_ahead import ReadingAhead
        from app.background.reviews import look_at_round
        from app.background.single_pose import SingleEstimates
        from app.background.track_checks import TrackChecks
        from app.background.work import ProjectWork

        self.reviews = DebouncedCheck(session, "Reviewing", look_at_round, self)
        self.track_checks = TrackChecks(session, self)
        self.work = ProjectWork(session, self)
        self.reading_ahead = ReadingAhead(session, self)
        self.external_changes = ExternalChanges(session, lambda: self.work.writes, self)
        self.single = SingleEstimates(session, self)
        self.crowd = Crowd(session, self.work, self)
        self.missing_poses = MissingPoses(session, self.work, self)

    def _start_readers(self) -> None:
        """Only when the first frame is painted: they would take their time from it."""
        for reader in self._started_late:
            reader.start()

    def _back_up(self) -> None:
        """Keeps what a human made as it is now, before anything changes it."""
        from app.background.job import Job
        from core.project.recovery.backups import back_up

        if self.session.read_only:
            return
        folder = self.session.project.folder
        self._backup = Job("Backing up", lambda _: back_up(folder), self)
        self._backup.failed.connect(self.failed)
        self._backup.start()

    def _panels_of(self, parts: Parts) -> dict[str, Any]:
        """Each panel by its name, in its place."""
        panels: dict[str, Any] = {}
        for entry in PANELS:
            panel = panels[entry.name] = entry.build(parts)
            self.docks.add(entry.name, panel.title, panel, panel.heading, entry.area)
            if entry.behind:
                self.docks.stack(entry.name, on=entry.behind)
        self.docks.show_panels(self._panels)
        columns = [
            {entry.name: entry.height for entry in PANELS if entry.area == area and not entry.behind}
            for area in AREAS
        ]
        self.docks.share_out({"people": LEFT_WIDTH, "queue": RIGHT_WIDTH}, columns)
        self.docks.show_panels(self._panels)
        return panels

    def _connect(self) -> None:
        session = self.session
        session.video_changed.connect(self._show_video)
        session.span_changed.connect(self._say_span)
        session.frame_changed.connect(self._show_frame)
        for move in (
            session.frame_changed,
            session.person_changed,
            session.joint_changed,
            session.labels_changed,
        ):
            move.connect(lambda *_: self.pace.move())
        session.hint.connect(self.hint)
        self.heatmap.changed.connect(self.canvas.update)
        session.failed.connect(self.failed)
        session.changed.connect(self._show_steps)
        session.labels_changed.connect(self._show_steps)
        self._shortcuts.changed.connect(self._show_steps)
        self.transport.scrubbed.connect(self._scrub)
        self.timeline.scrubbed.connect(self._scrub)
        self.player.playing_changed.connect(self.transport.show_playing)
        self.player.speed_changed.connect(self.transport.show_speed)
        self.transport.speed_chosen.connect(self.player.set_speed)
        self.people.reunions.chosen.connect(self.chosen)
        self.queue.opened.connect(self.open_sample)
        self.review.opened.connect(self.open_sample)
        self.steps.estimator_chosen.connect(session.choose_estimator)
        self.work.started.connect(self._begin_job)
        self.work.ended.connect(self._end_job)
        self.work.proposed.connect(self.open_sample)
        self.work.filling.changed.connect(self.timeline.show_filling)
        self.work.search_wanted.connect(lambda: self.chosen.emit("find_people"))

    def _show_frame(self, frame: int, scrubbing: bool) -> None:
        late = self.player.is_late(self.canvas.shown)  # a keyframe is there at once
        self.reader.ask(frame, scrubbing or late)
        self._show_place(frame)

    def _say_span(self) -> None:
        if self.session.span is not None:
            propose, want = (self._shortcuts.first(name) for name in ("propose", "want_span"))
            self.hint.emit(
                f"The next batch is proposed from these frames only{propose}. To estimate nothing else "
                f"either, make them all that matters{want}."
            )

    def _scrub(self, frame: int, dragging: bool) -> None:
        self.player.pause()
        self.session.go_to(frame, scrubbing=dragging)

    def open_sample(self, sample: SampleId) -> None:
        """Flies to a sample: its frame, the person filling the view, the most uncertain joint selected."""
        self.player.pause()
        following = next_step.waiting_beside(self.session, sample, 1)
        near = (
            following is not None
            and self.session.video_of[following.track] == self.session.video_of[sample.track]
        )
        self.reader.next = following.frame if near else None
        self.session.visit(sample)
        self.session.opened = sample
        self.pace.begin()
        self.session.show_people([sample.track], True)
        self.session.select(sample.track)
        if self.session.sample is None:  # nobody knows where, which was said
            return
        person = self.session.person_at(sample)
        uncertainty = joint_uncertainty(self.session, person)
        self.session.select_joint(None if uncertainty is None else int(np.argmax(uncertainty)))
        self.canvas.show_box(person.box)
        if self.session.joint is not None and not self.session.read_only:
            accept = "".join(f"; {key} accepts the pose" for key in self._shortcuts.words("accept")[:1])
            self.hint.emit(f"Drag a joint, or click where the selected one belongs{accept}.")
        self.canvas.setFocus()

    # jobs

    def _begin_job(self, job: "Job") -> None:
        job.progress.connect(self.rounds.add_step)
        self._show_steps()

    def _end_job(self) -> None:
        self.rounds.end_training()
        self._rest.start()
        self._show_steps()

    def _show_steps(self, *_: object) -> None:
        facts = self.work.facts()
        self.steps.show_steps(next_step.steps(facts), next_step.offer(facts), self.session.round)
        self.steps.show_estimator("" if self.work.why_estimator_is_fixed() else self.session.estimator)

    # the end and the theme

    def stop(self) -> None:
        """Ends every thread; call before the window lets go of this page."""
        self.docks.save()
        if self.session is not None:
            self._readers.stop()
            self._rest.stop()
            self.external_changes.stop()
            self.player.pause()
            self.work.stop()
            self.reading_ahead.stop()
            self.timeline.stop()
            self.single.stop()
            self.heatmap.stop()
            self.reviews.stop()
            self.track_checks.stop()
            for reader in self._started_late:
                reader.stop()
            if self._backup is not None:
                self._backup.wait()
            self.session.close()
        self.reader.stop()
        self.destroyed.connect(collect_soon)

    def show_theme(self) -> None:
        """Follows a change of theme where the style sheet does not reach."""
        self.transport.show_icons()
        self.hints.show_icons()
        if self.session is not None:
            self.steps.show_icons()
            self.timeline.show_theme()
            self.rounds.show_theme()
            self.review.show_theme()
            self.people.show_theme()
