"""Files of poses as people hand them on: cut, joined, changed in a spreadsheet."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.domain import COCO17, UserError
from core.formats.labels import read_labels
from core.workflow.placed_poses import PlacedPoses
from tests.core.formats import pose_samples
from tests.core.formats.pose_samples import JOINTS, SIZE, VALUES, WALK
from tests.core.formats.test_pose_files import placed, read

Lines = list[list[str]]


def wide() -> Lines:
    """A row for each of Ann and Bob in each of three frames."""
    header = ["frame", "person", *(f"{joint}_{what}" for joint in JOINTS for what in ("x", "y", "score"))]
    rows = [
        [str(n), who, *map(str, VALUES[n, p].ravel().tolist())]
        for n in range(3)
        for p, who in enumerate(("Ann", "Bob"))
    ]
    return [header, *rows]


def saved(path: Path, lines: Lines, separator: str = ",", before: str = "") -> Path:
    path.write_text(before + "\n".join(map(separator.join, lines)))
    return path


def check(poses: PlacedPoses) -> None:
    assert poses.names == ["Ann", "Bob"]
    assert poses.frame.tolist() == [0, 0, 1, 1, 2, 2]
    np.testing.assert_allclose(poses.points, WALK.reshape(6, 17, 2), atol=1e-9)


def test_what_separates_the_cells_of_a_table(tmp_path: Path) -> None:
    check(placed(saved(tmp_path / "a.csv", wide(), "|")))
    check(placed(saved(tmp_path / "b.csv", wide(), ";", "sep=;\n")))


def test_a_pose_that_is_there_twice(tmp_path: Path) -> None:
    poses = placed(saved(tmp_path / "a.csv", [*wide(), wide()[2]]))
    check(poses)
    assert poses.passed == {"poses that are there twice": 1}


def change(row: int, column: int, cell: str) -> Callable[[Lines], None]:
    return lambda lines: lines[row].__setitem__(column, cell)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (change(3, 0, "-1"), "line 4 of a.csv: its frame is -1, a whole number up to 1000000000 is needed"),
        (change(3, 0, "1.5"), "its frame is 1.5, a whole number"),
        (change(3, 0, "9" * 20), "its frame is 9999"),
        (change(0, 5, "nose_x"), "Two columns of a.csv are called nose_x"),
    ],
)
def test_tables_that_are_wrong(changed: Callable[[Lines], None], says: str, tmp_path: Path) -> None:
    """As poses, and as labels."""
    lines = wide()
    changed(lines)
    with pytest.raises(UserError, match=says):
        read(saved(tmp_path / "a.csv", lines))
    placed_by_hand = [[cell for n, cell in enumerate(line) if n < 2 or n % 3 != 1] for line in lines]
    placed_by_hand[0][4:6] = lines[0][5:7]
    with pytest.raises(UserError, match=says):
        read_labels(saved(tmp_path / "a.csv", placed_by_hand), COCO17, lambda image: SIZE)


def test_a_frame_of_deeplabcut_below_zero(tmp_path: Path) -> None:
    path = pose_samples.deeplabcut(tmp_path)
    path.write_text(path.read_text().replace("\n1,", "\n-1,"))
    with pytest.raises(UserError, match="its frame is -1"):
        read(path)


def test_a_long_table_without_rows(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a\.csv holds no poses"):
        read(saved(tmp_path / "a.csv", [["frame", "joint", "x", "y"]]))


def test_names_that_a_project_cannot_hold(tmp_path: Path) -> None:
    """Names in a project are on one line, not too long, and each its own."""
    lines = wide()
    for line in lines[1:]:
        line[1] = f'"{"x" * 70}\n{line[1]}"'
    names = placed(saved(tmp_path / "a.csv", lines)).names
    assert names == ["x" * 60, f"{'x' * 60} (2)"]


@pytest.mark.parametrize("how", [str, float])
def test_frames_of_json_that_are_no_whole_numbers_there(how: Callable, tmp_path: Path) -> None:
    """Texts, and floats as pandas writes them."""
    path = pose_samples.mmpose(tmp_path)
    content = [one | {"frame_id": how(2 - n)} for n, one in enumerate(json.loads(path.read_text()))]
    path.write_text(json.dumps(content))
    np.testing.assert_allclose(placed(path).points[0, 0], WALK[2, 0, 0])
    content[0]["frame_id"] = "third"
    path.write_text(json.dumps(content))
    with pytest.raises(UserError, match="its frame is 'third', a whole number is needed"):
        read(path)


@pytest.mark.parametrize("write", [pose_samples.openpose, pose_samples.sports2d, pose_samples.nwb])
def test_poses_are_no_labels_and_that_is_said(write: Callable[[Path], Path], tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"holds predictions of a model.*begin a project with its poses"):
        read_labels(write(tmp_path), COCO17, lambda image: SIZE)


def test_what_lies_beside_files_of_frames(tmp_path: Path) -> None:
    folder = pose_samples.openpose(tmp_path)
    (folder / "_settings.json").write_text('{"model": "BODY_25"}')
    poses = placed(folder)
    assert poses.frame.tolist() == [0, 0, 1, 1, 2, 2]
    assert poses.passed == {"files without people": 1}


def test_a_trc_that_is_cut_short(tmp_path: Path) -> None:
    path = pose_samples.sports2d(tmp_path)
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(path, alone / path.name)
    text = path.read_text()
    (alone / path.name).write_text(text[: len(text) - 40])
    with pytest.raises(UserError, match="cut short: it ends in the middle of row 3 of 3"):
        read(alone / path.name)
