"""A short benchmark with the real estimator on the bundled clip."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.adaptation.train_round import Verdict
from core.benchmark import runner
from core.benchmark.dataset import build
from core.benchmark.plan import Protocol, Run
from core.benchmark.runner import LATER, run_benchmark
from core.benchmark.simulation import pool_of, simulate
from core.domain import Silent, Skeleton, UserError
from core.estimation.crops import take_crop
from core.estimation.network import SPECS, load_estimator
from core.project.estimators.models import RESOURCES, SHIPPED, shipped_model
from core.uncertainty.pose_prior import load_prior
from core.video.source import open_video

SPEC = SPECS["movenet-lightning"]
FRAMES = 6


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Two people in the first frames of the bundled clip, some of them turned upside down."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "clips").mkdir()
    (folder / "reference").mkdir()
    clip = RESOURCES / "clips" / "assisted_cam04.mp4"
    (folder / "clips" / "short.mp4").write_bytes(clip.read_bytes())
    content = json.loads(clip.with_suffix(".json").read_text())
    content["images"] = [image for image in content["images"] if image["frame_id"] < FRAMES]
    kept = {image["id"] for image in content["images"]}
    content["annotations"] = [person for person in content["annotations"] if person["image_id"] in kept]
    (folder / "reference" / "short.json").write_text(json.dumps(content))
    return folder


@pytest.fixture(scope="module")
def dataset(small, tmp_path_factory):
    return build("short:upside-down@0.5", SPEC, small, tmp_path_factory.mktemp("cache"), Silent())


def test_samples_are_cut_out_of_changed_and_unchanged_frames(dataset):
    assert len(dataset) == 2 * FRAMES
    assert dataset.changed.sum() == FRAMES
    assert dataset.crops.shape == (12, 192, 192, 3)
    assert sorted(set(dataset.track.tolist())) == [0, 1]
    training = dataset.training_set(np.array([0, 3]))
    inside = training.points[training.labelled]
    assert (inside > 0).all()
    assert (inside < training.pictures.shape[1]).all()


def test_crops_of_unchanged_frames_are_those_of_an_estimation(dataset):
    with open_video(RESOURCES / "clips" / "assisted_cam04.mp4") as source:
        _, frame = next(source.stream(0, 1))
        crop = take_crop(frame, dataset.rectangles[0], SPEC.size, SPEC.levels)
    assert not dataset.changed[0]
    assert np.array_equal(dataset.crops[0], crop)


def test_joined_parts_keep_their_people_and_images_apart(small, tmp_path):
    joined = build("short+short:dark", SPEC, small, tmp_path, Silent())
    assert sorted(set(joined.track.tolist())) == [0, 1, 2, 3]
    assert len(set(joined.image.tolist())) == 2 * FRAMES
    assert joined.changed.tolist() == [False] * 12 + [True] * 12


def test_samples_are_cut_once(small, tmp_path):
    first = build("short", SPEC, small, tmp_path, Silent())
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert build("short", SPEC, small, tmp_path, Silent()).mark == first.mark
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
    assert build("short:dark", SPEC, small, tmp_path, Silent()).mark != first.mark


def test_a_reference_speaks_of_the_joints_that_an_estimator_shares_with_it(small, dataset, tmp_path):
    few = Skeleton("Few", ("tail", "left_knee", "nose"), (), (), (0.1, 0.1, 0.1))
    own = build("short:upside-down@0.5", replace(SPEC, skeleton=few), small, tmp_path, Silent())
    assert own.points.shape == (12, 3, 2)
    assert np.array_equal(own.points[:, 1:], dataset.points[:, [13, 0]])
    assert np.array_equal(own.labelled[:, 1:], dataset.labelled[:, [13, 0]])
    assert not own.labelled[:, 0].any()
    with pytest.raises(UserError, match=r"None of the estimator's joints, e\.g\. fin, is one of COCO-17's"):
        build(
            "short",
            replace(SPEC, skeleton=Skeleton("Fish", ("fin",), (), (), (0.1,))),
            small,
            tmp_path,
            Silent(),
        )


def run(dataset, tmp_path, **changes) -> list:
    torch.set_num_threads(1)
    estimator = load_estimator(SHIPPED["lightning"][1], SPEC)
    variant = changes.pop("variant", "ours")
    first, later = (shipped_model("lightning", Silent(), graph) for graph in ("as it comes", LATER[variant]))
    priors = {
        name: load_prior(RESOURCES / "pose_prior" / f"{name}.safetensors") for name in ("ours", "paper")
    }
    wanted = Run("short", changes.pop("criterion", "thc+wpu"), changes.pop("sampler", "duw"), variant)
    protocol = Protocol(changes.pop("shares", (0.25, 0.5, 1.0)), steps=2, **changes)
    return list(simulate(dataset, wanted, protocol, estimator, first, later, tmp_path, priors, "cpu"))


def test_a_curve_ends_with_everything_labelled(dataset, tmp_path):
    entries = run(dataset, tmp_path)
    assert [entry.labelled for entry in entries] == [0, 3, 6, 12]
    picked = [row for entry in entries for row in entry.queried]
    assert sorted(picked) == list(range(12))
    assert entries[-1].ann60 == pytest.approx(1)
    assert entries[0].ap60 == entries[0].ann60
    assert all(entry.ann60 >= entry.ap60 - 1e-9 for entry in entries)
    assert all(entry.exported75 >= entry.right75 for entry in entries)
    assert entries[-1].exported90 == 1
    assert entries[-1].moved_so_far == sum(entry.moved for entry in entries)
    assert entries[0].steps == 2
    assert entries[2].steps == 0  # nothing is left to learn for


def test_the_same_seed_gives_the_same_curve(dataset, tmp_path):
    first, second = (run(dataset, tmp_path, shares=(0.25,)) for _ in range(2))
    assert [entry.queried for entry in first] == [entry.queried for entry in second]
    assert [entry.oks for entry in first] == [entry.oks for entry in second]


@pytest.mark.parametrize("criterion", ["dropout", "ensemble", "lc+mpe+tpc"])
def test_any_criterion_drives_it(dataset, tmp_path, criterion):
    entries = run(dataset, tmp_path, criterion=criterion, sampler="top", shares=(0.25,))
    assert len(entries[0].queried) == 3


def test_the_papers_variant_trains_the_whole_network_and_is_never_refused(dataset, tmp_path):
    entries = run(dataset, tmp_path, variant="paper", shares=(0.25,))
    assert (entries[0].share, entries[0].refused) == (1, False)
    assert (tmp_path / "estimator.onnx").stat().st_size < 13e6  # no second network beside it


def test_a_refused_round_leaves_the_estimates_as_they_were(dataset, tmp_path, monkeypatch):
    monkeypatch.setattr("core.adaptation.train_round.judge", lambda *_: Verdict(0.0, "it is tried here"))
    entries = run(dataset, tmp_path, shares=(0.25, 0.5))
    assert [entry.refused for entry in entries] == [True, True, False]
    assert entries[0].oks == entries[1].oks == entries[2].oks


def test_keyframes_need_no_network_and_run_once_for_all_seeds(small, tmp_path):
    runs = [Run("short", sampler="keyframes", seed=seed) for seed in range(2)]
    results = run_benchmark(runs, Protocol(labels=(2, 4)), "lightning", small, tmp_path, Silent(), "cpu", 1)
    assert len(list((tmp_path / "runs").glob("*.jsonl"))) == 1
    assert results[0][1] == results[1][1]
    assert [entry["labelled"] for entry in results[0][1]] == [0, 2, 4]
    assert results[0][1][0]["right60"] == 0
    assert results[0][1][2]["right60"] > 0


def test_the_first_batch_can_be_drawn_otherwise(dataset, tmp_path):
    drawn = run(dataset, tmp_path, first="stride", shares=(0.25,))[0].queried
    assert drawn == run(dataset, tmp_path, sampler="stride", shares=(0.25,))[0].queried


def test_a_benchmark_is_kept_and_goes_on_where_it_was(small, tmp_path, monkeypatch):
    runs = [Run("short", sampler=name) for name in ("duw", "random")]
    protocol = Protocol((0.25,), steps=1)
    first = run_benchmark(runs[:1], protocol, "lightning", small, tmp_path, Silent(), "cpu", 1)
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "runs").iterdir()}
    both = run_benchmark(runs, protocol, "lightning", small, tmp_path, Silent(), "cpu", 1)
    assert both[0] == first[0]
    assert len(both[1][1]) == 2
    assert all(path.stat().st_mtime_ns == before for path, before in kept.items())
    inputs = json.loads((tmp_path / "inputs.json").read_text())
    assert inputs["protocol"]["shares"] == [0.25]
    assert [entry["sampler"] for entry in inputs["runs"]] == ["duw", "random"]
    assert inputs["versions"]["torch"]


def test_runs_measured_with_other_figures_are_not_read(dataset, monkeypatch):
    wanted, protocol = Run("short"), Protocol((0.25,))
    before = runner._key(wanted, protocol, "lightning", dataset)
    assert runner._key(wanted, protocol, "lightning", dataset) == before
    assert runner._key(wanted, replace(protocol, labels=(3,)), "lightning", dataset) != before
    monkeypatch.setattr(runner, "VERSION", runner.VERSION + 1)
    assert runner._key(wanted, protocol, "lightning", dataset) != before


@pytest.mark.parametrize(("estimator", "dataset"), [("nobody", "short"), ("lightning", "nobody")])
def test_wrong_names_are_one_sentence(small, tmp_path, estimator, dataset):
    with pytest.raises(UserError, match="nobody"):
        run_benchmark([Run(dataset)], Protocol((0.25,)), estimator, small, tmp_path, Silent(), "cpu", 1)


def test_a_pool_is_a_share_of_the_segments_spread_over_the_video():
    seconds = np.repeat(np.arange(0, 64, 0.5), 3)
    assert pool_of(seconds, 1.0, 0).all()
    quarter = pool_of(seconds, 0.25, 0)
    assert quarter.mean() == pytest.approx(0.25)
    assert np.diff(np.unique(seconds[quarter] // 2)).max() == 4
    assert pool_of(np.zeros(5), 0.01, 3).all()


def test_the_pools_of_rounds_that_follow_one_another_are_all_of_the_video():
    seconds = np.repeat(np.arange(0, 64, 0.5), 3)
    pools = [pool_of(seconds, 0.25, number) for number in range(5)]
    assert np.sum(pools[:4], 0).max() == 1
    assert np.any(pools[:4], 0).all()
    assert np.array_equal(pools[4], pools[0])
