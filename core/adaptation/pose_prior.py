"""Training of the pose autoencoder behind WPU: once on motion capture, then each round on the labels."""

import itertools
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

from core.uncertainty.features import DIMENSIONS, hybrid_features
from core.uncertainty.pose_unnaturalness import HIDDEN, PosePrior

PRETRAINING_EPOCHS = 80
PRETRAINING_RATES = ((0, 1e-3), (12, 2e-4), (40, 5e-5))  # from this epoch on
ADAPTING = {"epochs": 20, "rate": 8e-5, "batch": 10}


def pretrain(features: np.ndarray, variant: str, seed: int = 0, batch: int = 256) -> PosePrior:
    """features: (N, d) hybrid features of natural poses. Schedule as in the paper: AdamW, 80 epochs, two drops."""
    torch.manual_seed(seed)
    standard = variant == "ours"
    mean = features.mean(0) if standard else np.zeros(features.shape[1], np.float32)
    scale = features.std(0) + 1e-6 if standard else np.ones(features.shape[1], np.float32)
    net = _network(variant)
    optimizer = torch.optim.AdamW(net.parameters(), lr=PRETRAINING_RATES[0][1])
    x = torch.from_numpy((features - mean) / scale)
    for epoch in range(PRETRAINING_EPOCHS):
        for group in optimizer.param_groups:
            group["lr"] = next(rate for start, rate in reversed(PRETRAINING_RATES) if epoch >= start)
        _epoch(net, optimizer, x, batch)
    return _freeze(net, variant, mean, scale)


def adapt(prior: PosePrior, points: np.ndarray, weights: np.ndarray, heights: np.ndarray, seed: int = 0) -> PosePrior:
    """The pretrained prior fine-tuned on labelled poses (Adam, 20 epochs, batches of 10).

    points: (N, 17, 2), joints a label lacks filled from its prediction; weights: (N, 17); heights: (N,) box heights.
    """
    torch.manual_seed(seed)
    features = (hybrid_features(points, weights, heights, prior.variant) - prior.mean) / prior.scale
    net = _network(prior.variant)
    linear = [module for module in net if isinstance(module, nn.Linear)]
    with torch.no_grad():
        for module, (weight, bias) in zip(linear, prior.layers, strict=True):
            module.weight.copy_(torch.from_numpy(weight.copy()))
            module.bias.copy_(torch.from_numpy(bias.copy()))
    optimizer = torch.optim.Adam(net.parameters(), lr=ADAPTING["rate"])
    for _ in range(ADAPTING["epochs"]):
        _epoch(net, optimizer, torch.from_numpy(features.astype(np.float32)), ADAPTING["batch"])
    return _freeze(net, prior.variant, prior.mean, prior.scale)


def save_prior(prior: PosePrior, path: Path) -> None:
    tensors = {"mean": prior.mean, "scale": prior.scale}
    for i, (weight, bias) in enumerate(prior.layers):
        tensors |= {f"layers.{i}.weight": weight, f"layers.{i}.bias": bias}
    if prior.variant == "paper":
        tensors["paper"] = np.ones(1, np.float32)
    save_file(
        {name: torch.from_numpy(np.ascontiguousarray(values, np.float32)) for name, values in tensors.items()}, path
    )


def _network(variant: str) -> nn.Sequential:
    sizes = (DIMENSIONS[variant], *HIDDEN, DIMENSIONS[variant])
    modules: list[nn.Module] = []
    for cin, cout in itertools.pairwise(sizes):
        modules += [nn.Linear(cin, cout), nn.ReLU()]
    modules[-1:] = [nn.Sigmoid()] if variant == "paper" else []
    return nn.Sequential(*modules)


def _epoch(net: nn.Module, optimizer: torch.optim.Optimizer, x: torch.Tensor, batch: int) -> None:
    for rows in torch.randperm(len(x)).split(batch):
        optimizer.zero_grad()
        nn.functional.mse_loss(net(x[rows]), x[rows]).backward()
        optimizer.step()


def _freeze(net: nn.Sequential, variant: str, mean: np.ndarray, scale: np.ndarray) -> PosePrior:
    linear = [module for module in net if isinstance(module, nn.Linear)]
    layers = tuple((m.weight.detach().numpy().copy(), m.bias.detach().numpy().copy()) for m in linear)
    return PosePrior(variant, layers, mean.astype(np.float32), scale.astype(np.float32))
