"""Makes the pose priors that ship with the project: python resources/pose_prior/pretrain.py POSES.npz

POSES.npz: poses (N, 17, 2) in box heights, y down; clip (N,) the motion each pose comes from; clip_names.
Whole clips are held out; the figures printed are of those: the chance that a pose with one joint displaced
looks odder than one without.
"""

import sys
import time
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from core.adaptation.pose_prior import pretrain, save_prior  # noqa: E402
from core.domain import COCO17  # noqa: E402

HELD_OUT_EVERY = 5  # every fifth motion clip is for validation
DISPLACEMENT = 0.2  # of the box height


def area_under_curve(natural: np.ndarray, odd: np.ndarray) -> float:
    """Chance that an odd pose gets the higher value."""
    ranks = np.argsort(np.argsort(np.concatenate([natural, odd])))
    return float((ranks[len(natural) :].sum() - len(odd) * (len(odd) - 1) / 2) / (len(natural) * len(odd)))


def main() -> None:
    torch.set_num_threads(1)
    data = np.load(sys.argv[1])
    poses, clip = data["poses"].astype(np.float32), data["clip"]
    held_out = clip % HELD_OUT_EVERY == HELD_OUT_EVERY - 1
    rng = np.random.default_rng(0)
    validation = poses[held_out][:: max(1, held_out.sum() // 4000)]
    displaced = validation.copy()
    angle = rng.uniform(0, 2 * np.pi, len(displaced))
    joint = rng.integers(0, displaced.shape[1], len(displaced))
    displaced[np.arange(len(displaced)), joint] += DISPLACEMENT * np.stack([np.cos(angle), np.sin(angle)], 1)
    kinds = np.array([name.split("_")[-1] for name in COCO17.joints])[joint]
    clips = clip[held_out][:: max(1, held_out.sum() // 4000)]
    ones = np.ones(validation.shape[:2], np.float32)
    for variant in ("ours", "paper"):
        started = time.perf_counter()
        prior = pretrain(poses[~held_out], variant)
        seconds = time.perf_counter() - started
        natural, odd = (prior.unnaturalness(p, ones, ones[:, 0]) for p in (validation, displaced))
        print(
            f"{variant}: {seconds:.0f} s, held out {len(natural)} poses, WPU {natural.mean():.4f}, "
            f"AUC {area_under_curve(natural, odd):.3f}"
        )
        for kind in dict.fromkeys(name.split("_")[-1] for name in COCO17.joints):
            print(f"  {kind} displaced: {area_under_curve(natural, odd[kinds == kind]):.3f}")
        for i in np.unique(clips):
            print(
                f"  within {data['clip_names'][i]}: "
                f"{area_under_curve(natural[clips == i], odd[clips == i]):.3f}"
            )
        save_prior(prior, Path(__file__).parent / f"{variant}.safetensors")


if __name__ == "__main__":
    main()
