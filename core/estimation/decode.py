"""Heatmaps to joints."""

import numpy as np


def decode(heatmaps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The highest cell of each joint, refined below the cell.

    heatmaps: (N, K, h, w) float32 >= 0. Returns cells (N, K, 2) float32 x, y, cell centre = integer, and the
    peak heights (N, K) float32. A Gaussian's logarithm is a parabola, so its vertex through the peak and its
    two neighbours is the centre, per axis (the idea of DARK, Zhang et al. 2020, without the blurring).
    """
    n, joints, height, width = heatmaps.shape
    maps = heatmaps.reshape(n * joints, height, width)
    rows = np.arange(len(maps))
    y, x = np.divmod(maps.reshape(len(maps), height * width).argmax(1), width)
    cells = below_the_cell(maps, rows, y, x)
    return cells.reshape(n, joints, 2).astype(np.float32), maps[rows, y, x].reshape(n, joints)


def below_the_cell(maps: np.ndarray, rows: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Where the peaks at these cells of maps, (n, h, w), are. rows, y, x: (m,). Returns (m, 2) x, y."""
    height, width = maps.shape[1:]

    def log_at(dy: int, dx: int) -> np.ndarray:
        values = maps[rows, np.clip(y + dy, 0, height - 1), np.clip(x + dx, 0, width - 1)]
        return np.log(np.maximum(values, 1e-6))

    top = log_at(0, 0)
    return np.stack(
        [x + _vertex(log_at(0, -1), top, log_at(0, 1)), y + _vertex(log_at(-1, 0), top, log_at(1, 0))], 1
    )


def _vertex(before: np.ndarray, top: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Where the parabola through (-1, before), (0, top), (1, after) is highest, within half a cell."""
    curvature = 2 * top - before - after
    shift = np.where(curvature > 1e-6, (after - before) / 2 / np.maximum(curvature, 1e-6), 0)
    return np.clip(shift, -0.5, 0.5)
