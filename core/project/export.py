"""What a project made, in the formats of other programs."""

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from core.domain import Monitor, UserError
from core.formats.interchange import missing
from core.formats.yolo import MARK
from core.project.export_coco import export_coco, export_cvat
from core.project.export_deeplabcut import export_deeplabcut
from core.project.export_estimator import EXAMPLE, SKELETON, export_estimator
from core.project.export_figures import export_figures
from core.project.export_interchange import export_nwb, export_sleap
from core.project.export_options import ExportOptions
from core.project.export_overlay import export_overlay
from core.project.export_sequences import export_jrdb, export_posetrack
from core.project.export_tables import export_long, export_wide
from core.project.export_yolo import export_yolo
from core.project.models import ESTIMATOR, WEIGHTS
from core.project.project import Project

README = "README.txt"
PICTURES = ("images/*_[0-9][0-9][0-9][0-9][0-9][0-9].png", "images/*_[0-9][0-9][0-9][0-9][0-9][0-9].jpg")
PARTS = ("train", "val")


@dataclass(frozen=True)
class Format:
    """A format that can be chosen.

    title, about: for a list; write: fills an empty folder or writes a file, reads it again, and says in a sentence or two
    what it wrote; options: the fields of ExportOptions that it heeds; ending: of the file, '' for a folder; files: in the
    folder, as patterns; needs: what is missing to write it, in a sentence, '' for nothing.
    """

    title: str
    about: str
    write: Callable[[Project, Path, Monitor, ExportOptions], str]
    options: tuple[str, ...] = ()
    ending: str = ""
    files: tuple[str, ...] = ()
    needs: Callable[[], str] = lambda: ""

    def place(self, folder: Path, name: str) -> Path:
        """Where an export would go by itself."""
        return folder / f"poses-{name}{self.ending}"


_PICTURED = ("images", "image_format", "quality")
_TABLE = ("predictions", "joints", "smoothing")
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
        "The video with everybody's pose drawn in, and a bar that shows the doubt.",
        export_overlay,
        _TABLE,
        files=("*-skeletons.mp4",),
    ),
    "figures": Format(
        "Figures",
        "Curves of doubt per person and the learning curve, as PNG and SVG.",
        export_figures,
        files=("criteria-*.png", "criteria-*.svg", "learning-curve.png", "learning-curve.svg"),
    ),
    "estimator": Format(
        "Adapted estimator",
        "The network by itself as ONNX, with an example that runs without PoseTailor.",
        export_estimator,
        files=(ESTIMATOR, WEIGHTS, SKELETON, EXAMPLE),
    ),
}


def export(
    project: Project,
    format: str,
    out: Path,
    monitor: Monitor,
    options: ExportOptions | None = None,
    replace: bool = False,
) -> str:
    """Writes the folder or file `out`, whole or not at all, in place of an earlier export; says what was written.

    format: a name in FORMATS; replace: also a file that is there, of which nobody can tell whose it is. Raises UserError,
    Cancelled.
    """
    if format not in FORMATS:
        raise UserError(f"There is no export format {format!r}; choose one of {', '.join(FORMATS)}.")
    chosen = FORMATS[format]
    if why := chosen.needs():
        raise UserError(why)
    out = Path(out).expanduser().resolve()
    if chosen.ending:
        _check_file(out, chosen.ending, replace)
    else:
        _check_folder(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as aside:
            written = Path(aside) / f"export{chosen.ending}"
            if not chosen.ending:
                written.mkdir()
            sentence = chosen.write(project, written, monitor, options or ExportOptions())
            if chosen.ending:
                _sync(written)
                os.replace(written, out)
            else:
                _move_into_place(written, out, Path(aside) / "previous")
    except OSError as error:
        raise UserError(
            f"The export could not be written to {out} ({error.strerror or error}). "
            "Free disk space or choose a folder that is writable."
        ) from error
    return f"{sentence} It is in {out}."


def _check_file(out: Path, ending: str, replace: bool) -> None:
    if out.suffix.lower() != ending:
        raise UserError(f"{out} should end in {ending}, so that other programs know it; choose such a name.")
    if out.is_dir():
        raise UserError(f"{out} is a folder; choose the name of a file.")
    if out.exists() and not replace:
        raise UserError(f"{out} is there already; choose another name, or say that it may be replaced.")


def _check_folder(out: Path) -> None:
    """Raises UserError when there is anything in the folder that an earlier export did not put there."""
    if not out.exists():
        return
    if not out.is_dir():
        raise UserError(f"{out} is a file; choose a folder that is new or empty.")
    try:
        files = [path.relative_to(out) for path in out.rglob("*") if not path.is_dir()]
        if any(out.iterdir()) and not (_is_marked(out / README) and all(map(_is_ours, files))):
            raise UserError(f"{out} holds other files, which an export would replace; choose a new or empty folder.")
    except OSError as error:
        raise UserError(f"{out} cannot be looked into ({error.strerror}); choose another folder.") from error


def _is_ours(file: Path) -> bool:
    """Whether an export writes files of such a name. file: relative to the folder."""
    path = PurePosixPath(file.as_posix())
    patterns = (README, *(pattern for format in FORMATS.values() for pattern in format.files))
    return any(len(path.parts) == pattern.count("/") + 1 and path.match(pattern) for pattern in patterns)


def _is_marked(readme: Path) -> bool:
    return readme.is_file() and readme.read_bytes()[: len(MARK)] == MARK.encode()


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _move_into_place(folder: Path, out: Path, previous: Path) -> None:
    """previous: where an earlier export waits until the new one has its place."""
    if not out.exists():
        os.rename(folder, out)
        return
    os.rename(out, previous)
    try:
        os.rename(folder, out)
    except OSError:
        os.rename(previous, out)
        raise
