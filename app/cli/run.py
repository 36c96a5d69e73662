"""The command line: the same operations as the window, without a screen."""

import errno
import sys
import warnings

import typer

from app.cli.batch import batch
from app.cli.benchmark import benchmark
from app.cli.desktop_entry import desktop
from app.cli.detector import detectors
from app.cli.doctor import doctor
from app.cli.estimate import estimate, finish
from app.cli.estimator import estimators
from app.cli.exchange import annotate, export, report
from app.cli.late_help import export_formats, label_files, late_help, pose_files
from app.cli.people import people
from app.cli.project import relink, repair
from app.cli.rounds import back, finetune, propose
from app.cli.status import status
from core.domain import Cancelled, UserError

cli = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Tailors a pose estimator to one video. Without a command, the window opens: "
    "main.py [PROJECT | VIDEO | FOLDER], main.py --demo.",
)
cli.command(cls=late_help(poses=pose_files))(estimate)
cli.command()(propose)
cli.command(cls=late_help(source=label_files))(annotate)
cli.command()(finetune)
cli.command()(finish)
cli.command()(back)
cli.command()(status)
cli.command(cls=late_help(format_name=export_formats))(export)
cli.command()(report)
cli.command()(relink)
cli.command()(repair)
cli.command()(batch)
cli.command()(benchmark)
cli.command()(doctor)
cli.command()(desktop)
cli.add_typer(people, name="people")
cli.add_typer(estimators, name="estimator")
cli.add_typer(detectors, name="detector")
INTERRUPTED = 130  # how a command ends on Ctrl+C, as every shell has it
DISK_PROBLEMS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EFBIG)


def run_command(arguments: list[str]) -> int:
    """Runs a sub-command; a UserError becomes its sentence and exit code 2."""
    warnings.filterwarnings("ignore", module="trackers|supervision")
    try:
        code = cli(arguments, standalone_mode=False) or 0
        if code == INTERRUPTED:
            print("Stopped. What was finished before is kept.", file=sys.stderr)
        return code
    except UserError as error:
        sentence = str(error)
    except Cancelled:
        sentence = "Stopped. Nothing was changed."
    except OSError as error:
        if error.errno not in DISK_PROBLEMS:
            raise
        sentence = (
            f"{error.filename or 'A file'} could not be written: {error.strerror}. Free disk space, "
            "then try again."
        )
    except typer.Exit as stop:
        return stop.exit_code
    except typer.TyperException as error:
        sentence = error.format_message()
    print(sentence, file=sys.stderr)
    return 2
