"""How plots look."""

import pyqtgraph as pg
from PySide6.QtGui import QColor

from app.style import theme


def colour_axes(plot: pg.PlotWidget) -> None:
    """Background and axes by the theme."""
    colours = theme.current()
    plot.setBackground(colours.panel)
    for side in ("left", "bottom"):
        plot.getAxis(side).setPen(colours.border)
        plot.getAxis(side).setTextPen(QColor(colours.muted))
