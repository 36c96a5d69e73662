"""Checkpoints with data beside their weights are read; none runs code."""

import sys
import types
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from core.domain import UserError
from core.estimation.architectures.checkpoints import read_checkpoint

WEIGHTS = {"backbone.conv1.weight": torch.ones(2, 3)}
# as mmpose 1.x describes the data that a checkpoint was trained on
META = {
    "epoch": 210,
    "dataset_meta": {
        "keypoint_id2name": {0: "nose"},
        "sigmas": np.array([0.026], np.float32),
        "keypoint_colors": np.zeros((1, 3), np.uint8),
        "names": np.array(["nose"]),
        "weight": np.float64(1.5),
    },
}


def test_the_arrays_of_mmpose_1_are_data(tmp_path):
    torch.save({"meta": META, "state_dict": WEIGHTS}, tmp_path / "published.pth")
    assert read_checkpoint(tmp_path / "published.pth").keys() == WEIGHTS.keys()


def test_numpy_1_names_them_otherwise(tmp_path):
    torch.save({"meta": META, "state_dict": WEIGHTS}, tmp_path / "published.pth")
    written = zipfile.ZipFile(tmp_path / "published.pth")
    with zipfile.ZipFile(tmp_path / "old.pth", "w") as old:
        for name in written.namelist():
            old.writestr(
                name, written.read(name).replace(b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n")
            )
    assert read_checkpoint(tmp_path / "old.pth").keys() == WEIGHTS.keys()


def test_the_log_of_a_training_is_passed_over(tmp_path, monkeypatch):
    """With its statistics, which it names by functions."""

    class HistoryBuffer:
        def mean(self):
            raise AssertionError

        def __getstate__(self):
            return {"_log_history": np.arange(3.0), "statistics_methods": {"mean": HistoryBuffer.mean}}

    module = types.ModuleType("mmengine.logging.history_buffer")
    module.HistoryBuffer = HistoryBuffer
    HistoryBuffer.__module__, HistoryBuffer.__qualname__ = module.__name__, "HistoryBuffer"
    HistoryBuffer.mean.__module__, HistoryBuffer.mean.__qualname__ = module.__name__, "HistoryBuffer.mean"
    for name in ("mmengine", "mmengine.logging", module.__name__):
        monkeypatch.setitem(sys.modules, name, module)
    log = {"log_scalars": {"loss": HistoryBuffer()}, "runtime_info": {"epoch": np.int64(3)}}
    torch.save({"state_dict": WEIGHTS, "message_hub": log}, tmp_path / "epoch_3.pth")
    assert read_checkpoint(tmp_path / "epoch_3.pth").keys() == WEIGHTS.keys()


class Asking:
    def __reduce__(self):
        return getattr, (Path("/"), "exists")


class Running:
    def __reduce__(self):
        return eval, ("1 + 1",)


def test_nothing_is_looked_up_and_nothing_runs(tmp_path):
    torch.save({"state_dict": WEIGHTS, "asking": Running()}, tmp_path / "running.pth")
    torch.save({"state_dict": WEIGHTS, "asking": Asking()}, tmp_path / "asking.pth")
    for name in ("running", "asking"):
        with pytest.raises(UserError, match="holds more than weights"):
            read_checkpoint(tmp_path / f"{name}.pth")
