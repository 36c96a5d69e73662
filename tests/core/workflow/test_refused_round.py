"""A round that came out worse is not kept: the project stays in the round it was in, and says why."""

import numpy as np
import pytest

from core.domain import SampleId, Silent, UserError
from core.queries.status import status
from core.torch_process import supervisor
from core.workflow import fine_tune as module
from core.workflow.fine_tune import finetune
from tests.core.labels import label

REASON = "the labels themselves came out worse (mean OKS 0.61 instead of 0.93)"


@pytest.fixture
def tasks(monkeypatch):
    """What was handed to the training process, which refuses everything."""
    seen = []

    def run(task, _):
        seen.append(task)
        return {"steps": 5, "refused": REASON}

    monkeypatch.setattr(supervisor, "run", run)
    return seen


def test_the_project_stays_in_its_round_and_says_why(project, tasks):
    label(project, (1, 0), (1, 6), off=3)
    before = project.predictions(1).points.copy()
    sentence = finetune(project, Silent(), device="cpu")
    assert REASON in sentence
    assert "label more poses than these 2" in sentence
    assert project.latest_round() == 0
    assert np.array_equal(project.predictions(1).points, before)
    assert not project.estimator_folder(1).exists()
    (entry,) = status(project)
    assert entry.refused == sentence


def test_training_is_told_what_is_known_beside_the_labels(project, tasks):
    label(project, (1, 0), (1, 6), off=3)
    finetune(project, Silent(), device="cpu")
    (task,) = tasks
    assert len(task.values) == len(task.samples) == 2
    assert (task.values < 1).all()
    assert task.pool == len(project.predictions(1))
    assert task.confidence == pytest.approx(project.predictions(1).confidence.mean(), abs=1e-4)
    labelled = {sample.frame for sample in task.samples}
    assert not any(sample.frame in labelled and sample.labelled.any() for sample in task.unlabelled)


def test_labels_that_lie_on_somebody_else_are_not_learned_unasked(project, tasks, monkeypatch):
    label(project, (1, 0), (1, 6), off=3)
    monkeypatch.setattr(module, "doubtful_labels", lambda *_: {SampleId(1, 6)})
    finetune(project, Silent(), device="cpu")
    assert [sample.frame for sample in tasks[0].samples] == [0]
    monkeypatch.setattr(module, "doubtful_labels", lambda *_: {SampleId(1, 0), SampleId(1, 6)})
    with pytest.raises(UserError, match="Every label lies on somebody else's pose"):
        finetune(project, Silent(), device="cpu")


def test_without_labels_it_learns_from_its_own_sure_poses(project, tasks, monkeypatch):
    rows = np.array([3, 5, 8])
    monkeypatch.setattr(module, "sure_rows", lambda poses, *_: rows)
    sentence = finetune(project, Silent(), device="cpu", without_labels=True)
    assert "label some poses" in sentence
    (task,) = tasks
    predictions = project.predictions(1)
    assert task.by_itself
    assert [sample.frame for sample in task.samples] == predictions.frame[rows].tolist()
    assert np.allclose(task.samples[0].points, predictions.points[3])
    assert (task.samples[0].labelled == (predictions.confidence[3] >= module.SEEN)).all()
    label(project, (1, 0), off=3)
    with pytest.raises(UserError, match="There are labels to learn from already"):
        finetune(project, Silent(), device="cpu", without_labels=True)


def test_where_no_pose_is_sure_nothing_is_learned_without_labels(project, tasks, monkeypatch):
    monkeypatch.setattr(module, "sure_rows", lambda *_: np.empty(0, int))
    with pytest.raises(UserError, match="No pose is sure enough"):
        finetune(project, Silent(), device="cpu", without_labels=True)
    assert not tasks
