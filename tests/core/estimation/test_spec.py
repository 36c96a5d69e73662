"""What an estimator says of itself is understood, also by a newer version, and nothing else is believed."""

import json
from dataclasses import replace

import pytest

from core.domain import COCO17, UserError
from core.estimation.network import SPECS
from core.estimation.spec import EstimatorSpec, Parity
from tests.core.estimation.fakes import FIVE, small_spec

FIRST = {
    "architecture": "movenet-lightning",
    "side": 192,
    "stride": 4,
    "embedding": 1280,
    "skeleton": COCO17.to_json(),
    "gated": False,
    "levels": True,
    "margin": 1.15,
    "source": "MoveNet v4, Apache-2.0",
}


@pytest.mark.parametrize("spec", [*SPECS.values(), small_spec("hrnet"), small_spec("vitpose", COCO17)])
def test_a_description_comes_back(spec):
    assert EstimatorSpec.from_text(spec.to_text(), "a.onnx") == spec


def test_a_description_of_the_first_version_is_that_of_a_square_movenet():
    first = replace(SPECS["movenet-lightning"].plain(), margin=1.15)
    assert EstimatorSpec.from_text(json.dumps(FIRST), "a.onnx") == first


@pytest.mark.parametrize(
    "change",
    [
        {"side": 0},
        {"side": 190},
        {"stride": 0},
        {"skeleton": 3},
        {"skeleton": {"joints": []}},
        {"surprise": 1},
        {"options": {"channels": 10**9}},
        {"options": {"blocks": [1, -1]}},
        {"version": 1},
        {"version": 1, "width": 192, "height": 10**9},
        {"version": 1, "width": 64, "height": 64, "std": [0, 1, 1]},
        {"version": 1, "width": 64, "height": 64, "convention": "any"},
    ],
)
def test_a_description_that_makes_no_sense_is_refused(change):
    data = FIRST | change
    if "width" in change:
        data.pop("side")
    with pytest.raises(UserError):
        EstimatorSpec.from_text(json.dumps(data), "a.onnx")


def test_a_description_of_a_later_version_asks_for_an_update():
    with pytest.raises(UserError, match="newer PoseTailor"):
        EstimatorSpec.from_text(json.dumps(FIRST | {"version": 99}), "a.onnx")


def test_parity_that_cannot_be_read_is_not_known():
    assert Parity.from_text(Parity(1e-6, 0.25).to_text()) == Parity(1e-6, 0.25)
    assert Parity.from_text(None) is Parity.from_text("[1]") is Parity.from_text('{"heatmaps": "x"}') is None


def test_cells_follow_width_and_height():
    assert small_spec("hrnet", FIVE).cells == (16, 24)
