"""Uncertainty of every sample of a project, comparable across its videos."""

import numpy as np

from core.domain import UserError
from core.project.project import Project
from core.project.store.predictions import Predictions
from core.project.store.track_assignments import find_samples
from core.uncertainty.combine import combine
from core.uncertainty.criteria import CRITERIA, parse
from core.uncertainty.influence import Influence, directions, influence


class NotComputed(UserError):
    """A criterion that was not asked for when the poses were estimated."""


def scores(project: Project, video: int, criterion: str, variant: str | None = None) -> np.ndarray:
    """(N,) in 0..1 in the rows of the video's latest predictions, scaled over all that is not labelled; NaN
    for poses that were estimated by themselves.

    Raises UserError for an unknown criterion or variant, NotComputed for one that the estimates lack.
    """
    pools = all_predictions(project)
    values = pool_scores(project, pools, criterion, variant)
    start = 0
    for predictions in pools:
        if predictions.video == video:
            return np.where(predictions.stored >= 0, values[start : start + len(predictions)], np.nan)
        start += len(predictions)
    return np.empty(0)


def pool_scores(
    project: Project, pools: list[Predictions], criterion: str, variant: str | None = None
) -> np.ndarray:
    """The same over all videos, one after the other."""
    columns = parse(criterion, variant or project.setting("variant"))
    missing = missing_columns(columns, pools)
    for name in (column.split(".")[0] for column in missing):
        if why := CRITERIA[name].unavailable(project.skeleton):
            raise NotComputed(
                f"The criterion {name} is not available, because {why}. Choose another, e.g. thc+lc."
            )
    if missing:
        raise NotComputed(
            f"The criterion {missing[0]} was not computed for these estimates. Estimate the poses again."
        )
    raw = [column_values(project, pools, column) for column in columns]
    if all_given(project, pools) and not any(np.isfinite(values).any() for values in raw):
        raise NotComputed(
            f"The criterion {criterion} looks at heatmaps, which poses of a file do not have. Choose td, "
            "wpu, lc or tpc, or a sum with one of them."
        )
    computed = np.concatenate([predictions.stored >= 0 for predictions in pools])
    unlabelled = computed & ~labelled_rows(project, pools)
    return combine(raw, unlabelled if unlabelled.any() else computed)


def all_given(project: Project, pools: list[Predictions]) -> bool:
    """Whether all of these poses came from files."""
    return all(project.pose_file(predictions.video, predictions.round) for predictions in pools)


def missing_columns(columns: list[str], pools: list[Predictions]) -> list[str]:
    """Those that the estimates lack."""
    having = [predictions.criteria for predictions in pools if (predictions.stored >= 0).any()]
    return [
        column
        for column in columns
        if column != Influence.name and any(column not in known for known in having)
    ]


def column_values(project: Project, pools: list[Predictions], column: str) -> np.ndarray:
    """(N,) raw values over all videos, one after the other; NaN for poses that have none."""
    if column == Influence.name:
        return _influence(project, pools)
    known = (p.criteria.get(column) for p in pools)
    return np.concatenate(
        [
            np.full(len(p), np.nan, np.float32) if values is None else values
            for p, values in zip(pools, known, strict=True)
        ]
    )


def _influence(project: Project, pools: list[Predictions]) -> np.ndarray:
    """Of each pose on the others of its video, which changes as more of them are known."""
    values = []
    for predictions in pools:
        found = np.full(len(predictions), np.nan, np.float32)
        stored, known = (
            project.computed.embeddings(predictions.video, predictions.round),
            predictions.stored >= 0,
        )
        if known.any():
            rows = predictions.stored[known]
            found[known] = influence(directions(stored[rows]).mean(0), stored[rows])
        values.append(found)
    return np.concatenate(values)


def before_and_after(
    project: Project, video: int, criterion: str
) -> tuple[Predictions, np.ndarray, Predictions, np.ndarray]:
    """A video's estimates of the round before and of the latest, each with (N,) values on one common scale in
    0..1.

    Raises UserError where there is no round before, NotComputed for a criterion that either lacks.
    """
    latest = project.latest_round()
    known = [project.predictions(video, number) for number in ((latest or 0) - 1, latest) if latest]
    both = [predictions for predictions in known if predictions is not None]
    if len(both) < 2:
        raise UserError("There is no round before to compare with yet. Fine-tune first.")
    columns = parse(criterion, project.setting("variant"))
    if missing := missing_columns(columns, both):
        raise NotComputed(f"The criterion {missing[0]} was not computed for both rounds.")
    raw = [column_values(project, both, column) for column in columns]
    values = combine(raw, np.concatenate([predictions.stored >= 0 for predictions in both]))
    before, after = both
    return before, values[: len(before)], after, values[len(before) :]


def labelled_rows(project: Project, pools: list[Predictions]) -> np.ndarray:
    """(N,) bool over all videos, one after the other."""
    return sample_rows(pools, set(project.store.labels()))


def sample_rows(pools: list[Predictions], samples: set) -> np.ndarray:
    """(N,) bool: which rows are among the samples."""
    track, frame = np.array(list(samples), np.int64).reshape(-1, 2).T
    found = [find_samples(track, frame, predictions.track, predictions.frame) >= 0 for predictions in pools]
    return np.concatenate(found) if found else np.zeros(0, bool)


def all_predictions(project: Project) -> list[Predictions]:
    return [p for video in project.videos() if (p := project.predictions(video.id)) is not None]
