"""Whether a project's SQLite file is whole, and holds nothing but what PoseTailor writes: it may come from
a stranger.
"""

import json
import math
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from core.domain import COCO17, Skeleton, UserError
from core.project.store.settings import APART, FINDING, SETTINGS, SPANS

LARGEST = 1e9  # of a coordinate, in pixels: boxes may hang far out of the image
MOST_FRAMES = 20_000_000  # of a video: nine days at 25 a second
MOST_BOXES = 100_000_000  # between boxes that were drawn
LARGEST_SIDE = 1 << 16  # of a video, in pixels
LONGEST_NAME, LONGEST_PATH = 1000, 10_000  # characters
AT_ONCE = 10_000  # rows
TYPES = {"INTEGER": ("integer",), "REAL": ("real", "integer"), "TEXT": ("text",), "BLOB": ("blob",)}
SHARD_PATH = re.compile(r"computed(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)+\.h5")
SUMMARY_NUMBERS = (
    "epochs",
    "steps",
    "wanted",
    "loss",
    "seconds",
    "batch",
    "held_back",
    "oks",
    "kept",
    "confidence",
    "again",
)
FINDING_NUMBERS = ("per_second", "score", "size", "shortest", "turn")


UNREADABLE = (sqlite3.DatabaseError, UnicodeDecodeError)  # what SQLite says of a damaged file may be no text


class ProjectDamaged(UserError):
    """A project's SQLite file cannot be read, or holds what no PoseTailor wrote; it may be repaired.

    folder: of the project.
    """

    def __init__(self, path: Path, reason: object):
        self.folder = path.parent
        super().__init__(
            f"{path} is damaged or not a PoseTailor project ({reason}). Repair it with: main.py repair "
            f"{path.parent}"
        )


class _Odd(ValueError):
    """What is wrong with a row, in words."""


def check_tables(db: sqlite3.Connection, path: Path, schema: str) -> None:
    """Raises ProjectDamaged unless the tables are those of the schema, and nothing runs by itself when they
    are used.

    Further plain tables are let be.
    """
    for kind, name, sql in db.execute("SELECT type, name, sql FROM sqlite_master"):
        plain = kind == "table" and re.match(r"CREATE\s+TABLE\b", sql or "", re.IGNORECASE)
        own_index = kind == "index" and sql is None
        if not plain and not own_index:
            raise ProjectDamaged(path, f"it has a {kind} {str(name)[:60]!r} of its own")
    ours = sqlite3.connect(":memory:")
    ours.executescript(schema)
    for name in table_names(ours):
        if _columns(db, name) != _columns(ours, name):
            raise ProjectDamaged(path, f"its table {name} is not as it should be")
    ours.close()


def table_names(db: sqlite3.Connection) -> list[str]:
    return [
        name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid")
    ]


def check_contents(db: sqlite3.Connection, path: Path, fully: bool = False) -> None:
    """Reads every row. fully: the indexes too. Raises ProjectDamaged for the first thing that is wrong."""
    try:
        found = db.execute(f"PRAGMA {'integrity' if fully else 'quick'}_check(1)").fetchone()[0]
        if found != "ok":
            raise ProjectDamaged(path, " ".join(str(found).split())[:200])
        if broken := db.execute("PRAGMA foreign_key_check").fetchone():
            raise ProjectDamaged(path, f"a row of {broken[0]} belongs to nothing")
        for table, check in row_checks(db).items():
            rows = db.execute(f"SELECT * FROM {table}")
            while part := rows.fetchmany(AT_ONCE):
                for row in part:
                    check(row)
        _check_drawn(db)
        _check_estimates(db)
    except _Odd as error:
        raise ProjectDamaged(path, error) from error
    except UNREADABLE as error:
        raise ProjectDamaged(path, error) from error


def row_checks(db: sqlite3.Connection) -> dict[str, Callable[[tuple], None]]:
    """For each table what raises a ValueError for a row that no PoseTailor wrote. db: has the settings and
    the videos.
    """
    joints = len(_skeleton(db))
    videos = dict(db.execute("SELECT id, frame_count FROM videos"))
    tracks = dict(db.execute("SELECT id, video FROM tracks"))
    frames = {track: videos.get(video, 0) for track, video in tracks.items()}
    checks = {
        "meta": _check_setting,
        "videos": _check_video,
        "tracks": lambda row: _check(len(row[2]) <= LONGEST_NAME, "the name of a person is too long"),
        "rounds": _check_round,
        "labels": lambda row: _check_label(row, joints, frames.get(row[0], 0)),
        "queue": lambda row: _check_queued(row, frames.get(row[0], 0)),
        "shards": lambda row: _check(
            bool(SHARD_PATH.fullmatch(row[0])), f"a shard is said to be at {row[0][:80]!r}"
        ),
        "segments": lambda row: _check(
            0 <= row[1] < row[2] <= MOST_FRAMES, "a segment of frames that do not exist"
        ),
        "joins": lambda row: _check(row[0] > 0 and row[2] >= 0, "people are joined that do not exist"),
        "people_edits": lambda row: None,
        "drawn_boxes": lambda row: _check_box(row[3:7], row[1], videos.get(row[2], 0)),
        "single_estimates": lambda row: _check_single(row, joints, videos.get(row[3], 0)),
    }
    return {table: _typed(db, table, check) for table, check in checks.items()}


def _columns(db: sqlite3.Connection, table: str) -> list[tuple]:
    """Name, type, whether it may be empty, place in the key, and whether it is computed, of each column."""
    return [
        (name, kind.upper(), required, key, hidden)
        for _, name, kind, required, _, key, hidden in db.execute(f"PRAGMA table_xinfo({table})")
    ]


def _typed(db: sqlite3.Connection, table: str, check: Callable[[tuple], None]) -> Callable[[tuple], None]:
    """The check after one of the types: SQLite lets any value into any column."""
    python = {"integer": int, "real": float, "text": str, "blob": bytes}
    wanted = []
    for name, kind, required, key, _ in _columns(db, table):
        types = tuple(python[one] for one in TYPES[kind])
        wanted.append((name, types if required or key else (*types, type(None))))

    def check_row(row: tuple) -> None:
        for value, (name, types) in zip(row, wanted, strict=True):
            _check(isinstance(value, types), f"{name} of a row of {table} is of the wrong type")
        check(row)

    return check_row


def _check(right: bool, otherwise: str) -> None:
    if not right:
        raise _Odd(otherwise)


def _parsed(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _Odd(f"{what} is not JSON") from error


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and abs(value) <= LARGEST


def _skeleton(db: sqlite3.Connection) -> Skeleton:
    row = db.execute("SELECT value FROM meta WHERE key = 'skeleton'").fetchone()
    if row is None:
        return COCO17
    try:
        return Skeleton.from_json(_parsed(row[0], "the skeleton"))
    except (UserError, TypeError) as error:
        raise _Odd(str(error)) from error


def _check_setting(row: tuple) -> None:
    key, text = row
    value = _parsed(text, f"the setting {key[:60]!r}")
    known = SETTINGS.get(key)
    right = known is None or (isinstance(value, known.types) and not isinstance(value, bool))
    if isinstance(value, int | float) and key in SETTINGS:
        right = right and _is_number(value)
    if isinstance(value, list) and key in SETTINGS:
        pairs = key == APART
        right = right and all(_is_pair(one) if pairs else type(one) is int for one in value)
    if key == SPANS and right:
        right = all(_are_spans(spans) for spans in value.values()) and all(map(str.isdecimal, value))
    if key == FINDING and right:
        right = all(map(_is_finding, value.values())) and all(map(str.isdecimal, value))
    _check(right, f"the setting {key[:60]!r} is {text[:60]}")


def _are_spans(value: object) -> bool:
    """Stretches of frames, in order, none in another."""
    if (
        not isinstance(value, list)
        or not value
        or not all(isinstance(one, list) and len(one) == 2 for one in value)
    ):
        return False
    frames = [frame for one in value for frame in one]
    return (
        all(type(frame) is int and 0 <= frame <= MOST_FRAMES for frame in frames)
        and sorted(set(frames)) == frames
    )


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(type(one) is int for one in value)


def _is_finding(value: object) -> bool:
    if not isinstance(value, dict) or set(value) - {"detector"} != set(FINDING_NUMBERS):
        return False
    detector = value.get("detector", "")
    if not isinstance(detector, str) or len(detector) > LONGEST_PATH or "\0" in detector:
        return False
    return all(
        _is_number(value[name]) or (name in ("turn", "size") and value[name] is None)
        for name in FINDING_NUMBERS
    )


def _check_video(row: tuple) -> None:
    _, path, _, width, height, frame_count, fps = row
    _check(len(path) <= LONGEST_PATH and "\0" not in path, "the path of a video is not one")
    _check(
        1 <= width <= LARGEST_SIDE and 1 <= height <= LARGEST_SIDE, f"a video of {width} x {height} pixels"
    )
    _check(1 <= frame_count <= MOST_FRAMES, f"a video of {frame_count} frames")
    _check(_is_number(fps) and fps > 0, f"a video of {fps} frames per second")


def _check_round(row: tuple) -> None:
    number, _, text = row
    summary = _parsed(text, f"the summary of round {number}")
    right = isinstance(summary, dict) and number >= 0
    if right:
        numbers = [summary.get(name) for name in SUMMARY_NUMBERS]
        words = [summary.get(name) for name in ("device", "inference", "notice", "refused")]
        right = all(value is None or _is_number(value) for value in numbers)
        right = right and all(value is None or isinstance(value, str) for value in words)
    _check(right, f"the summary of round {number} cannot be read")


def _check_label(row: tuple, joints: int, frames: int) -> None:
    track, frame, number, _, *box, points, visibility, predicted, confidence, predicted_round = row
    what = f"the label of person {track} in frame {frame}"
    _check_box(box, frame, frames)
    _check(
        number >= 0 and len(visibility) == joints and len(points) == 16 * joints, f"{what} has other joints"
    )
    _check(set(visibility) <= {0, 1, 2}, f"{what} has joints neither visible nor hidden")
    places = np.frombuffer(points, "<f8")
    _check(bool((np.abs(places) <= LARGEST).all()), f"{what} has joints that are nowhere")
    if predicted is not None:
        right = confidence is not None and predicted_round is not None
        right = right and len(predicted) == 8 * joints and len(confidence) == 4 * joints
        _check(right and _are_places(predicted), f"{what} starts from what cannot be read")


def _check_queued(row: tuple, frames: int) -> None:
    _, frame, *_, text = row
    reason = _parsed(text, "a reason in the queue")
    right = isinstance(reason, dict) and all(_is_number(value) for value in reason.values())
    _check(right and 0 <= frame < frames, f"what is queued of frame {frame} cannot be read")


def _check_single(row: tuple, joints: int, frames: int) -> None:
    _, frame, number, _, *box, points, confidence = row
    _check_box(box, frame, frames)
    right = len(points) == 8 * joints and len(confidence) == 4 * joints and number >= 0
    _check(right and _are_places(points), f"the pose estimated by itself in frame {frame} cannot be read")


def _check_box(box: tuple | list, frame: int, frames: int) -> None:
    _check(0 <= frame < frames, f"a box in frame {frame}, which its video does not have")
    _check(all(map(_is_number, box)), f"a box in frame {frame} that is nowhere")


def _are_places(points: bytes) -> bool:
    return bool((np.abs(np.frombuffer(points, "<f4")) <= LARGEST).all())


def _check_drawn(db: sqlite3.Connection) -> None:
    """Between two boxes that were drawn of a person there is one in every frame."""
    spans = "SELECT MAX(frame) - MIN(frame) + 1 AS n FROM drawn_boxes GROUP BY track"
    boxes = db.execute(f"SELECT COALESCE(SUM(n), 0) FROM ({spans})").fetchone()[0]
    _check(boxes <= MOST_BOXES, f"{boxes} boxes that were drawn")


def _check_estimates(db: sqlite3.Connection) -> None:
    """Where criteria lie in a file of their own, they are of the samples of a whole round of a video."""
    counts = (
        "SELECT SUM(kind = 'samples'), SUM(kind = 'criteria') FROM shards WHERE kind IN ('samples', "
        "'criteria')"
    )
    for samples, criteria in db.execute(f"{counts} GROUP BY video, round"):
        _check(
            samples > 0 and criteria <= 1,
            f"the estimates of a round have {samples} samples and {criteria} criteria",
        )
