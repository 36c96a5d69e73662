import pytest

from core.benchmark.plan import Protocol, Run, batches, dataset_names, parse_labels, parse_shares, runs_of
from core.domain import UserError


def test_every_combination_runs_once():
    runs = runs_of(["a", "b"], ["lc", "thc+wpu"], ["duw", "random"], range(2))
    assert len(runs) == 2 * 2 * (2 + 1)  # Random looks at no criterion
    assert runs[0] == Run("a", "lc", "duw", "ours", 0)


def test_a_sampler_carries_its_variant():
    assert runs_of(["a"], ["lc"], ["duw.paper"], [3]) == [Run("a", "lc", "duw", "paper", 3)]


@pytest.mark.parametrize(("criterion", "sampler"), [("odd", "duw"), ("lc", "best"), ("lc", "duw.theirs")])
def test_unknown_names_are_refused(criterion, sampler):
    with pytest.raises(UserError, match=r"odd|best|theirs"):
        runs_of(["a"], [criterion], [sampler], [0])


def test_a_text_file_stands_for_its_lines(tmp_path):
    path = tmp_path / "sets.txt"
    path.write_text("# a comment\n\na:dark\nb\n")
    assert dataset_names([str(path), "b", "c"]) == ["a:dark", "b", "c"]


def test_shares_ascend():
    assert parse_shares("5,10,100") == (0.05, 0.1, 1.0)
    assert parse_shares(".2,.5,1,1.5") == pytest.approx((0.002, 0.005, 0.01, 0.015))
    for wrong in ("", "10,5", "5,5", "0,10", "50,120", "5,x"):
        with pytest.raises(UserError, match="ascending"):
            parse_shares(wrong)


def test_labels_are_whole_numbers_that_ascend():
    assert parse_labels("1,2,4,8") == (1, 2, 4, 8)
    for wrong in ("", "2,1", "1,1", "0,1", "1.5", "1,x"):
        with pytest.raises(UserError, match="ascending"):
            parse_labels(wrong)


def test_shares_or_labels_are_given_not_both():
    assert Protocol(**batches(None, None)) == Protocol()
    assert Protocol(**batches("50", None)).ends(8) == [4]
    assert Protocol(**batches(None, "1,2,16")).ends(8) == [1, 2, 8]
    with pytest.raises(UserError, match="not both"):
        batches("50", "3")


def test_small_shares_grow_by_a_sample_at_least():
    assert Protocol((0.002, 0.005, 0.01, 0.015)).ends(164) == [1, 2, 3, 4]
    assert Protocol((0.002, 0.005, 0.01, 0.015)).ends(4615) == [9, 23, 46, 69]


def test_keyframes_are_a_sampler_of_the_benchmark_that_looks_at_no_criterion():
    assert runs_of(["a"], ["lc", "thc"], ["keyframes"], [0]) == [Run("a", "lc", "keyframes")]
