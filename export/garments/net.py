"""The garment detector's network: EfficientNet-Lite0, a PAN neck at strides 8/16/32, a decoupled anchor-free head.

Written after the ideas of FPN/PAN, FCOS (distances from a point to the four sides) and RTMDet (depthwise 5x5 neck,
head convolutions shared over the levels with norms of their own).
"""

from __future__ import annotations

import copy
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from export.backbone import (
    FEATURE_CHANNELS,
    PIXEL_MEAN,
    PIXEL_SCALE,
    TAPS,
    ConvNorm,
    EfficientNetLite0,
    InvertedResidual,
)
from export.garments.photos import CLASSES, INPUT_HEIGHT, INPUT_WIDTH, STRIDES

NECK_CHANNELS = 128
FINE_CHANNELS = 64
"""At stride 8, where most of the neck's time goes, each of the two parts put together has this many channels."""
HEAD_DEPTH = 2
LEFT_OUT = (7, 13)
"""Residual blocks of the backbone that the detector does without: 0.005 AP before any training, 8 % of the time."""
FROZEN_BLOCKS = 3
"""The stem and the blocks up to stride 4 keep their ImageNet weights: half of a training step's time on a CPU."""
PRIOR_SCORE = 0.02
"""Class score of an untrained head (RetinaNet's prior), so that the first steps are not spent on the background."""


class Prediction(NamedTuple):
    """Class logits (n, p, 15), boxes x1 y1 x2 y2 in input pixels (n, p, 4) and, in training, mask logits."""

    logits: Tensor
    boxes: Tensor
    mask_logits: Tensor | None


def point_grid(width: int = INPUT_WIDTH, height: int = INPUT_HEIGHT) -> Tensor:
    """Cell centres of all levels in input pixels with their stride: float32 (p, 3) of x, y, stride."""
    rows = []
    for stride in STRIDES:
        ys, xs = torch.meshgrid(torch.arange(height // stride), torch.arange(width // stride), indexing="ij")
        centre = (torch.stack([xs, ys], -1).reshape(-1, 2).float() + 0.5) * stride
        rows.append(torch.cat([centre, torch.full((len(centre), 1), float(stride))], 1))
    return torch.cat(rows)


def pointwise(cin: int, cout: int) -> nn.Sequential:
    """A 1x1 convolution with batch norm and ReLU."""
    return nn.Sequential(nn.Conv2d(cin, cout, 1, bias=False), nn.BatchNorm2d(cout), nn.ReLU(True))


class Separable(nn.Sequential):
    """Depthwise k x k and pointwise 1x1, each with batch norm and ReLU."""

    def __init__(self, cin: int, cout: int, kernel: int = 5, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(cin, cin, kernel, stride, kernel // 2, groups=cin, bias=False),
            nn.BatchNorm2d(cin), nn.ReLU(True),
            nn.Conv2d(cin, cout, 1, bias=False),
            nn.BatchNorm2d(cout), nn.ReLU(True),
        )


class Neck(nn.Module):
    """Top-down then bottom-up fusion of three features, with a global context added at the coarsest."""

    def __init__(self, channels: int = NECK_CHANNELS) -> None:
        super().__init__()
        self.lateral = nn.ModuleList(
            pointwise(c, out)
            for c, out in zip(FEATURE_CHANNELS, (FINE_CHANNELS, channels, channels), strict=True)
        )
        self.context = nn.Linear(channels, channels)
        self.narrow = pointwise(channels, FINE_CHANNELS)
        self.top_down = nn.ModuleList([Separable(channels * 2, channels), Separable(FINE_CHANNELS * 2, channels)])
        self.down = nn.ModuleList(Separable(channels, channels, 5, 2) for _ in range(2))
        self.bottom_up = nn.ModuleList(Separable(channels * 2, channels) for _ in range(2))

    def forward(self, features: list[Tensor]) -> list[Tensor]:
        f8, f16, f32 = (layer(f) for layer, f in zip(self.lateral, features, strict=True))
        f32 = f32 + self.context(f32.mean(dim=(2, 3)))[:, :, None, None]
        f16 = self.top_down[0](torch.cat([f16, F.interpolate(f32, scale_factor=2.0, mode="nearest")], 1))
        f8 = self.top_down[1](torch.cat([f8, F.interpolate(self.narrow(f16), scale_factor=2.0, mode="nearest")], 1))
        f16 = self.bottom_up[0](torch.cat([f16, self.down[0](f8)], 1))
        f32 = self.bottom_up[1](torch.cat([f32, self.down[1](f16)], 1))
        return [f8, f16, f32]


class Branch(nn.Module):
    """Separable convolutions shared over the levels, whose norms each level has for itself."""

    def __init__(self, channels: int, outputs: int) -> None:
        super().__init__()
        self.depthwise = nn.ModuleList(
            nn.Conv2d(channels, channels, 5, padding=2, groups=channels, bias=False) for _ in range(HEAD_DEPTH)
        )
        self.pointwise = nn.ModuleList(nn.Conv2d(channels, channels, 1, bias=False) for _ in range(HEAD_DEPTH))
        self.norms = nn.ModuleList(
            nn.ModuleList(nn.BatchNorm2d(channels) for _ in range(2 * HEAD_DEPTH)) for _ in STRIDES
        )
        self.out = nn.ModuleList(nn.Conv2d(channels, outputs, 1) for _ in STRIDES)

    def forward(self, x: Tensor, level: int) -> Tensor:
        """Flattened outputs (n, h * w, outputs) of one level."""
        norms = self.norms[level]
        for i in range(HEAD_DEPTH):
            x = F.relu(norms[2 * i](self.depthwise[i](x)))
            x = F.relu(norms[2 * i + 1](self.pointwise[i](x)))
        return self.out[level](x).flatten(2).transpose(1, 2)


class GarmentNet(nn.Module):
    """The detector. Input: float32 (n, 3, 352, 256) RGB, 0..255. See `Prediction` for the output."""

    points: Tensor

    def __init__(self, frozen: int = FROZEN_BLOCKS) -> None:
        super().__init__()
        self.backbone = EfficientNetLite0(frozen, without=LEFT_OUT)
        self.neck = Neck()
        self.classify = Branch(NECK_CHANNELS, CLASSES)
        self.regress = Branch(NECK_CHANNELS, 4)
        self.mask_head = nn.Sequential(
            Separable(NECK_CHANNELS, NECK_CHANNELS), nn.Conv2d(NECK_CHANNELS, CLASSES + 1, 1)
        )
        self.register_buffer("points", point_grid(), persistent=False)
        for conv in self.classify.out:
            nn.init.normal_(conv.weight, std=0.01)
            nn.init.constant_(conv.bias, -float(torch.log(torch.tensor((1 - PRIOR_SCORE) / PRIOR_SCORE))))

    def forward(self, image: Tensor) -> Prediction:
        return self.predict(self.backbone(image))

    def predict(self, features: list[Tensor]) -> Prediction:
        """What the backbone's features (strides 8, 16, 32) say."""
        levels = self.neck(features)
        logits = torch.cat([self.classify(f, i) for i, f in enumerate(levels)], 1)
        raw = torch.cat([self.regress(f, i) for i, f in enumerate(levels)], 1)
        # exp, bounded to 256 px times the stride's unit, keeps distances positive and small boxes precise
        sides = torch.exp(raw.float().clamp(-4.0, 5.0)) * self.points[:, 2:]
        boxes = torch.cat([self.points[:, :2] - sides[..., :2], self.points[:, :2] + sides[..., 2:]], -1)
        return Prediction(logits, boxes, self.mask_head(levels[0]) if self.training else None)


class Deployed(nn.Module):
    """The network as the mirror runs it: one image in, ``boxes`` (1, p, 4) and ``scores`` (1, p, 15) out.

    It does what `GarmentNet` does with less work: norms are folded into convolutions, the pixels' normalisation into
    the first one, and the backbone's last projection, which nothing bends, into the neck's lateral after it. Only the
    outermost row and column at the right and bottom edge see another padding (black, not grey).
    """

    def __init__(self, net: GarmentNet) -> None:
        super().__init__()
        net = copy.deepcopy(net).eval().requires_grad_(False)
        backbone = net.backbone
        self.net = net
        self.stem = plain(backbone.stem)
        first = next(m for m in self.stem if isinstance(m, nn.Conv2d))
        assert first.bias is not None
        first.bias -= first.weight.sum((1, 2, 3)) * (PIXEL_MEAN / PIXEL_SCALE)
        first.weight /= PIXEL_SCALE
        self.blocks = nn.ModuleList()
        for block in backbone.blocks:
            if isinstance(block, InvertedResidual):
                block.layers = nn.Sequential(*(plain(layer) for layer in block.layers))
            self.blocks.append(block)
        last = backbone.blocks[-1]
        assert isinstance(last, InvertedResidual)
        assert not last.skip
        projection, lateral = last.layers[-1], net.neck.lateral[-1]
        assert isinstance(projection, nn.Sequential)
        assert isinstance(lateral, nn.Sequential)
        lateral[0] = joined(projection[0], lateral[0])
        last.layers = last.layers[:-1]

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        x = self.stem(image)
        features = []
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i in TAPS:
                features.append(x)
        prediction = self.net.predict(features)
        return prediction.boxes, prediction.logits.sigmoid()


def plain(layer: nn.Module) -> nn.Sequential:
    """A `ConvNorm` as padding, convolution with bias and activation."""
    assert isinstance(layer, ConvNorm)
    weight, bias = layer.folded()
    (conv,) = (m for m in layer if isinstance(m, nn.Conv2d))
    conv = copy.deepcopy(conv)
    conv.weight, conv.bias = nn.Parameter(weight, False), nn.Parameter(bias, False)
    return nn.Sequential(*(conv if isinstance(m, nn.Conv2d) else m for m in layer if not isinstance(m, nn.BatchNorm2d)))


def joined(first: nn.Module, second: nn.Module) -> nn.Conv2d:
    """One 1x1 convolution for two in a row; the second has no bias."""
    assert isinstance(first, nn.Conv2d)
    assert isinstance(second, nn.Conv2d)
    assert first.bias is not None
    assert second.bias is None
    one = nn.Conv2d(first.in_channels, second.out_channels, 1)
    weight = second.weight[:, :, 0, 0].double()
    one.weight = nn.Parameter((weight @ first.weight[:, :, 0, 0].double()).float()[:, :, None, None], False)
    one.bias = nn.Parameter((weight @ first.bias.double()).float(), False)
    return one
