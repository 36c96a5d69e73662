"""A line for who corrects a pose for the first time."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from app.panels.close_button import CloseButton
from app.shortcuts.shortcuts import Shortcuts

if TYPE_CHECKING:
    from app.session.session import Session
    from core.domain import SampleId

KEY = "hints"  # in the settings: what needs no hint any more, separated by commas
HINTS = {
    "drag": "Drag a joint to where it belongs",
    "accept": "accepts the pose",
    "next_queued": "goes on without accepting",
}


class Hints(QFrame):
    """Shows a hint until it was followed or all are dismissed; then never again."""

    def __init__(self, settings: QSettings, shortcuts: Shortcuts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("hints")
        self._settings, self._shortcuts = settings, shortcuts
        self._session: Session | None = None
        self._wanted = False
        self._followed = set(str(settings.value(KEY) or "").split(","))
        self._text = QLabel()
        self._close = CloseButton("Dismiss the hints", self._dismiss)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 8, 4)
        row.addWidget(self._text, 1)
        row.addWidget(self._close)
        self.hide()

    @property
    def sentence(self) -> str:
        return self._text.text()

    def set_session(self, session: "Session") -> None:
        self._session = session
        session.changed.connect(self._show)
        session.labels_changed.connect(self._see)
        session.frame_changed.connect(self._leave)
        self._shortcuts.changed.connect(self._show)
        self._show()

    def go_on(self) -> None:
        """The user went on without accepting."""
        if self.isVisible():
            self._follow("next_queued")

    def _see(self, samples: "set[SampleId]") -> None:
        for sample in samples & self._session.labels.keys():
            self._follow("accept" if self._session.is_accepted(sample) else "drag")

    def _follow(self, *names: str) -> None:
        if not self._followed.issuperset(names):
            self._followed.update(names)
            self._settings.setValue(KEY, ",".join(name for name in HINTS if name in self._followed))
            self._show()

    def _show(self, *_: object) -> None:
        """From the first proposal on."""
        rest = [self._in_words(name) for name in HINTS if name not in self._followed]
        text = " · ".join(filter(None, rest))
        self._wanted = bool(text) and not self._session.read_only
        if self._wanted:
            self._text.setText(text)
            self.setVisible(self.isVisible() or bool(self._session.pending))

    def _leave(self, *_: object) -> None:
        """With the frame: the picture above, which takes its room, must not move under the cursor."""
        if not self._wanted:
            self.hide()

    def _dismiss(self) -> None:
        self._follow(*HINTS)
        self._leave()

    def _in_words(self, name: str) -> str:
        """With the key the user has for it; empty where there is none."""
        if name == "drag":
            return HINTS[name]
        keys = self._shortcuts.words(name)
        return f"{keys[0]} {HINTS[name]}" if keys else ""

    def show_icons(self) -> None:
        self._close.show_icon()
