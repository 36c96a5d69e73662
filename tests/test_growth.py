"""The measurement of growth tells what grows with the square from what grows with the work."""

from benchmarks.growth import DOUBLINGS, Measured, report, sizes


def test_sizes_double_up_to_the_most():
    assert sizes(100_000)[-1] == 100_000
    assert len(sizes(3200)) == DOUBLINGS + 1
    assert all(later == 2 * one for one, later in zip(sizes(3200), sizes(3200)[1:], strict=False))


def test_what_grows_with_the_square_is_refused(capsys):
    most = sizes(3200)
    linear = Measured(most, [0.1 + n / 1e3 for n in most], [1000 * n for n in most])
    square = Measured(most, [n / 1e3 for n in most], [n * n for n in most])
    assert report({"linear": linear}) == 0
    assert report({"linear": linear, "square": square}) == 1
    assert "| square | 3.200 | 1.00 | 9.8 | 2.00 |" in capsys.readouterr().out
