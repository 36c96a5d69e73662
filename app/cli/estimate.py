"""main.py estimate and finish: people and poses, as far as a budget of time allows."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.output import Bar, JsonOption, print_all, progress_bar
from app.cli.people import DetectorOption, ScoreOption, SizeOption
from core.domain import UserError
from core.tracking.settings import USUAL, FindSettings

if TYPE_CHECKING:
    from core.project.project import Project
    from core.project.store.store import Video

ProjectOption = Annotated[Path, typer.Option("--project", help="The project's folder.")]
DeviceOption = Annotated[str | None, typer.Option("--device", help="auto, cuda or cpu.")]
BudgetOption = Annotated[
    str | None,
    typer.Option(help="Seconds after which estimating ends, or all; 45 where the project has no setting."),
]
LONGEST = 365 * 86400  # seconds


def budget_of(text: str | None, project: "Project") -> float | None:
    """Seconds, None for everything; the project's setting by default. Raises UserError."""
    if text is None:
        return project.setting("budget")
    if text.strip().lower() == "all":
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= LONGEST:
        raise UserError(f"A budget of {text!r} is not possible. Give seconds above 0, or all.")
    return seconds


def spans_of(texts: list[str]) -> list[tuple[int, int | None]]:
    """Of what was typed, as A:B, A: or :B. Raises UserError."""
    spans: list[tuple[int, int | None]] = []
    for text in texts:
        first, colon, last = text.partition(":")
        if not colon or not all(part.strip().isdecimal() or not part.strip() for part in (first, last)):
            raise UserError(
                f"A span of {text!r} is not possible. Give A:B, the first frame and the one after the last."
            )
        spans.append((int(first or 0), int(last) if last.strip() else None))
    return spans


def estimate(
    videos: Annotated[
        list[Path],
        typer.Argument(
            metavar="VIDEO...",
            help="The videos to work on, one or several: a file, or a folder of images in the order "
            "of their names, 25 a second or as many as it says in its own name, as in walk_30fps.",
        ),
    ],
    project: ProjectOption,
    estimator: Annotated[
        str | None,
        typer.Option(help="thunder, lightning, a .safetensors or .onnx file, or a project to go on from."),
    ] = None,
    device: DeviceOption = None,
    boxes: Annotated[Path | None, typer.Option(help="Boxes of your own: COCO JSON or MOT text.")] = None,
    poses: Path | None = None,
    first_frame: Annotated[
        int | None, typer.Option(help="Number of the first frame in --poses: 0 or 1.")
    ] = None,
    every: Annotated[
        int | None,
        typer.Option(
            min=1, help="Frames from one number in --poses to the next: 5 where only every fifth is counted."
        ),
    ] = None,
    span: Annotated[
        list[str] | None,
        typer.Option(
            metavar="A:B",
            help="Only frames A to B - 1 are wanted; may be given several times.",
        ),
    ] = None,
    budget: BudgetOption = None,
    score: ScoreOption = USUAL.score,
    size: SizeOption = USUAL.size,
    detector: DetectorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find the people and estimate their poses, as far as the time allows.

    What is estimated is spread evenly over the video. Run it again to go on.
    """
    from core.project.estimators.detectors import detector_choice
    from core.project.estimators.runtime import device_in_words
    from core.project.project import Project
    from core.queries.coverage import coverage_in_words
    from core.queries.small_people import LARGER, small_people_in_words
    from core.queries.status import status as rounds
    from core.queries.status_sentences import (
        criterion_in_words,
        estimation_only_in_words,
        parity_in_words,
        sigmas_in_words,
        strays_in_words,
    )
    from core.video.source import open_video
    from core.workflow.estimate import estimate as work
    from core.workflow.given_poses import PoseSource
    from core.workflow.label_frames import Numbering

    wanted = None if detector is None else detector_choice(detector)
    spans = spans_of(span or [])
    told = first_frame is not None or every is not None
    if told and poses is None:
        raise UserError(
            "--first-frame and --every say how the file of --poses counts frames. "
            "Give them together with --poses."
        )
    numbering = Numbering(first_frame or 0, every or 1) if told else None
    known = Project.exists(project)
    notes = []
    for video in videos:
        with open_video(video) as source:  # no folder is left behind for a video that cannot be read
            notes.append(source.notice)
    with (
        _estimated_or_gone(project),
        Project(project, create=not known) as opened,
        progress_bar() as progress,
    ):
        registered = list(dict.fromkeys(opened.add_video(video) for video in videos))
        outcome = work(
            opened,
            [video.id for video in registered],
            Bar(progress),
            device=device,
            estimator=estimator,
            boxes=boxes,
            poses=PoseSource(poses, numbering) if poses else None,
            spans=spans,
            settings=_finding(opened, registered, wanted, score, size),
            budget=budget_of(budget, opened),
        )
        found = [_found(opened, video) for video in registered]
        entries = rounds(opened)
        small = [words for video in registered if (words := small_people_in_words(opened, video))]
        notes += [f"{words}: main.py people {project} find --size {LARGER}." for words in small]
        notes += [outcome.taken]
        notes += [unread_in_words(outcome.unread.get(video.id, []), video.path.name) for video in registered]
        notes += [
            coverage_in_words(opened),
            "" if outcome.taken else device_in_words(opened),
            strays_in_words(entries),
            parity_in_words(entries),
            estimation_only_in_words(entries),
            criterion_in_words(opened),
            sigmas_in_words(opened),
        ]
    if as_json:
        results = [
            {"video": one.video, "samples": one.poses, "people": one.people, "coverage": one.share}
            for one in found
        ]
        print(json.dumps(results[0] if len(videos) == 1 else results))
        return
    for one in found if not outcome.taken else ():
        if not one.poses and len(found) > 1:
            print(f"No time was left for {one.name}.")
            continue
        noun, people = "pose" if one.poses == 1 else "poses", "person" if one.people == 1 else "people"
        print(f"Estimated {one.poses} {noun} of {one.people} {people} in {one.name}.")
    print_all(notes)


def _finding(
    project: "Project", videos: "list[Video]", detector: str | None, score: float, size: int | None
) -> FindSettings | None:
    """What was asked for, with the detector that the first video knows already; None where nothing was."""
    from core.queries.find_settings import finding_of

    if detector is None and (score, size) == (USUAL.score, USUAL.size):
        return None
    known = finding_of(project, videos[0].id) or USUAL
    return FindSettings(score=score, size=size, detector=detector or known.detector)


def unread_in_words(frames: list[int], name: str) -> str:
    """How many frames could not be read, and which; '' where all could."""
    if not frames:
        return ""
    frames = sorted(set(frames))
    first = ", ".join(map(str, frames[:5])) + (" …" if len(frames) > 5 else "")
    count = "1 frame" if len(frames) == 1 else f"{len(frames)} frames"
    return (
        f"{count} of {name} could not be decoded and {'has' if len(frames) == 1 else 'have'} no "
        f"poses: {first}."
    )


def finish(
    project: ProjectOption,
    device: DeviceOption = None,
    budget: BudgetOption = "all",
    as_json: JsonOption = False,
) -> None:
    """Estimate what the present round has not reached yet, in all videos of the project."""
    from core.project.project import Project
    from core.project.video_names import shown_names
    from core.queries.coverage import coverage, coverage_in_words, total
    from core.workflow.estimate import finish as work

    with Project(project) as opened:
        with progress_bar() as progress:
            outcome = work(
                opened, Bar(progress), device=device, budget=budget_of(budget, opened), evenly=budget != "all"
            )
        share, number, left = total(coverage(opened)), opened.latest_round(), coverage_in_words(opened)
        names = shown_names(opened.videos())
    if as_json:
        print(json.dumps({"round": number, "coverage": round(share, 4)}))
        return
    print(left or f"Round {number} has estimated everything.")
    print_all(unread_in_words(frames, names[video]) for video, frames in outcome.unread.items())


@dataclass(frozen=True)
class Found:
    """What is estimated of a video. share: of the frames that are wanted, those that the latest round has
    estimated.
    """

    video: int
    name: str
    poses: int
    people: int
    share: float


def _found(project: "Project", video: "Video") -> Found:
    poses, share = project.predictions(video.id), project.coverage(video.id).share
    return Found(
        video.id, video.path.name, 0 if poses is None else len(poses), len(project.tracks(video.id)), share
    )


@contextmanager
def _estimated_or_gone(folder: Path) -> Iterator[None]:
    """A new project in which nothing could be estimated does not stay behind, nor folders made for it."""
    from core.project.project import Project

    made = [path for path in (folder.absolute(), *folder.absolute().parents) if not path.exists()]
    new = bool(made) or (folder.is_dir() and not any(folder.iterdir()))
    try:
        yield
    except UserError:
        estimated = False
        if new and Project.exists(folder):
            with Project(folder) as left:
                estimated = left.latest_round() is not None
            if not estimated:
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(exist_ok=True)
        if not estimated:
            with suppress(OSError):  # another command may have put its own there
                for path in made:
                    path.rmdir()
        raise
