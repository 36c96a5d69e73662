"""The cross at the end of a line that can be dismissed."""

from collections.abc import Callable

from PySide6.QtWidgets import QToolButton

from app.style import theme


class CloseButton(QToolButton):
    def __init__(self, explanation: str, act: Callable[[], object]) -> None:
        super().__init__(toolTip=explanation)
        self.setAccessibleName(explanation)
        self.clicked.connect(lambda: act())

    def show_icon(self) -> None:
        """In the colours of the present theme."""
        self.setIcon(theme.icon("close"))
