"""main.py status: where a project stands."""

import json

from rich.console import Console

from app.cli.estimate import ProjectOption
from app.cli.output import JsonOption, print_all, table


def status(project: ProjectOption, as_json: JsonOption = False) -> None:
    """Where the project stands, round by round."""
    from core.project.estimators.runtime import device_in_words
    from core.project.people.interest import interest_in_words
    from core.project.project import Project
    from core.queries.coverage import coverage, coverage_in_words, total, weight, weight_in_words
    from core.queries.status import (
        audit_in_words,
        criterion_in_words,
        estimation_only_in_words,
        parity_in_words,
        refused_in_words,
        sigmas_in_words,
        strays_in_words,
        unlabelled_in_words,
    )
    from core.queries.status import status as rounds

    with Project(project) as opened:
        entries = rounds(opened)
        queued = len(opened.queued())
        settings = {name: opened.setting(name) for name in ("estimator", "criterion", "sampler", "variant", "tau")}
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
    print_all((*notes, heavy))
