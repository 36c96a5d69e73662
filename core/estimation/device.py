"""Which device ONNX Runtime is asked for, and which it really uses."""

import contextlib
import ctypes
import io
import os
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.domain import UserError

CHOICES = ("auto", "cuda", "cpu")
NO_GPU = "CUDA was asked for, but no NVIDIA driver or GPU was found. Install the driver, or choose the device auto."

NO_DRIVER = (
    "An NVIDIA GPU is in this machine, but its driver is not running, so the CPU is used. Install or start NVIDIA's driver "
    "(nvidia-smi has to list the GPU), then start again."
)


NO_CUDA_IN_TORCH = (
    "A GPU is present, but this PyTorch cannot use it. Install the CUDA version of torch from pytorch.org."
)


@dataclass(frozen=True)
class Device:
    """What is really used, 'CUDA' or 'CPU', and why it is not what could be used; '' when all is as it should be."""

    name: str
    notice: str = ""


@cache
def cuda_devices() -> int:
    """How many CUDA devices the driver offers; 0 without a driver. Asks the driver itself, so torch is not needed."""
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


def open_session(path: Path, wanted: str = "auto") -> tuple["object", Device]:
    """An ONNX Runtime session on the wanted device, or on the CPU with the reason and the remedy.

    wanted: one of CHOICES. Raises UserError for another word, an unreadable model, or CUDA demanded where none is.
    """
    import onnxruntime

    if wanted not in CHOICES:
        raise UserError(f"There is no device {wanted!r}. Choose one of {', '.join(CHOICES)}.")
    available = cuda_devices() if wanted != "cpu" else 0
    if wanted == "cuda" and not available:
        raise UserError(
            "CUDA was asked for, but no NVIDIA driver or GPU was found. Install the driver, or use --device auto."
        )
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    providers = ["CPUExecutionProvider"]
    missing = ""
    if available:
        missing = _preload_cuda()
        onnxruntime.set_default_logger_severity(4)  # why CUDA does not start is said in the notice
        providers.insert(0, "CUDAExecutionProvider")
    else:
        # Several batches run side by side, each in its caller's thread: no hand-over between threads, no spinning.
        options.intra_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(path, options, providers=providers)
    except Exception as error:
        if "onnxruntime" not in type(error).__module__:
            raise
        reason = str(error).splitlines()[0][:200]
        raise UserError(
            f"The model {path.name} cannot be loaded ({reason}). Choose another, or export it again."
        ) from error
    if "CUDAExecutionProvider" in session.get_providers():
        return session, Device("CUDA")
    if not available:
        idle = wanted != "cpu" and card_without_driver()
        return session, Device("CPU", NO_DRIVER if idle else "")
    notice = (
        f"A GPU is present, but ONNX Runtime could not start CUDA{missing and f' ({missing})'} and uses the CPU. Install "
        "onnxruntime-gpu with the CUDA version of torch: pip install 'onnxruntime-gpu[cuda,cudnn]'."
    )
    if wanted == "cuda":
        raise UserError(notice)
    return open_session(path, "cpu")[0], Device("CPU", notice)


def _preload_cuda() -> str:
    """The first library of CUDA that cannot be loaded, '' where all can. ONNX Runtime prints it among the results."""
    import onnxruntime

    said = io.StringIO()
    if hasattr(onnxruntime, "preload_dlls"):
        with contextlib.redirect_stdout(said):
            onnxruntime.preload_dlls()
    failed = (line.partition(": ")[2] for line in said.getvalue().splitlines() if line.startswith("Failed to load"))
    return next(failed, "")[:120]
