"""Decoded frames kept for the next look at them."""

from collections import OrderedDict
from collections.abc import Hashable

import numpy as np


class ByteCache:
    """Arrays by key, the least recently used dropped first, never more than `limit` bytes in all."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0
        self._arrays: OrderedDict[Hashable, np.ndarray] = OrderedDict()

    def __contains__(self, key: Hashable) -> bool:
        return key in self._arrays

    def get(self, key: Hashable) -> np.ndarray | None:
        array = self._arrays.get(key)
        if array is not None:
            self._arrays.move_to_end(key)
        return array

    def put(self, key: Hashable, array: np.ndarray) -> None:
        """Keep array, which becomes read-only; one that alone exceeds the limit is not kept."""
        array.flags.writeable = False
        old = self._arrays.pop(key, None)
        if old is not None:
            self.used -= old.nbytes
        if array.nbytes > self.limit:
            return
        while self.used + array.nbytes > self.limit:
            self.used -= self._arrays.popitem(last=False)[1].nbytes
        self._arrays[key] = array
        self.used += array.nbytes

    def clear(self) -> None:
        self._arrays.clear()
        self.used = 0
