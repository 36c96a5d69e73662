"""An exported estimator, ready to run."""

import threading
from pathlib import Path
from typing import NamedTuple

import numpy as np

from core.domain import OutOfMemory, UserError
from core.estimation.device import device_for, open_session, threads
from core.estimation.maps import Maps
from core.estimation.spec import KEY, PARITY, EstimatorSpec, Parity, not_ours

# what ONNX Runtime says then
NO_MEMORY = (
    "out of memory",
    "failed to allocate",
    "smaller than requested bytes",
    "bad_alloc",
    "bad allocation",
)


class ReadOut(NamedTuple):
    """Of N crops: maps, embedding (N, D), joint cells (N, K, 2) and their confidence (N, K), all float32;
    frozen: cells and confidence by the network as it came, None where it is the only one.
    """

    maps: Maps
    embedding: np.ndarray
    cells: np.ndarray
    confidence: np.ndarray
    frozen: tuple[np.ndarray, np.ndarray] | None


class EstimatorSession:
    """Runs an estimator's ONNX file. `run` may be called from several threads at once.

    spec: the estimator's contract; parity: with the torch module it was made from, None where unknown;
    device: what is really used, provider: by which part of ONNX Runtime, precision: of its numbers; workers:
    calls worth making side by side; batch: samples worth giving to one call, halved while they do not fit
    into memory. On a GPU a copy in half precision is
    taken where one lies beside the file, see core.estimation.half. Raises UserError when the file is not an
    estimator of ours.
    """

    def __init__(self, path: Path, device: str = "auto"):
        if not path.is_file():
            raise UserError(
                f"There is no estimator {path}. Choose thunder, lightning or an exported estimator."
            )
        self._path, self._wanted, self._name = path, device, path.name
        half = half_of(path)
        self.precision = "float16" if device_for(device).name == "CUDA" and half.is_file() else "float32"
        self._session, self.device = open_session(path if self.precision == "float32" else half, device)
        if self.device.name == "CPU" and self.precision == "float16":
            self._session, self.device = open_session(path, device)
            self.precision = "float32"
        self.provider = self._session.get_providers()[0]
        metadata = self._session.get_modelmeta().custom_metadata_map
        text = metadata.get(KEY)
        if text is None:
            raise UserError(not_ours(path.name))
        self.spec = EstimatorSpec.from_text(text, path.name)
        held = {output.name for output in self._session.get_outputs()}
        self._outputs = tuple(name for name in self.spec.output_names if name in held)
        self.parity = Parity.from_text(metadata.get(PARITY))
        on_cpu = self.device.name == "CPU"
        self.workers = threads() if on_cpu else 2
        self.batch = 4 if on_cpu else 64
        self._halving = threading.Lock()

    def run(self, crops: np.ndarray) -> tuple[np.ndarray, ...]:
        """crops: (N, height, width, 3) uint8 RGB -> where the joints are, embeddings (N, D) and, of an
        anchored estimator that was not exported before there were such, where they are for the network as it
        came; all float32, see EstimatorSpec.
        """
        places, embeddings, *frozen = self._run(self._outputs, crops)
        shape = (len(crops), *self.spec.shape)
        fits = all(values.shape == shape for values in (places, *frozen))
        if not fits or embeddings.shape != (len(crops), self.spec.embedding):
            raise UserError(
                f"The estimator {self._name} gives something else than it says of itself. Choose another."
            )
        return places, embeddings, *frozen

    def dropout(self, crops: np.ndarray) -> np.ndarray:
        """MC dropout of the heatmap head, (N,) float32, see core.estimation.dropout. Raises UserError for
        a file without.
        """
        if self.precision == "float16":  # the branch is in the whole file only
            self._session, _ = open_session(self._path, self._wanted)
            self.precision = "float32"
        if "dropout" not in (output.name for output in self._session.get_outputs()):
            raise UserError(
                "This estimator's file has no dropout inside. Start a new project, or choose another "
                "criterion."
            )
        return self._run(("dropout",), crops, with_dropout=np.array(True))[0]

    def _run(self, names: tuple[str, ...], crops: np.ndarray, **further: np.ndarray) -> list[np.ndarray]:
        """Sample by sample where the graph knows no batch."""
        parts = np.split(crops, len(crops)) if self.spec.options.get("single") else [crops]
        found = [self._call(names, {"crops": part} | further) for part in parts]
        return (
            found[0] if len(found) == 1 else [np.concatenate(values) for values in zip(*found, strict=True)]
        )

    def _call(self, names: tuple[str, ...], inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        """In two halves, and so from then on, where the memory does not hold the batch."""
        crops = inputs["crops"]
        try:
            # what has a default, as with_dropout has, cannot be bound
            bound = self.device.name == "CUDA" and len(inputs) == 1
            return self._bound(names, inputs) if bound else self._session.run(names, inputs)
        except Exception as error:
            if not _by_the_runtime(error):
                raise
            if not _no_memory(error):
                reason = str(error).splitlines()[0][:150]
                raise UserError(
                    f"The estimator {self._name} cannot be run ({reason}). Choose another, or free memory."
                ) from error
            if len(crops) == 1:
                raise OutOfMemory(
                    f"The memory of the {'GPU' if self.device.name == 'CUDA' else 'machine'} does not "
                    "hold a single crop of this estimator. Close other programs, or choose a smaller "
                    "estimator or the CPU."
                ) from error
        with self._halving:  # another call may have found a smaller one
            self.batch = min(self.batch, max(1, len(crops) // 2))
        halves = [self._call(names, inputs | {"crops": half}) for half in np.array_split(crops, 2)]
        return [np.concatenate(values) for values in zip(*halves, strict=True)]

    def _bound(self, names: tuple[str, ...], inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        """With inputs and outputs bound: they cross to the GPU and back once, without copies between."""
        binding = self._session.io_binding()
        for name, values in inputs.items():
            binding.bind_cpu_input(name, np.ascontiguousarray(values))
        for name in names:
            binding.bind_output(name, "cpu")
        self._session.run_with_iobinding(binding)
        return binding.copy_outputs_to_cpu()

    def estimate(self, crops: np.ndarray) -> ReadOut:
        places, embedding, *frozen = self.run(crops)
        maps = Maps.of(places, self.spec)
        return ReadOut(
            maps, embedding, *maps.decode(), Maps.of(frozen[0], self.spec).decode() if frozen else None
        )


def half_of(path: Path) -> Path:
    """Where the copy of an estimator in half precision lies."""
    return path.with_suffix(".half.onnx")


def _by_the_runtime(error: Exception) -> bool:
    """Whether ONNX Runtime gave up. With bound inputs it says so by a plain RuntimeError."""
    return "onnxruntime" in type(error).__module__ or type(error) is RuntimeError


def _no_memory(error: Exception) -> bool:
    return any(word in str(error).lower() for word in NO_MEMORY)
