"""Immutable HDF5 files for what can be computed again: written aside, synced, renamed, then registered in
the store.
"""

import io
from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np

from core.domain import UserError
from core.domain.atomic import atomic_write

BEST_RATIO = 1032  # of deflate
LARGEST_DATASET = 4 << 30  # bytes
MOST_DATASETS = 1000
LARGEST = 1e9  # pixels
FINITE = ("boxes", "points")
CRITERION = "criterion."  # how the names of criteria begin beside samples
SHAPES = {  # the kind of number, and the size of what follows the row: K joints, None for any
    "track": ("i", ()),
    "frame": ("i", ()),
    "boxes": ("f", (4,)),
    "points": ("f", ("K", 2)),
    "confidence": ("f", ("K",)),
    "motion": ("f", ("K", 3)),
    "embedding": ("f", (None,)),
    "appearance": ("f", (None,)),
    "detected": ("f", ()),
    "cuts": ("i", (2,)),
}


class ShardDamaged(UserError):
    """A computed file that cannot be read; what it held can be computed again."""


def write_shard(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Writes arrays as the datasets of one file, whole or not at all. Raises UserError when the disk
    refuses.
    """
    content = io.BytesIO()  # HDF5 keeps hold of a file that it could not write, so it never sees the disk
    with h5py.File(content, "w") as file:
        for name, values in arrays.items():
            packed = (
                {"compression": "gzip", "compression_opts": 1, "shuffle": True}
                if values.nbytes > 4096
                else {}
            )
            file.create_dataset(name, data=values, fletcher32=values.size > 0, **packed)
    try:
        with atomic_write(path) as aside:
            aside.write_bytes(content.getbuffer())
    except OSError as error:
        raise UserError(
            f"The computed file {path.name} could not be written to {path.parent}: "
            f"{error.strerror or error}. Free disk space or make the folder writable, then try again."
        ) from error


def read_shard(
    path: Path, names: tuple[str, ...] | None = None, further: tuple[str, ...] = ()
) -> dict[str, np.ndarray]:
    """names: the datasets wanted, all by default; further: those wanted where there are any. Raises
    ShardDamaged when the file is missing or unreadable.

    The file may come from a stranger: only numbers are read that lie in it, and no more than it has room for.
    """
    try:
        with h5py.File(path, "r") as file:
            wanted = (names or tuple(file.keys())) + tuple(name for name in further if name in file)
            if len(wanted) > MOST_DATASETS:
                raise ShardDamaged(sentence(path))
            return {name: _numbers(file, name, path) for name in wanted}
    except (OSError, KeyError, RuntimeError, ValueError, TypeError, MemoryError) as error:
        raise ShardDamaged(sentence(path)) from error


def read_samples(
    path: Path, names: tuple[str, ...], frames: int, joints: int, further: tuple[str, ...] = ()
) -> dict[str, np.ndarray]:
    """Columns of samples (n, ...). names, further: among those of SHAPES, see read_shard; frames: of the
    video; joints: of a pose.

    Raises ShardDamaged as well where they do not fit one another.
    """
    columns = read_shard(path, names, further)
    count = len(next(iter(columns.values())))
    for name, values in columns.items():
        kind, inner = SHAPES[name]
        shape = tuple(joints if size == "K" else size for size in inner)
        fits = values.ndim == 1 + len(shape) and len(values) == count and values.dtype.kind == kind
        if not fits or any(
            size not in (None, actual) for size, actual in zip(shape, values.shape[1:], strict=True)
        ):
            raise ShardDamaged(sentence(path))
        if name in FINITE and not (np.abs(values) <= LARGEST).all():
            raise ShardDamaged(sentence(path))
    if "frame" in columns and count and not (columns["frame"].min() >= 0 and columns["frame"].max() < frames):
        raise ShardDamaged(sentence(path))
    return columns


def read_estimates(
    path: Path, frames: int, joints: int
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Columns of samples but for their embeddings, with their motion if there is any, and the criteria that
    lie beside them by name. See read_samples.

    Raises ShardDamaged, also where they are not in the order of frames.
    """
    names = ("track", "frame", "boxes", "points", "confidence")
    columns = read_samples(path, names, frames, joints, ("motion",))
    check_order(path, columns["frame"], columns["track"])
    try:
        with h5py.File(path, "r") as file:
            beside = tuple(name for name in file if name.startswith(CRITERION))
    except (OSError, RuntimeError) as error:
        raise ShardDamaged(sentence(path)) from error
    criteria = read_shard(path, beside) if beside else {}
    check_rows(path, criteria, len(columns["frame"]))
    return columns, {name.removeprefix(CRITERION): values for name, values in criteria.items()}


def check_rows(path: Path, columns: dict[str, np.ndarray], count: int) -> None:
    """Raises ShardDamaged unless each column has a row for each of `count` samples."""
    if any(
        len(values) != count or (values.ndim > 1 and name != "embedding") for name, values in columns.items()
    ):
        raise ShardDamaged(sentence(path))


def check_order(path: Path, frame: np.ndarray, track: np.ndarray) -> None:
    """Raises ShardDamaged unless the samples (n,) are ordered by frame."""
    if (np.diff(frame) < 0).any() or (len(track) and track.min() < 0):
        raise ShardDamaged(sentence(path))


def _numbers(file: h5py.File, name: str, path: Path) -> np.ndarray:
    dataset = file[name] if isinstance(file.get(name, getlink=True), h5py.HardLink) else None
    if not isinstance(dataset, h5py.Dataset) or dataset.dtype.kind not in "iuf" or not 1 <= dataset.ndim <= 3:
        raise ShardDamaged(sentence(path))
    room = dataset.id.get_storage_size() * BEST_RATIO
    if dataset.external or dataset.is_virtual or dataset.nbytes > min(room, LARGEST_DATASET):
        raise ShardDamaged(sentence(path))
    return dataset[()]


def sentence(path: Path) -> str:
    return (
        f"The computed file {path.name} in {path.parent} is missing or damaged, and with it poses that "
        "can be computed again; no label is lost. Estimate this video again."
    )
