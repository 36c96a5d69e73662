"""An exported estimator, ready to run."""

from pathlib import Path

import numpy as np

from core.domain import UserError
from core.estimation.decode import decode
from core.estimation.device import open_session, threads
from core.estimation.spec import KEY, PARITY, EstimatorSpec, Parity


class EstimatorSession:
    """Runs an estimator's ONNX file. `run` may be called from several threads at once.

    spec: the estimator's contract; parity: with the torch module it was made from, None where unknown; device: what is
    really used; workers: calls worth making side by side; batch: samples worth giving to one call. Raises UserError when the
    file is not an estimator of ours.
    """

    def __init__(self, path: Path, device: str = "auto"):
        if not path.is_file():
            raise UserError(f"There is no estimator {path}. Choose thunder, lightning or an exported estimator.")
        self._session, self.device = open_session(path, device)
        self._name = path.name
        metadata = self._session.get_modelmeta().custom_metadata_map
        text = metadata.get(KEY)
        if text is None:
            raise UserError(
                f"{path.name} is an ONNX file without PoseTailor's description. Make an estimator of it with: main.py "
                "estimator import."
            )
        self.spec = EstimatorSpec.from_text(text, path.name)
        self.parity = Parity.from_text(metadata.get(PARITY))
        on_cpu = self.device.name == "CPU"
        self.workers = threads() if on_cpu else 2
        self.batch = 4 if on_cpu else 64

    def run(self, crops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """crops: (N, height, width, 3) uint8 RGB -> heatmaps (N, K, h, w) float32, embeddings (N, D) float32."""
        heatmaps, embeddings = self._run(("heatmaps", "embedding"), crops)
        columns, rows = self.spec.cells
        fits = heatmaps.shape == (len(crops), len(self.spec.skeleton), rows, columns)
        if not fits or embeddings.shape != (len(crops), self.spec.embedding):
            raise UserError(f"The estimator {self._name} gives something else than it says of itself. Choose another.")
        return heatmaps, embeddings

    def dropout(self, crops: np.ndarray) -> np.ndarray:
        """MC dropout of the heatmap head, (N,) float32, see core.estimation.dropout. Raises UserError for a file without."""
        if "dropout" not in (output.name for output in self._session.get_outputs()):
            raise UserError(
                "This estimator's file has no dropout inside. Start a new project, or choose another criterion."
            )
        return self._run(("dropout",), crops, with_dropout=np.array(True))[0]

    def _run(self, names: tuple[str, ...], crops: np.ndarray, **further: np.ndarray) -> list[np.ndarray]:
        """Sample by sample where the graph knows no batch."""
        parts = np.split(crops, len(crops)) if self.spec.options.get("single") else [crops]
        try:
            found = [self._session.run(names, {"crops": part} | further) for part in parts]
        except Exception as error:
            if "onnxruntime" not in type(error).__module__:
                raise
            reason = str(error).splitlines()[0][:150]
            raise UserError(
                f"The estimator {self._name} cannot be run ({reason}). Choose another, or free memory."
            ) from error
        return found[0] if len(found) == 1 else [np.concatenate(values) for values in zip(*found, strict=True)]

    def estimate(self, crops: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Heatmaps and embeddings as of `run`, joint cells (N, K, 2) and their confidence (N, K)."""
        heatmaps, embeddings = self.run(crops)
        return heatmaps, embeddings, *decode(heatmaps)
