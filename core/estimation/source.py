"""What an estimator is to be made of; travels to the process that makes it."""

from dataclasses import dataclass
from pathlib import Path

from core.domain import Skeleton

COLOURS = ("rgb", "bgr")


@dataclass(frozen=True)
class Source:
    """What an estimator is made of.

    file: a checkpoint, a folder of transformers, a foreign ONNX graph, or one of ours where architecture is
    None; architecture: a name in the registry or 'onnx'; skeleton: the joints; size: width and height; mean,
    std: 0..255; output: of a foreign graph; convention: a key of CONVENTIONS; colours: 'rgb' or 'bgr', in
    which order the network takes them, mean and std alike; shipped: key in SPECS of the weights of one that
    ships. None: what the file or the architecture says.
    """

    file: Path
    architecture: str | None = None
    skeleton: Skeleton | None = None
    size: tuple[int, int] | None = None
    mean: tuple[float, float, float] | None = None
    std: tuple[float, float, float] | None = None
    output: str | None = None
    convention: str | None = None
    colours: str | None = None
    shipped: str | None = None
