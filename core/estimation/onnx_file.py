"""Reading and writing an ONNX graph as a file."""

from pathlib import Path

import onnx
from google.protobuf.message import DecodeError

from core.domain import UserError
from core.domain.atomic import atomic_write
from core.domain.unreadable import what_it_is
from core.estimation.spec import LARGEST_FILE


def read_model(path: Path) -> onnx.ModelProto:
    """Without data files beside it. Raises UserError when it cannot be read."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise UserError(
                f"The estimator {path} is larger than 2 GB, which no ONNX file is. Choose another file."
            )
        model = onnx.load(path, load_external_data=False)
    except OSError as error:
        raise UserError(
            f"The estimator {path} cannot be read ({error.strerror}). Choose another file."
        ) from error
    except (ValueError, DecodeError) as error:
        raise UserError(f"{path.name} {what_it_is(path, 'ONNX file')}") from error
    if not model.graph.node:
        raise UserError(f"{path.name} {what_it_is(path, 'ONNX file with a graph')}")
    return model


def write_model(model: onnx.ModelProto, path: Path) -> None:
    with atomic_write(path) as aside:
        aside.write_bytes(model.SerializeToString())
