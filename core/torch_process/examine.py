"""Which device training would use."""

import time
from dataclasses import dataclass

import numpy as np

from core.torch_process.child import Reports
from core.torch_process.device import training_device


@dataclass(frozen=True)
class Examine:
    """Tries it: trains a fresh Lightning for a moment, on pictures of nothing."""

    def run(self, _: Reports) -> dict:
        import torch

        from core.adaptation.trainer import Recipe, fine_tune, precision_of
        from core.adaptation.training_set import CONTEXT, TrainingSet
        from core.estimation.network import SPECS, Estimator

        device = training_device("auto")
        spec, few = SPECS["movenet-lightning"], 4
        side = round(spec.width * CONTEXT)
        nothing = np.zeros((few, side, side, 3), np.uint8)
        joints = (few, len(spec.skeleton))
        data = TrainingSet(
            nothing, np.full((*joints, 2), side / 2), np.ones(joints, bool), np.full(few, 9000.0)
        )
        times: list[float] = []
        recipe = Recipe(batch=few, seconds=None)

        def on_step(_: object) -> bool:
            times.append(time.perf_counter())
            return True

        fine_tune(Estimator(spec), data, recipe, 3, device, on_step)
        name = f"CUDA ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else "CPU"
        milliseconds = 1000 * (times[-1] - times[-2])
        how = precision_of(device, recipe)
        return {
            "device": device.type,
            "sentence": f"{name}, {how}: {milliseconds:.0f} ms for a step of {few} poses",
        }
