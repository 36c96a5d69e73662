"""Models of other programs are found by their places and names."""

import json
from pathlib import Path

import pytest

from core.project.estimators import found_models as module
from core.project.estimators.found_models import DETECTOR, ESTIMATOR, OTHER, POSES, found_models


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("TORCH_HOME", "HF_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("YOLO_CONFIG_DIR", str(tmp_path / "config"))
    return tmp_path


def put(*files: Path) -> None:
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"not looked into")


def kinds(found: list[module.FoundModel]) -> dict[str, tuple[str, str]]:
    return {one.file.name: (one.of, one.kind) for one in found}


def test_caches_are_looked_through(home: Path) -> None:
    rtmlib = home / "cache" / "rtmlib" / "hub" / "checkpoints"
    put(
        rtmlib / "rtmpose-m_simcc-body7_pt-body7_420e-256x192.onnx",
        rtmlib / "yolox_m_8xb8-300e_humanart.onnx",
    )
    put(rtmlib / "rtmo-s_8xb32-600e_body7-640x640.onnx", rtmlib / "notes.txt", rtmlib / "rtmw-x.onnx")
    put(
        home / "weights" / "yolo11n.onnx",
        home / "weights" / "yolo11n-seg.onnx",
        home / "weights" / "yolov8s.pt",
    )
    put(home / "runs" / "pose" / "walk-pose" / "weights" / "best.onnx")
    put(home / "cache/huggingface/hub/models--DeepLabCut--HumanBody/snapshots/1/rtmpose-x_simcc-body7.pt")
    settings = {"weights_dir": str(home / "weights"), "runs_dir": str(home / "runs")}
    put(home / "config" / "Ultralytics" / "settings.json")
    (home / "config" / "Ultralytics" / "settings.json").write_text(json.dumps(settings))
    found = found_models()
    assert kinds(found) == {
        "rtmpose-m_simcc-body7_pt-body7_420e-256x192.onnx": ("rtmlib", ESTIMATOR),
        "yolox_m_8xb8-300e_humanart.onnx": ("rtmlib", DETECTOR),
        "rtmo-s_8xb32-600e_body7-640x640.onnx": ("rtmlib", POSES),
        "yolo11n.onnx": ("ultralytics", DETECTOR),
        "yolov8s.pt": ("ultralytics", OTHER),
        "best.onnx": ("ultralytics", POSES),
        "rtmpose-x_simcc-body7.pt": ("DeepLabCut", ESTIMATOR),
    }
    assert {one.architecture for one in found if one.kind == ESTIMATOR} == {"rtmpose"}


def test_projects_around_a_video_are_looked_through(home: Path) -> None:
    train = home / "dlc" / "dlc-models-pytorch" / "iteration-0" / "shuffle1" / "train"
    put(train / "snapshot-best-010.pt", home / "dlc" / "videos" / "clip.mp4")
    (train / "pytorch_config.yaml").write_text("net_type: rtmpose_m")
    put(
        home / "sleap" / "models" / "centroid" / "best.ckpt",
        home / "sleap" / "models" / "centroid" / "last.ckpt",
    )
    put(home / "sleap" / "models" / "centroid" / "training_config.yaml")
    assert kinds(found_models([home / "dlc" / "videos", home / "sleap"])) == {
        "snapshot-best-010.pt": ("DeepLabCut", ESTIMATOR),
        "best.ckpt": ("SLEAP", OTHER),
    }


def test_the_search_is_bounded_and_follows_no_link_to_a_folder(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rtmlib = home / "cache" / "rtmlib" / "hub" / "checkpoints"
    put(*(rtmlib / f"yolox_{number}.onnx" for number in range(9)), rtmlib / "1/2/3/4/5/yolox_deep.onnx")
    (rtmlib / "round").symlink_to(rtmlib)
    assert len(found_models()) == 9
    monkeypatch.setattr(module, "MOST_MODELS", 4)
    assert len(found_models()) == 4


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"weights_dir": 1, "runs_dir": 2}', "{"])
def test_settings_that_say_nothing_are_passed_over(home: Path, content: str) -> None:
    put(home / "config" / "Ultralytics" / "settings.json")
    (home / "config" / "Ultralytics" / "settings.json").write_text(content)
    assert found_models() == []
