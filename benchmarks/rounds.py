"""Rounds of a project on a video with a reference: what share of its poses is right after each.

python benchmarks/rounds.py [--dataset demo] [--data DIR] [--labels 5,10,20] [--seeds 1] [--steps N]
    [--exact-boxes] [--estimator lightning] [--variant ours] [--sampler NAME] [--criterion NAME]

Unlike `main.py benchmark`, which is given everybody's exact box, this goes a user's way: people are found by
the detector and followed, poses are proposed, labelled from the reference, and the boxes of a round are those
the project makes. Figures are of all poses in the reference; somebody who is not found counts as wrong: of
the raw predictions, labelled ones not replaced, and of what would be exported, refined poses and labels. Exit
status 1 where a round is worse than the one before by more than .3 points at OKS >= .75 or >= .9, raw.
"""

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from scipy.optimize import linear_sum_assignment

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core.benchmark.references import Reference, find_reference, parse_name  # noqa: E402
from core.benchmark.ruler import WORSE  # noqa: E402
from core.benchmark.transforms import TRANSFORMS  # noqa: E402
from core.domain import COCO17, Box, Silent, Visibility  # noqa: E402
from core.evaluation.oks import oks  # noqa: E402
from core.formats import coco  # noqa: E402
from core.project.project import Project  # noqa: E402
from core.project.store.predictions import Predictions  # noqa: E402
from core.project.store.store import Video  # noqa: E402
from core.queries.refined import refined_predictions  # noqa: E402
from core.video.source import open_video  # noqa: E402
from core.workflow.annotate import annotate  # noqa: E402
from core.workflow.estimate import estimate  # noqa: E402
from core.workflow.fine_tune import finetune  # noqa: E402
from core.workflow.propose import propose  # noqa: E402

THRESHOLDS = (0.6, 0.75, 0.9)
IN_SIGHT = 0.9  # share of the labelled joints


def changed_video(source: Path, target: Path, change: str) -> tuple[int, int]:
    """Writes the video as the change makes it, H.264 at crf 18, sides cut to even numbers; returns the size
    of a frame before.
    """
    rng, transform = np.random.default_rng(0), TRANSFORMS[change]
    with open_video(source) as video, av.open(target, "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(video.fps).limit_denominator(1001))
        stream.pix_fmt, stream.options = "yuv420p", {"crf": "18", "preset": "veryfast"}
        for _, frame in video.stream():
            image = transform.frame(frame.to_array("rgb"), rng)
            image = np.ascontiguousarray(image[: len(image) // 2 * 2, : image.shape[1] // 2 * 2])
            if not stream.codec_context.is_open:
                stream.height, stream.width = image.shape[:2]
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
        return video.width, video.height


def as_coco(reference: Reference, width: int, height: int) -> coco.CocoDataset:
    frames = np.unique(reference.frame).tolist()
    images = {
        frame: coco.CocoImage(
            frame, f"frame_{frame:06d}.png", frame, width=width, height=height, numbered=True
        )
        for frame in frames
    }
    people = [
        coco.CocoPerson(
            row,
            int(reference.frame[row]),
            np.where(reference.labelled[row][:, None], reference.points[row], 0.0),
            np.where(reference.labelled[row], Visibility.VISIBLE, Visibility.MISSING).astype(np.int8),
            Box(*map(float, reference.boxes[row])),
            int(reference.track[row]),
        )
        for row in range(len(reference.frame))
    ]
    return coco.CocoDataset(COCO17, images, people)


def exported(project: Project, video: Video) -> Predictions:
    """Refined poses, and labels where there are any."""
    refined = refined_predictions(project, video, Silent())
    points = refined.points.copy()
    for sample, label in project.labels().items():
        if (row := refined.row(sample)) is not None:
            placed = label.pose.labelled
            points[row][placed] = label.pose.points[placed]
    return replace(refined, points=points)


def score(
    predictions: Predictions, reference: Reference, points: np.ndarray, sigmas: np.ndarray
) -> np.ndarray:
    """(N,) OKS of every pose of the reference, 0 where nobody was found for it; in each frame people are
    paired with those found by what gives the highest sum. points: (N, K, 2) of the video.
    """
    values = np.zeros(len(reference.frame))
    for frame in np.unique(reference.frame).tolist():
        rows, found = np.flatnonzero(reference.frame == frame), predictions.points[predictions.rows_at(frame)]
        if not len(found):
            continue
        pairs = [np.repeat(rows, len(found)), np.tile(np.arange(len(found)), len(rows))]
        alike = oks(
            found[pairs[1]],
            points[pairs[0]],
            reference.labelled[pairs[0]],
            reference.areas[pairs[0]],
            sigmas,
        ).reshape(len(rows), len(found))
        one, other = linear_sum_assignment(-np.nan_to_num(alike))
        values[rows[one]] = alike[one, other]
    return values[reference.labelled.any(1)]


def run(folder: Path, arguments: argparse.Namespace, seed: int) -> bool:
    """Prints a line of the table for each round; whether one was worse than the one before."""
    [part] = parse_name(arguments.dataset)
    reference = find_reference(part.source, arguments.data)
    points, boxes, media = reference.points, reference.boxes, reference.media
    if part.transform != "none":
        clip, transform = folder / f"{media.stem}.mp4", TRANSFORMS[part.transform]
        size = changed_video(media, clip, part.transform)
        points, boxes, media = transform.points(points, size), transform.boxes(boxes, size), clip
    elif isinstance(media, dict):
        media = media[min(media)].parent
    in_sight = (reference.in_sight >= IN_SIGHT)[reference.labelled.any(1)]
    worse, before = False, None
    with Project(folder / "project", create=True) as project:
        video = project.add_video(media)
        for name in ("variant", "steps"):
            if getattr(arguments, name) is not None:
                project.store.set_setting(name, getattr(arguments, name))
        labels = folder / "labels.json"
        moved = Reference(**{**vars(reference), "points": points, "boxes": boxes})
        labels.write_text(coco.write(as_coco(moved, video.width, video.height)))
        given = labels if arguments.exact_boxes else None
        estimate(project, video.id, Silent(), estimator=arguments.estimator, boxes=given)
        ends, seconds, refused = [0, *arguments.labels], 0.0, ""
        for number in range(len(ends)):
            sigmas = np.array(project.skeleton.sigmas)
            values, better = (
                score(predictions, reference, points, sigmas)
                for predictions in (project.predictions(video.id), exported(project, video))
            )
            shares = [float((values >= threshold).mean()) for threshold in THRESHOLDS]
            out = [float((better >= threshold).mean()) for threshold in THRESHOLDS]
            fell = before is not None and any(
                new < old - WORSE for new, old in zip(shares[1:], before[1:], strict=True)
            )
            seen = f"{(values[in_sight] >= 0.75).mean():.3f}" if in_sight.any() else "–"
            print(
                f"| {arguments.dataset} | {seed} | {len(project.labels())} "
                f"| {' / '.join(f'{share:.3f}' for share in shares)} "
                f"| {' / '.join(f'{share:.3f}' for share in out)} | {seen} "
                f"| {'yes' if fell else ''} | {refused} | {seconds:.0f} |",
                flush=True,
            )
            worse, before = worse or fell, shares
            if number + 1 < len(ends):
                propose(
                    project,
                    ends[number + 1] - ends[number],
                    arguments.criterion,
                    arguments.sampler,
                    seed=seed,
                    audit=0,
                )
                annotate(project, labels)
                started = time.monotonic()
                refused = finetune(project, Silent(), seed=seed)
                seconds = time.monotonic() - started
    return worse


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--dataset", default="demo", help="as main.py benchmark takes it")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--labels", type=lambda text: [int(n) for n in text.split(",")], default=[5, 10, 20])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--exact-boxes", action="store_true", help="people are where the reference says")
    parser.add_argument("--estimator", default="lightning")
    parser.add_argument("--variant")
    parser.add_argument("--sampler")
    parser.add_argument("--criterion")
    arguments = parser.parse_args()
    columns = "raw, OKS ≥ .6 / .75 / .9 | as exported | in sight, ≥ .75 | worse | refused | round, s"
    print(f"| set | seed | labels | {columns} |")
    print("|---|---|---|---|---|---|---|---|---|")
    worse = False
    for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds):
        with tempfile.TemporaryDirectory() as folder:
            worse |= run(Path(folder), arguments, seed)
    sys.exit(int(worse))


if __name__ == "__main__":
    main()
