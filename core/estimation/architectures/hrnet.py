"""HRNet: branches of several resolutions side by side that exchange what they see (Sun et al. 2019)."""

import torch.nn.functional as F
from torch import Tensor, nn

from core.estimation.architectures.checkpoints import count, renamed
from core.estimation.architectures.net import Net, Parts, normalised
from core.estimation.architectures.simple_baseline import RULES, Bottleneck
from core.estimation.spec import EstimatorSpec


class BasicBlock(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.conv1, self.conv2 = (nn.Conv2d(channels, channels, 3, 1, 1) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.conv2(F.relu(self.conv1(x))) + x)


def _down(cin: int, cout: int, steps: int, last_relu: bool) -> nn.Sequential:
    """steps times half the size; the last convolution changes the channels. Numbered as with their batch
    norms.
    """
    layers = []
    for step in range(steps):
        last = step == steps - 1
        layer: list[nn.Module] = [nn.Conv2d(cin, cout if last else cin, 3, 2, 1), nn.Identity()]
        layers.append(nn.Sequential(*layer, *([nn.ReLU()] if last_relu or not last else [])))
    return nn.Sequential(*layers)


class Exchange(nn.Module):
    """Four blocks on each branch, then each of the first `outputs` branches becomes the sum of all,
    brought to its size.
    """

    def __init__(self, channels: list[int], blocks: int, outputs: int):
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Sequential(*(BasicBlock(width) for _ in range(blocks))) for width in channels
        )
        self.fuse_layers = nn.ModuleList(
            nn.ModuleList(self._way(channels, source, target) for source in range(len(channels)))
            for target in range(outputs)
        )

    @staticmethod
    def _way(channels: list[int], source: int, target: int) -> nn.Module:
        if source == target:
            return nn.Identity()
        if source < target:
            return _down(channels[source], channels[target], target - source, last_relu=False)
        up = nn.Upsample(scale_factor=2 ** (source - target), mode="nearest")
        return nn.Sequential(nn.Conv2d(channels[source], channels[target], 1), nn.Identity(), up)

    def forward(self, xs: list[Tensor]) -> list[Tensor]:
        xs = [branch(x) for branch, x in zip(self.branches, xs, strict=True)]
        return [F.relu(sum(way(x) for way, x in zip(ways, xs, strict=True))) for ways in self.fuse_layers]


def _staged(transition: nn.ModuleList, stage: nn.Module, xs: list[Tensor]) -> list[Tensor]:
    """One stage, with a new branch from the coarsest of those there are."""
    return stage([way(source) for way, source in zip(transition, [*xs, xs[-1]], strict=True)])


class HRNet(Net):
    """options: channels: of the finest branch, doubled for each coarser one; stem: channels of the stem;
    modules: exchanges in stages 2, 3 and 4; blocks: of each branch between two exchanges, and of the first
    stage.
    """

    final = "final_layer"

    def __init__(self, spec: EstimatorSpec):
        super().__init__()
        self._spec = spec
        options = spec.options
        stem, blocks = options["stem"], options["blocks"]
        self.conv1, self.conv2 = nn.Conv2d(3, stem, 3, 2, 1), nn.Conv2d(stem, stem, 3, 2, 1)
        wide = stem * Bottleneck.expansion
        self.layer1 = nn.Sequential(
            Bottleneck(stem, stem), *(Bottleneck(wide, stem) for _ in range(blocks - 1))
        )
        before = [wide]
        for stage, modules in zip((2, 3, 4), options["modules"], strict=True):
            channels = [options["channels"] * 2**branch for branch in range(stage)]
            setattr(self, f"transition{stage - 1}", self._transition(before, channels))
            exchanges = [
                Exchange(channels, blocks, 1 if stage == 4 and n == modules - 1 else stage)
                for n in range(modules)
            ]
            setattr(self, f"stage{stage}", nn.Sequential(*exchanges))
            before = channels
        self.final_layer = nn.Conv2d(before[0], len(spec.skeleton), 1)

    @staticmethod
    def _transition(before: list[int], channels: list[int]) -> nn.ModuleList:
        """Into the branches there are, and from the coarsest into one that is half its size."""
        ways = [
            nn.Identity()
            if cin == cout
            else nn.Sequential(nn.Conv2d(cin, cout, 3, 1, 1), nn.Identity(), nn.ReLU())
            for cin, cout in zip(before, channels, strict=False)
        ]
        return nn.ModuleList([*ways, _down(before[-1], channels[len(before)], 1, last_relu=True)])

    trunk = ("conv1", "conv2", "layer1", "transition1", "stage2")

    def lower(self, images: Tensor) -> tuple[Tensor, ...]:
        x = F.relu(self.conv2(F.relu(self.conv1(normalised(images, self._spec)))))
        return tuple(_staged(self.transition1, self.stage2, [self.layer1(x)]))

    def upper(self, *features: Tensor) -> tuple[Tensor, Tensor]:
        xs = _staged(self.transition2, self.stage3, list(features))
        xs = _staged(self.transition3, self.stage4, xs)
        return self.final_layer(xs[0]), xs[0].mean((2, 3))

    def parts(self, frozen: int) -> Parts:
        early = [] if frozen else [self.conv1, self.conv2, self.layer1, self.transition1]
        return Parts(
            [*early, self.stage2, self.transition2, self.stage3, self.transition3, self.stage4],
            [],
            [self.final_layer],
        )

    @classmethod
    def ours(cls, state: dict[str, Tensor]) -> dict[str, Tensor]:
        return renamed(state, RULES)

    @classmethod
    def options_of(cls, state: dict[str, Tensor]) -> dict:
        return {
            "channels": len(state["stage2.0.branches.0.0.conv1.weight"]),
            "stem": len(state["conv1.weight"]),
            "modules": [count(state, f"stage{stage}") for stage in (2, 3, 4)],
            "blocks": count(state, "layer1"),
        }

    @classmethod
    def embedding_of(cls, options: dict) -> int:
        return options["channels"]
