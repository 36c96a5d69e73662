"""The file that keeps what went wrong, for the window to show and a user to send."""

import logging
import sys
import threading
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

import platformdirs

from core.domain import UserError

logger = logging.getLogger("posetailor")
FORMAT = "%(asctime)s %(levelname)s %(message)s"


def log_file() -> Path:
    return Path(platformdirs.user_log_dir("PoseTailor")) / "posetailor.log"


def keep_log() -> None:
    """From now on errors are written to the file; where that is impossible, to stderr."""
    if logger.handlers:
        return
    try:
        log_file().parent.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = RotatingFileHandler(
            log_file(), maxBytes=1 << 20, backupCount=1, encoding="utf-8"
        )
    except OSError:
        handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(FORMAT))
    logger.addHandler(handler)


def unexpected(name: str) -> str:
    """What a user is told of an error that nobody foresaw. name: what was going on, in the user's words."""
    return f"{name} failed unexpectedly. Help → Log has the details; your labels are safe."


def hear_of_bugs(tell: Callable[[str], object]) -> None:
    """From now on an error that nobody caught, in whichever thread, is logged and told in a sentence."""

    def note(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        logger.error("A bug", exc_info=(kind, error, trace))
        sys.__excepthook__(kind, error, trace)
        if isinstance(error, UserError):
            tell(str(error))
        elif isinstance(error, Exception):
            tell(unexpected("Something"))

    sys.excepthook = note
    threading.excepthook = lambda found: note(found.exc_type, found.exc_value, found.exc_traceback)
