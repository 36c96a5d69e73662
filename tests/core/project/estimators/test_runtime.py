"""Which device the work ran on is said, and when it was not the one it could be."""

from pathlib import Path

import pytest

from core.estimation.device import NO_CUDA_IN_TORCH
from core.project.estimators.runtime import device_in_use, device_in_words
from core.project.project import Project

SEEN = {
    "device": "CPU", "provider": "CPUExecutionProvider", "precision": "float32", "batch": 4,
    "milliseconds": 9.0,
    "free": 100, "total": 200, "notice": "",
}  # fmt: skip


@pytest.mark.parametrize(
    ("summary", "why"),
    [
        ({"inference": "CPU", "notice": "CUDA did not start."}, "CUDA did not start."),
        ({"inference": "CUDA", "notice": "", "device": "cpu"}, NO_CUDA_IN_TORCH),
        ({"inference": "CUDA", "notice": "", "device": "cuda"}, ""),
        ({"inference": "CPU", "notice": "", "device": "cpu"}, ""),
    ],
)
def test_a_gpu_that_lies_idle_is_said(tmp_path: Path, summary: dict, why: str) -> None:
    with Project(tmp_path / "p", create=True) as project:
        project.store.add_round(0, summary | {"preflight": SEEN})
        assert device_in_use(project).why == why
        said = device_in_words(project)
        assert said.startswith(
            "Ran on CPU (CPUExecutionProvider, float32): 9.0 ms a pose in batches of 4, 100 of 200 MB"
        )
        assert said.endswith(why)
