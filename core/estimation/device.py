"""Which device ONNX Runtime is asked for, and which it really uses."""

import contextlib
import ctypes
import io
import os
import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from core.domain import UserError
from core.domain.unreadable import what_it_is

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

CHOICES = ("auto", "cuda", "cpu")
PROVIDERS = ["CUDAExecutionProvider", "CPUExecutionProvider"]
NO_GRAPH = "INVALID_PROTOBUF", "No graph was found"  # what ONNX Runtime says of a file that is no ONNX
CODE = re.compile(r"\[ONNXRuntimeError\] : \d+ : \w+ : ")
NO_GPU = (
    "CUDA was asked for, but no NVIDIA driver or GPU was found. Install the driver, or choose the "
    "device auto."
)

NO_DRIVER = (
    "An NVIDIA GPU is in this machine, but its driver is not running, so the CPU is used. Install or "
    "start NVIDIA's driver (nvidia-smi has to list the GPU), then start again."
)


NO_CUDA_IN_TORCH = (
    "A GPU is present, but this PyTorch cannot use it. Install the CUDA version of torch from pytorch.org."
)


@dataclass(frozen=True)
class Device:
    """What is really used, 'CUDA' or 'CPU', and why it is not what could be used; '' when all is as it
    should be.
    """

    name: str
    notice: str = ""


@cache
def cuda_devices() -> int:
    """How many CUDA devices the driver offers; 0 without a driver. Asks the driver itself, so torch is not
    needed.
    """
    try:
        driver = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return 0
    count = ctypes.c_int(0)
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return 0
    return count.value


def card_without_driver() -> bool:
    """Whether an NVIDIA card is in the machine that no driver offers. Known on Linux only."""
    if cuda_devices() or not sys.platform.startswith("linux"):
        return False
    return any(_is_graphics(device) for device in Path("/sys/bus/pci/devices").glob("*"))


def _is_graphics(device: Path) -> bool:
    """By NVIDIA, of the class of displays or 3D controllers."""
    try:
        vendor, kind = ((device / name).read_text().strip() for name in ("vendor", "class"))
    except OSError:
        return False
    return vendor == "0x10de" and kind.startswith("0x03")


def threads() -> int:
    """Processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)


def device_for(wanted: str) -> Device:
    """What work will run on, known before anything is loaded or written.

    wanted: one of CHOICES. Raises UserError for another word, and for CUDA demanded where it cannot be used.
    """
    if wanted not in CHOICES:
        raise UserError(f"There is no device {wanted!r}. Choose one of {', '.join(CHOICES)}.")
    if wanted == "cpu":
        return Device("CPU")
    if not cuda_devices():
        if wanted == "cuda":
            raise UserError(NO_GPU)
        return Device("CPU", NO_DRIVER if card_without_driver() else "")
    trouble = cuda_trouble()
    if trouble and wanted == "cuda":
        raise UserError(trouble)
    return Device("CPU", trouble) if trouble else Device("CUDA")


@cache
def cuda_trouble() -> str:
    """Why ONNX Runtime cannot use the GPU that is there, with the remedy; '' where it can.

    Tried once, with a graph that does nothing: else every model would be loaded for the GPU in vain, and then
    again.
    """
    from onnx import TensorProto, helper

    missing = _preload_cuda()
    one, other = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("x", "y"))
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "nothing", [one], [other])
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 13)])
    return "" if _on_gpu(_load(model.SerializeToString(), PROVIDERS)) else _no_cuda(missing)


def open_session(path: Path, wanted: str = "auto") -> tuple["InferenceSession", Device]:
    """An ONNX Runtime session on the wanted device, or on the CPU with the reason and the remedy.

    Raises UserError as device_for does, and for an unreadable model.
    """
    used = device_for(wanted)
    try:
        session = _load(path, PROVIDERS if used.name == "CUDA" else PROVIDERS[1:])
    except Exception as error:
        if "onnxruntime" not in type(error).__module__:
            raise
        if any(word in str(error) for word in NO_GRAPH):
            raise UserError(f"{path.name} {what_it_is(path, 'ONNX file')}") from error
        reason = CODE.sub("", str(error).splitlines()[0])[:200]
        raise UserError(
            f"The model {path.name} cannot be loaded ({reason}). Choose another, or export it again."
        ) from error
    if used.name == "CPU" or _on_gpu(session):
        return session, used
    if wanted == "cuda":
        raise UserError(_no_cuda(path.name))
    return open_session(path, "cpu")[0], Device("CPU", _no_cuda(path.name))


def _load(model: Path | bytes, providers: list[str]) -> "InferenceSession":
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    onnxruntime.set_default_logger_severity(4)  # why CUDA does not start is said in the notice
    if providers == PROVIDERS[1:]:
        # Several batches run side by side, each in its caller's thread: no hand-over between threads, no
        # spinning.
        options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=providers)


def _on_gpu(session: "InferenceSession") -> bool:
    return PROVIDERS[0] in session.get_providers()


def _no_cuda(why: str) -> str:
    return (
        f"A GPU is present, but ONNX Runtime could not start CUDA{why and f' ({why})'}. Install "
        "onnxruntime-gpu with the CUDA version of torch: pip install 'onnxruntime-gpu[cuda,cudnn]'; "
        "until then the CPU has to do the work."
    )


def _preload_cuda() -> str:
    """The first library of CUDA that cannot be loaded, '' where all can. ONNX Runtime prints it among the
    results.
    """
    import onnxruntime

    said = io.StringIO()
    if hasattr(onnxruntime, "preload_dlls"):
        with contextlib.redirect_stdout(said):
            onnxruntime.preload_dlls()
    failed = (
        line.partition(": ")[2] for line in said.getvalue().splitlines() if line.startswith("Failed to load")
    )
    return next(failed, "")[:120]
