"""People, poses and criteria of a video, with the latest round's estimator, as far as a budget of time allows."""

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from core.domain import Monitor, Track, UserError
from core.estimation.session import EstimatorSession
from core.formats import boxes as box_files
from core.project.estimators.models import (
    SHIPPED,
    place_first_estimator,
    ready_estimator,
    wanted_device,
)
from core.project.project import SPANS, Project
from core.project.rounds.computing import (
    Outcome,
    check_span,
    drop_damaged,
    estimation,
    note_device,
    remove_leftovers,
)
from core.project.rounds.find import find_again
from core.project.rounds.pack import bring_up_to_date, pack
from core.project.rounds.rebuild import rebuild_people
from core.project.store.segments import SAMPLES, TRACKS, forget_aside, forget_video
from core.project.store.store import Video
from core.project.videos import open_located
from core.tracking.people import nobody_in
from core.tracking.settings import USUAL, FindSettings
from core.video.folder import frames_by_name
from core.video.source import VideoSource


def estimate(
    project: Project,
    video_id: int,
    monitor: Monitor,
    *,
    device: str | None = None,
    estimator: str | None = None,
    boxes: Path | None = None,
    start: int | None = None,
    stop: int | None = None,
    settings: FindSettings | None = None,
    budget: float | None = None,
    near: int | None = None,
) -> Outcome:
    """Finds the people of a video and estimates their poses in the latest round, where that is not done yet, in segments
    spread evenly over it. Where the files that said who is where are lost, the people are found anew, and those with labels
    stay who they are.

    estimator: of round 0, a name or a file; boxes: a file that replaces detection; start, stop: frames that are wanted,
    beside those asked for before; settings: to find people with in place of the usual ones, also where some are known that
    nobody touched; budget: seconds after which it ends, with what is done by then, None for everything; near: a frame to
    begin with. A cancelled or failed estimation keeps the segments that were finished, and the next one goes on.
    Raises UserError, Cancelled.
    """
    video = next(v for v in project.videos() if v.id == video_id)
    device = wanted_device(project, device)
    with project.alone():
        lost = rebuild_people(project, video)
    if lost and boxes is None:
        find_again(project, video_id, monitor, device=device, settings=settings or USUAL)
    with project.alone(), open_located(project, video) as source:
        part = None if start is None and stop is None else (start or 0, len(source) if stop is None else stop)
        check_span(*(part or (0, None)), source)
        _begin(project, estimator, monitor)
        number = _prepare(project, [video])
        anew = bool(boxes or settings) and bool(project.computed.segments(TRACKS, video.id))
        if anew and project.store.touched(video.id):
            raise UserError(
                f"{video.path.name} has labels, proposals or changed people already, its people cannot be replaced. "
                "Start another project."
            )
        if part is not None:
            _want(project, video, part, anew)
        people = None if boxes is None else _given(project, video, source, boxes, part or (0, len(source)))
        session = ready_estimator(project, number, device, monitor)
        with estimation(project, number, session, {video.id: source}, device, monitor, settings) as work:
            if anew or people:
                work.replace_people(video.id, people)
            outcome = work.run(budget, [(video.id, near)] if near is not None else ())
        _check_anybody(project, video)
        note_device(project, number, session)
        pack(project, video)
    return outcome


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

    budget: seconds after which it ends, None for no limit; urgent: videos and frames to begin with; evenly: spread over the
    videos, else from their beginnings on. Raises UserError, Cancelled; what was finished before stays.
    """
    device = wanted_device(project, device)
    with project.alone(), ExitStack() as opened:
        number = project.latest_round()
        if number is None:
            raise UserError("There is nothing to finish yet. Estimate the poses first.")
        begun = [video for video in project.videos() if project.computed.segments(TRACKS, video.id)]
        _prepare(project, begun)
        unfinished = [video for video in begun if project.coverage(video.id, number).missing().any()]
        if not unfinished:
            return Outcome()
        sources = {video.id: opened.enter_context(open_located(project, video)) for video in unfinished}
        session = ready_estimator(project, number, device, monitor)
        return estimate_round(project, number, session, sources, device, monitor, budget, urgent, evenly)


def frames_of_labels(project: Project) -> list[tuple[int, int]]:
    """Videos and frames of what is queued or labelled, the latest labels first."""
    video_of = project.video_of_track()
    labelled = sorted(project.labels().values(), key=lambda label: -label.pose.round)
    samples = [*project.queued(), *(label.sample for label in labelled)]
    return [(video_of[sample.track], sample.frame) for sample in samples if sample.track in video_of]


def estimate_round(
    project: Project,
    number: int,
    session: EstimatorSession,
    sources: dict[int, VideoSource],
    device: str,
    monitor: Monitor,
    budget: float | None,
    urgent: Iterable[tuple[int, int]] = (),
    evenly: bool = True,
) -> Outcome:
    """What a round has not reached of some open videos, of a project that is held alone; see finish."""
    with estimation(project, number, session, sources, device, monitor) as work:
        outcome = work.run(budget, urgent, evenly)
    note_device(project, number, session)
    for video in project.videos():
        if video.id in sources:
            pack(project, video)
    return outcome


def _prepare(project: Project, videos: list[Video]) -> int:
    """Puts away what earlier tries and versions left; returns the latest round, or the first one to be estimated."""
    forget_aside(project.store)
    project.store.drop_unestimated_rounds()
    number = project.store.rounds()[-1].id
    for video in videos:
        bring_up_to_date(project, video)
        drop_damaged(project, video, number)
    remove_leftovers(project)
    return number


def _begin(project: Project, estimator: str | None, monitor: Monitor) -> None:
    """Makes round 0 with its estimator where there is none; until it is estimated the estimator may still change."""
    settled = project.setting("estimator")
    choice = estimator or settled
    if choice not in SHIPPED and (Path(choice).suffix or Path(choice).expanduser().is_dir()):
        choice = str(Path(choice).expanduser().absolute())
    begun = bool(project.store.rounds())
    if begun and choice == settled:
        return
    if project.latest_round() is not None:
        raise UserError(
            f"This project adapts the estimator {settled}, it cannot change to {choice}. Start another project."
        )
    place_first_estimator(project, choice, monitor)
    project.store.set_setting("estimator", choice)
    if not begun:
        project.store.add_round(0, {})


def _want(project: Project, video: Video, part: tuple[int, int], anew: bool) -> None:
    """Adds frames to those that are wanted of a video; the first time, and where all is done anew, they are all of them."""
    asked = dict(project.setting(SPANS) or {})
    begun = project.computed.segments(SAMPLES, video.id) and not anew
    spans = project.spans(video.id) if begun else []
    merged: list[list[int]] = []
    for first, last in sorted([*spans, part]):
        if merged and first <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], last)
        else:
            merged.append([first, last])
    asked[str(video.id)] = merged
    project.store.set_setting(SPANS, asked)


def _given(project: Project, video: Video, source: VideoSource, boxes: Path, part: tuple[int, int]) -> list[Track]:
    """The people of a file."""
    given = box_files.read_file(boxes, len(source), round(source.fps), frames=frames_by_name(video.path))
    named = [
        (name, frames[inside], values[inside])
        for name, frames, values in given
        if (inside := (frames >= part[0]) & (frames < part[1])).any()
    ]
    if not named:
        raise UserError(f"{boxes.name} has no boxes between the frames asked for. Give --start and --stop otherwise.")
    first = project.store.reserve_tracks(len(named))
    return [Track(number, video.id, name, frames, values) for number, (name, frames, values) in enumerate(named, first)]


def _check_anybody(project: Project, video: Video) -> None:
    """Raises UserError where all was looked at in vain, which leaves nothing behind."""
    estimates = project.estimates(video.id, project.latest_round())
    if not project.store.track_names(video.id):
        why: UserError = nobody_in(video.path.name)
    elif estimates is None or not len(estimates):
        why = UserError(f"No frame of {video.path.name} with a person in it could be decoded. Choose another video.")
    else:
        return
    forget_video(project.store, video.id)
    remove_leftovers(project)
    raise why
