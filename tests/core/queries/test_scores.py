"""Uncertainty on one scale for the whole project."""

import numpy as np
import pytest

from core.domain import SampleId, UserError
from core.project.project import Project
from core.project.store.predictions import Predictions
from core.queries.scores import all_predictions, labelled_rows, pool_scores, sample_rows, scores
from tests.clips import make_clip
from tests.core.conftest import FRAMES, fill, standing
from tests.core.labels import label


@pytest.fixture
def two_videos(project: Project, tmp_path) -> Project:
    clip = make_clip(tmp_path / "run.mp4", FRAMES, gop=5)
    fill(project, clip, {"Cid": standing(20, 10, 90, 90)}, seed=1)
    return project


def test_the_scale_spans_all_videos(two_videos: Project) -> None:
    pools = all_predictions(two_videos)
    raw = np.concatenate([pool.criteria["lc"] for pool in pools])
    values = [scores(two_videos, video.id, "lc") for video in two_videos.videos()]
    assert [len(v) for v in values] == [len(pool) for pool in pools]
    np.testing.assert_allclose(np.concatenate(values), (raw - raw.min()) / (raw.max() - raw.min()), atol=1e-6)


def test_labels_do_not_set_the_scale(project: Project) -> None:
    predictions = project.predictions(1)
    raw = predictions.criteria["lc"]
    label(project, predictions.sample(int(raw.argmax())))
    values = scores(project, 1, "lc")
    left = np.delete(raw, raw.argmax())
    assert values[raw.argmax()] == 1
    assert values[raw == left.max()] == 1
    assert values.min() == 0


def test_everything_labelled_still_has_scores(project: Project) -> None:
    predictions = project.predictions(1)
    label(project, *(predictions.sample(row) for row in range(len(predictions))))
    assert labelled_rows(project, [predictions]).all()
    values = scores(project, 1, "thc+wpu")
    assert (values.min(), values.max()) == (0, 1)


def test_only_accepted_labels_count_as_labelled(two_videos: Project) -> None:
    label(two_videos, (1, 2), (3, 4))
    label(two_videos, (2, 5), accepted=False)
    pools = all_predictions(two_videos)
    rows = np.flatnonzero(labelled_rows(two_videos, pools))
    samples = [pool.sample(row) for pool in pools for row in range(len(pool))]
    assert [samples[row] for row in rows] == [(1, 2), (3, 4)]


def test_a_sum_of_criteria_is_the_sum_of_their_scales(project: Project) -> None:
    pools = all_predictions(project)
    thc, wpu, both = (pool_scores(project, pools, name) for name in ("thc", "wpu", "thc+wpu"))
    assert (both.argmin(), both.argmax()) == ((thc + wpu).argmin(), (thc + wpu).argmax())


def test_unknown_names_are_one_sentence(project: Project) -> None:
    with pytest.raises(UserError, match="no criterion 'luck'"):
        scores(project, 1, "luck")
    with pytest.raises(UserError, match="no variant 'theirs'"):
        scores(project, 1, "lc", "theirs")


def some_pools(count: int) -> list[Predictions]:
    """Two videos with so many samples each; people 1 and 2 are in the first, 3 in the second."""
    frame = np.arange(count)
    columns = (np.zeros((count, 4)), np.zeros((count, 17, 2)), np.zeros((count, 17)), {}, frame, frame * 0)
    first = Predictions(1, 0, frame % 2 + 1, frame // 2, *columns)
    return [first, Predictions(2, 0, np.full(count, 3), frame, *columns)]


@pytest.mark.parametrize("samples", [set(), {(1, 0), (3, 7), (2, 400), (9, 1)}, {(3, n) for n in range(50)}])
def test_rows_of_samples_are_those_of_either_video(samples, monkeypatch):
    pools = some_pools(30)
    wanted = [(track, frame) in samples for p in pools for track, frame in zip(p.track, p.frame, strict=True)]
    monkeypatch.setattr(Predictions, "row", lambda *_: pytest.fail("one look-up a sample and video"))
    assert sample_rows(pools, {SampleId(*sample) for sample in samples}).tolist() == wanted


def test_rows_of_no_pool():
    assert sample_rows([], {SampleId(1, 2)}).tolist() == []
