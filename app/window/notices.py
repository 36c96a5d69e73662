"""What stands in the way of a project, and what a button in the banner does about it."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from app.actions.opening import VIDEO_FILES
from app.background.job import Job
from app.panels.banner import Banner, Notice
from app.panels.status import StatusBar
from core.domain import Monitor
from core.video.folder import VIDEO_ENDINGS

if TYPE_CHECKING:
    from app.frames.reader import Clip
    from app.window.workspace import Workspace
    from core.project.project import Project

FIND = "Find the video…"


class Bugs(QObject):
    """Says in the window what nobody caught."""

    said = Signal(str)  # a sentence, from any thread

    def __init__(self, banner: Banner) -> None:
        super().__init__(banner)
        self.said.connect(lambda sentence: banner.say(Notice(sentence, passing=True)))


class Notices(QObject):
    """Offers ways out of it. perform: does an action by its id; parent: of dialogs."""

    repaired = Signal(object, str)  # Path of the project, a sentence

    def __init__(
        self, banner: Banner, status: StatusBar, perform: Callable[[str], None], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._banner, self._status, self._perform, self._parent = banner, status, perform, parent
        self._page: Workspace | None = None
        self._job: Job | None = None
        self._refusal: Notice | None = None

    def watch(self, workspace: "Workspace") -> None:
        """Once it is filled."""
        self._page = workspace
        session = workspace.session
        session.video_missing.connect(self.say_missing)
        session.refused.connect(self.refuse)
        for change in (session.person_changed, session.several_changed, session.undo.indexChanged):
            change.connect(lambda *_: self._take_back_refusal())
        workspace.work.offered.connect(partial(self.offer, later=False))
        workspace.work.asked.connect(self.ask)
        workspace.missing_poses.offered.connect(partial(self.offer, later=True))
        workspace.missing_poses.look()
        workspace.crowd.asked.connect(self.ask_who_matters)
        workspace.crowd.small.connect(self.offer_a_larger_picture)

    def leave(self) -> None:
        """The page, before it is closed."""
        self._page = None

    def say(self, error: Exception | None, sentence: str) -> None:
        """With a button where there is a way out."""
        from core.project.store.integrity import ProjectDamaged

        if isinstance(error, ProjectDamaged):
            notice = Notice(sentence, offer="Repair", way=lambda: self.repair(error.folder), passing=True)
        else:
            notice = Notice(sentence, passing=True)
        self._banner.say(notice)

    def refuse(self, sentence: str) -> None:
        self._refusal = Notice(sentence, passing=True)
        self._banner.say(self._refusal)

    def _take_back_refusal(self) -> None:
        if self._refusal is not None:
            self._banner.take_back(self._refusal)

    def offer(self, why: str, offer: str, way: Callable[[], object], later: bool) -> None:
        """Of a job that failed, or later, when what is said now was read. Stands as long as the video is
        missing, for then it is the way to find it.
        """
        notice = Notice(why, offer=offer, way=way, passing=not self._page.session.missing)
        (self._banner.say_after if later else self._banner.say)(notice)

    def ask(self, question: str, ways: Mapping[str, Callable[[], object]]) -> None:
        """ways: the answers, the likely one first."""
        (offer, way), *others = ways.items()
        self._banner.say(Notice(question, "warn", offer, way, passing=True, instead=dict(others)))

    def ask_who_matters(self, sentence: str) -> None:
        choose = partial(self._perform, "choose_people")
        self._banner.say_after(Notice(sentence, "good", "Choose…", choose, passing=True))

    def offer_a_larger_picture(self, sentence: str) -> None:
        search = partial(self._perform, "find_people")
        self._banner.say_after(Notice(sentence, offer="Search…", way=search, passing=True))

    def say_read_only(self, project: "Project", again: Callable[[], object]) -> None:
        """again: opens it once more."""
        store = project.store
        sentence = (
            f"{store.why_read_only}, so it can be looked at, played and exported here, but not "
            f"changed. {store.way_out}"
        )
        self._banner.say_after(Notice(sentence, offer="Try again", way=again))

    def say_missing(self, sentence: str) -> None:
        self._banner.say_after(Notice(sentence, offer=FIND, way=self.find_video))

    def say_cut(self, clip: "Clip") -> None:
        if clip.cut:
            self._banner.say_after(Notice(clip.cut))

    def say_damaged(self, sentence: str) -> None:
        again = Notice(sentence, offer="Estimate again", way=lambda: self._perform("estimate"))
        self._banner.say_after(again)

    def say_unknown(self, project: "Project") -> None:
        """Of settings that name what this program lacks."""
        from core.queries.unknown_settings import unknown_settings

        if sentence := unknown_settings(project):
            settings = partial(self._perform, "settings")
            self._banner.say_after(Notice(sentence, offer="Settings…", way=settings, passing=True))

    def repair(self, folder: Path) -> None:
        """Beside the window; the project is opened when it is done."""
        if self._job is not None:
            return

        def work(_: Monitor) -> str:
            from core.project.recovery.repair import repair

            return repair(folder)

        job = self._job = Job("Repairing", work, self)
        job.done.connect(lambda sentence: self.repaired.emit(folder, sentence))
        job.failed.connect(lambda why: self._banner.say(Notice(why)))
        job.finished.connect(self._end)
        self._status.begin_job(job)
        job.start()

    def stop(self) -> None:
        if self._job is not None:
            self._job.wait()

    def _end(self) -> None:
        self._job.deleteLater()
        self._job = None
        self._status.end_job()

    def find_video(self) -> None:
        """Asks where the video on screen is now."""
        session, work = self._page.session, self._page.work
        video, title = session.video, f"Where is {session.video.path.name}?"
        start = str(session.project.folder.parent)
        if video.path.suffix.lower() in VIDEO_ENDINGS:
            name, _ = QFileDialog.getOpenFileName(self._parent, title, start, VIDEO_FILES)
        else:
            name = QFileDialog.getExistingDirectory(self._parent, title, start)
        if name:
            work.relink(video, Path(name), again=self.find_video)
        elif session.missing:
            self.say_missing(session.missing)
