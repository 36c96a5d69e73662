"""PoseTailor's one entry: a sub-command works without a screen, anything else opens the window."""

import sys

COMMANDS = (
    "estimate",
    "propose",
    "annotate",
    "finetune",
    "status",
    "export",
    "benchmark",
    "doctor",
    "repair",
    "relink",
)


def looks_like_a_command(arguments: list[str]) -> bool:
    """A misspelt one: the window takes no options after a path."""
    return len(arguments) > 1 and not arguments[0].startswith("-")


def main() -> int:
    arguments = sys.argv[1:]
    if arguments and (arguments[0] in (*COMMANDS, "--help", "-h") or looks_like_a_command(arguments)):
        from app.cli import run_command

        return run_command(arguments)
    from app.launch import launch

    return launch(arguments)


if __name__ == "__main__":
    sys.exit(main())
