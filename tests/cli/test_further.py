"""What every command shares, the version, and PoseTailor among the programs of a desktop."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli import desktop_entry as desktop
from core import __version__
from core.domain import UserError
from tests.clips import make_clip
from tests.projects import make_project

ROOT = Path(__file__).parents[2]


def run(*arguments: object) -> subprocess.CompletedProcess:
    command = [sys.executable, "main.py", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_version_is_told():
    done = run("--version")
    assert done.stdout == f"PoseTailor {__version__}\n"
    assert done.returncode == 0


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "p", make_clip(tmp_path / "clip.mp4", 20), people=1, queued=1)


def test_what_was_proposed_can_be_read_by_a_program(project):
    done = run("propose", "--project", project, "--size", 3, "--json", "--quiet")
    assert done.returncode == 0, done.stderr
    chosen = json.loads(done.stdout)
    assert len(chosen) == 3
    assert {"person", "track", "frame", "reason"} == set(chosen[0])


def test_quiet_leaves_only_results_and_errors(project, tmp_path):
    loud = run("export", "--project", project, "--out", tmp_path / "loud")
    quiet = run("export", "--project", project, "--out", tmp_path / "quiet", "--quiet")
    assert quiet.returncode == loud.returncode
    assert quiet.stderr == "" or quiet.returncode == 2
    missing = run("--quiet", "status", "--project", tmp_path / "none")
    assert missing.returncode == 2
    assert "no project" in missing.stderr


def test_an_entry_among_the_programs_comes_and_goes(tmp_path, monkeypatch):
    monkeypatch.setattr(desktop.sys, "platform", "linux")
    said = desktop.install(tmp_path, "posetailor")
    entry, icon = desktop.places(tmp_path)
    assert str(entry) in said
    assert "Exec=posetailor %f\n" in entry.read_text()
    assert icon.read_bytes().lstrip().startswith(b"<")
    desktop.remove(tmp_path)
    assert not entry.exists()
    assert not icon.exists()


def test_other_systems_have_no_such_entries(tmp_path, monkeypatch):
    monkeypatch.setattr(desktop.sys, "platform", "darwin")
    with pytest.raises(UserError, match="Linux only"):
        desktop.install(tmp_path, "posetailor")


def test_the_wheel_takes_the_resources_along():
    import tomllib

    told = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "resources*" in told["tool"]["setuptools"]["packages"]["find"]["include"]
    assert told["tool"]["setuptools"]["package-data"] == {"*": ["*"]}


def test_the_page_of_keys_is_current():
    command = [sys.executable, str(ROOT / "docs" / "make_keys.py"), "--check"]
    assert subprocess.run(command, check=False).returncode == 0, "run python docs/make_keys.py"
