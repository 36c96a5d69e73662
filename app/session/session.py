"""The open project as the window sees it: where the user is, and a mirror of what is stored."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import nullcontext
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.session.changes import EVERYTHING, Change, Person
from app.session.queue_order import Order, in_order
from app.session.undo_step import Steps
from app.session.video_files import VideoFiles
from core.domain import Box, SampleId, Skeleton, Span, Track, UserError
from core.project.project import Project
from core.project.store.people_rows import Rows
from core.project.store.predictions import Predictions
from core.project.store.settings import SPANS
from core.project.store.shards import ShardDamaged
from core.project.store.store import Label, QueueItem, Round, Video
from core.project.store.track_assignments import TrackAssignments
from core.queries.coverage import VideoCoverage, coverage
from core.queries.status import RoundStatus, status

MANY = 10_000  # boxes of people: a change of so many is read beside the window's thread
CHOSEN = "chosen"  # stands for what the project proposes by, among the names of criteria


def known_scores(project: Project, predictions: Predictions, name: str, criterion: str) -> np.ndarray | None:
    """As Session.scores, in any thread. criterion: what CHOSEN stands for."""
    from core.queries.scores import scores

    try:
        values = scores(project, predictions.video, criterion if name == CHOSEN else name)
    except UserError:  # said when it was opened
        return None
    # else a job has just changed what is stored, which is read anew as soon as it says so
    return values if len(values) == len(predictions) else None


class Session(QObject):
    """An open project and the video on screen; the only state of the window that changes.

    video: the one on screen, whose people tracks, predictions and hidden tell of; its file is video_file.
    missing: why there are no pictures of it; empty where there are.
    damaged: a computed file cannot be read.
    read_only: another window edits the project, or it is write-protected: every change is refused.
    videos: all of the project. video_of, names: of every person by track, whichever video they are in.
    context: who is not of interest, of all videos.
    opened: the sample of the queue that was opened last.
    span: the frames that proposals are limited to, None for no limit.
    frame: the frame the user wants to see. person: selected track, or None; several: all
    who are selected together, where it is more than one. joint: selected joint, or None.
    labels: every label of the project, accepted or not. queue: every proposed sample, in the order the user
    chose. earlier: what the round before estimated, by video; empty until it is read, or without one.
    assignments: who is where in the video on screen; None where that cannot be read. estimator: name or file
    of the one to begin with. read_ahead: reads what a change of people comes to beside the window's thread,
    None where nobody does; behind: what is being read so, and comes by itself.
    """

    video_changed = Signal()
    video_missing = Signal(str)  # a sentence
    frame_changed = Signal(int, bool)  # frame, whether the user is scrubbing
    person_changed = Signal()
    several_changed = Signal()
    joint_changed = Signal()
    shown_changed = Signal()  # which people are shown
    span_changed = Signal()
    labels_changed = Signal(object)  # set of the SampleIds edited
    changed = Signal(object)  # Change: what was read anew
    hint = Signal(str)  # a word for the status bar
    failed = Signal(str)  # a sentence the user has to read
    refused = Signal(str)  # why people are left as they are; until somebody else is selected

    def __init__(self, project: Project, video: Video, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.project = project
        self.video = video
        self.read_only = project.store.read_only
        self._files = VideoFiles(project.folder)
        self._find_video()
        self.videos: list[Video] = []
        self.video_of: dict[int, Video] = {}
        self.names: dict[int, str] = {}
        self.skeleton: Skeleton = project.skeleton
        self.undo = Steps(self)
        self.frame = 0
        self.person: int | None = None
        self.several: tuple[int, ...] = ()
        self.joint: int | None = None
        self.hidden: set[int] = set()
        self.context: frozenset[int] = frozenset()
        self.opened: SampleId | None = None
        self.span: Span | None = None
        self.estimator: str = project.setting("estimator")
        self.round: int | None = None
        self.tracks: dict[int, Track] = {}
        self.assignments: TrackAssignments | None = None
        self.predictions: Predictions | None = None  # of the people of interest
        self._everyones: Predictions | None = None
        self.earlier: dict[int, Predictions] = {}
        self.labels: dict[SampleId, Label] = {}
        self.queue: list[QueueItem] = []
        self.order = Order.PROPOSED
        self.rounds: list[RoundStatus] = []
        self.present: Round | None = None  # the latest of them, as it is stored
        self.coverage: list[VideoCoverage] = []  # of the videos that were begun
        self.read_ahead: Callable[[Change, Callable[[], None]], None] | None = None
        self.behind = Change(0)
        self._open = True
        self.trouble = ""  # why something could not be read
        self._labelled_at: dict[int, set[int]] = {}
        self._read(EVERYTHING)
        self.select_first_person()

    def close(self) -> None:
        self._open = False
        self.project.close()

    # reading

    def refresh(self, change: Change) -> None:
        """Reads anew what an operation changed, and tells the views; nothing once closed, nor what comes
        by itself.
        """
        change &= ~self.behind
        if not self._open or not change:
            return
        self._read(change)
        if self.trouble:
            self.failed.emit(self.trouble)
        self.changed.emit(change)
        if self.person not in self.tracks:
            self.select_first_person()

    def _read(self, change: Change) -> None:
        """What cannot be read stays empty and becomes trouble; it is never a reason not to open."""
        readers = {
            Change.TRACKS: self._read_tracks,
            Change.PREDICTIONS: self._read_predictions,
            Change.LABELS: self._read_labels,
            Change.QUEUE: self._read_queue,
            Change.ROUNDS: self._read_rounds,
        }
        troubles = []
        self.damaged = False
        for kind, read in readers.items():
            if kind & change:
                try:
                    read()
                except UserError as error:
                    self.damaged |= isinstance(error, ShardDamaged)
                    troubles.append(str(error))
        self.trouble = " ".join(dict.fromkeys(troubles))

    def _read_tracks(self) -> None:
        self.tracks, self.assignments = {}, None
        self.videos = self.project.videos()
        self.video_of, self.names = {}, {}
        for video in self.videos:
            for track, name in self.project.store.track_names(video.id).items():
                self.video_of[track], self.names[track] = video, name
        self.assignments = self.project.assignments(self.video.id)
        self.tracks = {track.id: track for track in self.assignments.tracks(self.video.id, self.names)}
        self.context = self.project.context()
        self.places = self.project.store.places()

    def _read_predictions(self) -> None:
        self.predictions = self._everyones = None
        before, self.round = self.round, self.project.latest_round()
        if self.round != before:
            self.earlier = {}
        self.skeleton = self.project.skeleton  # known for sure with the first estimates
        if self.joint is not None and self.joint >= len(self.skeleton):
            self.joint = None
        self.coverage = coverage(self.project)
        self.predictions = self._everyones = self.project.predictions(self.video.id)
        if self.context and self.assignments is not None:
            self._everyones = self.project.predictions(self.video.id, assignments=self.assignments)

    def _read_labels(self) -> None:
        self.labels = self.project.store.labels(accepted_only=False)
        self._labelled_at = defaultdict(set)
        for sample in self.labels:
            if sample.track in self.tracks:
                self._labelled_at[sample.frame].add(sample.track)

    def _read_queue(self) -> None:
        self.queue = in_order(self.project.queue(), self.order, self.video_of)

    def _read_rounds(self) -> None:
        self.rounds = []
        finished = -1 if self.round is None else self.round
        self.rounds = [entry for entry in status(self.project) if entry.round <= finished]
        self.present = next((entry for entry in self.project.store.rounds() if entry.id == finished), None)

    def scores(self, criterion: str) -> np.ndarray | None:
        """(N,) 0..1 in the rows of the predictions, NaN where there is no value; None where the criterion is
        not computed yet, unknown to this program, or the files of a video are damaged.
        """
        if self.predictions is None:
            return None
        return known_scores(self.project, self.predictions, criterion, self.criterion)

    @property
    def criterion(self) -> str:
        """What the project proposes by: a name, or a sum of names."""
        return self.project.setting("criterion")

    def criteria_of(self, sample: SampleId) -> dict[str, float]:
        """The sample's value in 0..1 by each criterion the project proposes by, where there is one."""
        row = None if self.predictions is None else self.predictions.row(sample)
        columns = {name: self.scores(name) for name in self.criterion.split("+")} if row is not None else {}
        return {name: round(float(values[row]), 3) for name, values in columns.items() if values is not None}

    @property
    def of_interest(self) -> dict[int, Track]:
        """The people of the video on screen without context."""
        return {number: track for number, track in self.tracks.items() if number not in self.context}

    def people_at(self, frame: int) -> list[Person]:
        """Everyone in a frame who is not hidden, context last, in constant time however long the video."""
        shown = sorted(self._tracks_at(frame), key=self.context.__contains__)
        return [self._person(SampleId(track, frame)) for track in shown if track not in self.hidden]

    def _tracks_at(self, frame: int) -> list[int]:
        tracks = set(self._labelled_at.get(frame, ()))
        if self.assignments is not None:
            tracks.update(self.assignments.tracks_at(frame))
        return sorted(tracks)

    def _person(self, sample: SampleId) -> Person:
        label = self.labels.get(sample)
        estimates = self.predictions_of(sample.track)
        row = estimates.row(sample) if estimates is not None else None
        prediction = None if row is None else estimates.pose(row)
        if label is not None:
            return Person(sample, label.pose.box, prediction, label)
        box = self.assignments.box(sample) if row is None else estimates.box(row)
        return Person(sample, box, prediction, None)

    def predictions_of(self, track: int) -> Predictions | None:
        """Those of the video on screen that hold this person's."""
        return self._everyones if track in self.context else self.predictions

    @property
    def sample(self) -> SampleId | None:
        """The selected person in the present frame."""
        if self.person is None or self.person not in self._tracks_at(self.frame):
            return None
        return SampleId(self.person, self.frame)

    def person_at(self, sample: SampleId) -> Person:
        return self._person(sample)

    def person_if_there(self, sample: SampleId) -> Person | None:
        return self._person(sample) if sample.track in self._tracks_at(sample.frame) else None

    @property
    def pending(self) -> list[QueueItem]:
        """Proposed, neither skipped nor accepted, in order."""
        return [item for item in self.queue if not item.skipped and not self.is_accepted(item.sample)]

    def is_accepted(self, sample: SampleId) -> bool:
        label = self.labels.get(sample)
        return label is not None and label.accepted

    def box_of(self, sample: SampleId) -> Box | None:
        """In any video of the project; None where it cannot be read, or nobody is there."""
        if sample.track in self.tracks:
            return self._person(sample).box
        if sample.track not in self.video_of:
            return None
        try:
            return self.project.assignments(self.video_of[sample.track].id).box(sample)
        except UserError:  # said when that video is shown
            return None

    def file_of(self, sample: SampleId) -> Path | None:
        """The video it is in; None where that is gone."""
        return self._files.of(self.video_of[sample.track])

    def is_there(self, video: Video) -> bool:
        """Whether its file can be found."""
        return self._files.of(video) is not None

    def _find_video(self) -> None:
        self.missing = self._files.why_missing(self.video)
        self.video_file = self._files.of(self.video) or self.video.path

    # moving about

    def show_video(self, video: Video) -> None:
        """Brings another video on screen; says so where there are no pictures of it."""
        if video == self.video:
            return
        self.video, self.frame = video, 0
        self.person = self.joint = None
        self.several = ()
        self.hidden = set()
        self.select_span(None)
        self.tracks, self.assignments, self.predictions, self._everyones = {}, None, None, None
        self.behind = Change(0)
        self._find_video()
        self.video_changed.emit()
        self.refresh(EVERYTHING)
        if self.missing:
            self.video_missing.emit(self.missing)

    def take_up(self, video: Video) -> None:
        """The video on screen is another file now."""
        self.video = video
        self._find_video()
        self.refresh(Change.TRACKS)
        self.video_changed.emit()

    def visit(self, sample: SampleId) -> None:
        """Goes to a sample in whichever video."""
        self.show_video(self.video_of[sample.track])
        self.go_to(sample.frame)

    def go_to(self, frame: int, scrubbing: bool = False) -> None:
        frame = min(max(frame, 0), self.video.frame_count - 1)
        if frame != self.frame or not scrubbing:
            self.frame = frame
            self.frame_changed.emit(frame, scrubbing)

    def select(self, person: int | None, joint: int | None = None) -> None:
        """One person, and nobody else."""
        self.select_several((), person, joint)

    def select_several(self, tracks: Collection[int], person: int | None, joint: int | None = None) -> None:
        """person: of them, whose pose is at hand."""
        several = tuple(tracks) if len(tracks) > 1 else ()
        if several != self.several:
            self.several = several
            self.several_changed.emit()
        if person != self.person:
            self.person, self.joint = person, None
            self.person_changed.emit()
        self.select_joint(joint)

    def select_joint(self, joint: int | None) -> None:
        if joint != self.joint:
            self.joint = joint
            self.joint_changed.emit()

    def select_first_person(self) -> None:
        tracks = self._tracks_at(self.frame) or list(self.tracks)
        self.select(tracks[0] if tracks else None)

    def select_span(self, span: Span | None) -> None:
        if span != self.span:
            self.span = span
            self.span_changed.emit()

    def sort_queue(self, order: Order) -> None:
        self.order = order
        self.refresh(Change.QUEUE)

    def show_people(self, tracks: Collection[int], shown: bool) -> None:
        self.hidden = self.hidden - set(tracks) if shown else self.hidden | set(tracks)
        self.shown_changed.emit()

    # writing; commands call these

    def write(self, labels: Mapping[SampleId, Label | None]) -> None:
        """Stores labels at once, None deletes one, and mirrors them. Raises UserError, having changed
        nothing.
        """
        kept = [label for label in labels.values() if label is not None]
        self.project.store.set_labels(kept, [sample for sample, label in labels.items() if label is None])
        for sample, label in labels.items():
            if label is None:
                self.labels.pop(sample, None)
                self._labelled_at[sample.frame].discard(sample.track)
            else:
                self.labels[sample] = label
                if sample.track in self.tracks:
                    self._labelled_at[sample.frame].add(sample.track)
        self.labels_changed.emit(set(labels))

    def change_people(self, rows: Rows, change: Change, then: Callable[[], None] = lambda: None) -> None:
        """then: what follows once it is read. Raises UserError, having changed nothing."""
        with self.project.alone() if "shards" in rows.added else nullcontext():
            self.project.store.exchange(rows)
        if (
            self.read_ahead is not None
            and self.assignments is not None
            and len(self.assignments.frame) >= MANY
        ):
            self.read_ahead(change, then)
            return
        self.refresh(change)
        then()

    def write_settings(self, values: Mapping[str, object], forgotten: Iterable[str] = ()) -> None:
        """forgotten: those that follow the program's default again."""
        self.project.store.set_settings(values, forgotten)
        wanted = Change.PREDICTIONS if SPANS in {*values, *forgotten} else Change(0)
        self.refresh(Change.SETTINGS | Change.ROUNDS | wanted)

    def choose_estimator(self, name: str) -> None:
        """Before the first estimation. Once one was begun, the project follows when it is begun again."""
        try:
            if not self.project.store.rounds():
                self.project.store.set_setting("estimator", name)
        except UserError as error:
            self.failed.emit(str(error))
            return
        self.estimator = name
        self.changed.emit(Change.SETTINGS)

    def write_skipped(self, sample: SampleId, skipped: bool) -> None:
        self.project.store.set_skipped(sample, skipped)
        self.refresh(Change.QUEUE)

    def write_place(self, sample: SampleId, position: int | None) -> int:
        """Moves a queued sample, None for to the end; returns where it was."""
        before = self.project.store.move_in_queue(sample, position)
        self.refresh(Change.QUEUE)
        return before

    def write_queue(self, added: Iterable[QueueItem] = (), removed: Iterable[SampleId] = ()) -> None:
        self.project.store.change_queue(added, removed)
        self.refresh(Change.QUEUE)
