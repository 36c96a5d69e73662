"""An open project: a folder that holds everything about one adaptation."""

import os
from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from core.domain import COCO17, SampleId, Skeleton, Track, UserError
from core.evaluation.in_sight import in_sight
from core.evaluation.shared_bodies import SharedBodies, shared_bodies
from core.project.store.arrays import CACHE
from core.project.store.computed import ComputedFiles, FoundPeople
from core.project.store.coverage import Coverage
from core.project.store.lock import Lock
from core.project.store.people_rows import single_estimate
from core.project.store.predictions import Predictions
from core.project.store.records import QueueItem
from core.project.store.segments import SAMPLES, TRACKS, Segment
from core.project.store.settings import ASKED, BEGUN_WITH, GIVEN_POSES, INTEREST, SETTINGS, SPANS
from core.project.store.shards import ShardDamaged
from core.project.store.store import Label, Store, Video
from core.project.store.track_assignments import TrackAssignments, edited, find_samples, make_assignments
from core.selection.registry import usual_criterion
from core.video.source import content_id, open_video

DATABASE = "project.sqlite"
COMPUTING, EDITING = "computing.lock", "editing.lock"
COMPUTED, ESTIMATORS, BACKUPS = "computed", "estimators", "backups"
AGAIN = "again"  # in the summary of a round: the earlier one whose estimator it has
# how the names begin of what is written there
OURS = ("project", COMPUTING, EDITING, COMPUTED, ESTIMATORS, BACKUPS)


class Project:
    """Reading access, and the folder's lay-out; what changes it stands in the modules beside this one.

        project.sqlite                 what a human made, and the list of shards
        project-version-1.sqlite       the same as it was before a newer version changed its tables
        computing.lock                 empty; locked by whoever estimates or fine-tunes
        editing.lock                   empty; locked by the window in which it is edited
        backups/                       project-DATE-TIME.sqlite, earlier states of what a human made
        computed/video-1/people-*.h5   boxes of the people, of a segment each
        computed/video-1/round-0/      estimates and their criteria: samples-*.h5, of a segment each
        estimators/round-0/            estimator.onnx, weights.safetensors, pose_prior.safetensors

    read_only: refuses every change; checked: somebody in this process has opened it before, so that it is not
    looked through again. Open one per thread: SQLite connections stay in theirs. Raises UserError.
    """

    def __init__(self, folder: Path, create: bool = False, read_only: bool = False, checked: bool = False):
        self.folder = Path(folder)
        if create:
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise UserError(
                    f"The project folder {folder} cannot be made ({error.strerror}). Choose another."
                ) from error
        check_links(self.folder)
        self._locks: list[Lock] = []
        new = create and not self.exists(self.folder)
        self.store = Store(self.folder / DATABASE, create, read_only)
        self._key = str(self.folder.absolute())
        CACHE.open(self._key)
        self._closed = False
        self.computed = ComputedFiles(self.folder, self.store, self._limits)
        self._stand_ins: dict[int, tuple[list[Segment], FoundPeople]] = {}  # for what is damaged
        self._remembered: dict[Hashable, dict] = {}
        if new:
            self.store.set_settings(BEGUN_WITH)
        if not checked:
            self._check()

    def _check(self) -> None:
        try:
            self.store.check()
        except UserError:
            self.close()
            raise

    @staticmethod
    def exists(folder: Path) -> bool:
        """An empty file is none, unless there is more of a project: it is what is left where the disk was
        full.
        """
        path = Path(folder) / DATABASE
        if not path.is_file():
            return False
        return path.stat().st_size > 0 or any(
            (path.parent / part).exists() for part in (COMPUTED, ESTIMATORS, BACKUPS)
        )

    def close(self) -> None:
        if not self._closed:
            CACHE.close(self._key)
        self._closed = True
        self.store.close()
        for lock in self._locks:
            lock.close()

    def __enter__(self) -> "Project":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def alone(self) -> Lock:
        """Holds the project for one computation; labels may be written meanwhile. Raises UserError when
        another runs.
        """
        self.store.refuse_if_read_only()
        return Lock(
            self.folder / COMPUTING,
            f"Another PoseTailor is computing in {self.folder}. Wait until it is done, or stop it.",
        )

    def edit_alone(self) -> Lock:
        """Holds the project for one window, or whoever else edits labels. Raises LockHeld when one does."""
        self.store.refuse_if_read_only()
        return Lock(
            self.folder / EDITING,
            f"The project {self.folder} is open for editing in a window. Close it there first.",
        )

    def keep(self, lock: Lock) -> None:
        """Until the project is closed."""
        self._locks.append(lock)

    # settings

    def setting(self, name: str) -> Any:
        """The project's own, else the default; the criterion's depends on the sampler and the skeleton."""
        if name == "criterion":
            return self.criterion()
        return self.store.settings().get(name, SETTINGS[name].default)

    def criterion(self, sampler: str | None = None) -> str:
        """What poses are proposed by: the project's own choice, else what the sampler goes by, which is the
        project's by default.
        """
        chosen = self.store.settings().get("criterion")
        return chosen or usual_criterion(sampler or self.setting("sampler"), self.skeleton)

    @property
    def skeleton(self) -> Skeleton:
        stored = self.setting("skeleton")
        return Skeleton.from_json(stored) if stored else COCO17

    # videos and people

    def add_video(self, path: Path) -> Video:
        """Registers a video, or returns the one already registered with the same content. Raises
        UserError.
        """
        path = Path(path).expanduser().absolute()
        if known := self._known(path):
            if known.path != path:
                self.store.relink_video(known.id, path, known.content_id)
            return next(video for video in self.store.videos() if video.id == known.id)
        with open_video(path) as source:
            identity = content_id(path)
            return self.store.add_video(
                path, identity, source.width, source.height, source.frame_count, source.fps
            )

    def _known(self, path: Path) -> Video | None:
        """The video registered with the same content, found without reading all of the file."""
        try:
            identity = content_id(path)
        except OSError:  # opening it says why
            return None
        return next((video for video in self.store.videos() if video.content_id == identity), None)

    def videos(self) -> list[Video]:
        return self.store.videos()

    def tracks(self, video: int) -> list[Track]:
        """The people of interest of a video with a box for every frame they are in; empty before the first
        estimation.
        """
        return self.assignments_of_interest(video).tracks(video, self.store.track_names(video))

    def of_interest(self, video: int) -> frozenset[int] | None:
        """The tracks of the people of interest; None where nobody was chosen, so that everyone is.

        The others are context: kept, but neither estimated further nor proposed, counted, learned from or
        exported.
        """
        return self._chosen(self.store.track_names(video))

    def _chosen(self, names: Mapping[int, str]) -> frozenset[int] | None:
        return frozenset(names.keys() & set(self.setting(INTEREST) or ())) or None

    def context(self) -> frozenset[int]:
        """The tracks of everyone in any video who is not of interest."""
        if not self.setting(INTEREST):
            return frozenset()
        by_video = [self.store.track_names(video.id) for video in self.videos()]
        return frozenset().union(
            *(names.keys() - (self._chosen(names) or names.keys()) for names in by_video)
        )

    def assignments(self, video: int) -> TrackAssignments:
        """Who is where, as found, drawn and edited; nobody before the first estimation."""
        if not self.computed.segments(TRACKS, video):
            return make_assignments(np.empty(0, np.int64), np.empty(0, np.int64), np.empty((0, 4)), (), ())
        drawn, edits = tuple(self.store.drawn_boxes(video)), tuple(self.store.people_edits())
        joined, found = self.computed.joins(video), self._found(video)
        key = (self._key, "assignments", CACHE.serial(found), drawn, edits, tuple(joined.items()))
        columns = (found.track, found.frame, found.boxes)
        return CACHE.get(key, lambda: make_assignments(*columns, drawn, edits, joined, found.detected))

    def assignments_of_interest(self, video: int) -> TrackAssignments:
        """The same without context."""
        assignments, chosen = self.assignments(video), self.of_interest(video)
        if chosen is None:
            return assignments
        return CACHE.get(
            (self._key, "of interest", CACHE.serial(assignments), chosen), lambda: assignments.only(chosen)
        )

    def found(self, video: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Origin (n,), frame (n,) and boxes (n, 4) of the people as they were found, whatever was said of
        them since.
        """
        found = self._found(video)
        return found.track, found.frame, found.boxes

    def _found(self, video: int) -> FoundPeople:
        try:
            return self.computed.found(video)
        except ShardDamaged:
            parts = self.computed.segments(TRACKS, video)
            if (kept := self._stand_ins.get(video)) is None or kept[0] != parts:
                known = self.estimated_people(video) or self.labelled_people(video)
                kept = self._stand_ins[video] = parts, FoundPeople(**known)
            return kept[1]

    def _limits(self, video: int) -> tuple[int, int, int]:
        """What the rows of a video are checked against: its number, its frames, and the joints of a pose."""
        frames = next(entry.frame_count for entry in self.videos() if entry.id == video)
        return video, frames, len(self.skeleton)

    def estimated_people(self, video: int) -> dict[str, np.ndarray] | None:
        """track (n,), frame (n,) and boxes (n, 4) as the latest round knows them whose estimates can be
        read.
        """
        for entry in reversed(self.store.rounds()):
            if (found := self.readable(video, entry.id)) is not None:
                return {"track": found.track, "frame": found.frame, "boxes": found.boxes}
        return None

    def labelled_people(self, video: int) -> dict[str, np.ndarray]:
        """The same, only where they have a label."""
        own = self.store.track_names(video)
        labels = [
            label for label in self.store.labels(accepted_only=False).values() if label.sample.track in own
        ]
        return {
            "track": np.array([label.sample.track for label in labels], np.int64),
            "frame": np.array([label.sample.frame for label in labels], np.int64),
            "boxes": np.array([label.pose.box for label in labels], np.float32).reshape(-1, 4),
        }

    # rounds and estimates

    def latest_round(self) -> int | None:
        """The newest round of which anything is estimated; None before the first."""
        return max((r.id for r in self.store.rounds() if r.estimated), default=None)

    def known_round(self) -> int:
        """The same where it is known that there is one."""
        latest = self.latest_round()
        assert latest is not None
        return latest

    def coverage(self, video: int, number: int | None = None) -> Coverage:
        """Which frames a round has estimated, the latest by default, and which only earlier ones."""
        number = self.latest_round() if number is None else number
        parts = [] if number is None else self.computed.segments(SAMPLES, video, number)
        frames = self._limits(video)[1]
        return Coverage.of(parts, 0 if number is None else number, frames, self.spans(video))

    def begun(self) -> list[Video]:
        """Videos that were asked to be estimated, whether anything of them is by now or not."""
        asked = set(self.setting(ASKED) or ())
        return [one for one in self.videos() if one.id in asked or self.computed.segments(TRACKS, one.id)]

    def pose_file(self, video: int, number: int) -> str:
        """The name of the file that a video's poses of a round came from, '' where they were estimated."""
        name = (self.setting(GIVEN_POSES) or {}).get(str(video), "")
        return str(name) if name and self._first_with(number) == 0 else ""

    def pose_files(self, number: int) -> list[str]:
        """The same of all videos, each once."""
        return list(dict.fromkeys(name for one in self.videos() if (name := self.pose_file(one.id, number))))

    def _first_with(self, number: int) -> int:
        """The round whose estimator a round has."""
        again = {entry.id: entry.summary.get(AGAIN) for entry in self.store.rounds()}
        while isinstance(earlier := again.get(number), int) and earlier < number:
            number = earlier
        return number

    def spans(self, video: int) -> list[tuple[int, int]]:
        """Start and stop of the frames that are wanted of a video: all, where nobody has asked for some."""
        given = (self.setting(SPANS) or {}).get(str(video))
        return [tuple(span) for span in given] if given else [(0, self._limits(video)[1])]

    def predictions(
        self, video: int, number: int | None = None, assignments: TrackAssignments | None = None
    ) -> Predictions | None:
        """The estimates of a video's people of interest in a round, the latest by default, and of the rounds
        before where it has not been yet. assignments: of other people.

        Raises ShardDamaged.
        """
        number = self.latest_round() if number is None else number
        estimates = self.estimates(video, number)
        if estimates is None:
            return None
        assignments = assignments or self.assignments_of_interest(video)
        single = tuple(self.store.single_rows(video, estimates.round))
        key = (self._key, "edited", CACHE.serial(estimates), CACHE.serial(assignments), single)
        return CACHE.get(
            key, lambda: edited(estimates, assignments, [single_estimate(row) for row in single])
        )

    def known_predictions(self, video: int, number: int | None = None) -> Predictions:
        """The same where it is known that there are some."""
        predictions = self.predictions(video, number)
        assert predictions is not None
        return predictions

    def shared_bodies(self, video: int, number: int | None = None) -> SharedBodies:
        """Of predictions(video, number), in whose rows it is; it is an error where there are none."""
        predictions, sigmas = self.known_predictions(video, number), self.skeleton.sigmas
        columns = (predictions.frame, predictions.boxes, predictions.points, predictions.confidence)
        key = (self._key, "shared", CACHE.serial(predictions), sigmas)
        return CACHE.get(key, lambda: shared_bodies(*columns, np.array(sigmas)))

    def detected(self, video: int, number: int | None = None) -> np.ndarray:
        """(N,) in the rows of predictions(video, number), see TrackAssignments.detected."""
        predictions, assignments = self.known_predictions(video, number), self.assignments(video)

        def look_up() -> np.ndarray:
            rows = find_samples(assignments.track, assignments.frame, predictions.track, predictions.frame)
            return np.where(rows >= 0, assignments.detected[rows], np.float16(np.nan))

        return CACHE.get(
            (self._key, "detected", CACHE.serial(predictions), CACHE.serial(assignments)), look_up
        )

    def in_sight(self, video: int, number: int | None = None) -> np.ndarray:
        """(N,) bool in the rows of predictions(video, number): false where hardly anybody can be seen."""
        predictions, assignments = self.known_predictions(video, number), self.assignments(video)
        columns = (predictions.boxes, predictions.points, predictions.confidence)
        key = (self._key, "in sight", CACHE.serial(predictions), CACHE.serial(assignments))
        return CACHE.get(key, lambda: in_sight(*columns, self.detected(video, number)))

    def estimates(self, video: int, number: int | None) -> Predictions | None:
        """The same as they lie on disk, whatever was said of the people since: each under its origin."""
        return None if number is None else self.computed.estimates(video, number)

    def readable(self, video: int, number: int) -> Predictions | None:
        """The same; None also where they are damaged."""
        try:
            return self.estimates(video, number)
        except ShardDamaged:
            return None

    def embeddings(self, video: int, number: int) -> np.ndarray:
        """(N, D) float32, in the order of predictions(); NaN where a pose was estimated by itself, or not
        by this round.
        """
        stored, rows = self.computed.embeddings(video, number), self.known_predictions(video, number).stored
        values = (
            stored[rows].astype(np.float32)
            if len(stored)
            else np.empty((len(rows), stored.shape[1]), np.float32)
        )
        values[rows < 0] = np.nan
        return values

    def remembered(self, key: Hashable, compute: Callable[[], dict]) -> dict:
        """What was computed for this key before, as long as the project is open. key: changes with all it
        depends on.
        """
        if key not in self._remembered:
            self._remembered[key] = compute()
        return self._remembered[key]

    def estimator_folder(self, number: int) -> Path:
        return self.folder / ESTIMATORS / f"round-{number}"

    def video_of_track(self) -> dict[int, int]:
        return {track: video.id for video in self.videos() for track in self.store.track_names(video.id)}

    # what a human made, of the people of interest

    def labels(self) -> dict[SampleId, Label]:
        """Those that are accepted."""
        labels, context = self.store.labels(), self.context()
        return {sample: label for sample, label in labels.items() if sample.track not in context}

    def queue(self) -> list[QueueItem]:
        """In order."""
        context = self.context()
        return [item for item in self.store.queue() if item.sample.track not in context]

    def queued(self) -> list[SampleId]:
        """Proposed and still to be labelled, neither skipped nor done, in order."""
        labelled = self.store.labels()
        return [i.sample for i in self.queue() if not i.skipped and i.sample not in labelled]


def check_links(folder: Path) -> None:
    """Raises UserError where something that would be written in a project's folder lies elsewhere."""
    with suppress(OSError):  # what cannot be listed, nobody writes into
        ours = [entry for entry in os.scandir(folder) if entry.name.startswith(OURS)]
        inside = [
            os.path.join(place, name)
            for entry in ours
            if entry.is_dir(follow_symlinks=False)
            for place, folders, files in os.walk(entry.path)
            for name in (*folders, *files)
        ]
        for path in (*(entry.path for entry in ours), *inside):
            if os.path.islink(path):
                raise UserError(
                    f"{path} is a link to another place, and a project keeps all in its own folder. "
                    "Remove it."
                )
