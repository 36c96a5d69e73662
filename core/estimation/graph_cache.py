"""Exported graphs without their weights, kept on this machine: to export one takes torch ten seconds.

A graph depends on the estimator's spec and on the code that exports it, not on what was trained.
"""

import contextlib
import hashlib
from collections.abc import Container
from functools import cache
from importlib.metadata import version
from pathlib import Path

import onnx
from platformdirs import user_cache_path

from core.domain import UserError
from core.estimation.onnx_file import read_model, write_model
from core.estimation.spec import EstimatorSpec

MOST_FILES = 50
CODE = ("architectures/*.py", "dropout.py", "export.py", "maps.py", "network.py", "readout.py")


def kept_graph(spec: EstimatorSpec) -> onnx.ModelProto | None:
    """Its parameters have names and shapes and no values. None where there is none that can be used."""
    file = _file(spec)
    if file is None or not file.is_file():
        return None
    with contextlib.suppress(UserError):
        return read_model(file)
    return None


def keep_graph(spec: EstimatorSpec, model: onnx.ModelProto, parameters: Container[str]) -> None:
    """Without the values of the parameters, which are named. Nothing is said where it cannot be written."""
    file = _file(spec)
    if file is None:
        return
    bare = onnx.ModelProto()
    bare.CopyFrom(model)
    for tensor in bare.graph.initializer:
        if tensor.name in parameters:
            tensor.ClearField("raw_data")
    with contextlib.suppress(OSError):
        write_model(bare, file)
        for old in sorted(file.parent.glob("*.onnx"), key=lambda path: path.stat().st_mtime)[:-MOST_FILES]:
            old.unlink()


def _file(spec: EstimatorSpec) -> Path | None:
    """None for a foreign graph, which its spec does not describe."""
    if spec.architecture == "onnx":
        return None
    mark = hashlib.sha256((_code() + spec.to_text()).encode()).hexdigest()[:24]
    return user_cache_path("PoseTailor", "PoseTailor") / "graphs" / f"{mark}.onnx"


@cache
def _code() -> str:
    """What stands for the code that exports."""
    here = Path(__file__).parent
    files = sorted(path for pattern in CODE for path in here.glob(pattern))
    code = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
    return f"{code} {version('torch')} {version('onnx')}"
