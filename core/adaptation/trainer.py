"""Fine-tuning of an estimator on labelled poses."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from core.adaptation.augmentation import Augmentation, augment, hidden
from core.adaptation.losses import Loss
from core.adaptation.training_set import BATCH, TrainingSet
from core.estimation.architectures.anchored import Anchored
from core.estimation.architectures.net import Net
from core.estimation.crops import image_to_cells
from core.estimation.network import Estimator
from core.estimation.readout import FLAT, gate, maps_of, sureness

# crops, the same with nothing in front, points, labelled: see _batch
Batch = tuple[Tensor, Tensor, Tensor, Tensor]

EPOCHS = 250  # times (1 - G): the paper's rule
LEAST_EPOCHS, MOST_EPOCHS = 5, 50
FRESH = 0.05  # counts as the size of a tensor that is all zero, which has none of its own yet


@dataclass(frozen=True)
class Recipe:
    """How to fine-tune. Chosen by measurement, see benchmarks/RESULTS.md.

    relative: the rate is a share of each tensor's size (root mean square). Where batch norms are folded in,
    sizes differ a thousandfold, and with one rate for all what is small was overwritten within a few steps;
    rates: factors on the rate for (backbone, pyramid, heatmap head); frozen_blocks: the first blocks of the
    backbone that stay as they are (edges and textures; a third of the time); loss: 'focal' or 'mse', see
    Loss; sigma: of the target Gaussian, in cells; schedule: 'cosine', 'constant' or 'epochs', times 0.99
    after each; unlabelled: samples of a batch that hold what the estimator knew, where there are any;
    average: of the weights over the steps, so much of the mean before is kept at each (exponential moving
    average), 0 for the last weights; half: bfloat16 where the device has it; steps: upper bound; least_steps:
    lower bound; seconds: the time that training may take, None for any.
    """

    batch: int = BATCH
    rate: float = 2e-3
    relative: bool = True
    rates: tuple[float, float, float] = (1.0, 1.0, 1.0)
    weight_decay: float = 0.0
    frozen_blocks: int = 3
    loss: str = "focal"
    sigma: float = 1.5
    schedule: str = "cosine"
    warm_up: int = 10
    unlabelled: int = 2
    average: float = 0.98
    augmentation: Augmentation = Augmentation(hidden_chance=0.5)  # noqa: RUF009 - frozen
    half: bool = True
    steps: int = 400
    least_steps: int = 200
    seconds: float | None = 55.0
    seed: int = 0


PAPER = Recipe(
    unlabelled=0,
    average=0.0,
    rate=2.5e-4,
    relative=False,
    rates=(1.0, 5.0, 10.0),
    weight_decay=0.7,
    frozen_blocks=0,
    loss="mse",
    sigma=2.0,
    schedule="epochs",
    augmentation=Augmentation(scale=0.3, rotation=40.0, shift=0.0),
)
"""The paper's settings (method, section 4)."""
PLAIN = Recipe(
    unlabelled=0,
    average=0.0,
    rate=2e-4,
    relative=False,
    steps=200,
    least_steps=120,
    augmentation=Augmentation(),
)
"""Without what keeps a round from harming, as the variant "paper" trains: what it is compared with."""


def recipe_of(variant: str) -> Recipe:
    return Recipe() if variant == "ours" else PLAIN


@dataclass(frozen=True)
class Trained:
    """What training did: steps, epochs over the set, the smoothed loss at the end, seconds, device, samples
    in a step; unlabelled: poses without a label that were mixed in; wanted: steps, where there was no time
    for all of them.
    """

    steps: int
    epochs: float
    loss: float
    seconds: float
    device: str
    batch: int
    unlabelled: int = 0
    wanted: int | None = None


class Step(NamedTuple):
    """steps done, steps planned, of which the first ones tell how many there is time for, and the smoothed
    loss.
    """

    done: int
    planned: int
    loss: float


def planned_steps(samples: int, competence: float, recipe: Recipe, variant: str) -> int:
    """E = floor(250 (1 - G)) epochs, at least 5, within the step budget (method, section 4).

    "ours" takes no fewer than recipe.least_steps: G near 1 says that the labels are learned, not that the
    rest is. Beyond these it takes MOST_EPOCHS at most: few labels learned by heart spoil the rest.
    """
    epochs = max(LEAST_EPOCHS, math.floor(EPOCHS * (1 - competence) + 1e-9))
    least = 0
    if variant == "ours":
        epochs, least = min(epochs, MOST_EPOCHS), recipe.least_steps
    return min(recipe.steps, max(least, epochs * math.ceil(samples / (recipe.batch - recipe.unlabelled))))


def fine_tune(
    estimator: Estimator,
    training_set: TrainingSet,
    recipe: Recipe,
    steps: int,
    device: torch.device,
    on_step: Callable[[Step], bool],
    unlabelled: TrainingSet | None = None,
) -> Trained:
    """Trains the estimator in place; of an anchored one the copy alone. Any other has the plain read-out
    afterwards: the gate's heads are not trained and drift.

    on_step: training ends when it returns False. unlabelled: pictures on which an anchored estimator is held
    to what it was, as far as it was sure, and so is every joint that a label lacks. Where the steps would
    take longer than recipe.seconds there are fewer, as many as the speed of the warm-up promises; asking for
    that number gives the same weights again.
    """
    rng = np.random.default_rng(recipe.seed)
    torch.manual_seed(recipe.seed)
    if not estimator.spec.anchored:
        estimator.spec = estimator.spec.plain()
    net = estimator.net.to(device, memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    groups = _parameter_groups(net, recipe)
    parameters = [p for group in groups for p in group["params"]]
    optimizer = torch.optim.AdamW(groups, lr=recipe.rate, weight_decay=recipe.weight_decay, fused=True)
    autocast = _autocast(device, recipe)
    others = len(unlabelled.points) if unlabelled and estimator.spec.anchored else 0
    # a batch may have been halved to one sample
    room = recipe.batch - min(recipe.unlabelled, recipe.batch // 2)
    taught = min(room, len(training_set.points))  # no label twice in a batch
    held = recipe.batch - taught if others else 0
    batches = _batches(rng, len(training_set.points), recipe.batch - held)
    further = _batches(rng, others, held)
    average = _Average(parameters, recipe.average)
    started = time.monotonic()
    smoothed, done, wanted, in_time = 0.0, 0, steps, steps
    while done < steps:
        if done == recipe.warm_up:
            steps = in_time
            if done >= steps:
                break
        epoch = done * (recipe.batch - held) // len(training_set.points)
        for group in optimizer.param_groups:
            group["lr"] = recipe.rate * group["factor"] * _schedule(recipe, done, steps, epoch)
        batch = _batch(rng, next(batches), training_set, recipe, estimator)
        if held and unlabelled is not None:
            batch = _joined(batch, _batch(rng, next(further), unlabelled, recipe, estimator, unlabelled))
        loss = _loss(estimator, [part.to(device) for part in batch], held, recipe, autocast)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 10.0)
        optimizer.step()
        average.update()
        done += 1
        keep = min(0.95, 1 - 1 / done)
        smoothed = keep * smoothed + (1 - keep) * loss.item()
        if done <= recipe.warm_up and recipe.seconds is not None:
            affordable = int(recipe.seconds / max(time.monotonic() - started, 1e-9) * done)
            in_time = min(steps, max(affordable, recipe.warm_up))
        if not on_step(Step(done, in_time, smoothed)):
            break
    average.keep()
    net.cpu().eval()
    epochs = done * (recipe.batch - held) / len(training_set.points)
    seconds = time.monotonic() - started
    cut = wanted if steps < wanted else None
    return Trained(done, round(epochs, 1), smoothed, seconds, device.type, recipe.batch, others, cut)


def _loss(
    estimator: Estimator, batch: list[Tensor], held: int, recipe: Recipe, autocast: torch.autocast
) -> Tensor:
    """Of labelled joints to what is right for them; of an anchored estimator's others, and of the last `held`
    samples', to what it was, as far as it was sure of the sample: it saw that one with nothing in front. Mean
    over the joints that count.
    """
    net, spec = estimator.net, estimator.spec
    images, clean = (crops.permute(0, 3, 1, 2).float() for crops in batch[:2])
    points, labelled = batch[2:]
    loss_of = Loss(spec, recipe.loss, recipe.sigma)
    counted = loss_of.counted(points, labelled)
    if not isinstance(net, Anchored):
        with autocast:
            raw = net.raw(images)[0].float()
        return loss_of.labels(raw, points, counted)
    taught = len(images) - held
    compared = len(images) if not labelled[:taught].all() else held
    with autocast:
        both = net.taught(images, clean[len(images) - compared :])
    raw = both.after.float()
    loss = (loss_of(raw, loss_of.targets(points)) * counted).sum()
    count = counted.sum()
    if compared:
        both = both._replace(before=both.before.float())
        sure = sureness(estimator.before(both), spec).flatten(1)
        target = maps_of(both.before, spec)
        if both.distance is not None:
            target = target * gate(both.distance, FLAT)
        weight = sure * ~labelled[len(images) - compared :]
        loss = loss + (loss_of(raw[len(images) - compared :], target) * weight).sum()
        count = count + weight.sum()
    return loss / count.clamp(min=1)


class _Average:
    """The mean of the weights over the steps, which is steadier than the last (Polyak averaging)."""

    def __init__(self, parameters: list[nn.Parameter], most: float):
        self._parameters, self._most, self._steps = parameters, most, 0
        self._mean = [parameter.detach().clone() for parameter in parameters] if most else []

    @torch.no_grad()
    def update(self) -> None:
        """Early steps count less, as the mean over all of them does."""
        keep = min(self._most, (1 + self._steps) / (10 + self._steps))
        self._steps += 1
        for mean, parameter in zip(self._mean, self._parameters, strict=bool(self._mean)):
            mean.lerp_(parameter, 1 - keep)

    @torch.no_grad()
    def keep(self) -> None:
        for mean, parameter in zip(self._mean, self._parameters, strict=bool(self._mean)):
            parameter.copy_(mean)


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
    """bfloat16 where the device computes in it, else float32.

    Not float16: it needs scaled losses, and while the right scale is found the first steps are left out.
    These are the warm-up; without it the loss grew to eighteen times what it was.
    """
    return torch.autocast(device.type, torch.bfloat16, enabled=precision_of(device, recipe) == "bfloat16")


def precision_of(device: torch.device, recipe: Recipe) -> str:
    return "bfloat16" if recipe.half and _computes_in_bfloat16(device) else "float32"


def _computes_in_bfloat16(device: torch.device) -> bool:
    """Whether it has instructions for it; without them it is slower than float32."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)()


def _parameter_groups(net: Net, recipe: Recipe) -> list[dict]:
    """All but the early blocks and the heads that the plain read-out does not use, each with its factor on
    the rate.
    """
    net.requires_grad_(False)
    groups = []
    for modules, factor in zip(net.parts(recipe.frozen_blocks), recipe.rates, strict=True):
        for parameter in (p for module in modules for p in module.requires_grad_(True).parameters()):
            size = float(parameter.detach().square().mean().sqrt()) or FRESH
            groups.append({"params": [parameter], "factor": factor * (size if recipe.relative else 1.0)})
    return groups


def _batches(rng: np.random.Generator, count: int, batch: int) -> Iterator[list[int]]:
    """Endless batches of rows; every row comes once before any comes again."""
    rows: list[int] = []
    while True:
        while len(rows) < batch:
            rows.extend(rng.permutation(count).tolist())
        yield rows[:batch]
        del rows[:batch]


def _joined(one: Batch, other: Batch) -> Batch:
    crops, clean, points, labelled = (torch.cat(pair) for pair in zip(one, other, strict=True))
    return crops, clean, points, labelled


def _batch(
    rng: np.random.Generator,
    rows: list[int],
    data: TrainingSet,
    recipe: Recipe,
    estimator: Estimator,
    others: TrainingSet | None = None,
) -> Batch:
    """Crops (N, height, width, 3) uint8, the same with nothing in front, points (N, K, 2) in cells, labelled
    (N, K).

    others: whose pictures may stand in front.
    """
    spec, settings = estimator.spec, recipe.augmentation
    made = []
    for row in rows:
        crop, *known = augment(
            rng,
            settings,
            data.pictures[row],
            data.points[row],
            data.labelled[row],
            spec.size,
            spec.skeleton.flip_index,
        )
        seen = crop
        if others is not None and rng.random() < settings.hidden_chance:
            seen = hidden(rng, crop, others.pictures[rng.integers(len(others.pictures))])
        made.append((seen, crop, *known))
    crops, clean, points, labelled = (np.stack(values) for values in zip(*made, strict=True))
    cells = image_to_cells(points, spec.crop_extent, spec.cells).astype(np.float32)
    return (
        torch.from_numpy(crops),
        torch.from_numpy(clean),
        torch.from_numpy(cells),
        torch.from_numpy(labelled),
    )
