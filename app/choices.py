"""What a user can choose between, in words."""

from pathlib import Path

ESTIMATORS = {"thunder": "Thunder — more accurate", "lightning": "Lightning — about 4 times faster"}
DEVICES = {"auto": "Automatic — the GPU where there is one", "cuda": "GPU (CUDA)", "cpu": "CPU"}
VARIANTS = {"ours": "Ours", "paper": "As in the paper"}
SAMPLERS = {"duw": "DUW Core-Set — doubtful and different", "random": "Random — for comparison"}
ESTIMATOR_FILES = "Estimators (*.safetensors *.onnx)"


def estimator_title(name: str) -> str:
    """name: of an estimator that ships, or the path of one in a file."""
    return ESTIMATORS.get(name) or Path(name).name


def estimators(chosen: str) -> dict[str, str]:
    """Titles by name of those that ship, and of the chosen one where it is a file."""
    return ESTIMATORS | {chosen: estimator_title(chosen)}
