"""An operation on the open project, as the work of a job."""

from collections.abc import Callable

from app.background.job import Work
from app.session.session import Session
from core.domain import Monitor
from core.project.project import Project


def on_project(session: Session, operation: Callable[[Project, Monitor], object]) -> Work:
    """The operation with a project of its own, open as long as it runs; as the session it may only read."""
    folder, read_only = session.project.folder, session.read_only

    def work(monitor: Monitor) -> object:
        with Project(folder, read_only=read_only, checked=True) as project:
            return operation(project, monitor)

    return work
