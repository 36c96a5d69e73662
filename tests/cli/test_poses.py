"""A project that begins with the poses of another program, as far as the next round's training."""

import json
from pathlib import Path

import numpy as np
import pytest

from core.domain import LabelledPose, Silent, UserError
from core.project.project import Project
from core.project.store.segments import SAMPLES
from core.project.store.settings import GIVEN_POSES
from core.project.store.store import Label
from core.queries.scores import NotComputed, scores
from core.queries.status import status
from core.workflow.estimate import finish
from core.workflow.fine_tune import _task, finetune
from core.workflow.forget import first_confidence, forget_old_rounds
from core.workflow.next_round import go_back
from core.workflow.propose import propose
from tests.clips import make_clip
from tests.commands import refused, run
from tests.projects import STANDING

FRAMES = 12
BOXES = {"ann": (10, 10, 60, 90), "bob": (90, 12, 150, 92)}


def pose(who: str, frame: int) -> np.ndarray:
    x0, y0, x1, y1 = BOXES[who]
    return STANDING * (x1 - x0, y1 - y0) + (x0 + frame / 4, y0)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return make_clip(tmp_path / "walk.mp4", FRAMES, width=160, height=96)


@pytest.fixture
def poses(tmp_path: Path) -> Path:
    """Of two people, Bob only in the first half; joint 9 of everybody is not found in frame 3."""
    frames = []
    for frame in range(FRAMES):
        here = [who for who in BOXES if who == "ann" or frame < FRAMES // 2]
        points = [pose(who, frame).tolist() for who in here]
        sure = [[0.0 if joint == 9 and frame == 3 else 0.8 for joint in range(17)] for _ in here]
        for own in points if frame == 3 else ():
            own[9] = [0.0, 0.0]
        frames.append({"frame": frame, "keypoints": points, "scores": sure})
    path = tmp_path / "rtmlib.json"
    path.write_text(json.dumps(frames))
    return path


def begin(clip: Path, poses: Path, project: Path, *further: object) -> str:
    given = ("--poses", poses, "--estimator", "lightning", "--device", "cpu")
    return run("estimate", clip, "--project", project, *given, *further)


def test_they_are_round_0(clip: Path, poses: Path, tmp_path: Path) -> None:
    said = begin(clip, poses, tmp_path / "p")
    assert "Round 0 has 18 poses of 2 people from rtmlib.json." in said
    with Project(tmp_path / "p") as project:
        found = project.predictions(1)
        assert len(found) == 18
        assert sorted(project.store.track_names(1).values()) == ["Person 1", "Person 2"]
        row = found.rows_of_track(found.track[0])[5]
        who = "ann" if found.points[row, 0, 0] < 80 else "bob"
        np.testing.assert_allclose(found.points[row], pose(who, 5), atol=1e-3)
        missing = found.confidence[found.frame == 3, 9]
        assert (missing == 0).all()
        assert np.isfinite(found.points).all()
        assert project.coverage(1).share == 1
        assert np.isfinite(scores(project, 1, "wpu")).all()
        assert np.isfinite(scores(project, 1, "thc+wpu")).all()
        with pytest.raises(NotComputed, match="looks at heatmaps, which poses of a file do not have"):
            scores(project, 1, "thc")
        assert 0 < first_confidence(project) < 1  # of the estimator, not the file's
        assert project.setting(GIVEN_POSES) == {"1": "rtmlib.json"}


def test_they_are_proposed_corrected_and_learned_from(clip: Path, poses: Path, tmp_path: Path) -> None:
    begin(clip, poses, tmp_path / "p")
    with Project(tmp_path / "p") as project:
        items = propose(project, size=4)
        assert len(items) == 4
        assert all({"td", "wpu"} < item.reason.keys() for item in items)
        assert all("thc" not in item.reason for item in propose(project, size=2, criterion="thc+wpu"))
        found = project.predictions(1)
        rows = [found.row(item.sample) for item in items]
        labels = [
            Label(
                found.sample(row),
                LabelledPose(
                    found.points[row] + 1.0, np.full(17, 2, np.int8), found.box(row), found.pose(row), 0
                ),
                accepted=True,
            )
            for row in rows
        ]
        project.store.set_labels(labels)
        assert status(project)[0].g is not None
        task = _task(project, labels, 0, 0.5, "cpu", None, 0)
        assert len(task.samples) == 4
        assert np.isnan(task.values).all()  # the file's poses say nothing of the estimator
        assert task.consecutive  # which it reads itself before it is trained
        assert (task.given > 0.5).all()


def test_they_stay_where_they_are_nearer_to_the_labels(
    clip: Path, poses: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(clip, poses, tmp_path / "p")
    tasks = []

    def train(task, monitor):
        tasks.append(task)
        return {"given_stay": "they are nearer to your labels (mean OKS 0.90; the estimator's 0.80)"}

    monkeypatch.setattr("core.workflow.fine_tune._train", train)
    with Project(tmp_path / "p") as project:
        with pytest.raises(
            UserError, match=r"The poses are from rtmlib\.json, and without labels nothing tells"
        ):
            finetune(project, Silent(), without_labels=True, device="cpu")
        found = project.predictions(1)
        pose = LabelledPose(found.points[0] + 1.0, np.full(17, 2, np.int8), found.box(0), found.pose(0), 0)
        project.store.set_labels([Label(found.sample(0), pose, accepted=True)])
        said = finetune(project, Silent(), device="cpu")
        assert said.startswith("The poses from rtmlib.json stay, because they are nearer to your labels")
        assert (project.latest_round(), status(project)[0].given_stay) == (0, True)
        finetune(project, Silent(), device="cpu", replace_poses=True)
    assert [task.given is None for task in tasks] == [False, True]
    said = run("finetune", "--project", tmp_path / "p", "--device", "cpu")
    assert said.endswith("--replace-poses takes the estimator's all the same.\n")


def test_going_back_to_round_0_brings_them_back(clip: Path, poses: Path, tmp_path: Path) -> None:
    begin(clip, poses, tmp_path / "p")
    with Project(tmp_path / "p") as project:
        project.store.set_setting("variant", "paper")  # whose rounds are kept whatever comes of them
        given = project.predictions(1)
        pose = LabelledPose(given.points[0] + 9.0, np.full(17, 2, np.int8), given.box(0), given.pose(0), 0)
        project.store.set_labels([Label(given.sample(0), pose, accepted=True)])
        finetune(project, Silent(), steps=1, device="cpu", replace_poses=True)
        assert not np.array_equal(project.predictions(1).points, given.points)
        assert project.pose_files(1) == []
        for earlier, files in (
            (0, ["rtmlib.json"]),
            (1, []),
            (2, ["rtmlib.json"]),
        ):  # round 2 is round 0 again
            go_back(project, earlier, Silent(), device="cpu")
            assert np.array_equal(project.predictions(1).points, given.points) == bool(files)
            assert np.isfinite(scores(project, 1, "wpu")).all()
            assert project.pose_files(project.latest_round()) == files
        forget_old_rounds(project)
        assert project.computed.segments(SAMPLES, 1, 0)  # nothing could make them again


def test_nothing_is_estimated_in_their_place(clip: Path, poses: Path, tmp_path: Path) -> None:
    begin(clip, poses, tmp_path / "p")
    with Project(tmp_path / "p") as project:
        before = project.predictions(1).points.copy()
        assert finish(project, Silent(), device="cpu").complete
    run("estimate", clip, "--project", tmp_path / "p", "--device", "cpu")
    with Project(tmp_path / "p") as project:
        np.testing.assert_array_equal(project.predictions(1).points, before)


def test_only_what_is_wanted_is_taken(clip: Path, poses: Path, tmp_path: Path) -> None:
    said = begin(clip, poses, tmp_path / "p", "--span", "2:5", "--span", "8:")
    assert "Round 0 has 10 poses of 2 people from rtmlib.json; 8 poses outside" in said
    with Project(tmp_path / "p") as project:
        assert sorted(set(project.predictions(1).frame.tolist())) == [2, 3, 4, 8, 9, 10, 11]


def test_what_cannot_be_taken_leaves_nothing(clip: Path, poses: Path, tmp_path: Path) -> None:
    frames = json.loads(poses.read_text())
    frames[-1]["frame"] = 99
    poses.write_text(json.dumps(frames))
    folder = tmp_path / "p"
    arguments = ("estimate", clip, "--project", folder, "--poses", poses, "--estimator", "lightning")
    assert "has a pose in frame 99 (from 0), and the video has 12 frames" in refused(*arguments)
    assert not folder.exists()
    assert "Give them together with --poses" in refused(*arguments[:4], "--first-frame", 1)
    assert "Give one of the two" in refused(*arguments, "--boxes", poses)
    assert "There is no file" in refused(*arguments[:5], tmp_path / "none.json")


def test_a_file_that_cannot_be_read_is_refused_at_once(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the estimator is made ready, which may take long the first time."""
    monkeypatch.setattr("core.workflow.estimate.ready_estimator", pytest.fail)
    (tmp_path / "results.json").write_text("[{]")
    arguments = ("estimate", clip, "--project", tmp_path / "p", "--estimator", "lightning")
    said = refused(*arguments, "--poses", tmp_path / "results.json")
    assert "results.json is not JSON" in said


def test_labels_are_not_replaced(clip: Path, poses: Path, tmp_path: Path) -> None:
    begin(clip, poses, tmp_path / "p")
    with Project(tmp_path / "p") as project:
        propose(project, size=2)
    said = refused("estimate", clip, "--project", tmp_path / "p", "--poses", poses)
    assert "has labels, proposals or changed people already" in said
