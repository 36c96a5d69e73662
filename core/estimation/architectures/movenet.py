"""MoveNet (MobileNetV2, feature pyramid, CenterNet heads) as plain torch modules.

Batch norms are folded into the convolutions, so there is nothing to freeze. Parameter names are those of the
weight files.
"""

from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

from core.estimation.architectures.net import Net, Parts
from core.estimation.readout import gate
from core.estimation.spec import EstimatorSpec

EMBEDDING = 1280
WIDTHS = {"lightning": 1.0, "thunder": 1.75, "multipose": 1.5}
TRUNK = 7  # blocks that an adapted copy shares with the network it came from
# (expansion, channels, repeats, stride) of MobileNetV2's stages
STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
TAPS = (2, 5, 9)  # blocks whose output feeds the pyramid, at strides 4, 8, 16


class SameConv(nn.Module):
    """Convolution padded as TensorFlow's SAME does for even inputs: stride 2 pads right and bottom only."""

    def __init__(
        self,
        cin: int,
        cout: int,
        kernel: int = 1,
        stride: int = 1,
        groups: int = 1,
        act: Callable[[Tensor], Tensor] | None = None,
        bias: bool = True,
    ):
        super().__init__()
        self.one_sided = stride == 2 and kernel == 3
        padding = 0 if self.one_sided else kernel // 2
        self.conv = nn.Conv2d(cin, cout, kernel, stride, padding, groups=groups, bias=bias)
        self.act = act

    def forward(self, x: Tensor) -> Tensor:
        x = F.pad(x, (0, 1, 0, 1)) if self.one_sided else x
        if self.one_sided and x.requires_grad and torch.is_autocast_enabled("cpu"):
            # gradients of strided depthwise kernels: 6 times slower in bf16
            with torch.autocast("cpu", enabled=False):
                x = self.conv(x.float())
        else:
            x = self.conv(x)
        return self.act(x) if self.act else x


class InvertedResidual(nn.Module):
    def __init__(self, cin: int, cout: int, stride: int, expansion: int):
        super().__init__()
        hidden = cin * expansion
        self.expand = SameConv(cin, hidden, act=F.relu6) if expansion != 1 else None
        self.depthwise = SameConv(hidden, hidden, 3, stride, hidden, F.relu6)
        self.project = SameConv(hidden, cout)
        self.residual = stride == 1 and cin == cout and expansion != 1

    def forward(self, x: Tensor) -> Tensor:
        y = self.expand(x) if self.expand else x
        y = self.project(self.depthwise(y))
        return x + y if self.residual else y


class SeparableConv(nn.Module):
    def __init__(self, cin: int, cout: int):
        super().__init__()
        self.depthwise = SameConv(cin, cin, 3, 1, cin, bias=False)
        self.pointwise = SameConv(cin, cout, act=F.relu)

    def forward(self, x: Tensor) -> Tensor:
        return self.pointwise(self.depthwise(x))


class Head(nn.Module):
    def __init__(self, cout: int):
        super().__init__()
        self.sep = SeparableConv(24, 96)
        self.out = SameConv(96, cout)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.sep(x))


def _channels(width: float) -> int:
    rounded = max(8, int(width + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * width else rounded


class MoveNet(Net):
    """Backbone, pyramid and heads. joints: K; box_heads: the size heads that only the multi-person
    detector has.
    """

    stride = 4

    def __init__(self, width: float, joints: int = 17, box_heads: bool = False):
        super().__init__()
        channels = _channels(32 * width)
        self.stem = SameConv(3, channels, 3, 2, act=F.relu6)
        self.blocks = nn.ModuleList()
        for expansion, base, repeats, stride in STAGES:
            cout = _channels(base * width)
            for repeat in range(repeats):
                self.blocks.append(InvertedResidual(channels, cout, stride if repeat == 0 else 1, expansion))
                channels = cout
        tapped = [self.blocks[i].project.conv.out_channels for i in TAPS]
        self.top = SameConv(channels, EMBEDDING, act=F.relu6)
        self.lat4, self.lat3 = SameConv(EMBEDDING, 64), SameConv(tapped[2], 64)
        self.lat2, self.lat1 = SameConv(tapped[1], 32), SameConv(tapped[0], 24)
        self.sm3, self.sm2, self.sm1 = SeparableConv(64, 32), SeparableConv(32, 24), SeparableConv(24, 24)
        heads = {"center": 1, "kpt_heatmap": joints, "kpt_regress": 2 * joints, "kpt_offset": 2 * joints}
        if box_heads:
            heads |= {"box_scale": 2, "box_offset": 2}
        self.heads = nn.ModuleDict({name: Head(channels) for name, channels in heads.items()})

    def lower(self, images: Tensor) -> tuple[Tensor, ...]:
        """images: (N, 3, H, W) float RGB 0..255 -> what the pyramid takes at strides 4 and 8, and the
        trunk's end.
        """
        x = self.stem(images * 0.007843017578125 - 1.0)
        taps = []
        for i, block in enumerate(self.blocks[:TRUNK]):
            x = block(x)
            if i in TAPS:
                taps.append(x)
        return *taps, x

    def pyramid(self, quarter: Tensor, eighth: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        """Of lower(): pyramid (N, 24, H/4, W/4), embedding (N, 1280)."""
        sixteenth = x
        for i, block in enumerate(self.blocks[TRUNK:], TRUNK):
            x = block(x)
            if i == TAPS[-1]:
                sixteenth = x
        top = self.top(x)
        x = self.sm3(_double(self.lat4(top)) + self.lat3(sixteenth))
        x = self.sm2(_double(x) + self.lat2(eighth))
        x = self.sm1(_double(x) + self.lat1(quarter))
        return x, top.mean((2, 3))

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """Raw heads, centre and joint heatmaps as logits."""
        pyramid, _ = self.pyramid(*self.lower(image))
        return {name: head(pyramid) for name, head in self.heads.items()}


def _double(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


def own_distance(heads: dict[str, Tensor]) -> Tensor:
    """(N, K, h, w) cells between each cell and where the crop's own person is expected to have the joint.

    The centre map's peak, weighted to the middle, says who the person is; the joints regressed from there say
    where to look. This is MoveNet's own rule, with readout.gate as a factor; without it a neighbour's joint
    can win.
    """
    n, joints, h, w = heads["kpt_heatmap"].shape
    device = heads["center"].device
    ys = torch.arange(h, device=device, dtype=torch.float32)[:, None]
    xs = torch.arange(w, device=device, dtype=torch.float32)[None, :]
    middle = gate(torch.sqrt((ys - (h - 1) / 2) ** 2 + (xs - (w - 1) / 2) ** 2))
    cell = (heads["center"].sigmoid()[:, 0] * middle).flatten(1).argmax(1)
    offsets = heads["kpt_regress"].flatten(2).gather(2, cell[:, None, None].expand(-1, 2 * joints, 1))
    offsets = offsets.reshape(n, joints, 2)
    cy = (cell // w).float()[:, None] + offsets[..., 0]
    cx = (cell % w).float()[:, None] + offsets[..., 1]
    return torch.sqrt((ys - cy[..., None, None]) ** 2 + (xs - cx[..., None, None]) ** 2)


class SinglePose(MoveNet):
    """MoveNet for the one person in the crop, Lightning or Thunder by the name of the architecture."""

    first = ""
    final = "heads.kpt_heatmap.out.conv"
    gate = ("heads.center.", "heads.kpt_regress.")
    idle = ("heads.kpt_offset.", *gate)

    def __init__(self, spec: EstimatorSpec):
        super().__init__(WIDTHS[spec.architecture.removeprefix("movenet-")], len(spec.skeleton))

    @property
    def trunk(self) -> tuple[str, ...]:
        return ("stem", *(f"blocks.{i}" for i in range(TRUNK)))

    def upper(self, *features: Tensor) -> tuple[Tensor, Tensor]:
        pyramid, embedding = self.pyramid(*features)
        return self.heads["kpt_heatmap"](pyramid), embedding

    def gated(self, *features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        pyramid, embedding = self.pyramid(*features)
        heads = {name: self.heads[name](pyramid) for name in ("kpt_heatmap", "center", "kpt_regress")}
        return heads["kpt_heatmap"], embedding, own_distance(heads)

    def parts(self, frozen: int) -> Parts:
        backbone = [*([] if frozen else [self.stem]), *self.blocks[frozen:], self.top]
        neck = [self.lat1, self.lat2, self.lat3, self.lat4, self.sm1, self.sm2, self.sm3]
        return Parts(backbone, neck, [self.heads["kpt_heatmap"]])

    @property
    def per_joint(self) -> dict[str, int]:
        each = {"kpt_heatmap": 1, "kpt_regress": 2, "kpt_offset": 2}
        return {f"heads.{head}.out.conv.{part}": n for head, n in each.items() for part in ("weight", "bias")}

    @classmethod
    def ours(cls, state: dict[str, Tensor]) -> dict[str, Tensor]:
        return state

    @classmethod
    def options_of(cls, state: dict[str, Tensor]) -> dict:
        return {}

    @classmethod
    def embedding_of(cls, options: dict) -> int:
        return EMBEDDING


def load_movenet(variant: str, weights: Path) -> MoveNet:
    """variant: a key of WIDTHS. weights: fp16 or fp32 safetensors. Returns the network in eval mode,
    float32.
    """
    state = {name: tensor.float() for name, tensor in load_file(weights).items()}
    net = MoveNet(WIDTHS[variant], box_heads=variant == "multipose")
    net.load_state_dict(state)
    return net.eval()
