"""Estimators side by side on a few frames of a video."""

import shutil
from pathlib import Path

import pytest

from app.session.project_opening import DEMO_CLIP
from core.domain import Silent, UserError
from core.project.estimators.compare import compare
from core.project.project import Project
from tests.clips import make_clip
from tests.core.labels import label
from tests.projects import make_project


def test_each_is_tried_on_the_same_samples_and_measured_against_labels(tmp_path: Path):
    folder = make_project(tmp_path / "p", make_clip(tmp_path / "clip.mp4", 20), people=1, queued=1)
    with Project(folder) as project:
        label(project, (1, 3), off=5)
        found = compare(project, project.videos()[0], ["lightning", "lightning"], Silent(), "cpu")
    first, second = found
    assert first.name == "lightning"
    assert first.joints == 17
    assert (first.confidence, first.jitter, first.oks) == (second.confidence, second.jitter, second.oks)
    assert 0 <= first.oks <= 1
    assert first.milliseconds > 0


def test_nobody_has_to_be_known_before(tmp_path: Path):
    clip = tmp_path / DEMO_CLIP.name
    shutil.copyfile(DEMO_CLIP, clip)
    with Project(tmp_path / "p", create=True) as project:
        video = project.add_video(clip)
        (found,) = compare(project, video, ["lightning"], Silent(), "cpu")
        assert project.latest_round() is None
        assert project.tracks(video.id) == []
    assert found.oks is None
    assert 0.2 < found.confidence < 1
    assert 0 < found.jitter < 0.2


def test_one_that_cannot_be_used_is_refused_before_the_others_are_tried(tmp_path: Path):
    folder = make_project(tmp_path / "p", make_clip(tmp_path / "clip.mp4", 6), people=1, queued=1)
    (tmp_path / "broken.onnx").write_bytes(b"nonsense")

    class Heard(Silent):
        def __init__(self) -> None:
            self.stages: list[str] = []

        def report(self, stage, *_, **__):
            self.stages.append(stage)

    heard = Heard()
    with Project(folder) as project, pytest.raises(UserError, match=r"broken\.onnx is cut short"):
        compare(project, project.videos()[0], ["lightning", str(tmp_path / "broken.onnx")], heard)
    assert "Trying lightning" not in heard.stages


def test_an_unknown_name_is_one_sentence(tmp_path: Path):
    folder = make_project(tmp_path / "p", make_clip(tmp_path / "clip.mp4", 6), people=1, queued=1)
    with Project(folder) as project, pytest.raises(UserError, match="no estimator 'thunderbolt'"):
        compare(project, project.videos()[0], ["thunderbolt"], Silent())
