"""A report says what was done, how exact it is, and on how much that rests."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.domain import Silent, UserError
from core.evaluation.joint_error import joint_distances, mean_of
from core.export.export import export
from core.export.findings import Stretch, findings
from core.export.report import methods, to_html
from core.project.project import Project
from core.project.store.store import QueueItem
from core.queries.status import AUDIT
from tests.core.labels import label


def test_the_interval_holds_the_mean_and_narrows_with_more_values() -> None:
    random = np.random.default_rng(0)
    values = random.normal(10, 2, 1000)
    few, many = mean_of(values[:10]), mean_of(values)
    assert few.low < few.mean < few.high
    assert many.high - many.low < (few.high - few.low) / 3
    half = 1.96 * values.std() / np.sqrt(1000)  # of the normal distribution
    assert (many.low, many.high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.02)
    assert np.isnan(mean_of(np.ones(4)).low)
    assert mean_of(np.array([np.nan])) is None


def test_joints_without_a_label_have_no_distance() -> None:
    points, truth = np.zeros((1, 2, 2)), np.full((1, 2, 2), 3.0)
    found = joint_distances(points, truth, np.array([[True, False]]))
    assert found[0, 0] == pytest.approx(np.sqrt(18))
    assert np.isnan(found[0, 1])


@pytest.fixture
def labelled(project: Project) -> Project:
    """Six labels, each 3 px right of what was estimated; two of them drawn at random."""
    samples = [(1, frame) for frame in range(6)]
    for place, sample in enumerate(samples):
        reason = {AUDIT: 1.0} if place < 2 else {}
        project.store.append_to_queue(
            [QueueItem(project.predictions(1).sample(2 * sample[1]), 0, False, reason)]
        )
    label(project, *samples, off=3)
    folder = project.estimator_folder(0)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "estimator.onnx").write_bytes(b"a graph")
    return project


def test_every_figure_is_counted_on_the_labels(labelled: Project) -> None:
    found = findings(labelled, Silent())
    assert (found.effort.labels, found.effort.as_estimated) == (6, 0)
    assert found.effort.poses == len(labelled.predictions(1))
    overall = found.errors[0]
    assert (overall.joint, overall.pixels.count) == ("all joints", 6)
    assert overall.pixels.mean == pytest.approx(_off(labelled), rel=1e-4)
    assert overall.height.mean == pytest.approx(_off(labelled) / 80, rel=1e-4)
    assert [one.joint for one in found.errors[1:]] == [
        name.replace("_", " ") for name in labelled.skeleton.joints
    ]
    assert found.drawn[0].pixels.count == 2
    assert found.file == hashlib.sha256(b"a graph").hexdigest()


def _off(project: Project) -> float:
    """Pixels by which the labels lie beside the estimates."""
    poses = [one.pose for one in project.labels().values()]
    return float(np.mean([np.linalg.norm(p.points - p.prediction.points, axis=1).mean() for p in poses]))


def test_the_page_stands_alone_and_runs_nothing(labelled: Project, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    sentence = export(labelled, "report", out, Silent())
    assert "6 labels" in sentence
    page = out.read_text(encoding="utf-8")
    assert "http" not in page
    for word in ("left wrist", "of body height", "95 %", "WACV", "SHA-256", "walk.mp4", "drawn at random"):
        assert word in page
    assert methods(findings(labelled, Silent())) in page.replace("&#x27;", "'")
    with pytest.raises(UserError, match="there already"):
        export(labelled, "report", out, Silent())


def test_names_of_a_stranger_are_text(labelled: Project) -> None:
    found = findings(labelled, Silent())
    evil = "<script>alert(1)</script>"
    videos = tuple(replace(video, name=evil, people=(evil,)) for video in found.videos)
    page = to_html(replace(found, videos=videos, stretches=(Stretch(evil, evil, 0, 1, evil),)))
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 5


def test_a_project_without_labels_says_that_nothing_is_known(project: Project) -> None:
    folder = project.estimator_folder(0)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "estimator.onnx").write_bytes(b"a graph")
    page = to_html(findings(project, Silent()))
    assert "nothing is known of the errors" in page


def test_before_the_first_estimation_there_is_nothing_to_report(tmp_path: Path) -> None:
    with Project(tmp_path / "p", create=True) as project, pytest.raises(UserError, match="nothing to report"):
        export(project, "report", tmp_path / "r.html", Silent())


def test_poses_of_another_program_are_told(labelled: Project) -> None:
    labelled.store.set_setting("given_poses", {"1": "walk_json"})
    text = methods(findings(labelled, Silent()))
    assert text.startswith("2-D poses of another program (walk_json) were corrected with PoseTailor")
    assert "starting from the estimator" not in text
