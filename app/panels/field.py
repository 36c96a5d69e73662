"""A field to type into, beside a canvas whose keys are single letters."""

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QLineEdit


class Field(QLineEdit):
    """While it is typed into, no key is a shortcut of the window."""

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)
