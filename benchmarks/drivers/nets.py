"""Checkpoints with random weights, and what they give, by the libraries that train such nets.

nets.py mmpose|transformers FOLDER     writes into FOLDER/NAME what the library saves, and io.npz

io.npz: crops (n, h, w, 3) uint8 RGB, maps: heatmaps (n, 17, h / 4, w / 4) float32, or of RTMPose the
distributions along x and y (n, 17, 2 (w + h)). The last line printed is the library's version.
"""

import importlib.abc
import importlib.machinery
import sys
from pathlib import Path
from unittest.mock import MagicMock

import numpy as np
import torch
from torch import nn

MEAN, STD = torch.tensor([123.675, 116.28, 103.53]), torch.tensor([58.395, 57.12, 57.375])
HEIGHT, WIDTH = 256, 192
UNUSED = (
    "xtcocotools",
    "mmdet",
    "chumpy",
    "torchvision",
    "mmcv.ops",
    "mmcv._ext",
    "mmpretrain",
    "pycocotools",
    "smplx",
)


class Absent(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Stands in for what mmpose imports and these nets do not use, some of which has to be compiled."""

    def find_spec(self, name, _path, _target=None):
        if any(name == unused or name.startswith(f"{unused}.") for unused in UNUSED):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        module = MagicMock(name=spec.name)
        module.__path__, module.__spec__, module.__name__, module.__version__ = [], spec, spec.name, "0.15"
        return module

    def exec_module(self, module) -> None: ...


def of_mmpose() -> tuple[str, dict[str, nn.Module]]:
    sys.meta_path.insert(0, Absent())
    import mmpose
    from mmpose.models.backbones.cspnext import CSPNeXt
    from mmpose.models.backbones.hrnet import HRNet
    from mmpose.models.backbones.resnet import ResNet
    from mmpose.models.heads.coord_cls_heads.rtmcc_head import RTMCCHead
    from mmpose.models.heads.heatmap_heads.heatmap_head import HeatmapHead

    def stage(modules: int, widths: tuple[int, ...], block: str = "BASIC") -> dict:
        depths = (4,) * len(widths)
        return {
            "num_modules": modules,
            "num_branches": len(widths),
            "block": block,
            "num_blocks": depths,
            "num_channels": widths,
        }

    def joined(backbone: nn.Module, head: nn.Module) -> nn.Module:
        parts = nn.Sequential()
        parts.add_module("backbone", backbone)
        parts.add_module("head", head)
        return parts

    def net(backbone: nn.Module, **head) -> nn.Module:
        return joined(backbone, HeatmapHead(out_channels=17, loss={"type": "KeypointMSELoss"}, **head))

    def rtmpose(deepen: float, widen: float) -> nn.Module:
        attention = {
            "hidden_dims": 256,
            "s": 128,
            "expansion_factor": 2,
            "dropout_rate": 0.0,
            "drop_path": 0.0,
        }
        attention |= {"act_fn": "SiLU", "use_rel_bias": False, "pos_enc": False}
        depth = {"deepen_factor": deepen, "widen_factor": widen}
        return joined(
            CSPNeXt(**depth, out_indices=(4,), norm_cfg={"type": "BN"}, act_cfg={"type": "SiLU"}),
            RTMCCHead(int(1024 * widen), 17, (WIDTH, HEIGHT), (WIDTH // 32, HEIGHT // 32), 2.0, 7, attention),
        )

    stages = {
        "stage1": stage(1, (64,), "BOTTLENECK"),
        "stage2": stage(1, (32, 64)),
        "stage3": stage(4, (32, 64, 128)),
        "stage4": stage(3, (32, 64, 128, 256)),
    }
    return mmpose.__version__, {
        "hrnet": net(HRNet(extra=stages, in_channels=3), in_channels=32, deconv_out_channels=None),
        "simple-baseline": net(ResNet(depth=50), in_channels=2048),
        "rtmpose": rtmpose(0.33, 0.5),
        "rtmpose-of-mmdeploy": rtmpose(0.67, 0.75),
    }


def of_transformers() -> tuple[str, dict[str, nn.Module]]:
    import transformers
    from transformers import VitPoseBackboneConfig, VitPoseConfig, VitPoseForPoseEstimation

    def net(simple: bool) -> nn.Module:
        backbone = VitPoseBackboneConfig(
            hidden_size=384, num_hidden_layers=4, num_attention_heads=12, image_size=[HEIGHT, WIDTH]
        )
        return VitPoseForPoseEstimation(
            VitPoseConfig(backbone_config=backbone, use_simple_decoder=simple, num_labels=17)
        )

    return transformers.__version__, {"vitpose": net(False), "vitpose-simple": net(True)}


def lively(net: nn.Module) -> nn.Module:
    """Batch norms and places of tokens as after a training; heatmaps that cross 0 and stay about 1."""
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
            module.weight.data.uniform_(0.5, 1.5)
            module.bias.data.normal_(0, 0.1)
    for name, values in net.named_parameters():
        if name.endswith("position_embeddings"):
            values.data.normal_(0, 0.1)
        elif name.endswith(("final_layer.weight", "head.conv.weight")):
            values.data.normal_(0, 0.02)
        elif name.endswith(("cls_x.weight", "cls_y.weight")):
            values.data.mul_(0.1)  # surer than any training makes a network
        elif name.endswith(("final_layer.bias", "head.conv.bias")):
            values.data.fill_(0.3)
    return net.eval()


def main() -> None:
    kind, folder = sys.argv[1], Path(sys.argv[2])
    torch.manual_seed(0)
    version, nets = of_mmpose() if kind == "mmpose" else of_transformers()
    crops = torch.randint(0, 256, (2, HEIGHT, WIDTH, 3), dtype=torch.uint8)
    images = ((crops - MEAN) / STD).permute(0, 3, 1, 2)
    for name, net in nets.items():
        place = folder / name
        place.mkdir(parents=True)
        with torch.no_grad():
            result = lively(net)(images)
        if name.endswith("-of-mmdeploy"):
            names = {"input_names": ["input"], "output_names": ["simcc_x", "simcc_y"]}
            torch.onnx.export(
                net, (images[:1],), place / "end2end.onnx", opset_version=11, dynamo=False, **names
            )
        elif kind == "mmpose":
            torch.save({"meta": {}, "state_dict": net.state_dict()}, place / "checkpoint.pth")
        else:
            net.save_pretrained(place)
        maps = getattr(result, "heatmaps", result)
        if isinstance(maps, tuple):
            maps = torch.cat([(10 * axis).softmax(2) for axis in maps], 2)
        np.savez(place / "io.npz", crops=crops.numpy(), maps=maps.numpy())
    print(f"{kind} {version}")


if __name__ == "__main__":
    main()
