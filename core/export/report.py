"""A report that can be attached to a paper: one HTML file without scripts or anything from outside."""

from collections.abc import Iterable
from html import escape
from math import isnan
from pathlib import Path

from core.domain import Monitor, UserError
from core.evaluation.joint_error import Mean
from core.export.findings import Findings, JointError, findings
from core.export.options import ExportOptions
from core.project.project import Project

SHOWN = 200  # stretches that are listed
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1d2329; max-width: 60em; margin: 3em auto;
  padding: 0 1.5em; }
h1 { font-size: 1.7em; margin-bottom: .2em; }
h2 { font-size: 1.2em; margin-top: 2em; border-bottom: 1px solid #cfd6dc; }
table { border-collapse: collapse; margin: .8em 0; font-variant-numeric: tabular-nums; }
th, td { padding: .2em .9em .2em 0; text-align: right; vertical-align: top; }
th { font-weight: 600; color: #55606a; }
th:first-child, td:first-child, td.text, th.text { text-align: left; }
tr + tr { border-top: 1px solid #e6eaee; }
.note { color: #55606a; }
code { font-size: .9em; overflow-wrap: anywhere; }
"""
TERMS = {
    "OKS": "Object keypoint similarity of a pose to a label: 1 where they agree, falling with the "
    "distance of the joints in relation to the size of the person and to how exactly people "
    "place each joint (COCO).",
    "tau": "The OKS from which a pose counts as right.",
    "G": "Mean OKS of the estimates of a round before they were corrected. Batches are chosen among "
    "doubtful poses, so it is mostly lower than over the whole video.",
    "THC": "Temporal heatmap continuity: how much the estimate of a joint jumps between neighbouring frames.",
    "Refined poses": "What an export writes where there is no label, unless predictions were asked for. The "
    "errors above are of the predictions themselves.",
    "WPU": "Whole-body pose unnaturalness: how unlikely the posture is for a person.",
}
REFERENCE = (
    "Hiromu Taketsugu and Norimichi Ukita. Active Transfer Learning for Efficient Video-Specific Human "
    "Pose Estimation. IEEE/CVF Winter Conference on Applications of Computer Vision (WACV), 2024."
)


def export_report(project: Project, path: Path, monitor: Monitor, _: ExportOptions) -> str:
    """Writes the file. Raises UserError before the first estimation, Cancelled, OSError."""
    if project.latest_round() is None:
        raise UserError("There is nothing to report yet. Estimate the poses first.")
    monitor.report("Writing the report", 0, 0)
    found = findings(project, monitor)
    path.write_text(to_html(found), encoding="utf-8", errors="backslashreplace")
    labels = found.effort.labels
    return (
        f"Wrote a report on {len(found.rounds)} {_s(len(found.rounds), 'round')} and {labels} "
        f"{_s(labels, 'label')}."
    )


def to_html(found: Findings) -> str:
    """The whole page."""
    names = ", ".join(video.name for video in found.videos)
    body = [
        f"<h1>Pose estimation of {escape(names)}</h1>",
        f"<p class=note>Report of PoseTailor {escape(found.versions['PoseTailor'])}.</p>",
        _section(
            "For the methods section", f"<p>{escape(methods(found))}</p><p class=note>{escape(REFERENCE)}</p>"
        ),
        _section("Videos", _videos(found)),
        _section("Estimator and rounds", _rounds(found)),
        _section("Labels", _labels(found)),
        _section("Errors of the estimates", _errors(found)),
        _section("Not to be trusted", _stretches(found)),
        _section("Settings and versions", _settings(found)),
        _section(
            "Terms", "".join(f"<p><b>{escape(term)}</b>: {escape(text)}</p>" for term, text in TERMS.items())
        ),
    ]
    head = f"<meta charset=utf-8><title>{escape(names)} — PoseTailor</title><style>{STYLE}</style>"
    return f"<!doctype html><html lang=en><head>{head}</head><body>{''.join(body)}</body></html>\n"


def methods(found: Findings) -> str:
    """The sentences for the methods section."""
    effort, latest, settings = found.effort, found.rounds[-1], found.settings
    length = f"{effort.minutes:.1f} min" if effort.minutes >= 2 else f"{60 * effort.minutes:.1f} s"
    adapted = (
        f"which was adapted to {length} of video in {latest.round} {_s(latest.round, 'round')} of active "
        "transfer learning"
        if latest.round
        else f"used as it came on {length} of video, in the first round of active transfer learning"
    )
    estimated = (
        f"2-D poses were estimated with PoseTailor {found.versions['PoseTailor']}, starting from the "
        f"estimator {Path(str(settings['estimator'])).name}, {adapted}"
    )
    if found.given:
        files = ", ".join(dict.fromkeys(found.given))
        corrected = (
            f"2-D poses of another program ({files}) were corrected with PoseTailor "
            f"{found.versions['PoseTailor']}"
        )
        estimated = (
            f"{estimated} that began with poses of another program ({files})"
            if latest.round
            else f"{corrected} in the first round of active transfer learning"
        )
    text = (
        f"{estimated} (Taketsugu and Ukita, 2024): poses to be labelled were chosen by "
        f"{settings['sampler']} on {settings['criterion']}, and {effort.labels} "
        f"{_s(effort.labels, 'pose')} ({_share(effort.labels, effort.poses)} of {effort.poses:,}) were "
        f"checked or corrected by hand, which moved {effort.moved:,} {_s(effort.moved, 'joint')}."
    )
    overall = (found.drawn or found.errors)[:1]
    for error in overall:
        drawn = "drawn at random" if found.drawn else "chosen for labelling, which are harder than most,"
        text += (
            f" Before they were corrected, the estimates of round {found.judged} differed from the labels of "
            f"{error.pixels.count} poses {drawn} by {_mean(error.pixels, ' px')} on average, "
            f"{_mean(error.height, '%', 100)} of body height."
        )
    if latest.audit is not None:
        text += f" {latest.audit.sentence}"
    return text + (
        " Exported poses without a label are refined: the path of each joint is smoothed with noise and "
        "a lasting bias by the estimator's confidence, with heavy-tailed accelerations and, where it was "
        "measured, along the optical flow from frame to frame (pyramidal Lucas-Kanade), held fixed at the "
        "labels, and led past frames in which a pose lay on another person."
    )


def _videos(found: Findings) -> str:
    rows = []
    for video in found.videos:
        share = "not estimated" if video.coverage is None else f"{video.coverage.share:.0%}"
        wanted = video.frames if video.coverage is None else video.coverage.frames
        size = f"{video.width} × {video.height}"
        people = ", ".join(video.people[:10]) + (
            f" and {len(video.people) - 10} more" if len(video.people) > 10 else ""
        )
        context = f" ({video.context} others are context)" if video.context else ""
        seconds = f"{video.frames / video.fps:.1f} s"
        content = f"<code>{escape(video.content[:16])}</code>"
        cells = (
            escape(video.name),
            size,
            f"{video.fps:.3f}",
            f"{video.frames:,}",
            seconds,
            f"{wanted:,}",
            share,
        )
        rows.append((*cells, escape(people + context), content))
    heads = (
        "Video",
        "Pixels",
        "Frames/s",
        "Frames",
        "Length",
        "Wanted",
        "Estimated by the last round",
        "People",
        "Content",
    )
    return _table(heads, rows, texts=(7,)) + _note(
        "Content: the beginning of a SHA-256 that tells the file again."
    )


def _rounds(found: Findings) -> str:
    rows = [
        (
            str(one.round),
            f"{one.of_batch}/{one.queried}" if one.queried else "–",
            str(one.labelled),
            _number(one.g, "{:.2f}"),
            _number(one.share, "{:.0%}"),
            _number(one.steps, "{}"),
            _number(one.seconds, "{:.0f} s"),
            escape(one.training),
        )
        for one in found.rounds
    ]
    tau = found.settings["tau"]
    heads = ("Round", "Proposed, done", "Labels", "G", f"≥ {tau:g}", "Steps", "Trained for", "How")
    text = _table(heads, rows, texts=(7,))
    refused = [one for one in found.rounds if one.refused]
    text += "".join(f"<p>After round {one.round}: {escape(one.refused)}</p>" for one in refused)
    latest = found.rounds[-1]
    text += f"<p>{escape(latest.advice.sentence)}</p>"
    if latest.audit is not None:
        text += f"<p>{escape(latest.audit.sentence)}</p>"
    else:
        text += _note("No poses were drawn at random, so nothing is known of those that nobody looked at.")
    return text + _note(
        f"Labels at or above {tau:g}: share of all labels that the round's own estimates get right."
    )


def _labels(found: Findings) -> str:
    effort = found.effort
    per = 1000 / max(effort.poses, 1)
    rows = [
        ("Labelled poses", f"{effort.labels:,} of {effort.poses:,} ({_share(effort.labels, effort.poses)})"),
        ("of them accepted as estimated", f"{effort.as_estimated:,}"),
        (
            "Joints placed",
            f"{effort.joints:,}, of them {effort.occluded:,} hidden; {effort.missing:,} missing",
        ),
        ("Joints moved by hand", f"{effort.moved:,} ({effort.moved * per:.1f} per 1,000 estimated poses)"),
        ("Labels per minute of video", f"{effort.labels / max(effort.minutes, 1e-9):.1f}"),
    ]
    return _table(("", ""), rows)


def _errors(found: Findings) -> str:
    if not found.errors:
        return _note("There are no labels of an estimated pose yet, so nothing is known of the errors.")
    text = _error_table(f"All labels of round {found.judged}", found.errors)
    text += _note(
        "The estimates as they were before they were corrected, by an estimator that had not learned "
        "these labels. Poses are chosen for labelling because they are uncertain: these errors are mostly "
        "larger than those of the other poses."
    )
    if found.drawn:
        text += _error_table("Those drawn at random", found.drawn)
        text += _note("These stand for all poses of the video.")
    return text + _note(
        "Intervals: 95 %, by resampling poses. Neighbouring frames look alike, so the true ones are "
        "wider. Body height: the height of the person's box in that frame."
    )


def _error_table(title: str, errors: Iterable[JointError]) -> str:
    rows = [
        (one.joint, str(one.pixels.count), _mean(one.pixels, " px"), _mean(one.height, "%", 100))
        for one in errors
    ]
    return f"<p><b>{title}</b></p>" + _table(("Joint", "Labels", "Mean distance", "of body height"), rows)


def _stretches(found: Findings) -> str:
    text = ""
    for video in found.videos:
        if video.coverage is None or video.coverage.share < 1:
            share = 0 if video.coverage is None else video.coverage.share
            text += (
                f"<p>Of {escape(video.name)} the last round has estimated {share:.0%} of what is wanted.</p>"
            )
    if not found.stretches:
        return text + "<p>No pose lies on a neighbour, and none where hardly anybody can be seen.</p>"
    rows = [
        (escape(one.video), escape(one.person), f"{one.first}–{one.last}", escape(one.why))
        for one in found.stretches[:SHOWN]
    ]
    text += _table(("Video", "Person", "Frames", "Why"), rows, texts=(1, 3))
    more = len(found.stretches) - SHOWN
    return text + (_note(f"And {more:,} more stretches.") if more > 0 else "")


def _settings(found: Findings) -> str:
    used = {
        name: Path(str(value)).name if name == "estimator" else value
        for name, value in found.settings.items()
    }
    rows = [(escape(name), escape(str(value))) for name, value in used.items()]
    rows += [(escape(name), escape(version)) for name, version in found.versions.items()]
    rows += [
        ("estimated on", escape(found.device)),
        ("SHA-256 of the estimator", f"<code>{found.file}</code>"),
    ]
    return _table(("", ""), rows, texts=(1,))


def _section(title: str, content: str) -> str:
    return f"<h2>{title}</h2>{content}"


def _note(text: str) -> str:
    return f"<p class=note>{escape(text)}</p>"


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]], texts: tuple[int, ...] = ()) -> str:
    """Cells are HTML. texts: columns that are aligned as text."""

    def cells(row: tuple[str, ...], tag: str) -> str:
        kinds = (" class=text" if place in texts else "" for place in range(len(row)))
        return "".join(f"<{tag}{kind}>{cell}</{tag}>" for cell, kind in zip(row, kinds, strict=True))

    head = f"<tr>{cells(heads, 'th')}</tr>" if any(heads) else ""
    lines = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    return f"<table>{head}{lines}</table>"


def _mean(mean: Mean, unit: str, times: float = 1) -> str:
    text = f"{times * mean.mean:.1f}{unit}"
    return text if isnan(mean.low) else f"{text} ({times * mean.low:.1f} to {times * mean.high:.1f})"


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else form.format(value)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "none"


def _s(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"
