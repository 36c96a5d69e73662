"""Estimating poses, in all that matters, and proposing which to correct."""

from typing import TYPE_CHECKING

from app.shortcuts.action import Action
from app.undo.settings import ChangeSettings

if TYPE_CHECKING:
    from app.background.work import ProjectWork
    from app.session.session import Session


class Estimation:
    """Each starts a job, unless something stands in its way, which is said."""

    def __init__(self, session: "Session", work: "ProjectWork") -> None:
        self._session, self._work = session, work

    def estimate(self) -> None:
        if self._work.may("estimate"):
            self._work.estimate([video for video in self._session.videos if self._session.is_there(video)])

    def estimate_video(self) -> None:
        if self._work.may("estimate"):
            self._work.estimate()

    def finish(self) -> None:
        if self._work.may("finish"):
            self._work.finish()

    def propose(self) -> None:
        if self._work.may("propose"):
            self._work.propose()

    def want_span(self) -> None:
        """Adds what is marked on the timeline to what matters."""
        from core.project.store.coverage import merged
        from core.project.store.settings import SPANS

        session = self._session
        if session.span is None:
            session.hint.emit("Mark frames first: drag with Shift on the timeline.")
            return
        spans = dict(session.project.setting(SPANS) or {})
        video, span = str(session.video.id), (session.span.first, session.span.last + 1)
        spans[video] = merged([*map(tuple, spans.get(video, ())), span])
        session.undo.push(ChangeSettings(session, {SPANS: spans}, "Only marked frames matter"))
        session.select_span(None)

    def want_everything(self) -> None:
        from core.project.store.settings import SPANS

        session = self._session
        spans = dict(session.project.setting(SPANS) or {})
        if spans.pop(str(session.video.id), None) is None:
            session.hint.emit("All frames of this video matter already.")
        else:
            session.undo.push(ChangeSettings(session, {SPANS: spans}, "All frames matter"))


ACTIONS: tuple[Action[Estimation], ...] = (
    Action("estimate", "Estimate", ("Ctrl+R",), "Batch",
           "Find the people and estimate their poses, evenly over all videos, for as long as the "
           "settings say",
           Estimation.estimate, icon="human"),
    Action("estimate_video", "Estimate this video only", ("Ctrl+Alt+E",), "Batch",
           "The same for the video on screen alone", Estimation.estimate_video),
    Action("finish", "Estimate everything", ("Ctrl+Alt+R",), "Batch",
           "What the present round has not estimated yet, in all videos", Estimation.finish,
           icon="progress-check"),
    Action("want_span", "Only the marked span matters", ("Ctrl+K",), "Batch",
           "Drag with Shift on the timeline to mark frames; only marked ones are estimated and proposed "
           "from then on, in as many spans as you like", Estimation.want_span, icon="select-drag"),
    Action("want_everything", "All frames matter", ("Ctrl+Shift+K",), "Batch",
           "Forget which spans of the video were marked as all that matters", Estimation.want_everything),
    Action("propose", "Propose the next batch", ("B",), "Batch",
           "Choose the poses that are worth correcting", Estimation.propose, icon="lightbulb-on-outline"),
)  # fmt: skip
