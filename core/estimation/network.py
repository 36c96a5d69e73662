"""Estimators as torch modules behind one contract: crops in, maps and embedding out."""

from dataclasses import replace
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from core.domain import COCO17, Skeleton, UserError
from core.domain.unreadable import what_it_is
from core.estimation.architectures.anchored import Anchored, Both
from core.estimation.architectures.movenet import load_movenet
from core.estimation.architectures.net import Net
from core.estimation.architectures.registry import ARCHITECTURES, architecture
from core.estimation.readout import anchored_maps, gate, maps_of
from core.estimation.spec import KEY, EstimatorSpec

__all__ = [
    "SPECS",
    "Detector",
    "Estimator",
    "add_noise",
    "alone",
    "anchored",
    "load_estimator",
    "save_estimator",
    "tailored",
]

# of the networks that ship, by architecture
SPECS = {
    name: ARCHITECTURES[name].spec_of(name, COCO17, {}) for name in ("movenet-lightning", "movenet-thunder")
}
UNLIKELY = -4.0  # the logit that a joint without any training starts from


class Estimator(nn.Module):
    """The network of `spec`, reading crops as they come from the video. net: where the spec alone does not
    build it.
    """

    def __init__(self, spec: EstimatorSpec, net: Net | None = None):
        super().__init__()
        self.spec = spec
        try:
            self.net = net or _built(spec)
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise UserError(
                f"An estimator of architecture {spec.architecture} cannot be built as it describes itself "
                f"({error!r})."
            ) from error

    def raw(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        """crops: (N, height, width, 3) uint8 or float RGB 0..255 -> what the loss wants, see Net.raw."""
        return self.net.raw(crops.permute(0, 3, 1, 2).to(torch.float32))

    def forward(self, crops: Tensor) -> tuple[Tensor, ...]:
        """crops: (N, height, width, 3) uint8 RGB -> where the joints are, embedding (N, D) and, of an
        anchored estimator, where they are for the network as it came, see EstimatorSpec.
        """
        net, spec = self.net, self.spec
        images = crops.permute(0, 3, 1, 2).to(torch.float32)
        if isinstance(net, Anchored):
            both = net.both(images)
            before, after = self.before(both), maps_of(both.after, spec)
            return anchored_maps(before, both.distance, after, net.share, spec), both.embedding, before
        if spec.gated:
            raw, embedding, distance = net.gated(*net.lower(images))
            return maps_of(raw, spec) * gate(distance), embedding
        raw, embedding = net.raw(images)
        return maps_of(raw, spec), embedding

    def before(self, both: Both) -> Tensor:
        """The maps of an anchored estimator as it came, as it reads them itself."""
        maps = maps_of(both.before, self.spec)
        return maps if both.distance is None else maps * gate(both.distance)


def _built(spec: EstimatorSpec) -> Net:
    kind = architecture(spec.architecture).net
    return Anchored(kind(spec), kind(spec), spec.gated) if spec.anchored else kind(spec)


def anchored(estimator: Estimator) -> Estimator:
    """With a copy of its upper part to be trained, which has no weight yet: it gives what it gave. Itself
    where it has one.

    A foreign graph stays as it is: it cannot be copied.
    """
    spec = estimator.spec
    if spec.anchored or spec.architecture == "onnx":
        return estimator
    made = Estimator(replace(spec, anchored=True))
    net = made.net
    assert isinstance(net, Anchored)
    net.frozen.load_state_dict(estimator.net.state_dict())
    net.begin()
    return made.eval()


def alone(estimator: Estimator) -> Estimator:
    """The adapted copy of an anchored estimator, without the network as it came. Itself where it has none."""
    net = estimator.net
    if not isinstance(net, Anchored):
        return estimator
    made = Estimator(replace(estimator.spec, anchored=False))
    made.net.load_state_dict(net.frozen.state_dict() | net.adapted.state_dict())
    return made.eval()


def load_estimator(weights: Path, spec: EstimatorSpec | None = None) -> Estimator:
    """weights: safetensors, fp16 or fp32; spec: what they are, by default what the file says of itself.

    Raises UserError when the file is not such weights.
    """
    try:
        with safe_open(weights, "pt") as file:
            text = (file.metadata() or {}).get(KEY)
            if spec is None and text is None:
                raise UserError(
                    f"{weights} does not say which estimator it belongs to. Choose one written by "
                    "PoseTailor, or make one of it with: main.py estimator import."
                )
            estimator = Estimator(spec or EstimatorSpec.from_text(text or "", weights.name))
            state = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
        estimator.net.load_state_dict(state)
    except OSError as error:
        raise UserError(f"The weights {weights} cannot be read ({error}). Choose another file.") from error
    except SafetensorError as error:
        raise UserError(f"{weights.name} {what_it_is(weights, '.safetensors file')}") from error
    except RuntimeError as error:
        raise UserError(
            f"The weights in {weights.name} do not fit the architecture they name. Export them again."
        ) from error
    return estimator.eval()


def save_estimator(estimator: Estimator, path: Path) -> None:
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in estimator.net.state_dict().items()}
    save_file(state, path, {KEY: estimator.spec.to_text()})


def tailored(estimator: Estimator, skeleton: Skeleton, seed: int = 0) -> Estimator:
    """The same network for other joints: those with a name that it knows keep their weights, others start
    anew.

    Raises UserError when it cannot have other joints.
    """
    spec = estimator.spec
    if spec.architecture == "onnx":
        raise UserError("A foreign ONNX graph keeps the joints it has; give a skeleton with as many of them.")
    places = spec.skeleton.places_of(skeleton.joints)
    made = Estimator(replace(spec, skeleton=skeleton))
    generator = torch.Generator().manual_seed(seed)
    state = estimator.net.state_dict()
    for name, channels in made.net.per_joint.items():
        old = state[name].reshape(len(spec.skeleton), channels, *state[name].shape[1:])
        new = torch.zeros(len(skeleton), *old.shape[1:])
        heat = name.rpartition(".")[0] in made.net.finals
        if heat and name.endswith("weight"):
            new = old.std() * torch.randn(new.shape, generator=generator) / 10
        elif heat and spec.loss == "focal":
            new += UNLIKELY
        known = torch.from_numpy(places >= 0)
        new[known] = old[torch.from_numpy(places)[known]]
        state[name] = new.flatten(0, 1)
    made.net.load_state_dict(state)
    return made.eval()


def add_noise(estimator: Estimator, deviation: float, seed: int) -> None:
    """Makes the estimator worse in place: normal noise of `deviation` times the standard deviation of each
    filter.

    Of each filter, not of the whole tensor: with batch norms folded in, filters differ by orders of
    magnitude.
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for tensor in estimator.net.state_dict().values():
            if tensor.dim() > 1:
                spread = tensor.flatten(1).std(1).reshape(-1, *[1] * (tensor.dim() - 1))
                tensor += deviation * spread * torch.randn(tensor.shape, generator=generator)


class Detector(nn.Module):
    """MoveNet Multipose as a person detector."""

    def __init__(self, weights: Path):
        super().__init__()
        self.net = load_movenet("multipose", weights)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """images: (n, H, W, 3) uint8 RGB, sides multiples of 32.

        Returns centre scores (n, 1, H/4, W/4) in 0..1, box sizes and centre offsets (n, 2, H/4, W/4), (y, x)
        in cells.
        """
        heads = self.net(images.permute(0, 3, 1, 2).to(torch.float32))
        return heads["center"].sigmoid(), heads["box_scale"], heads["box_offset"]
