"""Checkpoints of each source give what the trained network gave; each network exports, and learns."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from safetensors.torch import save_file

from core.adaptation.augmentation import Augmentation
from core.adaptation.trainer import Recipe, fine_tune
from core.adaptation.training_set import TrainingSet, context_size
from core.domain import COCO17, Skeleton, UserError
from core.estimation.architectures.registry import ARCHITECTURES
from core.estimation.export import estimator_from_onnx, export_estimator, update_onnx
from core.estimation.importing import make_estimator
from core.estimation.network import Estimator, load_estimator
from core.estimation.session import EstimatorSession
from core.estimation.source import Source
from tests.core.estimation.fakes import (
    FIVE,
    HEIGHT,
    RTMPOSE_S,
    SMALL,
    SOME,
    WIDTH,
    of_deeplabcut,
    of_mmpose_1,
    of_transformers,
    placed,
    small_spec,
    with_class_token,
    with_norms,
)

SOURCES = {
    "simple-baseline of its authors": ("simple-baseline", dict),
    "simple-baseline of mmpose 0": ("simple-baseline", lambda state: placed(state, "keypoint_head")),
    "simple-baseline of mmpose 1": ("simple-baseline", lambda state: placed(state, "head")),
    "hrnet of its authors": ("hrnet", dict),
    "hrnet of mmpose 0": ("hrnet", lambda state: placed(state, "keypoint_head")),
    "hrnet of mmpose 1": ("hrnet", lambda state: placed(state, "head")),
    "vitpose of its authors": ("vitpose", lambda state: placed(with_class_token(state), "keypoint_head")),
    "vitpose of mmpose 1": ("vitpose", of_mmpose_1),
    "vitpose of transformers": ("vitpose", of_transformers),
    "simple vitpose of its authors": (
        "vitpose-simple",
        lambda state: placed(with_class_token(state), "keypoint_head"),
    ),
    "simple vitpose of transformers": ("vitpose-simple", of_transformers),
    "rtmpose of mmpose 1": ("rtmpose", dict),
    "rtmpose of deeplabcut 3": ("rtmpose", of_deeplabcut),
}


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)
    torch.manual_seed(0)


def pictures(count: int) -> torch.Tensor:
    return torch.from_numpy(
        np.random.default_rng(0).integers(0, 256, (count, HEIGHT, WIDTH, 3), dtype=np.uint8)
    )


@pytest.mark.parametrize("source", SOURCES)
def test_a_checkpoint_gives_what_the_trained_network_gave(source, tmp_path):
    name, named = SOURCES[source]
    spec = small_spec(name)
    trained, state = with_norms(Estimator(spec).net)
    torch.save(
        {"state_dict": {f"module.{n}": t for n, t in named(state).items()}, "epoch": 3}, tmp_path / "a.pth"
    )
    make_estimator(
        Source(tmp_path / "a.pth", spec.architecture, FIVE, (WIDTH, HEIGHT)), tmp_path / "a.safetensors"
    )
    made = load_estimator(tmp_path / "a.safetensors")
    assert made.spec.options == SMALL[name]
    assert made.spec.skeleton == FIVE
    blue_first = source == "simple-baseline of its authors"  # whose code gives it what OpenCV reads
    with torch.no_grad():
        wanted = Estimator(spec, trained).eval()(pictures(2).flip(3) if blue_first else pictures(2))
        for a, b in zip(wanted, made(pictures(2)), strict=True):
            assert torch.allclose(a, b, atol=1e-4)


# names and numbers of the published networks (their papers and repositories)
PUBLISHED = {
    "simple-baseline": (
        {"blocks": [3, 4, 6, 3], "channels": 64, "deconvolutions": [256, 256, 256]},
        34.0e6,
        {
            "conv1.weight": (64, 3, 7, 7),
            "bn1.running_var": (64,),
            "layer1.0.downsample.1.running_mean": (256,),
            "layer3.5.conv2.weight": (256, 256, 3, 3),
            "layer4.2.bn3.bias": (2048,),
            "deconv_layers.0.weight": (2048, 256, 4, 4),
            "deconv_layers.7.running_var": (256,),
            "final_layer.weight": (17, 256, 1, 1),
        },
    ),
    "hrnet": (
        {"channels": 32, "stem": 64, "modules": [1, 4, 3], "blocks": 4},
        28.5e6,
        {
            "conv2.weight": (64, 64, 3, 3),
            "layer1.3.bn3.running_var": (256,),
            "transition1.0.0.weight": (32, 256, 3, 3),
            "transition1.1.0.1.running_mean": (64,),
            "stage2.0.branches.1.3.bn2.weight": (64,),
            "stage2.0.fuse_layers.0.1.1.running_var": (32,),
            "stage3.3.fuse_layers.2.0.0.0.weight": (32, 32, 3, 3),
            "stage3.3.fuse_layers.2.0.1.1.bias": (128,),
            "transition3.3.0.0.weight": (256, 128, 3, 3),
            "stage4.1.fuse_layers.3.0.2.0.weight": (256, 32, 3, 3),
            "stage4.2.fuse_layers.0.3.0.weight": (32, 256, 1, 1),
            "final_layer.bias": (17,),
        },
    ),
    "rtmpose": (
        RTMPOSE_S,
        5.47e6,
        {
            "backbone.stem.2.conv.weight": (32, 16, 3, 3),
            "backbone.stage2.1.blocks.1.conv2.depthwise_conv.conv.weight": (64, 1, 5, 5),
            "backbone.stage3.1.attention.fc.weight": (256, 256, 1, 1),
            "backbone.stage4.1.conv2.conv.weight": (512, 1024, 1, 1),
            "backbone.stage4.2.final_conv.bn.running_var": (512,),
            "head.final_layer.weight": (17, 512, 7, 7),
            "head.mlp.0.g": (1,),
            "head.mlp.1.weight": (256, 48),
            "head.gau.uv.weight": (1152, 256),
            "head.gau.gamma": (2, 128),
            "head.gau.res_scale.scale": (256,),
            "head.cls_x.weight": (384, 256),
            "head.cls_y.weight": (512, 256),
        },
    ),
    "vitpose": (
        {
            "width": 768,
            "depth": 12,
            "heads": 12,
            "hidden": 3072,
            "epsilon": 1e-6,
            "deconvolutions": [256, 256],
        },
        89.99e6,
        {
            "patch_embed.proj.weight": (768, 3, 16, 16),
            "pos_embed": (1, 193, 768),
            "blocks.11.attn.qkv.weight": (2304, 768),
            "blocks.0.mlp.fc1.weight": (3072, 768),
            "last_norm.weight": (768,),
            "deconv_layers.0.weight": (768, 256, 4, 4),
            "deconv_layers.4.running_var": (256,),
            "final_layer.weight": (17, 256, 1, 1),
        },
    ),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_networks_are_the_published_ones(name):
    options, parameters, known = PUBLISHED[name]
    kind = ARCHITECTURES[name]
    net = Estimator(kind.spec_of(name, COCO17, options)).net
    _, state = with_norms(net)
    state = with_class_token(state) if name == "vitpose" else state
    assert {key: tuple(state[key].shape) for key in known} == known
    buffers = ("running_mean", "running_var", "num_batches_tracked")
    assert sum(t.numel() for n, t in state.items() if not n.endswith(buffers)) == pytest.approx(
        parameters, rel=0.005
    )
    assert kind.net.options_of(kind.net.ours(state)) == options


@pytest.mark.parametrize("name", SOME)
def test_the_exported_file_agrees_for_any_batch_and_takes_new_weights(name, tmp_path):
    estimator = Estimator(small_spec(name)).eval()
    parity = export_estimator(estimator, tmp_path / "a.onnx")
    assert parity.heatmaps < 1e-4
    assert parity == EstimatorSession(tmp_path / "a.onnx", "cpu").parity
    again = estimator_from_onnx(tmp_path / "a.onnx")
    with torch.no_grad():
        for parameter in again.parameters():
            parameter.add_(0.01 * torch.randn_like(parameter))
    update_onnx(tmp_path / "a.onnx", again, tmp_path / "b.onnx")
    session = EstimatorSession(tmp_path / "b.onnx", "cpu")
    assert session.spec == estimator.spec
    for count in (1, 3):
        with torch.no_grad():
            wanted = again(pictures(count))
        for a, b in zip(session.run(pictures(count).numpy()), wanted, strict=True):
            assert np.allclose(a, b.numpy(), atol=1e-4)
    assert session.dropout(pictures(2).numpy()).shape == (2,)
    onnx.checker.check_model(onnx.load(tmp_path / "b.onnx"))


@pytest.mark.parametrize("name", SOME)
def test_training_lowers_the_loss_and_leaves_what_is_frozen(name):
    estimator = Estimator(small_spec(name)).eval()
    before = {name: tensor.clone() for name, tensor in estimator.net.state_dict().items()}
    width, height = context_size(estimator.spec)
    rng = np.random.default_rng(0)
    data = TrainingSet(
        rng.integers(0, 256, (2, height, width, 3), dtype=np.uint8),
        rng.uniform(30, 60, (2, 5, 2)),
        np.ones((2, 5), bool),
        np.full(2, 1000.0),
    )
    losses = []
    recipe = Recipe(
        augmentation=Augmentation(0, 0, 0, 0, 0), batch=2, seconds=None, warm_up=2, half=False, rate=1e-3
    )
    fine_tune(estimator, data, recipe, 8, torch.device("cpu"), lambda step: losses.append(step.loss) or True)
    assert losses[-1] < losses[0]
    changed = {n for n, tensor in estimator.net.state_dict().items() if not torch.equal(tensor, before[n])}
    assert f"{estimator.net.final}.weight" in changed
    assert not changed & {"conv1.weight", "patch_embed.proj.weight"}


def test_a_folder_of_transformers_says_how_pictures_are_prepared(tmp_path):
    _, state = with_norms(Estimator(small_spec("vitpose", COCO17)).net)
    save_file(of_transformers(state), tmp_path / "model.safetensors")
    config = {
        "backbone_config": {"layer_norm_eps": 1e-5, "num_attention_heads": 6, "image_size": [HEIGHT, WIDTH]}
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    processor = {
        "image_mean": [0.5, 0.4, 0.3],
        "image_std": [0.2, 0.2, 0.1],
        "size": {"height": HEIGHT, "width": WIDTH},
    }
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(processor))
    make_estimator(Source(tmp_path, "vitpose"), tmp_path / "a.safetensors")
    spec = load_estimator(tmp_path / "a.safetensors").spec
    assert spec.size == (WIDTH, HEIGHT)
    assert spec.mean == pytest.approx((127.5, 102, 76.5))
    assert spec.std == pytest.approx((51, 51, 25.5))
    assert (spec.options["heads"], spec.options["epsilon"]) == (6, 1e-5)
    assert spec.convention == "udp"


def test_joints_of_the_same_name_keep_their_weights(tmp_path):
    _, state = with_norms(Estimator(small_spec("hrnet", COCO17)).net)
    torch.save(state, tmp_path / "a.pth")
    other = Skeleton("Other", ("left_wrist", "tail", "nose"), (), (), (0.1, 0.1, 0.1))
    said = make_estimator(
        Source(tmp_path / "a.pth", "hrnet", other, (WIDTH, HEIGHT)), tmp_path / "b.safetensors"
    )
    assert said[0] == "2 of its 3 joints are known to hrnet; tail start anew and need labels."
    head = load_estimator(tmp_path / "b.safetensors").net.final_layer
    assert torch.equal(head.weight[[0, 2]], state["final_layer.weight"][[9, 0]])
    assert not torch.equal(head.weight[1], state["final_layer.weight"][1])


class Runs:
    def __reduce__(self):
        return print, ("code ran",)


@pytest.mark.parametrize(
    ("content", "changes", "sentence"),
    [
        ({"a": torch.zeros(1)}, {}, "a.pth does not fit simple-baseline: it has no 'conv1.weight'"),
        (
            {"weights": Runs()},
            {},
            "it holds more than weights, such as print). Only weights are read, never code",
        ),
        (
            b"nonsense",
            {},
            "a.pth is cut short, damaged, or no checkpoint. Download or export it again. Only weights",
        ),
        (b"", {}, "a.pth is empty. Download or export it again."),
        ("infinite", {}, "conv1.weight holds numbers that are not finite"),
        ([1, 2], {}, "a.pth holds no weights"),
        ("small", {"skeleton": None}, "Joints in a.pth: 5. Give a --skeleton that names as many"),
        ("small", {"skeleton": COCO17}, "Joints in a.pth: 5, COCO-17 has 17."),
        ("small", {"size": (63, 96)}, "A size of 63x96 is not possible"),
        ("small", {"architecture": "hrnet"}, "a.pth does not fit hrnet"),
        ("cut", {}, "a.pth does not fit this architecture: it has no layer4.0.conv3.weight"),
        ("wide", {}, "final_layer.bias is 6 where 5 is needed"),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_refused_in_one_sentence(
    content, changes, sentence, tmp_path, capsys
):
    path = tmp_path / "a.pth"
    _, state = with_norms(Estimator(small_spec("simple-baseline")).net)
    if content == "cut":
        state.pop("layer4.0.conv3.weight")
    if content == "infinite":
        state["conv1.weight"][0] = float("nan")
    if content == "wide":
        state["final_layer.bias"] = torch.zeros(6)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(state if isinstance(content, str) else content, path)
    asked = {
        "file": path,
        "architecture": "simple-baseline",
        "skeleton": FIVE,
        "size": (WIDTH, HEIGHT),
    } | changes
    with pytest.raises(UserError) as refused:
        make_estimator(Source(**asked), tmp_path / "out.onnx")
    assert sentence in str(refused.value)
    assert "code ran" not in capsys.readouterr().out
    assert not (tmp_path / "out.onnx").exists()


def test_an_export_that_does_something_else_is_not_kept(tmp_path, monkeypatch):
    estimator = Estimator(small_spec("simple-baseline")).eval()
    export_estimator(estimator, tmp_path / "a.onnx")
    monkeypatch.setattr(
        type(estimator.net), "stored", lambda net: {n: t + 0.5 for n, t in net.state_dict().items()}
    )
    with pytest.raises(UserError, match="does not do what the trained one does"):
        update_onnx(tmp_path / "a.onnx", estimator, Path(tmp_path / "b.onnx"))
    assert not (tmp_path / "b.onnx").exists()
