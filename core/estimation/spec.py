"""What must be known of an estimator to use it; travels inside its ONNX file and its weights' metadata."""

import json
from dataclasses import dataclass, field, replace

import numpy as np

from core.domain import Skeleton, UserError

KEY = "posetailor.estimator"
PARITY = "posetailor.parity"  # of the ONNX file with the torch module it was made from
VERSION = 3  # 2: anchored, 3: distributions along the axes
LARGEST_SIDE = 4096  # pixels
PER_PIXEL = 2  # cells of SimCC along an axis
LARGEST_FILE = 2**31 - 1  # bytes that protobuf, and so ONNX, can hold in one file
# Where a joint of a crop lies in the heatmap, x and y alike, pixel and cell centres being integers:
CONVENTIONS = {
    "centre": "the middle of a cell is the middle of the pixels it covers",  # MoveNet
    "corner": "joint = cell * stride",  # SimpleBaseline, HRNet and whatever else has MSRA's targets
    "udp": "joint = cell * (pixels - 1) / (cells - 1)",  # Huang et al. 2020, ViTPose
}
LOSSES = {
    "focal": "the network gives logits, heatmaps are their logistic function",
    "mse": "the network gives the heatmaps themselves",
    "kl": "the network gives logits of the cells of each axis, distributions along it are their softmax",
}
# of red, green, blue, 0 to 255
IMAGENET = {"mean": (123.675, 116.28, 103.53), "std": (58.395, 57.12, 57.375)}
FROZEN = "frozen"  # output of an anchored estimator: what the network as it came says of the joints


AT_ONCE = (
    "One that finds people and joints at once, as YOLO-pose and RTMO do, is given to --poses, or to Import "
    "poses… in the window."
)


def not_ours(name: str) -> str:
    """What is said of an ONNX file without KEY."""
    return (
        f"{name} is an ONNX file without PoseTailor's description. Import it as an ONNX graph first: with "
        f"Import… in the window, or with main.py estimator import. {AT_ONCE}"
    )


@dataclass(frozen=True)
class EstimatorSpec:
    """An estimator's contract with the rest.

    input: crops (N, height, width, 3) uint8 RGB, of a rectangle `margin` times as large as the box needs.
    output: where the joints of the person in the crop are, and an embedding (N, embedding), float32. Where
    they are is said by heatmaps (N, K, height / stride, width / stride) in 0..1, or, with the loss kl, by the
    distributions along x and y side by side, (N, K, (width + height) / stride). architecture: a name in
    core.estimation.architectures; options: what else it needs to be built; mean, std: (3,) of RGB, 0..255,
    taken off and divided by inside the network; convention: a key of CONVENTIONS; loss: a key of LOSSES;
    gated: whether the read-out favours the crop's own person by the regressed joints; anchored: whether an
    adapted copy stands beside the network as it came, see core.estimation.architectures.anchored; levels:
    whether dark or flat crops have their grey levels spread first.
    """

    architecture: str
    width: int
    height: int
    stride: float
    embedding: int
    skeleton: Skeleton
    gated: bool = False
    anchored: bool = False
    levels: bool = True
    margin: float = 1.25
    source: str = ""
    convention: str = "corner"
    loss: str = "mse"
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    options: dict = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, value in (("width", self.width), ("height", self.height)):
            if not 1 <= value <= LARGEST_SIDE or value % self.stride:
                raise ValueError(f"a {name} of {value} pixels in cells of {self.stride}")
        numbers = [
            n for value in self.options.values() for n in (value if isinstance(value, list) else [value])
        ]
        if any(isinstance(number, int | float) and not 0 <= number <= LARGEST_SIDE * 2 for number in numbers):
            raise ValueError("options")
        if self.convention not in CONVENTIONS or self.loss not in LOSSES:
            raise ValueError(f"{self.convention}, {self.loss}")
        if not all(np.isfinite(self.mean)) or not all(value > 0 for value in self.std) or not self.margin > 0:
            raise ValueError("mean, std or margin")

    @property
    def untrainable(self) -> str:
        """Why it is for estimation only; '' where it can be fine-tuned."""
        return str(self.options.get("untrainable", ""))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of a crop."""
        return self.width, self.height

    @property
    def cells(self) -> tuple[int, int]:
        """Columns and rows of a heatmap, or along x and y."""
        return int(self.width // self.stride), int(self.height // self.stride)

    @property
    def along_axes(self) -> bool:
        """Whether a joint's place is told along x and y apart (SimCC), not by a heatmap."""
        return self.loss == "kl"

    @property
    def output(self) -> str:
        """What the output of the ONNX file is called that says where the joints are."""
        return "distributions" if self.along_axes else "heatmaps"

    @property
    def output_names(self) -> tuple[str, ...]:
        """What the ONNX file gives in every run."""
        return (self.output, "embedding", *([FROZEN] if self.anchored else []))

    @property
    def shape(self) -> tuple[int, ...]:
        """Of what says where the joints are, for one crop."""
        columns, rows = self.cells
        return (
            (len(self.skeleton), columns + rows) if self.along_axes else (len(self.skeleton), rows, columns)
        )

    def extents(self, rectangles: np.ndarray) -> np.ndarray:
        """What the heatmaps of crops cover, from edge to edge of their cells.

        rectangles: (N, 4) left, top, width, height of the crops, image pixels. Returns (N, 4) float64, the
        same of the heatmaps.
        """
        rectangles = np.asarray(rectangles, np.float64)
        pixels, cells = np.array(self.size, np.float64), np.array(self.cells, np.float64)
        step = (pixels - 1) / np.maximum(cells - 1, 1) if self.convention == "udp" else pixels / cells
        # pixel of the crop that cell 0 lies on
        first = (step - 1) / 2 if self.convention == "centre" else 0.0
        scale = rectangles[:, 2:] / pixels
        return np.concatenate([rectangles[:, :2] + (first - step / 2 + 0.5) * scale, step * cells * scale], 1)

    @property
    def crop_extent(self) -> np.ndarray:
        """(1, 4): what the heatmap covers of the crop itself, in its pixels."""
        return self.extents(np.array([[0, 0, self.width, self.height]]))

    def to_text(self) -> str:
        return json.dumps({"version": VERSION} | vars(self) | {"skeleton": self.skeleton.to_json()})

    @classmethod
    def from_text(cls, text: str, file: str) -> "EstimatorSpec":
        """file: named in the error. Raises UserError when the text does not describe an estimator."""
        try:
            data = json.loads(text)
            version = data.pop("version", 0)
            if version > VERSION:
                raise UserError(
                    f"The estimator {file} comes from a newer PoseTailor. Update this one to use it."
                )
            if version == 0:
                data = _from_version_0(data)
            triples = {name: tuple(map(float, data[name])) for name in ("mean", "std") if name in data}
            return cls(**data | triples | {"skeleton": Skeleton.from_json(data["skeleton"])})
        except (ValueError, TypeError, KeyError, AttributeError, ZeroDivisionError) as error:
            raise UserError(
                f"The estimator {file} describes itself in a way that cannot be read ({error!r}). Export "
                "it again."
            ) from error

    def plain(self) -> "EstimatorSpec":
        return replace(self, gated=False)


@dataclass(frozen=True)
class Parity:
    """How far an ONNX file was from the torch module when it was exported: the largest difference of a
    height (0..1) of heatmaps, or of distributions along the axes, and of a joint's place, in cells.
    """

    heatmaps: float
    cells: float

    @property
    def sentence(self) -> str:
        return f"outputs differ by at most {self.heatmaps:.2g}, joints by {self.cells:.2g} cells"

    def to_text(self) -> str:
        return json.dumps(vars(self))

    @classmethod
    def from_text(cls, text: str | None) -> "Parity | None":
        """None where nothing readable was kept."""
        try:
            data = json.loads(text or "")
            return cls(float(data["heatmaps"]), float(data["cells"]))
        except (ValueError, TypeError, KeyError):
            return None


def _from_version_0(data: dict) -> dict:
    """Before there was anything but MoveNet: a square crop, of 1.15 times the box's longer side."""
    side = data["side"]
    data = {"levels": True, "margin": 1.15} | {name: value for name, value in data.items() if name != "side"}
    return data | {"width": side, "height": side, "convention": "centre", "loss": "focal"}
