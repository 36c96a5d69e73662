"""Computed files are there whole or not at all, and damage in them is noticed."""

import errno
import os
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain import UserError
from core.project.store.shards import ShardDamaged, read_shard, write_shard

ARRAYS = {
    "frame": np.arange(900),
    "points": np.random.default_rng(0).random((900, 17, 2)).astype(np.float32),
    "few": np.array([1.5, np.nan], np.float32),
    "none": np.empty((0, 4), np.float32),
}


@pytest.fixture
def shard(tmp_path: Path) -> Path:
    path = tmp_path / "round-0" / "samples.h5"
    write_shard(path, ARRAYS)
    return path


def test_arrays_come_back_as_they_were(shard: Path) -> None:
    again = read_shard(shard)
    assert again.keys() == ARRAYS.keys()
    for name, values in ARRAYS.items():
        assert again[name].dtype == values.dtype
        assert again[name].shape == values.shape
        assert again[name].tobytes() == values.tobytes()
    assert list(read_shard(shard, ("few",))) == ["few"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_leaves_nothing(tmp_path: Path, monkeypatch, step: str, error: BaseException) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(os, step, fail)
    expected = UserError if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        write_shard(tmp_path / "samples.h5", ARRAYS)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_the_earlier_one(shard: Path, monkeypatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    before = shard.read_bytes()
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(
        UserError, match=r"samples\.h5 could not be written .* No space left on device\. Free"
    ):
        write_shard(shard, {"frame": np.zeros(3)})
    assert shard.read_bytes() == before
    assert [path.name for path in shard.parent.iterdir()] == [shard.name]


@pytest.mark.parametrize("keep", [0, 10, 1000, -1])
def test_a_truncated_shard_is_damaged(shard: Path, keep: int) -> None:
    shard.write_bytes(shard.read_bytes()[:keep])
    with pytest.raises(ShardDamaged, match=r"samples\.h5 .* Estimate this video again"):
        read_shard(shard)


def test_missing_or_of_another_kind_is_damaged(shard: Path) -> None:
    with pytest.raises(ShardDamaged):
        read_shard(shard.with_name("gone.h5"))
    with pytest.raises(ShardDamaged):
        read_shard(shard, ("frame", "embedding"))
    shard.write_text("no HDF5")
    with pytest.raises(ShardDamaged):
        read_shard(shard)


@given(seed=st.integers(0, 10**6))
def test_a_flipped_bit_in_the_values_never_passes_for_them(tmp_path_factory, seed: int) -> None:
    path = tmp_path_factory.getbasetemp() / "flipped.h5"
    write_shard(path, ARRAYS)
    with h5py.File(path) as file:
        chunks = [
            (info.byte_offset, info.size)
            for name in ("frame", "points")
            for info in map(file[name].id.get_chunk_info, range(file[name].id.get_num_chunks()))
        ]
    rng = np.random.default_rng(seed)
    offset, size = chunks[rng.integers(len(chunks))]
    content = bytearray(path.read_bytes())
    content[offset + rng.integers(size)] ^= 1 << rng.integers(8)
    path.write_bytes(content)
    with pytest.raises(ShardDamaged):
        read_shard(path)
