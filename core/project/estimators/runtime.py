"""Which device a project's work really runs on."""

from typing import NamedTuple

from core.estimation.device import NO_CUDA_IN_TORCH, NO_DRIVER, NO_GPU, card_without_driver, cuda_devices
from core.estimation.preflight import Preflight
from core.project.project import Project


class InUse(NamedTuple):
    """device: 'CUDA' or 'CPU'; why: it is not the one it could be, '' when all is well; seen: a sentence on
    what was seen when it was tried, '' before.
    """

    device: str
    why: str
    seen: str = ""


def device_in_use(project: Project) -> InUse:
    """Of the latest estimation; before the first, what would be tried."""
    for entry in reversed(project.store.rounds()):
        if "inference" in entry.summary:
            kept = entry.summary.get("preflight")
            seen = Preflight(**kept).sentence if kept else ""
            why = entry.summary.get("notice", "")
            if not why and entry.summary["inference"] == "CUDA" and entry.summary.get("device") == "cpu":
                why = NO_CUDA_IN_TORCH
            return InUse(entry.summary["inference"], why, seen)
    wanted = project.setting("device")
    if wanted == "cpu" or cuda_devices():
        return InUse("CPU" if wanted == "cpu" else "CUDA", "")
    if wanted == "cuda":
        return InUse("CPU", NO_GPU)
    return InUse("CPU", NO_DRIVER if card_without_driver() else "")


def device_in_words(project: Project) -> str:
    """What was seen of the device when it was tried, and why it is not the one it could be; '' before."""
    used = device_in_use(project)
    return f"Ran on {used.seen} {used.why}".rstrip() if used.seen else used.why
