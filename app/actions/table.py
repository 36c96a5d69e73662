"""One table of everything a user can do; menus, tool bar, shortcut presets and the cheat sheet are made
from it.
"""

from app.actions import (
    application,
    boxes,
    editing,
    estimation,
    files,
    labelling,
    layout,
    navigation,
    opening,
    people,
    rounds,
    tracks,
    view,
)
from app.shortcuts.action import Action

# by scope: the class whose object does them; those whose object is there only with a project can be used only
# then
SCOPES: dict[type, tuple[Action, ...]] = {
    opening.Opening: opening.ACTIONS,
    files.ProjectFiles: files.ACTIONS,
    editing.Editing: editing.ACTIONS,
    boxes.Boxes: boxes.ACTIONS,
    people.People: people.ACTIONS,
    tracks.Tracks: tracks.ACTIONS,
    navigation.Navigation: navigation.ACTIONS,
    estimation.Estimation: estimation.ACTIONS,
    labelling.Labelling: labelling.ACTIONS,
    rounds.Rounds: rounds.ACTIONS,
    view.View: view.ACTIONS,
    layout.Layout: layout.ACTIONS,
    application.Application: application.ACTIONS,
}
ACTIONS: tuple[Action, ...] = tuple(action for actions in SCOPES.values() for action in actions)
