"""What the latest round changed: poses that moved, labels in doubt, joint by joint, and the criteria
before and after.
"""

from PySide6.QtCore import QAbstractListModel, QModelIndex, Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QLabel, QListView, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from app.background.debounced_check import DebouncedCheck
from app.background.reviews import Reviewed
from app.frames.thumbnails import Thumbnails
from app.panels.advice import Advice
from app.panels.panel import Panel
from app.panels.review_charts import CriteriaChart, JointsTable
from app.panels.sample_rows import ROW, Index, Pictures, SampleRow, sample_list, title_of
from app.session.session import Change, Session
from core.domain import SampleId
from core.queries.review import Contradiction, Review

TABS = {
    "Moved": "The poses that moved most since the round before",
    "To check": "Labels the estimator learned from and does not agree with, and those with left and right "
    "exchanged by hand",
    "Joints": "How far the estimates are from the labels, joint by joint, before and after",
    "Criteria": "The selected person's uncertainty over time, before and after",
}
NOTHING = {
    "Moved": "After a fine-tuning the poses that moved most are listed here.",
    "To check": "After a fine-tuning the labels that the estimator does not agree with are listed here.",
}
AGREED = "The estimator agrees with every label."


class ReviewPanel(Panel):
    """A click opens the sample. review: the latest, None before the first."""

    opened = Signal(object)  # SampleId

    def __init__(self, session: Session, reviews: DebouncedCheck, thumbnails: Thumbnails) -> None:
        content = QWidget()
        super().__init__("Review", content)
        self._session, self._reviews, self._thumbnails = session, reviews, thumbnails
        self.review: Review | None = None
        self._pictures = Pictures(session)
        self._sentence = Advice()
        self.tabs = QTabBar(expanding=True, drawBase=False)
        self.tabs.setAccessibleName("Parts of the review")
        self.tabs.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._parts = QStackedWidget()
        self.lists: dict[str, QListView] = {}
        self._models: dict[str, _Rows] = {}
        self._nothing: dict[str, QLabel] = {}
        for place, (name, explanation) in enumerate(TABS.items()):
            self.tabs.addTab(name)
            self.tabs.setTabToolTip(place, explanation)
        for name in ("Moved", "To check"):
            self._add_list(name)
        self.joints, self.criteria = JointsTable(session), CriteriaChart(session)
        self._parts.addWidget(self.joints)
        self._parts.addWidget(self.criteria)
        self.tabs.currentChanged.connect(self._parts.setCurrentIndex)
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._sentence)
        column.addWidget(self.tabs)
        column.addWidget(self._parts, 1)
        reviews.ready.connect(self._show)
        thumbnails.ready.connect(self._receive)
        session.changed.connect(self._look_again)
        session.labels_changed.connect(lambda _: reviews.ask_later())
        self.show_empty(
            "After each fine-tuning: what changed, and which labels the estimator does not agree with."
        )
        reviews.ask()

    def _add_list(self, name: str) -> None:
        view, model = sample_list(), _Rows(self._session, self._pictures)
        view.setAccessibleName(TABS[name])
        view.setModel(model)
        view.clicked.connect(lambda index: self.opened.emit(index.data(ROW).sample))
        nothing = self._nothing[name] = QLabel(NOTHING[name], wordWrap=True)
        nothing.setObjectName("empty")
        nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        page = QStackedWidget()
        page.addWidget(nothing)
        page.addWidget(view)
        self._parts.addWidget(page)
        self.lists[name], self._models[name] = view, model

    def next_label_to_check(self) -> Contradiction | None:
        """The label in doubt that follows the present sample, from the worst on; None without any."""
        doubted = self.review.contradictions if self.review else ()
        samples = [one.sample for one in doubted]
        if not samples:
            return None
        present = self._session.sample
        return doubted[(samples.index(present) + 1) % len(samples) if present in samples else 0]

    def show_theme(self) -> None:
        self.criteria.show_theme()

    def _look_again(self, change: Change) -> None:
        if change & (Change.PREDICTIONS | Change.ROUNDS | Change.LABELS):
            self._reviews.ask_later()

    def _row(self, sample: SampleId, reason: str) -> SampleRow:
        return SampleRow(sample, self._session.places[sample.track], title_of(self._session, sample), reason)

    def _show(self, reviewed: Reviewed) -> None:
        review = self.review = reviewed.review
        self._session.earlier = reviewed.earlier
        self.show_empty("")
        self.show_counter(f"round {review.round}")
        self._sentence.say(review.sentence)
        skeleton, session = self._session.skeleton, self._session
        rows = {
            "Moved": [
                self._row(move.sample, f"moved by {move.distance:.0%} of the height")
                for move in review.moves
                if move.sample.track in session.video_of
            ],
            "To check": [
                self._row(one.sample, f"{one.sentence(skeleton)} · OKS {one.oks:.2f}")
                for one in review.contradictions
                if one.sample.track in session.video_of
            ],
        }
        for place, (name, found) in enumerate(rows.items()):
            self._models[name].show(found)
            part = self._parts.widget(place)
            assert isinstance(part, QStackedWidget)
            part.setCurrentIndex(1 if found else 0)
        self._nothing["To check"].setText(NOTHING["To check"] if review.before is None else AGREED)
        doubted = len(rows["To check"])
        self.tabs.setTabText(1, f"To check ({doubted})" if doubted else "To check")
        self.joints.fill(review.joints)
        self.criteria.read()
        self._pictures.drop_changed()
        self._thumbnails.ask(self._pictures.missing([row.sample for found in rows.values() for row in found]))

    def _receive(self, sample: SampleId, picture: QImage) -> None:
        self._pictures.keep(sample, picture)
        for model in self._models.values():
            model.repaint(sample)


class _Rows(QAbstractListModel):
    def __init__(self, session: Session, pictures: Pictures) -> None:
        super().__init__()
        self._session, self._pictures = session, pictures
        self._rows: list[SampleRow] = []

    def show(self, rows: list[SampleRow]) -> None:
        if rows != self._rows:
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()

    def repaint(self, sample: SampleId) -> None:
        for place, row in enumerate(self._rows):
            if row.sample == sample:
                self.dataChanged.emit(self.index(place), self.index(place))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self._rows[index.row()]
        if role == ROW:
            return row._replace(picture=self._pictures.get(row.sample))
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{row.title}\n{row.reason}"
        return f"{row.title}: {row.reason}" if role == Qt.ItemDataRole.DisplayRole else None
