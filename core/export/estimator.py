"""The adapted estimator by itself: for any program, without PoseTailor."""

import json
import shutil
from pathlib import Path

from core.domain import Monitor, UserError
from core.estimation.session import EstimatorSession
from core.estimation.spec import CONVENTIONS, KEY, PARITY, EstimatorSpec
from core.export.options import ExportOptions
from core.project.estimators.models import ESTIMATOR, RESOURCES, WEIGHTS
from core.project.project import Project

EXAMPLE = "example.py"
SKELETON = "skeleton.json"
RTMPOSE = "rtmpose.onnx"


def export_estimator(project: Project, folder: Path, monitor: Monitor, _: ExportOptions) -> str:
    """Writes the newest adapted estimator with all that is needed to use it. Raises UserError where there
    is none.
    """
    number = project.latest_round()
    if not number:
        raise UserError("The estimator has not been adapted yet. Label some poses and fine-tune first.")
    monitor.report("Exporting the estimator", 0, 0)
    own = project.estimator_folder(number)
    session = EstimatorSession(own / ESTIMATOR, "cpu")
    spec = session.spec
    _copy_described(own / ESTIMATOR, folder / ESTIMATOR, session)
    held = (own / WEIGHTS).is_file()
    if held:
        shutil.copyfile(own / WEIGHTS, folder / WEIGHTS)
    if spec.along_axes:
        from core.export.rtmlib import write_for_rtmlib

        write_for_rtmlib(own / ESTIMATOR, folder / RTMPOSE, spec)
    (folder / SKELETON).write_text(json.dumps(spec.skeleton.to_json(), indent=2) + "\n", "utf-8")
    shutil.copyfile(RESOURCES / "estimators" / EXAMPLE, folder / EXAMPLE)
    (folder / "README.txt").write_text(_readme(spec, session, number, held), "utf-8")
    return f"The estimator of round {number} was written, with an example that runs without PoseTailor."


def _copy_described(source: Path, target: Path, session: EstimatorSession) -> None:
    """With the description as this version writes it."""
    import onnx

    model = onnx.load(source, load_external_data=False)
    parity = {PARITY: session.parity.to_text()} if session.parity else {}
    onnx.helper.set_model_props(model, {KEY: session.spec.to_text()} | parity)
    onnx.save(model, target)


def _of_rtmpose(spec: EstimatorSpec) -> str:
    return (
        f"the same for rtmlib, RTMPose({RTMPOSE!r}, model_input_size={spec.size}), Sports2D and Pose2Sim: "
        f"there a custom mode with pose_class 'RTMPose' and pose_input_size {list(spec.size)}. It takes "
        "pictures with blue first, as these give them"
    )


def _readme(spec: EstimatorSpec, session: EstimatorSession, number: int, held: bool) -> str:
    parity = f" Against torch, {session.parity.sentence}." if session.parity else ""
    joints = len(spec.skeleton)
    what = "distributions along x and y side by side" if spec.along_axes else "heatmaps in 0..1"
    files = {
        ESTIMATOR: f"crops (n, {spec.height}, {spec.width}, 3) uint8 RGB -> {what} (n, "
        f"{', '.join(map(str, spec.shape))}), and embedding (n, {spec.embedding}); described in "
        f"its metadata, {KEY}.{parity}",
        **({RTMPOSE: _of_rtmpose(spec)} if spec.along_axes else {}),
        **({WEIGHTS: "the weights, for PoseTailor and whoever builds the same network"} if held else {}),
        SKELETON: "joints, edges, mirror pairs and OKS sigmas",
        EXAMPLE: f"python {EXAMPLE} IMAGE X0 Y0 X1 Y1 prints the pose in a box: name, x, y, height of the "
        "peak",
    }
    lines = [
        "Exported by PoseTailor",
        "",
        f"An estimator of {joints} joints ({spec.skeleton.name}), adapted in round {number}.",
        (
            f"Architecture {spec.architecture}, from: {spec.source or 'not said'}. Its licence is that of "
            "what was adapted."
        ),
        "",
        *(f"{name}: {what}" for name, what in files.items()),
        "",
        (
            f"A crop is the least rectangle of {spec.width} : {spec.height} around the box, {spec.margin:g} "
            "times as large, about the same centre."
        ),
        f"In the {'distributions' if spec.along_axes else 'heatmap'}, {CONVENTIONS[spec.convention]}.",
    ]
    if spec.levels:
        lines.append(
            "PoseTailor spreads the grey levels of dark or flat crops first (less than 160 levels "
            f"between the 1st and the 99th percentile); {EXAMPLE} does not, so that its poses in such "
            "pictures are worse."
        )
    return "\n".join(lines) + "\n"
