"""The command line, called in this process: a process of its own costs seconds of imports."""

import io
from contextlib import redirect_stderr, redirect_stdout
from typing import NamedTuple

from app.cli.run import run_command


class Done(NamedTuple):
    """As of subprocess.CompletedProcess."""

    returncode: int
    stdout: str
    stderr: str


def call(*arguments: object) -> Done:
    out, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(errors):
        code = run_command([*map(str, arguments)])
    return Done(code, out.getvalue(), errors.getvalue())


def run(*arguments: object) -> str:
    """What a command prints that does what it should."""
    done = call(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(*arguments: object) -> str:
    """What it says on stderr of input that it does not take."""
    done = call(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    return done.stderr
