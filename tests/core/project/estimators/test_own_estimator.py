"""A whole round with an estimator of one's own: crops that are not square, joints that are not COCO's."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.domain import COCO17, LabelledPose, Silent, Skeleton, UserError
from core.estimation.network import Estimator, save_estimator
from core.estimation.session import EstimatorSession
from core.export.export import export
from core.project.estimators.files import describe, import_estimator
from core.project.estimators.models import ESTIMATOR
from core.project.project import Project
from core.project.store.store import Label
from core.queries.scores import NotComputed, scores
from core.queries.status import learned, status
from core.queries.status_sentences import (
    criterion_in_words,
    estimation_only_in_words,
    parity_in_words,
    sigmas_in_words,
)
from core.workflow.estimate import estimate
from core.workflow.fine_tune import finetune
from core.workflow.propose import propose
from tests.clips import make_clip
from tests.core.estimation.fakes import FIVE, small_spec
from tests.core.estimation.foreign_graphs import write_graph

FRAMES = 8


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "walk.mp4", FRAMES)


@pytest.fixture(scope="module")
def boxes(tmp_path_factory) -> Path:
    """One person who walks to the right, as a MOT file."""
    path = tmp_path_factory.mktemp("boxes") / "boxes.txt"
    path.write_text("".join(f"{n + 1},1,{20 + 2 * n},10,40,70,1,-1,-1,-1\n" for n in range(FRAMES)))
    return path


@pytest.fixture(scope="module")
def own(tmp_path_factory) -> Path:
    """A small SimpleBaseline of five joints."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("own") / "own.safetensors"
    save_estimator(Estimator(small_spec("simple-baseline")), path)
    return path


def label_queue(project: Project) -> None:
    """A human says that all joints are in the middle of the box."""
    labels = []
    for sample in project.queued():
        predictions = project.predictions(1)
        row = predictions.row(sample)
        box = predictions.box(row)
        points = np.tile([(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2], (len(project.skeleton), 1))
        visible = np.full(len(project.skeleton), 2, np.int8)
        labels.append(
            Label(sample, LabelledPose(points, visible, box, predictions.pose(row), predictions.round), True)
        )
    project.store.set_labels(labels)


@pytest.fixture(scope="module")
def estimated(own, clip, boxes, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("estimated") / "project"
    with Project(folder, create=True) as project:
        estimate(project, project.add_video(clip).id, Silent(), estimator=str(own), boxes=boxes, device="cpu")
    return folder


@pytest.fixture(scope="module")
def adapted(estimated, tmp_path_factory) -> Path:
    """Round 0 estimated, three samples labelled, round 1 fine-tuned."""
    folder = tmp_path_factory.mktemp("adapted") / "project"
    shutil.copytree(estimated, folder)
    with Project(folder) as project:
        propose(project, 3)
        label_queue(project)
        finetune(project, Silent(), steps=3, device="cpu")
    return folder


def test_a_round_goes_through_with_five_joints_and_crops_that_are_not_square(adapted):
    with Project(adapted) as project:
        first, second = (project.predictions(1, number) for number in (0, 1))
        assert project.skeleton == FIVE
        assert second.points.shape == (FRAMES, len(FIVE), 2)
        assert not np.array_equal(first.confidence, second.confidence)  # a few steps change little
        spec = EstimatorSession(project.estimator_folder(1) / ESTIMATOR, "cpu").spec
        assert spec.size == (64, 96)
        inside = (first.points >= first.boxes[:, None, :2] - 60) & (
            first.points <= first.boxes[:, None, 2:] + 60
        )
        assert inside.all()
        assert {item.reason.keys() >= {"td"} for item in project.store.queue()} == {True}


def test_parity_is_kept_with_each_round_and_said(adapted):
    with Project(adapted) as project:
        rounds = status(project)
        assert all(entry.parity is not None and entry.parity.heatmaps < 1e-3 for entry in rounds)
        assert json.dumps([entry.to_json() for entry in rounds])
        assert parity_in_words(rounds).startswith(
            "The exported estimator was checked against torch: outputs differ by"
        )


def test_parity_is_shown_of_a_project_too(adapted):
    assert describe(str(adapted))["parity"].startswith("outputs differ by at most")


def test_what_the_pose_prior_cannot_tell_is_said(adapted):
    with Project(adapted) as project:
        assert project.setting("criterion") == "td"
        project.store.set_setting("sampler", "duw")
        assert project.setting("criterion") == "thc+lc"
        assert criterion_in_words(project).startswith(
            "Unlikely postures (WPU) are not noticed, because the pose prior needs COCO-17's 12"
        )
        assert sigmas_in_words(project).startswith(
            "Which poses are right, and the advice to stop, are rough: nothing is known of how exactly "
            "one can tell head, "
        )
        with pytest.raises(NotComputed, match="The criterion wpu is not available, because the pose prior"):
            scores(project, 1, "thc+wpu")


@pytest.mark.long
def test_another_project_goes_on_from_the_newest_estimator(adapted, clip, boxes, tmp_path):
    with Project(tmp_path / "next", create=True) as project:
        video = project.add_video(clip)
        estimate(project, video.id, Silent(), estimator=str(adapted), boxes=boxes, device="cpu")
        with Project(adapted) as before:
            assert np.allclose(project.predictions(1).points, before.predictions(1, 1).points, atol=1e-3)
        propose(project, 2)
        label_queue(project)
        finetune(project, Silent(), steps=1, device="cpu")
        assert project.latest_round() == 1


@pytest.mark.long
def test_a_label_without_a_joint_leaves_nothing_to_learn_once_the_others_are_learned(
    own, clip, boxes, tmp_path
):
    with Project(tmp_path / "project", create=True) as project:
        estimate(project, project.add_video(clip).id, Silent(), estimator=str(own), boxes=boxes, device="cpu")
        propose(project, 2)
        label_queue(project)
        first, *_ = project.store.labels().values()
        project.store.set_labels(
            [replace(first, pose=replace(first.pose, visibility=np.zeros_like(first.pose.visibility)))]
        )
        labels = project.store.labels()
        assert learned(labels.values(), project.store.rounds()[-1]) == set()
        finetune(project, Silent(), steps=1, device="cpu")
        assert learned(labels.values(), project.store.rounds()[-1]) == set(labels)


def test_a_project_that_adapted_nothing_is_nothing_to_go_on_from(clip, tmp_path):
    with Project(tmp_path / "empty", create=True) as empty:
        video = empty.add_video(clip)
        for folder, sentence in (
            (tmp_path / "empty", "has not adapted its estimator yet"),
            (tmp_path, "is no project"),
        ):
            with pytest.raises(UserError, match=sentence):
                estimate(empty, video.id, Silent(), estimator=str(folder))


def test_the_adapted_estimator_is_exported_whole(adapted, tmp_path):
    with Project(adapted) as project:
        sentence = export(project, "estimator", tmp_path / "out", Silent())
        assert sentence.startswith("The estimator of round 1 was written")
        export(project, "estimator", tmp_path / "out", Silent())  # in place of the earlier one
    names = {"estimator.onnx", "weights.safetensors", "skeleton.json", "README.txt", "example.py"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == names
    assert Skeleton.from_json(json.loads((tmp_path / "out" / "skeleton.json").read_text())) == FIVE
    readme = (tmp_path / "out" / "README.txt").read_text()
    assert "5 joints (Five), adapted in round 1" in readme
    told = describe(str(tmp_path / "out" / "estimator.onnx"))
    assert (told["architecture"], told["width"], told["height"]) == ("simple-baseline", 64, 96)


def test_nothing_is_exported_before_anything_was_adapted(estimated, tmp_path):
    with (
        Project(estimated) as project,
        pytest.raises(UserError, match="has not been adapted yet"),
    ):
        export(project, "estimator", tmp_path / "out", Silent())
    assert not (tmp_path / "out").exists()


@pytest.fixture
def five(tmp_path) -> Path:
    path = tmp_path / "five.json"
    path.write_text(json.dumps(FIVE.to_json()))
    return path


def test_a_foreign_graph_estimates_and_learns_where_it_can_be_rebuilt(clip, boxes, five, tmp_path):
    out = tmp_path / "ours.onnx"
    graph = str(write_graph(tmp_path / "graph.onnx"))
    said = import_estimator(
        graph, out, Silent(), architecture="onnx", skeleton=five, mean="124,116,104", std="58,57,57"
    )
    can_learn = said[-1] == "It can be fine-tuned."
    with Project(tmp_path / "project", create=True) as project:
        estimate(project, project.add_video(clip).id, Silent(), estimator=str(out), boxes=boxes, device="cpu")
        propose(project, 2)
        label_queue(project)
        if can_learn:
            finetune(project, Silent(), steps=2, device="cpu")
            finetune(project, Silent(), steps=2, device="cpu")
            assert project.latest_round() == 2
        else:
            with pytest.raises(
                UserError, match=r"is for estimation only, because onnx2torch is not installed"
            ):
                finetune(project, Silent(), steps=2, device="cpu")
            assert project.latest_round() == 0


def test_an_estimator_for_estimation_only_says_so_before_anything_is_labelled(clip, boxes, five, tmp_path):
    graph = str(write_graph(tmp_path / "graph.onnx", half=True))
    import_estimator(graph, tmp_path / "ours.onnx", Silent(), architecture="onnx", skeleton=five)
    with Project(tmp_path / "project", create=True) as project:
        video = project.add_video(clip).id
        estimate(project, video, Silent(), estimator=str(tmp_path / "ours.onnx"), boxes=boxes, device="cpu")
        said = estimation_only_in_words(status(project))
    assert said.startswith("This estimator is for estimation only, because it has no weights in float32.")


@pytest.mark.long
def test_fourteen_joints_of_a_body_still_have_a_pose_prior(clip, boxes, tmp_path):
    path = tmp_path / "body.json"
    path.write_text(json.dumps({"name": "Body", "joints": [*COCO17.joints[5:], "neck", "head"]}))
    said = import_estimator("lightning", tmp_path / "body.onnx", Silent(), skeleton=path)
    assert said[0].startswith("body.json has no sigmas")
    assert (
        said[1]
        == "12 of its 14 joints are known to movenet-lightning; neck, head start anew and need labels."
    )
    with Project(tmp_path / "project", create=True) as project:
        video = project.add_video(clip)
        estimate(
            project, video.id, Silent(), estimator=str(tmp_path / "body.onnx"), boxes=boxes, device="cpu"
        )
        project.store.set_setting("sampler", "duw")
        assert project.setting("criterion") == "thc+wpu"
        assert criterion_in_words(project) == ""
        assert np.isfinite(scores(project, 1, "wpu")).all()
        propose(project, 2)
        label_queue(project)
        finetune(project, Silent(), steps=1, device="cpu")
        assert project.predictions(1).points.shape == (FRAMES, 14, 2)
