"""A report to send holds what helps, and nothing personal."""

import platform

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from app.diagnostics import report as module
from app.diagnostics.log import log_file
from app.dialogs.log import LogDialog
from core import __version__

TRACE = """2026-01-01 ERROR A bug
Traceback (most recent call last):
  File "/home/maria/code/PoseTailor/app/window.py", line 7, in open
    opened C:\\Users\\maria\\Videos\\clinic\\patient.mp4 beside \\\\server\\share\\x.mp4
ValueError: /Users/maria/Movies/dance.mp4 and ../near.mp4 at 3/4 of 10/12
"""


@pytest.mark.parametrize("personal", ["maria", "/home", "Users", "clinic", "server", "Movies"])
def test_no_folder_or_name_remains(personal, monkeypatch):
    monkeypatch.setattr(module.getpass, "getuser", lambda: "maria")
    assert personal not in module.without_names(TRACE)


def test_what_helps_remains():
    told = module.without_names(TRACE)
    for word in ("window.py", "line 7", "ValueError", "3/4 of 10/12", "dance.mp4"):
        assert word in told


def test_the_report_is_copied(qtbot):
    log_file().parent.mkdir(parents=True, exist_ok=True)
    log_file().write_text(TRACE)
    dialog = LogDialog()
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.mouseClick(dialog.copy, Qt.MouseButton.LeftButton)
    text = QGuiApplication.clipboard().text()
    assert f"PoseTailor {__version__}" in text
    assert platform.python_version() in text
    assert "ValueError" in text
    assert "/home/maria" not in text
