"""People who are small in the picture are told of, with what finds more of them."""

from dataclasses import asdict
from pathlib import Path

import pytest

from core.project.project import Project
from core.queries.small_people import small_people_in_words
from core.tracking.settings import FindSettings
from tests.clips import make_clip
from tests.projects import make_project


@pytest.mark.parametrize(("width", "small"), [(128, False), (1280, True)])
def test_small_people_are_told_of(tmp_path: Path, width: int, small: bool) -> None:
    """The same people, as high as they are, in a narrow and in a wide picture."""
    folder = make_project(tmp_path / "project", make_clip(tmp_path / "clip.mp4", 8, width=width, height=96))
    with Project(folder) as project:
        words = small_people_in_words(project, project.videos()[0])
        assert ("clip.mp4" in words and "960 pixels" in words) == small
        for settings in (FindSettings(size=960), FindSettings(detector="/mine.onnx")):
            project.store.set_setting("finding", {"1": asdict(settings)})
            assert small_people_in_words(project, project.videos()[0]) == ""
