"""NanoDet-g (RangiLyu 2021: CSP backbone, path aggregation, distances to the sides as distributions) as plain
torch modules, for the one class of people.

Batch norms are folded into the convolutions. Parameter names are those of the weight file.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

# channels that come in, small blocks, stride
STAGES = ((32, 1, 1), (64, 2, 2), (128, 2, 2), (256, 3, 2))
STRIDES = (8, 16, 32)
NECK = 128  # channels
BINS = 11  # of a distance, in strides
SLOPE = 0.1
MEAN, STD = (103.53, 116.28, 123.675), (57.375, 57.12, 58.395)  # blue first


def _conv(cin: int, cout: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(cin, cout, 3, stride, 1), nn.LeakyReLU(SLOPE))


class SmallBlock(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.first, self.second = (
            _conv(channels, channels // 2),
            _conv(channels // 2, channels // 2),
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        return torch.cat([self.second(x), x], 1)


class Stage(nn.Module):
    """Doubles the channels."""

    def __init__(self, channels: int, blocks: int, stride: int):
        super().__init__()
        self.first = _conv(channels, channels, stride)
        self.blocks = nn.Sequential(*(SmallBlock(channels) for _ in range(blocks)))
        self.last = _conv(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        return torch.cat([self.last(self.blocks(x)), x], 1)


class NanoDet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = _conv(3, STAGES[0][0], 2)
        self.stages = nn.ModuleList(Stage(*stage) for stage in STAGES)
        self.lateral = nn.ModuleList(nn.Conv2d(2 * stage[0], NECK, 1) for stage in STAGES[1:])
        self.head = nn.ModuleList(_conv(NECK, NECK) for _ in STRIDES)
        self.out = nn.ModuleList(nn.Conv2d(NECK, 1 + 4 * BINS, 1) for _ in STRIDES)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """images: (n, 3, H, W) float RGB 0..255, sides multiples of 32.

        Returns (n, A, 4) x0, y0, x1, y1 in its pixels, edges of the image at 0 and W, and (n, A) scores in
        0..1, of the A cells of three grids.
        """
        mean, std = (images.new_tensor(values)[None, :, None, None] for values in (MEAN, STD))
        x = F.max_pool2d(self.stem((images.flip(1) - mean) / std), 3, 2, 1)
        levels = []
        for stage in self.stages:
            x = stage(x)
            levels.append(x)
        small, middle, large = (lateral(x) for lateral, x in zip(self.lateral, levels[1:], strict=True))
        middle = middle + F.interpolate(large, scale_factor=2.0, mode="bilinear", align_corners=False)
        small = small + F.interpolate(middle, scale_factor=2.0, mode="bilinear", align_corners=False)
        middle = middle + F.avg_pool2d(small, 2)
        large = large + F.avg_pool2d(middle, 2)
        found = [
            _decoded(out(head(x)), stride)
            for head, out, x, stride in zip(self.head, self.out, (small, middle, large), STRIDES, strict=True)
        ]
        return torch.cat([boxes for boxes, _ in found], 1), torch.cat([scores for _, scores in found], 1)


def _decoded(raw: Tensor, stride: int) -> tuple[Tensor, Tensor]:
    """raw: (n, 1 + 4 * BINS, h, w) -> boxes (n, h * w, 4), scores (n, h * w)."""
    n, _, h, w = raw.shape
    scores = raw[:, 0].flatten(1).sigmoid()
    shares = raw[:, 1:].reshape(n, 4, BINS, h * w).softmax(2)
    bins = torch.arange(BINS, device=raw.device, dtype=raw.dtype)
    left, top, right, bottom = (shares * bins[None, None, :, None]).sum(2).mul(stride).unbind(1)
    x, y = ((torch.arange(count, device=raw.device) + 0.5) * stride for count in (w, h))
    x, y = x.expand(h, w).flatten(), y[:, None].expand(h, w).flatten()
    return torch.stack([x - left, y - top, x + right, y + bottom], 2), scores


def load_nanodet(weights: Path) -> NanoDet:
    """weights: fp16 or fp32 safetensors. Returns the network in eval mode, float32."""
    net = NanoDet()
    net.load_state_dict({name: tensor.float() for name, tensor in load_file(weights).items()})
    return net.eval()
