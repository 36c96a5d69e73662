"""How the open project estimates, proposes and fine-tunes."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale
from PySide6.QtGui import QDoubleValidator, QIntValidator
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QGridLayout,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.form import Form, choice, ok_and_cancel
from app.style import choices
from core.queries.status_sentences import sigmas_in_words
from core.selection.registry import sampler_titles, usual_criterion
from core.uncertainty.criteria import CRITERIA
from core.uncertainty.influence import Influence
from core.workflow.propose import default_size

if TYPE_CHECKING:
    from app.session.session import Session

FILE = "file"
MOST = 100_000
COLUMNS = 2


class SettingsDialog(QDialog):
    """Shows the settings of a project; changes() and estimator say what the user made of them.

    fixed: why the estimator cannot be changed any more, empty while it can.
    """

    def __init__(self, session: "Session", fixed: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Settings of this project")
        self.setMinimumWidth(640)
        self._session = session
        self._form = Form()
        self._add_estimator(fixed)
        self._device = self._combo("device", choices.DEVICES)
        self._form.add("Device", self._device, "Where estimating and fine-tuning run.")
        self._add_criteria()
        self._variant = self._combo("variant", choices.VARIANTS)
        self._form.add("Formulas", self._variant, "The paper's are there for comparison.")
        self._sampler = self._combo("sampler", sampler_titles())
        self._form.add(
            "Choose poses by", self._sampler, "How a batch is put together from the uncertain poses."
        )
        self._usual = self._usual_criterion
        self._sampler.currentIndexChanged.connect(self._follow_sampler)
        pool = 0 if session.predictions is None else len(session.predictions)
        self._size = self._number("size", f"automatic: {default_size(pool)}" if pool else "automatic")
        self._form.add(
            "Batch size", self._size, "Poses proposed at a time; empty is 5 % of all, between 5 and 40."
        )
        self._audit = self._combo("audit", choices.checks(session.project.setting("audit")))
        self._form.add(
            "Random check", self._audit, "More poses, drawn at random: they tell how good the rest is."
        )
        self._tau = QLineEdit(f"{session.project.setting('tau'):g}")
        share = QDoubleValidator(0.05, 1.0, 2, self._tau)
        share.setLocale(QLocale.c())
        self._tau.setValidator(share)
        self._tau.textChanged.connect(self._check)
        self._form.add(
            "Right from", self._tau, "How near a pose must be to count as right, from 0.05 to 1 (τ, the OKS)."
        )
        if rough := sigmas_in_words(session.project):
            self._tau.setToolTip(rough)
        self._steps = self._number("steps", "automatic")
        self._form.add(
            "Fine-tuning steps",
            self._steps,
            "Empty lets the method choose: the worse the estimates, the more.",
        )
        self._add_times()
        self._finish()

    def _finish(self) -> None:
        self._buttons = ok_and_cancel(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(20)
        column.addLayout(self._form)
        column.addWidget(self._buttons)
        self._check()

    # the rows

    def _add_times(self) -> None:
        project = self._session.project
        self._budget = QSpinBox(
            minimum=0, maximum=MOST, singleStep=5, suffix=" s", specialValueText="no limit"
        )
        self._budget.setValue(round(project.setting("budget") or 0))
        self._form.add(
            "Estimate for", self._budget, "Then a batch can be proposed; 0 estimates everything before that."
        )
        self._fill = QCheckBox("while nothing else runs")
        self._fill.setChecked(bool(project.setting("fill")))
        self._form.add("Fill in the rest", self._fill, "It pauses for whatever you do.")

    def _add_estimator(self, fixed: str) -> None:
        self._estimator = QComboBox()
        if fixed:
            self._estimator.addItem(choices.estimator_title(self._session.estimator), self._session.estimator)
            self._estimator.setEnabled(False)
        else:
            for name, title in choices.estimators(self._session.estimator).items():
                self._estimator.addItem(title, name)
            self._estimator.addItem("From a file…", FILE)
            self._estimator.setCurrentIndex(self._estimator.findData(self._session.estimator))
            self._estimator.activated.connect(self._ask_for_file)
        self._form.add(
            "Estimator", self._estimator, fixed or "What is adapted to the video; it cannot be changed later."
        )

    def _ask_for_file(self, place: int) -> None:
        if self._estimator.itemData(place) != FILE:
            return
        path, _ = QFileDialog.getOpenFileName(self, "Choose an estimator", "", choices.ESTIMATOR_FILES)
        if path:
            self._estimator.insertItem(place, choices.estimator_title(path), path)
            self._estimator.setCurrentIndex(place)
        else:
            self._estimator.setCurrentIndex(self._estimator.findData(self._session.estimator))

    def _add_criteria(self) -> None:
        chosen = self._session.project.setting("criterion").split("+")
        boxes = QWidget()
        grid = QGridLayout(boxes)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        self._criteria: dict[str, QCheckBox] = {}
        for place, (name, criterion) in enumerate(CRITERIA.items()):
            box = QCheckBox(criterion.short.capitalize(), toolTip=criterion.title)
            box.setChecked(name in chosen)
            if why := criterion.unavailable(self._session.skeleton):
                box.setEnabled(name in chosen)
                box.setToolTip(f"{criterion.title}. Not available, because {why}")
            elif name not in chosen and not self._is_known(name):
                box.setEnabled(criterion.further)
                box.setToolTip(
                    "Computed with the next estimation, which takes longer"
                    if criterion.further
                    else "Not computed for these estimates; it will be in the next round"
                )
            box.toggled.connect(self._check)
            self._criteria[name] = box
            grid.addWidget(box, place // COLUMNS, place % COLUMNS)
        self._form.add("Uncertainty is", boxes, "What makes a pose worth correcting; several are added up.")

    @property
    def _criterion(self) -> str:
        return "+".join(name for name, box in self._criteria.items() if box.isChecked())

    @property
    def _usual_criterion(self) -> str:
        """Of the sampler that is chosen here."""
        return usual_criterion(self._sampler.currentData(), self._session.skeleton)

    def _follow_sampler(self, *_: object) -> None:
        """Ticks what the sampler usually goes by, unless others were ticked than were usual before."""
        before, self._usual = self._usual, self._usual_criterion
        wanted = self._usual.split("+")
        if self._criterion == before and all(self._is_known(name) for name in wanted):
            for name, box in self._criteria.items():
                box.setChecked(name in wanted)

    def _is_known(self, criterion: str) -> bool:
        """False where the estimates are older than the criterion."""
        predictions = self._session.predictions
        known = criterion == Influence.name or predictions is None
        return known or any(column.split(".")[0] == criterion for column in predictions.criteria)

    def _combo(self, key: str, titles: dict) -> QComboBox:
        return choice(titles, self._session.project.setting(key))

    def _number(self, key: str, automatic: str) -> QLineEdit:
        value = self._session.project.setting(key)
        field = QLineEdit("" if value is None else str(value), placeholderText=automatic)
        field.setValidator(QIntValidator(1, MOST, field))
        field.textChanged.connect(self._check)
        return field

    def _check(self, *_: object) -> None:
        complete = any(box.isChecked() for box in self._criteria.values())
        complete = (
            complete
            and self._tau.hasAcceptableInput()
            and all(f.hasAcceptableInput() or not f.text() for f in (self._size, self._steps))
        )
        self._buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(complete)

    # the result

    @property
    def estimator(self) -> str:
        return self._estimator.currentData()

    def changes(self) -> dict:
        """The settings that differ from the project's, by key."""
        values = {
            "device": self._device.currentData(),
            "variant": self._variant.currentData(),
            "sampler": self._sampler.currentData(),
            "size": int(self._size.text()) if self._size.text() else None,
            "audit": self._audit.currentData(),
            "tau": float(self._tau.text()),
            "steps": int(self._steps.text()) if self._steps.text() else None,
            "budget": self._budget.value() or None,
            "fill": int(self._fill.isChecked()),
        }
        project = self._session.project
        changes = {key: value for key, value in values.items() if value != project.setting(key)}
        if self._criterion != project.criterion(self._sampler.currentData()):
            changes["criterion"] = self._criterion
        return changes
