"""A trained copy beside the network as it came: what is read of both, and that the network itself never
changes.
"""

import json
from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.adaptation.augmentation import Augmentation
from core.adaptation.trainer import Recipe, fine_tune
from core.adaptation.training_set import TrainingSet, context_size
from core.domain import Silent
from core.estimation.crops import crop_rectangles, take_crop
from core.estimation.decode import decode
from core.estimation.export import estimator_from_onnx, export_estimator, update_onnx
from core.estimation.network import (
    SPECS,
    Estimator,
    alone,
    anchored,
    load_estimator,
    save_estimator,
    tailored,
)
from core.estimation.readout import FLAT, anchored_maps, gate
from core.estimation.session import EstimatorSession
from core.project.estimators.models import RESOURCES, shipped_model
from core.video.source import open_video
from tests.core.estimation.fakes import FIVE, HEIGHT, SMALL, SOME, WIDTH, small_spec

PERSON = 1  # of the reference
CPU = torch.device("cpu")
STILL = Recipe(augmentation=Augmentation(0, 0, 0, 0, 0), batch=2, seconds=None, warm_up=2, half=False)


@pytest.fixture(scope="module")
def people():
    """(2, 192, 192, 3): the therapist of the bundled clip in two frames, of whom Lightning is sure."""
    spec = SPECS["movenet-lightning"]
    reference = json.loads((RESOURCES / "clips" / "assisted_cam04.json").read_text())
    x, y, width, height = reference["annotations"][PERSON]["bbox"]
    boxes = np.array([[x, y, x + width, y + height], [x + 8, y, x + 8 + width, y + height]])
    with open_video(RESOURCES / "clips" / "assisted_cam04.mp4") as source:
        frame = next(frame for _, frame in source.stream(0, 1))
        rectangles = crop_rectangles(boxes, spec.margin)
        return np.stack([take_crop(frame, rectangle, spec.size, True) for rectangle in rectangles])


@pytest.fixture
def lightning():
    torch.set_num_threads(1)
    return anchored(
        load_estimator(RESOURCES / "estimators" / "lightning.safetensors", SPECS["movenet-lightning"])
    )


def moved(estimator: Estimator, share: float) -> Estimator:
    """As if it had been trained."""
    with torch.no_grad():
        for parameter in estimator.net.adapted.parameters():
            parameter.mul_(1.01)
        estimator.net.share.fill_(share)
    return estimator


def a_set(estimator: Estimator, joints: int, missing: tuple[int, ...] = ()) -> TrainingSet:
    width, height = context_size(estimator.spec)
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (2, height, width, 3), dtype=np.uint8)
    labelled = np.ones((2, joints), bool)
    labelled[:, missing] = False
    return TrainingSet(
        pictures, rng.uniform(0.3, 0.7, (2, joints, 2)) * (width, height), labelled, np.full(2, 4000.0)
    )


@pytest.mark.parametrize("name", SMALL)
def test_before_training_it_gives_what_the_network_gave(name):
    torch.manual_seed(0)
    plain = Estimator(small_spec(name)).eval()
    crops = torch.randint(0, 256, (2, HEIGHT, WIDTH, 3), dtype=torch.uint8)
    beside = anchored(plain)
    with torch.no_grad():
        for share in (0.0, 0.5):
            beside.net.share.fill_(share)
            wanted, (*found, frozen) = plain(crops), beside(crops)
            for one, other in zip((*wanted, wanted[0]), (*found, frozen), strict=True):
                assert torch.allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("name", SOME)
def test_training_moves_the_copy_alone(name, tmp_path):
    torch.manual_seed(0)
    estimator = anchored(Estimator(small_spec(name)))
    before = {key: value.clone() for key, value in estimator.net.state_dict().items()}
    fine_tune(estimator, a_set(estimator, len(FIVE)), STILL, 2, CPU, lambda _: True)
    changed = {
        key for key, value in estimator.net.state_dict().items() if not torch.equal(value, before[key])
    }
    assert f"{estimator.net.final}.weight" in changed
    assert all(key.startswith("adapted.") for key in changed)
    export_estimator(estimator, tmp_path / "trained.onnx")  # checks that both give the same


def test_of_poses_the_network_is_sure_of_the_export_gives_the_same_at_any_share(lightning, people, tmp_path):
    file, again = shipped_model("lightning", Silent(), "anchored"), tmp_path / "again.onnx"
    alone_as_it_came = load_estimator(
        RESOURCES / "estimators" / "lightning.safetensors", SPECS["movenet-lightning"]
    )
    moved(lightning, 0.3)
    for share in (0.0, 0.7, 1.0):
        lightning.net.share.data.fill_(share)
        assert update_onnx(file, lightning, again, people).heatmaps < 1e-4
        read = estimator_from_onnx(again)
        with torch.no_grad():
            crops = torch.from_numpy(people)
            assert torch.allclose(read(crops)[0], lightning(crops)[0], atol=1e-5)
            came = alone_as_it_came(crops)[0].numpy()
        heatmaps, _, frozen = EstimatorSession(again, "cpu").run(people)
        assert np.allclose(frozen, came, atol=1e-4)
        assert np.allclose(heatmaps, frozen, atol=1e-4) == (share == 0)


def test_a_file_from_before_the_network_as_it_came_was_given_is_exported_anew(tmp_path):
    old, new = tmp_path / "old.onnx", tmp_path / "new.onnx"
    estimator = moved(anchored(Estimator(small_spec("simple-baseline")).eval()), 0.3)
    export_estimator(estimator, old)
    model = onnx.load(old)
    del model.graph.output[2]
    onnx.save(model, old)
    crops = np.zeros((1, HEIGHT, WIDTH, 3), np.uint8)
    session = EstimatorSession(old, "cpu")
    assert (len(session.run(crops)), session.estimate(crops).frozen) == (2, None)
    update_onnx(old, estimator, new)
    assert EstimatorSession(new, "cpu").estimate(crops).frozen is not None


@pytest.mark.parametrize("name", SOME)
def test_the_copy_alone_gives_what_it_learned(name):
    torch.manual_seed(0)
    estimator = moved(anchored(Estimator(small_spec(name))), 0.4).eval()
    plain = alone(estimator)
    crops = torch.randint(0, 256, (2, HEIGHT, WIDTH, 3), dtype=torch.uint8)
    assert (plain.spec.anchored, alone(plain)) == (False, plain)
    with torch.no_grad():
        assert torch.allclose(plain.raw(crops)[0], estimator.raw(crops)[0], atol=1e-6)


def test_it_is_stored_without_what_both_share(lightning, tmp_path):
    save_estimator(moved(lightning, 0.4), tmp_path / "weights.safetensors")
    read = load_estimator(tmp_path / "weights.safetensors")
    assert read.spec == lightning.spec
    state = read.net.state_dict()
    assert all(torch.equal(state[name], value) for name, value in lightning.net.state_dict().items())
    assert not any(
        name.startswith(("adapted.stem", "adapted.blocks.0.", "adapted.heads.center")) for name in state
    )


def test_other_joints_are_given_to_both(lightning):
    joints = tuple(reversed(lightning.spec.skeleton.joints[5:9]))
    few = replace(FIVE, joints=joints, edges=(), flip_pairs=(), sigmas=(0.08,) * 4)
    made = tailored(moved(lightning, 0.4), few)
    old, new = lightning.net.state_dict(), made.net.state_dict()
    for part in ("frozen", "adapted"):
        name = f"{part}.heads.kpt_heatmap.out.conv.bias"
        assert torch.equal(new[name], old[name][[8, 7, 6, 5]])


@pytest.mark.parametrize("held", [True, False])
def test_joints_that_no_label_speaks_of_are_held_where_the_network_is_sure(
    lightning, people, monkeypatch, held
):
    if not held:
        monkeypatch.setattr(
            "core.adaptation.trainer.sureness", lambda heatmaps, _: heatmaps.new_zeros(2, 1, 1, 1)
        )
    size = context_size(lightning.spec)
    pictures = np.full((2, *size[::-1], 3), 30, np.uint8)
    pictures[:, 48:240, 48:240] = people
    labelled = np.ones((2, 17), bool)
    labelled[:, :5] = False  # no face
    crops = torch.from_numpy(people)
    with torch.no_grad():
        cells, _ = decode(lightning(crops)[0].numpy())
    points = cells * 4.0 + 58  # some ten pixels beside what it sees

    def face() -> torch.Tensor:
        with torch.no_grad():
            return lightning.raw(crops)[0][:, :5].sigmoid()

    before = face()
    fine_tune(
        lightning, TrainingSet(pictures, points, labelled, np.full(2, 9000.0)), STILL, 20, CPU, lambda _: True
    )
    at = before.flatten(2).argmax(2)[..., None]
    left = face().flatten(2).gather(2, at).mean() / before.flatten(2).gather(2, at).mean()
    assert (left > 0.8) == held


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**31), st.floats(0, 1))
def test_where_both_agree_nothing_changes_and_share_0_is_the_network_as_it_came(seed, share):
    spec = SPECS["movenet-lightning"]
    generator = torch.Generator().manual_seed(seed)
    before, after = (torch.rand(2, 17, 6, 6, generator=generator) for _ in range(2))
    distance = 20 * torch.rand(2, 17, 6, 6, generator=generator)
    assert torch.allclose(anchored_maps(before, None, before, torch.tensor(share), spec), before)
    assert torch.equal(anchored_maps(before, distance, after, torch.tensor(0.0), spec), before)
    unsure = before * 0.1
    assert torch.allclose(anchored_maps(unsure, distance, after, torch.tensor(1.0), spec), after, atol=1e-6)


def test_the_gate_of_a_trained_copy_moves_no_peak_near_where_the_joint_is_expected():
    distance = torch.tensor([0.0, 2.0, FLAT, FLAT + 1.8, 50.0])
    assert gate(distance, FLAT).tolist()[:4] == pytest.approx([1, 1, 1, 0.5])
    assert gate(distance).tolist()[:2] == pytest.approx([1, 1.8 / 3.8])
    assert gate(distance, FLAT)[-1] < 0.05
