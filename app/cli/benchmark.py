"""main.py benchmark: learning curves of a simulated annotator."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.output import Bar, progress_bar
from core.selection.registry import SAMPLERS


def benchmark(
    dataset: Annotated[
        list[str],
        typer.Option(
            help="What to measure on, repeatable: 'demo', a video with its reference beside it, "
            "VIDEO=REFERENCE, a COCO, PoseTrack21 or JRDB-Pose file, a name in --data, or a .txt "
            "file that lists some. With :dark, :upside-down, … frames are changed, with "
            ":dark@0.2 some of them; A+B is both, one after the other."
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", help="Folder for results; what is finished there is not run again.")
    ],
    data: Annotated[
        Path | None, typer.Option(help="Folder with clips/NAME.mp4 and reference/NAME*.npz or .json.")
    ] = None,
    criteria: Annotated[
        str | None,
        typer.Option(help="Criteria, comma-separated, sums as in thc+wpu; by default each sampler's own."),
    ] = None,
    samplers: Annotated[
        str,
        typer.Option(
            help=f"Comma-separated, of {', '.join(SAMPLERS)}, and keyframes, which interpolates "
            "between labels."
        ),
    ] = "facility-location,random,keyframes",
    estimator: Annotated[
        str, typer.Option(help="thunder, lightning, a .safetensors or .onnx file, or a project's folder.")
    ] = "lightning",
    seeds: Annotated[int, typer.Option(help="How many repetitions, with seeds 0, 1, …", min=1)] = 3,
    shares: Annotated[
        str | None, typer.Option(help="Per cent labelled after each round, 5,10,… by default.")
    ] = None,
    labels: Annotated[
        str | None, typer.Option(help="Poses labelled after each round; not together with --shares.")
    ] = None,
    first: Annotated[str | None, typer.Option(help="Sampler of the first batch, if another.")] = None,
    noise: Annotated[
        float, typer.Option(help="Noise on the first weights, in standard deviations of each filter.", min=0)
    ] = 0.0,
    steps: Annotated[
        int | None, typer.Option(help="Steps of each fine-tuning; by default what the method asks for.")
    ] = None,
    pool: Annotated[
        float,
        typer.Option(
            help="Share of the video that each round reaches, by turns, and chooses its batch from.",
            min=0.01,
            max=1,
        ),
    ] = 1.0,
    until_solved: Annotated[
        bool, typer.Option(help="End a curve when every raw pose reached OKS 0.75 twice in a row.")
    ] = False,
    jobs: Annotated[
        int | None, typer.Option(help="Curves at a time; as many as there are cores by default.")
    ] = None,
    device: Annotated[str, typer.Option("--device", help="auto, cuda or cpu.")] = "auto",
) -> None:
    """Measure how fast the loop learns with a simulated annotator."""
    from core.benchmark.plan import Protocol, batches, dataset_names, runs_of
    from core.benchmark.report import write_report
    from core.benchmark.runner import run_benchmark
    from core.benchmark.summary import Curve
    from core.selection.registry import sampler as check_sampler

    names = dataset_names(dataset)
    runs = runs_of(names, criteria and criteria.split(","), samplers.split(","), range(seeds))
    if first is not None:
        check_sampler(first)
    protocol = Protocol(
        **batches(shares, labels), first=first, until_solved=until_solved, steps=steps, noise=noise, pool=pool
    )
    with progress_bar() as progress:
        results = run_benchmark(runs, protocol, estimator, data, out, Bar(progress), device, jobs)
    print(write_report([Curve(*result) for result in results], out))
