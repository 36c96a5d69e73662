"""A long curve at any zoom: least and greatest values of ever longer stretches, so that no peak is lost."""

import numpy as np

FACTOR = 4


class Pyramid:
    """values: (n,) float32, one per frame from frame `start` on, NaN where there is none. Built once in
    O(n).
    """

    def __init__(self, values: np.ndarray, start: int = 0) -> None:
        self.start = start
        self._values = np.asarray(values, np.float32)
        self._levels: list[tuple[np.ndarray, np.ndarray]] = []
        low = high = self._values
        while len(low) > FACTOR:
            low, high = _shorter(low, np.fmin), _shorter(high, np.fmax)
            self._levels.append((low, high))

    def __len__(self) -> int:
        return len(self._values)

    def value(self, frame: int) -> float:
        place = frame - self.start
        return float(self._values[place]) if 0 <= place < len(self._values) else float("nan")

    def line(self, first: float, last: float, pixels: int) -> tuple[np.ndarray, np.ndarray]:
        """x and y of a line over frames first..last that has all detail `pixels` columns can show; NaN
        breaks it.
        """
        x, low, high = self.extent(first, last, pixels)
        if low is high:
            return x, low
        step = x[1] - x[0] if len(x) > 1 else 1.0
        return np.repeat(x, 2) + np.tile((0, step / 2), len(low)), np.stack([low, high], 1).ravel()

    def extent(self, first: float, last: float, pixels: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """x, least and greatest values over frames first..last, in as many places as `pixels` columns can
        show; the same array twice where each place is a frame.
        """
        length = len(self._values)
        start, stop = (min(max(0, end - self.start), length) for end in (int(first) - 1, int(last) + 2))
        level, step = 0, 1
        while (stop - start) / step > 2 * max(pixels, 1) and level < len(self._levels):
            level, step = level + 1, step * FACTOR
        if level == 0:
            every = np.arange(start, max(start, stop), dtype=np.float64)
            values = self._values[start:stop].astype(np.float64)
            return self.start + every, values, values
        low, high = (side[start // step : -(-stop // step)] for side in self._levels[level - 1])
        x = self.start + (np.arange(len(low)) + start // step) * float(step)
        return x, low.astype(np.float64), high.astype(np.float64)


def _shorter(values: np.ndarray, least: np.ufunc) -> np.ndarray:
    padding = -len(values) % FACTOR
    padded = np.append(values, np.full(padding, np.nan, np.float32))
    return least.reduce(padded.reshape(-1, FACTOR), axis=1)
