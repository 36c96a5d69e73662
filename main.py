"""PoseTailor's one entry: a sub-command works without a screen, anything else opens the window.

--quiet with a command leaves out the progress.
"""

import os
import sys

COMMANDS = (
    *(
        "estimate",
        "propose",
        "annotate",
        "finetune",
        "finish",
        "back",
        "status",
        "export",
        "report",
        "people",
        "estimator",
        "detector",
        "relink",
        "repair",
    ),
    *("batch", "benchmark", "doctor", "desktop"),
)


def looks_like_a_command(arguments: list[str]) -> bool:
    """A misspelt one: the window takes no options after a path."""
    return len(arguments) > 1 and not arguments[0].startswith("-")


def main() -> int:
    arguments = sys.argv[1:]
    if arguments == ["--version"]:
        from core import __version__

        print(f"PoseTailor {__version__}")
        return 0
    loud = [argument for argument in arguments if argument != "--quiet"]
    if loud != arguments and loud and loud[0] in COMMANDS:
        arguments = loud
        os.environ["POSETAILOR_QUIET"] = "1"  # for the processes it starts, too
    if arguments and (arguments[0] in (*COMMANDS, "--help", "-h") or looks_like_a_command(arguments)):
        from app.cli.run import run_command

        return run_command(arguments)
    from app.startup.launch import launch

    return launch(arguments)


if __name__ == "__main__":
    if getattr(sys, "frozen", False):  # a packed program starts itself anew for the processes it needs
        import multiprocessing

        multiprocessing.freeze_support()
    sys.exit(main())
