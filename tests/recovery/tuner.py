"""Fine-tunes a project again and again while somebody labels it: tuner.py PROJECT SEED.

Prints a line for each label once the store has taken it, and `round N` for each round that is there. Never
ends by itself.
"""

import itertools
import sys
import threading
import time
from pathlib import Path

import numpy as np

from core.domain import LabelledPose, SampleId, Silent
from core.project.project import Project
from core.project.store.store import Label
from core.workflow.fine_tune import finetune
from tests.projects import STANDING

TRACK, FRAMES = 1, 24


def the_label(project: Project, seed: int, turn: int) -> Label:
    """What is written in a turn: a standing person, a little elsewhere each time."""
    rng = np.random.default_rng((seed, turn))
    sample = SampleId(TRACK, int(rng.integers(FRAMES)))
    box = project.assignments(1).box(sample)
    corner, size = np.array([box.x0, box.y0]), np.array([box.width, box.height])
    points = corner + size * (STANDING + rng.normal(scale=0.02, size=STANDING.shape))
    return Label(
        sample, LabelledPose(points, np.full(17, 2, np.int8), box, None, project.latest_round()), True
    )


def label(folder: Path, seed: int) -> None:
    with Project(folder) as project:
        for turn in itertools.count():
            made = the_label(project, seed, turn)
            project.store.set_labels([made])
            print(turn, made.pose.round, flush=True)
            time.sleep(0.05)


def main() -> None:
    folder, seed = Path(sys.argv[1]), int(sys.argv[2])
    threading.Thread(target=label, args=(folder, seed), daemon=True).start()
    with Project(folder) as project:
        while True:
            finetune(project, Silent(), steps=2, device="cpu", seed=seed)
            print("round", project.latest_round(), flush=True)


if __name__ == "__main__":
    main()
