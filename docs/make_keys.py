"""Writes docs/keys.md from the table of actions: python docs/make_keys.py [--check]."""

import sys
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app.actions.table import ACTIONS  # noqa: E402
from app.shortcuts.action import MENUS, SUBMENUS  # noqa: E402

PAGE = Path(__file__).with_name("keys.md")


def page() -> str:
    lines = [
        "# Keys",
        "",
        (
            "Help → Change keys… changes each of them, or takes over those of SLEAP, CVAT or "
            "napari-DeepLabCut. F1 shows"
        ),
        "them in the window.",
    ]
    with_keys = [action for action in ACTIONS if action.keys]
    place = {name: MENUS.index(SUBMENUS.get(name, name)) for name in {action.menu for action in with_keys}}
    ordered = sorted(with_keys, key=lambda action: (place[action.menu], action.menu))
    for menu, actions in groupby(ordered, key=lambda action: action.menu):
        lines += ["", f"## {menu}", "", "| Keys | | |", "|---|---|---|"]
        lines += [f"| {', '.join(a.keys)} | {a.text.rstrip('…')} | {a.tooltip} |" for a in actions]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(PAGE.read_text(encoding="utf-8") != page())
    PAGE.write_text(page(), encoding="utf-8")
