"""TRC in pixels, as Sports2D writes it (`*_px_person00.trc`) and reads it (`--load_trc_px`): a file per
person.

Five lines of head, then a line per frame: number, time, and x, y, z of each marker, z being 0 and y pointing
down; empty where a joint was not found. Names of markers are those of Sports2D and Pose2Sim.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.domain import UserError
from core.formats.found_poses import FoundPoses, PoseList

FRAMES = re.compile(r"(?:[^\t]*\t){2}(\d+)")  # how many the third line says there are
PERSON = re.compile(r"person_?\d+")
OF_SPORTS2D = {"index1": "Index", "pinky1": "Pinky", "thumb2": "Thumb", "foot_index": "BigToe"}
METRES = 0.05  # of the image's longer side: no pose in pixels is smaller than that and nearer to the corner

HEAD = (
    "DataRate",
    "CameraRate",
    "NumFrames",
    "NumMarkers",
    "Units",
    "OrigDataRate",
    "OrigDataStartFrame",
    "OrigNumFrames",
)


def marker_name(joint: str) -> str:
    """left_shoulder -> LShoulder, nose -> Nose, right_index1 -> RIndex."""
    side, _, part = joint.partition("_")
    if part and side in ("left", "right"):
        return side[0].upper() + OF_SPORTS2D.get(part, _capitalised(part))
    return _capitalised(joint)


def _capitalised(words: str) -> str:
    return "".join(word.capitalize() for word in words.split("_"))


def write(name: str, joints: Sequence[str], times: np.ndarray, points: np.ndarray, fps: float) -> str:
    """name: of the file; times: (n,) seconds; points: (n, K, 2) image pixels, NaN where there is nothing."""
    count, markers = len(times), [marker_name(joint) for joint in joints]
    numbers = (f"{fps:.6g}", f"{fps:.6g}", count, len(markers), "px", f"{fps:.6g}", 0, count)
    axes = "\t".join(f"X{n}\tY{n}\tZ{n}" for n in range(1, len(markers) + 1))
    lines = [
        f"PathFileType\t4\t(X/Y/Z)\t{name}",
        "\t".join(HEAD),
        "\t".join(map(str, numbers)),
        "Frame#\tTime\t" + "\t\t\t".join(markers) + "\t\t",
        f"\t\t{axes}",
    ]
    for frame in range(count):
        cells = [
            f"{x:.4f}\t{y:.4f}\t0" if np.isfinite(x) and np.isfinite(y) else "\t\t"
            for x, y in points[frame].tolist()
        ]
        lines.append("\t".join([str(frame), f"{times[frame]:.6f}", *cells]))
    return "\n".join(lines) + "\n"


def read(text: str, name: str) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Markers, times (n,) in seconds, and (n, K, 2) pixels, NaN where there is nothing. name: of the file,
    for UserError.
    """
    try:
        lines = text.splitlines()
        if not lines[0].startswith("PathFileType"):
            raise ValueError("it does not begin with PathFileType")
        markers = [cell.strip() for cell in lines[3].split("\t")[2:] if cell.strip()]
        width = 2 + 3 * len(markers)
        body = [line for line in lines[5:] if line.strip()]
        rows = [(line.split("\t") + [""] * width)[:width] for line in body]
        table = np.array([[float(cell) if cell.strip() else np.nan for cell in row] for row in rows]).reshape(
            -1, width
        )
    except (ValueError, IndexError) as error:
        raise UserError(f"{name} is not a TRC file ({error}).") from error
    head = FRAMES.match(lines[2])
    told = int(head[1]) if head else 0
    whole = len(body) >= told and body[-1:] and body[-1].count("\t") == body[0].count("\t")
    if body and not text.endswith("\n") and not whole:
        raise UserError(
            f"{name} is cut short: it ends in the middle of row {len(table)} of {told}. Get it whole, or "
            "delete that row."
        )
    return markers, table[:, 1], table[:, 2:].reshape(len(table), len(markers), 3)[:, :, :2]


def of_everybody(path: Path) -> list[Path]:
    """The files that lie beside one and differ from it in the number of the person alone, itself among
    them.
    """
    if not (found := PERSON.search(path.stem)):
        return [path]
    before, after = path.stem[: found.start()], path.stem[found.end() :]
    pattern = re.compile(rf"{re.escape(before)}{PERSON.pattern}{re.escape(after)}")
    return sorted(one for one in path.parent.glob(f"*{path.suffix}") if pattern.fullmatch(one.stem))


def poses(files: Sequence[tuple[str, str]], size: tuple[int, int]) -> FoundPoses:
    """files: names and texts, of a person each; size: of the video, width and height in pixels. Raises
    UserError, also where they are in metres.
    """
    found, joints = PoseList(), None
    for name, text in files:
        markers, seconds, points = read(text, name)
        _check_pixels(points, name, size)
        if joints is not None and markers != joints:
            raise UserError(f"{name} has other markers than {files[0][0]}; give one of them alone.")
        joints = markers
        person = PERSON.search(name)
        called = person[0] if person else name.removesuffix(".trc")
        for at in np.flatnonzero(np.isfinite(points).all(2).any(1)).tolist():
            values = np.column_stack([points[at], np.isfinite(points[at]).all(1)])
            found.add(values, f"{seconds[at]:g} s in {name}", seconds=float(seconds[at]), person=called)
    return found.done(files[0][0], joints)


def _check_pixels(points: np.ndarray, name: str, size: tuple[int, int]) -> None:
    """Sports2D writes metres as the unit of both of its files."""
    known = points[np.isfinite(points).all(2)]
    if len(known) and np.abs(known).max() < METRES * max(size):
        raise UserError(
            f"{name} is in metres, not in pixels; give the one that has px in its name (*_px_person00.trc)."
        )
