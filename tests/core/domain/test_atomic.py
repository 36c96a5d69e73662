"""What is written is as it was or as it should be, never in between, and nothing is left beside it."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.atomic import atomic_write

ERRORS = [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt(), ValueError("of the caller")]


@given(old=st.none() | st.binary(), new=st.binary(), kept=st.none() | st.integers(0, 100))
def test_old_or_new_never_partial(tmp_path_factory, old: bytes | None, new: bytes, kept: int | None) -> None:
    """kept: so many bytes are written before it fails, None for all and no failure."""
    path = tmp_path_factory.mktemp("atomic") / "file.bin"
    if old is not None:
        path.write_bytes(old)
    try:
        with atomic_write(path) as aside:
            aside.write_bytes(new if kept is None else new[:kept])
            assert (path.read_bytes() if path.exists() else None) == old
            if kept is not None:
                raise OSError(errno.ENOSPC, "No space left on device")
    except OSError:
        pass
    expected = new if kept is None else old
    assert (path.read_bytes() if path.exists() else None) == expected
    assert list(path.parent.iterdir()) == ([] if expected is None else [path])


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_failure_at_the_end_leaves_the_earlier_one(
    tmp_path: Path, monkeypatch, step: str, error: BaseException
) -> None:
    def fail(*_: object) -> None:
        raise error

    path = tmp_path / "file.bin"
    path.write_bytes(b"earlier")
    monkeypatch.setattr(os, step, fail)
    with pytest.raises(type(error)), atomic_write(path) as aside:
        aside.write_bytes(b"later")
    assert path.read_bytes() == b"earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_a_killed_writer_leaves_the_earlier_one(tmp_path: Path) -> None:
    path = tmp_path / "file.bin"
    path.write_bytes(b"earlier")
    code = (
        "import os, sys; from pathlib import Path; from core.domain.atomic import atomic_write\n"
        "with atomic_write(Path(sys.argv[1])) as aside: aside.write_bytes(b'la'); os._exit(9)"
    )
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", code, path], cwd=root, check=False).returncode == 9
    assert path.read_bytes() == b"earlier"


def test_folders_above_are_made_and_the_name_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "one" / "two" / "file.npz"
    with atomic_write(path) as aside:
        assert aside.name == path.name
        aside.write_bytes(b"content")
    assert path.read_bytes() == b"content"


def test_nothing_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), atomic_write(tmp_path / "file.bin"):
        pass
    assert list(tmp_path.iterdir()) == []
