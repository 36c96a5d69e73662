"""What was said of people in the window is what the command line reports and exports."""

import json
from pathlib import Path

import numpy as np
import pytest

from core.domain import Box, PredictedPose, SampleId
from core.project.people.edits import delete_in, draw_person, place_estimate, swap_people
from core.project.project import Project
from core.project.store.people_rows import SingleEstimate
from tests.clips import make_clip
from tests.commands import refused, run
from tests.core.labels import label
from tests.projects import STANDING, make_project

ROOT = Path(__file__).parents[2]
FRAMES = 20
DEMO = ROOT / "resources" / "clips" / "assisted_cam04.mp4"


@pytest.fixture
def edited(tmp_path: Path) -> Path:
    """Person 2 is in the first 10 frames; from frame 5 on 1 and 2 are each other. Somebody was drawn in
    frame 3.
    """
    folder = make_project(tmp_path / "project", make_clip(tmp_path / "clip.mp4", FRAMES), queued=0)
    with Project(folder) as project:
        video = project.videos()[0]
        label(project, (1, 4), (1, 7), (2, 0))
        project.store.exchange(swap_people(project, video, 1, 2, 5))
        project.store.exchange(delete_in(project, video, 2, 0, 1))
        rows, new = draw_person(project, video, 3, Box(10, 10, 60, 80))
        project.store.exchange(rows)
        pose = PredictedPose(STANDING.astype("f4") * 50, STANDING[:, 0].astype("f4"), 0)
        estimate = SingleEstimate(SampleId(new, 3), Box(10, 10, 60, 80), pose)
        project.store.exchange(place_estimate(project, video, estimate))
    return folder


def test_status_and_export(edited: Path, tmp_path: Path) -> None:
    (entry,) = json.loads(run("status", "--project", edited, "--json"))["rounds"]
    assert (entry["labelled"], entry["g"]) == (2, pytest.approx(1))
    said = run("export", "--project", edited, "--format", "coco", "--out", tmp_path / "out")
    assert "Wrote 2 labelled people in 2 frames" in said
    people = json.loads((tmp_path / "out" / "annotations.json").read_text())["annotations"]
    assert sorted((person["image_id"] - 1, person["track_id"]) for person in people) == [(4, 1), (7, 2)]
    predictions = json.loads((tmp_path / "out" / "predictions.json").read_text())
    by_frame = [sum(p["image_id"] == frame + 1 for p in predictions) for frame in range(FRAMES)]
    assert by_frame == [1, 2, 2, 3, *[2] * 6, *[1] * 10]
    assert "Person 3" not in run("propose", "--project", edited, "--size", 40)


@pytest.mark.long
def test_real_people_are_found_again_and_checked(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    run("estimate", DEMO, "--project", folder, "--estimator", "lightning", "--device", "cpu")
    with Project(folder) as project:
        label(project, (1, 30), (2, 40))
        before = project.assignments(1)
    options = ("--start", 20, "--stop", 60, "--size", 480, "--per-second", 12, "--turn", 0, "--score", 0.25)
    said = run("people", folder, "find", *options, "--shortest", 0.3, "--device", "cpu")
    assert (
        "found again in frames 20 to 59 of assisted_cam04.mp4: 2 people are there now, nobody is new." in said
    )
    with Project(folder) as project:
        after = project.assignments(1)
        assert np.array_equal(after.track, before.track)
        changed = {int(frame) for frame in after.frame[(after.boxes != before.boxes).any(1)]}
        assert changed == set(range(20, 60))
        assert project.store.labels().keys() == {(1, 30), (2, 40)}
        assert len(project.predictions(1)) == len(after.frame)
        files = {p.relative_to(folder).as_posix() for p in (folder / "computed").rglob("*") if p.is_file()}
        assert files == project.store.shard_paths()
    assert run("people", folder, "check") == "Nothing looks wrong with the people.\n"


def test_what_looks_wrong_is_listed(edited: Path) -> None:
    found = json.loads(run("people", edited, "check", "--json"))
    assert {
        "video",
        "person",
        "first",
        "last",
        "look_at",
        "badness",
        "reason",
        "kind",
        "times",
        "weight",
    } == set(found[0])
    said = run("people", edited, "check")
    assert all(one["person"] in said for one in found)


def test_proposals_from_a_span(edited: Path) -> None:
    run("propose", "--project", edited, "--size", 3, "--span", "12:15")
    with Project(edited) as project:
        assert {item.sample.frame for item in project.store.queue()} <= {12, 13, 14, 15}
    assert "'15:12' is not a span of clip.mp4" in refused("propose", "--project", edited, "--span", "15:12")
    assert "not one of the project's videos (clip.mp4)" in refused(
        "propose", "--project", edited, "--video", "b.mp4"
    )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--score", 0), "A score of 0 is not possible"),
        (("--start", 30), "Frames 30 to the end are not in clip.mp4"),
        (("--turn", 45), "A turn of 45 degrees is not possible"),
        (("--video", "another.mp4"), "another.mp4 is not one of the project's videos (clip.mp4)"),
    ],
)
def test_what_cannot_be_found_again_is_said(edited: Path, options: tuple, sentence: str) -> None:
    assert sentence in refused("people", edited, "find", *options)
    assert "There is no project in" in refused("people", edited.parent, "check")


def test_who_matters_is_said_and_stays_with_the_project(edited: Path) -> None:
    assert (
        run("people", edited, "only", "Person 1") == "Only Person 1 is of interest: 2 others are context.\n"
    )
    listed = json.loads(run("people", edited, "list", "--json"))
    assert {one["person"] for one in listed if one["of_interest"]} == {"Person 1"}
    assert json.loads(run("status", "--project", edited, "--json"))["context"] == ["Person 2", "Person 3"]
    assert "Only Person 1 is of interest" in run("status", "--project", edited)
    assert "There is no Person 9 in clip.mp4" in refused("people", edited, "only", "Person 9")
    run("people", edited, "everyone")
    assert all(one["of_interest"] for one in json.loads(run("people", edited, "list", "--json")))
