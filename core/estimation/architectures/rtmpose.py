"""RTMPose: a CSPNeXt backbone and a head that tells a joint's place along x and along y (Jiang et al.
2023).
"""

import onnx
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.domain import UserError
from core.estimation.architectures.checkpoints import count, renamed
from core.estimation.architectures.net import Linear, Net, Parts, normalised
from core.estimation.architectures.rtmpose_graph import IS_RTMW, weights_of_graph
from core.estimation.spec import PER_PIXEL, EstimatorSpec

STRIDE = 32  # pixels of the crop that one cell of the backbone's end covers
STAGES = (1, 2, 3, 4)
SMALLEST = 1e-5  # what a norm is divided by at least
# names of DeepLabCut 3 to those of mmpose 1.x, which are ours
RULES = {r"backbone[.]model[.]": "backbone.", r"heads[.]bodypart[.]": "head."}


class Convolution(nn.Module):
    """With its norm folded in, then SiLU."""

    def __init__(self, cin: int, cout: int, kernel: int = 1, stride: int = 1, groups: int = 1):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, kernel, stride, kernel // 2, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        return F.silu(self.conv(x))


class Separable(nn.Module):
    """5 x 5 on each channel, then 1 x 1."""

    def __init__(self, channels: int):
        super().__init__()
        self.depthwise_conv = Convolution(channels, channels, 5, groups=channels)
        self.pointwise_conv = Convolution(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.pointwise_conv(self.depthwise_conv(x))


class Block(nn.Module):
    """3 x 3 and 5 x 5, beside a shortcut but in the last stage."""

    def __init__(self, channels: int, shortcut: bool):
        super().__init__()
        self.conv1, self.conv2, self._shortcut = (
            Convolution(channels, channels, 3),
            Separable(channels),
            shortcut,
        )

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv2(self.conv1(x))
        return x + y if self._shortcut else y


class Attention(nn.Module):
    """Each channel by how much it matters in the whole picture."""

    def __init__(self, channels: int):
        super().__init__()
        self.fc = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x * F.hardsigmoid(self.fc(x.mean((2, 3), keepdim=True)))


class CrossStage(nn.Module):
    """Half of the channels go through blocks, half go past them (Wang et al. 2020)."""

    def __init__(self, channels: int, blocks: int, shortcut: bool):
        super().__init__()
        half = channels // 2
        self.main_conv, self.short_conv = Convolution(channels, half), Convolution(channels, half)
        self.blocks = nn.Sequential(*(Block(half, shortcut) for _ in range(blocks)))
        self.attention, self.final_conv = Attention(2 * half), Convolution(2 * half, channels)

    def forward(self, x: Tensor) -> Tensor:
        both = torch.cat([self.blocks(self.main_conv(x)), self.short_conv(x)], 1)
        return self.final_conv(self.attention(both))


class Pooling(nn.Module):
    """What is highest in three neighbourhoods, beside the cell itself (He et al. 2015)."""

    def __init__(self, channels: int):
        super().__init__()
        self.conv1 = Convolution(channels, channels // 2)
        self.conv2 = Convolution(4 * (channels // 2), channels)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(x)
        return self.conv2(torch.cat([x, *(F.max_pool2d(x, size, 1, size // 2) for size in (5, 9, 13))], 1))


class ScaleNorm(nn.Module):
    """A vector at the length √n, times one number that is learned (Nguyen & Salazar 2019)."""

    def __init__(self) -> None:
        super().__init__()
        self.g = nn.Parameter(torch.ones(1))

    def forward(self, x: Tensor) -> Tensor:
        length = torch.sqrt(x.square().sum(-1, keepdim=True)) * x.shape[-1] ** -0.5
        return x / length.clamp(min=SMALLEST) * self.g


class Scale(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.scale


class GatedAttention(nn.Module):
    """Gated attention unit (Hua et al. 2022): joints look at one another. inner: width of the gate, keys: of
    what is compared.
    """

    def __init__(self, width: int, inner: int, keys: int):
        super().__init__()
        self._widths = inner, inner, keys
        self.ln, self.res_scale = ScaleNorm(), Scale(width)
        self.uv, self.o = Linear(width, 2 * inner + keys, bias=False), Linear(inner, width, bias=False)
        self.gamma, self.beta = nn.Parameter(torch.rand(2, keys)), nn.Parameter(torch.rand(2, keys))

    def forward(self, x: Tensor) -> Tensor:
        gates, values, base = F.silu(self.uv(self.ln(x))).split(self._widths, 2)
        queries, keys = (base.unsqueeze(2) * self.gamma + self.beta).unbind(2)
        weights = F.relu(queries @ keys.transpose(1, 2) / self._widths[2] ** 0.5).square()
        return self.res_scale(x) + self.o(gates * (weights @ values))


class Head(nn.Module):
    """cells: of the backbone's end; the other numbers as in the options of RTMPose."""

    def __init__(self, channels: int, joints: int, cells: int, size: tuple[int, int], options: dict):
        super().__init__()
        kernel, width = options["kernel"], options["width"]
        self.final_layer = nn.Conv2d(channels, joints, kernel, padding=kernel // 2)
        self.mlp = nn.Sequential(ScaleNorm(), Linear(cells, width, bias=False))
        self.gau = GatedAttention(width, options["inner"], options["keys"])
        self.cls_x, self.cls_y = (Linear(width, PER_PIXEL * side, bias=False) for side in size)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, h, w) -> what is said along x and y side by side, (N, K, 2 (width + height))."""
        joints = self.gau(self.mlp(self.final_layer(x).flatten(2)))
        return torch.cat([self.cls_x(joints), self.cls_y(joints)], 2)


class RTMPose(Net):
    """options: channels: of the stem's first half, its end and the four stages; blocks: of each stage;
    kernel: of the layer that looks for joints; width: of a joint's vector; inner, keys: see GatedAttention.
    """

    first = "backbone.stem.0.conv.weight"
    final = "head.final_layer"
    classifiers = ("head.cls_x", "head.cls_y")

    def __init__(self, spec: EstimatorSpec):
        super().__init__()
        self._spec = spec
        half, *channels = spec.options["channels"]
        self.backbone = nn.ModuleDict(
            {
                "stem": nn.Sequential(
                    Convolution(3, half, 3, 2), Convolution(half, half, 3), Convolution(half, channels[0], 3)
                )
            }
        )
        for stage, blocks in zip(STAGES, spec.options["blocks"], strict=True):
            cin, cout = channels[stage - 1 : stage + 1]
            last = stage == STAGES[-1]
            self.backbone[f"stage{stage}"] = nn.Sequential(
                Convolution(cin, cout, 3, 2),
                *([Pooling(cout)] if last else []),
                CrossStage(cout, blocks, not last),
            )
        cells = (spec.width // STRIDE) * (spec.height // STRIDE)
        self.head = Head(channels[-1], len(spec.skeleton), cells, spec.size, spec.options)

    trunk = ("backbone.stem", "backbone.stage1", "backbone.stage2")

    def lower(self, images: Tensor) -> tuple[Tensor, ...]:
        x = normalised(images, self._spec)
        for name in ("stem", "stage1", "stage2"):
            x = self.backbone[name](x)
        return (x,)

    def upper(self, *features: Tensor) -> tuple[Tensor, Tensor]:
        x = self.backbone["stage4"](self.backbone["stage3"](features[0]))
        return self.head(x), x.mean((2, 3))

    def parts(self, frozen: int) -> Parts:
        return Parts(list(self.backbone.values())[2 if frozen else 0 :], [], [self.head])

    @classmethod
    def ours(cls, state: dict[str, Tensor]) -> dict[str, Tensor]:
        state = renamed(state, RULES)
        if "head.final_layer2.conv.weight" in state:
            raise UserError(f"This checkpoint {IS_RTMW}")
        return {name.replace(".norm.", ".bn."): tensor for name, tensor in state.items()}

    @classmethod
    def options_of(cls, state: dict[str, Tensor]) -> dict:
        stages = [state[f"backbone.stage{stage}.0.conv.weight"] for stage in STAGES]
        stem = [state[f"backbone.stem.{layer}.conv.weight"] for layer in (0, 2)]
        return {
            "channels": [len(weight) for weight in (*stem, *stages)],
            "blocks": [
                count(state, f"backbone.stage{s}.{2 if s == STAGES[-1] else 1}.blocks") for s in STAGES
            ],
            "kernel": state["head.final_layer.weight"].shape[-1],
            "width": state["head.gau.o.weight"].shape[0],
            "inner": state["head.gau.o.weight"].shape[1],
            "keys": state["head.gau.gamma"].shape[1],
        }

    @classmethod
    def of_graph(cls, model: onnx.ModelProto, file: str) -> dict[str, Tensor]:
        return weights_of_graph(model, file)

    @classmethod
    def embedding_of(cls, options: dict) -> int:
        return options["channels"][-1]

    @classmethod
    def size_of(cls, state: dict[str, Tensor]) -> tuple[int, int] | None:
        width, height = (len(state[f"{name}.weight"]) // PER_PIXEL for name in cls.classifiers)
        return width, height
