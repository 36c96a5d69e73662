"""Models that other programs have left on this machine, by their places and names alone: nothing is opened.

Looked at are the caches of rtmlib, ultralytics and DeepLabCut, and the folders of models beside a video in
projects of DeepLabCut and SLEAP. What a file really is shows when it is chosen.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import platformdirs

ESTIMATOR, DETECTOR, POSES, OTHER = "estimator", "detector", "poses", "other"
MOST_ENTRIES = 2000  # of a folder
MOST_MODELS = 200  # of a place
DEPTH = 4  # folders below a place
LARGEST_TEXT = 1 << 20
# what a name begins with -> what it is, for what, and with which --architecture it is imported
NAMES = (
    ("rtmpose", "RTMPose", ESTIMATOR, "rtmpose"),
    ("dw-", "DWPose (RTMPose)", ESTIMATOR, "rtmpose"),
    ("rtmo", "RTMO: people and joints at once", POSES, ""),
    ("yolox-pose", "YOLOX-Pose: people and joints at once", POSES, ""),
    ("yolox", "YOLOX", DETECTOR, ""),
    ("rtmdet", "RTMDet", DETECTOR, ""),
    ("rtdetr", "RT-DETR", DETECTOR, ""),
)
YOLO = re.compile(r"yolo[a-z]*[-_]?\d*[a-z]?")
NO_DETECTOR = ("-seg", "-cls", "-obb", "-sem")


@dataclass(frozen=True)
class FoundModel:
    """of: the program whose it is; what: in a few words; kind: ESTIMATOR, DETECTOR, POSES for a network that
    gives both, OTHER for what cannot be used as it is; architecture: of an estimator, as an import takes it.
    """

    file: Path
    of: str
    what: str
    kind: str
    architecture: str = ""

    @property
    def title(self) -> str:
        return f"{self.what}, of {self.of}"


def found_models(beside: Iterable[Path] = ()) -> list[FoundModel]:
    """beside: folders of videos, whose projects of DeepLabCut or SLEAP have models. Takes moments; whatever
    cannot be looked at is passed over.
    """
    found = [
        *_rtmlib(),
        *_ultralytics(),
        *_deeplabcut_cache(),
        *(model for folder in dict.fromkeys(beside) for model in _of_projects(folder)),
    ]
    return list({model.file: model for model in found}.values())


def _rtmlib() -> Iterator[FoundModel]:
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    for home in (os.environ.get("TORCH_HOME"), f"{cache}/rtmlib"):
        for file in _files(Path(home).expanduser() / "hub" / "checkpoints", {".onnx"}) if home else ():
            # unpacked by hand, its folder has the name
            name = file.parent.name if file.stem == "end2end" else file.stem
            yield from _named(file, name, "rtmlib")


def _ultralytics() -> Iterator[FoundModel]:
    settings = Path(platformdirs.user_config_dir("Ultralytics", appauthor=False, roaming=True))
    if folder := os.environ.get("YOLO_CONFIG_DIR"):
        settings = Path(folder) / "Ultralytics"
    try:
        told = json.loads(_text(settings / "settings.json"))
        places = [Path(told[key]) for key in ("weights_dir", "runs_dir")]
    except (ValueError, TypeError, KeyError):
        return
    for place in places if all(one.is_absolute() for one in places) else ():
        for file in _files(place, {".onnx", ".pt"}):
            yield from _yolo(file, "ultralytics")


def _yolo(file: Path, of: str) -> Iterator[FoundModel]:
    name = file.stem.lower()
    if name in ("best", "last"):  # of a training, in RUN/weights
        name = file.parent.parent.name.lower()
    what = "YOLO" if not YOLO.match(name) else file.stem
    if file.suffix == ".pt":
        how = f"convert it first: yolo export model={file.name} format=onnx"
        yield FoundModel(file, of, f"{what}: {how}", OTHER)
    elif "-pose" in name:
        yield FoundModel(file, of, f"{what}: people and joints at once", POSES)
    elif not any(part in name for part in NO_DETECTOR):
        yield FoundModel(file, of, f"{what}: people", DETECTOR)


def _deeplabcut_cache() -> Iterator[FoundModel]:
    """DeepLabCut 3 takes its models of people from a hub, whose cache it shares with others."""
    home = os.environ.get("HF_HOME") or f"{os.environ.get('XDG_CACHE_HOME') or '~/.cache'}/huggingface"
    hub = Path(home).expanduser() / "hub"
    for place in _folders(hub):
        if place.name.lower().startswith("models--deeplabcut--"):
            for file in _files(place, {".pt"}):
                yield from _named(file, file.stem, "DeepLabCut")


def _of_projects(folder: Path) -> Iterator[FoundModel]:
    """Of projects that hold a video in this folder, as PROJECT/videos/VIDEO or beside their files."""
    for project in (folder, folder.parent):
        for file in _files(project / "dlc-models-pytorch", {".pt"}):
            if "rtmpose" in _text(file.parent / "pytorch_config.yaml"):
                yield FoundModel(file, "DeepLabCut", f"RTMPose {file.stem}", ESTIMATOR, "rtmpose")
            elif "detector" not in file.stem:
                yield FoundModel(file, "DeepLabCut", "not RTMPose, its poses can be taken: --poses", OTHER)
        for file in _files(project / "models", {".onnx", ".ckpt", ".h5"}):
            if not any((file.parent / f"training_config.{end}").is_file() for end in ("json", "yaml")):
                continue
            if file.suffix == ".onnx":
                yield FoundModel(file, "SLEAP", f"heatmaps of {file.parent.name}", ESTIMATOR, "onnx")
            elif file.stem.startswith("best"):
                how = "its poses can be taken: --poses"
                yield FoundModel(file, "SLEAP", f"{file.parent.name}, {how}", OTHER)


def _named(file: Path, name: str, of: str) -> Iterator[FoundModel]:
    low = name.lower()
    for begin, what, kind, architecture in NAMES:
        if low.startswith(begin):
            yield FoundModel(file, of, f"{what} {name}", kind, architecture)
            return


def _files(place: Path, endings: set[str]) -> list[Path]:
    """At most DEPTH folders below; links to folders are not followed."""
    found: list[Path] = []
    level = [place]
    for _ in range(DEPTH + 1):
        below: list[Path] = []
        for folder in level[:MOST_ENTRIES]:
            for entry in _entries(folder):
                if entry.is_dir(follow_symlinks=False):
                    below.append(Path(entry.path))
                elif Path(entry.name).suffix.lower() in endings:
                    found.append(Path(entry.path))
            if len(found) >= MOST_MODELS:
                return sorted(found[:MOST_MODELS])
        level = below
    return sorted(found)


def _folders(place: Path) -> list[Path]:
    return [Path(entry.path) for entry in _entries(place) if entry.is_dir(follow_symlinks=False)]


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(islice(entries, MOST_ENTRIES))
    except OSError:
        return []


def _text(file: Path) -> str:
    """Its beginning; '' where it cannot be read."""
    try:
        with open(file, encoding="utf-8", errors="replace") as opened:
            return opened.read(LARGEST_TEXT)
    except OSError:
        return ""
