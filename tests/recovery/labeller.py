"""Labels the samples of a project over and over and says which label is on disk: labeller.py PROJECT SEED.

Prints a line for each label once the store has taken it. Never ends by itself.
"""

import itertools
import sys
from pathlib import Path

import numpy as np

from core.domain import Box, LabelledPose, SampleId
from core.project.project import Project
from core.project.store.store import Label


def the_label(seed: int, turn: int) -> Label:
    """What is written in a turn; turn tells sample and content."""
    rng = np.random.default_rng((seed, turn))
    pose = LabelledPose(
        rng.normal(scale=1e3, size=(17, 2)),
        rng.integers(0, 3, 17).astype(np.int8),
        Box(*rng.uniform(0, 100, 4).tolist()),
        None,
        0,
    )
    return Label(SampleId(1 + turn % 2, int(rng.integers(12))), pose, True)


def main() -> None:
    seed = int(sys.argv[2])
    with Project(Path(sys.argv[1])) as project:
        for turn in itertools.count():
            project.store.set_labels([the_label(seed, turn)])
            print(turn, flush=True)


if __name__ == "__main__":
    main()
