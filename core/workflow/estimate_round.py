"""A round of estimates, segment by segment: computed, written, and registered at once, so that nothing
finished is lost.
"""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, field, replace

import numpy as np

from core.domain import Monitor, Track, UserError, raise_if_cancelled
from core.domain.overlap import paired_iou
from core.estimation import pipeline
from core.estimation.motion import with_motion
from core.estimation.session import EstimatorSession
from core.evaluation.neighbour_guard import in_own_place
from core.project.estimators.detectors import open_detector
from core.project.estimators.models import ReadyEstimator, prior_paths
from core.project.project import Project
from core.project.store.coverage import Coverage
from core.project.store.segments import SAMPLES, TRACKS, NewPeople, Segment, forget, register
from core.project.store.settings import FINDING, GIVEN_BOXES, GIVEN_POSES, POSE_NETWORKS
from core.project.store.store import Video
from core.queries.find_settings import finding_of
from core.tracking.joining import Person
from core.tracking.settings import FindSettings
from core.tracking.single_stage import FramePoses
from core.uncertainty.criteria import CRITERIA, further_passes, usual_of_poses
from core.uncertainty.ensemble import SNAPSHOTS
from core.uncertainty.pose_prior import load_prior
from core.video.source import VideoSource
from core.workflow.detection import Detection, SegmentFrames, decode, decode_with_poses
from core.workflow.follow_boxes import RoundBoxes
from core.workflow.found_people import write_found
from core.workflow.given_poses import FURTHER, computed
from core.workflow.linking import Linking
from core.workflow.network_poses import PoseNetwork
from core.workflow.progress import Progress
from core.workflow.segment_file import Origins, SegmentFile, Written, empty_columns, write_samples
from core.workflow.segments import Stretch, in_order, stretches
from core.workflow.single_pose import frames_without_pose

SAME_PERSON = 0.3  # mean intersection over union of somebody found and a box drawn


@dataclass
class Outcome:
    """What a run came to. complete: nothing that is wanted is missing; unread: by video the frames that are
    damaged; taken: what was taken of a file of poses, in words.
    """

    complete: bool = True
    unread: dict[int, list[int]] = field(default_factory=dict)
    taken: str = ""


class RoundEstimation:
    """The estimates of round `number` with this session, over some videos of a project that is held alone.

    sources: the open videos; detection: finds the people where nobody has been looked for yet; networks: by
    video those that find people and their joints at once, in place of detection and session.
    """

    def __init__(
        self,
        project: Project,
        number: int,
        session: EstimatorSession,
        sources: Mapping[int, VideoSource],
        detection: Detection,
        monitor: Monitor,
        hardware: bool = False,
        networks: Mapping[int, PoseNetwork] | None = None,
    ) -> None:
        self._project, self._number, self._session, self._monitor = project, number, session, monitor
        self._sources, self._detection, self._hardware = sources, detection, hardware
        self._networks = networks or {}
        self._videos = {video.id: video for video in project.videos() if video.id in sources}
        self.further = further_passes(project.setting("criterion"))
        self._priors = {name: load_prior(path) for name, path in prior_paths(project, number).items()}
        self._every = {video: stretches(video, source) for video, source in sources.items()}
        self._searched = {video: _covered(project, TRACKS, video) for video in sources}
        self._done = {video: _covered(project, SAMPLES, video, number) for video in sources}
        self._boxes: dict[int, RoundBoxes] = {}
        self._earlier: dict[int, list] = {}
        self._new: dict[int, list[Track]] = {}  # people given for a whole video, not registered yet
        self._anew: set[int] = set()
        self._linking = Linking(project, self._anew)
        self._first: list[tuple[int, int]] = []  # videos and frames in which somebody's pose is missing

    def replace_people(self, video: int, people: list[Track] | None) -> None:
        """All that is known of a video's people goes as soon as the first segment is done.

        people: those to take their place, None where they are to be found.
        """
        self._anew.add(video)
        self._searched[video][:] = people is not None
        if people is not None:
            self._new[video] = people

    def missing(self) -> dict[int, Stretch]:
        """What is wanted and not estimated, or without the criteria that are wanted, by the number of the
        segment among all of them, one video after the other.
        """
        found: dict[int, Stretch] = {}
        place = 0
        for video, every in self._every.items():
            lacking = self._lacking(video)
            for stretch in every:
                inside = np.flatnonzero(lacking[stretch.start : stretch.stop])
                if len(inside):
                    first = stretch.start + int(inside[0])
                    found[place] = Stretch(video, first, stretch.start + int(inside[-1]) + 1)
                place += 1
        return found

    def _lacking(self, video: int) -> np.ndarray:
        """(frames,) bool."""
        frames = len(self._sources[video])
        wanted = Coverage.of([], self._number, frames, self._project.spans(video)).missing()
        if video in self._anew:
            return wanted
        lacking = self._project.coverage(video, self._number).missing()
        if self._project.pose_file(video, self._number):  # which are never estimated again
            return lacking
        for part in self._project.computed.segments(SAMPLES, video, self._number):
            if part.round == self._number and not self.further <= set(part.further.split(",")):
                lacking[part.start : part.stop] |= wanted[part.start : part.stop]
        without = frames_without_pose(self._project, self._videos[video])
        lacking[without] = True
        self._first += [(video, frame) for frame in without.tolist()]
        return lacking

    def run(
        self, budget: float | None = None, urgent: Iterable[tuple[int, int]] = (), evenly: bool = True
    ) -> Outcome:
        """Until nothing is missing or `budget` seconds are over, but at least until somebody is found.

        urgent: videos and frames to begin with; evenly: spread over the videos, else from their beginnings
        on. Raises UserError, Cancelled; what was finished before stays.
        """
        outcome, urgent = Outcome(), list(urgent)
        order = self._order(urgent, evenly)
        progress = Progress(self._monitor, sum(stretch.frames for stretch in order), budget)
        with ExitStack() as opened, ThreadPoolExecutor(1, "decoding") as ahead:
            decoders = {
                video: opened.enter_context(closing(source.open_decoder(self._hardware)))
                for video, source in self._sources.items()
            }
            prepared: Future[SegmentFrames] | None = None
            try:
                for place, stretch in enumerate(order):  # which grows at its end
                    raise_if_cancelled(self._monitor)
                    prepared = prepared or ahead.submit(self._prepare, stretch, decoders)
                    frames, prepared = _wait(prepared, self._monitor), None
                    following = order[place + 1] if place + 1 < len(order) else None
                    if following:
                        prepared = ahead.submit(self._prepare, following, decoders)
                    self._estimate(stretch, frames, progress.part(stretch))
                    if frames.unread:
                        outcome.unread.setdefault(stretch.video, []).extend(frames.unread)
                    progress.end(stretch)
                    if not following and self._linking.late:
                        order += (late := self._order_of_late())
                        progress.extend(late)
                        following = order[place + 1] if place + 1 < len(order) else None
                    if following and progress.over and self._anybody():
                        outcome.complete = False
                        break
            finally:
                if prepared is not None and not prepared.cancel():
                    prepared.exception()  # its decoder is closed next
        return outcome

    def _order(self, urgent: list[tuple[int, int]], evenly: bool) -> list[Stretch]:
        missing = self.missing()
        if not evenly:
            return list(missing.values())
        count, newest = sum(map(len, self._every.values())), self._newest(missing)
        return in_order(missing, count, [*self._first, *urgent], newest)

    def _newest(self, missing: dict[int, Stretch]) -> dict[int, int]:
        """The last round that estimated the beginning of each, by the number of the segment."""
        known = {video: self._project.coverage(video, self._number) for video in self._every}
        return {place: known[stretch.video].round_at(stretch.start) for place, stretch in missing.items()}

    def _order_of_late(self) -> list[Stretch]:
        """Once more where people of interest were not known as such."""
        self._linking.late = False
        self._boxes.clear()
        return list(self.missing().values())

    def _anybody(self) -> bool:
        return any(self._project.store.track_names(video) for video in self._videos)

    def _prepare(self, stretch: Stretch, decoders: Mapping) -> SegmentFrames:
        source, video = self._sources[stretch.video], stretch.video
        if network := self._networks.get(video):
            whole = (source, decoders[video], stretch.start, stretch.stop)
            return decode_with_poses(*whole, network.network, self._detection.pool)
        look = not self._searched[video][stretch.start : stretch.stop].all()
        return decode(
            source, decoders[video], video, stretch.start, stretch.stop, self._detection if look else None
        )

    def _estimate(self, stretch: Stretch, frames: SegmentFrames, monitor: Monitor) -> None:
        project, video = self._project, self._videos[stretch.video]
        drawn = self._known(video, stretch, frames.people is None)
        people = _not_drawn(frames.people or [], drawn)
        first = project.store.reserve_tracks(len(people)) if people else 0
        new = {first + n: person for n, person in enumerate(people)}
        linked, wanted = None, project.of_interest(video.id)
        chosen = set(new)
        if wanted is not None and new:
            linked = self._linking.link(video, new)
            chosen = self._linking.of_interest(wanted, new, linked)
        tracks = [track for track in drawn if wanted is None or track.id in wanted]
        tracks += [
            Track(n, video.id, "", person.frames, person.boxes) for n, person in new.items() if n in chosen
        ]
        origins = self._origins(video.id, first)
        further = self.further
        if frames.poses is None:
            written = self.write(video, frames, tracks, origins, monitor)
        else:
            written, further = self._write_found(video, frames.poses, tracks, origins), FURTHER
        samples = Segment(written.path, self._number, stretch.start, stretch.stop, ",".join(sorted(further)))
        found = None
        if video.id in self._new:
            found = self._given(video)
        elif frames.people is not None:
            found = self._linking.place(video, stretch, new, written.columns, linked)
        settings = self._settings(video.id)
        here, anew = slice(stretch.start, stretch.stop), video.id in self._anew
        overlaps = bool(self._done[video.id][here].any() or (found and self._searched[video.id][here].any()))
        register(project.store, video.id, samples, found, settings, anew, overlaps and not anew)
        self._anew.discard(video.id)
        self._new.pop(video.id, None)
        self._searched[video.id][here] = self._done[video.id][here] = True

    def _settings(self, video: int) -> dict[str, object]:
        """Those of the project that are to change with the first segment of a video."""
        changed: dict[str, object] = {}
        if video in self._anew:
            given = set(self._project.setting(GIVEN_BOXES)) - {video} | (
                {video} if video in self._new else set()
            )
            changed[GIVEN_BOXES] = sorted(given)
        network = self._networks.get(video)
        if network or video in self._anew:
            sources = (GIVEN_POSES, network and network.name), (POSE_NETWORKS, network and network.kept)
            for name, value in sources:
                known = self._project.setting(name) or {}
                if known.get(str(video)) != value:
                    others = {one: file for one, file in known.items() if one != str(video)}
                    changed[name] = others | ({str(video): value} if value else {})
        if network and "criterion" not in self._project.store.settings():
            changed["criterion"] = usual_of_poses(self._session.spec.skeleton)
        known = self._project.setting(FINDING) or {}
        if (now := self._detection.settings.get(video)) and known.get(str(video)) != asdict(now):
            changed[FINDING] = known | {str(video): asdict(now)}
        if self._number == 0 and not self._project.setting("skeleton"):
            changed["skeleton"] = self._session.spec.skeleton.to_json()
        return changed

    def write(
        self, video: Video, frames: pipeline.Frames, tracks: list[Track], origins: Origins, monitor: Monitor
    ) -> Written:
        """Estimates tracks in frames and writes what came of it, which is not the round's before it is
        registered.
        """
        source = self._sources[video.id]
        file = SegmentFile(source.times, origins, self.further, self._session.spec.skeleton)
        batches = pipeline.estimate(frames, tracks, self._session, monitor, file.measure, file.with_views)
        last = self._boxes[video.id].before if video.id in self._boxes else None
        sigmas = np.array(self._session.spec.skeleton.sigmas)
        for batch in with_motion(in_own_place(batches, sigmas, last.poses if last else None)):
            file.add(batch)
        folder = f"computed/video-{video.id}/round-{self._number}"
        return file.write(self._project.folder, folder, self._priors, self._earlier_rounds(video.id))

    def _write_found(
        self, video: Video, poses: Mapping[int, FramePoses], tracks: list[Track], origins: Origins
    ) -> Written:
        """The same of what a network found of them."""
        source, skeleton = self._sources[video.id], self._session.spec.skeleton
        found = self._networks[video.id].poses_of(tracks, poses, skeleton, source.times)
        columns, criteria = empty_columns(skeleton), dict[str, np.ndarray]()
        if found:
            track, placed = found
            columns, criteria = computed(self._priors, source, placed, track, skeleton)
            columns["track"] = origins(track, placed.frame)
        folder = f"computed/video-{video.id}/round-{self._number}"
        return Written(write_samples(self._project.folder, folder, columns, criteria), columns)

    def _known(self, video: Video, stretch: Stretch, searched: bool) -> list[Track]:
        """Those who are known in a stretch; where nobody has been looked for these have drawn boxes."""
        if video.id in self._new:
            return [part for track in self._new[video.id] if (part := _between(track, stretch))]
        if video.id in self._anew or (not searched and not self._project.store.drawn_boxes(video.id)):
            return []
        return self._round_boxes(video).tracks(stretch.start, stretch.stop)

    def _round_boxes(self, video: Video) -> RoundBoxes:
        """As they are at first: what is found on the way lies in segments of its own."""
        if video.id not in self._boxes:
            assignments, names = (
                self._project.assignments(video.id),
                self._project.store.track_names(video.id),
            )
            self._boxes[video.id] = RoundBoxes(self._project, video, self._number, assignments, names)
        return self._boxes[video.id]

    def _origins(self, video: int, first: int) -> Origins:
        """first: the number of the first who was found just now."""

        def origins(track: np.ndarray, frame: np.ndarray) -> np.ndarray:
            numbers, known = track.astype(np.int64), track < first if first else np.ones(len(track), bool)
            if video in self._boxes and known.any():
                numbers[known] = self._boxes[video].assignments.origins(track[known], frame[known])
            return numbers

        return origins

    def _earlier_rounds(self, video: int) -> list:
        if not any(CRITERIA[name].with_views for name in self.further):
            return []
        if video not in self._earlier:
            numbers = range(max(0, self._number - SNAPSHOTS), self._number)
            self._earlier[video] = [p for n in numbers if (p := self._project.readable(video, n)) is not None]
        return self._earlier[video]

    def _given(self, video: Video) -> NewPeople:
        """The people whose boxes were given, of the whole video."""
        tracks = self._new[video.id]
        track = np.concatenate([np.full(len(person.frames), person.id) for person in tracks])
        frames, boxes = (
            np.concatenate([getattr(person, name) for person in tracks]) for name in ("frames", "boxes")
        )
        path = write_found(self._project, video, track, frames, boxes)
        return NewPeople(path, 0, video.frame_count, {person.id: person.name for person in tracks})


@contextmanager
def estimation(
    project: Project,
    number: int,
    session: EstimatorSession,
    sources: dict[int, VideoSource],
    device: str,
    monitor: Monitor,
    settings: FindSettings | None = None,
    networks: Mapping[int, PoseNetwork] | None = None,
) -> Iterator[RoundEstimation]:
    """Estimates of a round, of a project that is held alone; what is not registered at the end is removed.

    sources: the open videos; settings: to find people with from now on, by default as before; networks: see
    RoundEstimation.
    """
    finding = {video: known for video in sources if (known := finding_of(project, video))}
    if settings is not None:
        others = (
            video for video in sources if video not in finding or not settings.go_on_from(finding[video])
        )
        finding |= dict.fromkeys(others, settings)
    try:
        with Detection(lambda wanted: open_detector(device, monitor, wanted), finding) as detection:
            yield RoundEstimation(
                project, number, session, sources, detection, monitor, device != "cpu", networks
            )
    finally:
        remove_leftovers(project)


def note_device(project: Project, number: int, ready: ReadyEstimator) -> None:
    """In the round's summary."""
    session = ready.session
    summary: dict[str, object] = {"inference": session.device.name, "notice": session.device.notice}
    summary["preflight"] = ready.checked.to_json()
    if session.parity:
        summary["parity"] = asdict(session.parity)
    if why := session.spec.untrainable:
        summary["untrainable"] = why
    project.store.update_round(number, summary)


def check_span(start: int, stop: int | None, source: VideoSource) -> None:
    if start < 0 or start >= len(source) or (stop is not None and not start < stop <= len(source)):
        raise UserError(
            f"Frames {start} to {'the end' if stop is None else stop} are not in {source.path.name}, "
            f"which has {len(source)} frames (0 to {len(source) - 1}). Give frames within it."
        )


def remove_leftovers(project: Project) -> None:
    """Deletes computed files that no finished work registered, as a cancelled or killed one leaves them."""
    known = project.store.shard_paths()
    # what is in a folder before the folder
    for path in sorted((project.folder / "computed").rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path.relative_to(project.folder).as_posix() not in known:
            path.unlink()


def drop_damaged(project: Project, video: Video, number: int) -> None:
    """What of a round cannot be read is forgotten, so that it is estimated again."""
    if project.readable(video.id, number) is None:
        forget(project.store, project.computed.damaged(video.id, number))


def _covered(project: Project, kind: str, video: int, number: int | None = None) -> np.ndarray:
    """(frames,) bool: whether there is anything of this kind, and of this round."""
    frames = next(entry.frame_count for entry in project.videos() if entry.id == video)
    covered = np.zeros(frames, bool)
    for part in (part for part in project.computed.segments(kind, video) if part.round == number):
        covered[part.start : part.stop] = True
    return covered


def _between(track: Track, stretch: Stretch) -> Track | None:
    rows = slice(*np.searchsorted(track.frames, (stretch.start, stretch.stop)))
    if rows.start == rows.stop:
        return None
    return replace(track, frames=track.frames[rows], boxes=track.boxes[rows])


def _not_drawn(people: list[Person], drawn: list[Track]) -> list[Person]:
    """Those found who are not somebody whose box was drawn."""
    return [person for person in people if not any(_same(person, track) for track in drawn)]


def _same(person: Person, track: Track) -> bool:
    _, mine, theirs = np.intersect1d(person.frames, track.frames, assume_unique=True, return_indices=True)
    return len(mine) > 0 and float(paired_iou(person.boxes[mine], track.boxes[theirs]).mean()) >= SAME_PERSON


def _wait(prepared: Future, monitor: Monitor) -> SegmentFrames:
    """Its frames; a user who stops need not wait for them."""
    while True:
        try:
            return prepared.result(timeout=0.1)
        except TimeoutError:
            if prepared.done():
                raise
            raise_if_cancelled(monitor)
