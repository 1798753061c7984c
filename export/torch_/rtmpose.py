"""A net of the RTMPose kind: a CSPNeXt backbone and a SimCC head, which gives each keypoint's x and y as two rows.

Written from T. Jiang et al., 'RTMPose: Real-time multi-person pose estimation based on MMPose', 2023, and the keys of
its public checkpoints (``backbone.stage1.1.blocks.0.conv2.depthwise_conv.conv.weight``, ``head.gau.uv.weight``...).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

CHANNELS = (64, 128, 256, 512, 1024)
BLOCKS = (3, 6, 6, 3)
"""Of the backbone at width and depth 1: channels of the stem and the four stages, blocks of the stages."""
POOLS = (5, 9, 13)
HIDDEN, ATTENTION, EXPANSION = 256, 128, 2
"""Of the head: features of a keypoint, of its query and key, and how much wider the gated unit is."""
HEAD_KERNEL = 7
SPLIT = 2.0
"""Cells of a row per pixel."""
STRIDE = 32


class Conv(nn.Module):
    """Convolution, batch norm and SiLU."""

    def __init__(self, cin: int, cout: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(cout)

    def forward(self, x: Tensor) -> Tensor:
        return functional.silu(self.bn(self.conv(x)))


class Depthwise(nn.Module):
    """A depthwise convolution and a pointwise one."""

    def __init__(self, channels: int, kernel: int) -> None:
        super().__init__()
        self.depthwise_conv = Conv(channels, channels, kernel, groups=channels)
        self.pointwise_conv = Conv(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.pointwise_conv(self.depthwise_conv(x))
        return y


class Block(nn.Module):
    """3x3, then 5x5 depthwise; with a skip where ``skip``."""

    def __init__(self, channels: int, skip: bool) -> None:
        super().__init__()
        self.conv1, self.conv2, self.skip = Conv(channels, channels, 3), Depthwise(channels, 5), skip

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv2(self.conv1(x))
        return x + y if self.skip else y


class Attention(nn.Module):
    """Each channel times a gate of all channels' means."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x * functional.hardsigmoid(self.fc(x.mean((2, 3), keepdim=True)))


class CrossStage(nn.Module):
    """Half the channels go through ``count`` blocks, half beside them."""

    def __init__(self, channels: int, count: int, skip: bool) -> None:
        super().__init__()
        half = channels // 2
        self.main_conv, self.short_conv = Conv(channels, half, 1), Conv(channels, half, 1)
        self.final_conv = Conv(2 * half, channels, 1)
        self.blocks = nn.Sequential(*(Block(half, skip) for _ in range(count)))
        self.attention = Attention(2 * half)

    def forward(self, x: Tensor) -> Tensor:
        both = torch.cat([self.blocks(self.main_conv(x)), self.short_conv(x)], 1)
        y: Tensor = self.final_conv(self.attention(both))
        return y


class Pyramid(nn.Module):
    """Maxima over windows of several sizes, side by side."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        self.conv1 = Conv(channels, half, 1)
        self.poolings = nn.ModuleList(nn.MaxPool2d(size, 1, size // 2) for size in POOLS)
        self.conv2 = Conv(half * (len(POOLS) + 1), channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(x)
        y: Tensor = self.conv2(torch.cat([x, *(pool(x) for pool in self.poolings)], 1))
        return y


class Backbone(nn.Module):
    """CSPNeXt, to stride 32."""

    def __init__(self, width: float, depth: float) -> None:
        super().__init__()
        widths = [int(channels * width) for channels in CHANNELS]
        stem = int(CHANNELS[0] * width // 2)
        self.stem = nn.Sequential(Conv(3, stem, 3, 2), Conv(stem, stem, 3), Conv(stem, widths[0], 3))
        for i, count in enumerate(BLOCKS):
            last = i == len(BLOCKS) - 1
            layers: list[nn.Module] = [Conv(widths[i], widths[i + 1], 3, 2)]
            if last:
                layers.append(Pyramid(widths[i + 1]))
            layers.append(CrossStage(widths[i + 1], max(round(count * depth), 1), skip=not last))
            self.add_module(f"stage{i + 1}", nn.Sequential(*layers))
        self.channels = widths[-1]

    def forward(self, x: Tensor) -> Tensor:
        for part in self.children():
            x = part(x)
        return x


class ScaleNorm(nn.Module):
    """A row over its root mean square, times one learnt number."""

    def __init__(self, size: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.scale, self.eps = size**-0.5, eps
        self.g = nn.Parameter(torch.ones(1))

    def forward(self, x: Tensor) -> Tensor:
        size = torch.linalg.vector_norm(x, dim=-1, keepdim=True) * self.scale
        return x / size.clamp(min=self.eps) * self.g


class Scale(nn.Module):
    """Times one learnt number for each feature."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(size))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.scale


class GatedAttention(nn.Module):
    """A gated attention unit (W. Hua et al., 'Transformer quality in linear time', 2022) among keypoints."""

    def __init__(self, hidden: int, attention: int) -> None:
        super().__init__()
        self.attention, self.wide = attention, hidden * EXPANSION
        self.ln, self.res_scale = ScaleNorm(hidden), Scale(hidden)
        self.uv = nn.Linear(hidden, 2 * self.wide + attention, bias=False)
        self.gamma, self.beta = nn.Parameter(torch.rand(2, attention)), nn.Parameter(torch.rand(2, attention))
        self.o = nn.Linear(self.wide, hidden, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        u, v, base = functional.silu(self.uv(self.ln(x))).split([self.wide, self.wide, self.attention], dim=2)
        query, key = (base * self.gamma[i] + self.beta[i] for i in range(2))
        weights = torch.relu(query @ key.transpose(1, 2) / math.sqrt(self.attention)).square()
        y: Tensor = self.res_scale(x) + self.o(u * (weights @ v))
        return y


class Head(nn.Module):
    """SimCC: a map for each keypoint, flattened, related to the others', and read out along each axis."""

    def __init__(self, channels: int, keypoints: int, size: tuple[int, int]) -> None:
        super().__init__()
        width, height = size
        cells = (width // STRIDE) * (height // STRIDE)
        self.final_layer = nn.Conv2d(channels, keypoints, HEAD_KERNEL, padding=HEAD_KERNEL // 2)
        self.mlp = nn.Sequential(ScaleNorm(cells), nn.Linear(cells, HIDDEN, bias=False))
        self.gau = GatedAttention(HIDDEN, ATTENTION)
        self.cls_x = nn.Linear(HIDDEN, int(width * SPLIT), bias=False)
        self.cls_y = nn.Linear(HIDDEN, int(height * SPLIT), bias=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.gau(self.mlp(self.final_layer(x).flatten(2)))
        return self.cls_x(x), self.cls_y(x)


class RTMPose(nn.Module):
    """Input (n, 3, h, w) of ``size`` (w, h), multiples of 32; outputs (n, keypoints, 2 w) and (n, keypoints, 2 h).

    ``width`` and ``depth`` are the backbone's; 0.75 and 0.67 make RTMPose-m.
    """

    def __init__(self, keypoints: int, size: tuple[int, int], width: float, depth: float) -> None:
        super().__init__()
        self.backbone = Backbone(width, depth)
        self.head = Head(self.backbone.channels, keypoints, size)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y: tuple[Tensor, Tensor] = self.head(self.backbone(x))
        return y
