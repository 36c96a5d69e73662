"""Which device is asked for, and what is said when it is not the one used."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.domain import UserError
from core.estimation import device


class FakeSession:
    """Stands for ONNX Runtime's session: takes CUDA only where `works`."""

    works = False
    asked: list
    loaded: list

    def __init__(self, path, options, providers):
        FakeSession.asked = providers
        FakeSession.loaded.append(path)

    def get_providers(self):
        return FakeSession.asked if self.works else ["CPUExecutionProvider"]


@pytest.fixture
def runtime(monkeypatch):
    import onnxruntime

    monkeypatch.setattr(onnxruntime, "InferenceSession", FakeSession)
    monkeypatch.setattr(FakeSession, "works", False)
    monkeypatch.setattr(FakeSession, "loaded", [], raising=False)
    forget = device.cuda_trouble.cache_clear
    forget()
    yield monkeypatch
    forget()


def test_cuda_is_not_even_asked_for_where_there_is_no_gpu(runtime):
    runtime.setattr(device, "cuda_devices", lambda: 0)
    runtime.setattr(device, "card_without_driver", lambda: False)
    _, used = device.open_session(Path("m.onnx"), "auto")
    assert FakeSession.asked == ["CPUExecutionProvider"]
    assert used == device.Device("CPU")


def test_a_card_without_its_driver_is_said_with_a_remedy(runtime):
    runtime.setattr(device, "cuda_devices", lambda: 0)
    runtime.setattr(device, "card_without_driver", lambda: True)
    _, used = device.open_session(Path("m.onnx"), "auto")
    assert used.name == "CPU"
    assert "nvidia-smi" in used.notice
    assert device.open_session(Path("m.onnx"), "cpu")[1].notice == ""


@pytest.mark.parametrize(
    ("vendor", "kind", "so"),
    [("0x10de", "0x030200", True), ("0x10de", "0x040300", False), ("0x8086", "0x030000", False)],
)
def test_a_graphics_card_is_told_from_other_devices(tmp_path, vendor, kind, so):
    (tmp_path / "vendor").write_text(f"{vendor}\n")
    (tmp_path / "class").write_text(f"{kind}\n")
    assert device._is_graphics(tmp_path) is so
    assert not device._is_graphics(tmp_path / "gone")


def test_cuda_is_used_where_there_is_one(runtime):
    runtime.setattr(device, "cuda_devices", lambda: 1)
    runtime.setattr(FakeSession, "works", True)
    _, used = device.open_session(Path("m.onnx"), "auto")
    assert FakeSession.asked[0] == "CUDAExecutionProvider"
    assert used == device.Device("CUDA")


def test_a_gpu_that_cannot_be_used_is_said_with_a_remedy(runtime):
    runtime.setattr(device, "cuda_devices", lambda: 1)
    _, used = device.open_session(Path("m.onnx"), "auto")
    assert used.name == "CPU"
    assert "pip install" in used.notice


def test_what_cuda_lacks_is_in_the_notice_and_not_among_the_results(runtime, capsys):
    import onnxruntime

    runtime.setattr(device, "cuda_devices", lambda: 1)
    lines = "Failed to load libcublas.so.13: libcublas.so.13: no such file\nFailed to load libcudnn.so: gone"
    runtime.setattr(onnxruntime, "preload_dlls", lambda: print(lines), raising=False)
    _, used = device.open_session(Path("m.onnx"), "auto")
    assert "could not start CUDA (libcublas.so.13: no such file). Install" in used.notice
    assert capsys.readouterr().out == ""


def test_where_cuda_does_not_start_each_model_is_loaded_once(runtime):
    runtime.setattr(device, "cuda_devices", lambda: 1)
    for name in ("m.onnx", "n.onnx"):
        device.open_session(Path(name), "auto")
    tried, *models = FakeSession.loaded
    assert isinstance(tried, bytes)
    assert models == [Path("m.onnx"), Path("n.onnx")]


def test_a_model_that_alone_does_not_start_on_the_gpu_runs_on_the_cpu(runtime):
    runtime.setattr(device, "cuda_devices", lambda: 1)
    runtime.setattr(device, "cuda_trouble", lambda: "")
    _, used = device.open_session(Path("m.onnx"), "auto")
    assert used.name == "CPU"
    assert "m.onnx" in used.notice


def test_cuda_demanded_but_not_usable_is_an_error(runtime):
    runtime.setattr(device, "cuda_devices", lambda: 1)
    with pytest.raises(UserError, match="GPU"):
        device.open_session(Path("m.onnx"), "cuda")
    runtime.setattr(device, "cuda_devices", lambda: 0)
    with pytest.raises(UserError, match="CUDA was asked for"):
        device.open_session(Path("m.onnx"), "cuda")


def test_cpu_ignores_the_gpu(runtime):
    runtime.setattr(device, "cuda_devices", lambda: 1)
    _, used = device.open_session(Path("m.onnx"), "cpu")
    assert FakeSession.asked == ["CPUExecutionProvider"]
    assert used == device.Device("CPU")


def test_an_unknown_device_is_refused():
    with pytest.raises(UserError, match="auto, cuda, cpu"):
        device.open_session(Path("m.onnx"), "tpu")


def test_the_runtime_tells_nobody_that_it_is_used(tmp_path):
    """It would keep an identifier of the machine and a queue of what it sends in the user's cache folder."""
    from core.domain import Silent
    from core.project.estimators.models import shipped_model

    code = (
        "import sys, pathlib; from core.estimation.device import open_session; "
        "open_session(pathlib.Path(sys.argv[1]))"
    )
    quiet = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    home = {name: str(tmp_path) for name in ("HOME", "XDG_CACHE_HOME", "USERPROFILE", "LOCALAPPDATA")}
    model = shipped_model("lightning", Silent())
    subprocess.run([sys.executable, "-c", code, model], env=quiet | home, check=True, timeout=120)
    assert not list(tmp_path.rglob("*onnxruntime*"))
