"""Which samples to label next."""

import math
from dataclasses import replace

import numpy as np

from core.domain import SampleId, Span, UserError
from core.project.project import Project
from core.project.store.predictions import Predictions
from core.project.store.store import QueueItem
from core.queries.scores import all_predictions, column_values, pool_scores, sample_rows
from core.queries.status import AUDIT, ON_NEIGHBOUR, competence
from core.queries.stray_poses import Shared, shared_stretches
from core.selection.pool import Pool
from core.selection.registry import entry, sampler
from core.uncertainty.combine import minmax
from core.uncertainty.criteria import parse

MINIMUM_GAP = 0.1  # seconds between two picks of one person
MOST_ON_NEIGHBOURS = 0.5  # of a batch: poses that lie on a neighbour


def default_size(pool: int) -> int:
    """max(5, 5 % of the pool), at most 40 (method, section 3)."""
    return min(40, max(5, round(0.05 * pool)))


def propose(
    project: Project,
    size: int | None = None,
    criterion: str | None = None,
    sampler_name: str | None = None,
    variant: str | None = None,
    seed: int = 0,
    audit: float | None = None,
    span: Span | None = None,
) -> list[QueueItem]:
    """Appends the next batch to the queue; what is labelled, queued or skipped is never proposed again.

    First comes, but in the paper's variant, one pose of each stretch in which somebody's lie on a neighbour;
    poses where hardly anybody can be seen are left out as long as there are others. audit: so many more, as
    a share of the batch but at least one, are drawn at random to tell how the rest is (0 for none). span:
    only what lies in these frames is proposed; what is drawn at random comes from all that is wanted of the
    videos, for it speaks of all of that. Each argument left out is the project's setting. Raises UserError
    before the first estimation, for unknown names, and when every sample is labelled or queued.
    """
    variant = variant or project.setting("variant")
    criterion = criterion or project.criterion(sampler_name)
    audit = project.setting("audit") if audit is None else audit
    chosen = entry(sampler_name or project.setting("sampler"), variant)
    everyone = all_predictions(project)
    pools = [predictions.computed() for predictions in everyone]
    if not sum(map(len, pools)):
        raise UserError("There is nothing to propose from yet. Estimate the poses first.")
    if not 0 <= audit <= 1:
        raise UserError(
            f"A random check of {audit:g} of the batch is not possible. Give a share between 0 and 1."
        )
    uncertainty = pool_scores(project, pools, criterion, variant)
    wanted = np.concatenate([wanted_rows(project, p) for p in pools])
    inside = wanted if span is None else wanted & np.concatenate([_inside(p, span) for p in pools])
    size = default_size(int(inside.sum())) if size is None else size
    if size < 1:
        raise UserError(f"A batch of {size} poses is not possible. Give a size of 1 or more.")
    taken = _taken(project, pools, wanted, inside, span)
    pool = _pool(
        project, pools, uncertainty, taken, _candidates(project, everyone, inside, taken, variant), variant
    )
    checked: list[int] = []
    # drawn first and from all that is wanted, else it would say how good the rest of the picks are
    if audit > 0:
        draw = replace(pool, minimum_gap=0.0, candidates=wanted)
        checked, _ = sampler("random")(draw, max(1, round(audit * size)), seed + pools[0].round)
        taken[checked] = True  # the pool's own
    stolen = replace(pool, candidates=inside)
    first = (
        _on_neighbours(project, pools, stolen, math.ceil(MOST_ON_NEIGHBOURS * size))
        if variant == "ours"
        else []
    )
    taken[first] = True
    rest = min(size - len(first), len(uncertainty))
    rows, worth = chosen.pick(pool, rest, seed) if rest else ([], [])
    picks = [(row, {ON_NEIGHBOUR: 1.0}) for row in first]
    picks += [
        (row, {} if math.isnan(value) else {chosen.told: round(value, 3)})
        for row, value in zip(rows, worth, strict=True)
    ]
    picks += [(row, {AUDIT: 1.0}) for row in checked]
    raw = {c.split(".")[0]: column_values(project, pools, c) for c in parse(criterion, variant)}
    values = {name: minmax(column, ~taken) for name, column in raw.items() if np.isfinite(column).any()}
    items = _items(pools, picks, values | {criterion: uncertainty})
    project.store.append_to_queue(items)
    return items


def _taken(
    project: Project, pools: list[Predictions], wanted: np.ndarray, inside: np.ndarray, span: Span | None
) -> np.ndarray:
    """(N,) bool: rows of the pools that are labelled, queued or skipped. Raises UserError where all are."""
    known = set(project.store.labels(accepted_only=False)) | {item.sample for item in project.store.queue()}
    taken = sample_rows(pools, known)
    if taken[wanted].all():
        raise UserError("Every pose is labelled or queued already. Label what is queued, or export.")
    if span is not None and taken[inside].all():
        raise UserError(
            f"Every pose in frames {span.first} to {span.last} is labelled or queued already. Select "
            "other frames."
        )
    return taken


def _candidates(
    project: Project, everyone: list[Predictions], inside: np.ndarray, taken: np.ndarray, variant: str
) -> np.ndarray:
    """(N,) bool: those where somebody can be seen, as long as there are such."""
    if variant != "ours":
        return inside
    seen = inside & np.concatenate([project.in_sight(p.video)[p.stored >= 0] for p in everyone])
    return seen if (seen & ~taken).any() else inside


def _pool(
    project: Project,
    pools: list[Predictions],
    uncertainty: np.ndarray,
    taken: np.ndarray,
    candidates: np.ndarray,
    variant: str,
) -> Pool:
    fps = {video.id: video.fps for video in project.videos()}
    return Pool(
        embeddings=_embeddings(project, pools),
        uncertainty=uncertainty,
        taken=taken,
        candidates=candidates,
        competence=competence(project, variant),
        track=np.concatenate([p.track for p in pools]),
        seconds=np.concatenate([p.frame / fps[p.video] for p in pools]),
        minimum_gap=MINIMUM_GAP if variant == "ours" else 0.0,
    )


def _items(
    pools: list[Predictions], picks: list[tuple[int, dict[str, float]]], values: dict[str, np.ndarray]
) -> list[QueueItem]:
    """picks: rows of the pools, each with why it was picked; values: (N,) by name, told of each."""
    starts = np.cumsum([0] + [len(p) for p in pools])
    items = []
    for row, why in picks:
        part = int(np.searchsorted(starts, row, "right")) - 1
        reason = {name: round(float(column[row]), 3) for name, column in values.items()}
        items.append(
            QueueItem(pools[part].sample(row - starts[part]), pools[part].round, False, reason | why)
        )
    return items


def _embeddings(project: Project, pools: list[Predictions]) -> np.ndarray:
    """(N, D) float16, of the pools one after the other; copied once, since they take most of the memory."""
    parts = [(project.computed.embeddings(p.video, p.round), p.stored) for p in pools if len(p)]
    width = max(stored.shape[1] for stored, _ in parts)
    found, done = np.zeros((sum(map(len, pools)), width), np.float16), 0
    for stored, rows in parts:
        if stored.shape[1] == width:
            np.take(stored, rows, axis=0, out=found[done : done + len(rows)], mode="clip")
        else:  # of poses that came from a file, or the other way round
            found[done : done + len(rows), : stored.shape[1]] = stored[rows]
        done += len(rows)
    return found


def _on_neighbours(project: Project, pools: list[Predictions], pool: Pool, most: int) -> list[int]:
    """Rows of the pool that lie on a neighbour, where the detector saw somebody in their own box, too: of
    each stretch of which none is taken the surest one, else one near it; the longest stretch first.
    """
    found: list[tuple[Shared, int]] = []
    fps = {video.id: video.fps for video in project.videos()}
    start = 0
    for computed in pools:
        predictions = project.known_predictions(computed.video)
        there = (project.detected(computed.video) != 0)[predictions.stored >= 0]
        for stretch in shared_stretches(
            predictions, project.shared_bodies(computed.video), fps[computed.video]
        ):
            known = [computed.row(predictions.sample(row)) for row in stretch.rows.tolist()]
            rows = [row for row in known if row is not None]
            there_too = [row for row in rows if there[row] and pool.candidates[start + row]]
            if there_too and not pool.taken[start + np.array(rows)].any():
                worst = int(predictions.frame[stretch.worst])
                found.append(
                    (stretch, start + min(there_too, key=lambda row: abs(int(computed.frame[row]) - worst)))
                )
        start += len(computed)
    ordered = sorted(found, key=lambda one: (-len(one[0].rows), one[1]))
    return list(dict.fromkeys(row for _, row in ordered))[:most]


def is_exhausted(project: Project, taken: set[SampleId]) -> bool:
    """Whether every pose that is wanted, of every video, is among the samples that are taken."""
    pools = [predictions.computed() for predictions in all_predictions(project)]
    return all(sample_rows([pool], taken)[wanted_rows(project, pool)].all() for pool in pools)


def wanted_rows(project: Project, predictions: Predictions) -> np.ndarray:
    """(N,) bool: the samples of a video that lie in the frames that are wanted."""
    starts, stops = np.array(project.spans(predictions.video)).T
    span = np.searchsorted(starts, predictions.frame, "right") - 1
    return (span >= 0) & (predictions.frame < stops[span])


def _inside(predictions: Predictions, span: Span) -> np.ndarray:
    """(N,) bool: the samples of a video that lie in the span."""
    frames = (predictions.frame >= span.first) & (predictions.frame <= span.last)
    return frames & (predictions.video == span.video)
