"""Frame indexes that were built once: in memory for as long as the program runs, on disk for videos that
take a while.
"""

import contextlib
import hashlib
import threading
import zipfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from platformdirs import user_cache_path

from core.domain.atomic import atomic_write
from core.video.index import Anchor, FrameIndex

LEAST_FRAMES = 2000  # fewer are counted sooner than looked up, where they need not be decoded for it
MOST_FILES = 200
VERSION = 4
Known = tuple[FrameIndex, float]

_known: dict[str, Known] = {}
_lock = threading.Lock()


def cached_index(path: Path, build: Callable[[], Known]) -> Known:
    """The index of a file and its nominal rate, from build() where the file was not seen before or has
    changed since.
    """
    status = path.stat()
    name = f"{VERSION} {path.resolve()} {status.st_size} {status.st_mtime_ns}"
    key = hashlib.sha256(name.encode(errors="surrogateescape")).hexdigest()
    with _lock:
        found = _known.get(key)
    if found is None:
        file = user_cache_path("PoseTailor", "PoseTailor") / "indexes" / f"{key}.npz"
        found = _read(file)
        if found is None:
            found = build()
            if len(found[0]) >= LEAST_FRAMES or found[0].counted:
                _write(file, *found)
        with _lock:
            _known[key] = found
    return found


def _read(file: Path) -> Known | None:
    """None where there is none, or one that cannot be used."""
    try:
        with np.load(file, allow_pickle=False) as saved:
            pts, keyframes = saved["pts"].astype(np.int64), saved["keyframes"].astype(np.int64)
            numerator, denominator, counted, stream = map(int, saved["base"])
            numbers, anchors, note = (
                saved["numbers"].astype(np.int64),
                saved["anchors"].tolist(),
                str(saved["note"]),
            )
            rate, lost = float(saved["rate"]), float(saved["lost"])
        index = FrameIndex(
            pts,
            keyframes,
            Fraction(numerator, denominator),
            bool(counted),
            lost,
            stream,
            note,
            numbers,
            tuple(Anchor(*map(int, anchor)) for anchor in anchors),
        )
    except (OSError, EOFError, ValueError, KeyError, TypeError, ZeroDivisionError, zipfile.BadZipFile):
        return None
    steps = np.diff(pts)
    whole = len(pts) and len(keyframes) and keyframes[0] == 0 and keyframes[-1] < len(pts)
    whole = whole and (steps >= 0 if index.counted else steps > 0).all() and stream >= 0
    whole = whole and (not index.counted or len(anchors) == len(keyframes))
    return (index, rate) if whole else None


def _write(file: Path, index: FrameIndex, rate: float) -> None:
    """A cache that cannot be written is none."""
    columns: dict[str, Any] = {
        "pts": index.pts,
        "keyframes": index.keyframes,
        "base": [index.time_base.numerator, index.time_base.denominator, int(index.counted), index.stream],
        "numbers": index.numbers,
        "anchors": np.array(index.anchors, np.int64).reshape(-1, len(Anchor._fields)),
        "note": index.note,
    }
    with contextlib.suppress(OSError):
        with atomic_write(file) as aside:
            np.savez(aside, rate=rate, lost=index.lost, **columns)
        oldest_first = sorted(file.parent.glob("*.npz"), key=lambda one: one.stat().st_mtime)
        for old in oldest_first[:-MOST_FILES]:
            old.unlink(missing_ok=True)
