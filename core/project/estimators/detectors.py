"""Person detectors: those that ship, those that were imported, and what an ONNX file is as one."""

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from platformdirs import user_data_path

from core.domain import Monitor, UserError
from core.domain.atomic import atomic_write
from core.estimation.crops import spread_levels
from core.estimation.device import open_session
from core.project.estimators.models import RESOURCES, shipped_model
from core.tracking.detector import PersonDetector
from core.tracking.ensemble import Ensemble
from core.tracking.foreign_detector import ForeignDetector, Reading, recognise
from core.tracking.multipose import MultiposeDetector
from core.tracking.nanodet import NanoDetector
from core.tracking.settings import ENSEMBLE, MULTIPOSE, NANODET, USUAL, FindSettings
from core.video.source import open_video

KNOWN = RESOURCES / "clips" / "assisted_cam04.mp4"  # its people stand in a file beside it
TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(uint8)": np.uint8}
SHIPPED_DETECTORS = {
    ENSEMBLE: "NanoDet and MoveNet MultiPose together",
    MULTIPOSE: "MoveNet MultiPose Lightning v4",
    NANODET: "NanoDet-g, 416 pixels",
}
LONGEST_NAME = 60


@dataclass(frozen=True)
class KnownDetector:
    """choice: what --detector takes; file: None of one that ships."""

    choice: str
    title: str
    file: Path | None = None


def library() -> Path:
    """Where imported detectors are kept."""
    return user_data_path("PoseTailor", "PoseTailor") / "detectors"


def known_detectors() -> list[KnownDetector]:
    """Those that ship and those that were imported."""
    shipped = [KnownDetector(name, title) for name, title in SHIPPED_DETECTORS.items()]
    files = sorted(library().glob("*.onnx"))
    return [*shipped, *(KnownDetector(file.stem, "imported", file) for file in files)]


def import_detector(choice: str, name: str | None = None) -> tuple[str, str]:
    """Copies a detector's file to those that are known by a name, by default the file's. Returns the name,
    and how the file is read. Raises UserError where it is no detector of people, or the name is taken.
    """
    file = Path(detector_choice(choice))
    if not file.suffix:
        raise UserError(f"{choice} ships already. Import an ONNX file.")
    name = name or re.sub(r"[^\w.-]+", "-", file.stem)[:LONGEST_NAME]
    if name in SHIPPED_DETECTORS or not re.fullmatch(r"[\w-][\w.-]{0,59}", name):
        raise UserError(
            f"A detector cannot be called {name[:80]!r}. Give --name with letters, digits, - and _ alone "
            "that none has that ships."
        )
    kept = library() / f"{name}.onnx"
    if kept.exists() and not kept.samefile(file):
        raise UserError(f"There is a detector {name} already ({kept}). Give another --name, or delete it.")
    sentence = describe_detector(str(file))
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        if not kept.exists():
            with atomic_write(kept) as aside:
                shutil.copyfile(file, aside)
    except OSError as error:
        raise UserError(
            f"The detector could not be copied to {kept.parent}: {error.strerror}. Free disk space."
        ) from error
    return name, sentence


def open_detector(device: str, monitor: Monitor, settings: FindSettings = USUAL) -> PersonDetector:
    """The one that the settings name. Raises UserError."""
    if settings.detector in SHIPPED_DETECTORS:
        return _shipped(settings, device, monitor)
    return _foreign(Path(settings.detector), device, settings)[0]


def _shipped(settings: FindSettings, device: str, monitor: Monitor) -> PersonDetector:
    if settings.detector == ENSEMBLE:
        # together two finds may be sure enough of which neither is
        one, other = (
            _shipped(replace(settings, detector=name, score=settings.score / 2), device, monitor)
            for name in (NANODET, MULTIPOSE)
        )
        return Ensemble(one, other, settings)
    session, _ = open_session(shipped_model(settings.detector, monitor), device)
    kind = {MULTIPOSE: MultiposeDetector, NANODET: NanoDetector}[settings.detector]
    return kind(lambda images: session.run(None, {"images": images}), spread_levels, settings)


def detector_choice(choice: str) -> str:
    """What a user names as settings hold it: the name of one that ships, or a file. Raises UserError."""
    if choice in SHIPPED_DETECTORS:
        return choice
    imported = library() / f"{choice}.onnx"
    if re.fullmatch(r"[\w-][\w.-]*", choice) and imported.is_file():
        return str(imported)
    file = Path(choice).expanduser().absolute()
    if file.suffix.lower() != ".onnx" or not file.is_file():
        known = ", ".join(one.choice for one in known_detectors())
        raise UserError(
            f"There is no detector {choice!r}. Give an ONNX file of a person detector, or one of {known}."
        )
    return str(file)


def describe_detector(choice: str, device: str = "cpu") -> str:
    """How a detector is read, in a sentence. Raises UserError where it is no detector of people."""
    chosen = detector_choice(choice)
    if chosen in SHIPPED_DETECTORS:
        return f"{chosen}: ships, {SHIPPED_DETECTORS[chosen]}."
    file = Path(chosen)
    found, reading = _foreign(file, device, USUAL)
    size = f"{found.size[0]} x {found.size[1]} pixels" if found.size else "pictures of any size"
    return f"{file.name}: {reading.sentence}, in {size}; {file.stat().st_size / 1e6:.1f} MB."


def detector_title(choice: str) -> str:
    """What a person calls it."""
    return choice if choice in SHIPPED_DETECTORS else Path(choice).stem


def _foreign(file: Path, device: str, settings: FindSettings) -> tuple[ForeignDetector, Reading]:
    if not file.is_file():
        raise UserError(
            f"The detector {file} is not there any more. Put it back, or choose another with --detector; "
            "multipose ships."
        )
    session, _ = open_session(file, device)
    status = file.stat()
    network = _Network(session, file.name)
    size = network.size
    key = (str(file), status.st_mtime_ns, status.st_size)
    if key not in _READINGS:  # found out once for each file as it is
        _READINGS[key] = recognise(network, size, *_known_people(), file.name)
    reading = _READINGS[key]
    return ForeignDetector(network, reading, size, settings), reading


class _Network:
    """Runs a session on a picture; whatever else it asks for is filled in. size: width and height of its
    input, None where it takes any.
    """

    def __init__(self, session: Any, name: str) -> None:
        self._session, self._name = session, name
        self._outputs = [output.name for output in session.get_outputs()]
        images = [given for given in session.get_inputs() if len(given.shape) == 4]
        if len(images) != 1 or images[0].type not in TYPES:
            raise UserError(
                f"{name} does not take one picture, (1, 3, height, width), so it is no detector that is "
                "known."
            )
        (self.image,) = images
        _, channels, height, width = self.image.shape
        if isinstance(channels, int) and channels != 3:
            raise UserError(
                f"{name} takes pictures of {channels} channels where three, red, green and blue, are needed."
            )
        self.size = (width, height) if isinstance(width, int) and isinstance(height, int) else None
        self._others = [given for given in session.get_inputs() if given.name != self.image.name]

    def __call__(self, values: np.ndarray) -> Mapping[str, np.ndarray]:
        height, width = values.shape[2:]
        inputs: dict[str, Any] = {self.image.name: values.astype(TYPES[self.image.type])}
        for given in self._others:
            if "scale" in given.name:
                inputs[given.name] = np.ones((1, 2), np.float32)
            else:  # the size that boxes are to be given in
                whole = given.type == "tensor(int64)"
                inputs[given.name] = np.array([[height, width]], np.int64 if whole else np.float32)
        try:
            found = self._session.run(self._outputs, inputs)
        except Exception as error:
            if "onnxruntime" not in type(error).__module__:
                raise
            reason = str(error).splitlines()[0][:150]
            raise UserError(f"The detector {self._name} cannot be run ({reason}). Choose another.") from error
        return {name: np.asarray(output) for name, output in zip(self._outputs, found, strict=True)}


_READINGS: dict[tuple[str, int, int], Reading] = {}


@lru_cache(1)
def _known_people() -> tuple[np.ndarray, np.ndarray]:
    """The first frame of the bundled clip, (H, W, 3) uint8 RGB, and the boxes (M, 4) of the people in it."""
    with open_video(KNOWN) as source:
        picture = np.array(source.read(0, "rgb"))  # of its own, not the decoder's
    held = json.loads(KNOWN.with_suffix(".json").read_text("utf-8"))
    first = min(held["images"], key=lambda image: image.get("frame_id", image["id"]))
    boxes = [person["bbox"] for person in held["annotations"] if person["image_id"] == first["id"]]
    corners = np.array([(x, y, x + width, y + height) for x, y, width, height in boxes], np.float64)
    return picture, corners
