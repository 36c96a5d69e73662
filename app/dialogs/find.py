"""Where, and how, people are looked for again."""

from typing import TYPE_CHECKING

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.detector_choice import DetectorChoice
from app.dialogs.form import Form, choice, fit_height, ok_and_cancel
from app.style import choices
from core.domain import Span
from core.queries.find_settings import finding_of
from core.queries.small_people import LARGER, small_people_in_words
from core.tracking.settings import USUAL, FindSettings

if TYPE_CHECKING:
    from app.session.session import Session

KEPT = (
    "What you drew, labelled, deleted or estimated in a box of your own stays. Whoever stands where "
    "somebody stood keeps the name; everybody else is new, and whoever is not found again is gone from "
    "these frames. Then their poses are estimated again. It can be undone."
)
LATER = " What is not estimated yet is looked at in the same way once it is."
FIRST = "The poses of whoever is found are estimated then."
UNTOUCHED = "Nothing is corrected or changed yet, so everybody is found and estimated anew."


class FindDialog(QDialog):
    """span, settings: what the user made of the selected frames, or of the whole video, and of the usual
    settings; in a larger picture where people are small.
    """

    def __init__(self, session: "Session", first: bool, parent: QWidget | None = None) -> None:
        """first: nobody is known yet."""
        super().__init__(parent)
        self.setWindowTitle("Find people" if first else "Find people again")
        self._video, self._nobody = session.video, first
        self._untouched = not session.undo.canUndo() and not session.project.store.touched(session.video.id)
        self._unreached = any(one.video.id == session.video.id and one.seen < 1 for one in session.coverage)
        last = session.video.frame_count - 1
        form = Form()
        self._first, self._last = (_frames(last, name) for name in ("First frame", "Last frame"))
        span = session.span
        self._first.setValue(0 if span is None else span.first)
        self._last.setValue(last if span is None else span.last)
        self._first.valueChanged.connect(self._last.setMinimum)
        self._last.setMinimum(self._first.value())
        frames = QWidget()
        row = QHBoxLayout(frames)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._first, 1)
        row.addWidget(QLabel("to"))
        row.addWidget(self._last, 1)
        form.add("Frames", frames, "Shift+drag the timeline to select some before you come here.")
        self._score = _number(USUAL.score, 0.05, (0.05, 0.95), 2)
        form.add(
            "Minimum certainty",
            self._score,
            "Lower finds people who are hard to see, and more things that are none.",
        )
        small = small_people_in_words(session.project, session.video)
        self._size = choice(choices.SIDES, LARGER if small else USUAL.size)
        form.add(
            "Picture size", self._size, "Larger finds people who are small in the picture, and takes longer."
        )
        self._per_second = _number(USUAL.per_second, 1, (0.5, 60), 1)
        form.add("Looks per second", self._per_second, "More follows quick movements, and takes longer.")
        self._shortest = _number(USUAL.shortest, 0.1, (0, 10), 1)
        form.add("Seen for at least", self._shortest, "Seconds; whoever is seen for less is left out.")
        self._turn = choice(choices.TURNS, USUAL.turn)
        form.add("Camera rotation", self._turn, "How the picture is turned for people to be upright.")
        known = finding_of(session.project, session.video.id) or USUAL
        self.detector = DetectorChoice(known.detector)
        form.add(
            "Detector",
            self.detector,
            "Also one of your own, as ONNX: YOLOX, RTMDet, YOLO, RT-DETR, D-FINE and others.",
        )
        self._kept = QLabel(wordWrap=True)
        for box in (self._first, self._last):
            box.valueChanged.connect(self._say_what_stays)
        self._say_what_stays()
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(20)
        column.addLayout(form)
        column.addWidget(self._kept)
        buttons = ok_and_cancel(self, "Find people")
        find = buttons.button(QDialogButtonBox.StandardButton.Ok)
        self.detector.tries.connect(lambda trying: find.setEnabled(not trying))
        column.addWidget(buttons)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        fit_height(self._kept)

    def done(self, result: int) -> None:
        self.detector.finish()
        super().done(result)

    @property
    def anew(self) -> bool:
        """Whether everything is as at the first estimation: for as long as the settings say."""
        return self._nobody or (self._untouched and self._whole)

    @property
    def _whole(self) -> bool:
        return (self._first.value(), self._last.value()) == (0, self._video.frame_count - 1)

    def _say_what_stays(self) -> None:
        kept = KEPT + LATER if self._whole and self._unreached else KEPT
        self._kept.setText(FIRST if self._nobody else UNTOUCHED if self.anew else kept)

    @property
    def span(self) -> Span:
        return Span(self._video.id, self._first.value(), self._last.value())

    @property
    def settings(self) -> FindSettings:
        return FindSettings(
            per_second=self._per_second.value(),
            score=self._score.value(),
            size=self._size.currentData(),
            shortest=self._shortest.value(),
            turn=self._turn.currentData(),
            detector=self.detector.detector,
        )


def _frames(last: int, name: str) -> QSpinBox:
    box = QSpinBox(minimum=0, maximum=last, toolTip=name)
    box.setAccessibleName(name)
    return box


def _number(value: float, step: float, span: tuple[float, float], digits: int) -> QDoubleSpinBox:
    return QDoubleSpinBox(decimals=digits, singleStep=step, minimum=span[0], maximum=span[1], value=value)
