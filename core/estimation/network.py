"""Estimators as torch modules behind one contract: crops in, heatmaps and embedding out."""

from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from core.domain import COCO17, UserError
from core.estimation.movenet import WIDTHS, MoveNet, load_movenet, person_gate
from core.estimation.spec import KEY, EstimatorSpec

EMBEDDING = 1280


def _movenet_spec(variant: str, side: int) -> EstimatorSpec:
    return EstimatorSpec(
        f"movenet-{variant}", side, MoveNet.stride, EMBEDDING, COCO17, gated=True, source="MoveNet v4, Apache-2.0"
    )


SPECS = {"movenet-lightning": _movenet_spec("lightning", 192), "movenet-thunder": _movenet_spec("thunder", 256)}


class Estimator(nn.Module):
    """The network of `spec`, reading crops as they come from the video."""

    def __init__(self, spec: EstimatorSpec):
        super().__init__()
        if spec.architecture not in SPECS:
            known = ", ".join(SPECS)
            raise UserError(
                f"The estimator's architecture {spec.architecture!r} is not known here. Known are: {known}."
            )
        self.spec = spec
        self.net = MoveNet(WIDTHS[spec.architecture.removeprefix("movenet-")], len(spec.skeleton))

    def heads(self, crops: Tensor) -> dict[str, Tensor]:
        """crops: (N, side, side, 3) uint8 or float RGB 0..255 -> the raw heads, for training."""
        return self.net(crops.permute(0, 3, 1, 2).to(torch.float32))

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        """crops: (N, side, side, 3) uint8 RGB -> heatmaps (N, K, h, w) in 0..1, embedding (N, D)."""
        heads = self.heads(crops)
        heatmaps = heads["kpt_heatmap"].sigmoid()
        if self.spec.gated:
            heatmaps = heatmaps * person_gate(heads)
        return heatmaps, heads["embedding"]


def load_estimator(weights: Path, spec: EstimatorSpec | None = None) -> Estimator:
    """weights: safetensors, fp16 or fp32; spec: what they are, by default what the file says of itself.

    Raises UserError when the file is not such weights.
    """
    try:
        with safe_open(weights, "pt") as file:
            text = (file.metadata() or {}).get(KEY)
            if spec is None and text is None:
                raise UserError(
                    f"{weights} does not say which estimator it belongs to. Choose one written by PoseTailor."
                )
            estimator = Estimator(spec or EstimatorSpec.from_text(text, weights.name))
            state = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
        estimator.net.load_state_dict(state)
    except (OSError, SafetensorError) as error:
        raise UserError(f"The weights {weights} cannot be read ({error}). Choose another file.") from error
    except RuntimeError as error:
        raise UserError(
            f"The weights in {weights.name} do not fit the architecture they name. Export them again."
        ) from error
    return estimator.eval()


def add_noise(estimator: Estimator, deviation: float, seed: int) -> None:
    """Makes the estimator worse in place: normal noise of `deviation` times the standard deviation of each filter.

    Of each filter, not of the whole tensor: with batch norms folded in, filters differ by orders of magnitude.
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for tensor in estimator.net.state_dict().values():
            if tensor.dim() > 1:
                spread = tensor.flatten(1).std(1).reshape(-1, *[1] * (tensor.dim() - 1))
                tensor += deviation * spread * torch.randn(tensor.shape, generator=generator)


def save_estimator(estimator: Estimator, path: Path) -> None:
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in estimator.net.state_dict().items()}
    save_file(state, path, {KEY: estimator.spec.to_text()})


class Detector(nn.Module):
    """MoveNet Multipose as a person detector."""

    def __init__(self, weights: Path):
        super().__init__()
        self.net = load_movenet("multipose", weights)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """images: (n, H, W, 3) uint8 RGB, sides multiples of 32.

        Returns centre scores (n, 1, H/4, W/4) in 0..1, box sizes and centre offsets (n, 2, H/4, W/4), (y, x) in cells.
        """
        heads = self.net(images.permute(0, 3, 1, 2).to(torch.float32))
        return heads["center"].sigmoid(), heads["box_scale"], heads["box_offset"]
