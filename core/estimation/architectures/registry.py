"""The architectures by name. A new one is a file beside this and a line here."""

from dataclasses import dataclass
from typing import Any

from core.domain import COCO17, Skeleton, UserError
from core.domain.skeletons import SKELETONS
from core.estimation.architectures.hrnet import HRNet
from core.estimation.architectures.movenet import SinglePose
from core.estimation.architectures.net import Net
from core.estimation.architectures.rtmpose import PER_PIXEL, RTMPose
from core.estimation.architectures.simple_baseline import SimpleBaseline
from core.estimation.architectures.vitpose import ViTPose
from core.estimation.spec import IMAGENET, EstimatorSpec

STRIDE = 4


@dataclass(frozen=True)
class Architecture:
    """net: the module; size: width and height it is made for; spec: what else its spec says by default;
    skeletons: those that its published checkpoints have.
    """

    net: type[Net]
    size: tuple[int, int]
    spec: dict
    skeletons: tuple[Skeleton, ...] = (COCO17,)

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
        coarsest = 32 if self.net is not ViTPose else 16
        if (
            width % coarsest
            or height % coarsest
            or not 32 <= min(width, height) <= max(width, height) <= 1024
        ):
            raise UserError(
                f"A size of {width}x{height} is not possible with {name}: both must be multiples of "
                f"{coarsest} pixels, from 32 to 1024."
            )
        values = {"stride": STRIDE} | self.spec | changes
        values |= {"embedding": self.net.embedding_of(options), "options": options}
        return EstimatorSpec(name, width, height, skeleton=skeleton, **values)


_MOVENET = {
    "gated": True,
    "margin": 1.15,
    "convention": "centre",
    "loss": "focal",
    "source": "MoveNet v4, Apache-2.0",
}
_OF_RTMPOSE = (COCO17, SKELETONS["halpe26"], SKELETONS["wholebody133"])
ARCHITECTURES = {
    "movenet-lightning": Architecture(SinglePose, (192, 192), _MOVENET),
    "movenet-thunder": Architecture(SinglePose, (256, 256), _MOVENET),
    "simple-baseline": Architecture(SimpleBaseline, (192, 256), IMAGENET),
    "hrnet": Architecture(HRNet, (192, 256), IMAGENET),
    "vitpose": Architecture(ViTPose, (192, 256), IMAGENET | {"convention": "udp"}),
    "rtmpose": Architecture(
        RTMPose, (192, 256), IMAGENET | {"stride": 1 / PER_PIXEL, "loss": "kl"}, _OF_RTMPOSE
    ),
}
SPECS = {
    name: ARCHITECTURES[name].spec_of(name, COCO17, {}) for name in ("movenet-lightning", "movenet-thunder")
}


def architecture(name: str) -> Architecture:
    """Raises UserError for a name that is none."""
    if name not in ARCHITECTURES:
        known = ", ".join((*ARCHITECTURES, "onnx"))
        raise UserError(f"The estimator's architecture {name!r} is not known here. Known are: {known}.")
    return ARCHITECTURES[name]
