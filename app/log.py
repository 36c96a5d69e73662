"""The file that keeps what went wrong, for the window to show and a user to send."""

import logging
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

import platformdirs

logger = logging.getLogger("posetailor")
FORMAT = "%(asctime)s %(levelname)s %(message)s"


def log_file() -> Path:
    return Path(platformdirs.user_log_dir("PoseTailor")) / "posetailor.log"


def keep_log() -> None:
    """From now on errors, those nobody caught too, are written to the file; where that is impossible, to stderr."""
    if logger.handlers:
        return
    try:
        log_file().parent.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = RotatingFileHandler(log_file(), maxBytes=1 << 20, backupCount=1, encoding="utf-8")
    except OSError:
        handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(FORMAT))
    logger.addHandler(handler)
    sys.excepthook = _note


def _note(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    logger.error("A bug", exc_info=(kind, error, trace))
    sys.__excepthook__(kind, error, trace)
