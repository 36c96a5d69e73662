"""What lies in a folder: images that follow one another as the frames of a video do, or videos."""

import re
from pathlib import Path

from core.domain.errors import UserError

IMAGE_ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp")
VIDEO_ENDINGS = (
    *(
        ".mp4",
        ".m4v",
        ".mov",
        ".qt",
        ".avi",
        ".mkv",
        ".webm",
        ".wmv",
        ".asf",
        ".flv",
        ".f4v",
        ".3gp",
        ".3g2",
        ".ogv",
    ),
    *(
        ".mts",
        ".m2ts",
        ".m2t",
        ".ts",
        ".trp",
        ".mpg",
        ".mpeg",
        ".mpe",
        ".m1v",
        ".m2v",
        ".mpv",
        ".vob",
        ".mod",
        ".tod",
    ),
    *(".mxf", ".dv", ".divx", ".xvid", ".rm", ".rmvb", ".nut", ".y4m", ".gif", ".apng"),
    *(
        ".h264",
        ".264",
        ".avc",
        ".h265",
        ".265",
        ".hevc",
        ".ivf",
        ".mjpg",
        ".mjpeg",
        ".insv",
        ".lrv",
        ".ogm",
        ".wtv",
        ".amv",
    ),
)
RATE = r"(\d+(?:\.\d+)?)"
RATES = (  # how names say it, the clearest first: "30fps", "fps30", "30_fps", "fps_30"
    rf"(?<![\d.]){RATE}fps(?![a-z])",
    rf"(?<![a-z])fps{RATE}",
    rf"(?<![a-z\d.]){RATE}[ _-]fps(?![a-z])",
    rf"(?<![a-z])fps[ _=-]{RATE}",
)
IMAGES_PER_SECOND = 25.0  # where nothing says otherwise


def images_in(folder: Path) -> list[Path]:
    """In natural order. Raises UserError."""
    return _files(folder, IMAGE_ENDINGS)


def videos_in(folder: Path) -> list[Path]:
    """In natural order. Raises UserError."""
    return _files(folder, VIDEO_ENDINGS)


def frames_by_name(video: Path) -> dict[str, int]:
    """The frames of a folder of images, whose numbers in names need not count from 0; nothing for a video
    file.
    """
    return {image.name: frame for frame, image in enumerate(images_in(video))} if video.is_dir() else {}


def frame_rate(folder: Path) -> float:
    """Of the images in a folder: what its name says, as in "walk 30fps", "walk_29.97_fps" or
    "trial2_fps60".
    """
    said = (re.search(way, folder.name, re.IGNORECASE) for way in RATES)
    return next((float(match[1]) for match in said if match and float(match[1])), IMAGES_PER_SECOND)


def natural(path: Path) -> tuple:
    """Sorts numbers in names by their size: 2.jpg before 10.jpg."""
    parts = re.split(r"(\d+)", path.name)
    return [int(part) if place % 2 else part.casefold() for place, part in enumerate(parts)], path.name


def _files(folder: Path, endings: tuple[str, ...]) -> list[Path]:
    """Those with one of the endings, in natural order; hidden ones, such as macOS puts beside the others,
    left out.
    """
    try:
        found = [p for p in folder.iterdir() if p.suffix.lower() in endings and not p.name.startswith(".")]
    except OSError as error:
        raise UserError(
            f"The folder {folder} cannot be read ({error.strerror}). Change its permissions."
        ) from error
    return sorted((path for path in found if path.is_file()), key=natural)
