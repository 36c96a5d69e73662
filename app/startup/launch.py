"""Reads what the window is to open, before anything heavy is imported."""

import sys
from pathlib import Path

USAGE = "Usage: main.py [PROJECT | VIDEO | FOLDER]   main.py --demo   main.py --help"


def launch(arguments: list[str]) -> int:
    """Opens the window; 2 with one sentence for arguments that make no sense."""
    demo = "--demo" in arguments
    rest = [a for a in arguments if a != "--demo"]
    wrong = next((a for a in rest if a.startswith("-")), None)
    if wrong or len(rest) > (0 if demo else 1):
        print(f"PoseTailor does not know what to do with {wrong or rest[-1]}. {USAGE}", file=sys.stderr)
        return 2
    from app.startup.main import run

    return run(Path(rest[0]) if rest else None, demo)
