"""Which device a project's work really runs on."""

from core.estimation.device import NO_GPU, cuda_devices
from core.project.project import Project


def device_in_use(project: Project) -> tuple[str, str]:
    """The device of the latest estimation ('CUDA' or 'CPU'; before the first, what would be tried), and why it is not the
    one that was asked for, '' when all is well.
    """
    for entry in reversed(project.store.rounds()):
        if "inference" in entry.summary:
            return entry.summary["inference"], entry.summary.get("notice", "")
    wanted = project.setting("device")
    if wanted == "cpu" or cuda_devices():
        return ("CPU" if wanted == "cpu" else "CUDA"), ""
    return "CPU", NO_GPU if wanted == "cuda" else ""
