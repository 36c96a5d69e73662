"""Which read-out, and what to train: each choice measured on video that the estimator has not seen the like of.

python benchmarks/recipe.py --data DIR [--sets balance_cam01:dark,...] [--seeds 2] [--choices ours,all layers,...]

DIR holds clips/NAME.mp4 and reference/NAME[_PERSON].npz with kpts (n, 17, 3) x, y, valid and box (n, 4), image pixels.
A shift is made of the decoded frames; 10 % of the samples, drawn at random, are labelled; all samples are scored.
"""

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.shifts import shift_frame  # noqa: E402
from core.adaptation.trainer import Recipe, fine_tune  # noqa: E402
from core.adaptation.training_set import TrainingSet, context_picture, context_squares  # noqa: E402
from core.domain import COCO17  # noqa: E402
from core.estimation.crops import cells_to_image, crop_squares, image_to_cells  # noqa: E402
from core.estimation.decode import decode  # noqa: E402
from core.estimation.network import SPECS, Estimator, load_estimator  # noqa: E402
from core.evaluation.oks import oks  # noqa: E402
from core.project.models import RESOURCES  # noqa: E402
from core.video.source import open_video  # noqa: E402

SETS = (
    "balance_cam01:upside-down,balance_cam03:dark,assisted_cam04:low-contrast,"
    "assisted_cam01:upside-down,assisted_cam04:dark"
)
CHOICES = {
    "ours": {},
    "all layers": {"frozen_blocks": 0},
    "six blocks frozen": {"frozen_blocks": 6},
    "twice the rate": {"rate": 4e-4},
    "half the rate": {"rate": 1e-4},
    "target sigma 2": {"sigma": 2.0},
    "target sigma 1": {"sigma": 1.0},
}


class Samples:
    """A set in memory. crops: (N, side, side, 3); data: pictures with room around; truth: (N, 17, 2); boxes: (N, 4)."""

    def __init__(self, folder: Path, name: str, shift: str, spec):
        files = sorted((folder / "reference").glob(f"{name}*.npz"))
        references = [np.load(file) for file in files]
        rng = np.random.default_rng(0)
        crops, pictures, squares, contexts, truths, boxes = [], [], [], [], [], []
        with open_video(folder / "clips" / f"{name}.mp4") as source:
            for number, frame in source.stream():
                image = shift_frame(frame.to_array("rgb"), shift, rng)
                for reference in references:
                    joints, box = reference["kpts"][number].astype(float), reference["box"][number].astype(float)
                    if shift == "upside-down":
                        corner = np.array([source.width - 1, source.height - 1])
                        joints[:, :2] = corner - joints[:, :2]
                        box = np.concatenate([corner - box[2:], corner - box[:2]])
                    square, context = crop_squares(box[None], spec.margin)[0], context_squares(box[None], spec)[0]
                    crops.append(context_picture(image, square, spec.side, spec.levels))
                    pictures.append(context_picture(image, context, round(spec.side * 1.5), spec.levels))
                    for kept, value in ((squares, square), (contexts, context), (truths, joints), (boxes, box)):
                        kept.append(value)
        joints = np.stack(truths)
        self.crops, self.squares, self.boxes = np.stack(crops), np.stack(squares), np.stack(boxes)
        self.truth, self.labelled = joints[..., :2], joints[..., 2] > 0
        points = image_to_cells(self.truth, np.stack(contexts), round(spec.side * 1.5))
        self.data = TrainingSet(np.stack(pictures), points, self.labelled)

    def some(self, rows: np.ndarray) -> TrainingSet:
        return TrainingSet(self.data.pictures[rows], self.data.points[rows], self.data.labelled[rows])

    def score(self, estimator: Estimator) -> np.ndarray:
        """(N,) OKS."""
        with torch.no_grad():
            heatmaps = torch.cat([estimator(torch.from_numpy(part))[0] for part in np.array_split(self.crops, 12)])
        points = cells_to_image(decode(heatmaps.numpy())[0], self.squares, estimator.spec.cells)
        area = (self.boxes[:, 2] - self.boxes[:, 0]) * (self.boxes[:, 3] - self.boxes[:, 1])
        return oks(points, self.truth, self.labelled, area, np.array(COCO17.sigmas))


def text(values: np.ndarray) -> str:
    return f"{(values >= 0.6).mean():.2f}/{(values >= 0.75).mean():.2f}/{values.mean():.3f}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", default=SETS)
    parser.add_argument("--choices", default=",".join(CHOICES))
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--steps", type=int, default=100)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    spec = SPECS["movenet-lightning"]
    weights = RESOURCES / "estimators" / "lightning.safetensors"
    print("share of OKS >= 0.6 / >= 0.75 / mean OKS over all samples")
    for name, shift in (entry.split(":") for entry in arguments.sets.split(",")):
        samples = Samples(arguments.data, name, shift, spec)
        fresh = load_estimator(weights, spec)
        gated = samples.score(fresh)
        fresh.spec = spec.plain()
        print(f"{name} {shift}, untrained: gated {text(gated)}, plain {text(samples.score(fresh))}", flush=True)
        for choice in arguments.choices.split(","):
            plain, still_gated, seconds = [], [], []
            for seed in range(arguments.seeds):
                rows = np.random.default_rng(seed).permutation(len(samples.crops))[: len(samples.crops) // 10]
                estimator = load_estimator(weights, spec)
                started = time.monotonic()
                recipe = Recipe(seed=seed, seconds=None, **CHOICES[choice])
                fine_tune(estimator, samples.some(rows), recipe, arguments.steps, torch.device("cpu"), lambda *_: True)
                seconds.append(time.monotonic() - started)
                plain.append(samples.score(estimator))
                estimator.spec = replace(estimator.spec, gated=True)
                still_gated.append(samples.score(estimator))
            line = f"  {choice}: plain {text(np.stack(plain))}, gated {text(np.stack(still_gated))}"
            print(f"{line}, {np.mean(seconds):.0f} s", flush=True)


if __name__ == "__main__":
    main()
