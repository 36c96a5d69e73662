"""What a user can send along with a question: versions, the device, and the log, without anything
personal.
"""

import getpass
import platform
import re
from pathlib import Path

from app.diagnostics.log import log_file
from core import __version__
from core.domain.packages import package_version
from core.queries.doctor import PACKAGES

SHOWN = 200_000  # characters from the end
REPORTED = 20_000
# a path by its begin: only the name at its end says something that a stranger may know
ABSOLUTE = re.compile(r"(?:[A-Za-z]:[\\/]|\\\\|(?<![\w.])/)(?:[^\s\"'<>|:*?()\\/]+[\\/])+")


def log_text() -> str:
    """The end of the log, '' where nothing was written."""
    path = log_file()
    return path.read_text(encoding="utf-8", errors="replace")[-SHOWN:] if path.is_file() else ""


def report() -> str:
    """Ready to be sent: no folder, no name of a user or machine is in it."""
    versions = [f"{name} {version}" for name in PACKAGES if (version := package_version(name))]
    parts = (
        (
            f"PoseTailor {__version__} on {platform.system()} {platform.release()} {platform.machine()}, "
            f"Python {platform.python_version()}"
        ),
        ", ".join(versions),
        "",
        log_text()[-REPORTED:] or "The log is empty.",
    )
    return without_names("\n".join(parts))


def without_names(text: str) -> str:
    """Folders become …, and so do the names of the user and the machine wherever they stand."""
    text = ABSOLUTE.sub("…/", text)
    for name in {getpass.getuser(), platform.node(), Path.home().name}:
        if len(name) > 2 and name not in ("root", "user", "home"):
            text = re.sub(rf"\b{re.escape(name)}\b", "…", text)
    return text
