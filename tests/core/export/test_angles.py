"""Angles of everybody, in tables and motion files."""

import csv
from pathlib import Path

import numpy as np
import pytest

from core.domain import COCO17, Silent, UserError
from core.export.export import export
from core.export.options import ExportOptions
from core.formats import mot
from core.formats.angles import angles
from core.project.people.edits import rename_person
from core.project.project import Project
from tests.core.conftest import FRAMES
from tests.core.export.test_export import label


def test_angles_of_each_person(project: Project, tmp_path: Path) -> None:
    label(project, (1, 3), missing=2)  # ankles
    out = tmp_path / "angles"
    said = export(project, "angles", out, Silent(), ExportOptions(poses="predicted"))
    assert "Wrote 19 angles of 2 people" in said
    assert "Left out, as COCO-17 lacks their joints: ankles, wrists, feet, head, hands." in said
    kinds = [f"walk_angles_person{n:02d}.{ending}" for n in (0, 1) for ending in ("csv", "mot", "png", "svg")]
    assert sorted(path.name for path in out.iterdir()) == sorted([*kinds, "README.txt"])
    assert "walk_angles_person01 is Bob" in (out / "README.txt").read_text()
    names, times, values = mot.read((out / kinds[1]).read_text(), kinds[1])
    assert times == pytest.approx(np.arange(FRAMES) / 25)
    unplaced = [name for name, there in zip(names, np.isfinite(values[3]), strict=True) if not there]
    assert unplaced == [f"{side} {part}" for part in ("knee", "shank") for side in ("right", "left")]
    rows = list(csv.DictReader((out / kinds[0]).open()))
    assert rows[3] | {"frame": "3", "right knee": ""} == rows[3]
    table = np.array([[float(row[name] or "nan") for name in names] for row in rows])
    np.testing.assert_allclose(table, values)
    predicted = project.predictions(project.videos()[0].id)
    expected = angles(predicted.points[predicted.rows_of_track(2)], COCO17)
    np.testing.assert_allclose(mot.read((out / kinds[5]).read_text(), "b")[2], expected, atol=1e-3)


def test_angles_that_cannot_be_are_refused(project: Project, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no angle between the chosen joints"):
        export(project, "angles", tmp_path / "a", Silent(), ExportOptions(joints=("nose",)))
    with pytest.raises(UserError, match="The visible side is auto, right"):
        ExportOptions(visible_side="above")


def test_names_are_no_formulas(project: Project, tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    """Nor does one that the font cannot draw make noise."""
    project.store.exchange(rename_person(project, project.videos()[0], 1, "$x^$ 日本"))
    for format in ("angles", "figures"):
        export(project, format, tmp_path / format, Silent(), ExportOptions(poses="predicted"))
    assert "$x^$ 日本, walk" in (tmp_path / "angles" / "walk_angles_person00.svg").read_text("utf-8")
    assert not [one for one in recwarn if "Glyph" in str(one.message)]
