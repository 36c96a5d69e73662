"""Mistakes that last, put into exact poses: how many are found, and what is found where there are none.

    python benchmarks/mistakes.py DIR/long/long_walk_rare.mp4 DIR/long/three_people.mp4 … --seeds 3

Poses are the annotation with an annotator's deviation that changes slowly. Mistakes are put in apart from one
another and only where they matter: nobody is frozen who stands still. One sample in a hundred is a label;
half of the odd labels are a pose of another time, half one with its sides exchanged.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter1d

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core.benchmark.references import find_reference  # noqa: E402
from core.domain import COCO17  # noqa: E402
from core.refinement.mistakes import (  # noqa: E402
    FROZEN,
    JUMPING,
    KINDS,
    LABEL,
    PEOPLE,
    SIDES,
    Mistake,
    exchanged_people,
    mistakes,
)
from core.refinement.refine import Tracklet, runs, units  # noqa: E402

FPS = 30.0
APART = 60  # frames between two that are put in
OVERLAP = 0.5  # of the frames of both, from which one is the other
Truth = tuple[int, Mistake]  # track, what was put in


def people(video: Path, rng: np.random.Generator) -> tuple[dict[int, Tracklet], float]:
    """By track, and the minutes of the video."""
    reference = find_reference(str(video), None)
    sigmas, found = np.array(COCO17.sigmas), {}
    for track in np.unique(reference.track).tolist():
        rows = np.flatnonzero(reference.track == track)
        rows = rows[np.argsort(reference.frame[rows])]
        count = len(rows)
        whole = Tracklet(
            reference.frame[rows],
            reference.boxes[rows].astype(float),
            reference.points[rows].astype(float),
            np.full((count, 17), 0.6),
            np.zeros(count, bool),
            np.full((count, 17, 2), np.nan),
            FPS,
            sigmas,
            0.5,
        )
        noise = gaussian_filter1d(rng.normal(size=whole.points.shape), 3, axis=0)
        noise *= 0.5 / noise.std() * units(whole)[:, None] / 2
        points = whole.points + noise
        out = ~reference.labelled[rows]  # outside of the picture, where nothing is known of it
        points[out] = np.repeat(points.mean(1, keepdims=True), 17, 1)[out]
        whole.confidence[out] = 0
        labels = whole.labels.copy()
        chosen = rng.permutation(count)[: max(1, count // 100)]
        labels[chosen] = np.where(out[chosen][..., None], np.nan, points[chosen])
        found[track] = replace(whole, points=points, labels=labels)
    return found, reference.minutes()


def put_in(
    person: Tracklet, kind: str, row: int, rng: np.random.Generator
) -> tuple[Tracklet, Mistake] | None:
    """None where it would not matter."""
    points, labels = person.points.copy(), person.labels.copy()
    unit, joint = units(person), int(rng.integers(5, 17))
    last = row + int(rng.integers(15, 60))
    if kind == LABEL:
        wrong, found = points[(row + int(rng.integers(60, 300))) % len(points)], LABEL
        if rng.random() < 0.5:
            wrong, found = points[row][COCO17.flip_index], SIDES
        if np.exp(-((np.linalg.norm(wrong - points[row], axis=1) / unit) ** 2) / 2).mean() > 0.25:
            return None
        labels[row] = wrong
        return replace(person, labels=labels), Mistake(
            found, int(person.frame[row]), int(person.frame[row]), 1
        )
    if not any(run.start < row and last + 1 < run.stop for run in runs(person)):
        return None
    span = slice(row, last + 1)
    before = points[span].copy()
    if kind == SIDES:
        points[span] = points[span][:, COCO17.flip_index]
        labels[span] = labels[span][:, COCO17.flip_index]
        joint = -1
    elif kind == FROZEN:
        points[span, joint] = points[row, joint]
    else:
        span = slice(row, row + int(rng.integers(2, 15)))
        before = points[span].copy()
        angle = rng.uniform(0, 2 * np.pi)
        points[span, joint] += rng.uniform(2, 6) * unit[joint] * np.array([np.cos(angle), np.sin(angle)])
    away = np.linalg.norm(points[span] - before, axis=-1) / unit
    enough = (
        (np.exp(-(away**2) / 2).mean(1) < 0.6).mean() > 0.8 if kind == SIDES else away[:, joint].max() > 2
    )
    if not enough:
        return None
    labels[span] = np.where(np.isfinite(labels[span]), points[span], np.nan)
    first, stop = int(person.frame[span.start]), int(person.frame[span.stop - 1])
    return replace(person, points=points, labels=labels), Mistake(
        kind, first, stop, 1, None if joint < 0 else joint
    )


def spoiled(found: dict[int, Tracklet], rng: np.random.Generator) -> tuple[dict[int, Tracklet], list[Truth]]:
    found, truth = dict(found), []
    tracks = list(found)
    for track in tracks:
        place, turn = APART, int(rng.integers(0, 4))
        while place < len(found[track].frame) - 2 * APART:
            done = put_in(found[track], (SIDES, FROZEN, JUMPING, LABEL)[turn % 4], place, rng)
            if done:
                found[track] = done[0]
                truth.append((track, done[1]))
                turn += 1
                place = int(np.searchsorted(found[track].frame, done[1].last)) + APART
            else:
                place += 7
    return found, truth


def with_exchanged_people(
    found: dict[int, Tracklet], rng: np.random.Generator
) -> tuple[dict[int, Tracklet], list[Truth]]:
    found, truth = dict(found), []
    for one, other in pairwise(list(found)):
        a, b = found[one], found[other]
        frame, mine, theirs = np.intersect1d(a.frame, b.frame, return_indices=True)
        pa, pb = a.points.copy(), b.points.copy()
        for start in range(APART, len(frame) - 2 * APART, 3 * APART):
            stop = start + int(rng.integers(10, 60))
            unit = np.minimum(units(a), units(b))
            away = np.median(
                np.linalg.norm(pa[mine[[start, stop]]] - pb[theirs[[start, stop]]], axis=-1) / unit, 1
            )
            if away.min() > 1.5 and frame[stop] - frame[start - 1] == stop - start + 1:
                span = slice(start, stop + 1)
                pa[mine[span]], pb[theirs[span]] = pb[theirs[span]], pa[mine[span]].copy()
                truth.append((one, Mistake(PEOPLE, int(frame[start]), int(frame[stop]), 1, other=other)))
        none = np.nan
        found[one] = replace(a, points=pa, labels=np.full(a.labels.shape, none))
        found[other] = replace(b, points=pb, labels=np.full(b.labels.shape, none))
    return found, truth


def look(found: dict[int, Tracklet], pairs: bool = False) -> list[Truth]:
    seen = (
        [] if pairs else [(track, one) for track, person in found.items() for one in mistakes(person, COCO17)]
    )
    tracks = list(found)
    for place, one in enumerate(tracks):
        for other in tracks[place + 1 :]:
            seen += [(one, wrong) for wrong in exchanged_people(found[one], found[other], other)]
    return seen


def same(wanted: Truth, seen: Truth) -> bool:
    (track, a), (other, b) = wanted, seen
    if track != other or a.kind != b.kind or a.joint != b.joint or a.other != b.other:
        return False
    shared = min(a.last, b.last) - max(a.first, b.first) + 1
    return shared >= OVERLAP * (max(a.last, b.last) - min(a.first, b.first) + 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("videos", nargs="+", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--list", action="store_true", help="What was missed and what was made up.")
    chosen = parser.parse_args()
    counts = {kind: [0, 0, 0] for kind in KINDS}  # put in, found, found and not put in
    for video in chosen.videos:
        alarms: list[str] = []
        minutes = 0.0
        for seed in range(chosen.seeds):
            rng = np.random.default_rng(seed)
            clean, length = people(video, rng)
            minutes += length
            alarms += [one.kind for _, one in look(clean)]
            ways: tuple[tuple[Callable, bool], ...] = ((spoiled, False), (with_exchanged_people, True))
            for spoil, pairs in ways:
                found, truth = spoil(clean, rng)
                seen = look(found, pairs)
                if chosen.list:
                    print(
                        *(f"missed {one}" for one in truth if not any(same(one, other) for other in seen)),
                        sep="\n",
                    )
                    print(
                        *(f"made up {one}" for one in seen if not any(same(other, one) for other in truth)),
                        sep="\n",
                    )
                for one in truth:
                    counts[one[1].kind][0] += 1
                    counts[one[1].kind][1] += any(same(one, other) for other in seen)
                for other in seen:
                    counts[other[1].kind][2] += not any(same(one, other) for one in truth)
        if chosen.list:
            print(*(f"alarm {one}" for one in look(clean)), sep="\n")
        by_kind = {kind: alarms.count(kind) for kind in KINDS if kind in alarms}
        print(f"{video.stem}, clean: {len(alarms) / minutes:.2f} false alarms a minute {by_kind}")
    for kind, (wanted, found, false) in counts.items():
        f1 = 2 * found / max(wanted + found + false, 1)
        print(f"{kind}: {wanted} put in, {found} found, {false} false, F1 {f1:.3f}")
    wanted, found, false = (sum(column) for column in zip(*counts.values(), strict=True))
    print(f"all: F1 {2 * found / max(wanted + found + false, 1):.3f}")


if __name__ == "__main__":
    main()
