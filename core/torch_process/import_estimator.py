"""Estimators of others become ours."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from core.estimation.source import Source
from core.torch_process.child import Reports
from core.torch_process.writing import writing


@dataclass(frozen=True)
class ImportEstimator:
    """A stranger's or another project's estimator (safetensors, ONNX of ours or of an RTMPose) to weights and
    ONNX in a folder.
    """

    file: Path
    folder: Path

    def run(self, reports: Reports) -> dict:
        from core.estimation.architectures.foreign import read_foreign
        from core.estimation.export import export_estimator, read_estimator, spec_in
        from core.estimation.importing import rtmpose_of
        from core.estimation.network import save_estimator
        from core.estimation.onnx_file import read_model

        reports.say("Reading the estimator")
        model = read_model(self.file) if self.file.suffix == ".onnx" else None
        estimator = rtmpose_of(model, self.file) if model else None
        if model and estimator is None and spec_in(model, self.file.name).architecture == "onnx":
            read_foreign(self.file)
            with writing(self.folder):
                shutil.copyfile(self.file, self.folder / "estimator.onnx")
            return {}
        estimator = estimator or read_estimator(self.file)
        with writing(self.folder):
            save_estimator(estimator, self.folder / "weights.safetensors")
            export_estimator(estimator, self.folder / "estimator.onnx")
        return {}


@dataclass(frozen=True)
class MakeEstimator:
    """What others made into an estimator of ours, see core.estimation.importing."""

    source: Source
    out: Path

    def run(self, reports: Reports) -> dict:
        from core.estimation.importing import make_estimator

        reports.say("Making the estimator")
        with writing(self.out.parent):
            return {"sentences": make_estimator(self.source, self.out)}
