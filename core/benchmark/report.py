"""A benchmark's tables (Markdown), its figures (PNG and SVG), and all numbers (JSON)."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.benchmark.summary import RULES, Curve, mean_and_interval, paired, stops
from core.evaluation.figure import drawing, save

COLUMNS = (
    ("AP@0.6 at 0 %", "{:.3f}"),
    ("AP@0.6 at 5 %", "{:.3f}"),
    ("AP@0.6 at 10 %", "{:.3f}"),
    ("AP@0.75 at 20 %", "{:.3f}"),
    ("ALC", "{:.4f}"),
    ("ALC to 20 %", "{:.3f}"),
    ("labels for 0.95", "{:.1%}"),
    ("labels for raw 0.95", "{:.1%}"),
    ("joints moved", "{:.0f}"),
)
RULE_NAMES = {"min_error": "min-error", "proposed": "proposed", "advised": "ours (95 %)", "oracle": "oracle"}
BASELINE = "random"


def write_report(curves: Sequence[Curve], out: Path) -> str:
    """Writes report.md, report.json, curves.png and curves.svg; returns the text of report.md."""
    text = "\n".join(
        [
            "# Learning curves\n",
            "Labelled samples count as their annotation, except in figures called raw. Mean over seeds, ± half the 95 % "
            "interval. Inputs, seeds and versions: inputs.json.\n",
            *_overall(curves),
            *(line for name in _names(curves) for line in _of_dataset(name, curves)),
            *_stopping(curves),
            *_seconds(curves),
        ]
    )
    (out / "report.md").write_text(text + "\n", "utf-8")
    content = [
        {
            "run": vars(c.run),
            "method": c.method,
            "samples": c.samples,
            "figures": {k: None if np.isnan(v) else v for k, v in c.figures().items()},
            "rounds": c.rounds,
        }
        for c in curves
    ]
    (out / "report.json").write_text(json.dumps(content, indent=1), "utf-8")
    _draw(curves, out)
    return text


def _names(curves: Sequence[Curve]) -> list[str]:
    return list(dict.fromkeys(c.run.dataset for c in curves))


def _methods(curves: Sequence[Curve]) -> list[str]:
    return list(dict.fromkeys(c.method for c in curves))


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _table(*header: str) -> list[str]:
    return [_row(*header), "|---" * len(header) + "|"]


def _value(values: Sequence[float], form: str) -> str:
    """Mean ± interval; a curve that never gets there makes the mean a bound."""
    values = np.asarray(values, float)
    if np.isnan(values).all():
        return "not reached"
    if np.isnan(values).any():
        return f"{form.format(np.nanmean(values))} ({int(np.isnan(values).sum())} of {len(values)} not reached)"
    mean, half = mean_and_interval(values)
    return form.format(mean) + ("" if np.isnan(half) else f" ± {form.format(half)}")


def _overall(curves: Sequence[Curve]) -> list[str]:
    """Mean over data sets of the mean over seeds."""
    names, lines = _names(curves), [f"## Mean over {len(_names(curves))} data sets\n"]
    lines += _table("method", *(name for name, _ in COLUMNS))
    for method in _methods(curves):
        mine = [c.figures() for c in curves if c.method == method]
        sets = [c.run.dataset for c in curves if c.method == method]
        cells = []
        for column, form in COLUMNS:
            means = [np.mean([f[column] for f, s in zip(mine, sets, strict=True) if s == name]) for name in names]
            known = [m for m in means if not np.isnan(m)]
            note = "" if len(known) == len(names) else f" ({len(known)} of {len(names)} sets)"
            cells.append(form.format(np.mean(known)) + note if known else "not reached")
        lines.append(_row(method, *cells))
    return [*lines, ""]


def _of_dataset(name: str, curves: Sequence[Curve]) -> list[str]:
    here = [c for c in curves if c.run.dataset == name]
    random = [c for c in here if c.run.sampler == BASELINE]
    seeds = len({c.run.seed for c in here})
    lines = [f"## {name}\n", f"{here[0].samples} samples, {seeds} seeds.\n"]
    with_difference = ("difference to Random, ALC to 20 %", "labels over Random's, raw 0.95")
    lines += _table("method", *(column for column, _ in COLUMNS), *with_difference)
    for method in _methods(here):
        mine = [c for c in here if c.method == method]
        figures = [c.figures() for c in mine]
        cells = [_value([f[column] for f in figures], form) for column, form in COLUMNS]
        cells += ["–", "–"]
        if random and method != random[0].method:
            difference = paired(mine, random, "ALC to 20 %")
            if difference:
                cells[-2] = _value(difference, "{:+.3f}").replace("± +", "± ")
            needed = np.mean([f["labels for raw 0.95"] for f in figures])
            theirs = np.mean([c.figures()["labels for raw 0.95"] for c in random])
            if needed > 0 and theirs > 0:
                cells[-1] = f"{needed / theirs:.2f}"
        lines.append(_row(method, *cells))
    return [*lines, "", *_rounds(here), ""]


def _rounds(here: Sequence[Curve]) -> list[str]:
    """Round by round, mean over the seeds that got there."""
    header = (
        "labelled",
        "raw AP@0.6",
        "AP@0.6",
        "AP@0.75",
        "raw OKS",
        "G of the batch",
        "joints moved",
        "steps",
        "seconds",
    )
    lines = _table("method", *header)
    for method in _methods(here):
        mine = [c for c in here if c.method == method]
        for i in range(max(len(c.rounds) for c in mine)):
            entries = [c.rounds[i] for c in mine if i < len(c.rounds)]
            shares = [c.shares[i] for c in mine if i < len(c.rounds)]
            left = "" if len(entries) == len(mine) else f" ({len(entries)} of {len(mine)} curves)"
            asked = [entry for entry in entries if entry["queried"]]
            seconds = [sum(entry[name] for name in ("estimating", "selecting", "training")) for entry in entries]
            cells = [f"{np.mean([entry[k] for entry in entries]):.3f}" for k in ("ap60", "ann60", "ann75", "oks")]
            cells += [f"{np.mean([entry['g'] for entry in asked]):.3f}" if asked else "–"]
            cells += [f"{np.mean([entry['moved'] for entry in asked]):.0f}" if asked else "–"]
            cells += [f"{np.mean([entry['steps'] for entry in entries]):.0f}", f"{np.mean(seconds):.0f}"]
            lines.append(_row(method, f"{np.mean(shares):.0%}{left}", *cells))
    return lines


def _stopping(curves: Sequence[Curve]) -> list[str]:
    lines = [
        "## When each rule says stop\n",
        "Labelled share, and AP@0.6 (ANN) of the video then. Mean over all runs.\n",
    ]
    lines += _table("method", *(RULE_NAMES[rule] for rule in RULES))
    for method in _methods(curves):
        cells = []
        for rule in RULES:
            found = [stops(c)[rule] for c in curves if c.method == method]
            known = [f for f in found if f is not None]
            missing = "" if len(known) == len(found) else f" ({len(found) - len(known)} of {len(found)} never)"
            mean = np.mean(known, 0) if known else None
            cells.append("never" if mean is None else f"{mean[0]:.1%}, {mean[1]:.3f}{missing}")
        lines.append(_row(method, *cells))
    return [*lines, ""]


def _seconds(curves: Sequence[Curve]) -> list[str]:
    lines = ["## Seconds of a round\n", *_table("method", "estimating", "selecting", "fine-tuning")]
    for method in _methods(curves):
        mine = [c.seconds for c in curves if c.method == method]
        cells = (f"{np.mean([s[name] for s in mine]):.2f}" for name in ("estimating", "selecting", "training"))
        lines.append(_row(method, *cells))
    return [*lines, ""]


def _draw(curves: Sequence[Curve], out: Path) -> None:
    from matplotlib.ticker import PercentFormatter

    names, methods = _names(curves), _methods(curves)
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    with drawing(rows, columns, 4.2 * columns, 3.2 * rows + 0.6) as (figure, axes):
        styles = {}  # lines that lie on one another can still be told apart
        for i, method in enumerate(methods):
            colour = "0.4" if method == BASELINE else f"C{i}"
            styles[method] = {"color": colour, "ls": ("-", "--", ":", "-.")[i % 4], "marker": "os^Dv"[i % 5]}
        for axis, name in zip(axes.flat, names, strict=False):
            here = [c for c in curves if c.run.dataset == name]
            grid = np.unique(np.concatenate([c.shares for c in here]))
            for method in methods:
                values = np.array([[c.at(x, c.ann60) for x in grid] for c in here if c.method == method])
                if not len(values):
                    continue
                axis.plot(grid, values.mean(0), label=method, lw=1.4, ms=3.5, **styles[method])
                axis.fill_between(grid, values.min(0), values.max(0), color=styles[method]["color"], alpha=0.12, lw=0)
            axis.axhline(0.95, color="0.8", lw=0.8, zorder=0)
            axis.set_title("\n+".join(name.split("+")), fontsize=8)
            axis.set_xlim(0, min(0.4, grid[-1]))
            axis.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
            axis.set_ylim(max(0, axis.get_ylim()[0]), 1.01)
        for axis in axes.flat[len(names) :]:
            axis.set_visible(False)
        figure.supxlabel("samples labelled")
        figure.supylabel("AP@0.6, labelled samples as annotated")
        handles, labels = axes.flat[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=min(4, len(labels)), frameon=False)
        save(figure, out, "curves")
