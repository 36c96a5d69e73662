"""People, poses and criteria of a video, with the latest round's estimator, as far as a budget of time
allows.
"""

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from core.domain import Monitor, Track, UserError
from core.formats import boxes as box_files
from core.project.estimators.models import (
    SHIPPED_ESTIMATORS,
    ReadyEstimator,
    place_first_estimator,
    ready_estimator,
    wanted_device,
)
from core.project.project import Project
from core.project.store.coverage import frames_in, merged
from core.project.store.segments import SAMPLES, TRACKS, forget_aside, forget_video
from core.project.store.settings import ASKED, SPANS
from core.project.store.store import Video
from core.project.videos import open_located
from core.queries.find_settings import finding_of
from core.tracking.people import nobody_in
from core.tracking.settings import USUAL, FindSettings
from core.video.folder import frames_by_name
from core.video.source import VideoSource
from core.workflow.estimate_round import (
    Outcome,
    check_span,
    drop_damaged,
    estimation,
    note_device,
    remove_leftovers,
)
from core.workflow.find_people import find_again
from core.workflow.given_poses import (
    PoseSource,
    another_learns,
    check_round,
    place_given,
    read_given,
    take_poses,
    taken_in_words,
)
from core.workflow.join_shards import bring_up_to_date, join_shards
from core.workflow.network_poses import PoseNetwork, keep_network, kept_networks
from core.workflow.rebuild import rebuild_people


def estimate(
    project: Project,
    videos: int | Iterable[int],
    monitor: Monitor,
    *,
    device: str | None = None,
    estimator: str | None = None,
    boxes: Path | None = None,
    poses: PoseSource | None = None,
    spans: Iterable[tuple[int, int | None]] = (),
    settings: FindSettings | None = None,
    budget: float | None = None,
    near: tuple[int, int] | None = None,
) -> Outcome:
    """Finds the people of videos and estimates their poses in the latest round, where that is not done yet,
    in segments spread evenly over all of them.

    Where the files that said who is where are lost, the people are found anew, and those with labels stay who
    they are.

    videos: one or several, by number; estimator: of round 0, a name or a file; boxes: a file that replaces
    detection, of one video; poses: of another program, in place of both, which are round 0 then, of one
    video; spans: start and stop of frames that are wanted, None for the end, beside those asked for before,
    of one video; settings: to find people with in place of the usual ones, also where some are known that
    nobody touched; budget: seconds after which it ends, with what is done by then, None for everything; near:
    a video and a frame to begin with. A cancelled or failed estimation keeps the segments that were finished,
    and the next one goes on. Raises UserError, Cancelled.
    """
    wanted, spans = {videos} if isinstance(videos, int) else set(videos), list(spans)
    chosen = [video for video in project.videos() if video.id in wanted]
    if len(chosen) > 1 and (boxes or poses or spans):
        raise UserError("Boxes, poses and spans are of one video. Estimate that one by itself.")
    if boxes and poses:
        raise UserError("Poses bring their own boxes. Give one of the two.")
    device = wanted_device(project, device)
    for video in chosen:
        with project.alone():
            lost = rebuild_people(project, video)
        if lost and boxes is None:
            find_again(project, video.id, monitor, device=device, settings=settings or USUAL)
    with project.alone(), ExitStack() as opened:
        sources = {video.id: opened.enter_context(open_located(project, video)) for video in chosen}
        for video in chosen:
            for start, stop in spans:
                check_span(start, stop, sources[video.id])
        _begin(project, estimator, monitor)
        number = _prepare(project, chosen)
        anew = _to_be_replaced(project, chosen, settings, given=bool(boxes or poses))
        people: dict[int, list[Track] | None] = dict.fromkeys(anew)
        if spans or boxes or poses:
            (video,) = chosen
            parts = [(start, len(sources[video.id]) if stop is None else stop) for start, stop in spans]
            if parts:
                _want(project, video, parts, video.id in anew)
            if poses and not poses.is_network:
                return _take(project, video, sources[video.id], poses, device, monitor)
            if boxes:
                people[video.id] = _given(project, video, sources[video.id], boxes, parts)
        ready = ready_estimator(project, number, device, monitor)
        networks = kept_networks(project, number, sources.keys() - anew, device)
        if poses:
            check_round(project, chosen[0])
            networks[chosen[0].id] = keep_network(project, poses.path, device)
        _ask(project, {video.id for video in chosen})
        with estimation(project, number, ready.session, sources, device, monitor, settings, networks) as work:
            for video_id, given in people.items():
                work.replace_people(video_id, given)
            outcome = work.run(budget, [near] if near is not None else ())
        _check_anybody(project, chosen)
        for video in chosen:
            if network := networks.get(video.id):
                outcome.taken = _taken_of(project, video, network)
        note_device(project, number, ready)
        for video in chosen:
            join_shards(project, video)
    return outcome


def _take(
    project: Project, video: Video, source: VideoSource, poses: PoseSource, device: str, monitor: Monitor
) -> Outcome:
    """The poses of a file are what round 0 says of a video."""
    check_round(project, video)
    found = read_given(poses, project, video)  # before anybody waits for the estimator
    ready = ready_estimator(project, 0, device, monitor)
    skeleton = ready.session.spec.skeleton
    parts = [(start, stop) for start, stop in merged(project.spans(video.id))]
    placed = place_given(found, poses, video, source, skeleton, frames_in(parts, len(source)))
    _ask(project, {video.id})
    try:
        take_poses(project, video, source, placed, parts, skeleton, poses.path.name, monitor)
    finally:
        remove_leftovers(project)
    note_device(project, 0, ready)
    join_shards(project, video)
    said = taken_in_words(len(placed), len(placed.names), poses.path.name, placed.notes, placed.passed)
    return Outcome(taken=said)


def _taken_of(project: Project, video: Video, network: PoseNetwork) -> str:
    """What a network gave so far, in words."""
    found = project.known_predictions(video.id, 0)
    notes = [another_learns(project.setting("estimator")), *network.notes]
    return taken_in_words(len(found), len(np.unique(found.track)), network.name, notes)


def finish(
    project: Project,
    monitor: Monitor,
    *,
    device: str | None = None,
    budget: float | None = None,
    urgent: Iterable[tuple[int, int]] = (),
    evenly: bool = False,
) -> Outcome:
    """Estimates what the latest round has not reached yet, in all videos that were begun.

    budget: seconds after which it ends, None for no limit; urgent: videos and frames to begin with; evenly:
    spread over the videos, else from their beginnings on. Raises UserError, Cancelled; what was finished
    before stays.
    """
    device = wanted_device(project, device)
    with project.alone(), ExitStack() as opened:
        number = project.latest_round()
        if number is None:
            raise UserError("There is nothing to finish yet. Estimate the poses first.")
        begun = project.begun()
        _prepare(project, begun)
        unfinished = [video for video in begun if project.coverage(video.id, number).missing().any()]
        if not unfinished:
            return Outcome()
        sources = {video.id: opened.enter_context(open_located(project, video)) for video in unfinished}
        ready = ready_estimator(project, number, device, monitor)
        return estimate_round(project, number, ready, sources, device, monitor, budget, urgent, evenly)


def frames_of_labels(project: Project) -> list[tuple[int, int]]:
    """Videos and frames of what is queued or labelled, the latest labels first."""
    video_of = project.video_of_track()
    labelled = sorted(project.labels().values(), key=lambda label: -label.pose.round)
    samples = [*project.queued(), *(label.sample for label in labelled)]
    return [(video_of[sample.track], sample.frame) for sample in samples if sample.track in video_of]


def estimate_round(
    project: Project,
    number: int,
    ready: ReadyEstimator,
    sources: dict[int, VideoSource],
    device: str,
    monitor: Monitor,
    budget: float | None,
    urgent: Iterable[tuple[int, int]] = (),
    evenly: bool = True,
) -> Outcome:
    """What a round has not reached of some open videos, of a project that is held alone; see finish."""
    networks = kept_networks(project, number, sources, device)
    with estimation(project, number, ready.session, sources, device, monitor, networks=networks) as work:
        outcome = work.run(budget, urgent, evenly)
    note_device(project, number, ready)
    for video in project.videos():
        if video.id in sources:
            join_shards(project, video)
    return outcome


def _to_be_replaced(
    project: Project, videos: list[Video], settings: FindSettings | None, given: bool
) -> set[int]:
    """Videos whose people are known and not those that are asked for. given: they come from a file. Raises
    UserError where somebody has worked on them.
    """
    anew = [
        video
        for video in videos
        if (given or not _as_before(project, video, settings)) and project.computed.segments(TRACKS, video.id)
    ]
    for video in anew:
        if project.store.touched(video.id):
            raise UserError(
                f"{video.path.name} has labels, proposals or changed people already, its people cannot be "
                "replaced. Start another project."
            )
    return {video.id for video in anew}


def _as_before(project: Project, video: Video, settings: FindSettings | None) -> bool:
    """Whether the people of a video were found with these settings, so that looking for them goes on."""
    return settings is None or settings.go_on_from(finding_of(project, video.id) or USUAL)


def _prepare(project: Project, videos: list[Video]) -> int:
    """Puts away what earlier tries and versions left; returns the latest round, or the first one to be
    estimated.
    """
    forget_aside(project.store)
    project.store.drop_unestimated_rounds()
    number = project.store.rounds()[-1].id
    for video in videos:
        bring_up_to_date(project, video)
        drop_damaged(project, video, number)
    remove_leftovers(project)
    return number


def _begin(project: Project, estimator: str | None, monitor: Monitor) -> None:
    """Makes round 0 with its estimator where there is none; until it is estimated the estimator may still
    change.
    """
    settled = project.setting("estimator")
    choice = estimator or settled
    if choice not in SHIPPED_ESTIMATORS and (Path(choice).suffix or Path(choice).expanduser().is_dir()):
        choice = str(Path(choice).expanduser().absolute())
    begun = bool(project.store.rounds())
    if begun and choice == settled:
        return
    if project.latest_round() is not None:
        raise UserError(
            f"This project adapts the estimator {settled}, it cannot change to {choice}. Start another "
            "project."
        )
    place_first_estimator(project, choice, monitor)
    project.store.set_setting("estimator", choice)
    if not begun:
        project.store.add_round(0, {})


def _ask(project: Project, videos: set[int], wanted: bool = True) -> None:
    """Remembers that these were asked to be estimated, or that they were in vain."""
    before = set(project.setting(ASKED) or ())
    if (after := before | videos if wanted else before - videos) != before:
        project.store.set_setting(ASKED, sorted(after))


def _want(project: Project, video: Video, parts: list[tuple[int, int]], anew: bool) -> None:
    """Adds frames to those that are wanted of a video; where nobody asked for some yet, and where all is done
    anew, they are all of them.
    """
    asked = dict(project.setting(SPANS) or {})
    known = str(video.id) in asked or bool(project.computed.segments(SAMPLES, video.id))
    asked[str(video.id)] = merged([*(project.spans(video.id) if known and not anew else []), *parts])
    project.store.set_setting(SPANS, asked)


def _given(
    project: Project, video: Video, source: VideoSource, boxes: Path, parts: list[tuple[int, int]]
) -> list[Track]:
    """The people of a file, in some parts of the video, in all of it where there are none."""
    given = box_files.read_file(boxes, len(source), round(source.fps), frames=frames_by_name(video.path))
    inside = np.full(len(source), not parts)
    for start, stop in parts:
        inside[start:stop] = True
    named = [(name, frames[inside[frames]], values[inside[frames]]) for name, frames, values in given]
    named = [one for one in named if len(one[1])]
    if not named:
        raise UserError(f"{boxes.name} has no boxes between the frames asked for. Ask for others.")
    first = project.store.reserve_tracks(len(named))
    return [
        Track(number, video.id, name, frames, values)
        for number, (name, frames, values) in enumerate(named, first)
    ]


def _check_anybody(project: Project, videos: list[Video]) -> None:
    """Raises UserError where all was looked at in vain, which leaves nothing behind; of several, in all of
    them.
    """
    reasons: list[UserError] = []
    for video in videos:
        estimates = project.estimates(video.id, project.latest_round())
        if not project.store.track_names(video.id):
            reasons.append(nobody_in(video.path.name))
        elif estimates is None or not len(estimates):
            reasons.append(
                UserError(
                    f"No frame of {video.path.name} with a person in it could be decoded. Choose another "
                    "video."
                )
            )
    if len(reasons) < len(videos):
        return
    for video in videos:
        forget_video(project.store, video.id)
    _ask(project, {video.id for video in videos}, wanted=False)
    remove_leftovers(project)
    raise reasons[0]
