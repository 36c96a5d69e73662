"""Detectors on the command line."""

import json

import pytest

from core.project.estimators import found_models
from tests.commands import refused, run


@pytest.fixture(autouse=True)
def nothing_else_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(found_models, "found_models", list)


def test_those_that_ship_are_listed_and_shown() -> None:
    names = [one["detector"] for one in json.loads(run("detector", "list", "--json"))]
    assert names[:3] == ["ensemble", "multipose", "nanodet"]
    assert "NanoDet-g" in run("detector", "show", "nanodet")


def test_they_are_compared_on_people_who_are_known() -> None:
    (found,) = json.loads(run("detector", "compare", "demo", "multipose", "--json"))
    assert found["recall"]["0.5"] == 1
    assert (found["missed"], found["ghosts"], found["people"]) == (0, 0, 20)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("show", "yolo"), "There is no detector 'yolo'"),
        (("import", "ensemble"), "comes with PoseTailor"),
        (("compare", "demo", "multipose", "--change", "foggy"), "There is no change 'foggy'"),
    ],
)
def test_what_cannot_be_is_one_sentence(arguments: tuple, sentence: str) -> None:
    assert sentence in refused("detector", *arguments)
