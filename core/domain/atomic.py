"""Files that are there whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ASIDE = ".aside-"  # how the folder begins in which a file is written; a killed process leaves it


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """A path to write to, of the same name in a folder aside; at the end the file there is synced and takes
    `path`'s place.

    Where anything fails, `path` is as it was and nothing is left aside. Folders above are made. Raises
    OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=ASIDE, dir=path.parent) as folder:
        aside = Path(folder) / path.name
        yield aside
        with open(aside, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(aside, path)
