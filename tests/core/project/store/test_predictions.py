"""Look-ups find what a look at every row would."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.domain import SampleId
from core.project.store.predictions import Predictions

samples = st.sets(st.tuples(st.integers(0, 30), st.integers(1, 5)), max_size=60)  # frame, track


def predictions_of(pairs: set[tuple[int, int]]) -> Predictions:
    frame, track = (np.array([pair[i] for pair in sorted(pairs)], np.int64) for i in (0, 1))
    n = len(frame)
    rng = np.random.default_rng(0)
    return Predictions(
        video=1,
        round=2,
        track=track,
        frame=frame,
        boxes=rng.random((n, 4)).astype(np.float32),
        points=rng.random((n, 17, 2)).astype(np.float32),
        confidence=rng.random((n, 17)).astype(np.float32),
        criteria={},
        stored=np.arange(n),
        rounds=np.full(n, 2),
    )


@given(samples)
def test_by_frame(pairs: set[tuple[int, int]]) -> None:
    predictions = predictions_of(pairs)
    assert len(predictions) == len(pairs)
    for frame in range(-2, 34):
        found = np.arange(len(predictions))[predictions.rows_at(frame)]
        assert found.tolist() == [row for row in range(len(predictions)) if predictions.frame[row] == frame]


@given(samples)
def test_by_track(pairs: set[tuple[int, int]]) -> None:
    predictions = predictions_of(pairs)
    for track in range(7):
        found = predictions.rows_of_track(track).tolist()
        assert found == [row for row in range(len(predictions)) if predictions.track[row] == track]


@given(samples)
def test_by_sample(pairs: set[tuple[int, int]]) -> None:
    predictions = predictions_of(pairs)
    for frame in range(-1, 33):
        for track in range(7):
            row = predictions.row(SampleId(track, frame))
            if (frame, track) in pairs:
                assert predictions.sample(row) == (track, frame)
            else:
                assert row is None


def test_a_row_is_handed_out_as_a_pose_with_its_round() -> None:
    predictions = predictions_of({(3, 1), (3, 2)})
    pose = predictions.pose(1)
    assert pose.round == 2
    assert pose.points.tobytes() == predictions.points[1].tobytes()
    assert predictions.box(1) == tuple(predictions.boxes[1].tolist())
