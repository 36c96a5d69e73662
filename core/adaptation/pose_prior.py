"""Training of the pose autoencoders behind WPU: once on motion capture, then each round on the labels."""

import itertools
import math
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

from core.adaptation.pose_variation import displace, vary
from core.uncertainty.features import JOINTS, hybrid_features
from core.uncertainty.pose_prior import OUTPUTS, PosePrior, layer_sizes

PRETRAINING_EPOCHS = {"paper": 80, "ours": 60}
PAPER_RATES = ((0, 1e-3), (12, 2e-4), (40, 5e-5))  # from this epoch on
HIGHEST_RATE = 2e-3  # of "ours", falling to 0 along half a cosine
ADAPTING_RATE = {"paper": 8e-5, "ours": 5e-4}
ADAPTING_EPOCHS = 20
ADAPTING_BATCH = 10


def pretrain(poses: np.ndarray, variant: str, seed: int = 0, batch: int = 256) -> PosePrior:
    """poses: (N, 17, 2) natural poses, box heights. AdamW; "paper": 80 epochs, two drops of the rate, as
    published.

    "ours" sees the poses of other bodies in every epoch, and joints displaced.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net = _network(variant)
    prior = _freeze(net, variant, *_standard(poses, variant, rng))
    optimizer = torch.optim.AdamW(net.parameters(), lr=learning_rate(variant, 0))
    for epoch in range(PRETRAINING_EPOCHS[variant]):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(variant, epoch)
        natural = poses if variant == "paper" else vary(poses, rng)
        _epoch(net, optimizer, *_examples(prior, natural, _ones(poses), rng), batch)
    return _freeze(net, variant, prior.mean, prior.scale)


def learning_rate(variant: str, epoch: int) -> float:
    if variant == "paper":
        return next(rate for start, rate in reversed(PAPER_RATES) if epoch >= start)
    return HIGHEST_RATE * (1 + math.cos(math.pi * epoch / PRETRAINING_EPOCHS[variant])) / 2


def adapt(
    prior: PosePrior, points: np.ndarray, weights: np.ndarray, heights: np.ndarray, seed: int = 0
) -> PosePrior:
    """The pretrained prior fine-tuned on labelled poses (Adam, 20 epochs, batches of 10; Taketsugu & Ukita
    2024).

    points: (N, 17, 2), joints a label lacks filled from its prediction; weights: (N, 17); heights: (N,) box
    heights.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net = _network(prior.variant)
    linear = [module for module in net if isinstance(module, nn.Linear)]
    with torch.no_grad():
        for module, (weight, bias) in zip(linear, prior.layers, strict=True):
            module.weight.copy_(torch.from_numpy(weight.copy()))
            module.bias.copy_(torch.from_numpy(bias.copy()))
    optimizer = torch.optim.Adam(net.parameters(), lr=ADAPTING_RATE[prior.variant])
    poses = points / np.maximum(heights, 1e-9)[:, None, None]
    for _ in range(ADAPTING_EPOCHS):
        _epoch(net, optimizer, *_examples(prior, poses, weights, rng), ADAPTING_BATCH)
    return _freeze(net, prior.variant, prior.mean, prior.scale)


def _standard(poses: np.ndarray, variant: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Mean and scale (d,) of the features; for "ours" one scale for all joints."""
    natural = poses if variant == "paper" else vary(poses, rng)
    features = hybrid_features(natural, _ones(poses), np.ones(len(poses)), variant)
    if variant == "paper":
        return np.zeros(features.shape[1]), np.ones(features.shape[1])
    scale = features.std(0)
    scale[: 2 * JOINTS] = scale[: 2 * JOINTS].mean()
    return features.mean(0), scale


def _ones(poses: np.ndarray) -> np.ndarray:
    return np.ones(poses.shape[:2], np.float32)


def _examples(
    prior: PosePrior, poses: np.ndarray, weights: np.ndarray, rng: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """What the network sees and what it shall give back. poses: (N, 17, 2) box heights; weights: (N, 17)."""
    seen = poses if prior.variant == "paper" else displace(poses, rng)
    x, y = (torch.from_numpy(prior.standardised(p, weights, np.ones(len(p)))) for p in (seen, poses))
    return x, y[:, : OUTPUTS[prior.variant]]


def save_prior(prior: PosePrior, path: Path) -> None:
    tensors = {"mean": prior.mean, "scale": prior.scale}
    for i, (weight, bias) in enumerate(prior.layers):
        tensors |= {f"layers.{i}.weight": weight, f"layers.{i}.bias": bias}
    if prior.variant == "paper":
        tensors["paper"] = np.ones(1, np.float32)
    save_file(
        {
            name: torch.from_numpy(np.ascontiguousarray(values, np.float32))
            for name, values in tensors.items()
        },
        path,
    )


def _network(variant: str) -> nn.Sequential:
    modules: list[nn.Module] = []
    for cin, cout in itertools.pairwise(layer_sizes(variant)):
        modules += [nn.Linear(cin, cout), nn.ReLU()]
    modules[-1:] = [nn.Sigmoid()] if variant == "paper" else []
    return nn.Sequential(*modules)


def _epoch(
    net: nn.Module, optimizer: torch.optim.Optimizer, x: torch.Tensor, y: torch.Tensor, batch: int
) -> None:
    for rows in torch.randperm(len(x)).split(batch):
        optimizer.zero_grad()
        nn.functional.mse_loss(net(x[rows]), y[rows]).backward()
        optimizer.step()


def _freeze(net: nn.Sequential, variant: str, mean: np.ndarray, scale: np.ndarray) -> PosePrior:
    linear = [module for module in net if isinstance(module, nn.Linear)]
    layers = tuple((m.weight.detach().numpy().copy(), m.bias.detach().numpy().copy()) for m in linear)
    return PosePrior(variant, layers, mean.astype(np.float32), scale.astype(np.float32))
