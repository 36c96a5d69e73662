"""The baseline without a network: labels at a uniform stride, and straight lines in time between them."""

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from core.benchmark.dataset import Dataset
from core.benchmark.plan import Protocol
from core.benchmark.ruler import Round, Ruler

NOWHERE = np.inf  # coordinates of a joint that no label speaks of: wrong by every measure


def simulate_keyframes(dataset: Dataset, protocol: Protocol, sigmas: np.ndarray) -> Iterator[Round]:
    """Yields each round as it ends; raw figures are of the interpolated poses.

    Labels are laid anew for each round, as well as that number of them can be. The annotator goes through
    each track in time and starts from the label before, the first time from nothing.
    """
    ruler = Ruler(dataset, sigmas)
    rows = np.empty(0, np.int64)
    for following in [*protocol.ends(len(dataset)), None]:
        started = time.perf_counter()
        annotated = np.zeros(len(dataset), bool)
        annotated[rows] = True
        points = interpolated(dataset, annotated)
        known = np.isfinite(points).any((1, 2))
        entry = ruler.measure(points, points, known.astype(float), annotated)
        entry = replace(entry, estimating=time.perf_counter() - started)
        if following is not None:
            rows = keyframes(dataset.track, dataset.seconds, following)
            before, ruler.moved = ruler.moved, _moved(dataset, ruler, rows)
            entry = replace(
                entry, queried=[int(row) for row in rows if not annotated[row]], moved=ruler.moved - before
            )
        yield entry


def keyframes(track: np.ndarray, seconds: np.ndarray, count: int) -> np.ndarray:
    """(count,) rows to label: at a uniform stride in each track, its first and last sample where it gets two
    or more.

    Each label goes to the track with the most samples for each label it has, first to those without any.
    track: (N,); seconds: (N,) in the video.
    """
    tracks, lengths = np.unique(track, return_counts=True)
    labels = np.zeros(len(tracks), np.int64)
    for _ in range(count):
        labels[np.argmax(np.where(labels == 0, lengths * len(track), lengths / np.maximum(labels, 1)))] += 1
    chosen = []
    for name, length, wanted in zip(tracks, lengths, labels, strict=True):
        rows = np.flatnonzero(track == name)
        rows = rows[np.argsort(seconds[rows], kind="stable")]
        places = np.linspace(0, length - 1, wanted) if wanted > 1 else np.full(wanted, (length - 1) / 2)
        chosen.append(rows[np.round(places).astype(int)])
    return np.concatenate(chosen)


def interpolated(dataset: Dataset, annotated: np.ndarray) -> np.ndarray:
    """(N, K, 2) image pixels: linear in time between the labels of a track, the nearest label outside of
    them. A joint that one of two labels lacks is taken from the other; NOWHERE for one that both lack, and
    where a track has no label.

    annotated: (N,) bool.
    """
    points = np.full(dataset.points.shape, NOWHERE)
    for name in np.unique(dataset.track[annotated]):
        rows = np.flatnonzero(dataset.track == name)
        labels = rows[annotated[rows]]
        labels = labels[np.argsort(dataset.seconds[labels], kind="stable")]
        times, now = dataset.seconds[labels], dataset.seconds[rows]
        after = np.searchsorted(times, now).clip(0, len(labels) - 1)
        before = (np.searchsorted(times, now, "right") - 1).clip(0)
        length = times[after] - times[before]
        weight = np.where(length > 0, (now - times[before]) / np.where(length > 0, length, 1), 0.0)[
            :, None, None
        ]
        start, end = dataset.points[labels[before]], dataset.points[labels[after]]
        in_start, in_end = (dataset.labelled[labels[side]][..., None] for side in (before, after))
        both = (1 - weight) * start + weight * end
        points[rows] = np.where(
            in_start & in_end, both, np.where(in_start, start, np.where(in_end, end, NOWHERE))
        )
    return points


def _moved(dataset: Dataset, ruler: Ruler, rows: np.ndarray) -> int:
    """Joints moved to label rows (n,), each track's in a row and in the order of time."""
    before = np.roll(rows, 1)
    follows = np.append(False, dataset.track[rows[1:]] == dataset.track[rows[:-1]])
    known = follows[:, None] & dataset.labelled[before]
    return int(ruler.moves(np.where(known[..., None], dataset.points[before], NOWHERE), rows).sum())
