"""Another default detector leaves projects as they are."""

from dataclasses import asdict
from pathlib import Path

import pytest

from core.project.project import Project
from core.project.store.settings import FINDING
from core.queries.find_settings import finding_of
from core.tracking.settings import MULTIPOSE, FindSettings
from tests.clips import make_clip
from tests.projects import make_project

OLD = {"per_second": 6.0, "score": 0.3, "size": 320, "shortest": 0.5, "turn": 0}


@pytest.fixture
def project(tmp_path: Path):
    folder = make_project(tmp_path / "project", make_clip(tmp_path / "clip.mp4", 8, width=128, height=96))
    with Project(folder) as opened:
        yield opened


@pytest.mark.parametrize("said", [{}, {"detector": ""}, {"detector": MULTIPOSE}])
def test_what_an_earlier_version_kept_means_the_detector_of_that_time(project: Project, said: dict) -> None:
    project.store.set_setting(FINDING, {"1": OLD | said})
    assert finding_of(project, 1) == FindSettings(turn=0, detector=MULTIPOSE)


def test_people_of_a_project_that_says_nothing_are_of_that_time_too(project: Project) -> None:
    assert finding_of(project, 1) == FindSettings(detector=MULTIPOSE)
    project.store.set_setting("given_boxes", [1])
    assert finding_of(project, 1) is None


def test_what_is_kept_now_comes_back(project: Project) -> None:
    for settings in (FindSettings(), FindSettings(size=480, detector="/mine.onnx"), FindSettings(turn=90)):
        project.store.set_setting(FINDING, {"1": asdict(settings)})
        assert finding_of(project, 1) == settings


def test_nobody_was_looked_for_yet_in_a_new_video(tmp_path: Path) -> None:
    with Project(tmp_path / "new", create=True) as project:
        video = project.add_video(make_clip(tmp_path / "clip.mp4", 8, width=128, height=96))
        assert finding_of(project, video.id) is None
