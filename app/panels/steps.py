"""The loop on top of the window: five steps, the present one lit, and a button for what comes next."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from app.session.next_step import Offer, Step
from app.shortcuts.shortcuts import Shortcuts
from app.style import choices, theme


class StepBar(QFrame):
    """Emits the id of the action the user chose."""

    chosen = Signal(str)
    estimator_chosen = Signal(str)

    def __init__(self, shortcuts: Shortcuts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shortcuts = shortcuts
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
        self.estimator = QComboBox(toolTip="The estimator to adapt; it cannot be changed later")
        self.estimator.setAccessibleName("Estimator")
        self.estimator.setMaximumWidth(270)
        self.estimator.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.estimator.activated.connect(
            lambda place: self.estimator_chosen.emit(self.estimator.itemData(place))
        )
        self.estimator.hide()
        row.addWidget(self.estimator)
        row.addSpacing(8)
        self._next = QPushButton()
        self._next.setObjectName("primary")
        self._next.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._next.clicked.connect(lambda: self.chosen.emit(self._next.property("action")))
        row.addWidget(self._next)
        self._next.hide()
        self._settings = QToolButton()
        self._settings.setIconSize(QSize(20, 20))
        self._settings.setAccessibleName("Settings")
        self._settings.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._settings.clicked.connect(lambda: self.chosen.emit("settings"))
        row.addSpacing(4)
        row.addWidget(self._settings)
        self._settings.hide()

    def show_steps(self, steps: tuple[Step, ...], offered: Offer, round: int | None) -> None:
        for button, step in zip(self._buttons, steps, strict=True):
            button.setProperty("action", step.action)
            button.setText(f" {step.name}")
            button.setEnabled(not step.why)
            button.setToolTip(step.why or self._shortcuts.tooltip(step.action))
            if button.property("present") != step.present:
                theme.mark(button, "present", step.present)
        self._round.setVisible(round is not None)
        self._round.setText(f"Round {round}")
        self._next.setText(f" {offered.text}")
        self._next.setProperty("action", offered.action)
        self._next.setEnabled(not offered.why)
        self._next.setToolTip(offered.why or self._shortcuts.tooltip(offered.action))
        self._settings.setToolTip(self._shortcuts.tooltip("settings"))
        self._next.show()
        self._settings.show()
        self.show_icons()

    def show_estimator(self, chosen: str) -> None:
        """Lets the user choose; chosen: a name or a file, empty when there is no choice any more."""
        self.estimator.setVisible(bool(chosen))
        if chosen and self.estimator.currentData() != chosen:
            self.estimator.clear()
            for name, title in choices.estimators(chosen).items():
                self.estimator.addItem(title, name)
            self.estimator.setCurrentIndex(self.estimator.findData(chosen))

    def show_icons(self) -> None:
        """Tints the icons for the theme on screen."""
        colours = theme.current()
        for button in self._buttons:
            if id := button.property("action"):
                colour = colours.accent if button.property("present") else colours.text
                button.setIcon(theme.icon(self._icon(id), colour))
        if id := self._next.property("action"):
            self._next.setIcon(theme.icon(self._icon(id), colours.on_accent))
            self._settings.setIcon(theme.icon(self._icon("settings")))

    def _icon(self, id: str) -> str:
        return "cursor-move" if id == "next_queued" else self._shortcuts.actions[id].icon
