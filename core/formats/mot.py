"""OpenSim's motion files (.mot), as Sports2D writes angles and OpenSim reads them."""

from collections.abc import Sequence

import numpy as np

from core.domain import UserError

HEAD = """Coordinates
version=1
nRows={rows}
nColumns={columns}
inDegrees=yes

Units are S.I. units (second, meters, Newtons, ...)
If the header above contains a line with 'inDegrees', this indicates whether rotational values are in \
degrees (yes) or radians (no).

endheader
"""


def write(names: Sequence[str], times: np.ndarray, values: np.ndarray) -> str:
    """times: (n,) seconds; values: (n, A) degrees, NaN where there is nothing, which is written as nan, as
    OpenSim does.
    """
    head = HEAD.format(rows=len(times), columns=1 + len(names))
    rows = [
        "\t".join([f"{time:.6f}", *(f"{value:.4f}" for value in row)])
        for time, row in zip(times.tolist(), values.tolist(), strict=True)
    ]
    return head + "\n".join(["\t".join(["time", *names]), *rows]) + "\n"


def read(text: str, name: str) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Names, times (n,) in seconds and values (n, A). name: of the file, for UserError."""
    try:
        lines = text.splitlines()
        start = [line.strip().lower() for line in lines].index("endheader") + 1
        names = lines[start].split("\t")[1:]
        table = np.array([[float(cell) for cell in line.split("\t")] for line in lines[start + 1 :]])
        table = table.reshape(-1, 1 + len(names))
    except (ValueError, IndexError) as error:
        raise UserError(f"{name} is not a motion file of OpenSim ({error}).") from error
    return names, table[:, 0], table[:, 1:]
