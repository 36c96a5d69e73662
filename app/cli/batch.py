"""main.py batch LIST: many videos at once."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.output import Bar, JsonOption, progress_bar


def batch(
    videos: Annotated[
        Path,
        typer.Argument(metavar="LIST", help="A text file with one video, or folder of images, on each line."),
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for the projects and what is exported of each.")],
    steps: Annotated[
        str, typer.Option(help="Which of estimate, propose and export to do, in this order.")
    ] = "estimate,propose",
    format_name: Annotated[
        str, typer.Option("--format", help="Format of the export; see: export --help.")
    ] = "coco",
    estimator: Annotated[
        str | None,
        typer.Option(help="thunder, lightning, a .safetensors or .onnx file, or a project to go on from."),
    ] = None,
    device: Annotated[str | None, typer.Option(help="auto, cuda or cpu.")] = None,
    jobs: Annotated[
        int | None, typer.Option(help="Videos at a time; half as many as there are cores by default.")
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(help="Address of a Dask scheduler whose workers do it, e.g. tcp://host:8786."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Take many videos through the first steps; what is finished is not done again."""
    from core.batch import batch as work
    from core.estimation.device import device_for
    from core.project.estimators.models import own_file

    if device and not scheduler:  # its workers have devices and folders of their own
        device_for(device)
    if estimator and not scheduler:
        own_file(estimator)

    further = tuple(
        text
        for name, value in (("--estimator", estimator), ("--device", device))
        if value
        for text in (name, value)
    )
    works = work.plan(work.read_list(videos), out, tuple(steps.split(",")), format_name, further)
    with progress_bar() as progress:
        bar = Bar(progress)
        run = (
            work.run_on_cluster(works, scheduler, bar)
            if scheduler
            else work.run_here(works, jobs or work.cores(), bar)
        )
        done = list(run)
    failed = [one for one in done if one.error]
    if as_json:
        print(work.summary(done))
    else:
        for one in done:
            print(f"{Path(one.video).name}: {one.error or ', '.join(one.steps) or 'was done already'}")
    if failed:
        raise typer.Exit(2)
