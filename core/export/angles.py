"""Joint and segment angles of each person: a table, a motion file of OpenSim, and a plot."""

import csv
from pathlib import Path
from typing import Any

import numpy as np

from core.domain import Monitor, Skeleton, UserError, raise_if_cancelled
from core.evaluation.plot_style import drawing, save
from core.export.biomechanics import through
from core.export.material import count, gather, write_text
from core.export.options import ExportOptions
from core.formats import angles, mot
from core.project.project import Project

README = """Exported by PoseTailor

*_angles_person00.mot  joint and segment angles in degrees as Sports2D defines them, for OpenSim, Sports2D and
                       Pose2Sim: from the first to the last frame in which the person is there, nan where a
                       joint is missing
*_angles_person00.csv  the same, with the numbers of the frames (from 0)
*_angles_person00.png  the same, drawn

{people}
"""
RIGHT, LEFT, MIDDLE = "#0b6fa8", "#c26a00", "0.25"  # dark enough for a white page, told apart by anybody
KINDS = dict.fromkeys(("knee", "hip", "shoulder", "elbow", "wrist"), "flexion") | {"ankle": "dorsiflexion"}
TOLD_BY = {
    "feet": "Which way a person faces is read from the feet.",
    "head": "Which way a person faces is read from nose and ears, as there are no toes and heels.",
    "": "Everybody is taken to face right, as there are neither feet nor ears.",
}


def export_angles(project: Project, folder: Path, monitor: Monitor, options: ExportOptions) -> str:
    """Fills the empty folder and reads the motion files again. Raises UserError, Cancelled, OSError."""
    material = gather(project, options, monitor)
    skeleton = material.skeleton
    known = angles.known_angles(skeleton)
    if not known:
        raise UserError(
            f"Sports2D has no angle between the chosen joints of {skeleton.name}; a knee takes ankle, knee "
            "and hip, for example."
        )
    rows_of = [(clip, clip.rows()) for clip in material.clips]
    everybody = [
        (clip, rows, place, track)
        for clip, rows in rows_of
        for place, track in enumerate(np.unique(rows.track).tolist())
    ]
    people = []
    for done, (clip, rows, place, track) in enumerate(everybody):
        raise_if_cancelled(monitor)
        monitor.report("Exporting", done, len(everybody))
        points = through(rows, track, clip.video.frame_count, len(skeleton))
        frames = np.flatnonzero(np.isfinite(points).any((1, 2)))
        there = np.arange(frames[0], frames[-1] + 1)
        values = angles.angles(points[there], skeleton, options.visible_side, max(1, round(clip.video.fps)))
        name, who = f"{clip.name}_angles_person{place:02d}", clip.people.get(track, str(track))
        _write(folder / name, known, there, clip.times[there], values)
        _draw(folder, name, f"{who}, {clip.name}", known, clip.times[there], values)
        people.append(f"{name} is {who}")
    write_text(folder / "README.txt", README.format(people="\n".join(people)))
    return " ".join(_said(len(people), known, skeleton, options, material.notes))


def _said(
    people: int, known: tuple[str, ...], skeleton: Skeleton, options: ExportOptions, notes: list[str]
) -> list[str]:
    missing = [name for name in angles.ANGLES if name not in known]
    said = [f"Wrote {count(len(known), 'angle')} of {count(people, 'person', 'people')}, a file each."]
    if missing:
        said.append(f"Left out, as {skeleton.name} lacks their joints: {', '.join(_paired(missing))}.")
    if options.visible_side == "auto":
        said.append(TOLD_BY[angles.side_is_told_by(skeleton)])
    return [*said, "All files were read again.", *notes]


def _write(
    path: Path, names: tuple[str, ...], frames: np.ndarray, times: np.ndarray, values: np.ndarray
) -> None:
    motion = path.with_name(f"{path.name}.mot")
    write_text(motion, mot.write(names, times, values))
    _, _, again = mot.read(motion.read_text("utf-8"), motion.name)
    if not np.allclose(again, values, atol=1e-3, equal_nan=True):
        raise UserError(f"{motion.name} was not read as it was written; nothing was exported.")
    with path.with_name(f"{path.name}.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["frame", "time", *names])
        for frame, time, row in zip(frames.tolist(), times.tolist(), values.tolist(), strict=True):
            table.writerow([frame, f"{time:.6f}", *("" if np.isnan(v) else f"{v:.4f}" for v in row)])


def _draw(
    folder: Path, name: str, title: str, names: tuple[str, ...], times: np.ndarray, values: np.ndarray
) -> None:
    """Two columns of panels with both sides of the body in each; a cell that is left over is the first of the
    second column, so that both end at the axis of time.
    """
    parts = list(dict.fromkeys(map(_part, names)))
    rows = -(-len(parts) // 2)
    curves = dict(zip(names, values.T, strict=True))
    with drawing(rows, 2, 8.4, 1.0 + 1.15 * rows) as (figure, axes):
        left_over = 2 * rows - len(parts)
        cells = [*axes[:, 0], *axes[left_over:, 1]]
        for part, axis in zip(parts, cells, strict=True):
            _draw_part(axis, part, curves, times)
            axis.tick_params(labelbottom=axis in axes[-1])
        for axis in axes[-1]:
            axis.set_xlabel("seconds")
        if left_over:
            axes[0, 1].axis("off")
        sides = {line.get_label(): line for axis in cells for line in axis.get_lines()}
        shown = {side: sides[side] for side in ("right", "left") if side in sides}
        figure.suptitle(title, fontsize=10)
        if shown:
            figure.legend(shown.values(), shown, loc="outside upper right", ncols=2, frameon=False)
        figure.supylabel("degrees", fontsize=9)
        save(figure, folder, name)


def _draw_part(axis: Any, part: str, curves: dict[str, np.ndarray], times: np.ndarray) -> None:
    for label, colour in (("right", RIGHT), ("left", LEFT), ("", MIDDLE)):
        curve = curves.get(f"{label} {part}".strip())
        if curve is not None:
            axis.plot(times, curve, lw=1.1, color=colour, label=label or part)
    axis.set_title(f"{part}, {KINDS.get(part, 'against the horizontal')}", fontsize=8, loc="left")
    axis.set_xlim(times[0], max(float(times[-1]), float(times[0]) + 1e-3))
    axis.locator_params(axis="y", nbins=4)
    axis.grid(axis="y", lw=0.4, color="0.85")


def _part(name: str) -> str:
    return name.removeprefix("right ").removeprefix("left ")


def _paired(names: list[str]) -> list[str]:
    """Both sides of one part as one: right ankle, left ankle -> ankles."""
    parts = list(map(_part, names))
    plural = {"foot": "feet"}
    return list(
        dict.fromkeys(plural.get(part, f"{part}s") if parts.count(part) > 1 else part for part in parts)
    )
