"""The architectures by name. A new one is a file beside this and an entry here."""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from core.domain import COCO17, Skeleton, UserError
from core.domain.skeletons import SKELETONS
from core.estimation.spec import IMAGENET, PER_PIXEL, EstimatorSpec

if TYPE_CHECKING:
    from core.estimation.architectures.net import Net

STRIDE = 4
HERE = "core.estimation.architectures"


@dataclass(frozen=True)
class Architecture:
    """network: the class, as 'module:name', imported where it is used, as it imports torch; title: for lists;
    size: width and height it is made for; spec: what else its spec says by default; multiple: pixels that
    both sides are a multiple of; skeletons: those that its published checkpoints have.
    """

    network: str
    title: str
    size: tuple[int, int]
    spec: dict
    multiple: int = 32
    skeletons: tuple[Skeleton, ...] = (COCO17,)

    @property
    def net(self) -> "type[Net]":
        module, _, name = self.network.partition(":")
        return getattr(import_module(module), name)

    def skeleton_of(self, joints: int) -> Skeleton | None:
        """What so many joints are, where its checkpoints tell; else None."""
        return next((skeleton for skeleton in self.skeletons if len(skeleton) == joints), None)

    def spec_of(
        self,
        name: str,
        skeleton: Skeleton,
        options: dict,
        size: tuple[int, int] | None = None,
        **changes: Any,
    ) -> EstimatorSpec:
        """Raises UserError for a size that does not go into whole cells."""
        width, height = size or self.size
        if (
            width % self.multiple
            or height % self.multiple
            or not 32 <= min(width, height) <= max(width, height) <= 1024
        ):
            raise UserError(
                f"A size of {width}x{height} is not possible with {name}: both must be multiples of "
                f"{self.multiple} pixels, from 32 to 1024."
            )
        values = {"stride": STRIDE} | self.spec | changes
        values |= {"embedding": self.net.embedding_of(options), "options": options}
        return EstimatorSpec(name, width, height, skeleton=skeleton, **values)


_MOVENET = {
    "gated": True,
    "margin": 1.1,  # measured, see benchmarks/RESULTS.md
    "convention": "centre",
    "loss": "focal",
    "source": "MoveNet v4, Apache-2.0",
}
_OF_RTMPOSE = (COCO17, SKELETONS["halpe26"], SKELETONS["wholebody133"])
ARCHITECTURES = {
    "movenet-lightning": Architecture(
        f"{HERE}.movenet:SinglePose", "MoveNet Lightning, 192x192", (192, 192), _MOVENET
    ),
    "movenet-thunder": Architecture(
        f"{HERE}.movenet:SinglePose", "MoveNet Thunder, 256x256", (256, 256), _MOVENET
    ),
    "simple-baseline": Architecture(
        f"{HERE}.simple_baseline:SimpleBaseline",
        "SimpleBaseline with a ResNet-50, -101 or -152; checkpoints of its authors or of mmpose",
        (192, 256),
        IMAGENET,
    ),
    "hrnet": Architecture(
        f"{HERE}.hrnet:HRNet",
        "HRNet-W32 or -W48; checkpoints of its authors or of mmpose",
        (192, 256),
        IMAGENET,
    ),
    "vitpose": Architecture(
        f"{HERE}.vitpose:ViTPose",
        "ViTPose small, base or large; a folder of transformers, checkpoints of its authors or of mmpose",
        (192, 256),
        IMAGENET | {"convention": "udp"},
        multiple=16,
    ),
    "rtmpose": Architecture(
        f"{HERE}.rtmpose:RTMPose",
        "RTMPose t, s, m, l or x; .onnx as mmdeploy and rtmlib have it, checkpoints of mmpose 1.x or "
        "DeepLabCut 3",
        (192, 256),
        IMAGENET | {"stride": 1 / PER_PIXEL, "loss": "kl"},
        skeletons=_OF_RTMPOSE,
    ),
}


def architecture(name: str) -> Architecture:
    """Raises UserError for a name that is none."""
    if name not in ARCHITECTURES:
        known = ", ".join((*ARCHITECTURES, "onnx"))
        raise UserError(f"The estimator's architecture {name!r} is not known here. Known are: {known}.")
    return ARCHITECTURES[name]
