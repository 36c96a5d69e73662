"""What is installed here and which device each part really uses: tried, not believed."""

import os
import platform
import sqlite3
import sys
import tempfile

from core.domain import Silent, UserError
from core.domain.packages import package_version
from core.estimation.device import NO_CUDA_IN_TORCH, NO_DRIVER, card_without_driver, cuda_devices, threads
from core.estimation.preflight import preflight
from core.estimation.session import EstimatorSession
from core.project.estimators.models import shipped_model
from core.torch_process import supervisor
from core.torch_process.examine import Examine

PACKAGES = (
    "PySide6-Essentials",
    "pyqtgraph",
    "numpy",
    "av",
    "opencv-python",
    "h5py",
    "torch",
    "onnx",
    "onnxruntime-gpu",
    "onnxruntime",
    "trackers",
    "onnx2torch",
)


def examine() -> dict:
    """{'parts': {part: state}, 'advice': [sentence]}: versions, and the devices of a real run of each
    part.
    """
    parts = {
        "System": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, "
        f"{threads()} cores",
        "GPUs seen by the driver": str(cuda_devices()),
        "SQLite": sqlite3.sqlite_version,
    }
    for name in PACKAGES:
        version = package_version(name)
        if version:
            parts[name] = version
    advice = []
    try:
        session = EstimatorSession(shipped_model("lightning", Silent()))
        parts["Estimation runs on"] = preflight(session).sentence.rstrip(".")
        if session.device.notice:
            advice.append(session.device.notice)
        training = supervisor.run(Examine(), Silent())
        parts["Training runs on"] = training["sentence"]
        if cuda_devices() and training["device"] != "cuda":
            advice.append(NO_CUDA_IN_TORCH)
    except UserError as error:
        advice.append(str(error))
    if package_version("onnxruntime-gpu") and package_version("onnxruntime"):
        advice.append(
            "onnxruntime and onnxruntime-gpu are both installed and overwrite each other. Uninstall "
            "both, then install one."
        )
    if not os.access(tempfile.gettempdir(), os.W_OK):
        advice.append(f"The folder for temporary files, {tempfile.gettempdir()}, is not writable.")
    if sys.platform.startswith("linux") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        advice.append("There is no screen here: the window opens under xvfb-run only; every command works.")
    if card_without_driver():
        advice.append(NO_DRIVER)
    elif not cuda_devices():
        advice.append(
            "No NVIDIA GPU was found: everything runs on the CPU, which is slower but gives the same result."
        )
    return {"parts": parts, "advice": advice}
