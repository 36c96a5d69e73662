"""main.py annotate and export: labels from other programs, and everything to them."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.output import Bar, progress_bar

ProjectOption = Annotated[Path, typer.Option("--project", help="The project's folder.")]


def annotate(
    project: ProjectOption,
    source: Annotated[Path, typer.Option("--from")],
    any_sample: Annotated[
        bool, typer.Option("--any", help="Label every pose that matches, not only queued ones.")
    ] = False,
    sure: Annotated[
        bool, typer.Option("--sure", help="Poses that lie on somebody else are right, too.")
    ] = False,
    first_frame: Annotated[
        int | None,
        typer.Option(
            help="Number of the first frame in the file: 0 or 1. Asked for where another fits better."
        ),
    ] = None,
    every: Annotated[
        int | None,
        typer.Option(
            min=1, help="Frames from one number in the file to the next: 5 where only every fifth is counted."
        ),
    ] = None,
    video: Annotated[
        str, typer.Option(help="The video of a file that does not say which, by name or path.")
    ] = "",
) -> None:
    """Take labels from a file."""
    from core.project.project import Project
    from core.workflow.annotate import annotate as work
    from core.workflow.label_frames import Numbering

    told = first_frame is not None or every is not None
    numbering = Numbering(first_frame or 0, every or 1) if told else None
    with Project(project) as opened, opened.edit_alone():
        print(work(opened, source, any_sample, sure, numbering, video).sentence)


def report(
    project: ProjectOption,
    out: Annotated[Path, typer.Option("--out", help="HTML file to write.")],
    replace: Annotated[bool, typer.Option(help="Replace a file that is there already.")] = False,
) -> None:
    """Write a report of what was done and how exact it is, for a paper."""
    from core.export.export import export as work
    from core.project.project import Project

    with Project(project) as opened, progress_bar() as progress:
        sentence = work(opened, "report", out, Bar(progress), replace=replace)
    print(sentence)


def export(
    project: ProjectOption,
    out: Annotated[
        Path,
        typer.Option("--out", help="Folder or file to write; it must not exist, or be an earlier export."),
    ],
    format_name: Annotated[str, typer.Option("--format")] = "coco",
    predictions: Annotated[bool, typer.Option(help="Write what is predicted too, not labels alone.")] = True,
    poses: Annotated[
        str,
        typer.Option(help="Predictions refined by the labels and motion around them, or predicted."),
    ] = "refined",
    images: Annotated[bool, typer.Option(help="Write the labelled frames as pictures.")] = True,
    image_format: Annotated[str, typer.Option(help="png or jpg.")] = "png",
    quality: Annotated[int, typer.Option(help="Quality of jpg, 1 to 100.")] = 95,
    joints: Annotated[
        str | None, typer.Option(help="Joints to write, comma-separated; all by default.")
    ] = None,
    smooth: Annotated[
        float, typer.Option(help="Seconds of a window that predictions are smoothed over.")
    ] = 0.0,
    val: Annotated[
        float, typer.Option(help="YOLO-pose: share of the blocks of time that are for validation.")
    ] = 0.2,
    block: Annotated[float, typer.Option(help="YOLO-pose: seconds of such a block.")] = 5.0,
    visible_side: Annotated[
        str,
        typer.Option(help="angles: how people are seen, auto, right, left, front or back."),
    ] = "auto",
    replace: Annotated[bool, typer.Option(help="Replace a file that is there already.")] = False,
) -> None:
    """Write poses for other tools, a video with skeletons, figures, or the estimator."""
    from core.export.export import export as work
    from core.export.options import ExportOptions
    from core.project.project import Project

    chosen = tuple(joint.strip() for joint in joints.split(",")) if joints is not None else None
    options = ExportOptions(
        predictions, images, image_format, quality, val, block, chosen, smooth, poses, visible_side
    )
    with Project(project) as opened, progress_bar() as progress:
        sentence = work(opened, format_name, out, Bar(progress), options, replace)
    print(sentence)
