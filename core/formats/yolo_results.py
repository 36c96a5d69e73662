"""What ultralytics writes for a video with save_txt: labels/VIDEO_1.txt, …, frames counted from 1, files of
images by name.

A row is class, box, x, y and confidence of each joint, then with save_conf the person's confidence, and of a
tracked one the number of the track; all but class, confidence and number are shares of the image.
"""

from pathlib import Path

import numpy as np

from core.domain import UserError
from core.formats.found_poses import OF_COUNT, FoundPoses, PoseList
from core.formats.given import Given
from core.formats.image_names import frame_in_name
from core.formats.records import Record, read_text
from core.formats.yolo import LISTS


def files_of(given: Given) -> list[Path]:
    """Of a folder of results, or of its labels."""
    inside = Given(given.path / "labels") if (given.path / "labels").is_dir() else given
    return [path for path in inside.files(".txt") if path.name not in LISTS]


def looks_like(given: Given) -> bool:
    files = files_of(given)
    first = next(
        (line.split() for path in files[:50] for line in read_text(path).splitlines() if line.strip()), []
    )
    return _joints_of(len(first)) is not None


def read(given: Given, size: tuple[int, int]) -> FoundPoses:
    """size: of the video, width and height in pixels. Raises UserError for the first row that is wrong."""
    poses, numbered = PoseList(), True
    for path in files_of(given):
        number = frame_in_name(path.name, Record({}, path.name, path.name))
        numbered = numbered and path.stem.endswith(f"_{number}")  # without zeros before it: of a video
        for line, text in enumerate(read_text(path).splitlines(), 1):
            cells = text.split()
            where = f"line {line} of {path.name}"
            if not cells:
                continue
            if (told := _joints_of(len(cells))) is None:
                raise UserError(f"{where}: it has {len(cells)} columns, which are no keypoints.")
            try:
                row = np.array([float(cell) for cell in cells])
            except ValueError as error:
                raise UserError(f"{where}: it has what is no number.") from error
            joints, width = told
            rest = row[5 + joints * width :]
            track = f"{rest[-1]:g}" if len(rest) == 2 or (len(rest) == 1 and rest[0].is_integer()) else ""
            table = row[5 : 5 + joints * width].reshape(joints, width)
            found = (table[:, :2] > 0).any(1, keepdims=True)
            xy = np.where(found, table[:, :2] * size - 0.5, np.nan)
            sure = table[:, 2] if width == 3 else np.ones(joints)
            poses.add(
                np.column_stack([xy, sure]), where, number=number, image=f"{path.stem}.png", person=track
            )
    return poses.done(given.name, first=1 if numbered else None)


def _joints_of(columns: int) -> tuple[int, int] | None:
    """How many joints a row has, and numbers of each."""
    for width in (3, 2):
        for further in (0, 1, 2):
            joints, rest = divmod(columns - 5 - further, width)
            if not rest and joints in OF_COUNT:
                return joints, width
    return None
