"""main.py doctor: what this machine offers."""

import json
from typing import Annotated

import typer
from rich.console import Console

from app.cli.output import Bar, JsonOption, progress_bar, table


def doctor(
    as_json: JsonOption = False,
    prepare: Annotated[bool, typer.Option(help="Make the bundled networks ready for first use.")] = False,
) -> None:
    """Show what is installed and which device each part really uses, with advice."""
    from core.project.estimators.models import prepare as make_ready
    from core.queries.doctor import examine

    if prepare:
        with progress_bar() as progress:
            make_ready(Bar(progress))
    report = examine()
    if as_json:
        print(json.dumps(report, indent=2))
        return
    rows = table("Part", "State")
    for part, state in report["parts"].items():
        rows.add_row(part, state)
    Console().print(rows)
    for line in report["advice"]:
        print(line)
