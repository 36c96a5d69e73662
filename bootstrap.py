"""Set PoseTailor up and start it, with nothing but Python's standard library.

    python3 bootstrap.py demo          set up, then open the window on the bundled clip
    python3 bootstrap.py test [ARGS]   set up with the test tools, then run the tests (ARGS go to pytest)
    python3 bootstrap.py check         set up with the test tools, then check style and types
    python3 bootstrap.py run [ARGS]    set up, then main.py ARGS; without ARGS the window opens

Packages go to .venv in this folder. Once that is done, a start takes about a second and needs no network.
"""

from __future__ import annotations  # so that an old Python gets as far as being told that it is too old

import ctypes
import hashlib
import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / ".posetailor-stamp"
LOG = VENV / "install.log"
OLDEST_PYTHON = (3, 11)
CHECKS = (("ruff", "check"), ("ruff", "format", "--check"), ("mypy",))
# of pytest, when everything is run: three for two cores, since some tests wait for the clock
SIDE_BY_SIDE = ("-n", "3", "--dist", "loadfile", "--no-loadscope-reorder")

# library that must load: Debian package that brings it
ALWAYS_NEEDED = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
}
NEEDED_BY_A_WINDOW = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
}


class SetupError(Exception):
    """What stands in the way, as one sentence for the user."""


def main(arguments: Sequence[str]) -> int:
    if not arguments or arguments[0] not in ("demo", "test", "check", "run"):
        print(__doc__.strip())
        return 0 if arguments[:1] in (["-h"], ["--help"]) else 2
    command, rest = arguments[0], list(arguments[1:])
    opens_window = command == "demo" or (command == "run" and not rest)
    try:
        check_python(sys.version_info[:3], sys.executable)
        if opens_window:
            check_screen(sys.platform, os.environ, shutil.which("xvfb-run") is not None)
        provide_system_packages(opens_window)
        if set_up(["test"] if command in ("test", "check") else []):
            prepare()
    except SetupError as error:
        print(f"bootstrap: {error}", file=sys.stderr)
        return 2
    if command == "test":
        environment = {"QT_QPA_PLATFORM": "offscreen", **os.environ}
        return subprocess.call(
            [venv_python(), "-m", "pytest", *(rest or SIDE_BY_SIDE)], cwd=ROOT, env=environment
        )
    if command == "check":
        return max(subprocess.call([venv_python(), "-m", *check], cwd=ROOT) for check in CHECKS)
    return subprocess.call(
        [venv_python(), ROOT / "main.py", *(["--demo"] if command == "demo" else []), *rest]
    )


# ---- what the machine must have


def check_python(version: tuple[int, ...], executable: str) -> None:
    if tuple(version[:2]) < OLDEST_PYTHON:
        have, need = ".".join(map(str, version)), ".".join(map(str, OLDEST_PYTHON))
        raise SetupError(
            f"PoseTailor needs Python {need} or newer and {executable} is Python {have}; "
            f"install a newer one and run it with this file, for example: python3.12 bootstrap.py demo"
        )


def check_screen(platform: str, environment: Mapping[str, str], has_xvfb: bool) -> None:
    """Qt aborts without a word to the user where there is no screen."""
    if not platform.startswith("linux"):
        return
    if any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")):
        return
    install = "" if has_xvfb else "apt-get install xvfb xauth && "
    raise SetupError(
        "there is no screen here (neither DISPLAY nor WAYLAND_DISPLAY is set), so no window can open; "
        f"with a virtual one it runs: {install}xvfb-run -a python3 bootstrap.py demo"
    )


def loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def has_venv() -> bool:
    return all(importlib.util.find_spec(name) is not None for name in ("venv", "ensurepip"))


def provide_system_packages(opens_window: bool) -> None:
    """Install with apt-get what is missing, where that is possible without asking; else say what to do."""
    venv_package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    missing = {}
    if sys.platform.startswith("linux"):
        needed = {**ALWAYS_NEEDED, **(NEEDED_BY_A_WINDOW if opens_window else {})}
        missing = {library: package for library, package in needed.items() if not loads(library)}
    if not VENV.exists() and not has_venv():
        missing["Python's venv module"] = venv_package
    if not missing:
        return
    if not shutil.which("apt-get"):
        raise SetupError(missing_sentence(missing, has_apt=False))
    prefix = privilege()
    if prefix is None:
        raise SetupError(missing_sentence(missing, has_apt=True))
    print(f"Installing system packages: {' '.join(missing.values())}", flush=True)
    apt_install(prefix, missing.values())
    importlib.invalidate_caches()
    still = {what: package for what, package in missing.items() if what.startswith("lib") and not loads(what)}
    if venv_package in missing.values() and not has_venv():
        still["Python's venv module"] = venv_package
    if still:
        raise SetupError(missing_sentence(still, has_apt=True))


def missing_sentence(missing: Mapping[str, str], has_apt: bool) -> str:
    what = ", ".join(missing)
    if has_apt:
        return (
            f"{what} missing on this machine; install with: sudo apt-get install {' '.join(missing.values())}"
        )
    return (
        f"{what} missing on this machine; install what your system calls "
        f"{', '.join(missing.values())} on Debian"
    )


def privilege() -> list[str] | None:
    """What to put before a command that needs root; None where it cannot be had without asking for a
    password.
    """
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
        return ["sudo", "-n"]
    return None


def apt_install(prefix: Sequence[str], packages: Iterable[str]) -> None:
    """Best effort: whether it worked is seen by looking for the libraries again."""
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"]
    install = [*apt, "install", "-y", "--no-install-recommends", *packages]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if subprocess.call(install, **quiet) != 0:  # a fresh machine has no package lists yet
        subprocess.call([*apt, "update"], **quiet)
        subprocess.call(install, **quiet)


# ---- the virtual environment


def venv_python() -> Path:
    return VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def stamp_for(pyproject: bytes, python: str, folder: Path) -> str:
    """Changes with anything that calls for installing again."""
    return hashlib.sha256(b"\0".join([pyproject, python.encode(), str(folder).encode()])).hexdigest()


def is_set_up(stamp: Path, wanted: str, extras: Iterable[str]) -> bool:
    """Whether stamp was written for `wanted` with at least these extras."""
    try:
        found = json.loads(stamp.read_text())
        return found["for"] == wanted and set(extras) <= set(found["extras"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def set_up(extras: list[str]) -> bool:
    """Make .venv hold the packages; whether there was anything to do."""
    wanted = stamp_for((ROOT / "pyproject.toml").read_bytes(), sys.version, ROOT)
    if is_set_up(STAMP, wanted, extras) and venv_python().exists():
        return False
    print("Setting up PoseTailor in .venv: once, a few minutes and 2 to 6 GB.", flush=True)
    STAMP.unlink(missing_ok=True)
    if not venv_works():
        make_venv()
    failure = install(extras)
    if failure and failure.venv_to_blame:
        print("That failed; starting over with a new .venv.", flush=True)
        make_venv()
        failure = install(extras)
    if failure:
        raise SetupError(
            f"the packages could not be installed ({failure.reason}); the whole story is in {LOG}"
        )
    STAMP.write_text(json.dumps({"for": wanted, "extras": extras}))
    return True


def venv_works() -> bool:
    """Whether .venv is there, whole, and made by this version of Python."""
    question = "import pip, sys; sys.stdout.write(sys.version)"
    try:
        done = subprocess.run(
            [venv_python(), "-c", question], capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
    except OSError:
        return False
    return done.returncode == 0 and done.stdout == sys.version


def make_venv() -> None:
    try:
        if VENV.exists():
            shutil.rmtree(VENV)
        subprocess.run(
            [sys.executable, "-m", "venv", VENV],
            check=True,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
    except OSError as error:
        raise SetupError(
            f"{VENV} cannot be made anew ({error}); close what uses it or delete it by hand"
        ) from error
    except subprocess.CalledProcessError as error:
        said = (error.stderr or error.stdout).strip().splitlines() or ["no reason given"]
        raise SetupError(f"{VENV} cannot be made: {said[-1]}") from error


class Failure(NamedTuple):
    """venv_to_blame: a new .venv may help, which it cannot where a package was not found or the network
    was down.
    """

    reason: str
    venv_to_blame: bool


def install(extras: list[str]) -> Failure | None:
    """pip install this folder into .venv, telling how it goes."""
    target = f"{ROOT}[{','.join(extras)}]" if extras else str(ROOT)
    command = [venv_python(), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    command += ["--progress-bar", "off", "-e", target]
    complaint = ""
    unpacking = False
    with LOG.open("w", encoding="utf-8") as log:
        log.write(shlex.join(map(str, command)) + "\n")
        pip = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
        for line in pip.stdout:
            log.write(line)
            if line.startswith("ERROR:"):
                complaint = line.removeprefix("ERROR:").strip()
            unpacking = unpacking or line.startswith("Installing collected packages")
            tell(progress(line))
    tell(None, end=True)
    if pip.wait() == 0:
        return None
    return Failure(complaint or f"pip ended with {pip.returncode}", venv_to_blame=unpacking or not complaint)


def progress(line: str) -> str | None:
    """What to tell of a line of pip's output."""
    if found := re.match(r"Collecting ([\w.-]+)", line):
        return f"looking up {found[1]}"
    if found := re.match(
        r"\s+(?:Downloading|Using cached) .*?([\w.]+)-\d[^/ ]*\.(?:whl|tar\.gz) \((.+)\)", line
    ):
        return f"fetching {found[1]} ({found[2]})"
    if found := re.match(r"Installing collected packages: (.*)", line):
        return f"unpacking {len(found[1].split(','))} packages"
    return None


def tell(message: str | None, end: bool = False) -> None:
    """One line that changes on a terminal; elsewhere a line for each of the few long steps."""
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns - 1
        if message or end:
            print("\r" + f"  {message or ''}"[:width].ljust(width), end="\r" if end else "", flush=True)
    elif message and (message.startswith("unpacking") or re.search(r"\(\d{2,}[\d.]* MB\)|GB\)", message)):
        print(f"  {message}", flush=True)


def prepare() -> None:
    """Let the bundled estimators be converted now instead of at their first use."""
    print("Preparing the bundled estimators.", flush=True)
    if (
        subprocess.call([venv_python(), ROOT / "main.py", "doctor", "--prepare"], stdin=subprocess.DEVNULL)
        != 0
    ):
        print("That did not work; they will be prepared when first used.", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
