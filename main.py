"""PoseTailor's one entry: a sub-command works without a screen, anything else opens the window."""

import sys

COMMANDS = ("estimate", "propose", "annotate", "finetune", "status", "export", "doctor")


def main() -> int:
    arguments = sys.argv[1:]
    if arguments and (arguments[0] in COMMANDS or arguments[0] in ("--help", "-h")):
        from app.cli import run_command

        return run_command(arguments)
    from app.launch import launch

    return launch(arguments)


if __name__ == "__main__":
    sys.exit(main())
