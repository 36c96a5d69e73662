"""The window: menus, a page, and the opening of files."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSettings, Qt, QTimer
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent, QIcon, QKeySequence, QShowEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QMainWindow, QStackedWidget

from app.actions.handlers import Handlers
from app.actions.shortcuts import Shortcuts
from app.actions.table import ACTIONS, MENUS, PANELS, SUBMENUS, Scope, action
from app.background.job import Job
from app.frames.reader import clip_of
from app.panels.banner import Banner, Notice
from app.panels.status import StatusBar
from app.panels.welcome import Welcome
from app.session import project_opening
from app.session.project_opening import Added, Target
from app.startup.recent import recent, remember
from app.style import theme
from app.window.leaving import may_stop
from app.window.notices import VIDEO_FILES, Notices
from app.window.workspace import Workspace
from core.domain import UserError


def settings() -> QSettings:
    """What the window remembers between two starts."""
    return QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "PoseTailor", "PoseTailor")


class Window(QMainWindow):
    """workspace: the page of the open project, None on the welcome page."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("PoseTailor")
        self.setWindowIcon(QIcon(str(theme.RESOURCES / "icons" / "posetailor.svg")))
        self.setAcceptDrops(True)
        self.resize(1280, 800)
        self.workspace: Workspace | None = None
        self._said_of_device = ""
        self._sure = False  # that it may close
        self._opening: Job | None = None
        self._after: Callable[[], object] | None = None  # what waits for the running job to stop
        self._welcome = Welcome()
        self._welcome.chosen.connect(self.perform)
        self._welcome.opened.connect(self.open)
        self._welcome.show_recent(recent(settings()))
        self._pages = QStackedWidget()
        self._pages.addWidget(self._welcome)
        self.banner = Banner(self._pages)
        self.setCentralWidget(self._pages)
        self.shortcuts = Shortcuts(settings(), self)
        self.status = StatusBar(self.shortcuts)
        self.status.cancel.connect(lambda: self.perform("cancel_job"))
        self.status.enough.connect(lambda: self.perform("finish_training"))
        self.setStatusBar(self.status)
        self.shortcuts.changed.connect(self._show_shortcuts)
        self._actions: dict[str, QAction] = {}
        self._handlers = Handlers(self)
        self._notices = Notices(self)
        QApplication.styleHints().colorSchemeChanged.connect(self._show_theme)
        self._build_actions()
        self._show_shortcuts()
        self._allow_actions()

    # actions

    def _build_actions(self) -> None:
        menus = {name: self.menuBar().addMenu(f"&{name}") for name in MENUS}
        for entry in ACTIONS:
            made = QAction(entry.text, self)
            made.setStatusTip(entry.tooltip)
            made.setAutoRepeat(entry.hold)
            handler = getattr(self._handlers, entry.handler)
            if entry.checkable:
                made.setCheckable(True)
                made.setChecked(settings().value(entry.id, entry.on, bool))
                made.toggled.connect(lambda on, id=entry.id: settings().setValue(id, on))
                made.triggered.connect(lambda on, call=handler, args=entry.args: call(*args, on))
            else:
                made.triggered.connect(lambda _=False, call=handler, args=entry.args: call(*args))
            if entry.menu not in menus:
                menus[entry.menu] = menus[SUBMENUS[entry.menu]].addMenu(entry.menu)
            if entry.separator:
                menus[entry.menu].addSeparator()
            menus[entry.menu].addAction(made)
            self._actions[entry.id] = made

    def _show_shortcuts(self) -> None:
        for id, made in self._actions.items():
            made.setShortcuts([QKeySequence(key) for key in self.shortcuts.keys(id)])
            made.setToolTip(self.shortcuts.tooltip(id))

    def perform(self, id: str) -> None:
        """Does what the table says, if it can be done now."""
        self._actions[id].trigger()

    def curves(self) -> list[str]:
        """Criteria that are switched on as lanes of the timeline."""
        lanes = [entry for entry in ACTIONS if entry.handler == "show_curve"]
        return [entry.args[0] for entry in lanes if self._actions[entry.id].isChecked()]

    def panels(self) -> set[str]:
        """Those that are not hidden."""
        return {name for name in PANELS if self._actions[f"panel_{name}"].isChecked()}

    def show_panel(self, name: str) -> None:
        """Brings a panel to the front, hidden or not."""
        self._actions[f"panel_{name}"].setChecked(True)
        self.workspace.show_panels(self.panels())
        self.workspace.docks.bring_to_front(name)

    def show_all_panels(self) -> None:
        for name in PANELS:
            self._actions[f"panel_{name}"].setChecked(True)

    def _allow_actions(self) -> None:
        open_project = self.workspace is not None and self.workspace.session is not None
        for entry in ACTIONS:
            self._actions[entry.id].setEnabled(entry.scope is Scope.WINDOW or open_project)

    def _name_step(self, id: str, text: str) -> None:
        """Says in the menu what undo or redo would change."""
        plain = action(id).text
        self._actions[id].setText(f"{plain}: {text.lower()}" if text else plain)

    def _show_icons(self) -> None:
        for entry in ACTIONS:
            if entry.icon:
                self._actions[entry.id].setIcon(theme.icon(entry.icon))
        self._welcome.show_icons()

    # opening

    def open_video(self) -> None:
        self.open(*self._ask_for_videos("Open a video, or several in one project"))

    def add_video(self) -> None:
        self.add(*self._ask_for_videos("Add videos"))

    def open_folder(self, title: str) -> None:
        if path := self._ask_for_folder(title):
            self.open(path)

    def add_images(self) -> None:
        if path := self._ask_for_folder("Add a folder of images"):
            self.add(path)

    def _ask_for_videos(self, title: str) -> list[Path]:
        names, _ = QFileDialog.getOpenFileNames(self, title, self._last_folder(), VIDEO_FILES)
        return [Path(name) for name in names]

    def _ask_for_folder(self, title: str) -> Path | None:
        name = QFileDialog.getExistingDirectory(self, title, self._last_folder())
        return Path(name) if name else None

    def open_demo(self) -> None:
        self.show_target(project_opening.demo())

    def open(self, *paths: Path) -> None:
        """A project's folder, or videos and folders of them; says so when they are neither."""
        if target := self._target_of(paths):
            self.show_target(target)

    def add(self, *paths: Path) -> None:
        """Videos and folders of them to the open project."""
        if target := self._target_of(paths):
            self.workspace.work.add_videos(target.videos)

    def _target_of(self, paths: tuple[Path, ...]) -> Target | None:
        if not paths:
            return None
        try:
            target = project_opening.target_of(*paths)
        except UserError as error:
            self._notices.say(error, str(error))
            return None
        settings().setValue("folder", str(paths[0].parent))
        return target

    def show_target(self, target: Target) -> None:
        """The frame appears as soon as it is read; the project follows."""
        if self._stopping(lambda: self.show_target(target)):
            return
        self.close_project()
        self.banner.clear()
        stand_in = clip_of(target.known) if target.known else None
        workspace = self.workspace = Workspace(target.video, self.shortcuts, settings(), stand_in)
        self._pages.addWidget(workspace)
        self._pages.setCurrentWidget(workspace)
        self.banner.lie_over(workspace.canvas)
        self._show_title(target.video)
        workspace.chosen.connect(self.perform)
        self._handlers.people.listen(workspace, self._actions)
        workspace.hint.connect(self.status.hint)
        workspace.said.connect(lambda sentence: self.banner.say(Notice(sentence, "good", passing=True)))
        workspace.failed.connect(self._fail)
        self._notices.watch(workspace)
        workspace.job_started.connect(lambda _: self.banner.withdraw("good", "bad"))
        workspace.job_started.connect(self.status.begin_job)
        workspace.job_ended.connect(self.status.end_job)
        self._actions["next_queued"].triggered.connect(workspace.hints.go_on)
        job = self._opening = Job("Opening", lambda monitor: project_opening.prepare(target, monitor), self)
        job.done.connect(lambda added: workspace.once_known(lambda: self._fill(job, target, added)))
        job.failed.connect(lambda sentence: self._fail(sentence, job.error))
        workspace.clip_known.connect(lambda clip: self.status.show_clip(clip.facts))
        workspace.brighten(self._actions["brighten"].isChecked())
        workspace.show_curves(self.curves())
        workspace.show_panels(self.panels())
        workspace.start()
        if target.known:
            job.start()
        else:  # a video that cannot be read makes no project
            workspace.once_known(job.start)
        QTimer.singleShot(0, workspace, workspace.import_parts)  # the video is being read meanwhile

    def _fill(self, job: Job, target: Target, added: Added) -> None:
        if job is not self._opening:
            if added.lock is not None:
                added.lock.close()
            return
        from app.session.session import Session
        from core.project.project import Project

        try:
            project = Project(target.folder, read_only=added.lock is None, checked=True)
            if added.lock is not None:
                project.keep(added.lock)
            session = Session(project, next(v for v in project.videos() if v.id == added.videos[0]))
        except UserError as error:
            self._fail(str(error))
            return
        self.workspace.fill(session)
        remember(settings(), session)
        self._allow_actions()
        self._show_icons()
        self._show_device()
        session.changed.connect(self._show_device)
        session.video_changed.connect(lambda: self._show_title(session.video_file))
        if session.missing:
            self._notices.say_missing(session.missing)
        if session.read_only:
            self._show_title(session.video_file)
            self._notices.say_read_only(target)
        elif session.damaged and not session.missing:
            self._notices.say_damaged(session.trouble)
        elif trouble := " ".join(filter(None, (added.trouble, session.trouble))):
            self.banner.say_after(Notice(trouble))
        self._notices.say_unknown(project)
        session.undo.undoTextChanged.connect(lambda text: self._name_step("undo", text))
        session.undo.redoTextChanged.connect(lambda text: self._name_step("redo", text))
        self.workspace.canvas.setFocus()

    def _show_title(self, video: Path) -> None:
        session = self.workspace.session
        only = " (only to look at)" if session is not None and session.read_only else ""
        self.setWindowTitle(f"{video.name}{only} — PoseTailor")

    def _fail(self, sentence: str, error: Exception | None = None) -> None:
        self._notices.say(error, sentence)
        if self.workspace is not None and self.workspace.session is None:
            self.close_project()

    def leave_project(self) -> None:
        """As close_project, once it is sure."""
        if may_stop(self.running_job(), "Close the project", self):
            self.close_project()

    def close_project(self) -> None:
        if self._stopping(self.close_project):
            return
        workspace, self.workspace = self.workspace, None
        job, self._opening = self._opening, None
        if job is not None:
            job.wait()
            job.deleteLater()
        if workspace is not None:
            if workspace.session is not None:
                remember(settings(), workspace.session)
                self._welcome.show_recent(recent(settings()))
                self.banner.clear()  # before the panels' sizes are saved
            workspace.stop()
            self.banner.lie_over(None)
            self._pages.setCurrentWidget(self._welcome)
            self._show_icons()
            self._pages.removeWidget(workspace)
            workspace.deleteLater()
            self.status.end_job()
            self.status.clearMessage()
            self.status.show_device(None)
            self.status.show_clip("")
            self.setWindowTitle("PoseTailor")
            self._allow_actions()

    def _last_folder(self) -> str:
        return str(settings().value("folder", str(Path.home())))

    # jobs and the theme

    def running_job(self) -> Job | None:
        session_open = self.workspace is not None and self.workspace.session is not None
        return self.workspace.work.job if session_open else None

    def cancel_job(self) -> None:
        if job := self.running_job():
            job.cancel()
            self.status.show_stopping()

    def finish_training(self) -> None:
        job = self.running_job()
        if job is not None and self.status.trains:
            job.finish_early()
            self.status.show_finishing()
        else:
            self.status.hint("Nothing is being trained at the moment.")

    def _stopping(self, then: Callable[[], object]) -> bool:
        """True while a job runs: it is told to stop, and then() follows by itself. The window stays alive meanwhile."""
        if self.running_job() is None:
            return False
        if self._after is None:
            self.workspace.work.ended.connect(self._go_on, Qt.ConnectionType.QueuedConnection)
        self._after = then
        self.cancel_job()
        self.workspace.setEnabled(False)
        self.menuBar().setEnabled(False)
        return True

    def _go_on(self) -> None:
        then, self._after = self._after, None
        self.menuBar().setEnabled(True)
        then()

    def _show_device(self, *_: object) -> None:
        from core.project.estimators.runtime import device_in_use

        used = device_in_use(self.workspace.session.project)
        self.status.show_device(used)
        if used.why and used.why != self._said_of_device:
            self.banner.say(Notice(used.why))
        self._said_of_device = used.why

    def set_theme(self, name: str) -> None:
        settings().setValue("theme", name)
        self._show_theme()

    def _show_theme(self, *_: object) -> None:
        theme.apply(QApplication.instance(), theme.wanted(settings().value("theme")))
        self._show_icons()
        if self.workspace is not None:
            self.workspace.show_theme()

    # events

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.workspace is None:
            QTimer.singleShot(0, self, self._show_icons)  # a frame to be shown goes first

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        urls = event.mimeData().urls()
        if urls and all(url.isLocalFile() for url in urls):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """One thing is opened; several videos join the open project."""
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        target = self._target_of(tuple(Path(url.toLocalFile()) for url in event.mimeData().urls()))
        if target is None:
            return
        if target.more and self.workspace is not None and self.workspace.session is not None:
            self.workspace.work.add_videos(target.videos)
        else:
            self.show_target(target)

    def end(self) -> None:
        """Closes without asking, where nobody is there to answer."""
        self._sure = True
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._sure and not may_stop(self.running_job(), "Quit", self):
            event.ignore()
            return
        if self._stopping(self.close):
            event.ignore()
            return
        settings().setValue("geometry", self.saveGeometry())
        self._notices.stop()
        self.close_project()
        event.accept()
