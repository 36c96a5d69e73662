"""What one entry of the table of actions says, and the menus they are in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Concatenate, Generic, TypeVar

Scope = TypeVar("Scope")

MENUS = ("File", "Edit", "People", "Go", "Batch", "View", "Help")
SUBMENUS = {"Nudge": "Edit", "Go to person": "Go", "Curves": "View", "Panels": "View"}


@dataclass(frozen=True)
class Action(Generic[Scope]):
    """keys: of the default preset. call: what it does, given its scope, and whether it is on where it is
    checkable. hold: repeats while the key is held down.
    """

    id: str
    text: str
    keys: tuple[str, ...]
    menu: str
    tooltip: str
    call: Callable[Concatenate[Scope, ...], object]
    icon: str | None = None
    hold: bool = False
    separator: bool = False  # above it in the menu
    checkable: bool = False  # remembered between two starts
    on: bool = False  # at the first start
