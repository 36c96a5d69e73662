"""Small random networks, and checkpoints of them as the original sources name their tensors."""

import copy

import pytest
import torch
from torch import nn

from core.domain import Skeleton
from core.estimation.architectures.net import Linear, Net
from core.estimation.architectures.registry import ARCHITECTURES
from core.estimation.spec import EstimatorSpec

WIDTH, HEIGHT = 64, 96
FIVE = Skeleton(
    "Five",
    ("head", "left_hand", "right_hand", "left_foot", "right_foot"),
    ((0, 1),),
    ((1, 2), (3, 4)),
    (0.08,) * 5,
)
RTMPOSE_S = {
    "channels": [16, 32, 64, 128, 256, 512],
    "blocks": [1, 2, 2, 1],
    "kernel": 7,
    "width": 256,
    "inner": 512,
    "keys": 128,
}
SMALL = {
    "simple-baseline": {"blocks": [1, 2, 1, 1], "channels": 8, "deconvolutions": [16, 16, 16]},
    "hrnet": {"channels": 8, "stem": 8, "modules": [1, 2, 1], "blocks": 2},
    "vitpose": {
        "width": 24,
        "depth": 2,
        "heads": 12,
        "hidden": 48,
        "epsilon": 1e-6,
        "deconvolutions": [16, 16],
    },
    "rtmpose": {
        "channels": [4, 8, 8, 16, 16, 24],
        "blocks": [1, 2, 1, 1],
        "kernel": 7,
        "width": 16,
        "inner": 24,
        "keys": 8,
    },
    "vitpose-simple": {
        "width": 24,
        "depth": 2,
        "heads": 12,
        "hidden": 48,
        "epsilon": 1e-6,
        "deconvolutions": [],
    },
}
# all but the first behind --long, where a test costs seconds of compiling
SOME = [pytest.param(name, marks=[] if place == 0 else pytest.mark.long) for place, name in enumerate(SMALL)]


def small_spec(name: str, skeleton: Skeleton = FIVE) -> EstimatorSpec:
    kind = name.removesuffix("-simple")
    return ARCHITECTURES[kind].spec_of(kind, skeleton, SMALL[name], (WIDTH, HEIGHT))


class Unfolded(nn.Module):
    """A convolution with a batch norm that has seen something."""

    def __init__(self, convolution: nn.Module):
        super().__init__()
        self.conv = copy.deepcopy(convolution)
        self.conv.bias = None
        self.norm = nn.BatchNorm2d(convolution.out_channels)
        for tensor in (self.norm.weight, self.norm.bias, self.norm.running_mean, self.norm.running_var):
            nn.init.uniform_(tensor, 0.5, 1.5)

    def forward(self, x):
        return self.norm(self.conv(x))


def with_norms(net: Net) -> tuple[Net, dict[str, torch.Tensor]]:
    """The network with a batch norm after every convolution but the last (a ViT's patches, what weighs
    channels), as it was trained; and its tensors as the paper's own code names them.
    """
    trained = copy.deepcopy(net).eval()
    state = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    for name, module in list(trained.named_modules()):
        plain = name.startswith((net.final, "patch_embed")) or name.endswith(".fc")
        if not isinstance(module, nn.Conv2d | nn.ConvTranspose2d) or plain:
            continue
        parent, _, own = name.rpartition(".")
        unfolded = Unfolded(module).eval()
        setattr(trained.get_submodule(parent), own, unfolded)
        norm = f"bn{own.removeprefix('conv')}" if own.startswith("conv") else str(int(own[-1]) + 1)
        state.pop(f"{name}.bias")
        state[f"{name}.weight"] = unfolded.conv.weight.detach()
        for part, tensor in unfolded.norm.state_dict().items():
            state[".".join(filter(None, (parent, norm, part)))] = tensor
    for name, module in net.named_modules():
        if isinstance(module, Linear):
            state[f"{name}.weight"] = state[f"{name}.weight"].T.contiguous()
    return trained, state


def placed(state: dict[str, torch.Tensor], head: str) -> dict[str, torch.Tensor]:
    """As mmpose names them: a backbone and a head."""
    heads = ("deconv_layers", "final_layer")
    return {(f"{head}.{n}" if n.startswith(heads) else f"backbone.{n}"): t for n, t in state.items()}


def of_deeplabcut(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """mmpose's names of RTMPose to those of DeepLabCut 3."""
    places = {"backbone.": "backbone.model.", "head.": "heads.bodypart.", ".bn.": ".norm."}
    renamed = {}
    for name, tensor in state.items():
        for old, new in places.items():
            name = name.replace(old, new, 1)
        renamed[name] = tensor
    return renamed


def with_class_token(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """A place for the class token, as the paper's code and transformers keep one."""
    place = state["pos_embed"]
    token = torch.randn(1, 1, place.shape[2])
    return state | {"pos_embed": torch.cat([token, place - token], 1)}


def of_transformers(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The paper's names of ViTPose to those of VitPoseForPoseEstimation."""
    renamed = {}
    for name, tensor in with_class_token(state).items():
        if "attn.qkv" in name:
            layer, kind = name.split(".")[1], name.split(".")[-1]
            for part, third in zip(("query", "key", "value"), tensor.chunk(3), strict=True):
                renamed[f"backbone.encoder.layer.{layer}.attention.attention.{part}.{kind}"] = third.clone()
            continue
        for old, new in (
            ("patch_embed.proj", "backbone.embeddings.patch_embeddings.projection"),
            ("pos_embed", "backbone.embeddings.position_embeddings"),
            ("attn.proj", "attention.output.dense"),
            ("norm1", "layernorm_before"),
            ("norm2", "layernorm_after"),
            ("last_norm", "backbone.layernorm"),
            ("blocks", "backbone.encoder.layer"),
            ("deconv_layers.0", "head.deconv1"),
            ("deconv_layers.1", "head.batchnorm1"),
            ("deconv_layers.3", "head.deconv2"),
            ("deconv_layers.4", "head.batchnorm2"),
            ("final_layer", "head.conv"),
        ):
            name = name.replace(old, new)
        renamed[name] = tensor
    return renamed


def of_mmpose_1(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The paper's names of ViTPose to those of mmpose 1.x."""
    renamed = {}
    for name, tensor in placed(state, "head").items():
        for old, new in (
            ("patch_embed.proj", "patch_embed.projection"),
            ("blocks", "layers"),
            ("norm1", "ln1"),
            ("norm2", "ln2"),
            ("mlp.fc1", "ffn.layers.0.0"),
            ("mlp.fc2", "ffn.layers.1"),
            ("last_norm", "ln1"),
        ):
            name = name.replace(old, new)
        renamed[name] = tensor
    return renamed
