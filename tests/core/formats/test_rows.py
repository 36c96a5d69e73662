"""Rows and tables of other programs, over and back with whatever poses there may be."""

import io
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.domain import COCO17, Box
from core.formats import deeplabcut, tables, yolo
from core.formats.poses import PoseRows
from core.formats.sheet import read_sheet
from core.formats.smoothing import smoothed

SIZE = (641, 359)
K = len(COCO17)
inside = arrays(np.float64, (K, 2), elements=st.floats(0, 358))
anywhere = arrays(np.float64, (K, 2), elements=st.floats(-1e6, 1e6))
visibility = arrays(np.int8, K, elements=st.integers(0, 2)).filter(np.any)


def rows_of(points: np.ndarray, seen: np.ndarray) -> PoseRows:
    """One person in frame 7 as a human labelled them."""
    rows = PoseRows.empty(1, K)
    rows.frame[0], rows.track[0], rows.human[0] = 7, 1, True
    rows.points[0], rows.visibility[0] = np.where(seen[:, None] > 0, points, np.nan), seen
    return rows


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(points=inside, seen=visibility)
def test_a_yolo_row_comes_back_within_rounding(tmp_path: Path, points: np.ndarray, seen: np.ndarray) -> None:
    (tmp_path / "labels").mkdir(exist_ok=True)
    (tmp_path / "data.yaml").write_text(yolo.data_yaml(COCO17, validation=False))
    (tmp_path / "labels" / "a_000007.txt").write_text(
        yolo.row(Box(10, 20, 300, 340), points, seen, SIZE) + "\n"
    )
    (person,) = yolo.read(tmp_path / yolo.DATA, COCO17, lambda _: SIZE).people
    assert (person.visibility == seen).all()
    assert np.abs(person.points - np.where(seen[:, None] > 0, points, 0)).max() < 1e-5
    assert np.abs(np.array(person.box) - (10, 20, 300, 340)).max() < 1e-5


@settings(max_examples=60)
@given(points=anywhere, seen=visibility)
def test_yolo_rows_stay_in_the_image(points: np.ndarray, seen: np.ndarray) -> None:
    values = np.array(yolo.row(Box(-50, -50, 5000, 5000), points, seen, SIZE).split(), float)
    shares = np.delete(values[5:].reshape(-1, 3), 2, axis=1)
    assert len(values) == 5 + 3 * K
    assert ((shares >= 0) & (shares <= 1)).all()
    assert ((values[:5] >= 0) & (values[:5] <= 1)).all()


@settings(max_examples=60)
@given(points=anywhere, seen=visibility)
def test_a_long_table_comes_back_bit_for_bit(points: np.ndarray, seen: np.ndarray) -> None:
    out = io.StringIO()
    part = tables.Part("walk, slowly", np.arange(9) / 25, {1: 'Ann "A"'}, rows_of(points, seen))
    tables.write_long([part], COCO17.joints, out, lambda: None)
    dataset = tables.read_long(read_sheet(out.getvalue(), "a.csv"), "a.csv", COCO17)
    (person,) = dataset.people
    assert person.name == 'Ann "A"'
    assert dataset.images[person.image].video == "walk, slowly"
    assert (person.visibility == seen).all()
    assert person.points.tobytes() == np.where(seen[:, None] > 0, points, 0).tobytes()


@settings(max_examples=60)
@given(points=anywhere, seen=visibility)
def test_a_table_of_deeplabcut_comes_back_bit_for_bit(points: np.ndarray, seen: np.ndarray) -> None:
    text = deeplabcut.write(rows_of(points, seen), {1: "Ann"}, COCO17.joints, "walk", labels=True)
    dataset = deeplabcut.read(deeplabcut.from_lines(read_sheet(text, "a.csv"), "a.csv"), COCO17)
    (person,) = dataset.people
    assert (person.visibility == 2 * (seen > 0)).all()
    assert person.points.tobytes() == np.where(seen[:, None] > 0, points, 0).tobytes()


def test_smoothing_keeps_parabolas_and_stops_at_gaps() -> None:
    frames = np.concatenate([np.arange(20), np.arange(40, 60), [70]])
    path = np.where(frames < 30, frames**2 / 10.0, 500 - frames)[:, None, None] * np.ones((1, 2, 2))
    assert np.abs(smoothed(frames, path, 9) - path).max() < 1e-9
    noise = np.random.default_rng(0).normal(size=path.shape)
    assert np.abs(smoothed(frames, path + noise, 9)[:-1] - path[:-1]).mean() < np.abs(noise).mean() * 0.75
