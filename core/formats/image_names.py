"""What the name of an image says: of which video it is, and which frame."""

import re
from pathlib import PurePosixPath

from core.formats.records import LARGEST_FRAME, Record

ROBOFLOW = re.compile(
    r"(.+)_(png|jpe?g|bmp|tiff?|webp)\.rf\.\w+\.\w+$", re.IGNORECASE
)  # what it makes of clip_0012.png
NUMBERED = re.compile(r"(.*?)[\s_.-]*\(?(\d+)\)?", re.DOTALL)  # clip_0012, clip-12, clip (12)
A_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
OF_A_FRAME = re.compile(r"(^|[\s_.-]+)(frames?|images?|img|f)$", re.IGNORECASE)  # clip_frame_0012
OF_A_VIDEO = re.compile(r"[_.](mp4|mov|avi|mkv|m4v|webm|mts)$", re.IGNORECASE)  # clip.mp4_0012, clip_mp4-0012


def frame_in_name(file_name: str, record: Record, otherwise: int | None = None) -> int:
    """The frame number that an image's name ends in. Raises UserError where it ends in none, and there is
    no other.
    """
    digits = name_and_number(stem_of(file_name))[1]
    if not digits or len(digits.lstrip("0")) > 9:
        if otherwise is not None:
            return otherwise
        record.fail(
            f"it has no frame_id, and its file_name {file_name[:80]!r} does not end in a frame number"
        )
    return int(digits.lstrip("0") or 0)


def frame_number(cell: str, record: Record) -> int | None:
    """The frame that a cell of a table numbers; None where it names an image. Raises UserError for a number
    that no frame has.
    """
    if not A_NUMBER.fullmatch(cell):
        return None
    value = float(cell)
    if not value.is_integer() or not 0 <= value <= LARGEST_FRAME:
        record.fail(f"its frame is {cell[:20]}, a whole number up to {LARGEST_FRAME} is needed")
    return int(value)


def name_and_number(stem: str) -> tuple[str, str]:
    """clip_000012 -> clip, 000012; the whole and '' where it ends in no number."""
    found = NUMBERED.fullmatch(stem)
    return (found[1], found[2]) if found else (stem, "")


def stem_of(file_name: str) -> str:
    """An image's name without folders and ending, as it was before Roboflow renamed it."""
    path = PurePosixPath(file_name.replace("\\", "/"))
    renamed = ROBOFLOW.match(path.name)
    return renamed[1] if renamed else path.stem
