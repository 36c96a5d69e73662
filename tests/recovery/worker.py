"""Does one thing to a project over and over, until it is killed: worker.py PROJECT WHAT SEED [FURTHER].

WHAT: settings, export (FURTHER: the folder), estimate (FURTHER: the boxes), backup or window. Prints `ready`,
and then a line for each thing that is done.
"""

import itertools
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from core.domain import Silent
from core.project.project import Project


def say(what: object) -> None:
    print(what, flush=True)


def change_settings(folder: Path, seed: int) -> None:
    with Project(folder) as project:
        for turn in itertools.count(1):
            project.store.set_setting("tau", 0.5 + (seed * 1000 + turn) / 1e6)
            say(turn)


def export_again(folder: Path, seed: int, out: str) -> None:
    from core.export.export import export

    with Project(folder) as project:
        for turn in itertools.count(1):
            export(project, "coco", Path(out), Silent())
            say(turn)


def estimate_again(folder: Path, seed: int, boxes: str) -> None:
    from core.workflow.estimate import estimate

    with Project(folder) as project:
        for turn in itertools.count(1):
            estimate(project, 1, Silent(), device="cpu", estimator="lightning", boxes=Path(boxes))
            say(turn)


def back_up_again(folder: Path, seed: int) -> None:
    from core.project.recovery.backups import back_up

    with Project(folder) as project:
        for turn in itertools.count(1):
            project.store.set_setting("tau", 0.5 + (seed * 1000 + turn) / 1e6)
            back_up(folder)
            say(turn)


def edit_in_window(folder: Path, seed: int) -> None:
    """Drags a joint somewhere and accepts the pose; says what each label is."""
    from PySide6.QtCore import QPoint, Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from app.window.window import Window

    app = QApplication([])
    window = Window()
    window.show()
    window.open(folder)
    random = np.random.default_rng(seed)
    wait(app, lambda: window.workspace.session is not None)
    for frame in itertools.cycle(range(20)):
        window.workspace.session.go_to(frame)
        wait(app, lambda: window.workspace.canvas.editable)
        canvas = window.workspace.canvas
        person = canvas.people[0]
        window.workspace.session.select(person.sample.track)
        start = canvas.place_of(person.sample, 9).toPoint()
        end = start + QPoint(*random.integers(-30, 30, 2).tolist())
        QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=start)
        for share in (0.3, 0.7, 1.0):
            QTest.mouseMove(canvas, start + (end - start) * share)
            app.processEvents()
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=end)
        window.perform("accept")
        label = window.workspace.session.labels[person.sample]
        say(json.dumps([*person.sample, label.accepted, label.pose.points.tolist()]))


def wait(app: object, there: Callable[[], bool]) -> None:
    while not there():
        app.processEvents()


WORK = {
    "settings": change_settings,
    "export": export_again,
    "estimate": estimate_again,
    "backup": back_up_again,
    "window": edit_in_window,
}


if __name__ == "__main__":
    place, what, number, *further = sys.argv[1:]
    say("ready")
    WORK[what](Path(place), int(number), *further)
