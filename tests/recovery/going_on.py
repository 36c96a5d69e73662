"""Estimates what is missing in a project: going_on.py PROJECT; says when it begins."""

import sys
from pathlib import Path

from core.domain import Silent
from core.project.project import Project
from core.workflow.estimate import finish


class Announcing(Silent):
    """Says so with the first report, when the models are loaded."""

    said = False

    def report(self, *_: object, **__: object) -> None:
        if not self.said:
            print("begun", flush=True)
        self.said = True


def main() -> None:
    with Project(Path(sys.argv[1])) as project:
        finish(project, Announcing(), device="cpu", evenly=True)


if __name__ == "__main__":
    main()
