"""HDF5 files of strangers: only numbers and texts that lie in the file itself are read, and no more than
it has room for.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import h5py
import numpy as np

from core.domain import UserError
from core.domain.unreadable import what_it_is

LARGEST_DATASET = 2 << 30  # bytes
BEST_RATIO = 1032  # of deflate
ERRORS = (OSError, KeyError, RuntimeError, ValueError, TypeError, MemoryError, IndexError)
Group: TypeAlias = Any  # h5py.Group, which has no types


@contextmanager
def open_hdf(path: Path) -> Iterator[Group]:
    """Its root. Raises UserError, also in place of whatever is raised while it is read."""
    if not path.is_file():
        raise UserError(f"There is no file {path}; check the path.")
    try:
        with h5py.File(path, "r") as file:
            yield file
    except ERRORS as error:
        raise UserError(
            no_hdf(path) or f"{path.name} cannot be read as HDF5 ({str(error)[:120]}); choose another."
        ) from error


def no_hdf(path: Path) -> str:
    """A sentence on what a file is that is not HDF5, or not all of it; '' for one that can be opened."""
    try:
        h5py.File(path, "r").close()
    except OSError as error:
        return "" if error.errno else f"{path.name} {what_it_is(path, 'HDF5 file')}"
    return ""


def groups(root: Group) -> Iterator[Group]:
    """It and all groups in it."""
    yield root
    for name in root:
        if isinstance(root.get(name, getlink=True), h5py.HardLink) and isinstance(
            inside := root[name], h5py.Group
        ):
            yield from groups(inside)


def has(group: Group, *names: str) -> bool:
    """Whether all of them are there."""
    return all(isinstance(group.get(name, getlink=True), h5py.HardLink) for name in names)


def numbers(group: Group, name: str) -> np.ndarray:
    """A dataset, or its fields by name. Raises ValueError for one that is none, or lies elsewhere."""
    dataset = group[name] if has(group, name) else None
    if not isinstance(dataset, h5py.Dataset) or dataset.external or dataset.is_virtual:
        raise ValueError(f"{name} is no array in it")
    compressed = dataset.id.get_storage_size() * BEST_RATIO
    if dataset.nbytes > min(compressed, LARGEST_DATASET) or dataset.dtype.kind not in "iufbSV":
        raise ValueError(f"{name} is no array of numbers that fits")
    return dataset[()]


def texts(group: Group, name: str) -> list[str]:
    """A dataset of texts, however they are stored; one alone as a list of one."""
    dataset = group[name] if has(group, name) else None
    if (
        not isinstance(dataset, h5py.Dataset)
        or dataset.external
        or dataset.is_virtual
        or dataset.size > 1 << 20
    ):
        raise ValueError(f"{name} is no list of texts in it")
    return [text(value) for value in np.ravel(dataset[()])]


def text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
