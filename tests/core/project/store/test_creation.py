import sqlite3
from pathlib import Path

import pytest

from core.domain import UserError
from core.project.project import Project
from core.project.store import connection


def test_a_full_disk_leaves_nothing_that_blocks_the_next_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    folder = tmp_path / "project"
    with monkeypatch.context() as patch:
        patch.setattr(connection, "bring_up_to_date", full)
        with pytest.raises(UserError, match=r"disk is full\. Free disk space"):
            Project(folder, create=True)
    assert not any(folder.iterdir())
    with Project(folder, create=not Project.exists(folder)) as project:
        assert project.videos() == []


def test_an_empty_file_is_no_project(tmp_path: Path) -> None:
    """Version 0.2 left such files where the disk was full."""
    (tmp_path / "project.sqlite").touch()
    assert not Project.exists(tmp_path)
    with Project(tmp_path, create=True) as project:
        assert project.videos() == []


def test_a_project_that_was_there_is_never_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Project(tmp_path, create=True).close()
    before = (tmp_path / "project.sqlite").read_bytes()

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(connection, "bring_up_to_date", full)
    with pytest.raises(UserError):
        Project(tmp_path, create=True)
    assert (tmp_path / "project.sqlite").read_bytes() == before
