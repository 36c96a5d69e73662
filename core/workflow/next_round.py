"""What every new round has in common, however its estimator came about, and one whose estimator is an
earlier round's.
"""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from core.domain import Monitor, UserError
from core.project.estimators.models import ready_estimator, wanted_device
from core.project.project import AGAIN, Project
from core.project.store.segments import TRACKS
from core.project.videos import open_located
from core.queries.status import LEARNED, MEASURED, TRAINED, measure
from core.workflow.estimate import estimate_round, frames_of_labels
from core.workflow.estimate_round import Outcome, remove_leftovers
from core.workflow.forget import forget_old_rounds
from core.workflow.given_poses import take_again
from core.workflow.join_shards import bring_up_to_date


@contextmanager
def next_round(project: Project) -> Iterator[Path]:
    """The folder for the estimator of the next round, of a project that is held alone; where it fails before
    that has estimated anything, nothing of the round remains.
    """
    following = project.known_round() + 1
    folder = project.estimator_folder(following)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield folder
    except BaseException:
        if project.latest_round() != following:
            shutil.rmtree(folder, ignore_errors=True)
            project.store.drop_unestimated_rounds()
        remove_leftovers(project)
        raise


def begin_round(
    project: Project, summary: dict, measured: dict, device: str, monitor: Monitor, budget: float | None
) -> Outcome:
    """Starts the next round, whose estimator is in its folder already, and estimates with it, where there are
    labels first.

    measured: what the labels said of the present one; budget: seconds, None for everything. Raises UserError,
    Cancelled.
    """
    following = project.known_round() + 1
    ready = ready_estimator(project, following, device, monitor)
    project.store.start_round(following, summary, before={MEASURED: measured})
    take_again(project, following)
    with ExitStack() as opened:
        begun = [
            video
            for video in project.begun()
            if project.tracks(video.id) or not project.computed.segments(TRACKS, video.id)
        ]
        sources = {video.id: opened.enter_context(open_located(project, video)) for video in begun}
        first, evenly = frames_of_labels(project), budget is not None
        outcome = estimate_round(project, following, ready, sources, device, monitor, budget, first, evenly)
    forget_old_rounds(project)
    remove_leftovers(project)
    return outcome


def go_back(
    project: Project, number: int, monitor: Monitor, *, device: str | None = None, budget: float | None = None
) -> Outcome:
    """Makes the next round of the estimator of an earlier one. Nothing is lost: labels and the rounds between
    stay.

    budget: seconds after which estimating ends, None for everything. Raises UserError, Cancelled; where that
    happens before anything is estimated, the project is as it was.
    """
    device = wanted_device(project, device)
    with project.alone():
        latest, source = project.latest_round(), project.estimator_folder(number)
        if latest is None or not 0 <= number < latest or not source.is_dir():
            raise UserError(_none_to_go_back_to(number, latest))
        for video in project.videos():
            bring_up_to_date(project, video)
        known = next(entry.summary for entry in project.store.rounds() if entry.id == number)
        measured = measure(project, latest)
        with next_round(project) as folder:
            try:
                shutil.copytree(source, folder)
            except OSError as error:
                why = (
                    f"The estimator could not be copied to {folder}: {error}. Free disk space, then "
                    "try again."
                )
                raise UserError(why) from error
            kept = {name: known[name] for name in (*TRAINED, LEARNED) if name in known}
            return begin_round(
                project, {LEARNED: []} | kept | {AGAIN: number}, measured, device, monitor, budget
            )


def _none_to_go_back_to(number: int, latest: int | None) -> str:
    if not latest:
        return "There is no earlier round to go back to yet. Fine-tune first."
    earlier = "round 0" if latest == 1 else f"one of the rounds 0 to {latest - 1}"
    return (
        f"Round {number} is no earlier round of this project, whose present one is round {latest}. "
        f"Choose {earlier}."
    )
