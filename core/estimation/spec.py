"""What must be known of an estimator to use it; travels inside its ONNX file and its weights' metadata."""

import json
from dataclasses import dataclass, replace

from core.domain import Skeleton, UserError

KEY = "posetailor.estimator"


@dataclass(frozen=True)
class EstimatorSpec:
    """An estimator's contract with the rest.

    input: crops (N, side, side, 3) uint8 RGB, of a square `margin` times the box's longer side.
    output: heatmaps (N, K, side / stride, side / stride) float32 in 0..1 for the person in the crop, and an embedding.
    architecture: which module the weights belong to; gated: whether the read-out favours the crop's own person by the
    regressed joints; levels: whether dark or flat crops have their grey levels spread first.
    """

    architecture: str
    side: int
    stride: int
    embedding: int
    skeleton: Skeleton
    gated: bool
    levels: bool = True
    margin: float = 1.15
    source: str = ""

    @property
    def cells(self) -> int:
        return self.side // self.stride

    def to_text(self) -> str:
        return json.dumps(vars(self) | {"skeleton": self.skeleton.to_json()})

    @classmethod
    def from_text(cls, text: str, file: str) -> "EstimatorSpec":
        """file: named in the error. Raises UserError when the text does not describe an estimator."""
        try:
            data = json.loads(text)
            return cls(**data | {"skeleton": Skeleton.from_json(data["skeleton"])})
        except (ValueError, TypeError, KeyError) as error:
            raise UserError(
                f"The estimator {file} describes itself in a way that cannot be read ({error!r}). Export it again."
            ) from error

    def plain(self) -> "EstimatorSpec":
        return replace(self, gated=False)
