"""A benchmark's tables (Markdown), its figures (PNG and SVG), and all numbers (JSON)."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from core.benchmark.markdown import row, table, value
from core.benchmark.round_tables import BASELINES, by_group, by_loop, by_round, differences
from core.benchmark.summary import RULES, Curve, methods, paired, stops
from core.evaluation.plot_style import drawing, save

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
    ("touches per 1,000 for 0.95", "{:.0f}"),
    ("touches per 1,000 for 0.98", "{:.0f}"),
    ("refined, touches for 0.98", "{:.0f}"),
    ("rounds worse", "{:.0%}"),
    ("newly on another", "{:.1f}"),
)
RULE_NAMES = {"min_error": "min-error", "proposed": "proposed", "advised": "ours (95 %)", "oracle": "oracle"}
EXPLAINED = """Labelled samples count as their annotation, except in figures called raw. Mean over seeds, ± \
half the 95 % interval; a curve that ends earlier stays at its last value in ALC. Inputs, seeds and \
versions: inputs.json.

OKS ≥ t: share of the poses, by the annotations' areas. PCK: share of the labelled joints within 2 % of the \
box's height. A joint is moved when it is further off than one annotator's standard deviation (sigma \
sqrt(area)); touches are moved joints and one key for each label; both are what was done so far, per 1,000 \
poses. touches for 0.95 and 0.98: until the exported share at OKS ≥ .75 stays there. refined: as exported, \
with refined poses where nothing is labelled. worse: the raw share at OKS ≥ .75 or ≥ .9 is more than .3 \
points below the round before; below start: below round 0. on another: raw poses that lie on another \
person's body (OKS with it ≥ .5 and above that with their own).
"""


def write_report(curves: Sequence[Curve], out: Path) -> str:
    """Writes report.md, report.json, curves.png and curves.svg; returns the text of report.md."""
    text = "\n".join(
        [
            "# Learning curves\n",
            EXPLAINED,
            *_overall(curves),
            *(line for name in _names(curves) for line in _of_dataset(name, curves)),
            *_stopping(curves),
            *_seconds(curves),
        ]
    )
    (out / "report.md").write_text(text + "\n", "utf-8")
    content = [
        {
            "run": asdict(c.run),
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


def _overall(curves: Sequence[Curve]) -> list[str]:
    """Mean over data sets of the mean over seeds."""
    names, lines = _names(curves), [f"## Mean over {len(_names(curves))} data set(s)\n"]
    lines += table("method", *(name for name, _ in COLUMNS))
    for method in methods(curves):
        mine = [c.figures() for c in curves if c.method == method]
        sets = [c.run.dataset for c in curves if c.method == method]
        cells = []
        for column, form in COLUMNS:
            means = [
                np.mean([f[column] for f, s in zip(mine, sets, strict=True) if s == name]) for name in names
            ]
            known = [m for m in means if not np.isnan(m)]
            note = "" if len(known) == len(names) else f" ({len(known)} of {len(names)} sets)"
            cells.append(form.format(np.mean(known)) + note if known else _unknown(column))
        lines.append(row(method, *cells))
    return [*lines, ""]


def _of_dataset(name: str, curves: Sequence[Curve]) -> list[str]:
    here = [c for c in curves if c.run.dataset == name]
    seeds = len({c.run.seed for c in here})
    lines = [f"## {name}\n", f"{here[0].samples} samples, {seeds} seeds.\n"]
    lines += table(
        "method", *(column for column, _ in COLUMNS), *(f"ALC to 20 % less {b}" for b in BASELINES.values())
    )
    for method in methods(here):
        mine = [c for c in here if c.method == method]
        figures = [c.figures() for c in mine]
        cells = [value([f[column] for f in figures], form, _unknown(column)) for column, form in COLUMNS]
        lines.append(row(method, *cells, *(_difference(mine, here, sampler) for sampler in BASELINES)))
    parts = {
        "Round by round": by_round(here),
        "By stretch, raw OKS ≥ .6 / .75 / .9": by_group(here),
        "Differences in pairs of a seed": differences(here),
        "What the loop did": by_loop(here),
    }
    for title, part in parts.items():
        lines += ["", f"### {title}\n", *part] if part else []
    return [*lines, ""]


def _unknown(column: str) -> str:
    """What stands for a figure that no curve has: none was followed so far, or none got there."""
    return "–" if column.startswith("AP@") else "not reached"


def _difference(mine: Sequence[Curve], here: Sequence[Curve], baseline: str) -> str:
    others = [c for c in here if c.run.sampler == baseline]
    if not others or mine[0].run.sampler == baseline:
        return "–"
    return value(paired(mine, others, lambda c: c.figures()["ALC to 20 %"]), "{:+.3f}")


def _stopping(curves: Sequence[Curve]) -> list[str]:
    lines = [
        "## When each rule says stop\n",
        "Labelled share, and AP@0.6 (ANN) of the video then. Mean over all runs.\n",
    ]
    lines += table("method", *(RULE_NAMES[rule] for rule in RULES))
    for method in methods(curves):
        cells = []
        for rule in RULES:
            found = [stops(c)[rule] for c in curves if c.method == method]
            known = [f for f in found if f is not None]
            missing = (
                "" if len(known) == len(found) else f" ({len(found) - len(known)} of {len(found)} never)"
            )
            mean = np.mean(known, 0) if known else None
            cells.append("never" if mean is None else f"{mean[0]:.1%}, {mean[1]:.3f}{missing}")
        lines.append(row(method, *cells))
    return [*lines, ""]


def _seconds(curves: Sequence[Curve]) -> list[str]:
    lines = ["## Seconds of a round\n", *table("method", "estimating", "selecting", "fine-tuning")]
    for method in methods(curves):
        mine = [c.seconds for c in curves if c.method == method]
        cells = (
            f"{np.mean([s[name] for s in mine]):.2f}" for name in ("estimating", "selecting", "training")
        )
        lines.append(row(method, *cells))
    return [*lines, ""]


def _draw(curves: Sequence[Curve], out: Path) -> None:
    from matplotlib.ticker import PercentFormatter

    names, drawn = _names(curves), methods(curves)
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    with drawing(rows, columns, 4.2 * columns, 3.2 * rows + 0.6) as (figure, axes):
        styles = {}  # lines that lie on one another can still be told apart
        for i, method in enumerate(drawn):
            colour = "0.4" if method in BASELINES else f"C{i}"
            styles[method] = {"color": colour, "ls": ("-", "--", ":", "-.")[i % 4], "marker": "os^Dv"[i % 5]}
        for axis, name in zip(axes.flat, names, strict=False):
            here = [c for c in curves if c.run.dataset == name]
            grid = np.unique(np.concatenate([c.shares for c in here]))
            for method in drawn:
                values = np.array([[c.at(x, "ann60") for x in grid] for c in here if c.method == method])
                if not len(values):
                    continue
                axis.plot(grid, values.mean(0), label=method, lw=1.4, ms=3.5, **styles[method])
                axis.fill_between(
                    grid, values.min(0), values.max(0), color=styles[method]["color"], alpha=0.12, lw=0
                )
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
