"""ViTPose: a plain vision transformer with a small head (Xu et al. 2022)."""

import re

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.estimation.architectures.checkpoints import count, renamed
from core.estimation.architectures.net import Linear, Net, Parts, normalised
from core.estimation.spec import EstimatorSpec

PATCH = 16  # pixels
HEADS = {1024: 16, 1280: 16}  # by the width of large and huge; small and base have 12
LAYER = r"backbone[.](encoder[.]layer|layers|blocks)[.](\d+)[.]"
# names of transformers and of mmpose 1.x to those of the paper's own code, which are ours
RULES = {
    r"backbone[.]embeddings[.]patch_embeddings[.]projection": "patch_embed.proj",
    r"backbone[.]patch_embed[.]proj(ection)?": "patch_embed.proj",
    r"backbone[.](embeddings[.]position_embeddings|pos_embed)": "pos_embed",
    r"backbone[.](layernorm|ln1|last_norm)": "last_norm",
    f"{LAYER}(layernorm_before|ln1|norm1)": r"blocks.\2.norm1",
    f"{LAYER}(layernorm_after|ln2|norm2)": r"blocks.\2.norm2",
    f"{LAYER}attention[.]output[.]dense": r"blocks.\2.attn.proj",
    f"{LAYER}(ffn[.]layers[.]0[.]0|mlp[.]fc1)": r"blocks.\2.mlp.fc1",
    f"{LAYER}(ffn[.]layers[.]1|mlp[.]fc2)": r"blocks.\2.mlp.fc2",
    LAYER: r"blocks.\2.",
    r"head[.]deconv1": "deconv_layers.0",
    r"head[.]batchnorm1": "deconv_layers.1",
    r"head[.]deconv2": "deconv_layers.3",
    r"head[.]batchnorm2": "deconv_layers.4",
    r"head[.]conv[.]": "final_layer.",
    "(keypoint_head|head)[.]": "",
}
SEPARATE = re.compile(r"(blocks\.\d+\.)attention\.attention\.query\.(weight|bias)")


class Block(nn.Module):
    def __init__(self, width: int, heads: int, hidden: int, epsilon: float):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width, epsilon), nn.LayerNorm(width, epsilon)
        self.attn = nn.ModuleDict({"qkv": Linear(width, 3 * width), "proj": Linear(width, width)})
        self.mlp = nn.ModuleDict({"fc1": Linear(width, hidden), "fc2": Linear(hidden, width)})

    def forward(self, x: Tensor) -> Tensor:
        tokens, width = x.shape[1:]
        q, k, v = (
            self.attn["qkv"](self.norm1(x)).reshape(-1, tokens, 3, self.heads, width // self.heads).unbind(2)
        )
        weights = (q.transpose(1, 2) * (width // self.heads) ** -0.5) @ k.permute(0, 2, 3, 1)
        mixed = (weights.softmax(-1) @ v.transpose(1, 2)).transpose(1, 2).reshape(-1, tokens, width)
        x = x + self.attn["proj"](mixed)
        return x + self.mlp["fc2"](F.gelu(self.mlp["fc1"](self.norm2(x))))


class ViTPose(Net):
    """options: width of a token, depth, heads, hidden: width of the perceptrons; epsilon: of the layer norms;
    deconvolutions: channels of the classic head's, empty for the simple head: enlarged fourfold, then 3 x 3.
    """

    first = "patch_embed.proj.weight"
    final = "final_layer"

    def __init__(self, spec: EstimatorSpec):
        super().__init__()
        self._spec = spec
        options = spec.options
        width = options["width"]
        self._grid = spec.height // PATCH, spec.width // PATCH
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv2d(3, width, PATCH, PATCH, 2)})
        self.pos_embed = nn.Parameter(0.02 * torch.randn(1, self._grid[0] * self._grid[1], width))
        self.blocks = nn.ModuleList(
            Block(width, options["heads"], options["hidden"], options["epsilon"])
            for _ in range(options["depth"])
        )
        self.last_norm = nn.LayerNorm(width, options["epsilon"])
        layers: list[nn.Module] = []
        for cout in options["deconvolutions"]:
            layers += [nn.ConvTranspose2d(width, cout, 4, 2, 1), nn.Identity(), nn.ReLU()]
            width = cout
        self.deconv_layers = nn.Sequential(*layers)
        kernel = 1 if layers else 3
        self.final_layer = nn.Conv2d(width, len(spec.skeleton), kernel, padding=kernel // 2)

    @property
    def _shared(self) -> int:
        """Blocks of the trunk."""
        return len(self.blocks) // 2

    @property
    def trunk(self) -> tuple[str, ...]:
        return ("patch_embed.proj", "pos_embed", *(f"blocks.{i}" for i in range(self._shared)))

    def lower(self, images: Tensor) -> tuple[Tensor, ...]:
        x = (
            self.patch_embed["proj"](normalised(images, self._spec)).flatten(2).transpose(1, 2)
            + self.pos_embed
        )
        for block in self.blocks[: self._shared]:
            x = block(x)
        return (x,)

    def upper(self, *features: Tensor) -> tuple[Tensor, Tensor]:
        x = features[0]
        for block in self.blocks[self._shared :]:
            x = block(x)
        x = self.last_norm(x)
        embedding = x.mean(1)
        x = x.transpose(1, 2).reshape(-1, x.shape[2], *self._grid)
        if len(self.deconv_layers):
            x = self.deconv_layers(x)
        else:
            x = F.interpolate(F.relu(x), scale_factor=4.0, mode="bilinear", align_corners=False)
        return self.final_layer(x), embedding

    def parts(self, frozen: int) -> Parts:
        early = [] if frozen else [self.patch_embed]
        return Parts(
            [*early, *self.blocks[frozen:], self.last_norm], [self.deconv_layers], [self.final_layer]
        )

    @classmethod
    def ours(cls, state: dict[str, Tensor]) -> dict[str, Tensor]:
        state = renamed(state, RULES)
        for name in list(state):
            if found := SEPARATE.fullmatch(name):
                block, kind = found.groups()
                parts = [
                    state.pop(f"{block}attention.attention.{part}.{kind}")
                    for part in ("query", "key", "value")
                ]
                state[f"{block}attn.qkv.{kind}"] = torch.cat(parts)
        return state

    @classmethod
    def options_of(cls, state: dict[str, Tensor]) -> dict:
        hidden, width = state["blocks.0.mlp.fc1.weight"].shape
        deconvolutions = [
            state[f"deconv_layers.{at}.weight"] for at in (0, 3) if f"deconv_layers.{at}.weight" in state
        ]
        return {
            "width": width,
            "depth": count(state, "blocks"),
            "heads": HEADS.get(width, 12),
            "hidden": hidden,
            "epsilon": 1e-6,
            "deconvolutions": [weight.shape[1] for weight in deconvolutions],
        }

    @classmethod
    def embedding_of(cls, options: dict) -> int:
        return options["width"]

    def converted(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        """The class token's place, where there is one, is added to all others, as the paper's code does."""
        state = super().converted(state)
        place = state.get("pos_embed")
        if place is not None and place.dim() == 3 and place.shape[1] == self.pos_embed.shape[1] + 1:
            state["pos_embed"] = place[:, 1:] + place[:, :1]
        return state
