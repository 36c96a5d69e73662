"""main.py estimator …: estimators of others made into ours, and what a file is."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.cli.output import Bar, JsonOption, progress_bar, table

estimators = typer.Typer(no_args_is_help=True, help="Bring your own estimator, and look into one.")


@estimators.command("list")
def list_() -> None:
    """List the bundled estimators, what can be imported, and models of other programs on this machine."""
    from core.project.estimators.files import importable
    from core.project.estimators.found_models import DETECTOR, ESTIMATOR, POSES, found_models
    from core.project.estimators.models import SHIPPED

    rows = table("Name", "What")
    titles = importable()
    for name, (architecture, _) in SHIPPED.items():
        if architecture in titles:
            rows.add_row(name, f"ships: {titles[architecture]}")
    for name, title in titles.items():
        rows.add_row(name, f"--architecture: {title}")
    Console().print(rows)
    uses = {ESTIMATOR: "estimator import FILE --architecture ", POSES: "estimate VIDEO --poses FILE"}
    for one in found_models():
        if one.kind != DETECTOR:
            use = uses.get(one.kind, "") + one.architecture
            print(f"On this machine: {one.file}, {one.title}{f' ({use})' if use else ''}.")


@estimators.command()
def skeletons(
    one: Annotated[
        str, typer.Argument(help="A built-in skeleton or a JSON file, whose joints are listed.")
    ] = "",
    other: Annotated[
        str,
        typer.Argument(
            help="A second one: says which joints it takes over from the first, and which are lost."
        ),
    ] = "",
) -> None:
    """List the built-in skeletons, the joints of one, or what is lost from one to another."""
    from core.domain.conversion import Conversion
    from core.domain.skeletons import SKELETONS
    from core.project.estimators.files import read_skeleton

    if other:
        print(Conversion(read_skeleton(one)[0], read_skeleton(other)[0]).sentence)
        return
    if one:
        skeleton, sentences = read_skeleton(one)
        rows = table("", "Joint", "Mirror image", "Limbs to", "Sigma")
        for place, joint in enumerate(skeleton.joints):
            mirror = skeleton.flip_index[place]
            limbs = [skeleton.joints[b if a == place else a] for a, b in skeleton.edges if place in (a, b)]
            image = skeleton.joints[mirror] if mirror != place else ""
            rows.add_row(str(place), joint, image, ", ".join(limbs), f"{skeleton.sigmas[place]:.3g}")
    else:
        sentences = []
        rows = table("Name", "What", "Joints")
        for name, skeleton in SKELETONS.items():
            rows.add_row(name, skeleton.name, str(len(skeleton)))
    Console().print(rows)
    for sentence in sentences:
        print(sentence)


@estimators.command()
def show(
    file: Annotated[str, typer.Argument(help="A .onnx or .safetensors file of ours, or a project's folder.")],
    as_json: JsonOption = False,
) -> None:
    """Show what an estimator's file says of itself."""
    from core.project.estimators.files import describe

    told = describe(file)
    if as_json:
        print(json.dumps(told, indent=2))
        return
    skeleton = told.pop("skeleton")
    rows = table("", "")
    for name, value in told.items():
        rows.add_row(name.replace("_", "-"), str(value))
    rows.add_row(
        "skeleton", f"{skeleton['name']}, {len(skeleton['joints'])} joints: {', '.join(skeleton['joints'])}"
    )
    Console().print(rows)


@estimators.command()
def compare(
    project: Annotated[Path, typer.Argument(help="The project whose video they are tried on.")],
    names: Annotated[list[str], typer.Argument(help="thunder, lightning, files, or folders of projects.")],
    video: Annotated[int | None, typer.Option(help="Number of the video, by default the first.")] = None,
    device: Annotated[str | None, typer.Option(help="auto, cuda or cpu.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare estimators on a few frames: how sure, how steady, how right and how quick each is."""
    from core.domain import UserError
    from core.project.estimators.compare import compare as compare_all
    from core.project.project import Project

    with Project(project) as opened, progress_bar() as progress:
        chosen = [one for one in opened.videos() if video in (None, one.id)]
        if not chosen:
            raise UserError(
                f"There is no video {video} in {project}. Add one first, or choose another number."
            )
        found = compare_all(opened, chosen[0], names, Bar(progress), device)
    if as_json:
        print(json.dumps([asdict(one) for one in found], indent=2))
        return
    rows = table("Estimator", "Joints", "Confidence", "Jitter", "OKS", "ms a pose", "Device")
    for one in found:
        right = "–" if one.oks is None else f"{one.oks:.3f}"
        rows.add_row(
            one.name,
            str(one.joints),
            f"{one.confidence:.2f}",
            f"{one.jitter:.2%}",
            right,
            f"{one.milliseconds:.1f}",
            one.device,
        )
    Console().print(rows)


@estimators.command("import")
def import_(
    file: Annotated[
        str,
        typer.Argument(
            help="A checkpoint (.pth, .safetensors), a folder that transformers saved, or a foreign "
            ".onnx; without --architecture thunder, lightning or an estimator's file, to give it "
            "another skeleton."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="The .onnx or .safetensors file to write.")],
    architecture: Annotated[
        str | None, typer.Option(help="What the file is of; see: estimator list.")
    ] = None,
    skeleton: Annotated[
        str | None,
        typer.Option(
            help="A built-in one by name (see: estimator skeletons), or JSON with joints, edges, "
            "flip_pairs and sigmas; by default COCO-17's."
        ),
    ] = None,
    size: Annotated[str | None, typer.Option(help="WIDTHxHEIGHT of a crop, e.g. 192x256.")] = None,
    mean: Annotated[
        str | None, typer.Option(help="Taken off the colours, of 0 to 255, e.g. 124,116,104.")
    ] = None,
    std: Annotated[str | None, typer.Option(help="What they are divided by then.")] = None,
    output: Annotated[
        str | None, typer.Option(help="The heatmaps, where a foreign .onnx has several outputs.")
    ] = None,
    colours: Annotated[
        str | None,
        typer.Option(help="rgb or bgr: the order in which it takes colours, --mean and --std too."),
    ] = None,
    convention: Annotated[
        str | None, typer.Option(help="Where a joint lies in the heatmap: corner, centre or udp.")
    ] = None,
) -> None:
    """Make an estimator for --estimator of another program's network, or give one other joints."""
    from core.project.estimators.files import import_estimator

    with progress_bar() as progress:
        sentences = import_estimator(
            file,
            out,
            Bar(progress),
            architecture=architecture,
            skeleton=skeleton,
            size=size,
            mean=mean,
            std=std,
            output=output,
            convention=convention,
            colours=colours,
        )
    for sentence in sentences:
        print(sentence)
    print(f"The estimator is in {out}.")
