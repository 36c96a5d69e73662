"""From rounds to the figures of a table."""

import json
import math

import pytest

from core.benchmark.plan import Run
from core.benchmark.report import write_report
from core.benchmark.summary import curve, mean_and_interval, paired, stops

SAMPLES = 100


def rounds(values: list[float], sampler_stops_at: int | None = None) -> list[dict]:
    """Ten samples are labelled in each round; values: AP@0.6 (ANN)."""
    return [
        {
            "labelled": 10 * i,
            "ap60": value - 0.1,
            "ap75": value - 0.2,
            "ann60": value,
            "ann75": value - 0.05,
            "oks": value,
            "queried": list(range(10)),
            "g": value,
            "moved": 3,
            "min_error": False,
            "proposed": False,
            "advised": i == sampler_stops_at,
            "oracle": False,
            "final60": value,
            "estimating": 1.0,
            "selecting": 0.1,
            "training": 9.0,
            "steps": 120,
        }
        for i, value in enumerate(values)
    ]


@pytest.fixture
def curves():
    better = [curve(Run("a:dark", seed=s), rounds([0.5, 0.9, 1.0, 1.0], 2), SAMPLES) for s in range(3)]
    random = [curve(Run("a:dark", sampler="random", seed=s), rounds([0.5, 0.7, 0.9, 0.9]), SAMPLES) for s in range(3)]
    return better + random


def test_figures_are_read_off_the_curve(curves):
    figures = curves[0].figures()
    assert figures["AP@0.6 at 0 %"] == 0.5
    assert figures["AP@0.6 at 5 %"] == pytest.approx(0.7)
    assert figures["AP@0.75 at 20 %"] == pytest.approx(0.95)
    assert figures["labels for 0.95"] == pytest.approx(0.15)
    assert figures["joints moved"] == 12


def test_what_is_never_reached_is_not_a_number(curves):
    assert math.isnan(curves[-1].figures()["labels for 0.95"])


def test_pairs_share_data_set_and_seed(curves):
    differences = paired(curves[:3], curves[3:], "AP@0.6 at 10 %")
    assert differences == pytest.approx([0.2] * 3)
    assert len(paired(curves[:3], curves[3:4], "ALC")) == 1


def test_the_interval_is_students():
    mean, half = mean_and_interval([1.0, 2.0, 3.0])
    assert mean == 2
    assert half == pytest.approx(4.303 / math.sqrt(3), abs=1e-3)
    assert math.isnan(mean_and_interval([1.0])[1])


def test_a_rule_stops_once_its_batch_is_labelled(curves):
    assert stops(curves[0])["advised"] == (pytest.approx(0.3), 1.0)
    assert stops(curves[0])["oracle"] is None


def test_the_report_is_tables_figures_and_numbers(curves, tmp_path):
    text = write_report(curves, tmp_path)
    assert (tmp_path / "report.md").read_text("utf-8").strip() == text.strip()
    assert "## a:dark" in text
    assert "3 seeds" in text
    assert "| duw thc+wpu | 0.500 |" in text
    assert "not reached" in text
    assert "| random | 20% | 0.800 | 0.900 | 0.850 | 0.900 | 0.900 | 3 | 120 | 10 |" in text
    content = json.loads((tmp_path / "report.json").read_text())
    assert len(content) == 6
    assert content[-1]["figures"]["labels for 0.95"] is None
    assert (tmp_path / "curves.png").stat().st_size > 10_000
    assert "<svg" in (tmp_path / "curves.svg").read_text("utf-8")
