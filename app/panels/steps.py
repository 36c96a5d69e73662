"""The loop on top of the window: five steps, the present one lit, and a button for what comes next."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from app import theme
from app.actions import action
from app.flow import Offer, Step

ARROW = "chevron-right"


class StepBar(QFrame):
    """Emits the id of the action the user chose."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("steps")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(2)
        self._buttons: list[QToolButton] = []
        self._arrows: list[QLabel] = []
        for place in range(5):
            if place:
                arrow = QLabel("›")
                arrow.setObjectName("arrow")
                self._arrows.append(arrow)
                row.addWidget(arrow)
            button = QToolButton(toolButtonStyle=Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setObjectName("step")
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(lambda _=False, b=button: self.chosen.emit(b.property("action")))
            self._buttons.append(button)
            row.addWidget(button)
        self._round = QLabel()
        self._round.setObjectName("round")
        row.addSpacing(12)
        self._round.hide()
        row.addWidget(self._round)
        row.addStretch(1)
        self._next = QPushButton()
        self._next.setObjectName("primary")
        self._next.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._next.clicked.connect(lambda: self.chosen.emit(self._next.property("action")))
        row.addWidget(self._next)
        self._next.hide()

    def show_steps(self, steps: tuple[Step, ...], offered: Offer, round: int | None) -> None:
        for button, step in zip(self._buttons, steps, strict=True):
            button.setProperty("action", step.action)
            button.setText(f" {step.name}")
            button.setEnabled(not step.why)
            button.setToolTip(step.why or _tooltip(step.action))
            if button.property("present") != step.present:
                button.setProperty("present", step.present)
                button.style().unpolish(button)
                button.style().polish(button)
        self._round.setVisible(round is not None)
        self._round.setText(f"Round {round}")
        blocked = next(step.why for step in steps if step.action == offered.action)
        self._next.setText(f" {offered.text}")
        self._next.setProperty("action", offered.action)
        self._next.setEnabled(not blocked)
        self._next.setToolTip(blocked or _tooltip(offered.action))
        self._next.show()
        self.show_icons()

    def show_icons(self) -> None:
        """Tints the icons for the theme on screen."""
        colours = theme.current()
        for button in self._buttons:
            if id := button.property("action"):
                colour = colours.accent if button.property("present") else colours.text
                button.setIcon(theme.icon(_icon(id), colour))
        if id := self._next.property("action"):
            self._next.setIcon(theme.icon(_icon(id), colours.on_accent))


def _icon(id: str) -> str:
    return "cursor-move" if id == "next_queued" else action(id).icon


def _tooltip(id: str) -> str:
    entry = action(id)
    return f"{entry.tooltip} ({entry.keys[0]})" if entry.keys else entry.tooltip
