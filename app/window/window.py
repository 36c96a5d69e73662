"""The window: menus, a page, and the opening of files."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QSettings, Qt, QTimer
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QIcon,
    QKeySequence,
    QShowEvent,
)
from PySide6.QtWidgets import QApplication, QMainWindow, QStackedWidget

from app.actions.layout import Layout
from app.actions.opening import FOLDER
from app.actions.table import ACTIONS, SCOPES
from app.background.job import Job
from app.frames.reader import clip_of
from app.panels.banner import Banner, Notice
from app.panels.status import StatusBar
from app.panels.welcome import Welcome
from app.session import project_opening
from app.session.project_opening import Added, Target
from app.session.recent_projects import recent, remember
from app.shortcuts.action import MENUS, SUBMENUS, Action
from app.shortcuts.shortcuts import Shortcuts
from app.style import theme
from app.window.leaving import may_stop
from app.window.notices import Notices
from app.window.scopes import WindowParts, project_scopes, window_scopes
from app.window.workspace import Workspace
from core.domain import UserError
from core.project.video_names import shown_names

Kind = TypeVar("Kind")


def settings() -> QSettings:
    """What the window remembers between two starts: its geometry and theme, the folder where something was
    opened last, the recent projects, where the docks are, which hints were followed, the keys, and by its id
    whether a checkable action is on.
    """
    return QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "PoseTailor", "PoseTailor")


class Window(QMainWindow):
    """workspace: the page of the open project, None on the welcome page. menu_actions: of the menus, by
    id.
    """

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
        self.shortcuts = Shortcuts(settings(), ACTIONS, self)
        self._welcome = Welcome(self.shortcuts.actions)
        self._welcome.chosen.connect(self.perform)
        self._welcome.opened.connect(self.open)
        self._welcome.show_recent(recent(settings()))
        self._pages = QStackedWidget()
        self._pages.addWidget(self._welcome)
        self.banner = Banner(self._pages)
        self.setCentralWidget(self._pages)
        self.status = StatusBar(self.shortcuts)
        self.status.cancel.connect(lambda: self.perform("cancel_job"))
        self.status.enough.connect(lambda: self.perform("finish_training"))
        self.setStatusBar(self.status)
        self.shortcuts.changed.connect(self._show_shortcuts)
        self.menu_actions: dict[str, QAction] = {}
        self._parts = WindowParts(
            parent=self,
            settings=settings(),
            shortcuts=self.shortcuts,
            menu_actions=self.menu_actions,
            banner=self.banner,
            status=self.status,
            page=lambda: self.workspace,
            open=self.open,
            add=self.add,
            show=self.show_target,
            leave=self.leave_project,
            close=self.close,
            set_theme=self.set_theme,
        )
        self._always = window_scopes(self._parts)
        self._scopes = dict(self._always)
        self._notices = Notices(self.banner, self.status, self.perform, self)
        self._notices.repaired.connect(self._open_repaired)
        QApplication.styleHints().colorSchemeChanged.connect(self._show_theme)
        self._build_actions()
        self._themes = QActionGroup(self)
        for id in ("theme_system", *(f"theme_{name}" for name in theme.THEMES)):
            self._themes.addAction(self.menu_actions[id]).setCheckable(True)
        self._check_theme()
        self._show_shortcuts()
        self._allow_actions()

    # actions

    def _build_actions(self) -> None:
        menus = {name: self.menuBar().addMenu(f"&{name}") for name in MENUS}
        for scope, actions in SCOPES.items():
            for entry in actions:
                if entry.menu not in menus:
                    menus[entry.menu] = menus[SUBMENUS[entry.menu]].addMenu(entry.menu)
                if entry.separator:
                    menus[entry.menu].addSeparator()
                made = self.menu_actions[entry.id] = self._build_action(scope, entry)
                menus[entry.menu].addAction(made)

    def _build_action(self, scope: type, entry: Action) -> QAction:
        made = QAction(entry.text, self)
        made.setStatusTip(entry.tooltip)
        made.setAutoRepeat(entry.hold)
        if entry.checkable:
            made.setCheckable(True)
            made.setChecked(bool(settings().value(entry.id, entry.on, bool)))
            made.toggled.connect(lambda on: settings().setValue(entry.id, on))
            made.triggered.connect(lambda on: entry.call(self.scope(scope), on))
        else:
            made.triggered.connect(lambda _=False: entry.call(self.scope(scope)))
        return made

    def scope(self, kind: type[Kind]) -> Kind:
        """The object whose actions these are."""
        scope = self._scopes[kind]
        assert isinstance(scope, kind)
        return scope

    def _show_shortcuts(self) -> None:
        for id, made in self.menu_actions.items():
            made.setShortcuts([QKeySequence(key) for key in self.shortcuts.keys(id)])
            made.setToolTip(self.shortcuts.tooltip(id))

    def perform(self, id: str) -> None:
        """Does what the table says, if it can be done now."""
        self.menu_actions[id].trigger()

    def _allow_actions(self) -> None:
        """Those whose scope is there."""
        for scope, actions in SCOPES.items():
            for entry in actions:
                self.menu_actions[entry.id].setEnabled(scope in self._scopes)

    def _name_step(self, id: str, text: str) -> None:
        """Says in the menu what undo or redo would change."""
        plain = self.shortcuts.actions[id].text
        self.menu_actions[id].setText(f"{plain}: {text.lower()}" if text else plain)

    def _show_icons(self) -> None:
        for entry in ACTIONS:
            if entry.icon:
                self.menu_actions[entry.id].setIcon(theme.icon(entry.icon))
        self._welcome.show_icons()

    # opening

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
        settings().setValue(FOLDER, str(paths[0].parent))
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
        self.banner.lie_over(workspace.canvas, workspace.canvas.place_of_selected)
        self._show_title(target.video)
        workspace.chosen.connect(self.perform)
        workspace.hint.connect(self.status.hint)
        workspace.failed.connect(self._fail)
        workspace.clip_known.connect(self._notices.say_cut)
        self.menu_actions["next_queued"].triggered.connect(workspace.hints.go_on)
        job = self._opening = Job("Opening", lambda monitor: project_opening.prepare(target, monitor), self)
        job.done.connect(lambda added: workspace.once_known(lambda: self._fill(job, target, added)))
        job.failed.connect(lambda sentence: self._fail(sentence, job.error))
        workspace.clip_known.connect(lambda clip: self.status.show_clip(clip.facts))
        workspace.brighten(self.menu_actions["brighten"].isChecked())
        workspace.canvas.show_refined(self.menu_actions["show_refined"].isChecked())
        workspace.show_curves(self.scope(Layout).curves)
        workspace.show_panels(self.scope(Layout).panels)
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
        self._listen(self.workspace)
        self._scopes |= project_scopes(self._parts, self.workspace, self.scope(Layout).show_panel)
        remember(settings(), session)
        self._allow_actions()
        self._show_icons()
        self._show_device()
        session.changed.connect(self._show_device)
        session.video_changed.connect(lambda: self._show_title(session.video_file))
        self._show_title(session.video_file)
        if session.missing:
            self._notices.say_missing(session.missing)
        if session.read_only:
            self._notices.say_read_only(project, again=lambda: self.show_target(target))
        elif session.damaged and not session.missing:
            self._notices.say_damaged(session.trouble)
        elif trouble := " ".join(filter(None, (added.trouble, session.trouble))):
            self.banner.say_after(Notice(trouble))
        self._notices.say_unknown(project)
        session.undo.undoTextChanged.connect(lambda text: self._name_step("undo", text))
        session.undo.redoTextChanged.connect(lambda text: self._name_step("redo", text))
        self.workspace.canvas.setFocus()

    def _listen(self, workspace: Workspace) -> None:
        """To the work on the open project."""
        work = workspace.work
        work.started.connect(lambda _: self.banner.withdraw("good", "warn", "bad"))
        work.started.connect(self.status.begin_job)
        work.ended.connect(self.status.end_job)
        work.said.connect(lambda sentence: self.banner.say(Notice(sentence, "good", passing=True)))
        work.not_kept.connect(lambda sentence: self.banner.say(Notice(sentence, "warn", passing=True)))
        self._notices.watch(workspace)

    def _show_title(self, video: Path) -> None:
        session = self.workspace.session
        only = " (only to look at)" if session is not None and session.read_only else ""
        name = video.name if session is None else shown_names(session.videos)[session.video.id]
        self.setWindowTitle(f"{name}{only} — PoseTailor")

    def _fail(self, sentence: str, error: Exception | None = None) -> None:
        self._notices.say(error, sentence)
        if self.workspace is not None and self.workspace.session is None:
            self.close_project()

    def _open_repaired(self, folder: Path, sentence: str) -> None:
        self.open(folder)
        if self.workspace is not None:
            said = Notice(sentence, "good", passing=True)
            self.workspace.filled.connect(lambda: self.banner.say(said))

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
            self._notices.leave()
            self._scopes = dict(self._always)
            if workspace.session is not None:
                remember(settings(), workspace.session)
                self._welcome.show_recent(recent(settings()))
                self.banner.clear()  # before the panels' sizes are saved
            workspace.stop()
            self._pages.setCurrentWidget(self._welcome)
            self.banner.lie_over(None)  # which raises it above the page that has just come to the front
            self._show_icons()
            self._pages.removeWidget(workspace)
            workspace.deleteLater()
            self.status.end_job()
            self.status.clearMessage()
            self.status.show_device(None)
            self.status.show_clip("")
            self.setWindowTitle("PoseTailor")
            self._allow_actions()

    # jobs and the theme

    def running_job(self) -> Job | None:
        session_open = self.workspace is not None and self.workspace.session is not None
        return self.workspace.work.job if session_open else None

    def _stopping(self, then: Callable[[], object]) -> bool:
        """True while a job runs: it is told to stop, and then() follows by itself. The window stays alive
        meanwhile.
        """
        if self.running_job() is None:
            return False
        if self._after is None:
            self.workspace.work.ended.connect(self._go_on, Qt.ConnectionType.QueuedConnection)
        self._after = then
        self.workspace.work.job.cancel()
        self.status.show_stopping()
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

    def _check_theme(self) -> None:
        """In the menu."""
        name = settings().value("theme")
        self.menu_actions[f"theme_{name if name in theme.THEMES else 'system'}"].setChecked(True)

    def _show_theme(self, *_: object) -> None:
        self._check_theme()
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        theme.apply(application, theme.wanted(settings().value("theme")))
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
