"""Sets of keys to choose from: our own, and those of other tools."""

from dataclasses import dataclass, field

Keys = tuple[str, ...]


@dataclass(frozen=True)
class Preset:
    """keys: of the actions whose keys differ from the table's."""

    title: str
    keys: dict[str, Keys] = field(default_factory=dict)


# Another tool's preset takes over the keys that do the same thing there (SLEAP: sleap/config/shortcuts.yaml;
# CVAT: componentShortcuts of cvat-ui; napari-DeepLabCut: config/keybinds.py and napari's shortcuts.py). Below
# the empty line in each stand our own actions that had to make room.
PRESETS = {
    "default": Preset("PoseTailor"),
    "sleap": Preset(
        "SLEAP",
        {
            "next_frame": ("Right",),
            "previous_frame": ("Left",),
            "forward_10": ("Ctrl+Right",),
            "back_10": ("Ctrl+Left",),
            "forward_100": ("Ctrl+Alt+Right",),
            "back_100": ("Ctrl+Alt+Left",),
            "next_queued": ("Space",),
            "previous_queued": ("Shift+Space",),
            "hide_people": ("H",),
            "remove_label": ("Ctrl+Backspace",),
            "finetune": ("Ctrl+L",),
            "open_project": ("Ctrl+O",),
            "quit": ("Ctrl+Q",),

            "open_video": ("Ctrl+Shift+O",),
        },
    ),
    "cvat": Preset(
        "CVAT",
        {
            "next_frame": ("F",),
            "previous_frame": ("D",),
            "forward_10": ("V",),
            "back_10": ("C",),
            "play": ("Space",),
            "next_queued": ("Right",),
            "previous_queued": ("Left",),
            "undo": ("Ctrl+Z",),
            "redo": ("Ctrl+Shift+Z", "Ctrl+Y"),
            "cycle_visibility": ("Q", "/"),
            "hide_people": ("H",),
            "remove_label": ("Delete",),
            "settings": ("F2",),
            "cheat_sheet": ("F1", "?"),

            "copy_previous": ("Alt+C",),
            "rename_person": ("Ctrl+F2",),
        },
    ),
    "napari-dlc": Preset(
        "napari-DeepLabCut",
        {
            "next_frame": ("Right",),
            "previous_frame": ("Left",),
            "next_joint": ("Down",),
            "previous_joint": ("Up",),
            "hide_people": ("V",),
            "zoom_frame": ("Ctrl+R",),
            "cheat_sheet": ("F1", "?", "Ctrl+Alt+/"),

            "estimate": ("Ctrl+Shift+R",),
        },
    ),
}  # fmt: skip
