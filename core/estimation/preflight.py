"""What is known before a long job begins: the device that is really used, its memory, and how quick one
batch is.
"""

import ctypes
import os
import sys
import time
from dataclasses import asdict, dataclass

import numpy as np

from core.estimation.session import EstimatorSession

MB = 1 << 20


@dataclass(frozen=True)
class Preflight:
    """device: 'CUDA' or 'CPU'; provider: of ONNX Runtime; precision: 'float32' or 'float16'; batch: samples
    in a call; milliseconds: a sample, of one timed batch after one that warms up; free, total: MB of the
    device's memory, None where the system does not tell; notice: why it is not the device it could be, ''
    when all is well.
    """

    device: str
    provider: str
    precision: str
    batch: int
    milliseconds: float
    free: int | None
    total: int | None
    notice: str = ""

    @property
    def sentence(self) -> str:
        memory = "" if self.free is None else f", {self.free:,} of {self.total:,} MB of memory free"
        return (
            f"{self.device} ({self.provider}, {self.precision}): {self.milliseconds:.1f} ms a pose in "
            f"batches of {self.batch}{memory}."
        )

    def to_json(self) -> dict:
        return asdict(self)


def preflight(session: EstimatorSession) -> Preflight:
    """Runs two batches; a batch that does not fit into memory is halved on the way, see EstimatorSession."""
    spec = session.spec
    session.run(np.zeros((session.batch, spec.height, spec.width, 3), np.uint8))
    crops = np.zeros((session.batch, spec.height, spec.width, 3), np.uint8)
    started = time.perf_counter()
    session.run(crops)
    milliseconds = 1000 * (time.perf_counter() - started) / len(crops)
    free, whole = (gpu_memory() if session.device.name == "CUDA" else main_memory()) or (None, None)
    return Preflight(
        session.device.name,
        session.provider,
        session.precision,
        session.batch,
        milliseconds,
        free,
        whole,
        session.device.notice,
    )


def main_memory() -> tuple[int, int] | None:
    """Free and total MB of the machine; None where the system does not tell."""
    try:
        page = os.sysconf("SC_PAGE_SIZE")
        total, free = os.sysconf("SC_PHYS_PAGES") * page, os.sysconf("SC_AVPHYS_PAGES") * page
    except (AttributeError, ValueError, OSError):
        return None
    if sys.platform.startswith("linux"):  # what can be had is more than what lies idle
        try:
            with open("/proc/meminfo", encoding="ascii") as lines:
                free = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
        except (OSError, StopIteration):
            pass
    return free // MB, total // MB


class _Memory(ctypes.Structure):
    """nvmlMemory_t: bytes."""

    _fields_ = (("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong))


def gpu_memory() -> tuple[int, int] | None:
    """Free and total MB of the first GPU, from the driver's management library; None without it."""
    try:
        library = ctypes.CDLL("nvml.dll" if sys.platform == "win32" else "libnvidia-ml.so.1")
        handle, memory = ctypes.c_void_p(), _Memory()
        if library.nvmlInit_v2() or library.nvmlDeviceGetHandleByIndex_v2(0, ctypes.byref(handle)):
            return None
        failed = library.nvmlDeviceGetMemoryInfo(handle, ctypes.byref(memory))
        library.nvmlShutdown()
    except (OSError, AttributeError):
        return None
    return None if failed else (memory.free // MB, memory.total // MB)
