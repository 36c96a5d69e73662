"""The command line: the same operations as the window, without a screen."""

import errno
import json
import shutil
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.batch_cli import batch
from app.estimator_cli import estimators
from app.exchange_cli import annotate, export
from app.output import Bar, JsonOption, print_all, progress_bar, table
from app.people_cli import ScoreOption, SizeOption, VideoOption, people, span_of
from app.project_cli import relink, repair
from core.domain import Cancelled, UserError
from core.tracking.settings import USUAL, FindSettings
from core.uncertainty.criteria import CRITERIA

cli = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Tailors a pose estimator to one video. Without a command, the window opens: "
    "main.py [PROJECT | VIDEO | FOLDER], main.py --demo.",
)
cli.add_typer(estimators, name="estimator")
cli.command()(batch)
cli.add_typer(people, name="people")
cli.command()(repair)
cli.command()(relink)
cli.command()(annotate)
cli.command()(export)
INTERRUPTED = 130  # how a command ends on Ctrl+C, as every shell has it
DISK_PROBLEMS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EFBIG)

ProjectOption = Annotated[Path, typer.Option("--project", help="The project's folder.")]
DeviceOption = Annotated[str | None, typer.Option("--device", help="auto, cuda or cpu.")]


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
            f"{error.filename or 'A file'} could not be written: {error.strerror}. Free disk space, then try again."
        )
    except typer.Exit as stop:
        return stop.exit_code
    except typer.TyperException as error:
        sentence = error.format_message()
    print(sentence, file=sys.stderr)
    return 2


@cli.command()
def estimate(
    video: Annotated[
        Path,
        typer.Argument(
            help="The video to work on: a file, or a folder of images in the order of their names, 25 a second "
            "or as many as it says in its own name, as in walk_30fps."
        ),
    ],
    project: ProjectOption,
    estimator: Annotated[
        str | None,
        typer.Option(help="thunder, lightning, a .safetensors or .onnx file, or a project to go on from."),
    ] = None,
    device: DeviceOption = None,
    boxes: Annotated[Path | None, typer.Option(help="Boxes of your own: COCO JSON or MOT text.")] = None,
    start: Annotated[int, typer.Option(help="First frame.")] = 0,
    stop: Annotated[int | None, typer.Option(help="Frame after the last.")] = None,
    score: ScoreOption = USUAL.score,
    size: SizeOption = USUAL.size,
    as_json: JsonOption = False,
) -> None:
    """Find the people and estimate their poses."""
    from core.project.estimators.runtime import device_in_words
    from core.project.project import Project
    from core.project.rounds.estimate import estimate as work
    from core.project.rounds.status import (
        criterion_in_words,
        estimation_only_in_words,
        parity_in_words,
        sigmas_in_words,
        strays_in_words,
    )
    from core.project.rounds.status import status as rounds
    from core.video.source import open_video

    settings = FindSettings(score=score, size=size)
    known = Project.exists(project)
    with open_video(video) as source:  # no folder is left behind for a video that cannot be read
        cut = source.cut
    with _estimated_or_gone(project), Project(project, create=not known) as opened, progress_bar() as progress:
        registered = opened.add_video(video)
        work(
            opened,
            registered.id,
            Bar(progress),
            device=device,
            estimator=estimator,
            boxes=boxes,
            start=start,
            stop=stop,
            settings=None if settings == USUAL else settings,
        )
        predictions = opened.predictions(registered.id)
        found = len(opened.tracks(registered.id))
        entries = rounds(opened)
        notes = (
            cut,
            device_in_words(opened),
            strays_in_words(entries),
            parity_in_words(entries),
            estimation_only_in_words(entries),
            criterion_in_words(opened),
            sigmas_in_words(opened),
        )
    if as_json:
        print(json.dumps({"video": registered.id, "samples": len(predictions), "people": found}))
        return
    poses, people = "pose" if len(predictions) == 1 else "poses", "person" if found == 1 else "people"
    print(f"Estimated {len(predictions)} {poses} of {found} {people} in {video.name}.")
    print_all(notes)


@contextmanager
def _estimated_or_gone(folder: Path) -> Iterator[None]:
    """A new project in which nothing could be estimated does not stay behind, nor folders made for it."""
    from core.project.project import Project

    made = [path for path in (folder.absolute(), *folder.absolute().parents) if not path.exists()]
    new = bool(made) or (folder.is_dir() and not any(folder.iterdir()))
    try:
        yield
    except UserError:
        if new and Project.exists(folder):
            with Project(folder) as left:
                estimated = left.latest_round() is not None
            if not estimated:
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(exist_ok=True)
                with suppress(OSError):  # another command may have put its own there
                    for path in made:
                        path.rmdir()
        raise


@cli.command()
def propose(
    project: ProjectOption,
    criterion: Annotated[str | None, typer.Option(help=f"{', '.join(CRITERIA)}, or a sum such as thc+wpu.")] = None,
    sampler: Annotated[
        str | None, typer.Option(help="duw, core-set, k-means, weighted-k-means, top, stride, random.")
    ] = None,
    size: Annotated[int | None, typer.Option(help="How many samples; 5 % of all by default.")] = None,
    variant: Annotated[str | None, typer.Option(help="ours or paper.")] = None,
    audit: Annotated[
        float | None, typer.Option(help="Draw more at random, as a share of the batch, to tell how the rest is.")
    ] = None,
    span: Annotated[str | None, typer.Option(help="FIRST:LAST: only from these frames.")] = None,
    video: VideoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Choose the samples that are worth labelling next."""
    from core.project.project import Project
    from core.project.rounds.propose import propose as work
    from core.project.rounds.status import AUDIT, ON_NEIGHBOUR

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
    steps: Annotated[int | None, typer.Option(help="Exactly so many; by default what the method asks for.")] = None,
    without_labels: Annotated[bool, typer.Option(help="From sure poses, before the first label.")] = False,
    device: DeviceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fine-tune on the labels, then estimate everything again."""
    from core.project.estimators.runtime import device_in_words
    from core.project.project import Project
    from core.project.rounds.finetune import finetune as work
    from core.project.rounds.status import parity_in_words, strays_in_words, unlabelled_in_words
    from core.project.rounds.status import status as rounds

    with Project(project) as opened:
        forgotten = unlabelled_in_words(opened)
        with progress_bar() as progress:
            refused = work(opened, Bar(progress), steps=steps, device=device, without_labels=without_labels)
        entries = rounds(opened)
        before, latest = entries[-2:] if len(entries) > 1 else (entries[0], entries[0])
        ran = device_in_words(opened)
    if as_json:
        print(json.dumps(latest.to_json(), indent=2))
        return
    if refused:
        print(refused)
        return
    print(
        f"Round {latest.round}: {latest.steps} steps in {latest.seconds:.0f} s on the {latest.device}, "
        f"loss {latest.loss:.3f}."
    )
    print_all((ran, parity_in_words(entries), before.advice.sentence, strays_in_words(entries), forgotten))


@cli.command()
def status(project: ProjectOption, as_json: JsonOption = False) -> None:
    """Where the project stands, round by round."""
    from core.project.estimators.runtime import device_in_words
    from core.project.project import Project
    from core.project.rounds.status import (
        audit_in_words,
        criterion_in_words,
        estimation_only_in_words,
        parity_in_words,
        refused_in_words,
        sigmas_in_words,
        strays_in_words,
        unlabelled_in_words,
    )
    from core.project.rounds.status import status as rounds

    with Project(project) as opened:
        entries = rounds(opened)
        queued = len(opened.queued())
        settings = {name: opened.setting(name) for name in ("estimator", "criterion", "sampler", "variant", "tau")}
        samples = sum(len(p) for v in opened.videos() if (p := opened.predictions(v.id)) is not None)
        videos = [str(v.path) for v in opened.videos()]
        notes = (
            refused_in_words(entries),
            strays_in_words(entries),
            device_in_words(opened),
            audit_in_words(entries),
            unlabelled_in_words(opened),
            parity_in_words(entries),
            estimation_only_in_words(entries),
            criterion_in_words(opened),
            sigmas_in_words(opened),
        )
    if as_json:
        data = {
            "videos": videos,
            "samples": samples,
            "queued": queued,
            **settings,
            "rounds": [e.to_json() for e in entries],
        }
        print(json.dumps(data, indent=2))
        return
    if not entries:
        print("Nothing is estimated yet. Run: main.py estimate VIDEO --project DIR")
        return
    columns = (
        "Round",
        "Queried",
        "Labelled",
        "G",
        f"OKS ≥ {settings['tau']:g}",
        "Stop?",
        "Epochs",
        "Loss",
        "Seconds",
        "Device",
    )
    rows = table(*columns)
    for e in entries:
        rows.add_row(
            *(str(v) for v in (e.round, e.queried, e.labelled)),
            *("–" if v is None else f"{v:{form}}" for v, form in ((e.g, ".3f"), (e.share, ".0%"))),
            "yes" if e.advice.stop else "no",
            *(
                "–" if v is None else f"{v:{form}}"
                for v, form in ((e.epochs, ".1f"), (e.loss, ".4f"), (e.seconds, ".0f"))
            ),
            e.device or "–",
        )
    Console().print(rows)
    print(f"{samples} samples, {queued} queued. {entries[-1].advice.sentence}")
    print_all(notes)


@cli.command()
def benchmark(
    dataset: Annotated[
        list[str],
        typer.Option(
            help="What to measure on, repeatable: 'demo', a video with its reference beside it, VIDEO=REFERENCE, a COCO, "
            "PoseTrack21 or JRDB-Pose file, a name in --data, or a .txt file that lists some. With :dark, :upside-down, … "
            "frames are changed, with :dark@0.2 some of them; A+B is both, one after the other."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for results; what is finished there is not run again.")],
    data: Annotated[
        Path | None, typer.Option(help="Folder with clips/NAME.mp4 and reference/NAME*.npz or .json.")
    ] = None,
    criteria: Annotated[str, typer.Option(help="Comma-separated, sums as in thc+wpu.")] = "thc+wpu",
    samplers: Annotated[
        str, typer.Option(help="Comma-separated; duw.paper is the paper's method, keyframes interpolates, untrained.")
    ] = "duw,random,keyframes",
    estimator: Annotated[
        str, typer.Option(help="thunder, lightning, a .safetensors or .onnx file, or a project's folder.")
    ] = "lightning",
    seeds: Annotated[int, typer.Option(help="How many: 0, 1, …", min=1)] = 3,
    shares: Annotated[str | None, typer.Option(help="Per cent labelled after each round, 5,10,… by default.")] = None,
    labels: Annotated[str | None, typer.Option(help="Samples labelled after each round, not with --shares.")] = None,
    first: Annotated[str | None, typer.Option(help="Sampler of the first batch, if another.")] = None,
    noise: Annotated[
        float, typer.Option(help="Noise on the first weights, in standard deviations of each filter.", min=0)
    ] = 0.0,
    steps: Annotated[int | None, typer.Option(help="Of each fine-tuning; by default what the method asks for.")] = None,
    until_solved: Annotated[
        bool, typer.Option(help="End a curve when every raw pose reached OKS 0.75 twice in a row.")
    ] = False,
    jobs: Annotated[int | None, typer.Option(help="Curves at a time; as many as there are cores by default.")] = None,
    device: Annotated[str, typer.Option("--device", help="auto, cuda or cpu.")] = "auto",
) -> None:
    """Measure how fast the loop learns: a simulated annotator answers from a reference."""
    from core.benchmark.plan import Protocol, batches, dataset_names, runs_of
    from core.benchmark.report import write_report
    from core.benchmark.runner import run_benchmark
    from core.benchmark.summary import Curve
    from core.selection.sampler import sampler

    names = dataset_names(dataset)
    runs = runs_of(names, criteria.split(","), samplers.split(","), range(seeds))
    if first is not None:
        sampler(first)
    protocol = Protocol(**batches(shares, labels), first=first, until_solved=until_solved, steps=steps, noise=noise)
    with progress_bar() as progress:
        results = run_benchmark(runs, protocol, estimator, data, out, Bar(progress), device, jobs)
    print(write_report([Curve(*result) for result in results], out))


@cli.command()
def doctor(
    as_json: JsonOption = False,
    prepare: Annotated[bool, typer.Option(help="Make the bundled networks ready for first use.")] = False,
) -> None:
    """What is installed, which device each part really uses, and what to do about it."""
    from core.project.doctor import examine
    from core.project.estimators.models import prepare as make_ready

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
def desktop(remove: Annotated[bool, typer.Option("--remove", help="Take it away again.")] = False) -> None:
    """Put PoseTailor among the programs of a Linux desktop."""
    import platformdirs

    from app import desktop as entries

    data = Path(platformdirs.user_data_dir())
    print(entries.remove(data) if remove else entries.install(data, entries.own_command()))
