"""After the first estimation of a video in which many are to be seen: whom is it about?"""

from PySide6.QtCore import QObject, Signal

from app.background.work import ProjectWork
from app.session.session import Session

MANY = 8  # people from which on few of them matter as a rule


class Crowd(QObject):
    """asked: with a sentence, when a job that found the first people of the video on screen has ended."""

    asked = Signal(str)

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
        if empty == session.video.id and len(session.tracks) >= MANY and not session.context:
            found = f"{len(session.tracks)} people were found."
            self.asked.emit(f"{found} Choose whom it is about: the others are kept, and take no more of your time.")
