"""What each scope of the table of actions is given."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from app.actions.application import Application
from app.actions.boxes import Boxes
from app.actions.editing import Editing
from app.actions.estimation import Estimation
from app.actions.files import ProjectFiles
from app.actions.labelling import Labelling
from app.actions.layout import Layout
from app.actions.navigation import Navigation
from app.actions.opening import Opening
from app.actions.people import People
from app.actions.rounds import Rounds
from app.actions.tracks import Tracks
from app.actions.view import View
from app.panels.banner import Banner
from app.panels.status import StatusBar
from app.session.project_opening import Target
from app.shortcuts.shortcuts import Shortcuts

if TYPE_CHECKING:
    from app.window.workspace import Workspace


@dataclass(frozen=True)
class WindowParts:
    """What scopes are given of the window, whichever project is open. parent: of dialogs; menu_actions: of
    the menus, by id; page: of the open project, if there is one; open, add: paths to be opened, or to join
    the open project; show: opens a target; leave: closes the project, close: the window, once it is sure.
    """

    parent: QWidget
    settings: QSettings
    shortcuts: Shortcuts
    menu_actions: Mapping[str, QAction]
    banner: Banner
    status: StatusBar
    page: "Callable[[], Workspace | None]"
    open: Callable[..., None]
    add: Callable[..., None]
    show: Callable[[Target], None]
    leave: Callable[[], None]
    close: Callable[[], object]
    set_theme: Callable[[str], None]


def window_scopes(window: WindowParts) -> dict[type, object]:
    """Those that are always there."""
    actions = window.menu_actions
    made = (
        Opening(window.settings, window.open, window.show, window.parent),
        Layout(
            lambda id: actions[id].isChecked(),
            lambda id, on: actions[id].setChecked(on),
            window.page,
        ),
        Application(window.shortcuts, window.close, window.set_theme, window.parent),
    )
    return {type(scope): scope for scope in made}


def project_scopes(
    window: WindowParts, page: "Workspace", show_panel: Callable[[str], None]
) -> dict[type, object]:
    """Those of an open project, once its page is filled. show_panel: brings a panel to the front, by name."""
    session, work, canvas, player, visit = page.session, page.work, page.canvas, page.player, page.open_sample
    keys, banner, parent = window.shortcuts, window.banner, window.parent
    editing = Editing(session, player, canvas, work, banner, keys, page.track_checks, page.refined)
    navigation = Navigation(session, player, visit, keys, parent)
    made = (
        ProjectFiles(session, work, window.settings, window.add, window.leave, parent),
        editing,
        Boxes(session, canvas, player, page.single, keys),
        People(session, canvas, page.people, window.menu_actions, show_panel, visit, keys, parent),
        Tracks(session, work, page.track_checks, page.people.reunions, visit, keys, parent),
        navigation,
        Estimation(session, work),
        Labelling(session, page.acceptance, page.pace, editing, navigation, visit, banner, keys),
        Rounds(session, work, page.review, page.docks, show_panel, window.status, visit, canvas),
        View(session, canvas, page.heatmap, keys),
    )
    return {type(scope): scope for scope in made}
