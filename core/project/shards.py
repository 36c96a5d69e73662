"""Immutable HDF5 files for what can be computed again: written aside, synced, renamed, then registered in the store."""

import io
import os
from pathlib import Path

import h5py
import numpy as np

from core.domain import UserError


class ShardDamaged(UserError):
    """A computed file that cannot be read; what it held can be computed again."""


def write_shard(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Writes arrays as the datasets of one file, whole or not at all. Raises UserError when the disk refuses."""
    content = io.BytesIO()  # HDF5 keeps hold of a file that it could not write, so it never sees the disk
    with h5py.File(content, "w") as file:
        for name, values in arrays.items():
            packed = {"compression": "gzip", "compression_opts": 1, "shuffle": True} if values.nbytes > 4096 else {}
            file.create_dataset(name, data=values, fletcher32=values.size > 0, **packed)
    aside = path.with_suffix(".tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(aside, "wb") as file:
                file.write(content.getbuffer())
                file.flush()
                os.fsync(file.fileno())
            os.replace(aside, path)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        raise UserError(
            f"The computed file {path.name} could not be written to {path.parent}: {error.strerror or error}. "
            "Free disk space or make the folder writable, then try again."
        ) from error


def read_shard(path: Path, names: tuple[str, ...] | None = None) -> dict[str, np.ndarray]:
    """names: the datasets wanted, all by default. Raises ShardDamaged when the file is missing or unreadable."""
    try:
        with h5py.File(path, "r") as file:
            return {name: file[name][()] for name in (names or file.keys())}
    except (OSError, KeyError, RuntimeError) as error:
        raise ShardDamaged(
            f"The computed file {path.name} in {path.parent} is missing or damaged. Estimate this video again."
        ) from error
