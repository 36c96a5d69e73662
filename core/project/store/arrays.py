"""What was read of computed files, kept for all threads of this process: arrays that nobody can change."""

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import fields, is_dataclass
from itertools import count
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakKeyDictionary, WeakValueDictionary

import numpy as np

from core.project.store.shards import ShardDamaged, sentence

LIMIT = 768 << 20  # bytes
Kept = TypeVar("Kept")
Signature = tuple[tuple[str, int, int], ...]


class ArrayCache:
    """Frozen dataclasses of arrays by key, as many as fit into `limit` bytes, those used last; the last one
    always.

    A key begins with the project's folder, and holds all that the value depends on. What two threads ask for
    at once is made once. What somebody still holds is found again, also when it does not fit any more. used:
    bytes.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit, self.used = limit, 0
        self._lock = threading.RLock()
        self._kept: OrderedDict[tuple, Any] = OrderedDict()
        self._alive: WeakValueDictionary[tuple, Any] = WeakValueDictionary()
        self._making: dict[tuple, threading.Lock] = {}
        self._serials: WeakKeyDictionary[object, int] = WeakKeyDictionary()
        self._next = count()
        self._open: Counter[str] = Counter()

    def get(self, key: tuple[Hashable, ...], make: Callable[[], Kept]) -> Kept:
        with self._lock:
            if (found := self._find(key)) is not None:
                return found
            making = self._making.setdefault(key, threading.Lock())
        with making:
            with self._lock:
                if (found := self._find(key)) is not None:
                    return found
            try:
                value = make()
                self._keep(key, value)
            finally:
                with self._lock:
                    self._making.pop(key, None)
        return value

    def serial(self, value: object) -> int:
        """Stands for an object in a key without keeping it alive; no other ever has the same."""
        with self._lock:
            if value not in self._serials:
                self._serials[value] = next(self._next)
            return self._serials[value]

    def open(self, folder: str) -> None:
        """A project is; what is kept of it stays until it was closed as often."""
        with self._lock:
            self._open[folder] += 1

    def close(self, folder: str) -> None:
        with self._lock:
            self._open[folder] -= 1
            if self._open[folder] <= 0:
                del self._open[folder]
                for key in [key for key in self._kept if key[0] == folder]:
                    self._drop(key)

    def _find(self, key: tuple) -> Any:
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        value = self._alive.get(key)
        if value is not None:
            self._keep(key, value)
        return value

    def _keep(self, key: tuple, value: object) -> None:
        for array in _arrays(value):
            array.flags.writeable = False
        with self._lock:
            self._alive[key] = self._kept[key] = value
            self.used += _size(value)
            while self.used > self.limit and len(self._kept) > 1:
                self._drop(next(iter(self._kept)))

    def _drop(self, key: tuple) -> None:
        self.used -= _size(self._kept.pop(key))


def signature(folder: Path, shards: Iterable[str]) -> Signature:
    """What tells these files from others of the same names. Raises ShardDamaged where one is missing."""
    found = []
    for shard in shards:
        try:
            status = (folder / shard).stat()
        except (OSError, ValueError) as error:
            raise ShardDamaged(sentence(folder / shard)) from error
        found.append((shard, status.st_mtime_ns, status.st_size))
    return tuple(found)


def _arrays(value: object) -> list[np.ndarray]:
    parts = [getattr(value, field.name) for field in fields(value)] if is_dataclass(value) else [value]
    every = [one for part in parts for one in (part.values() if isinstance(part, dict) else [part])]
    return [one for one in every if isinstance(one, np.ndarray)]


def _size(value: object) -> int:
    return sum(array.nbytes for array in _arrays(value))


CACHE = ArrayCache()
