from collections.abc import Callable
from pathlib import Path

import pytest

from core.domain import Silent
from core.export.export import export
from core.export.formats import FORMATS
from core.export.options import ExportOptions
from core.project.project import Project


@pytest.fixture
def write(project: Project, tmp_path: Path) -> Callable[..., Path]:
    """Exports, and returns where."""

    def work(format: str, **options: object) -> Path:
        if why := FORMATS[format].needs():
            pytest.skip(why)
        out = FORMATS[format].place(tmp_path / "out", format)
        export(project, format, out, Silent(), ExportOptions(**options))
        return out

    return work
