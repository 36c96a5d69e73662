"""What the set-up decides, without a network."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import bootstrap
from bootstrap import SetupError


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder of its own, where nothing is ever installed."""
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    for name, value in {
        "ROOT": tmp_path,
        "VENV": tmp_path / ".venv",
        "STAMP": tmp_path / ".venv" / ".posetailor-stamp",
        "LOG": tmp_path / ".venv" / "install.log",
    }.items():
        monkeypatch.setattr(bootstrap, name, value)
    return tmp_path


def fake_venv(folder: Path) -> None:
    python = bootstrap.venv_python()
    python.parent.mkdir(parents=True, exist_ok=True)
    python.write_text("")


def test_an_old_python_is_told_so() -> None:
    with pytest.raises(
        SetupError, match=r"needs Python 3\.11 or newer and /usr/bin/python3 is Python 3\.9\.2"
    ):
        bootstrap.check_python((3, 9, 2), "/usr/bin/python3")
    bootstrap.check_python((3, 11, 0), "python")
    bootstrap.check_python((3, 14, 1), "python")


def test_no_screen_names_the_command_that_works() -> None:
    with pytest.raises(SetupError, match=r"no screen here .*: xvfb-run -a python3 bootstrap\.py demo"):
        bootstrap.check_screen("linux", {}, has_xvfb=True)
    with pytest.raises(SetupError, match="apt-get install xvfb xauth && xvfb-run"):
        bootstrap.check_screen("linux", {"DISPLAY": ""}, has_xvfb=False)


@pytest.mark.parametrize(
    ("platform", "environment"),
    [
        ("linux", {"DISPLAY": ":0"}),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}),
        ("darwin", {}),
        ("win32", {}),
    ],
)
def test_a_screen_is_enough(platform: str, environment: dict[str, str]) -> None:
    bootstrap.check_screen(platform, environment, has_xvfb=False)


def test_missing_libraries_come_with_the_command() -> None:
    missing = {"libGL.so.1": "libgl1", "libEGL.so.1": "libegl1"}
    assert bootstrap.missing_sentence(missing, has_apt=True).endswith("sudo apt-get install libgl1 libegl1")
    assert "apt-get" not in bootstrap.missing_sentence(missing, has_apt=False)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="system libraries are Linux's matter")
@pytest.mark.parametrize(
    ("opens_window", "expected"), [(False, {"libgl1"}), (True, {"libgl1", "libxcb-cursor0"})]
)
def test_only_what_is_needed_is_installed(
    fake: Path, monkeypatch: pytest.MonkeyPatch, opens_window: bool, expected: set[str]
) -> None:
    absent = {"libGL.so.1", "libxcb-cursor.so.0"}
    installed: list[str] = []

    def install(prefix: list[str], packages: list[str]) -> None:
        installed.extend(packages)
        absent.clear()

    monkeypatch.setattr(bootstrap, "loads", lambda library: library not in absent)
    monkeypatch.setattr(bootstrap, "has_venv", lambda: True)
    monkeypatch.setattr(bootstrap, "privilege", list)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(bootstrap, "apt_install", install)
    bootstrap.provide_system_packages(opens_window)
    assert set(installed) == expected


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="system libraries are Linux's matter")
def test_without_root_the_command_is_named(fake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "loads", lambda library: library != "libEGL.so.1")
    monkeypatch.setattr(bootstrap, "has_venv", lambda: False)
    monkeypatch.setattr(bootstrap, "privilege", lambda: None)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: f"/usr/bin/{name}")
    with pytest.raises(
        SetupError, match=r"libEGL\.so\.1, Python's venv module .* apt-get install libegl1 python3\.\d+-venv"
    ):
        bootstrap.provide_system_packages(opens_window=False)


def test_the_stamp_follows_all_that_matters() -> None:
    stamps = {
        bootstrap.stamp_for(b"a", "3.11", Path("/x")),
        bootstrap.stamp_for(b"b", "3.11", Path("/x")),
        bootstrap.stamp_for(b"a", "3.12", Path("/x")),
        bootstrap.stamp_for(b"a", "3.11", Path("/y")),
    }
    assert len(stamps) == 4


@pytest.mark.parametrize(
    ("content", "extras", "expected"),
    [
        ({"for": "w", "extras": []}, [], True),
        ({"for": "w", "extras": ["test"]}, [], True),
        ({"for": "w", "extras": ["test"]}, ["test"], True),
        ({"for": "w", "extras": []}, ["test"], False),
        ({"for": "other", "extras": ["test"]}, [], False),
        ([], [], False),
    ],
)
def test_a_stamp_counts_for_less_but_not_for_more(
    tmp_path: Path, content: object, extras: list[str], expected: bool
) -> None:
    stamp = tmp_path / "stamp"
    stamp.write_text(json.dumps(content))
    assert bootstrap.is_set_up(stamp, "w", extras) is expected
    stamp.write_text("{")
    assert not bootstrap.is_set_up(stamp, "w", extras)
    assert not bootstrap.is_set_up(tmp_path / "none", "w", extras)


def test_the_second_time_there_is_nothing_to_do(fake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(bootstrap, "make_venv", lambda: (done.append("venv"), fake_venv(fake)))
    monkeypatch.setattr(bootstrap, "install", lambda extras: done.append("install"))
    assert bootstrap.set_up([])
    assert done == ["venv", "install"]
    assert not bootstrap.set_up([])
    assert done == ["venv", "install"]
    monkeypatch.setattr(bootstrap, "venv_works", lambda: True)
    assert bootstrap.set_up(["test"])
    assert done == ["venv", "install", "install"]


def test_a_half_made_venv_is_made_anew(fake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    fake_venv(fake)
    monkeypatch.setattr(bootstrap, "make_venv", lambda: done.append("venv"))
    monkeypatch.setattr(bootstrap, "install", lambda extras: done.append("install"))
    assert not bootstrap.venv_works()
    bootstrap.set_up([])
    assert done == ["venv", "install"]


@pytest.mark.parametrize(
    ("venv_to_blame", "expected"), [(True, ["install", "venv", "install"]), (False, ["install"])]
)
def test_starting_over_only_where_it_can_help(
    fake: Path, monkeypatch: pytest.MonkeyPatch, venv_to_blame: bool, expected: list[str]
) -> None:
    done: list[str] = []

    def fail(extras: list[str]) -> bootstrap.Failure:
        done.append("install")
        return bootstrap.Failure("no luck", venv_to_blame)

    fake_venv(fake)
    bootstrap.STAMP.write_text("{}")
    monkeypatch.setattr(bootstrap, "venv_works", lambda: True)
    monkeypatch.setattr(bootstrap, "make_venv", lambda: done.append("venv"))
    monkeypatch.setattr(bootstrap, "install", fail)
    with pytest.raises(SetupError, match=r"could not be installed \(no luck\).*install\.log"):
        bootstrap.set_up([])
    assert done == expected
    assert not bootstrap.STAMP.exists()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Collecting torch<2.14,>=2.6 (from posetailor==0.1.0)\n", "looking up torch"),
        ("  Downloading torch-2.13.0-cp311-cp311-linux_x86_64.whl (190.1 MB)\n", "fetching torch (190.1 MB)"),
        ("  Using cached https://host/a/numpy-2.4.6-cp311-none.whl (16.0 MB)\n", "fetching numpy (16.0 MB)"),
        ("Installing collected packages: a, b, c\n", "unpacking 3 packages"),
        ("Requirement already satisfied: pip\n", None),
    ],
)
def test_progress_in_plain_words(line: str, expected: str | None) -> None:
    assert bootstrap.progress(line) == expected


def test_without_a_command_it_explains_itself() -> None:
    done = subprocess.run([sys.executable, bootstrap.__file__], capture_output=True, text=True)
    assert done.returncode == 2
    assert "bootstrap.py demo" in done.stdout
