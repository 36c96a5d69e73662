"""Person detectors: those that ship, those that were imported, and what an ONNX file is as one."""

import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from platformdirs import user_data_path

from core.domain import Monitor, UserError
from core.domain.atomic import atomic_write
from core.estimation.crops import spread_levels
from core.estimation.device import open_session
from core.project.estimators.models import shipped_model
from core.project.estimators.picture_network import PictureNetwork, known_people, reading_of
from core.tracking.detector import PersonDetector
from core.tracking.ensemble import Ensemble
from core.tracking.foreign_detector import ForeignDetector, Reading, recognise
from core.tracking.multipose import MultiposeDetector
from core.tracking.nanodet import NanoDetector
from core.tracking.settings import ENSEMBLE, LEAST_SCORE, MULTIPOSE, NANODET, USUAL, FindSettings

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
        raise UserError(f"{choice} comes with PoseTailor. Import an ONNX file.")
    name = name or re.sub(r"[^\w.-]+", "-", file.stem)[:LONGEST_NAME]
    if name in SHIPPED_DETECTORS or not re.fullmatch(r"[\w-][\w.-]{0,59}", name):
        raise UserError(
            f"A detector cannot be called {name[:80]!r}. Give another --name, of letters, digits, - and _, "
            "that is no bundled detector's."
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
        half = replace(settings, score=max(LEAST_SCORE, settings.score / 2))
        one, other = (
            _shipped(replace(half, detector=name), device, monitor) for name in (NANODET, MULTIPOSE)
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
    network = PictureNetwork(file, device)
    size = network.size
    reading = reading_of(file, Reading, lambda: recognise(network, size, *known_people()[:2], file.name))
    return ForeignDetector(network, reading, size, settings), reading
