"""Fine-tuning of an estimator on labelled heatmaps."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.adaptation.augmentation import Augmentation, augment
from core.adaptation.training_set import TrainingSet
from core.estimation.network import Estimator

EPOCHS = 250  # times (1 - G): the paper's rule
LEAST_EPOCHS = 5


@dataclass(frozen=True)
class Recipe:
    """How to fine-tune. Chosen by measurement, see benchmarks/RESULTS.md.

    frozen_blocks: the first blocks of the backbone that stay as they are (edges and textures; a third of the time);
    sigma: of the target Gaussian, in cells; steps: upper bound; least_steps: lower bound; seconds: the time after which
    the schedule ends early, None for none.
    """

    batch: int = 8
    rate: float = 2e-4
    weight_decay: float = 0.0
    frozen_blocks: int = 3
    sigma: float = 1.5
    warm_up: int = 10
    augmentation: Augmentation = Augmentation()  # noqa: RUF009 - frozen
    steps: int = 200
    least_steps: int = 120
    seconds: float | None = 75.0
    seed: int = 0


@dataclass(frozen=True)
class Trained:
    """What training did: steps, epochs over the set, the smoothed loss at the end, seconds, device."""

    steps: int
    epochs: float
    loss: float
    seconds: float
    device: str


def planned_steps(samples: int, competence: float, recipe: Recipe, variant: str) -> int:
    """E = floor(250 (1 - G)) epochs, at least 5, within the step budget (method, section 4).

    "ours" takes no fewer than recipe.least_steps: G near 1 says that the labels are learned, not that the rest is.
    """
    epochs = max(LEAST_EPOCHS, math.floor(EPOCHS * (1 - competence) + 1e-9))
    least = recipe.least_steps if variant == "ours" else 0
    return min(recipe.steps, max(least, epochs * math.ceil(samples / recipe.batch)))


def fine_tune(
    estimator: Estimator,
    training_set: TrainingSet,
    recipe: Recipe,
    steps: int,
    device: torch.device,
    on_step: Callable[[int, float], bool],
) -> Trained:
    """Trains the estimator in place. Its read-out is plain afterwards: the gate's heads are not trained and drift.

    on_step: called with the number of steps done and the smoothed loss; training ends when it returns False.
    """
    rng = np.random.default_rng(recipe.seed)
    torch.manual_seed(recipe.seed)
    net = estimator.net.to(device, memory_format=torch.channels_last).train()
    parameters = _trained_parameters(net, recipe.frozen_blocks)
    optimizer = torch.optim.AdamW(parameters, lr=recipe.rate, weight_decay=recipe.weight_decay)
    scaler = torch.amp.GradScaler(device.type, enabled=device.type == "cuda")
    batches = _batches(rng, len(training_set.points), recipe.batch)
    started = time.monotonic()
    smoothed, done = 0.0, 0
    while done < steps:
        progress = done / steps
        if recipe.seconds is not None:
            progress = max(progress, (time.monotonic() - started) / recipe.seconds)
        if progress >= 1:
            break
        rate = recipe.rate * min(1.0, (done + 1) / recipe.warm_up) * (0.525 + 0.475 * math.cos(math.pi * progress))
        for group in optimizer.param_groups:
            group["lr"] = rate
        crops, points, labelled = _batch(rng, next(batches), training_set, recipe, estimator)
        with torch.autocast(device.type, enabled=device.type == "cuda"):
            pyramid, _ = net.features(crops.to(device).permute(0, 3, 1, 2).float())
            logits = net.heads["kpt_heatmap"](pyramid)
        loss = heatmap_loss(logits.float(), points.to(device), labelled.to(device), recipe.sigma)
        optimizer.zero_grad()
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        torch.nn.utils.clip_grad_norm_(parameters, 10.0)
        scaler.step(optimizer)
        scaler.update()
        done += 1
        keep = min(0.95, 1 - 1 / done)
        smoothed = keep * smoothed + (1 - keep) * loss.item()
        if not on_step(done, smoothed):
            break
    net.cpu().eval()
    estimator.spec = replace(estimator.spec, gated=False)
    epochs = done * recipe.batch / len(training_set.points)
    return Trained(done, round(epochs, 1), smoothed, time.monotonic() - started, device.type)


def heatmap_loss(logits: Tensor, points: Tensor, labelled: Tensor, sigma: float) -> Tensor:
    """Cross-entropy to Gaussian targets, weighted by the squared error so that the empty background does not drown the
    joints (the idea of the focal loss, Lin et al. 2017), summed over cells, mean over labelled joints.

    logits: (N, K, h, w); points: (N, K, 2) in cells, centre = integer; labelled: (N, K) bool.
    """
    target = gaussian_targets(points, logits.shape[-2:], sigma)
    weight = (target - logits.sigmoid()) ** 2
    loss = (weight * F.binary_cross_entropy_with_logits(logits, target, reduction="none")).sum((2, 3))
    return (loss * labelled).sum() / labelled.sum().clamp(min=1)


def gaussian_targets(points: Tensor, size: tuple[int, int], sigma: float) -> Tensor:
    """points: (N, K, 2) x, y in cells -> (N, K, h, w), 1 at the point."""
    ys = torch.arange(size[0], device=points.device, dtype=torch.float32)[:, None]
    xs = torch.arange(size[1], device=points.device, dtype=torch.float32)[None, :]
    squared = (xs - points[..., 0, None, None]) ** 2 + (ys - points[..., 1, None, None]) ** 2
    return torch.exp(-squared / (2 * sigma**2))


def _trained_parameters(net: torch.nn.Module, frozen_blocks: int) -> list[torch.nn.Parameter]:
    """All but the early blocks and the heads that the plain read-out does not use."""
    net.requires_grad_(True)
    idle = [net.heads[name] for name in ("center", "kpt_regress", "kpt_offset")]
    if frozen_blocks:
        idle += [net.stem, *net.blocks[:frozen_blocks]]
    for module in idle:
        module.requires_grad_(False)
    return [p for p in net.parameters() if p.requires_grad]


def _batches(rng: np.random.Generator, count: int, batch: int):
    """Endless batches of rows; every row comes once before any comes again."""
    rows: list[int] = []
    while True:
        while len(rows) < batch:
            rows.extend(rng.permutation(count).tolist())
        yield rows[:batch]
        del rows[:batch]


def _batch(
    rng: np.random.Generator, rows: list[int], data: TrainingSet, recipe: Recipe, estimator: Estimator
) -> tuple[Tensor, Tensor, Tensor]:
    """Crops (N, side, side, 3) uint8, points (N, K, 2) in cells, labelled (N, K)."""
    spec = estimator.spec
    made = [
        augment(
            rng,
            recipe.augmentation,
            data.pictures[row],
            data.points[row],
            data.labelled[row],
            spec.side,
            spec.skeleton.flip_index,
        )
        for row in rows
    ]
    crops, points, labelled = (np.stack(values) for values in zip(*made, strict=True))
    cells = (points + 0.5) / spec.stride - 0.5
    return torch.from_numpy(crops), torch.from_numpy(cells.astype(np.float32)), torch.from_numpy(labelled)
