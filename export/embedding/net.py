"""The garment embedding: what a garment is, how it looks and what colour it has, in 128 numbers.

Kind (21 numbers): powers of the probabilities of each kind (hoodie, blazer, ...). The product of two is 1 for two sure
hoodies, whatever else is in the pictures. It is left as short as a doubt makes it: a candidate whose own kind is in
doubt loses against a sure one, which is likelier to be of the same kind, and look and colour count for more.
Look (75 numbers): a linear layer that finds the same garment again, read from the features and from a coarse layout of
the picture's colours, which blur and folds leave alone (`export.embedding.look` solves for it). Colour (32 numbers): a
soft histogram over fixed CIELAB centres. A small saliency head tells garment from ground. Each part has a share of the
norm, so the cosine of two embeddings is a weighted sum of the parts' cosines: the kind keeps categories apart, and look
and colour settle what is nearest within one.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from export.backbone import HEAD_CHANNELS, EfficientNetLite0
from export.embedding.data import KIND_NAMES

KIND, COLOUR = len(KIND_NAMES), 32
LOOK = 128 - KIND - COLOUR
KIND_FEATURES = 48
"""Numbers in which a picture is compared with the directions of the kinds."""
KIND_SCALE = 14.0
"""Times the cosines between a picture and the kinds' directions: the logits."""
KIND_DOUBT = 1.8
"""The logits are divided by this before they become the embedding's probabilities: more finds the same garment oftener
and has the right category more often among five; less has it nearest. The longer the training, the surer the kinds and
the more of it is due: on these weights 1.5 finds the same garment in .893 of cases, 1.8 in .908."""
KIND_POWER = 0.6
"""Of the probabilities. One half makes every kind as long as the others (the product is the Bhattacharyya coefficient,
which likes equal doubts best), 1 the product the probability that both are of one kind."""
KIND_SHARE, LOOK_SHARE, COLOUR_SHARE = 0.64, 0.24, 0.12
"""Of the squared norm when the kind is sure; look and colour share in their proportion what a doubt leaves. More look
finds the same garment oftener, more kind the category."""
LAYOUT_SIDE = 8
LAYOUT = 3 * LAYOUT_SIDE**2
"""Mean CIELAB colours of so many by so many squares of the picture."""
COLOUR_SPREAD = 9.0
"""Width (CIELAB units) of the soft assignment of a pixel to the colour centres."""
SALIENCY_CHANNELS = 112
"""Channels of the stride-16 feature the saliency is read from."""
LEAST_SALIENCY = 1e-3

D65_WHITE = (0.95047, 1.0, 1.08883)
"""CIE 1931 2 degree white of D65, the white of sRGB (IEC 61966-2-1)."""
RGB_TO_XYZ = (
    (0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041),
)
"""Linear sRGB to XYZ (IEC 61966-2-1)."""


class Lab(nn.Module):
    """sRGB (n, 3, h, w) in 0..255 to CIELAB (n, 3, h, w): L 0..100, a and b about -100..100."""

    matrix: Tensor

    def __init__(self) -> None:
        super().__init__()
        rows = torch.tensor(RGB_TO_XYZ) / torch.tensor(D65_WHITE)[:, None]
        self.register_buffer("matrix", rows[:, :, None, None], persistent=False)

    def forward(self, rgb: Tensor) -> Tensor:
        c = (rgb / 255).clamp(0, 1)
        linear = torch.where(c > 0.04045, ((c + 0.055) / 1.055).clamp(min=1e-6) ** 2.4, c / 12.92)
        xyz = F.conv2d(linear, self.matrix)
        delta = 6 / 29
        f = torch.where(xyz > delta**3, xyz.clamp(min=1e-6) ** (1 / 3), xyz / (3 * delta**2) + 4 / 29)
        x, y, z = f[:, 0:1], f[:, 1:2], f[:, 2:3]
        return torch.cat([116 * y - 16, 500 * (x - y), 200 * (y - z)], 1)


class Saliency(nn.Module):
    """Logit of garment (not ground, not skin, not another garment) per cell, from the stride-16 feature."""

    def __init__(self, channels: int = 48) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(SALIENCY_CHANNELS, channels, 1), nn.ReLU(),
            nn.Conv2d(channels, channels, 5, padding=2, groups=channels), nn.ReLU(),
            nn.Conv2d(channels, channels, 1), nn.ReLU(),
            nn.Conv2d(channels, channels, 5, padding=2, groups=channels), nn.ReLU(),
            nn.Conv2d(channels, 1, 1),
        )

    def forward(self, feature: Tensor) -> Tensor:
        return self.layers(feature)


class ColourHistogram(nn.Module):
    """Soft histogram of the salient pixels' colours: (n, COLOUR), square roots, so that a dot product is the
    Bhattacharyya coefficient."""

    centres: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("centres", torch.zeros(COLOUR, 3))

    def forward(self, lab: Tensor, saliency: Tensor) -> Tensor:
        """Lab (n, 3, 56, 56), the picture at a quarter; saliency (n, 1, 14, 14) 0..1."""
        weight = F.interpolate(saliency, scale_factor=4.0, mode="nearest").flatten(1)
        weight = weight / weight.sum(1, keepdim=True)
        # squared distance without its pixel-only term, which the softmax cancels
        centres = self.centres[:, :, None, None]
        near = F.conv2d(lab, 2 * centres) - self.centres.square().sum(1)[None, :, None, None]
        share = (near / (2 * COLOUR_SPREAD**2)).softmax(1).flatten(2)
        histogram = (share * weight[:, None]).sum(2)
        return (histogram + 1e-6).sqrt()


def pool(feature: Tensor, saliency: Tensor) -> Tensor:
    """Mean of a stride-32 feature over all cells beside its mean over the salient ones: (n, 2 * channels)."""
    weight = F.avg_pool2d(saliency, 2)
    weight = weight / weight.sum(dim=(2, 3), keepdim=True)
    return torch.cat([feature.mean(dim=(2, 3)), (feature * weight).sum(dim=(2, 3))], 1)


class Parts(NamedTuple):
    """Kind (n, 21) of norm 1 at most, look (n, 75) and colour (n, 32) of norm 1, saliency logits (n, 1, h / 16,
    w / 16), logits of the kinds (n, 21)."""

    kind: Tensor
    look: Tensor
    colour: Tensor
    saliency: Tensor
    logits: Tensor


class Seen(NamedTuple):
    """Pooled features (n, 2560), layout (n, 192) in CIELAB, colour histogram (n, 32), saliency logits."""

    pooled: Tensor
    layout: Tensor
    colour: Tensor
    saliency: Tensor


class GarmentEmbedding(nn.Module):
    """The embedding. Input: float32 (n, 3, 224, 224) RGB 0..255, a garment letterboxed on grey 114 (training also takes
    smaller squares). Output: float32 (n, 128) of norm 1."""

    def __init__(self, frozen: int = 0) -> None:
        super().__init__()
        self.backbone = EfficientNetLite0(frozen, with_head=True)
        self.saliency = Saliency()
        self.kind = nn.Linear(2 * HEAD_CHANNELS, KIND_FEATURES)
        self.kinds = nn.Parameter(torch.randn(KIND, KIND_FEATURES) * 0.1)
        self.look = nn.Linear(2 * HEAD_CHANNELS + LAYOUT, LOOK)
        self.lab = Lab()
        self.colour = ColourHistogram()

    def seen(self, image: Tensor) -> Seen:
        """What kind, look and colour are read from."""
        _, f16, f32 = self.backbone(image)
        logits = self.saliency(f16)
        # The mask alone teaches where the garment is: what pools by it must not bend it.
        saliency = logits.sigmoid().detach() + LEAST_SALIENCY
        assert self.backbone.head is not None
        lab = self.lab(F.avg_pool2d(image, 4))
        layout = F.adaptive_avg_pool2d(lab, LAYOUT_SIDE).flatten(1)
        return Seen(pool(self.backbone.head(f32), saliency), layout, self.colour(lab, saliency), logits)

    def parts(self, image: Tensor, dropout: float = 0.0) -> Parts:
        """What is joined in the end; ``dropout`` of the pooled features is for training."""
        pooled, layout, colour, saliency = self.seen(image)
        if dropout:
            pooled = F.dropout(pooled, dropout)
        look = self.look(torch.cat([pooled, layout], 1))
        logits = KIND_SCALE * F.normalize(self.kind(pooled), dim=1) @ F.normalize(self.kinds, dim=1).T
        kind = (KIND_POWER * (logits / KIND_DOUBT).log_softmax(1)).exp()
        return Parts(kind, F.normalize(look, dim=1), F.normalize(colour, dim=1), saliency, logits)

    def forward(self, image: Tensor) -> Tensor:
        parts = self.parts(image)
        return joined(parts, KIND_SHARE, LOOK_SHARE)


def joined(parts: Parts, kind: float, look: float) -> Tensor:
    """The embedding (n, 128) of norm 1 for given shares of kind and look of a sure kind; colour has the rest."""
    left = 1 - kind * parts.kind.square().sum(1, keepdim=True)
    of_look = look / (1 - kind)
    return torch.cat([
        parts.kind * kind**0.5, parts.look * (left * of_look).sqrt(), parts.colour * (left * (1 - of_look)).sqrt(),
    ], 1)
