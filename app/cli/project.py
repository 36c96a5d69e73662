"""Commands that set a project right: repair, and relink to a video that was moved."""

from pathlib import Path
from typing import Annotated

import typer

from core.domain import UserError


def repair(
    project: Annotated[Path, typer.Argument(help="The project's folder.")],
    source: Annotated[
        str | None,
        typer.Option("--from", help="Go back to a backup, by its name, instead of reading what can be read."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="A new folder for the repaired project; the damaged one is left as it is."
        ),
    ] = None,
) -> None:
    """Recover what can be read of a damaged project, or go back to a backup.

    Of a sound project the backups are listed.
    """
    from core.project.recovery.repair import repair as work

    print(work(project, source, out))


def relink(
    file: Annotated[Path, typer.Argument(help="Where the video is now: a file, or a folder of images.")],
    project: Annotated[Path, typer.Option("--project", help="The project's folder.")],
    video: Annotated[int | None, typer.Option(help="Number of the video, where there are several.")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Also another video, if it has as many frames of the same size.")
    ] = False,
) -> None:
    """Tell a project where its video was moved to."""
    from core.project.project import Project
    from core.project.video_names import shown_names
    from core.project.videos import is_missing
    from core.project.videos import relink as work

    with Project(project) as opened:
        videos = [one for one in opened.videos() if video in (None, one.id)]
        if len(videos) > 1:
            videos = [one for one in videos if is_missing(project, one)]
        if len(videos) != 1:
            known = ", ".join(f"{number} ({name})" for number, name in shown_names(opened.videos()).items())
            raise UserError(f"Say with --video which one is meant: {known or 'there is none yet'}.")
        found = work(opened, videos[0], file, force)
    print(f"Video {found.id} is {found.path}.")
