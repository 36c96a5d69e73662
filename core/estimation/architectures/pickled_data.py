"""What a checkpoint may hold beside tensors because it is data as they are: numpy's arrays, and records of
a training.
"""

from collections.abc import Callable

import numpy as np

# mmengine's, passed over unread
LogOfTraining = type("LogOfTraining", (), {"__setstate__": lambda self, state: None})
BY_NAME = "builtins.getattr", "__builtin__.getattr"  # how a log of training names its statistics
KINDS = [getattr(np.dtypes, name) for name in dir(np.dtypes) if name.endswith("DType")]


def nothing(*_: object) -> None:
    """In place of what would look something up."""


def pickled_data() -> list[Callable | tuple[Callable, str]]:
    """For torch.serialization.safe_globals, by the names of numpy 1 and 2: what makes arrays, scalars and
    their dtypes.

    mmpose 1.x keeps sigmas and colours of its data set in them; what mmengine saves of a training run has its
    losses.
    """
    array, scalar = np.empty(0).__reduce__()[0], np.float64(0).__reduce__()[0]
    assert callable(array)
    assert callable(scalar)
    named: list[Callable | tuple[Callable, str]] = [np.ndarray, np.dtype, *KINDS]
    for core in ("numpy.core", "numpy._core"):
        named += [(array, f"{core}.multiarray._reconstruct"), (scalar, f"{core}.multiarray.scalar")]
    named += [(nothing, name) for name in BY_NAME]
    return [*named, (LogOfTraining, "mmengine.logging.history_buffer.HistoryBuffer")]
