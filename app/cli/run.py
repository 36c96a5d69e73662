"""The command line: the same operations as the window, without a screen."""

import errno
import json
import sys
import warnings
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.cli.batch import batch
from app.cli.detector import detectors
from app.cli.estimate import BudgetOption, DeviceOption, ProjectOption, budget_of, estimate, finish
from app.cli.estimator import estimators
from app.cli.exchange import annotate, export, report
from app.cli.late_help import export_formats, label_files, late_help, pose_files
from app.cli.output import Bar, JsonOption, print_all, progress_bar, table
from app.cli.people import VideoOption, people, span_of
from app.cli.project import relink, repair
from app.cli.status import status
from core.domain import Cancelled, UserError
from core.selection.registry import SAMPLERS, sampler_titles
from core.uncertainty.criteria import CRITERIA

cli = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Tailors a pose estimator to one video. Without a command, the window opens: "
    "main.py [PROJECT | VIDEO | FOLDER], main.py --demo.",
)
cli.add_typer(estimators, name="estimator")
cli.add_typer(detectors, name="detector")
cli.command(cls=late_help(poses=pose_files))(estimate)
cli.command()(finish)
cli.command()(batch)
cli.add_typer(people, name="people")
cli.command()(status)
cli.command()(repair)
cli.command()(relink)
cli.command(cls=late_help(source=label_files))(annotate)
cli.command()(report)
cli.command(cls=late_help(format_name=export_formats))(export)
INTERRUPTED = 130  # how a command ends on Ctrl+C, as every shell has it
DISK_PROBLEMS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EFBIG)


def run_command(arguments: list[str]) -> int:
    """Runs a sub-command; a UserError becomes its sentence and exit code 2."""
    warnings.filterwarnings("ignore", module="trackers|supervision")
    try:
        code = cli(arguments, standalone_mode=False) or 0
        if code == INTERRUPTED:
            print("Stopped. What was finished before is kept.", file=sys.stderr)
        return code
    except UserError as error:
        sentence = str(error)
    except Cancelled:
        sentence = "Stopped. Nothing was changed."
    except OSError as error:
        if error.errno not in DISK_PROBLEMS:
            raise
        sentence = (
            f"{error.filename or 'A file'} could not be written: {error.strerror}. Free disk space, "
            "then try again."
        )
    except typer.Exit as stop:
        return stop.exit_code
    except typer.TyperException as error:
        sentence = error.format_message()
    print(sentence, file=sys.stderr)
    return 2


@cli.command()
def propose(
    project: ProjectOption,
    criterion: Annotated[
        str | None, typer.Option(help=f"{', '.join(CRITERIA)}, or a sum such as thc+wpu.")
    ] = None,
    sampler: Annotated[str | None, typer.Option(help=f"{', '.join(sampler_titles())}.")] = None,
    size: Annotated[int | None, typer.Option(help="How many poses; 5 % of all by default.")] = None,
    variant: Annotated[str | None, typer.Option(help="ours or paper.")] = None,
    audit: Annotated[
        float | None,
        typer.Option(help="Draw more at random, as a share of the batch, to tell how the rest is."),
    ] = None,
    span: Annotated[str | None, typer.Option(help="FIRST:LAST: only from these frames.")] = None,
    video: VideoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Choose the poses that are worth correcting next."""
    from core.project.project import Project
    from core.queries.status import AUDIT, ON_NEIGHBOUR
    from core.workflow.propose import propose as work

    words = {AUDIT: "drawn at random", ON_NEIGHBOUR: "lies on a neighbour"}
    with Project(project) as opened:
        part = None if span is None and video is None else span_of(opened, span, video)
        items = work(opened, size, criterion, sampler, variant, audit=audit, span=part)
        names = {t: n for v in opened.videos() for t, n in opened.store.track_names(v.id).items()}
    if as_json:
        chosen = [{"person": names[i.sample.track], **i.sample._asdict(), "reason": i.reason} for i in items]
        print(json.dumps(chosen, indent=2))
        return
    rows = table("#", "Frame", "Person", "Why")
    for i, item in enumerate(items, 1):
        why = ", ".join(words.get(name) or f"{name} {value:.2f}" for name, value in item.reason.items())
        rows.add_row(str(i), str(item.sample.frame), names[item.sample.track], why)
    Console().print(rows)


@cli.command()
def finetune(
    project: ProjectOption,
    steps: Annotated[
        int | None, typer.Option(help="Exactly this many steps; by default what the method asks for.")
    ] = None,
    without_labels: Annotated[
        bool, typer.Option(help="Before the first label: learn from poses that the estimator is sure of.")
    ] = False,
    replace_poses: Annotated[
        bool,
        typer.Option(
            help="Replace poses from a file even where they are nearer to the labels than the estimator's."
        ),
    ] = False,
    device: DeviceOption = None,
    budget: BudgetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fine-tune on the labels, then estimate again with the new estimator, as far as the time allows."""
    from core.project.estimators.runtime import device_in_words
    from core.project.project import Project
    from core.queries.coverage import coverage_in_words
    from core.queries.status import parity_in_words, strays_in_words, unlabelled_in_words
    from core.queries.status import status as rounds
    from core.workflow.fine_tune import finetune as work

    with Project(project) as opened:
        forgotten = unlabelled_in_words(opened)
        with progress_bar() as progress:
            seconds = budget_of(budget, opened)
            refused = work(
                opened,
                Bar(progress),
                steps=steps,
                device=device,
                without_labels=without_labels,
                budget=seconds,
                replace_poses=replace_poses,
            )
        entries = rounds(opened)
        before, latest = entries[-2:] if len(entries) > 1 else (entries[0], entries[0])
        ran, covered = device_in_words(opened), coverage_in_words(opened)
    if as_json:
        print(json.dumps(latest.to_json(), indent=2))
        return
    if refused:
        hint = " --replace-poses takes the estimator's all the same." if latest.given_stay else ""
        print(refused + hint)
        return
    print(
        f"Round {latest.round}: {latest.steps} steps in {latest.seconds:.0f} s on the {latest.device}, "
        f"loss {latest.loss:.3f}."
    )
    print_all(
        (ran, parity_in_words(entries), before.advice.sentence, strays_in_words(entries), forgotten, covered)
    )


@cli.command()
def back(
    project: ProjectOption,
    number: Annotated[
        int, typer.Option("--round", help="The earlier round whose estimator is to be used again.")
    ],
    device: DeviceOption = None,
    budget: BudgetOption = None,
) -> None:
    """Go on with the estimator of an earlier round, as the next round; labels and the rounds between stay."""
    from core.project.project import Project
    from core.queries.coverage import coverage_in_words
    from core.workflow.next_round import go_back

    with Project(project) as opened:
        with progress_bar() as progress:
            go_back(opened, number, Bar(progress), device=device, budget=budget_of(budget, opened))
        latest, covered = opened.latest_round(), coverage_in_words(opened)
    print(f"Round {latest} has the estimator of round {number} again.")
    print_all((covered,))


@cli.command()
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
            help="Share of the video that batches are chosen from, spread evenly over it.", min=0.01, max=1
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
    """Measure how fast the loop learns: a simulated annotator answers from a reference."""
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


@cli.command()
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


@cli.command()
def desktop(
    remove: Annotated[bool, typer.Option("--remove", help="Remove the entry again.")] = False,
) -> None:
    """Put PoseTailor among the programs of a Linux desktop."""
    import platformdirs

    from app.cli import desktop_entry as entries

    data = Path(platformdirs.user_data_dir())
    print(entries.remove(data) if remove else entries.install(data, entries.own_command()))
