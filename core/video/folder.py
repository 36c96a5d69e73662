"""What lies in a folder: images that follow one another as the frames of a video do, or videos."""

import re
from pathlib import Path

from core.domain.errors import UserError

IMAGE_ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp")
VIDEO_ENDINGS = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".ts")
IMAGES_PER_SECOND = 25.0  # where nothing says otherwise


def images_in(folder: Path) -> list[Path]:
    """In natural order. Raises UserError."""
    return _files(folder, IMAGE_ENDINGS)


def videos_in(folder: Path) -> list[Path]:
    """In natural order. Raises UserError."""
    return _files(folder, VIDEO_ENDINGS)


def frames_by_name(video: Path) -> dict[str, int]:
    """The frames of a folder of images, whose numbers in names need not count from 0; nothing for a video file."""
    return {image.name: frame for frame, image in enumerate(images_in(video))} if video.is_dir() else {}


def frame_rate(folder: Path) -> float:
    """Of the images in a folder: what its name says, as in "walk 30fps" or "walk_29.97_fps"."""
    said = re.search(r"(\d+(?:\.\d+)?)[ _-]?fps", folder.name, re.IGNORECASE)
    return (float(said[1]) if said else 0.0) or IMAGES_PER_SECOND


def natural(path: Path) -> tuple:
    """Sorts numbers in names by their size: 2.jpg before 10.jpg."""
    parts = re.split(r"(\d+)", path.name)
    return [int(part) if place % 2 else part.casefold() for place, part in enumerate(parts)], path.name


def _files(folder: Path, endings: tuple[str, ...]) -> list[Path]:
    """Those with one of the endings, in natural order; hidden ones, such as macOS puts beside the others, left out."""
    try:
        found = [p for p in folder.iterdir() if p.suffix.lower() in endings and not p.name.startswith(".")]
    except OSError as error:
        raise UserError(f"The folder {folder} cannot be read ({error.strerror}). Change its permissions.") from error
    return sorted((path for path in found if path.is_file()), key=natural)
