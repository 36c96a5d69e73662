"""What was said of people in the window is what the command line reports and exports."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.domain import Box, PredictedPose, SampleId
from core.project.people_edits import delete_person, draw_person, place_estimate, swap_people
from core.project.people_rows import SingleEstimate
from core.project.project import Project
from tests.clips import make_clip
from tests.core.project.labels import label
from tests.projects import STANDING, make_project

ROOT = Path(__file__).parents[1]
FRAMES = 20


def run(*arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, "main.py", *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def edited(tmp_path: Path) -> Path:
    """Person 2 is in the first 10 frames; from frame 5 on 1 and 2 are each other. Somebody was drawn in frame 3."""
    folder = make_project(tmp_path / "project", make_clip(tmp_path / "clip.mp4", FRAMES), queued=0)
    with Project(folder) as project:
        video = project.videos()[0]
        label(project, (1, 4), (1, 7), (2, 0))
        project.store.exchange(swap_people(project, video, 1, 2, 5))
        project.store.exchange(delete_person(project, video, 2, 0))
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
