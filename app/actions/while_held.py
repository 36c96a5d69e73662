"""What lasts as long as a key is held."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication


class WhileHeld(QObject):
    """Calls back when one of the keys is let go, whichever widget has the focus by then."""

    def __init__(self, parent: QObject, keys: set[Qt.Key], released) -> None:
        super().__init__(parent)
        self._keys, self._released = keys, released
        QApplication.instance().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        key = event if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyRelease else None
        let_go = key is not None and key.key() in self._keys and not key.isAutoRepeat()
        if let_go or event.type() == QEvent.Type.ApplicationDeactivate:
            QApplication.instance().removeEventFilter(self)
            self._released()
            self.deleteLater()
        return False
