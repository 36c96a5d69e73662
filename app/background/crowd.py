"""After the first estimation of a video: who matters, where many were found, and were all found?"""

from PySide6.QtCore import QObject, Signal

from app.background.work import ProjectWork
from app.session.session import Session
from core.queries.small_people import small_people_in_words

MANY = 8  # people from which on few of them matter as a rule


class Crowd(QObject):
    """Each with a sentence, when a job that found the first people of the video on screen has ended."""

    asked = Signal(str)  # who matters
    small = Signal(str)  # that some may have been missed

    def __init__(self, session: Session, work: ProjectWork, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._empty: int | None = None  # the video in which nobody was known when the job began
        work.started.connect(self._remember)
        work.ended.connect(self._look)

    def _remember(self) -> None:
        session = self._session
        self._empty = None if session.tracks else session.video.id

    def _look(self) -> None:
        session, empty = self._session, self._empty
        self._empty = None
        if empty != session.video.id:
            return
        if len(session.tracks) >= MANY and not session.context:
            found = f"{len(session.tracks)} people were found."
            self.asked.emit(
                f"{found} Choose who matters: the others are kept, but take no more of your time."
            )
        if words := small_people_in_words(session.project, session.video):
            self.small.emit(f"{words}.")
