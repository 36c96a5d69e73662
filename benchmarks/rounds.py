"""Rounds of the whole loop on a video with a reference: what share of all poses is right after each.

python benchmarks/rounds.py [--video FILE --reference COCO.json] [--shifts none,upside-down,dark,low-contrast]
    [--rounds 4] [--share 0.05] [--estimator lightning] [--variant ours] [--sampler duw] [--criterion thc+wpu]

By default the bundled clip. People are found by the detector. Labels of the proposed samples come from the
reference; the figures are of the raw predictions of all poses in the reference, labelled ones not replaced; a
person who is not found counts as wrong.
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

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core.benchmark.transforms import TRANSFORMS  # noqa: E402
from core.domain import Box, Silent  # noqa: E402
from core.evaluation.oks import oks  # noqa: E402
from core.formats import coco  # noqa: E402
from core.project.project import Project  # noqa: E402
from core.queries.status import status  # noqa: E402
from core.video.source import open_video  # noqa: E402
from core.workflow.annotate import annotate  # noqa: E402
from core.workflow.estimate import estimate  # noqa: E402
from core.workflow.fine_tune import finetune  # noqa: E402
from core.workflow.propose import propose  # noqa: E402


def shift_video(source: Path, target: Path, shift: str) -> tuple[int, int]:
    """Writes the shifted video, H.264 at crf 18, sides cut to even numbers; returns the size of a frame
    before.
    """
    rng, transform = np.random.default_rng(0), TRANSFORMS[shift]
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


def shift_reference(dataset: coco.CocoDataset, shift: str, size: tuple[int, int]) -> coco.CocoDataset:
    """size: width and height of the frames before."""
    transform = TRANSFORMS[shift]
    people = [
        replace(
            person,
            points=np.where(person.visibility[:, None] > 0, transform.points(person.points, size), 0.0),
            box=person.box and Box(*map(float, transform.boxes(np.array([person.box]), size)[0])),
        )
        for person in dataset.people
    ]
    return replace(dataset, people=people)


def score(project: Project, video: int, dataset: coco.CocoDataset) -> np.ndarray:
    """(n,) OKS of every reference pose with joints, against the best prediction in its frame."""
    predictions = project.predictions(video)
    sigmas = np.array(project.skeleton.sigmas)
    values = []
    for person in dataset.people:
        labelled = person.visibility > 0
        if not labelled.any():
            continue
        found = predictions.points[predictions.rows_at(dataset.images[person.image].frame)]
        shape = (len(found), 1, 1)
        truth, count = np.tile(person.points, shape), np.tile(labelled, (len(found), 1))
        area = np.full(len(found), person.box.area)
        values.append(oks(found, truth, count, area, sigmas).max(initial=0))
    return np.array(values)


def run(folder: Path, shift: str, arguments: argparse.Namespace) -> None:
    clip = folder / f"{arguments.video.stem}.mp4"
    size = shift_video(arguments.video, clip, shift)
    with Project(folder / "project", create=True) as project:
        video = project.add_video(clip)
        project.store.set_setting("variant", arguments.variant)
        reference = shift_reference(coco.read_file(arguments.reference), shift, size)
        images = {
            key: replace(image, width=video.width, height=video.height)
            for key, image in reference.images.items()
        }
        reference = replace(reference, images=images)
        labels = folder / "labels.json"
        labels.write_text(coco.write(reference))
        estimate(project, video.id, Silent(), estimator=arguments.estimator)
        row = [describe(score(project, video.id, reference))]
        seconds = []
        for _ in range(arguments.rounds):
            size = max(1, round(arguments.share * len(reference.people)))
            propose(project, size, arguments.criterion, arguments.sampler)
            annotate(project, labels)
            started = time.monotonic()
            finetune(project, Silent())
            seconds.append(time.monotonic() - started)
            row.append(describe(score(project, video.id, reference)))
        training = [entry.seconds for entry in status(project)[1:]]
        stop = next((entry.round for entry in status(project) if entry.advice.stop), "–")
    print(
        f"| {arguments.video.stem} {shift} | {' | '.join(row)} | {max(training):.0f} | {max(seconds):.0f} "
        f"| {stop} |",
        flush=True,
    )


def describe(values: np.ndarray) -> str:
    return f"{(values >= 0.6).mean():.2f} / {(values >= 0.75).mean():.2f}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--video", type=Path, default=ROOT / "resources/clips/assisted_cam04.mp4")
    parser.add_argument("--reference", type=Path, default=ROOT / "resources/clips/assisted_cam04.json")
    parser.add_argument("--shifts", default="none,upside-down,dark,low-contrast")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--share", type=float, default=0.05)
    parser.add_argument("--estimator", default="lightning")
    parser.add_argument("--variant", default="ours")
    parser.add_argument("--sampler")
    parser.add_argument("--criterion")
    arguments = parser.parse_args()
    rounds = " | ".join(f"round {i}" for i in range(arguments.rounds + 1))
    print(f"| clip, shift | {rounds} | longest training, s | longest round, s | first stop |")
    print("|---" * (arguments.rounds + 5) + "|")
    for shift in arguments.shifts.split(","):
        with tempfile.TemporaryDirectory() as folder:
            run(Path(folder), shift, arguments)


if __name__ == "__main__":
    main()
