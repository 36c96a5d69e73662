"""Where torch computes."""

from typing import TYPE_CHECKING

from core.domain import UserError

if TYPE_CHECKING:
    import torch


def training_device(wanted: str) -> "torch.device":
    """torch's device for 'auto', 'cuda' or 'cpu'. Raises UserError when CUDA is demanded where there is
    none.
    """
    import torch

    if wanted == "cuda" and not torch.cuda.is_available():
        raise UserError(
            "CUDA was asked for, but this PyTorch finds no GPU. Install its CUDA version, or use "
            "--device auto."
        )
    return torch.device("cuda" if wanted != "cpu" and torch.cuda.is_available() else "cpu")
