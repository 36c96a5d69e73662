"""A copy of an estimator for GPUs."""

from dataclasses import asdict, dataclass
from pathlib import Path

from core.torch_process.child import Reports


@dataclass(frozen=True)
class HalfPrecision:
    """A copy of an exported estimator for GPUs, see core.estimation.half."""

    onnx: Path
    target: Path

    def run(self, reports: Reports) -> dict:
        from core.estimation.half import write_half

        reports.say("Preparing the estimator for the GPU")
        return asdict(write_half(self.onnx, self.target))
