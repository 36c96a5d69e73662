"""What each scope of the table of actions is given."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings

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

if TYPE_CHECKING:
    from app.window.window import Window
    from app.window.workspace import Workspace


def window_scopes(window: "Window", settings: QSettings) -> dict[type, object]:
    """Those that are always there."""
    actions = window.menu_actions
    made = (
        Opening(settings, window.open, window.show_target, window),
        Layout(
            lambda id: actions[id].isChecked(),
            lambda id, on: actions[id].setChecked(on),
            lambda: window.workspace,
        ),
        Application(window.shortcuts, window.close, window.set_theme, window),
    )
    return {type(scope): scope for scope in made}


def project_scopes(window: "Window", page: "Workspace", settings: QSettings) -> dict[type, object]:
    """Those of an open project, once its page is filled."""
    session, work, canvas, keys = page.session, page.work, page.canvas, window.shortcuts
    show_panel, visit = window.scope(Layout).show_panel, page.open_sample
    editing = Editing(session, page.player, canvas, work, window.banner, keys, page.track_checks)
    navigation = Navigation(session, page.player, visit, keys, window)
    made = (
        ProjectFiles(session, work, settings, window.add, window.leave_project, window),
        editing,
        Boxes(session, canvas, page.player, page.single, keys),
        People(session, canvas, page.people, window.menu_actions, show_panel, visit, keys, window),
        Tracks(session, work, page.track_checks, page.people.reunions, visit, keys, window),
        navigation,
        Estimation(session, work),
        Labelling(session, page.acceptance, page.pace, editing, navigation, visit, window.banner, keys),
        Rounds(session, work, page.review, page.docks, show_panel, window.status, visit, canvas),
        View(session, canvas, page.heatmap, keys),
    )
    return {type(scope): scope for scope in made}
