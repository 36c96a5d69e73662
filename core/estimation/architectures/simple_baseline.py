"""SimpleBaseline: a ResNet with three deconvolutions (Xiao, Wu & Wei 2018)."""

import torch.nn.functional as F
from torch import Tensor, nn

from core.estimation.architectures.checkpoints import count, renamed
from core.estimation.architectures.net import Net, Parts, normalised
from core.estimation.spec import EstimatorSpec

# names of mmpose 0.x and 1.x to those of the paper's own code, which are ours
RULES = {"backbone[.]": "", "(keypoint_head|head)[.]": ""}


class Bottleneck(nn.Module):
    """1 x 1, 3 x 3 with the stride, 1 x 1 to four times the channels, beside a shortcut (He et al. 2016)."""

    expansion = 4

    def __init__(self, cin: int, channels: int, stride: int = 1):
        super().__init__()
        cout = channels * self.expansion
        self.conv1 = nn.Conv2d(cin, channels, 1)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, 1)
        self.conv3 = nn.Conv2d(channels, cout, 1)
        self.downsample = (
            nn.Sequential(nn.Conv2d(cin, cout, 1, stride)) if stride != 1 or cin != cout else None
        )

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv3(F.relu(self.conv2(F.relu(self.conv1(x)))))
        return F.relu(y + (self.downsample(x) if self.downsample else x))


class SimpleBaseline(Net):
    """options: blocks: repeats of the four stages; channels: of the first, doubled in each;
    deconvolutions: channels.
    """

    final = "final_layer"

    def __init__(self, spec: EstimatorSpec):
        super().__init__()
        self._spec = spec
        blocks, width = spec.options["blocks"], spec.options["channels"]
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3)
        channels = width
        for stage, repeats in enumerate(blocks):
            layers = []
            for repeat in range(repeats):
                layers.append(Bottleneck(channels, width * 2**stage, 2 if stage and not repeat else 1))
                channels = width * 2**stage * Bottleneck.expansion
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layers))
        deconvolutions: list[nn.Module] = []
        for cout in spec.options["deconvolutions"]:
            deconvolutions += [nn.ConvTranspose2d(channels, cout, 4, 2, 1), nn.Identity(), nn.ReLU()]
            channels = cout
        self.deconv_layers = nn.Sequential(*deconvolutions)
        self.final_layer = nn.Conv2d(channels, len(spec.skeleton), 1)

    trunk = ("conv1", "layer1", "layer2")

    def lower(self, images: Tensor) -> tuple[Tensor, ...]:
        x = F.max_pool2d(F.relu(self.conv1(normalised(images, self._spec))), 3, 2, 1)
        return (self.layer2(self.layer1(x)),)

    def upper(self, *features: Tensor) -> tuple[Tensor, Tensor]:
        x = self.layer4(self.layer3(features[0]))
        return self.final_layer(self.deconv_layers(x)), x.mean((2, 3))

    def parts(self, frozen: int) -> Parts:
        backbone = [self.conv1, self.layer1, self.layer2, self.layer3, self.layer4]
        return Parts(backbone[2 if frozen else 0 :], [self.deconv_layers], [self.final_layer])

    @classmethod
    def ours(cls, state: dict[str, Tensor]) -> dict[str, Tensor]:
        return renamed(state, RULES)

    @classmethod
    def colours(cls, state: dict[str, Tensor]) -> str:
        """Its authors' code gives the network what OpenCV reads; mmpose, whose names have a backbone,
        turns it first.
        """
        return "rgb" if any(name.startswith("backbone.") for name in state) else "bgr"

    @classmethod
    def options_of(cls, state: dict[str, Tensor]) -> dict:
        deconvolutions = [
            state[f"deconv_layers.{at}.weight"] for at in (0, 3, 6) if f"deconv_layers.{at}.weight" in state
        ]
        return {
            "blocks": [count(state, f"layer{stage}") for stage in range(1, 5)],
            "channels": len(state["conv1.weight"]),
            "deconvolutions": [weight.shape[1] for weight in deconvolutions],
        }

    @classmethod
    def embedding_of(cls, options: dict) -> int:
        return options["channels"] * 8 * Bottleneck.expansion
