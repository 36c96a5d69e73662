"""Estimates the video of a project with the real Lightning and boxes from a file: estimator.py PROJECT VIDEO BOXES [DIE].

DIE: what to be killed at, with nothing cleaned up: 'people', 'shard', 'finish' or 'registered'.
"""

import os
import signal
import sys
from pathlib import Path

from core.domain import Silent
from core.project import estimate as estimation
from core.project.project import Project
from core.project.store import Store


def die_at(place: str) -> None:
    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    match place:
        case "people":
            estimation._write_people = die
        case "shard":
            os.fsync = die
        case "finish":
            estimation._Writer.finish = die
        case "registered":
            Store.mark_estimated = die


def main() -> None:
    folder, video, boxes, *place = sys.argv[1:]
    with Project(Path(folder), create=True) as project:
        registered = project.add_video(Path(video))
        estimation.SHARD_SAMPLES = 8
        if place:
            die_at(place[0])
        estimation.estimate(project, registered.id, Silent(), device="cpu", estimator="lightning", boxes=Path(boxes))


if __name__ == "__main__":
    main()
