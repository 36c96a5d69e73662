"""Fine-tuning of an estimator on labelled heatmaps."""

import copy
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.adaptation.augmentation import Augmentation, augment
from core.adaptation.held_back import MARGIN, HeldBack
from core.adaptation.training_set import BATCH, TrainingSet
from core.estimation.architectures.net import Net
from core.estimation.crops import image_to_cells
from core.estimation.network import Estimator

EPOCHS = 250  # times (1 - G): the paper's rule
LEAST_EPOCHS = 5
CHECK = 20  # steps
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

    batch: int = BATCH
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
    """What training did: steps, epochs over the set, the smoothed loss at the end, seconds, device, samples in a step.

    held_back: labels that were not trained on; oks: mean over these of the weights that were kept, None without any;
    kept: the step they are of.
    """

    steps: int
    epochs: float
    loss: float
    seconds: float
    device: str
    batch: int
    held_back: int = 0
    oks: float | None = None
    kept: int = 0


class Step(NamedTuple):
    """steps done, steps planned, the smoothed loss, and the mean OKS on the labels held back where it was just measured."""

    done: int
    planned: int
    loss: float
    oks: float | None = None


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
    on_step: Callable[[Step], bool],
    held_back: TrainingSet | None = None,
) -> Trained:
    """Trains the estimator in place. Its read-out is plain afterwards: the gate's heads are not trained and drift.

    on_step: training ends when it returns False. held_back: labels that are not trained on; every CHECK steps tells how good
    the network is on them, and the best state is kept where it is clearly better than the last.
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
    best = _Best(net, held_back and HeldBack(held_back, estimator.spec, device), autocast)
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
        if not on_step(Step(done, steps, smoothed, best.check(done) if done % CHECK == 0 or done == steps else None)):
            break
    best.check(done)
    kept = best.restore()
    net.cpu().eval()
    estimator.spec = replace(estimator.spec, gated=False)
    epochs = done * recipe.batch / len(training_set.points)
    seconds, count = time.monotonic() - started, len(held_back.points) if held_back else 0
    return Trained(done, round(epochs, 1), smoothed, seconds, device.type, recipe.batch, count, kept.oks, kept.step)


class _Kept(NamedTuple):
    oks: float | None
    step: int


class _Best:
    """The state with the highest OKS on the labels held back; without any, the last."""

    def __init__(self, net: Net, held_back: HeldBack | None, autocast: torch.autocast):
        self._net, self._held_back, self._autocast = net, held_back, autocast
        self._last = self._best = _Kept(None, 0)
        self._state: dict[str, Tensor] = {}

    def check(self, step: int) -> float | None:
        if self._last.step == step:
            return self._last.oks
        self._last = _Kept(self._held_back and self._held_back.oks(self._net.eval(), self._autocast), step)
        self._net.train()
        if self._last.oks is not None and (self._best.oks is None or self._last.oks > self._best.oks):
            self._best = self._last
            self._state = {name: tensor.clone() for name, tensor in self._net.state_dict().items()}
        return self._last.oks

    def restore(self) -> _Kept:
        """The best state where it is better than the last by MARGIN, else the last."""
        if self._last.oks is None or self._best.oks < self._last.oks + MARGIN:
            return self._last
        self._net.load_state_dict(self._state)
        return self._best


def is_out_of_memory(error: Exception) -> bool:
    """Whether the device or the machine had no memory left, by any of the ways in which PyTorch says so."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(
        word in str(error) for word in ("not enough memory", "out of memory")
    )


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


def precision_of(device: torch.device, recipe: Recipe) -> str:
    autocast = _autocast(device, recipe)
    return str(autocast.fast_dtype).removeprefix("torch.") if autocast._enabled else "float32"


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
