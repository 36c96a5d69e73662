"""Before long work: the device is tried, memory that does not hold a batch halves it, and a GPU gets half
precision.
"""

from pathlib import Path

import numpy as np
import pytest

from core.domain import OutOfMemory, Silent, UserError
from core.estimation import device as device_module
from core.estimation import half as half_module
from core.estimation import session as session_module
from core.estimation.device import Device
from core.estimation.half import write_half
from core.estimation.preflight import Preflight, gpu_memory, main_memory, preflight
from core.estimation.session import EstimatorSession, half_of
from core.project.estimators.models import shipped_model


@pytest.fixture(scope="module")
def lightning() -> Path:
    return shipped_model("lightning", Silent())


@pytest.fixture
def session(lightning: Path) -> EstimatorSession:
    return EstimatorSession(lightning, "cpu")


def some_crops(session: EstimatorSession, count: int) -> np.ndarray:
    shape = (count, session.spec.height, session.spec.width, 3)
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def test_what_is_seen_is_what_is_used(session):
    seen = preflight(session)
    assert (seen.device, seen.provider, seen.precision) == ("CPU", "CPUExecutionProvider", "float32")
    assert seen.batch == session.batch
    assert seen.milliseconds > 0
    assert f"in batches of {seen.batch}" in seen.sentence
    assert Preflight(**seen.to_json()) == seen


def test_memory_is_told_or_left_out():
    memory = main_memory()
    assert memory is None or 0 < memory[0] <= memory[1]
    assert gpu_memory() is None or gpu_memory()[0] <= gpu_memory()[1]
    without = Preflight("CPU", "p", "float32", 4, 1.0, None, None)
    assert "memory" not in without.sentence


class Small:
    """Stands for ONNX Runtime's session on a device that holds so many samples. Where inputs are bound it
    fails as the runtime's own does then, by a plain RuntimeError.
    """

    def __init__(self, inner, most: int) -> None:
        self.inner, self.most, self.sizes = inner, most, []

    def run(self, names, inputs):
        from onnxruntime.capi.onnxruntime_pybind11_state import RuntimeException

        self._hold(len(inputs["crops"]), RuntimeException)
        return self.inner.run(names, inputs)

    def io_binding(self):
        return Binding(self.inner.io_binding())

    def run_with_iobinding(self, binding):
        self._hold(binding.count, RuntimeError)
        self.inner.run_with_iobinding(binding.inner)

    def _hold(self, count: int, error: type[Exception]) -> None:
        self.sizes.append(count)
        if count > self.most:
            raise error("BFCArena: Available memory of 12 is smaller than requested bytes of 123")


class Binding:
    """ONNX Runtime's binding that can be asked for how many samples it was given."""

    def __init__(self, inner) -> None:
        self.inner, self.count = inner, 0

    def bind_cpu_input(self, name, values):
        self.count = len(values)
        self.inner.bind_cpu_input(name, values)

    def __getattr__(self, name):
        return getattr(self.inner, name)


@pytest.mark.parametrize("device", ["CPU", "CUDA"])
def test_a_batch_that_does_not_fit_is_halved_and_stays_so(session, device):
    crops = some_crops(session, 5)
    wanted = session.run(crops)
    session.device = Device(device)
    session._session = small = Small(session._session, most=2)
    found = session.run(crops)
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    assert small.sizes[0] == 5
    assert max(small.sizes[1:]) <= 3
    assert session.batch <= 2


def test_a_larger_batch_still_on_its_way_does_not_enlarge_what_another_call_found_to_fit(session):
    session.batch = 1
    session._session = Small(session._session, most=2)
    session.run(some_crops(session, 4))
    assert session.batch == 1


def test_what_a_gpu_cannot_compute_is_one_sentence(session, monkeypatch):
    def fail(binding):
        raise RuntimeError("Error in execution: CUDA error cudaErrorUnknown:unknown error")

    session.device = Device("CUDA")
    session._session = small = Small(session._session, most=9)
    monkeypatch.setattr(small, "run_with_iobinding", fail)
    with pytest.raises(UserError, match="cannot be run"):
        session.run(some_crops(session, 2))


def test_a_single_crop_that_does_not_fit_is_one_sentence(session):
    session._session = Small(session._session, most=0)
    with pytest.raises(OutOfMemory, match="does not hold a single crop"):
        session.run(some_crops(session, 2))


def test_bound_inputs_and_outputs_give_the_same(session):
    crops = some_crops(session, 3)
    wanted, dropout = session.run(crops), session.dropout(crops)
    session.device = Device("CUDA")
    for one, other in zip(session.run(crops), wanted, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    np.testing.assert_allclose(session.dropout(crops), dropout, rtol=1e-3)


@pytest.fixture(scope="module")
def halved(lightning: Path, tmp_path_factory) -> Path:
    """A folder with an estimator and its copy in half precision."""
    path = tmp_path_factory.mktemp("half") / "estimator.onnx"
    path.write_bytes(lightning.read_bytes())
    write_half(path, half_of(path))
    return path


def test_half_precision_gives_the_same_poses_in_half_the_space(halved):
    assert half_of(halved).stat().st_size < 0.6 * halved.stat().st_size
    whole, half = EstimatorSession(halved, "cpu"), EstimatorSession(half_of(halved), "cpu")
    assert half.spec == whole.spec
    crops = some_crops(whole, 2)
    np.testing.assert_allclose(half.run(crops)[0], whole.run(crops)[0], atol=0.03)


def test_a_copy_that_gives_other_poses_is_not_kept(lightning, tmp_path, monkeypatch):
    monkeypatch.setattr(half_module, "HEIGHT_TOLERANCE", -1.0)
    with pytest.raises(UserError, match="In half precision"):
        write_half(lightning, tmp_path / "half.onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_gpu_takes_the_copy_and_the_processor_does_not(halved, monkeypatch):
    assert EstimatorSession(halved, "cpu").precision == "float32"
    opened = []

    def on_gpu(path, wanted):
        opened.append(path)
        return real(path, "cpu")[0], Device("CUDA")

    real = session_module.open_session
    monkeypatch.setattr(session_module, "open_session", on_gpu)
    monkeypatch.setattr(session_module, "device_for", lambda wanted: Device("CUDA"))
    used = EstimatorSession(halved, "auto")
    assert (used.precision, opened) == ("float16", [half_of(halved)])
    used.device = Device("CPU")
    assert used.dropout(some_crops(used, 1)).shape == (1,)  # which only the whole file has
    assert opened[-1] == halved


def test_a_gpu_that_does_not_start_falls_back_to_the_whole_file(halved, monkeypatch):
    monkeypatch.setattr(session_module, "device_for", lambda wanted: Device("CUDA"))
    monkeypatch.setattr(device_module, "_on_gpu", lambda session: False)
    used = EstimatorSession(halved, "auto")
    assert used.device.name == "CPU"
    assert used.precision == "float32"
