"""From rounds to the figures of a table."""

import json
import math

import pytest

from core.benchmark.plan import Run
from core.benchmark.report import write_report
from core.benchmark.round_tables import by_group, by_round, differences
from core.benchmark.ruler import Round
from core.benchmark.summary import Curve, mean_and_interval, paired, stops

SAMPLES = 100


def rounds(values: list[float], sampler_stops_at: int | None = None) -> list[dict]:
    """Ten samples are labelled in each round; values: of all figures as exported; raw ones are lower."""
    return [
        Round(
            labelled=10 * i,
            ap60=value - 0.1,
            ap75=value - 0.2,
            ann60=value,
            ann75=value - 0.05,
            oks=value,
            right60=value - 0.1,
            right75=value - 0.2,
            right90=value - 0.3,
            exported60=value,
            exported75=value,
            exported90=value,
            refined60=value,
            refined75=value,
            refined90=value,
            refined_ap75=value,
            pck=value - 0.3,
            exported_pck=value,
            moved_so_far=30 * i,
            moved_per_1000=300.0 * i,
            touches_per_1000=400.0 * i,
            labels_per_minute=5.0 * i,
            on_another=i,
            newly_on_another=int(i > 0),
            worse=i == 1,
            below_start=False,
            groups={
                "easy": {"samples": 60, "right60": value, "right75": value - 0.1, "right90": value - 0.2}
            },
            queried=list(range(10)),
            g=value,
            moved=3,
            advised=i == sampler_stops_at,
            final60=value,
            steps=120,
            estimating=1.0,
            selecting=0.1,
            training=9.0,
        ).to_json()
        for i, value in enumerate(values)
    ]


@pytest.fixture
def curves():
    better = [Curve(Run("a:dark", seed=s), rounds([0.5, 0.9, 1.0, 1.0], 2), SAMPLES) for s in range(3)]
    random = [
        Curve(Run("a:dark", sampler="random", seed=s), rounds([0.5, 0.7, 0.9, 0.9]), SAMPLES)
        for s in range(3)
    ]
    return better + random


def test_figures_are_read_off_the_curve(curves):
    figures = curves[0].figures()
    assert figures["AP@0.6 at 0 %"] == 0.5
    assert figures["AP@0.6 at 5 %"] == pytest.approx(0.7)
    assert figures["AP@0.75 at 20 %"] == pytest.approx(0.95)
    assert figures["labels for 0.95"] == pytest.approx(0.15)
    assert figures["joints moved"] == 12
    assert figures["touches per 1,000 for 0.95"] == pytest.approx(600)
    assert figures["rounds worse"] == pytest.approx(1 / 3)
    assert figures["newly on another"] == 3


def test_what_is_never_reached_is_not_a_number(curves):
    assert math.isnan(curves[-1].figures()["labels for 0.95"])


def test_of_a_curve_that_was_not_followed_nothing_is_known():
    short = Curve(Run("a"), rounds([0.5, 0.9]), SAMPLES)
    assert short.at(0.05, "ann60") == pytest.approx(0.7)
    assert math.isnan(short.at(0.2, "ann60"))
    solved = Curve(Run("a"), rounds([0.5, 1.2]), SAMPLES)  # every raw pose is right at OKS 0.75
    assert solved.at(0.2, "ann60") == 1.2


def test_what_was_not_followed_is_left_open_in_a_table(tmp_path):
    text = write_report([Curve(Run("a"), rounds([0.5, 0.9]), SAMPLES)], tmp_path)
    assert "| duw thc+wpu | 0.500 | 0.700 | 0.900 | – | 0." in text


def test_pairs_share_data_set_and_seed(curves):
    at_10 = paired(curves[:3], curves[3:], lambda c: c.at(0.1, "ann60"))
    assert at_10 == pytest.approx([0.2] * 3)
    assert len(paired(curves[:3], curves[3:4], lambda c: c.at(0.1, "ann60"))) == 1


def test_differences_are_to_random_and_to_keyframes(curves):
    assert differences(curves[:3]) == []
    keyframes = [
        Curve(Run("a:dark", sampler="keyframes", seed=s), rounds([0.5, 0.6, 0.6, 0.6]), SAMPLES)
        for s in (0, 1)
    ]
    lines = differences(curves + keyframes)
    assert "| duw thc+wpu | Random | raw | +0.200 ± 0.000 | +0.100 ± 0.000 | +0.100 ± 0.000 |" in lines
    assert (
        "| duw thc+wpu | keyframes | exported | +0.300 ± 0.000 | +0.400 ± 0.000 | +0.400 ± 0.000 |" in lines
    )
    assert "| random | keyframes | raw | +0.100 ± 0.000 | +0.300 ± 0.000 | +0.300 ± 0.000 |" in lines
    assert lines[0] == "| method | less | OKS ≥ .75 | 10 (10 %) | 20 (20 %) | 30 (30 %) |"
    assert len(lines) == 2 + 3 * (2 + 1 + 1)


def test_rounds_that_some_seeds_made_worse_say_how_many(curves):
    better = Curve(Run("a:dark", seed=3), rounds([0.5, 0.9]), SAMPLES)
    better.rounds[1]["worse"] = False
    line = next(line for line in by_round([*curves[:3], better]) if "| 10 (10 %) |" in line)
    assert line.endswith("| 400.0 | 300.0 | 5.0 | 3 of 4 | no | 1.0 (1.0) |")


def test_groups_have_a_column_each(curves):
    lines = by_group(curves[:1])
    assert lines[0] == "| method | labelled | easy (60) |"
    assert lines[3] == "| duw thc+wpu | 10 (10 %) | 0.900 / 0.800 / 0.700 |"


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
    assert "| random | 20 (20 %) | 0.800 | 0.900 | 0.850 | 0.900 | 0.900 | 3 | 120 | 10 |" in text
    assert "### By stretch" in text
    content = json.loads((tmp_path / "report.json").read_text())
    assert content[0]["rounds"][1]["groups"]["easy"]["samples"] == 60
    assert len(content) == 6
    assert content[-1]["figures"]["labels for 0.95"] is None
    assert (tmp_path / "curves.png").stat().st_size > 10_000
    assert "<svg" in (tmp_path / "curves.svg").read_text("utf-8")
