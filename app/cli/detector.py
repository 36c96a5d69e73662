"""main.py detector …: person detectors that ship or are yours, and how they do."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from app.cli.output import Bar, JsonOption, progress_bar, table
from core.tracking.settings import USUAL, FindSettings

if TYPE_CHECKING:
    from core.benchmark.detectors import MeasuredDetector

detectors = typer.Typer(no_args_is_help=True, help="Person detectors: the bundled ones, and your own.")
Choice = Annotated[
    str, typer.Argument(metavar="DETECTOR", help="An ONNX file, or a name; see: detector list.")
]


@detectors.command("list")
def list_(as_json: JsonOption = False) -> None:
    """List the bundled detectors, the imported ones, and those of other programs on this machine."""
    from core.project.estimators.detectors import known_detectors
    from core.project.estimators.found_models import DETECTOR, found_models

    known = known_detectors()
    found = [one for one in found_models() if one.kind == DETECTOR]
    if as_json:
        rows = [
            {"detector": one.choice, "what": one.title, "file": str(one.file or "") or None} for one in known
        ]
        rows += [{"detector": str(one.file), "what": one.title, "file": str(one.file)} for one in found]
        print(json.dumps(rows, indent=2))
        return
    shown = table("Detector", "What")
    for one in known:
        shown.add_row(one.choice, one.title)
    Console().print(shown)
    for other in found:
        print(f"On this machine: {other.file}, {other.title}.")


@detectors.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="An ONNX file of YOLOX, RTMDet, YOLO, RT-DETR, D-FINE, ….")],
    name: Annotated[str | None, typer.Option(help="What to call it; by default as the file.")] = None,
) -> None:
    """Try a file on a picture whose people are known, and keep a copy of it under a name."""
    from core.project.estimators.detectors import import_detector

    name, sentence = import_detector(str(file), name)
    print(sentence)
    print(f"It is kept as {name}: use it with --detector {name}.")


@detectors.command()
def show(detector: Choice) -> None:
    """What a file is as a person detector, and how it is read."""
    from core.project.estimators.detectors import describe_detector

    print(describe_detector(detector))


@detectors.command()
def compare(
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA",
            help="Pictures whose people are known (COCO JSON), a video with such a file beside it, "
            "VIDEO=FILE, or demo.",
        ),
    ],
    names: Annotated[list[str], typer.Argument(metavar="DETECTOR...", help="Files or names.")],
    change: Annotated[
        list[str] | None,
        typer.Option(
            help="Also with the pictures changed: dark, upside-down, …; may be given several times."
        ),
    ] = None,
    score: Annotated[float, typer.Option(help="Lowest score at which a person is followed in a video.")] = (
        USUAL.score
    ),
    size: Annotated[
        int | None, typer.Option(help="Pixels of the longer side to look at; by default each one's own.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cuda or cpu.")] = "cpu",
    as_json: JsonOption = False,
) -> None:
    """Measure detectors on pictures or a video whose people are known."""
    from core.benchmark.detectors import compare_detectors

    with progress_bar() as progress:
        found = compare_detectors(
            data,
            names,
            Bar(progress),
            changes=["none", *(change or [])],
            settings=FindSettings(score=score, size=size),
            device=device,
        )
    if as_json:
        print(json.dumps([asdict(one) for one in found], indent=2))
        return
    _print(found)


def _print(found: "list[MeasuredDetector]") -> None:
    video = found[0].missed is not None
    columns = ["Detector", "Recall", "False boxes", *(["Missed", "Ghosts", "Uncovered"] if video else [])]
    for change in dict.fromkeys(one.change for one in found):
        here = [one for one in found if one.change == change]
        shown = table(*columns, "ms", title="As recorded" if change == "none" else change.capitalize())
        for one in here:
            cells = [
                one.detector,
                " ".join(f"{100 * share:.0f}" for share in one.recall.values()),
                " ".join(f"{count:.2f}" for count in one.false.values()),
            ]
            if video:
                cells += [str(one.missed), str(one.ghosts), f"{100 * (one.uncovered or 0):.1f} %"]
            ratio = one.milliseconds / here[0].milliseconds
            shown.add_row(*cells, f"{one.milliseconds:.0f} ({ratio:.1f} x)")
        Console().print(shown)
    scores = ", ".join(f"{score:g}" for score in found[0].recall)
    print(
        f"Recall: % of {found[0].people} known people with a box of IoU 0.5, at scores from {scores} on. "
        "False boxes: boxes on none of them, per picture, at the same scores; "
        f"{found[0].pictures} pictures. ms: per picture."
    )
    if video:
        print(
            "Missed: known people who are followed in less than half of their frames. Ghosts: people who are "
            "followed and are none of them. Uncovered: share of the known people's frames in which nobody "
            "is followed where they are."
        )
