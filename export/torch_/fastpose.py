"""A net of AlphaPose's FastPose kind: a ResNet with squeeze-and-excitation, upscaled by pixel shuffling to heatmaps.

Written from the description in H. Fang et al., 'AlphaPose: Whole-body regional multi-person pose estimation and
tracking in real-time', 2022, section 3, and the keys of its public checkpoints (``preact.layer1.0.se.fc.0.weight``,
``duc1.bn.weight``, ``conv_out.bias``...). Squeeze-and-excitation there does not narrow (reduction 1) and sits in the
first block of each stage only.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

BLOCKS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
"""Blocks of the four stages by ResNet depth."""

STEM = 64
EXPANSION = 4
UPSCALE = 2


class Excitation(nn.Module):
    """Each channel times a gate that its own and the other channels' means decide."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(channels, channels), nn.ReLU(), nn.Linear(channels, channels), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        gate: Tensor = self.fc(x.mean((2, 3)))
        return x * gate[:, :, None, None]


class Bottleneck(nn.Module):
    """1x1, 3x3 (with the stride), 1x1, each with batch norm, and a skip; gated where ``excite``."""

    def __init__(self, cin: int, planes: int, stride: int = 1, excite: bool = False, project: bool = False) -> None:
        super().__init__()
        wide = planes * EXPANSION
        self.conv1, self.bn1 = nn.Conv2d(cin, planes, 1, bias=False), nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3, self.bn3 = nn.Conv2d(planes, wide, 1, bias=False), nn.BatchNorm2d(wide)
        self.se = Excitation(wide) if excite else None
        self.downsample = (
            nn.Sequential(nn.Conv2d(cin, wide, 1, stride, bias=False), nn.BatchNorm2d(wide)) if project else None
        )

    def forward(self, x: Tensor) -> Tensor:
        y = torch.relu(self.bn1(self.conv1(x)))
        y = torch.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        if self.se is not None:
            y = self.se(y)
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


def stage(cin: int, planes: int, blocks: int, stride: int, excite: bool = True) -> nn.Sequential:
    """``blocks`` bottlenecks, the first of which has the stride, the projection and the gate."""
    first = Bottleneck(cin, planes, stride, excite, project=True)
    return nn.Sequential(first, *(Bottleneck(planes * EXPANSION, planes) for _ in range(blocks - 1)))


class Backbone(nn.Module):
    """The ResNet, to stride 32."""

    def __init__(self, stem: int, depth: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, stem, 7, 2, 3, bias=False), nn.BatchNorm2d(stem)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        counts = BLOCKS[depth]
        self.layer1 = stage(stem, stem, counts[0], 1)
        self.layer2 = stage(stem * 4, stem * 2, counts[1], 2)
        self.layer3 = stage(stem * 8, stem * 4, counts[2], 2)
        self.layer4 = stage(stem * 16, stem * 8, counts[3], 2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
        y: Tensor = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return y


class DenseUpscale(nn.Module):
    """Dense upsampling convolution: four times the channels, then rearranged to twice the height and width."""

    def __init__(self, cin: int, cout: int) -> None:
        super().__init__()
        self.conv, self.bn = nn.Conv2d(cin, cout, 3, padding=1, bias=False), nn.BatchNorm2d(cout)
        self.shuffle = nn.PixelShuffle(UPSCALE)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.shuffle(torch.relu(self.bn(self.conv(x))))
        return y


class FastPose(nn.Module):
    """Input (n, 3, h, w), sides multiples of 32; output heatmaps (n, keypoints, h / 4, w / 4).

    ``width`` scales all channels; 1 is the published net.
    """

    def __init__(self, keypoints: int = 17, depth: int = 50, width: float = 1.0) -> None:
        super().__init__()
        stem = max(1, round(STEM * width))
        self.preact = Backbone(stem, depth)
        self.suffle1 = nn.PixelShuffle(UPSCALE)
        self.duc1 = DenseUpscale(stem * 8, stem * 16)
        self.duc2 = DenseUpscale(stem * 4, stem * 8)
        self.conv_out = nn.Conv2d(stem * 2, keypoints, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.suffle1(self.preact(x))
        y: Tensor = self.conv_out(self.duc2(self.duc1(x)))
        return y
