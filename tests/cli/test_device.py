"""A device that is not there is said before anything is made."""

from pathlib import Path

import pytest

from app.cli.run import run_command
from tests.clips import make_clip


@pytest.fixture
def without_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.estimation.device.cuda_devices", lambda: 0)
    for place in ("core.project.estimators.models", "core.benchmark.runner"):
        monkeypatch.setattr(f"{place}.shipped_model", lambda *_: pytest.fail("a model was made"))


@pytest.mark.parametrize("folder", ["new", "new/deep", "empty"])
def test_a_new_project_does_not_stay(tmp_path: Path, without_gpu: None, capsys, folder: str) -> None:
    clip = make_clip(tmp_path / "clip.mp4", 12)
    (tmp_path / "empty").mkdir()
    before = sorted(tmp_path.rglob("*"))
    assert run_command(["estimate", str(clip), "--project", str(tmp_path / folder), "--device", "cuda"]) == 2
    assert "CUDA was asked for" in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("command", ["batch LIST", "benchmark --dataset demo"])
def test_long_work_does_not_begin(tmp_path: Path, without_gpu: None, capsys, command: str) -> None:
    make_clip(tmp_path / "clip.mp4", 12)
    (tmp_path / "list.txt").write_text("clip.mp4\n")
    arguments = command.replace("LIST", str(tmp_path / "list.txt")).split()
    assert run_command([*arguments, "--out", str(tmp_path / "out"), "--device", "cuda"]) == 2
    assert "CUDA was asked for" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
