"""Fine-tuning of an estimator on labelled heatmaps."""

import copy
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
from core.estimation.architectures.net import Net
from core.estimation.crops import image_to_cells
from core.estimation.network import Estimator

EPOCHS = 250  # times (1 - G): the paper's rule
LEAST_EPOCHS = 5
LINEAR_SIGMA = 2.0  # cells; what networks that give heatmaps themselves were trained with (Xiao et al. 2018)


@dataclass(frozen=True)
class Recipe:
    """How to fine-tune. Chosen by measurement, see benchmarks/RESULTS.md.

    frozen_blocks: the first blocks of the backbone that stay as they are (edges and textures; a third of the time);
    rates: factors on the rate for (backbone, pyramid, heatmap head); loss: 'focal' or 'mse', see heatmap_loss; sigma: of
    the target Gaussian, in cells; schedule: 'cosine', 'constant' or 'epochs', times 0.99 after each; anchor: weight of
    staying with the heatmaps of before for joints that a label lacks; half: bfloat16 where the processor has it;
    steps: upper bound; least_steps: lower bound; seconds: the time that training may take, None for any.
    """

    batch: int = 8
    rate: float = 2e-4
    rates: tuple[float, float, float] = (1.0, 1.0, 1.0)
    weight_decay: float = 0.0
    frozen_blocks: int = 3
    loss: str = "focal"
    sigma: float = 1.5
    schedule: str = "cosine"
    warm_up: int = 10
    anchor: float = 0.0
    augmentation: Augmentation = Augmentation()  # noqa: RUF009 - frozen
    half: bool = True
    steps: int = 200
    least_steps: int = 120
    seconds: float | None = 75.0
    seed: int = 0


PAPER = Recipe(
    rate=2.5e-4,
    rates=(1.0, 5.0, 10.0),
    weight_decay=0.7,
    frozen_blocks=0,
    loss="mse",
    sigma=2.0,
    schedule="epochs",
    augmentation=Augmentation(scale=0.3, rotation=40.0, shift=0.0),
)
"""The paper's settings (method, section 4)."""


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
    on_step: Callable[[int, int, float], bool],
) -> Trained:
    """Trains the estimator in place. Its read-out is plain afterwards: the gate's heads are not trained and drift.

    on_step: called with the steps done, the steps planned and the smoothed loss; training ends when it returns False.
    Where the steps would take longer than recipe.seconds there are fewer, as many as the speed of the warm-up promises;
    asking for that number gives the same weights again.
    """
    rng = np.random.default_rng(recipe.seed)
    torch.manual_seed(recipe.seed)
    net = estimator.net.to(device, memory_format=torch.channels_last).train()
    linear = estimator.spec.loss == "mse"
    kind, sigma = ("linear", LINEAR_SIGMA) if linear else (recipe.loss, recipe.sigma)
    groups = _parameter_groups(net, recipe)
    parameters = [p for group in groups for p in group["params"]]
    optimizer = torch.optim.AdamW(groups, lr=recipe.rate, weight_decay=recipe.weight_decay, fused=True)
    scaler = torch.amp.GradScaler(device.type, enabled=device.type == "cuda")
    autocast = _autocast(device, recipe)
    anchor = copy.deepcopy(net) if recipe.anchor and not training_set.labelled.all() else None
    batches = _batches(rng, len(training_set.points), recipe.batch)
    started = time.monotonic()
    smoothed, done = 0.0, 0
    while done < steps:
        if done == recipe.warm_up and recipe.seconds is not None:
            affordable = int(recipe.seconds / (time.monotonic() - started) * done)
            steps = min(steps, max(affordable, recipe.warm_up))
            if done >= steps:
                break
        epoch = done * recipe.batch // len(training_set.points)
        for group in optimizer.param_groups:
            group["lr"] = recipe.rate * group["factor"] * _schedule(recipe, done, steps, epoch)
        crops, points, labelled = _batch(rng, next(batches), training_set, recipe, estimator)
        images, labelled = crops.to(device).permute(0, 3, 1, 2).float(), labelled.to(device)
        with autocast:
            raw = net.raw(images)[0].float()
        loss = heatmap_loss(raw, points.to(device), labelled, sigma, kind)
        if anchor is not None:
            with torch.no_grad(), autocast:
                before = anchor.raw(images)[0].float()
            loss = loss + recipe.anchor * anchor_loss(raw, before, ~labelled, kind)
        optimizer.zero_grad()
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        torch.nn.utils.clip_grad_norm_(parameters, 10.0)
        scaler.step(optimizer)
        scaler.update()
        done += 1
        keep = min(0.95, 1 - 1 / done)
        smoothed = keep * smoothed + (1 - keep) * loss.item()
        if not on_step(done, steps, smoothed):
            break
    net.cpu().eval()
    estimator.spec = replace(estimator.spec, gated=False)
    epochs = done * recipe.batch / len(training_set.points)
    return Trained(done, round(epochs, 1), smoothed, time.monotonic() - started, device.type)


def _schedule(recipe: Recipe, done: int, steps: int, epoch: int) -> float:
    """Factor on the rate. The warm-up does not depend on the number of steps, which it is there to find."""
    if done < recipe.warm_up:
        return (done + 1) / recipe.warm_up
    if recipe.schedule == "epochs":
        return 0.99**epoch
    if recipe.schedule == "constant":
        return 1.0
    progress = (done - recipe.warm_up) / max(1, steps - recipe.warm_up)
    return 0.525 + 0.475 * math.cos(math.pi * progress)


def _autocast(device: torch.device, recipe: Recipe) -> torch.autocast:
    """fp16 on the GPU, bfloat16 on a processor that computes in it, else float32."""
    if device.type == "cuda":
        return torch.autocast("cuda")
    return torch.autocast("cpu", torch.bfloat16, enabled=recipe.half and _computes_in_bfloat16())


def _computes_in_bfloat16() -> bool:
    """Whether the processor has instructions for it; without them it is slower than float32."""
    return getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)()


def heatmap_loss(raw: Tensor, points: Tensor, labelled: Tensor, sigma: float, kind: str = "focal") -> Tensor:
    """Difference to Gaussian targets, summed over cells, mean over labelled joints.

    'focal': cross-entropy, weighted by the squared error so that the empty background does not drown the joints (the idea
    of the focal loss, Lin et al. 2017). 'mse': half the squared error of the heatmaps, as in the paper. Both of logits;
    'linear': half the squared error of what the network gives.
    raw: (N, K, h, w); points: (N, K, 2) in cells, centre = integer; labelled: (N, K) bool.
    """
    loss = _difference(raw, gaussian_targets(points, raw.shape[-2:], sigma), kind)
    return (loss * labelled).sum() / labelled.sum().clamp(min=1)


def _difference(raw: Tensor, target: Tensor, kind: str) -> Tensor:
    """(N, K) of what the network gives to heatmaps in 0..1, both (N, K, h, w)."""
    if kind == "linear":
        return ((target - raw) ** 2).sum((2, 3)) / 2
    weight = (target - raw.sigmoid()) ** 2
    if kind == "mse":
        return weight.sum((2, 3)) / 2
    return (weight * F.binary_cross_entropy_with_logits(raw, target, reduction="none")).sum((2, 3))


def anchor_loss(raw: Tensor, before: Tensor, absent: Tensor, kind: str = "focal") -> Tensor:
    """How far the heatmaps of joints that no label speaks of have moved from those of before.

    raw, before: (N, K, h, w), what the network gives now and gave then; absent: (N, K) bool. Measured as heatmap_loss does,
    mean over absent joints.
    """
    loss = _difference(raw, before if kind == "linear" else before.sigmoid(), kind)
    return (loss * absent).sum() / absent.sum().clamp(min=1)


def gaussian_targets(points: Tensor, size: tuple[int, int], sigma: float) -> Tensor:
    """points: (N, K, 2) x, y in cells -> (N, K, h, w), 1 at the point."""
    ys = torch.arange(size[0], device=points.device, dtype=torch.float32)[:, None]
    xs = torch.arange(size[1], device=points.device, dtype=torch.float32)[None, :]
    squared = (xs - points[..., 0, None, None]) ** 2 + (ys - points[..., 1, None, None]) ** 2
    return torch.exp(-squared / (2 * sigma**2))


def _parameter_groups(net: Net, recipe: Recipe) -> list[dict]:
    """All but the early blocks and the heads that the plain read-out does not use, each with its factor on the rate."""
    net.requires_grad_(False)
    groups = []
    for modules, factor in zip(net.parts(recipe.frozen_blocks), recipe.rates, strict=True):
        parameters = [parameter for module in modules for parameter in module.requires_grad_(True).parameters()]
        if parameters:
            groups.append({"params": parameters, "factor": factor})
    return groups


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
    """Crops (N, height, width, 3) uint8, points (N, K, 2) in cells, labelled (N, K)."""
    spec = estimator.spec
    made = [
        augment(
            rng,
            recipe.augmentation,
            data.pictures[row],
            data.points[row],
            data.labelled[row],
            spec.size,
            spec.skeleton.flip_index,
        )
        for row in rows
    ]
    crops, points, labelled = (np.stack(values) for values in zip(*made, strict=True))
    cells = image_to_cells(points, spec.crop_extent, spec.cells)
    return torch.from_numpy(crops), torch.from_numpy(cells.astype(np.float32)), torch.from_numpy(labelled)
