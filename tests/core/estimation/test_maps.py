"""Distributions along x and y are read, measured and moved as heatmaps are."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.adaptation.losses import Loss, axis_target
from core.estimation.crops import cells_to_image, image_to_cells
from core.estimation.maps import SHARPNESS, Maps, axis_deviation, top_of
from core.estimation.readout import maps_of, peaks_of, sureness
from core.uncertainty.criterion import Seen
from core.uncertainty.entropy import Entropy, heatmap_entropy
from core.uncertainty.margin import margin
from core.uncertainty.multiple_peak_entropy import multiple_peak_entropy
from core.uncertainty.temporal_heatmap_continuity import TrackContinuity
from tests.core.estimation.fakes import FIVE, HEIGHT, WIDTH, small_spec

SPEC = small_spec("rtmpose")
COLUMNS, ROWS = 2 * WIDTH, 2 * HEIGHT
PLACES = np.array([[[20.0, 30.0], [33.3, 101.7], [64.25, 90.5], [100, 12], [5, 180]]])  # cells


def seen(places: np.ndarray) -> Maps:
    """As RTMPose is taught them. places: (N, K, 2) cells."""
    return Maps.of(Loss(SPEC, "focal", 1.5).targets(torch.from_numpy(places).float()).numpy(), SPEC)


def test_a_cell_is_half_a_pixel():
    assert SPEC.cells == (COLUMNS, ROWS)
    assert SPEC.shape == (len(FIVE), COLUMNS + ROWS)
    pixels = cells_to_image(np.array([[[0.0, 0.0], [64, 96]]]), SPEC.crop_extent, SPEC.cells)
    assert np.allclose(pixels, [[[0, 0], [32, 48]]])


@given(st.integers(0, 10**6))
def test_joints_are_read_below_the_cell(seed):
    places = np.random.default_rng(seed).uniform(8, (COLUMNS - 9, ROWS - 9), (2, 5, 2))
    cells, confidence = seen(places).decode()
    assert np.abs(cells - places).max() < 0.25
    assert confidence.min() > 0.8  # between two cells neither is 1


def test_what_rtmpose_is_taught_is_a_peak_of_one():
    assert [round(axis_deviation(2 * pixels), 2) for pixels in (192, 256, 288, 384)] == [4.9, 5.66, 6.0, 6.93]
    assert axis_target(torch.tensor([[100.0]]), 384).max() == pytest.approx(top_of(384), rel=1e-5)


def test_the_lesser_axis_says_how_sure_a_joint_is():
    maps = seen(PLACES)
    maps.parts[1][0, 2] = 1 / ROWS  # no idea along y
    _, confidence = maps.decode()
    assert confidence[0, 2] == pytest.approx(1 / ROWS / top_of(ROWS))
    assert confidence[0, [0, 1, 3, 4]].min() > 0.9
    assert maps.picture(0, 0).shape == (ROWS, COLUMNS)
    assert np.unravel_index(maps.picture(0, 0).argmax(), (ROWS, COLUMNS)) == (30, 20)
    values = torch.from_numpy(
        np.concatenate([part[..., 0] if part.shape[3] == 1 else part[:, :, 0] for part in maps.parts], 2)
    )
    assert np.allclose(peaks_of(values, SPEC).numpy(), confidence, atol=1e-6)
    assert sureness(values, SPEC).shape == (1, 1, 1)


def test_it_is_the_softmax_that_rtmpose_was_trained_with():
    raw = torch.randn(1, 5, COLUMNS + ROWS)
    given = maps_of(raw, SPEC)
    assert torch.allclose(given[..., :COLUMNS], (SHARPNESS * raw[..., :COLUMNS]).softmax(2))
    assert torch.allclose(given[..., COLUMNS:].sum(2), torch.ones(1, 5))


def two_places(x: tuple[float, float], y: float) -> Maps:
    maps = seen(np.array([[[x[0], y]] * 5]))
    other = seen(np.array([[[x[1], y]] * 5]))
    return Maps(
        tuple(0.51 * a + 0.49 * b for a, b in zip(maps.parts, other.parts, strict=True)),
        maps.tops,
        maps.apart,
    )


def test_a_second_place_along_one_axis_is_doubt():
    one, two = (
        Seen(maps, np.zeros(0), None)
        for maps in (seen(np.array([[[30.0, 50.0]] * 5])), two_places((30, 100), 50))
    )
    assert one.peaks.shape == (1, 10, 5)
    assert margin(one.peaks)[0] < margin(two.peaks)[0] - 4
    assert multiple_peak_entropy(two.peaks)[0] == pytest.approx(
        multiple_peak_entropy(one.peaks)[0] + 5 * np.log(2), abs=0.1
    )
    near = Seen(two_places((30, 36), 50), np.zeros(0), None)
    assert (near.peaks > 0).sum() == 10  # three pixels apart are one place


def test_entropies_of_both_axes_add():
    maps = seen(PLACES)
    both = Entropy().measure(Seen(maps, np.zeros(0), None))
    assert both == pytest.approx(sum(heatmap_entropy(part) for part in maps.parts))


def thc(places: list[float], shifts: list[int]) -> np.ndarray:
    """places: x in the image, of a crop of 128 x 192 pixels whose corner lies at the shift."""
    track = TrackContinuity()
    for n, (x, shift) in enumerate(zip(places, shifts, strict=True)):
        extent = SPEC.extents(np.array([[shift, 0, 2 * WIDTH, 2 * HEIGHT]]))
        cells = image_to_cells(np.array([[[x, 90.0]] * 5]), extent, SPEC.cells)
        track.add(n / 30, seen(cells), extent[0])
    return track.values("ours")


def test_a_trembling_box_adds_nothing_and_a_jump_does():
    still = thc([70, 70, 70], [0, 3, -2])
    assert still.max() < 0.3
    assert thc([70, 70, 90], [0, 3, -2])[2] > 3.5  # of 4: all of what there was along x is elsewhere, twice


def test_the_loss_is_nothing_where_all_is_right_and_leaves_out_who_is_out_of_the_crop():
    loss = Loss(SPEC, "focal", 1.5)
    points = torch.from_numpy(PLACES).float()
    target = loss.targets(points)
    every = torch.ones(1, 5, dtype=torch.bool)
    right = target.log() / SHARPNESS
    assert loss.labels(right, points, every) < 1e-5
    assert loss.labels(right + 1, points, every) < 1e-5  # a softmax knows no level
    assert loss.labels(right.roll(9, 2), points, every) > 1
    out = points.clone()
    out[0, 1, 0] = -3
    assert loss.counted(out, every).tolist() == [[True, False, True, True, True]]
