"""main.py status: where a project stands."""

import json
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from app.cli.estimate import ProjectOption
from app.cli.output import JsonOption, print_all, table

if TYPE_CHECKING:
    from core.queries.status import RoundStatus


def status(project: ProjectOption, as_json: JsonOption = False) -> None:
    """Show where the project stands, round by round."""
    from core.project.estimators.runtime import device_in_words
    from core.project.people.interest import interest_in_words
    from core.project.project import Project
    from core.queries.coverage import coverage, coverage_in_words, total, weight, weight_in_words
    from core.queries.status import status as rounds
    from core.queries.status_sentences import (
        audit_in_words,
        criterion_in_words,
        estimation_only_in_words,
        hurried_in_words,
        parity_in_words,
        refused_in_words,
        sigmas_in_words,
        strays_in_words,
        unlabelled_in_words,
    )

    with Project(project) as opened:
        entries = rounds(opened)
        queued = len(opened.queued())
        settings = {
            name: opened.setting(name) for name in ("estimator", "criterion", "sampler", "variant", "tau")
        }
        names = {t: n for v in opened.videos() for t, n in opened.store.track_names(v.id).items()}
        context = [names[track] for track in sorted(opened.context())]
        samples = sum(len(p) for v in opened.videos() if (p := opened.predictions(v.id)) is not None)
        videos, covered, bytes_of = opened.videos(), coverage(opened), weight(opened)
        heavy = weight_in_words(opened)
        notes = (
            interest_in_words(opened),
            coverage_in_words(opened),
            refused_in_words(entries),
            strays_in_words(entries),
            device_in_words(opened),
            audit_in_words(entries),
            hurried_in_words(entries),
            unlabelled_in_words(opened),
            parity_in_words(entries),
            estimation_only_in_words(entries),
            criterion_in_words(opened),
            sigmas_in_words(opened),
        )
    if as_json:
        data = {
            "videos": [str(video.path) for video in videos],
            "coverage": round(total(covered), 4),
            "coverage_by_video": {str(one.video.path): round(one.share, 4) for one in covered},
            "bytes": bytes_of,
            "samples": samples,
            "queued": queued,
            "context": context,
            **settings,
            "rounds": [e.to_json() for e in entries],
        }
        print(json.dumps(data, indent=2))
        return
    if not entries:
        print("Nothing is estimated yet. Run: main.py estimate VIDEO --project DIR")
        return
    Console().print(_rounds(entries, settings["tau"]))
    print(f"{samples} poses, {queued} queued. {entries[-1].advice.sentence}")
    print_all((*notes, heavy))


def _rounds(entries: "list[RoundStatus]", tau: float) -> Table:
    rows = table(
        *(
            "Round",
            "Queried",
            "Labelled",
            "G",
            f"OKS ≥ {tau:g}",
            "Stop?",
            "Epochs",
            "Loss",
            "Seconds",
            "Device",
        )
    )

    def told(value: float | None, form: str) -> str:
        return "–" if value is None else f"{value:{form}}"

    for entry in entries:
        rows.add_row(
            str(entry.round),
            str(entry.queried),
            str(entry.labelled),
            told(entry.g, ".3f"),
            told(entry.share, ".0%"),
            "yes" if entry.advice.stop else "no",
            told(entry.epochs, ".1f"),
            told(entry.loss, ".4f"),
            told(entry.seconds, ".0f"),
            entry.device or "–",
        )
    return rows
