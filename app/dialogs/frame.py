"""Asks for a frame, by its number or its time."""

import re

import numpy as np
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QLineEdit, QVBoxLayout, QWidget

TIME = re.compile(r"(?:(\d+):)?(\d+):(\d+(?:\.\d*)?)|(\d+(?:\.\d*)?) *s")


def frame_of(text: str, times: np.ndarray) -> int | None:
    """The frame that was typed: its number, or the one on screen at a time such as 1:23.4, 1:02:03 or 83.4 s.

    times: (n,) float64 seconds, ascending. None where that is neither, or beyond the end.
    """
    text = text.strip().lower()
    if text.isdecimal():
        return int(text) if len(text) < 12 and int(text) < len(times) else None
    found = TIME.fullmatch(text)
    if found is None:
        return None
    hours, minutes, seconds, only = found.groups()
    at = float(only) if only else 3600 * int(hours or 0) + 60 * int(minutes) + float(seconds)
    frame = int(np.searchsorted(times, at + 1e-6, "right")) - 1
    return frame if at <= times[-1] + 1 else None


class FrameDialog(QDialog):
    """frame: the one that was typed, None while that is no frame of the video."""

    def __init__(self, frame: int, times: np.ndarray, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Go to frame")
        self._times = times
        self.frame: int | None = None
        self.line = QLineEdit(str(frame))
        self.line.setAccessibleName("Frame or time")
        self.line.selectAll()
        last = float(times[-1])
        end = f"{int(last // 60)}:{last % 60:04.1f}"
        hint = QLabel(f"A frame from 0 to {len(times) - 1:,}, or a time up to {end}, as in 0:01.5")
        hint.setObjectName("muted")
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self._go = buttons.button(QDialogButtonBox.StandardButton.Ok)
        self._go.setText("Go")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setSpacing(10)
        for widget in (self.line, hint, buttons):
            column.addWidget(widget)
        self.line.textChanged.connect(self._read)
        self._read()

    def _read(self) -> None:
        self.frame = frame_of(self.line.text(), self._times)
        self._go.setEnabled(self.frame is not None)


def ask_for_frame(frame: int, times: np.ndarray, parent: QWidget) -> int | None:
    """frame: the present one. None where nothing was chosen."""
    dialog = FrameDialog(frame, times, parent)
    return dialog.frame if dialog.exec() else None
