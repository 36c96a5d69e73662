"""Poses from a file stay until the estimator's are as good, on labels that it did not learn from."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.adaptation import given_poses_check
from core.adaptation.given_poses_check import nearer, unseen_oks
from core.adaptation.training_set import TrainingSet
from core.torch_process import fine_tune
from tests.core.torch_process.test_fine_tune import TASK

NONE = np.nan
DATA = TrainingSet(
    np.zeros((5, 4, 4, 3), np.uint8), np.zeros((5, 17, 2)), np.ones((5, 17), bool), np.arange(5.0)
)


@pytest.mark.parametrize(
    ("given", "estimated", "stay"),
    [
        ([0.9, 0.9], [0.8, 0.8], True),
        ([0.9, 0.9], [0.895, 0.895], False),
        ([0.7, 0.9], [0.9, 0.8], False),
        ([1.0, 1.0], [0.95, 0.96], False),  # accepted as they were
        ([0.9, NONE], [0.95, 0.1], False),  # whose pose was estimated says nothing
    ],
)
def test_the_mean_decides(given, estimated, stay: bool) -> None:
    why = nearer(np.array(given), np.array(estimated), "as it came")
    assert bool(why) is stay
    assert (
        not stay or why == "they are nearer to your labels (mean OKS 0.90; the estimator's 0.80, as it came)"
    )


def test_each_label_is_read_by_one_that_did_not_learn_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """An estimator is the set of labels it learned from here."""
    monkeypatch.setattr(
        given_poses_check,
        "oks_of",
        lambda learned, data: np.array([one not in learned for one in data.areas]),
    )
    assert unseen_oks(DATA, lambda rows: set(DATA.areas[rows])).all()


@pytest.mark.parametrize(
    ("as_it_came", "adapted", "unseen", "stay", "trained"),
    [
        (0.9, 0.95, 0.9, "", 0),
        (0.5, 0.7, 0.6, "the estimator's 0.70, even on those it learned from", 0),
        (0.5, 0.9, 0.7, "the estimator's 0.70, on those it did not learn from", 2),
        (0.5, 0.9, 0.85, "", 2),
    ],
)
def test_it_is_trained_again_only_where_that_decides(
    monkeypatch: pytest.MonkeyPatch, as_it_came, adapted, unseen, stay: str, trained: int
) -> None:
    halves = []

    def train(part, data, *_):
        halves.append(len(data.points))
        return unseen, None, None

    monkeypatch.setattr(fine_tune, "_train", train)
    monkeypatch.setattr("core.estimation.export.read_estimator", lambda *_: as_it_came)
    monkeypatch.setattr(given_poses_check, "oks_of", lambda oks, data: np.full(len(data.points), oks))

    class Reports:
        def say(self, *_: object) -> None: ...

    task = replace(TASK, given=np.full(5, 0.82), values=np.full(5, NONE))
    why = fine_tune._why_given_stay(task, adapted, DATA, None, torch.device("cpu"), Reports())
    assert stay in why
    assert bool(why) is bool(stay)
    assert len(halves) == trained
    assert sum(halves) in (0, 5)


def test_nothing_is_compared_where_all_was_estimated() -> None:
    assert fine_tune._why_given_stay(TASK, None, DATA, None, None, None) == ""
