"""Finds people again, who are where they are said to be: finder.py PROJECT DIE.

DIE: as of estimator.py; 'registered' is after the change was made, in the moment before the next word is
said.
"""

import sys
from pathlib import Path

import numpy as np

from core.domain import Silent
from core.project.project import Project
from core.project.store.store import Store
from core.tracking.joining import Person
from core.workflow import find_people
from tests.recovery.estimator import die, die_at

BOX = (60, 20, 110, 90)


def main() -> None:
    folder, place = sys.argv[1:]
    find_people.open_detector = lambda *_: None
    find_people.find_people = lambda *_: [Person(np.arange(4, 12), np.tile(np.float32(BOX), (8, 1)), 0.9)]
    if place == "exchange":
        Store.exchange = die
    elif place == "registered":
        find_people.note_device = die
    else:
        die_at(place)
    with Project(Path(folder)) as project:
        find_people.find_again(project, 1, Silent(), start=4, stop=12, device="cpu")


if __name__ == "__main__":
    main()
