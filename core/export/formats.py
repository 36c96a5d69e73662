"""The formats that an export can have."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.domain import Monitor, UserError
from core.export.angles import export_angles
from core.export.biomechanics import export_openpose, export_trc
from core.export.coco import export_coco, export_cvat
from core.export.deeplabcut import export_deeplabcut
from core.export.estimator import EXAMPLE, RTMPOSE, SKELETON, export_estimator
from core.export.figures import export_figures
from core.export.interchange import export_nwb, export_sleap
from core.export.options import ExportOptions
from core.export.overlay import export_overlay
from core.export.report import export_report
from core.export.sequences import export_jrdb, export_posetrack
from core.export.tables import export_long, export_wide
from core.export.yolo import export_yolo
from core.formats.interchange import missing
from core.project.estimators.models import ESTIMATOR, WEIGHTS
from core.project.project import Project

PICTURES = ("images/*_[0-9][0-9][0-9][0-9][0-9][0-9].png", "images/*_[0-9][0-9][0-9][0-9][0-9][0-9].jpg")
PARTS = ("train", "val")


@dataclass(frozen=True)
class Format:
    """A format that can be chosen.

    title, about: for a list; write: fills an empty folder or writes a file, reads it again, and says in a
    sentence or two what it wrote; options: the fields of ExportOptions that it heeds; ending: of the file, ''
    for a folder; files: in the folder, as patterns; needs: what is missing to write it, in a sentence, '' for
    nothing.
    """

    title: str
    about: str
    write: Callable[[Project, Path, Monitor, ExportOptions], str]
    options: tuple[str, ...] = ()
    ending: str = ""
    files: tuple[str, ...] = ()
    needs: Callable[[], str] = lambda: ""

    def place(self, project: Path, name: str) -> Path:
        """Where an export would go by itself: beside the project's folder, and apart from that of a
        project beside it.
        """
        return project.parent / f"{project.stem}-poses-{name}{self.ending}"


_PICTURED = ("images", "image_format", "quality")
_TABLE = ("predictions", "poses", "joints", "smoothing")
FORMATS: dict[str, Format] = {
    "coco": Format(
        "COCO keypoints",
        "Labels, predictions and pictures for mmpose, detectron2, pycocotools and most others.",
        export_coco,
        (*_TABLE, *_PICTURED),
        files=("annotations.json", "predictions.json", "image_info.json", *PICTURES),
    ),
    "cvat": Format(
        "CVAT (COCO keypoints)",
        "Labels to be uploaded to a task of CVAT with the same video.",
        export_cvat,
        ("joints",),
        files=("annotations/person_keypoints_*.json",),
    ),
    "yolo": Format(
        "YOLO-pose",
        "A data set that ultralytics trains on: pictures, rows, and data.yaml.",
        export_yolo,
        (*_TABLE, "image_format", "quality", "val_share", "block_seconds"),
        files=(
            "data.yaml",
            *(pattern.replace("images/", f"images/{part}/") for part in PARTS for pattern in PICTURES),
            *(f"labels/{part}/*.txt" for part in PARTS),
            "predictions/*.txt",
        ),
    ),
    "dlc": Format(
        "DeepLabCut",
        "labeled-data folders of a multi-animal project, and predictions as CSV.",
        export_deeplabcut,
        (*_TABLE, "images"),
        files=("labeled-data/*/CollectedData_*.csv", "labeled-data/*/img*.png", "predictions/*.csv"),
    ),
    "csv": Format(
        "CSV, long",
        "One row per frame, person and joint, for R, pandas or Excel.",
        export_long,
        _TABLE,
        ending=".csv",
    ),
    "csv-wide": Format(
        "CSV, wide",
        "One row per frame and person, a column per coordinate.",
        export_wide,
        _TABLE,
        ending=".csv",
    ),
    "sleap": Format(
        "SLEAP",
        "A .slp file with labels and predictions, read by SLEAP and sleap-io.",
        export_sleap,
        _TABLE,
        ending=".slp",
        needs=missing,
    ),
    "nwb": Format(
        "NWB (ndx-pose)",
        "A file of Neurodata Without Borders with the poses of one video.",
        export_nwb,
        _TABLE,
        ending=".nwb",
        needs=missing,
    ),
    "openpose": Format(
        "OpenPose JSON",
        "A file per frame, as Sports2D and Pose2Sim read them.",
        export_openpose,
        _TABLE,
        files=("*_json/*_[0-9][0-9][0-9][0-9][0-9][0-9].json",),
    ),
    "trc": Format(
        "TRC in pixels",
        "A file per person, which Sports2D goes on from with --load_trc_px.",
        export_trc,
        _TABLE,
        files=("*_px_person*.trc",),
    ),
    "angles": Format(
        "Joint and segment angles",
        "As Sports2D defines them: CSV, a motion file of OpenSim and a plot for each person.",
        export_angles,
        (*_TABLE, "visible_side"),
        files=tuple(f"*_angles_person*.{ending}" for ending in ("mot", "csv", "png", "svg")),
    ),
    "posetrack": Format(
        "PoseTrack21",
        "Labels with their tracks, a JSON file per video.",
        export_posetrack,
        files=("*.posetrack.json",),
    ),
    "jrdb": Format(
        "JRDB-Pose",
        "Labels with their tracks, a JSON file per video.",
        export_jrdb,
        files=("*.jrdb.json",),
    ),
    "overlay": Format(
        "Video with skeletons",
        "The video with everybody's pose drawn in, and a bar that shows the uncertainty.",
        export_overlay,
        _TABLE,
        files=("*-skeletons.mp4",),
    ),
    "figures": Format(
        "Figures",
        "Curves of uncertainty per person and the learning curve, as PNG and SVG.",
        export_figures,
        files=("criteria-*.png", "criteria-*.svg", "learning-curve.png", "learning-curve.svg"),
    ),
    "report": Format(
        "Report",
        "What was done and how exact it is, to be attached to a paper: one HTML file.",
        export_report,
        ending=".html",
    ),
    "estimator": Format(
        "Adapted estimator",
        "The network by itself as ONNX, with an example that runs without PoseTailor.",
        export_estimator,
        files=(ESTIMATOR, WEIGHTS, RTMPOSE, SKELETON, EXAMPLE),
    ),
}


def format_named(name: str) -> Format:
    """Raises UserError for a name that is none of FORMATS."""
    if name not in FORMATS:
        raise UserError(f"There is no export format {name!r}; choose one of {', '.join(FORMATS)}.")
    return FORMATS[name]
