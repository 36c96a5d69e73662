"""Several videos and several spans in one command."""

import json
from pathlib import Path

import pytest

from app.cli.estimate import spans_of
from app.cli.run import run_command
from core.domain import UserError
from core.project.project import Project
from tests.clips import make_clip, make_demo

FRAMES = 40


@pytest.fixture
def boxes(tmp_path: Path) -> Path:
    path = tmp_path / "people.txt"
    path.write_text("".join(f"{n + 1},1,40,20,50,70,1,-1,-1,-1\n" for n in range(FRAMES)))
    return path


def estimate(*arguments: object) -> int:
    return run_command(["estimate", *map(str, arguments), "--estimator", "lightning", "--device", "cpu"])


def two_people(folder: Path) -> tuple[Path, Path]:
    """Two files of the same pictures."""
    first, again = make_demo(folder / "first.mp4", 16), folder / "again.mp4"
    again.write_bytes(first.read_bytes() + b"\0\0\0\x08free")
    return first, again


def test_spans_add_up_and_only_they_are_estimated(tmp_path: Path, boxes: Path) -> None:
    clip, project = make_clip(tmp_path / "walk.mp4", frames=FRAMES), tmp_path / "p"
    assert estimate(clip, "--project", project, "--boxes", boxes, "--span", "5:10", "--span", "30:") == 0
    with Project(project) as opened:
        assert opened.spans(1) == [(5, 10), (30, FRAMES)]
        assert opened.predictions(1).frame.tolist() == [*range(5, 10), *range(30, FRAMES)]
        assert opened.coverage(1).share == 1


def test_two_videos_are_estimated_by_one_command(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    first, again = two_people(tmp_path)
    assert estimate(first, again, "--project", tmp_path / "p", "--budget", "all", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["video"] for one in found] == [1, 2]
    assert found[0]["samples"] == found[1]["samples"] > 0
    assert [one["coverage"] for one in found] == [1, 1]


@pytest.mark.parametrize("text", ["5", "a:b", "5:-1", "", "1:2:3", "5.0:7"])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="span"):
        spans_of([text])


def test_spans_of_several_videos_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    clips = [make_clip(tmp_path / f"{frames}.mp4", frames=frames) for frames in (FRAMES, FRAMES + 1)]
    assert estimate(*clips, "--project", tmp_path / "p", "--span", "0:5") == 2
    assert "by itself" in capsys.readouterr().err


def test_videos_that_no_time_was_left_for_are_said_and_finished_later(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    first, again = two_people(tmp_path)
    project = tmp_path / "p"
    assert estimate(first, again, "--project", project, "--budget", "0.01") == 0
    said = capsys.readouterr().out
    assert "No time was left for again.mp4." in said
    assert "Estimate the rest with: main.py finish" in said
    assert run_command(["finish", "--project", str(project), "--device", "cpu"]) == 0
    with Project(project) as opened:
        assert [opened.coverage(video.id).share for video in opened.videos()] == [1, 1]
