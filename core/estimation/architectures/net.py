"""What every network has in common, whatever is inside."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

import onnx
from torch import Tensor, nn

from core.domain import UserError
from core.estimation.architectures.checkpoints import folded
from core.estimation.spec import EstimatorSpec


class Parts(NamedTuple):
    """Modules that are trained, from the image to the heatmaps, each with its own factor on the rate."""

    backbone: Sequence[nn.Module]
    neck: Sequence[nn.Module]
    head: Sequence[nn.Module]


class Net(nn.Module):
    """The network inside an estimator. Without batch norms that learn: they are folded into the convolutions
    on loading.

    first: name of the weights that see the colours, '' where red is always first; final: name of the
    convolution with an output for each joint, the raw heatmaps, unless there are classifiers: names of the
    linear layers that say from what comes of it where a joint is along x and along y; idle: prefixes of
    parameters that the plain read-out does not use, gate: of those among them that the gated one does.
    """

    first: str = "conv1.weight"
    final: str
    classifiers: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()
    gate: tuple[str, ...] = ()

    @classmethod
    def ours(cls, state: dict[str, Tensor]) -> dict[str, Tensor]:
        """A checkpoint's tensors by the names that they have here, whoever saved it. Raises UserError where
        there is no such checkpoint.
        """
        raise UserError(f"{cls.__name__} cannot be read from a checkpoint.")

    @classmethod
    def colours(cls, state: dict[str, Tensor]) -> str:
        """'rgb' or 'bgr', the order in which the network of a checkpoint takes them; state: as it was
        saved.
        """
        return "rgb"

    @classmethod
    def options_of(cls, state: dict[str, Tensor]) -> dict:
        """The spec's options, read off the tensors of ours(). Raises KeyError for another network's."""
        return {}

    @classmethod
    def embedding_of(cls, options: dict) -> int:
        """Numbers in the embedding. Raises UserError where its spec says so itself."""
        raise UserError(f"{cls.__name__} does not say how long its embedding is.")

    @classmethod
    def size_of(cls, state: dict[str, Tensor]) -> tuple[int, int] | None:
        """Width and height of a crop, where the tensors of ours() tell it."""
        return None

    @classmethod
    def of_graph(cls, model: onnx.ModelProto, file: str) -> dict[str, Tensor]:
        """The same tensors out of an ONNX graph that somebody else made of the network. Raises UserError."""
        raise UserError(f"{file} is an ONNX graph: give --architecture onnx.")

    def converted(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        """The tensors of ours() as this network holds them."""
        state = folded(self, state)
        for name, module in self.named_modules():
            if isinstance(module, Linear) and f"{name}.weight" in state:
                state[f"{name}.weight"] = state[f"{name}.weight"].T.contiguous()
        return state

    @property
    @abstractmethod
    def trunk(self) -> tuple[str, ...]:
        """Names of the modules and parameters of lower()."""

    @abstractmethod
    def lower(self, images: Tensor) -> tuple[Tensor, ...]:
        """images: (N, 3, H, W) float RGB 0..255 -> what the upper part reads."""

    @abstractmethod
    def upper(self, *features: Tensor) -> tuple[Tensor, Tensor]:
        """Of lower(): what raw() gives."""

    def raw(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """images: (N, 3, H, W) float RGB 0..255 -> raw heatmaps (N, K, h, w), or what is said along x and y
        side by side (N, K, w + h), as the loss wants them; embedding (N, D).
        """
        return self.upper(*self.lower(images))

    @abstractmethod
    def parts(self, frozen: int) -> Parts:
        """What is trained; frozen: so many of the backbone's first blocks are not."""

    def gated(self, *features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """upper(), and how far (N, K, h, w) cells lie from where the crop's own person is expected to have
        the joint, in cells, for the read-out that favours this person.
        """
        raise UserError(f"{type(self).__name__} has no read-out that favours the crop's own person.")

    def unused(self, gated: bool) -> tuple[str, ...]:
        """Prefixes of parameters that the read-out does not use."""
        return tuple(prefix for prefix in self.idle if not (gated and prefix in self.gate))

    @property
    def finals(self) -> tuple[str, ...]:
        """Names of all layers that are such a `final`."""
        return (self.final,)

    def stored(self) -> dict[str, Tensor]:
        """The weights by the names of their initializers in an ONNX file, where each follows a `net.`"""
        return self.state_dict()

    @property
    def per_joint(self) -> dict[str, int]:
        """Name of each parameter whose first dimension runs over the joints -> how many channels each
        joint has there.
        """
        return {name: 1 for name, _ in self.named_parameters() if name.startswith(f"{self.final}.")}


class Linear(nn.Module):
    """y = x w + b, with w (in, out): stored as an ONNX file has it, so that it keeps its name there."""

    def __init__(self, cin: int, cout: int, bias: bool = True):
        super().__init__()
        reference = nn.Linear(cin, cout, bias)
        self.weight = nn.Parameter(reference.weight.detach().T.contiguous())
        self.bias = nn.Parameter(reference.bias.detach()) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        y = x @ self.weight
        return y if self.bias is None else y + self.bias


def normalised(images: Tensor, spec: EstimatorSpec) -> Tensor:
    """images: (N, 3, H, W) 0..255 less the spec's mean, over its deviation."""
    mean, std = (images.new_tensor(values)[None, :, None, None] for values in (spec.mean, spec.std))
    return (images - mean) / std
