"""People, poses and criteria of a video, with the latest round's estimator."""

from pathlib import Path

from core.domain import Cancelled, Monitor, Track, UserError
from core.estimation.device import threads
from core.formats import boxes as box_files
from core.project.estimators.models import (
    SHIPPED,
    open_detector,
    place_first_estimator,
    ready_estimator,
    wanted_device,
)
from core.project.project import Project
from core.project.rounds.computing import check_span, estimate_round, remove_leftovers
from core.project.rounds.find import find_again
from core.project.rounds.rebuild import rebuild_people
from core.project.store.store import Video
from core.project.videos import open_located
from core.tracking.people import find_people
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
    start: int = 0,
    stop: int | None = None,
    settings: FindSettings | None = None,
) -> None:
    """Finds the people when none are known yet, then estimates every sample of the video in the latest round. Where the
    files that said who is where are lost, the people are found anew, and those with labels stay who they are.

    estimator: of round 0, a name or a file; boxes: a file that replaces detection; start, stop: frames, for people;
    settings: to find them with in place of the usual ones, also where some are known that nobody touched.
    A cancelled or failed estimation leaves the project as it was. Raises UserError, Cancelled.
    """
    video = next(v for v in project.videos() if v.id == video_id)
    device = wanted_device(project, device)
    with project.alone():
        lost = rebuild_people(project, video)
    if lost and boxes is None:
        find_again(project, video_id, monitor, device=device, settings=settings or USUAL)
        return
    with project.alone(), open_located(project, video) as source:
        check_span(start, stop, source)
        project.store.drop_unestimated_rounds()
        _begin(project, estimator, monitor)
        remove_leftovers(project)
        people = None
        if boxes or settings or not project.tracks(video.id) or (start, stop) != (0, None):
            people = _find_people(project, video, source, boxes, device, monitor, start, stop, settings or USUAL)
        number = project.store.rounds()[-1].id
        session = ready_estimator(project, number, device, monitor)
        if project.latest_round() is None:
            project.store.set_setting("skeleton", session.spec.skeleton.to_json())
        estimate_round(project, video, source, number, session, monitor, people, whole=boxes is not None)
        if people is not None:
            given = set(project.setting("given_boxes")) - {video.id} | ({video.id} if boxes else set())
            project.store.set_setting("given_boxes", sorted(given))
        project.store.mark_estimated(number)


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


def _find_people(
    project: Project,
    video: Video,
    source: VideoSource,
    boxes: Path | None,
    device: str,
    monitor: Monitor,
    start: int,
    stop: int | None,
    settings: FindSettings,
) -> list[Track]:
    if project.store.touched(video.id):
        raise UserError(
            f"{video.path.name} has labels, proposals or changed people already, its people cannot be replaced. "
            "Start another project."
        )
    if boxes is not None:
        given = box_files.read_file(boxes, len(source), round(source.fps), frames=frames_by_name(video.path))
        named = [
            (name, frames[inside], values[inside])
            for name, frames, values in given
            if (inside := (frames >= start) & (frames < (stop or len(source)))).any()
        ]
        if not named:
            raise UserError(
                f"{boxes.name} has no boxes between the frames asked for. Give --start and --stop otherwise."
            )
    else:
        detector = open_detector(device, monitor, settings)
        people = find_people(source, detector, monitor, start, stop, threads(), settings)
        named = [(f"Person {i}", person.frames, person.boxes) for i, person in enumerate(people, 1)]
    if monitor.cancelled():
        raise Cancelled
    first = project.store.next_track()
    return [Track(i, video.id, name, frames, values) for i, (name, frames, values) in enumerate(named, first)]
