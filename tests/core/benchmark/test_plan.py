import pytest

from core.benchmark.plan import Run, dataset_names, parse_shares, runs_of
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
    for wrong in ("", "10,5", "5,5", "0,10", "50,120", "5,x"):
        with pytest.raises(UserError, match="ascending"):
            parse_shares(wrong)
