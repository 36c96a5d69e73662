"""Formats on the command line, out and in."""

import csv
from pathlib import Path

import pytest

from app.cli.run import run_command
from core.domain import SampleId
from core.export.formats import FORMATS
from core.project.project import Project
from tests.clips import make_clip
from tests.core.labels import label
from tests.projects import make_project


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = make_project(tmp_path / "project", make_clip(tmp_path / "walk.mp4", 12))
    with Project(folder) as opened:
        label(opened, (1, 0))
    return folder


def test_the_help_names_every_format(capsys: pytest.CaptureFixture) -> None:
    assert run_command(["export", "--help"]) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in FORMATS)
    for command, named in (("annotate", "Datumaro"), ("estimate", "MediaPipe")):
        run_command([command, "--help"])
        assert named in capsys.readouterr().out


def test_out_and_in_again(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    out = tmp_path / "poses.csv"
    line = f"export --project {project} --format csv --out {out} --no-predictions --joints nose,left_hip"
    assert run_command(line.split()) == 0
    assert "1 label and 0 predictions in 2 rows. All rows were read again." in capsys.readouterr().out
    assert [row["joint"] for row in csv.DictReader(out.open())] == ["nose", "left_hip"]
    with Project(project) as opened:
        opened.store.delete_labels([SampleId(1, 0)])
    assert run_command(["annotate", "--project", str(project), "--from", str(out), "--any"]) == 0
    assert "1 pose was labelled from poses.csv" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--format", "csv", "--out", "a.txt"], "should end in .csv"),
        (["--format", "csv", "--out", "a.csv", "--joints", "tail"], "has no joint 'tail'"),
        (["--format", "coco", "--out", "a", "--image-format", "gif"], "Images are written as png or jpg"),
        (["--format", "coco", "--out", "a", "--quality", "0"], "The quality of JPEG is 0"),
        (["--format", "yolo", "--out", "a", "--val", "1.5"], "The share for validation is 1.5"),
        (["--format", "csv", "--out", "a.csv", "--smooth", "99"], "The window of smoothing is 99"),
    ],
)
def test_what_means_nothing_is_refused(
    project: Path, tmp_path: Path, more: list[str], said: str, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    assert run_command(["export", "--project", str(project), *more]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error
    assert sorted(tmp_path.iterdir()) == before
