import pytest
import torch

from core.estimation.export import export_estimator
from core.estimation.network import SPECS, load_estimator
from core.project.estimators.models import RESOURCES


@pytest.fixture(scope="module")
def estimator():
    torch.set_num_threads(1)
    return load_estimator(RESOURCES / "estimators" / "lightning.safetensors", SPECS["movenet-lightning"])


@pytest.fixture(scope="module")
def exported(estimator, tmp_path_factory):
    path = tmp_path_factory.mktemp("export") / "estimator.onnx"
    export_estimator(estimator, path)
    return path
