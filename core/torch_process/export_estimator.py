"""Weights to ONNX."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.torch_process.child import Reports
from core.torch_process.writing import writing

if TYPE_CHECKING:
    from core.estimation.network import Estimator

# of an estimator: the last two are those of trained ones, see Recipe
GRAPHS = ("as it comes", "plain", "anchored")


@dataclass(frozen=True)
class ExportBase:
    """Weights to ONNX. architecture: a key of SPECS, 'detector', 'nanodet', or None where the file says it;
    graph: a key of GRAPHS.
    """

    architecture: str | None
    weights: Path
    onnx: Path
    graph: str = "as it comes"

    def run(self, reports: Reports) -> dict:
        from core.estimation.architectures.nanodet import load_nanodet
        from core.estimation.export import (
            export_detector,
            export_estimator,
            export_nanodet,
            read_estimator,
        )
        from core.estimation.network import Detector

        if self.architecture == "detector":
            reports.say("Preparing the person detector")
            detector = Detector(self.weights)
            with writing(self.onnx.parent):
                export_detector(detector, self.onnx)
            return {}
        if self.architecture == "nanodet":
            reports.say("Preparing the person detector")
            with writing(self.onnx.parent):
                export_nanodet(load_nanodet(self.weights), self.onnx)
            return {}
        reports.say("Preparing the estimator")
        estimator = _with_graph(read_estimator(self.weights, self.architecture), self.graph)
        with writing(self.onnx.parent):
            export_estimator(estimator, self.onnx)
        return {}


def _with_graph(estimator: "Estimator", graph: str) -> "Estimator":
    from core.estimation.network import anchored

    if graph == "plain":
        estimator.spec = estimator.spec.plain()
    return anchored(estimator) if graph == "anchored" else estimator
