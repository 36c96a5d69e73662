"""What the window shows, with and without a project: its panels, the curves, the brightness of the
picture.
"""

from collections.abc import Callable
from typing import Protocol

from app.panels.docks import Docks
from app.panels.table import PANELS
from app.shortcuts.action import Action
from app.style.choices import curve_name
from core.uncertainty.criteria import CRITERIA

CURVES = (*CRITERIA, "chosen")


class Page(Protocol):
    """Of the open project."""

    docks: Docks

    def show_curves(self, names: list[str]) -> None: ...
    def show_panels(self, names: set[str]) -> None: ...
    def brighten(self, on: bool) -> None: ...


class Layout:
    """is_on, set_on: of an action by its id; page: the page of the open project, if there is one."""

    def __init__(
        self,
        is_on: Callable[[str], bool],
        set_on: Callable[[str, bool], None],
        page: Callable[[], Page | None],
    ) -> None:
        self._is_on, self._set_on, self._page = is_on, set_on, page

    @property
    def curves(self) -> list[str]:
        """Criteria that are switched on as lanes of the timeline."""
        return [name for name in CURVES if self._is_on(f"curve_{name}")]

    @property
    def panels(self) -> set[str]:
        """Those that are not hidden."""
        return {entry.name for entry in PANELS if self._is_on(f"panel_{entry.name}")}

    def show_curves(self, _: bool) -> None:
        if (page := self._page()) is not None:
            page.show_curves(self.curves)

    def show_panels(self, _: bool = True) -> None:
        if (page := self._page()) is not None:
            page.show_panels(self.panels)

    def show_panel(self, name: str) -> None:
        """Brings a panel of the open project to the front, hidden or not."""
        self._set_on(f"panel_{name}", True)
        self.show_panels()
        if (page := self._page()) is not None:
            page.docks.bring_to_front(name)

    def reset_panels(self) -> None:
        for entry in PANELS:
            self._set_on(f"panel_{entry.name}", True)
        if (page := self._page()) is not None:
            page.docks.reset()
            self.show_panels()

    def brighten(self, on: bool) -> None:
        if (page := self._page()) is not None:
            page.brighten(on)


def _curve(name: str, title: str) -> Action[Layout]:
    text, tooltip = f"{curve_name(name)} · {title}", f"Show it in a lane of the timeline: {title}"
    shown = name in ("thc", "wpu", "chosen")
    return Action(f"curve_{name}", text, (), "Curves", tooltip, Layout.show_curves, checkable=True, on=shown)


def _panel(name: str) -> Action[Layout]:
    title = name.capitalize()
    tooltip = f"Show or hide the panel {title}"
    return Action(f"panel_{name}", title, (), "Panels", tooltip, Layout.show_panels, checkable=True, on=True)


ACTIONS: tuple[Action[Layout], ...] = (
    Action("brighten", "Brighten", ("Shift+B",), "View",
           "Show dark pictures lighter; nothing but the display changes", Layout.brighten, checkable=True),
    *(_panel(entry.name) for entry in PANELS),
    Action("reset_panels", "Reset the panels", (), "Panels",
           "Put every panel back where it was at the first start", Layout.reset_panels, separator=True),
    *(_curve(name, criterion.title) for name, criterion in CRITERIA.items()),
    _curve("chosen", "what poses are proposed by"),
)  # fmt: skip
