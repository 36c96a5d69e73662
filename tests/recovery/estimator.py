"""Estimates the video of a project with the real Lightning and boxes from a file: estimator.py PROJECT VIDEO
BOXES [DIE].

DIE: what to be killed at, with nothing cleaned up: 'samples' or 'people', when the file of that name is
written and not yet in its place; 'register', when all is written and about to be registered.
"""

import os
import signal
import sys
from pathlib import Path

from core.domain import Silent
from core.project.project import Project
from core.workflow import estimate_round
from core.workflow.estimate import estimate


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_at(place: str) -> None:
    if place == "register":
        estimate_round.register = die
        return
    replace = os.replace

    def replace_or_die(source: Path, target: Path) -> None:
        if Path(target).name.startswith(place):
            die()
        replace(source, target)

    os.replace = replace_or_die


def main() -> None:
    folder, video, boxes, *place = sys.argv[1:]
    with Project(Path(folder), create=True) as project:
        registered = project.add_video(Path(video))
        if place:
            die_at(place[0])
        estimate(project, registered.id, Silent(), device="cpu", estimator="lightning", boxes=Path(boxes))


if __name__ == "__main__":
    main()
