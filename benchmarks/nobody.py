"""How many of the poses proposed first show nobody, on a video whose people are known.

python benchmarks/nobody.py VIDEO REFERENCE [--size 100] [--minutes 0] [--budget all] [--estimator NAME]
[--sheet FILE]

REFERENCE: who is where, as COCO keypoints JSON. minutes: the clip is looped to that length, 0 for once. A
proposed box shows nobody where no box of the reference overlaps it by a tenth (intersection over union), and
a limb where none does by three. The sheet shows all that were proposed, to be judged by eye. The exit status
is 1 where more than 2 % show nobody.
"""

import argparse
import math
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.long_videos import loop  # noqa: E402
from core.domain import SampleId  # noqa: E402
from core.domain.overlap import iou  # noqa: E402
from core.formats import coco  # noqa: E402
from core.project.project import Project  # noqa: E402
from core.project.videos import open_located  # noqa: E402
from core.video.imaging import cv2  # noqa: E402
from core.video.source import open_video  # noqa: E402

NOBODY, LIMB = 0.1, 0.3  # intersection over union
MOST = 0.02
SIDE, COLUMNS = 160, 10  # pixels of a picture on the sheet, and how many stand beside one another


def run(*arguments: object) -> None:
    command = [sys.executable, ROOT / "main.py", *arguments, "--quiet"]
    subprocess.run(list(map(str, command)), check=True, stdout=subprocess.DEVNULL)


def boxes_by_frame(reference: Path) -> dict[int, np.ndarray]:
    dataset = coco.read_file(reference)
    found: dict[int, list] = {}
    for person in dataset.people:
        found.setdefault(dataset.images[person.image].frame, []).append(person.box)
    return {frame: np.array(boxes) for frame, boxes in found.items()}


def picture(project: Project, sample: SampleId, pixels: np.ndarray) -> np.ndarray:
    """(SIDE, SIDE, 3) of the box with some of what is around it, and the joints."""
    predictions = project.predictions(project.video_of_track()[sample.track])
    row = predictions.row(sample)
    box = predictions.boxes[row].astype(float)
    scale = SIDE / (1.3 * (box[2:] - box[:2]).max())
    shift = SIDE / 2 - scale * (box[:2] + box[2:]) / 2
    small = cv2.warpAffine(pixels, np.array([[scale, 0, shift[0]], [0, scale, shift[1]]]), (SIDE, SIDE))
    corners = [tuple(map(int, scale * corner + shift)) for corner in (box[:2], box[2:])]
    cv2.rectangle(small, *corners, (255, 128, 0), 1)
    for point in predictions.points[row]:
        cv2.circle(small, tuple(map(int, scale * point + shift)), 2, (0, 220, 255), -1)
    return small


def draw(project: Project, samples: list[SampleId], target: Path) -> None:
    with open_located(project, project.videos()[0]) as source:
        tiles = [picture(project, sample, source.read(sample.frame)[..., :3].copy()) for sample in samples]
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % COLUMNS)
    rows = [np.hstack(tiles[first : first + COLUMNS]) for first in range(0, len(tiles), COLUMNS)]
    cv2.imwrite(str(target), np.vstack(rows))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("video", type=Path)
    parser.add_argument("reference", type=Path)
    parser.add_argument("--size", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=0.0)
    parser.add_argument("--budget", default="all")
    parser.add_argument("--estimator", default="thunder")
    parser.add_argument("--sheet", type=Path)
    arguments = parser.parse_args()
    known = boxes_by_frame(arguments.reference)
    with open_video(arguments.video) as source:
        period = len(source)
    with tempfile.TemporaryDirectory() as place:
        folder, video = Path(place) / "project", arguments.video
        if arguments.minutes:
            video = Path(place) / f"looped{arguments.video.suffix}"
            loop(arguments.video, video, arguments.minutes)
        estimate = ("estimate", video, "--project", folder, "--estimator", arguments.estimator)
        run(*estimate, "--budget", arguments.budget)
        run("propose", "--project", folder, "--size", arguments.size)
        with Project(folder) as project:
            samples = project.queued()
            predictions = project.predictions(1)
            overlaps = []
            for sample in samples:
                there = known.get(sample.frame % period, np.empty((0, 4)))
                box = predictions.boxes[predictions.row(sample)].astype(float)
                overlaps.append(float(iou(box[None], there).max(initial=0.0)))
            if arguments.sheet:
                draw(project, samples, arguments.sheet)
    nobody, limb = (sum(overlap < least for overlap in overlaps) for least in (NOBODY, LIMB))
    print(f"{len(samples)} proposed: {nobody} show nobody, {limb - nobody} a limb")
    return int(nobody > math.floor(MOST * len(samples)))


if __name__ == "__main__":
    sys.exit(main())
