"""Figures for a paper or a talk: how uncertain everybody is over time, and how the estimator learns."""

from pathlib import Path

import numpy as np

from core.domain import Monitor, UserError, raise_if_cancelled
from core.domain.colours import person_colour
from core.evaluation.plot_style import drawing, save
from core.export.material import Clip, count, gather, write_text
from core.export.options import ExportOptions
from core.project.project import Project
from core.queries.scores import scores
from core.queries.status import RoundStatus, status

README = """Exported by PoseTailor

criteria-*      uncertainty ({criterion}) of each person over time, 1 the most uncertain pose of the project;
                a tick is a label
learning-curve  by round: G, the mean OKS of the predictions before they were corrected, and the share of all
                labels that the estimator of the round gets right (OKS of at least {tau:g})
"""
DARKER = 0.72  # the people's colours are made for dark pictures, and figures are white


def export_figures(project: Project, folder: Path, monitor: Monitor, options: ExportOptions) -> str:
    """Fills the empty folder. Raises UserError, Cancelled, OSError."""
    material = gather(project, ExportOptions(), monitor)
    rounds = status(project)
    if not rounds:
        raise UserError("There is nothing to draw yet: estimate the poses first.")
    criterion, tau = project.setting("criterion"), project.setting("tau")
    clips = [clip for clip in material.clips if clip.predictions is not None]
    for number, clip in enumerate(clips):
        raise_if_cancelled(monitor)
        monitor.report("Drawing", number, len(clips) + 1)
        _draw_criteria(clip, scores(project, clip.video.id, criterion), criterion, folder)
    raise_if_cancelled(monitor)
    _draw_learning(rounds, tau, folder)
    write_text(folder / "README.txt", README.format(criterion=criterion, tau=tau))
    curves = count(len(clips), "figure")
    return (
        f"Drew {curves} of uncertainty by {criterion} and the learning curve of "
        f"{count(len(rounds), 'round')}."
    )


def _draw_criteria(clip: Clip, values: np.ndarray, criterion: str, folder: Path) -> None:
    predictions = clip.predictions
    assert predictions is not None
    tracks = np.unique(predictions.track).tolist()
    labelled_of: dict[int, list[int]] = {}
    for frame, here in clip.labels.items():
        for label in here:
            labelled_of.setdefault(label.sample.track, []).append(frame)
    with drawing(len(tracks), 1, 7.0, 0.5 + 1.1 * len(tracks)) as (figure, axes):
        for axis, track in zip(axes[:, 0], tracks, strict=True):
            rows = predictions.rows_of_track(track)
            frames = predictions.frame[rows]
            # a line does not lead over frames without the person
            full = np.full(frames[-1] - frames[0] + 1, np.nan)
            full[frames - frames[0]] = values[rows]
            axis.plot(
                clip.times[frames[0] : frames[-1] + 1],
                full,
                lw=1,
                color=_on_white(person_colour(clip.places[track])),
            )
            labelled = labelled_of.get(track, [])
            axis.plot(
                clip.times[labelled], np.full(len(labelled), -0.06), "|", color="0.2", ms=5, clip_on=False
            )
            axis.set_title(clip.people[track], fontsize=8, loc="left")
            axis.set_ylim(-0.08, 1.02)
            axis.set_xlim(0, max(float(clip.times[-1]), 1e-3))
            if track != tracks[-1]:
                axis.tick_params(labelbottom=False)
        axes[-1, 0].set_xlabel("seconds")
        figure.supylabel(f"uncertainty ({criterion})", fontsize=9)
        save(figure, folder, f"criteria-{clip.name}")


def _draw_learning(rounds: list[RoundStatus], tau: float, folder: Path) -> None:
    with drawing(1, 1, 4.6, 3.2) as (figure, axes):
        axis = axes[0, 0]
        numbers = [entry.round for entry in rounds]
        curves = {
            "G: mean OKS before correction": [entry.g for entry in rounds],
            f"share of labels with OKS ≥ {tau:g}": [entry.share for entry in rounds],
        }
        for (name, values), style in zip(curves.items(), ("o-", "s--"), strict=True):
            axis.plot(
                numbers, [np.nan if value is None else value for value in values], style, label=name, ms=4
            )
        axis.set_xlabel("round")
        axis.set_ylim(0, 1.02)
        axis.set_xticks(numbers)
        figure.legend(loc="outside upper center", ncols=1, frameon=False)
        save(figure, folder, "learning-curve")


def _on_white(colour: str) -> tuple[float, ...]:
    return tuple(DARKER * int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
