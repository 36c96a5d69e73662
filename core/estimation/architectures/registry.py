"""The architectures by name. A new one is a file beside this and a line here."""

from dataclasses import dataclass
from typing import Any

from core.domain import COCO17, Skeleton, UserError
from core.estimation.architectures.hrnet import HRNet
from core.estimation.architectures.movenet import SinglePose
from core.estimation.architectures.net import Net
from core.estimation.architectures.simple_baseline import SimpleBaseline
from core.estimation.architectures.vitpose import ViTPose
from core.estimation.spec import EstimatorSpec

IMAGENET = {"mean": (123.675, 116.28, 103.53), "std": (58.395, 57.12, 57.375)}
STRIDE = 4


@dataclass(frozen=True)
class Architecture:
    """net: the module; size: width and height it is made for; spec: what else its spec says by default."""

    net: type[Net]
    size: tuple[int, int]
    spec: dict

    def spec_of(
        self, name: str, skeleton: Skeleton, options: dict, size: tuple[int, int] | None = None, **changes: Any
    ) -> EstimatorSpec:
        """Raises UserError for a size that does not go into whole cells."""
        width, height = size or self.size
        coarsest = 32 if self.net is not ViTPose else 16
        if width % coarsest or height % coarsest or not 32 <= min(width, height) <= max(width, height) <= 1024:
            raise UserError(
                f"A size of {width}x{height} is not possible with {name}: both must be multiples of {coarsest} pixels, "
                "from 32 to 1024."
            )
        values = self.spec | changes | {"embedding": self.net.embedding_of(options), "options": options}
        return EstimatorSpec(name, width, height, STRIDE, skeleton=skeleton, **values)


_MOVENET = {
    "gated": True,
    "margin": 1.15,
    "convention": "centre",
    "loss": "focal",
    "source": "MoveNet v4, Apache-2.0",
}
ARCHITECTURES = {
    "movenet-lightning": Architecture(SinglePose, (192, 192), _MOVENET),
    "movenet-thunder": Architecture(SinglePose, (256, 256), _MOVENET),
    "simple-baseline": Architecture(SimpleBaseline, (192, 256), IMAGENET),
    "hrnet": Architecture(HRNet, (192, 256), IMAGENET),
    "vitpose": Architecture(ViTPose, (192, 256), IMAGENET | {"convention": "udp"}),
}
SPECS = {name: ARCHITECTURES[name].spec_of(name, COCO17, {}) for name in ("movenet-lightning", "movenet-thunder")}


def architecture(name: str) -> Architecture:
    """Raises UserError for a name that is none."""
    if name not in ARCHITECTURES:
        known = ", ".join((*ARCHITECTURES, "onnx"))
        raise UserError(f"The estimator's architecture {name!r} is not known here. Known are: {known}.")
    return ARCHITECTURES[name]
