"""main.py propose, finetune and back: from one round to the next."""

import json
from typing import Annotated

import typer
from rich.console import Console

from app.cli.estimate import BudgetOption, DeviceOption, ProjectOption, budget_of
from app.cli.output import Bar, JsonOption, print_all, progress_bar, table
from app.cli.people import VideoOption, span_of
from core.selection.registry import sampler_titles
from core.uncertainty.criteria import CRITERIA


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
    """Fine-tune on the labels, then estimate again, as far as the time allows."""
    from core.project.estimators.runtime import device_in_words
    from core.project.project import Project
    from core.queries.coverage import coverage_in_words
    from core.queries.status import status as rounds
    from core.queries.status_sentences import (
        hurried_in_words,
        parity_in_words,
        strays_in_words,
        unlabelled_in_words,
    )
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
        (
            ran,
            parity_in_words(entries),
            hurried_in_words(entries),
            before.advice.sentence,
            strays_in_words(entries),
            forgotten,
            covered,
        )
    )


def back(
    project: ProjectOption,
    number: Annotated[
        int, typer.Option("--round", help="The earlier round whose estimator is to be used again.")
    ],
    device: DeviceOption = None,
    budget: BudgetOption = None,
) -> None:
    """Go on with the estimator of an earlier round.

    It becomes that of the next round; labels and the rounds between stay.
    """
    from core.project.project import Project
    from core.queries.coverage import coverage_in_words
    from core.workflow.next_round import go_back

    with Project(project) as opened:
        with progress_bar() as progress:
            go_back(opened, number, Bar(progress), device=device, budget=budget_of(budget, opened))
        latest, covered = opened.latest_round(), coverage_in_words(opened)
    print(f"Round {latest} has the estimator of round {number} again.")
    print_all((covered,))
