"""A network as it came, and beside it a copy of its upper part that is trained."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from core.estimation.architectures.net import Net, Parts


class Both(NamedTuple):
    """before, after: see Net.raw, of the network as it came and of the copy; distance: see Net.gated, None
    where the read-out has no gate; embedding: (N, D) of the copy.
    """

    before: Tensor
    distance: Tensor | None
    after: Tensor
    embedding: Tensor


class Anchored(Net):
    """Training moves the copy alone, so that what the network knew is never lost: see readout.anchored_maps.

    share: weight of the copy in what is read, 0 to 1. The trunk is computed once for both.
    """

    def __init__(self, frozen: Net, adapted: Net, gated: bool):
        super().__init__()
        self.frozen, self.adapted, self._gated = frozen.requires_grad_(False), adapted, gated
        for name in (*adapted.trunk, *(prefix.removesuffix(".") for prefix in adapted.idle)):
            _remove(adapted, name)
        self.share = nn.Parameter(torch.tensor(0.0), requires_grad=False)
        self.final, self.first = f"adapted.{adapted.final}", f"frozen.{frozen.first}"
        self.classifiers = tuple(f"adapted.{name}" for name in adapted.classifiers)
        self.idle = tuple(f"frozen.{prefix}" for prefix in frozen.unused(gated))

    def begin(self) -> None:
        """The copy becomes equal to the network as it came."""
        own = self.adapted.state_dict()
        self.adapted.load_state_dict(
            {name: value for name, value in self.frozen.state_dict().items() if name in own}
        )

    def both(self, images: Tensor) -> Both:
        features = self.frozen.lower(images)
        before, distance = self._before(*features)
        after, embedding = self.adapted.upper(*features)
        return Both(before, distance, after, embedding)

    def _before(self, *features: Tensor) -> tuple[Tensor, Tensor | None]:
        if not self._gated:
            return self.frozen.upper(*features)[0], None
        raw, _, distance = self.frozen.gated(*features)
        return raw, distance

    def taught(self, images: Tensor, clean: Tensor) -> Both:
        """both(), with gradients for the copy only, and of other images what the network as it came says.

        clean: the last of `images`, with nothing put in front of anybody.
        """
        with torch.no_grad():
            before, distance = self._before(*self.frozen.lower(clean))
            features = self.frozen.lower(images)
        after, embedding = self.adapted.upper(*features)
        return Both(before, distance, after, embedding)

    trunk = ()

    def lower(self, images: Tensor) -> tuple[Tensor, ...]:
        return self.frozen.lower(images)

    def upper(self, *features: Tensor) -> tuple[Tensor, Tensor]:
        """Of the copy."""
        return self.adapted.upper(*features)

    def parts(self, frozen: int) -> Parts:
        return self.adapted.parts(frozen)

    @property
    def per_joint(self) -> dict[str, int]:
        state = self.state_dict()
        named = {
            f"{part}.{name}": n for part in ("frozen", "adapted") for name, n in self.frozen.per_joint.items()
        }
        return {name: n for name, n in named.items() if name in state}

    @property
    def finals(self) -> tuple[str, ...]:
        return f"frozen.{self.frozen.final}", self.final


def _remove(net: nn.Module, name: str) -> None:
    """Takes a module or parameter out, so that it is neither stored nor trained."""
    parent, _, last = name.rpartition(".")
    owner = net.get_submodule(parent)
    if last in owner._parameters:
        owner._parameters[last] = None
    else:
        owner._modules[last] = nn.Identity()
