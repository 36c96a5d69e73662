"""The networks a project runs: those that ship, made ready once for the machine, and each round's own."""

import contextlib
import hashlib
import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

from platformdirs import user_cache_path

from core.domain import Monitor, UserError
from core.estimation.device import device_for
from core.estimation.preflight import Preflight, preflight
from core.estimation.session import EstimatorSession, half_of
from core.project.project import Project
from core.torch_process import supervisor
from core.torch_process.export_estimator import GRAPHS, ExportBase
from core.torch_process.half_precision import HalfPrecision
from core.torch_process.import_estimator import ImportEstimator
from core.uncertainty.criteria import VARIANTS

RESOURCES = Path(__file__).resolve().parents[3] / "resources"
SHIPPED = {
    "thunder": ("movenet-thunder", RESOURCES / "estimators" / "thunder.safetensors"),
    "lightning": ("movenet-lightning", RESOURCES / "estimators" / "lightning.safetensors"),
    "multipose": ("detector", RESOURCES / "detectors" / "multipose.safetensors"),
    "nanodet": ("nanodet", RESOURCES / "detectors" / "nanodet.safetensors"),
}
SHIPPED_ESTIMATORS = ("thunder", "lightning")
SHIPPED_PRIORS = {variant: RESOURCES / "pose_prior" / f"{variant}.safetensors" for variant in VARIANTS}
EXPORT_VERSION = 9  # raise it when the exported graph changes
ESTIMATOR = "estimator.onnx"
WEIGHTS = "weights.safetensors"


def shipped_model(name: str, monitor: Monitor, graph: str = GRAPHS[0]) -> Path:
    """The ONNX file of a network that ships. The first use on a machine takes some seconds: it is exported.

    graph: a key of GRAPHS.
    """
    architecture, weights = SHIPPED[name]
    mark = hashlib.sha256(weights.read_bytes() + bytes([EXPORT_VERSION])).hexdigest()[:12]
    ending = "" if graph == GRAPHS[0] else f"-{graph}"
    path = user_cache_path("PoseTailor", "PoseTailor") / "models" / f"{name}{ending}-{mark}.onnx"
    if not path.is_file():
        supervisor.run(ExportBase(architecture, weights, path, graph), monitor)
    return path


def prepare(monitor: Monitor) -> None:
    """Makes every network that ships ready, as it comes and to be trained, so that no first use has to."""
    for name in SHIPPED:
        shipped_model(name, monitor)
    with tempfile.TemporaryDirectory() as folder:
        for name in SHIPPED_ESTIMATORS:  # their graph is kept, see core.estimation.graph_cache
            supervisor.run(ExportBase(*SHIPPED[name], Path(folder) / ESTIMATOR, "anchored"), monitor)


def place_first_estimator(project: Project, choice: str, monitor: Monitor) -> None:
    """Puts the estimator of round 0 into the project: a shipped one by name, or a file. Raises UserError."""
    folder = project.estimator_folder(0)
    file = own_file(choice)
    if file is None:
        onnx = shipped_model(choice, monitor)
        try:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            shutil.copyfile(onnx, folder / ESTIMATOR)
        except OSError as error:
            raise UserError(
                f"The estimator could not be written to {folder}: {error.strerror}. Free disk space, then "
                "try again."
            ) from error
        return
    shutil.rmtree(folder, ignore_errors=True)
    supervisor.run(ImportEstimator(file, folder), monitor)


def own_file(choice: str) -> Path | None:
    """The file that an estimator's choice names; None for the name of one that ships. Raises UserError."""
    if choice in SHIPPED_ESTIMATORS:
        return None
    file = Path(choice).expanduser()
    if file.is_dir():
        return newest_estimator(file)
    if file.suffix not in (".onnx", ".safetensors"):
        if file.is_file():
            raise UserError(
                f"{file.name} is neither an .onnx nor a .safetensors file. A checkpoint is imported first: "
                "in the window, or with main.py estimator import --architecture."
            )
        raise UserError(
            f"There is no estimator {choice!r}. Choose thunder, lightning, a .safetensors or .onnx file, "
            "or the folder of another project; a checkpoint is imported first, in the window or with "
            "main.py estimator import."
        )
    if not file.is_file():
        raise UserError(
            f"The estimator file {file} does not exist. Check the path, or choose thunder or lightning."
        )
    return file.absolute()


def newest_estimator(folder: Path) -> Path:
    """The file of the estimator that a project adapted last. Raises UserError where there is none."""
    if not Project.exists(folder):
        raise UserError(
            f"The folder {folder} is no project of PoseTailor. Choose one, or an estimator's file."
        )
    with Project(folder) as project:
        number = project.latest_round()
        if not number:
            raise UserError(
                f"The project {folder} has not adapted its estimator yet. Fine-tune it there first."
            )
        own = project.estimator_folder(number).absolute()
    return next((file for file in (own / WEIGHTS, own / ESTIMATOR) if file.is_file()), own / WEIGHTS)


def weights_of_round(project: Project, number: int) -> tuple[Path, str | None]:
    """Weights to train on from, and their architecture where the file does not say it (those that ship)."""
    own = project.estimator_folder(number) / WEIGHTS
    if own.is_file():
        return own, None
    if project.setting("estimator") not in SHIPPED:
        return project.estimator_folder(number) / ESTIMATOR, None
    architecture, shipped = SHIPPED[project.setting("estimator")]
    return shipped, architecture


def wanted_device(project: Project, device: str | None) -> str:
    """The device, the project's own by default. Raises UserError where it cannot be had."""
    device = device or project.setting("device")
    device_for(device)
    return device


class ReadyEstimator(NamedTuple):
    """checked: what was seen when it was tried."""

    session: EstimatorSession
    checked: Preflight


def open_estimator(project: Project, number: int, device: str) -> EstimatorSession:
    return EstimatorSession(project.estimator_folder(number) / ESTIMATOR, device)


def ready_estimator(project: Project, number: int, device: str, monitor: Monitor) -> ReadyEstimator:
    """The same for long work: on a GPU in half precision where that gives the same poses, and tried on a
    batch before.

    Raises UserError, Cancelled.
    """
    onnx = project.estimator_folder(number) / ESTIMATOR
    half = half_of(onnx)
    if device_for(device).name == "CUDA" and not half.is_file():
        with contextlib.suppress(UserError):  # then it runs as it is
            supervisor.run(HalfPrecision(onnx, half), monitor)
    session = EstimatorSession(onnx, device)
    monitor.report("Trying the device", 0, 0)
    return ReadyEstimator(session, preflight(session))


def prior_paths(project: Project, number: int) -> dict[str, Path]:
    """The pose priors of a round by variant: adapted ones where there are, else those that ship."""
    own = project.estimator_folder(number)
    adapted = {variant: own / f"pose_prior.{variant}.safetensors" for variant in SHIPPED_PRIORS}
    return SHIPPED_PRIORS | {variant: path for variant, path in adapted.items() if path.is_file()}
