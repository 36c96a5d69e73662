"""main.py people PROJECT …: who was found, found again and checked."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from app.cli.output import Bar, JsonOption, progress_bar, table
from core.domain import Span, UserError
from core.tracking.settings import USUAL, FindSettings

if TYPE_CHECKING:
    from core.project.project import Project
    from core.project.store.store import Video

people = typer.Typer(
    no_args_is_help=True, help="Find people again in a part of the video, and list what looks wrong."
)

VideoOption = Annotated[
    str | None, typer.Option("--video", help="Name of the file, where the project has several.")
]
ScoreOption = Annotated[
    float, typer.Option(help="Lowest score of a detection that counts as a person; lower finds more.")
]
DetectorOption = Annotated[
    str | None,
    typer.Option(
        help="A person detector by name (see: detector list) or as an ONNX file (YOLOX, RTMDet, YOLO, "
        "RT-DETR, D-FINE, …); by default the one used before."
    ),
]
SizeOption = Annotated[
    int | None,
    typer.Option(
        help="Pixels of the longer side to look at, more for small people; by default the detector's own."
    ),
]


@people.callback()
def of_project(
    context: typer.Context, project: Annotated[Path, typer.Argument(help="The project's folder.")]
) -> None:
    context.obj = project


@people.command()
def find(
    context: typer.Context,
    start: Annotated[int, typer.Option(help="First frame.")] = 0,
    stop: Annotated[int | None, typer.Option(help="Frame after the last.")] = None,
    score: ScoreOption = USUAL.score,
    per_second: Annotated[float, typer.Option(help="How often to look; more for quick movements.")] = 6.0,
    size: SizeOption = USUAL.size,
    turn: Annotated[
        int | None,
        typer.Option(
            help="Degrees clockwise that put people upright: 0, 90, 180, 270; found out by default."
        ),
    ] = None,
    shortest: Annotated[float, typer.Option(help="Seconds that somebody has to be seen for.")] = 0.5,
    detector: DetectorOption = None,
    video: VideoOption = None,
    device: Annotated[str | None, typer.Option("--device", help="auto, cuda or cpu.")] = None,
) -> None:
    """Find the people again between two frames, or in all that is estimated so far, and estimate their poses.

    Drawn boxes, labels and deletions stay, and whoever was known keeps their name.
    """
    from core.project.estimators.detectors import detector_choice
    from core.project.project import Project
    from core.queries.find_settings import finding_of
    from core.workflow.find_people import find_again

    wanted = None if detector is None else detector_choice(detector)
    with Project(context.obj) as opened, progress_bar() as progress:
        chosen = _video(opened, video)
        wanted = wanted or (finding_of(opened, chosen.id) or USUAL).detector
        settings = FindSettings(per_second, score, size, shortest, turn, wanted)
        found = find_again(
            opened, chosen.id, Bar(progress), start=start, stop=stop, settings=settings, device=device
        )
    print(found.sentence)


@people.command()
def check(context: typer.Context, video: VideoOption = None, as_json: JsonOption = False) -> None:
    """List people and stretches that look wrong, the worst first."""
    from core.project.project import Project
    from core.project.video_names import shown_names
    from core.queries.reunions import as_track_checks
    from core.queries.track_checks import check_tracks

    with Project(context.obj) as opened:
        names = shown_names(opened.videos())
        videos = opened.videos() if video is None else [_video(opened, video)]
        listed = [
            (one, found)
            for one in videos
            for found in (*check_tracks(opened, one), *as_track_checks(opened, one))
        ]
    if as_json:
        print(json.dumps([{"video": str(one.path), **found.to_json()} for one, found in listed], indent=2))
    elif not listed:
        print("Nothing looks wrong with the people.")
    else:
        rows = table(*(["Video"] if len(videos) > 1 else []), "Frames", "Person", "Why")
        for one, found in listed:
            rows.add_row(
                *([names[one.id]] if len(videos) > 1 else []), found.frames, found.name, found.reason
            )
        Console().print(rows)


@people.command("list")
def list_people(context: typer.Context, video: VideoOption = None, as_json: JsonOption = False) -> None:
    """List everyone who was found, the largest and longest first, and who matters."""
    from core.project.project import Project
    from core.project.video_names import shown_names

    with Project(context.obj) as opened:
        names = shown_names(opened.videos())
        videos = opened.videos() if video is None else [_video(opened, video)]
        listed = []
        for one in videos:
            chosen, assignments = opened.of_interest(one.id), opened.assignments(one.id)
            for track in assignments.tracks(one.id, opened.store.track_names(one.id)):
                height = float((track.boxes[:, 3] - track.boxes[:, 1]).mean())
                listed.append((one, track, height, chosen is None or track.id in chosen))
    listed.sort(key=lambda row: (row[0].id, -len(row[1].frames) * row[2]))
    if as_json:
        entries = [
            {
                "video": str(one.path),
                "person": track.name,
                "frames": len(track.frames),
                "first": int(track.frames[0]),
                "height": round(height, 1),
                "of_interest": matters,
            }
            for one, track, height, matters in listed
        ]
        print(json.dumps(entries, indent=2))
    elif not listed:
        print("Nobody is found yet.")
    else:
        rows = table(*(["Video"] if len(videos) > 1 else []), "Person", "Seconds", "From frame", "Height", "")
        for one, track, height, matters in listed:
            cells = (track.name, f"{len(track.frames) / one.fps:.1f}", str(track.frames[0]), f"{height:.0f}")
            rows.add_row(*([names[one.id]] if len(videos) > 1 else []), *cells, "" if matters else "context")
        Console().print(rows)


@people.command()
def only(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(help="Who matters, as the list names them.")],
    video: VideoOption = None,
) -> None:
    """Say who matters; everyone else becomes context.

    Context is kept, but not estimated further, proposed or exported.
    """
    from core.project.people.interest import choose, interest_in_words
    from core.project.project import Project

    with Project(context.obj) as opened:
        chosen = _video(opened, video)
        known = {name: track for track, name in opened.store.track_names(chosen.id).items()}
        if unknown := [name for name in names if name not in known]:
            raise UserError(
                f"There is no {unknown[0]} in {chosen.path.name}. See who is: main.py people PROJECT list."
            )
        opened.store.exchange(choose(opened, chosen, [known[name] for name in names]))
        print(interest_in_words(opened) or "Everyone matters.")


@people.command()
def everyone(context: typer.Context, video: VideoOption = None) -> None:
    """Let everyone matter again."""
    from core.project.people.interest import choose
    from core.project.project import Project

    with Project(context.obj) as opened:
        for one in opened.videos() if video is None else [_video(opened, video)]:
            opened.store.exchange(choose(opened, one, []))
    print("Everyone matters. Estimate what is missing with: main.py estimate")


def _video(project: "Project", name: str | None) -> "Video":
    """Raises UserError."""
    from core.project.video_names import shown_names

    videos = project.videos()
    names = shown_names(videos)
    known = ", ".join(names.values()) or "none"
    found = [video for video in videos if name in (None, names[video.id], video.path.name, video.path.stem)]
    if len(found) == 1:
        return found[0]
    if name is None or found:
        raise UserError(f"Which video is meant? Choose one of the project's ({known}) with --video.")
    raise UserError(f"{name} is not one of the project's videos ({known}).")


def span_of(project: "Project", text: str | None, video: str | None) -> Span:
    """text: FIRST:LAST, None for all of a video. Raises UserError."""
    chosen = _video(project, video)
    if text is None:
        return Span(chosen.id, 0, chosen.frame_count - 1)
    first, _, last = text.partition(":")
    if not (first.isdecimal() and last.isdecimal() and int(first) <= int(last) < chosen.frame_count):
        raise UserError(
            f"{text!r} is not a span of {chosen.path.name}. Give FIRST:LAST with frames from 0 to "
            f"{chosen.frame_count - 1}."
        )
    return Span(chosen.id, int(first), int(last))
