"""Checkpoints of others: read without running code, batch norms folded, names brought to ours."""

import re
import warnings
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from core.domain import UserError
from core.domain.unreadable import what_it_is
from core.estimation.architectures.pickled_data import pickled_data

EPSILON = 1e-5  # of batch norm, as everywhere
WRAPPERS = ("state_dict", "model_state_dict", "model", "net")  # what the weights may be filed under
PREFIXES = re.compile(r"^((module|model|net)[.])+")  # of DataParallel, Lightning and the like
FORBIDDEN = re.compile(r"GLOBAL ([\w.]+)")  # what torch.load names that is no tensor
NEIGHBOUR = re.compile(r"^(.*?)(\d+)$")


def read_checkpoint(path: Path) -> dict[str, Tensor]:
    """Tensors by name from .safetensors, or from a .pth that torch reads with weights_only. Raises
    UserError.
    """
    try:
        if path.suffix == ".safetensors":
            content: object = load_file(path)
        else:
            with warnings.catch_warnings(action="ignore"), torch.serialization.safe_globals(pickled_data()):
                content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        reason = _reason(error)
        why = (
            f"The checkpoint {path.name} cannot be read ({reason})."
            if reason
            else f"{path.name} {what_it_is(path, 'checkpoint')}"
        )
        raise UserError(
            f"{why} Only weights are read, never code: save its state_dict alone, as .pth or .safetensors."
        ) from error
    for _ in range(3):
        inner = [content[name] for name in WRAPPERS if isinstance(content, Mapping) and name in content]
        if not inner or not isinstance(inner[0], Mapping):
            break
        content = inner[0]
    tensors = {}
    if isinstance(content, Mapping):
        tensors = {PREFIXES.sub("", str(k)): v.float() for k, v in content.items() if isinstance(v, Tensor)}
    if not tensors:
        raise UserError(f"The checkpoint {path.name} holds no weights. Choose a file with a state_dict.")
    return tensors


def _reason(error: Exception) -> str:
    """Without torch's advice to run a stranger's code; '' where it is no checkpoint, or not all of one."""
    text = str(error)
    if "TorchScript" in text:
        return "it is a program of TorchScript"
    if found := FORBIDDEN.search(text):
        return f"it holds more than weights, such as {found.group(1)[:80]}"
    return error.strerror or "" if isinstance(error, OSError) else ""


def renamed(state: Mapping[str, Tensor], rules: Mapping[str, str]) -> dict[str, Tensor]:
    """rules: regular expressions at the start of a name -> what stands there instead; the first that fits."""
    result = {}
    for name, tensor in state.items():
        for pattern, replacement in rules.items():
            new, count = re.subn(f"^{pattern}", replacement, name)
            if count:
                name = new
                break
        result[name] = tensor
    return result


def count(state: Mapping[str, Tensor], prefix: str) -> int:
    """How many numbered parts there are: prefix.0, prefix.1, …"""
    return len(
        {name.removeprefix(f"{prefix}.").split(".")[0] for name in state if name.startswith(f"{prefix}.")}
    )


def norm_of(convolution: str) -> str | None:
    """The batch norm that follows: conv1 -> bn1, in a sequence downsample.0 -> downsample.1, with mmcv
    conv -> bn.
    """
    if convolution.endswith(".conv"):
        return f"{convolution.removesuffix('conv')}bn"
    found = NEIGHBOUR.match(convolution)
    if found is None:
        return None
    stem, number = found.groups()
    return f"{stem.removesuffix('conv')}bn{number}" if stem.endswith("conv") else f"{stem}{int(number) + 1}"


def folded(module: nn.Module, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The state that a module without batch norms needs to compute what the checkpoint's did with them, in
    eval mode.

    w' = w g / sqrt(v + e), b' = (b - m) g / sqrt(v + e) + beta over the output channels. Names that the
    module does not have are handed through.
    """
    result = dict(state)
    for name, layer in module.named_modules():
        norm = norm_of(name)
        if not isinstance(layer, nn.Conv2d | nn.ConvTranspose2d) or f"{norm}.running_var" not in result:
            continue
        gain, beta, mean, variance = (
            result.pop(f"{norm}.{part}") for part in ("weight", "bias", "running_mean", "running_var")
        )
        result.pop(f"{norm}.num_batches_tracked", None)
        weight = result.get(f"{name}.weight")
        if weight is None or weight.dim() != 4 or gain.shape != (layer.out_channels,):
            continue  # load_weights says what does not fit
        factor = gain / torch.sqrt(variance + EPSILON)
        axis = 1 if isinstance(layer, nn.ConvTranspose2d) else 0
        if weight.shape[axis] != len(factor):
            continue
        result[f"{name}.weight"] = weight * factor.reshape([-1 if at == axis else 1 for at in range(4)])
        result[f"{name}.bias"] = (result.get(f"{name}.bias", 0) - mean) * factor + beta
    return result


def load_weights(module: nn.Module, state: Mapping[str, Tensor], file: str) -> None:
    """Raises UserError when a tensor is missing or of another shape; tensors too many are left out."""
    wanted = module.state_dict()
    missing = [name for name in wanted if name not in state]
    if missing:
        raise UserError(
            f"{file} does not fit this architecture: it has no {missing[0]} ({len(missing)} of "
            f"{len(wanted)} weights are missing). Choose another --architecture."
        )
    for name, tensor in wanted.items():
        if state[name].shape != tensor.shape:
            raise UserError(
                f"{file} does not fit: {name} is {' x '.join(map(str, state[name].shape))} where "
                f"{' x '.join(map(str, tensor.shape))} is needed. Choose another --architecture, --size "
                "or --skeleton."
            )
        if not state[name].isfinite().all():
            raise UserError(
                f"{file} is broken: {name} holds numbers that are not finite. Choose another checkpoint."
            )
    module.load_state_dict({name: state[name] for name in wanted})
