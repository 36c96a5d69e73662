"""The application as a whole: its style, its keys, its log, its end."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from app.shortcuts.action import Action

if TYPE_CHECKING:
    from app.shortcuts.shortcuts import Shortcuts


class Application:
    """close: ends it; set_theme: receives 'system', 'dark' or 'light'; parent: of the dialogs."""

    def __init__(
        self,
        shortcuts: "Shortcuts",
        close: Callable[[], object],
        set_theme: Callable[[str], None],
        parent: QWidget,
    ) -> None:
        self._shortcuts, self.close, self.set_theme, self._parent = shortcuts, close, set_theme, parent

    def show_keys(self) -> None:
        from app.dialogs.keys import KeysDialog

        KeysDialog(self._shortcuts, self._parent).exec()

    def change_keys(self) -> None:
        from app.dialogs.shortcuts import ShortcutsDialog

        ShortcutsDialog(self._shortcuts, self._parent).exec()

    def show_log(self) -> None:
        from app.dialogs.log import LogDialog

        LogDialog(self._parent).exec()


ACTIONS: tuple[Action[Application], ...] = (
    Action("quit", "Quit", ("Ctrl+Q",), "File", "Close the window; everything is saved",
           lambda application: application.close(), separator=True),
    Action("theme_system", "Dark or light as the system", (), "View",
           "Follow the system's dark or light style", lambda application: application.set_theme("system"),
           separator=True),
    Action("theme_dark", "Dark", (), "View", "Light text on a dark window",
           lambda application: application.set_theme("dark")),
    Action("theme_light", "Light", (), "View", "Dark text on a light window",
           lambda application: application.set_theme("light")),
    Action("cheat_sheet", "Keys", ("F1", "?"), "Help",
           "Every key on one page", Application.show_keys, icon="keyboard-outline"),
    Action("change_keys", "Change keys…", (), "Help",
           "Keys of your own, or as in another tool", Application.change_keys,
           icon="keyboard-settings-outline"),
    Action("show_log", "Log", (), "Help", "What went wrong, in full", Application.show_log,
           icon="text-box-outline"),
)  # fmt: skip
