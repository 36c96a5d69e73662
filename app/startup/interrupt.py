"""Ctrl+C in the terminal, or a polite kill, closes the window as its own button does, but asks nothing."""

import signal
import socket

from PySide6.QtCore import QObject, QSocketNotifier, QTimer

from app.window.window import Window


class CloseOnInterrupt(QObject):
    """Python looks at signals only between its own instructions, so each one wakes Qt through a socket
    first.
    """

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._read, self._write = socket.socketpair()
        self._read.setblocking(False)
        self._write.setblocking(False)
        signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            # Later, in the event loop: a window closed before the loop runs would leave it running for ever.
            signal.signal(number, lambda *_: QTimer.singleShot(0, window.end))
        self._notifier = QSocketNotifier(self._read.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(lambda *_: self._read.recv(64))
