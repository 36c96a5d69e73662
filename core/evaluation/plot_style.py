"""How figures look, in reports and exports: curves without frills, letters that stay letters in SVG."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@contextmanager
def drawing(rows: int, columns: int, width: float, height: float) -> Iterator[tuple["Figure", np.ndarray]]:
    """A figure and its (rows, columns) axes, of width by height inches, drawn without a screen."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    style: dict[Any, object] = {
        "svg.fonttype": "none",
        "text.parse_math": False,  # a dollar in somebody's name is one
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with pyplot.rc_context(style):
        figure, axes = pyplot.subplots(
            rows, columns, figsize=(width, height), squeeze=False, layout="constrained"
        )
        try:
            yield figure, axes
        finally:
            pyplot.close(figure)


def save(figure: "Figure", folder: Path, name: str) -> None:
    """As PNG, where letters that the font lacks are boxes, and as SVG."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        for ending in ("png", "svg"):
            figure.savefig(folder / f"{name}.{ending}", dpi=140)
