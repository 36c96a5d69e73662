"""What the commands print with."""

import io

import pytest
import typer
from rich.console import Console

import main
from app.cli import output
from app.cli.run import cli


def test_every_command_is_known_to_the_entry() -> None:
    """Else it would not take --quiet, and alone would be taken for a path to open."""
    assert set(main.COMMANDS) == set(typer.main.get_command(cli).commands)


@pytest.mark.parametrize(
    ("reports", "shown"),
    [
        ([("Preparing", 0, 0), ("Finding", 2, 2)], ["Finding"]),
        ([("Finding", 1, 2), ("Preparing", 0, 0), ("Finding", 2, 2)], ["Finding"]),
        ([("Finding", 2, 2), ("Writing", 0, 0)], ["Finding"]),
        ([("Finding", 2, 2), ("Writing", 0, 0), ("Writing", 3, 3)], ["Finding", "Writing"]),
    ],
)
def test_a_pipe_gets_no_line_of_work_whose_length_was_not_known(
    reports: list[tuple[str, int, int]], shown: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = io.StringIO()
    monkeypatch.setattr(output, "console", Console(file=pipe, width=80))
    with output.progress_bar() as progress:
        bar = output.Bar(progress)
        for stage, done, total in reports:
            bar.report(stage, done, total)
    assert [line.split()[0] for line in pipe.getvalue().splitlines()] == shown
