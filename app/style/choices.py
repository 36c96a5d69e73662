"""What a user can choose between, in words."""

from pathlib import Path

from core.uncertainty.criteria import CRITERIA

ESTIMATORS = {"thunder": "Thunder — more accurate", "lightning": "Lightning — about 4 times faster"}
DEVICES = {"auto": "Automatic — the GPU where there is one", "cuda": "GPU (CUDA)", "cpu": "CPU"}
VARIANTS = {"ours": "Ours", "paper": "As in the paper"}
CHECKS = (0.0, 0.05, 0.1, 0.25)  # shares of a batch
SIDES = {
    None: "What the detector is made for",
    320: "320 pixels",
    480: "480 pixels",
    640: "640 pixels",
    960: "960 pixels",
}
TURNS = {
    None: "Found out by looking",
    0: "Not turned",
    90: "By 90° clockwise",
    180: "Upside down",
    270: "By 90° counter-clockwise",
}
ESTIMATOR_FILES = "Estimators (*.safetensors *.onnx)"


def estimator_title(name: str) -> str:
    """name: of an estimator that ships, or the path of one in a file."""
    return ESTIMATORS.get(name) or Path(name).name


def curve_name(criterion: str) -> str:
    """What a lane of the timeline is called; a sum of criteria, or what poses are proposed by, is the
    uncertainty.
    """
    return CRITERIA[criterion].short.capitalize() if criterion in CRITERIA else "Uncertainty"


def estimators(chosen: str) -> dict[str, str]:
    """Titles by name of those that ship, and of the chosen one where it is a file."""
    return ESTIMATORS | {chosen: estimator_title(chosen)}


def checks(chosen: float) -> dict[float, str]:
    """Titles by share of a batch of the usual random checks, and of the chosen one."""
    return {share: f"{share:.0%} of the batch" if share else "None" for share in sorted({*CHECKS, chosen})}
