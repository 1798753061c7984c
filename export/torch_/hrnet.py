"""HRNet for pose: branches at strides 4 to 32 that keep exchanging what they see, read out at stride 4.

Written from K. Sun et al., 'Deep high-resolution representation learning for human pose estimation', 2019, and the
keys of its public checkpoints (``stage3.2.fuse_layers.1.0.0.0.weight``, ``final_layer.bias``...).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from export.torch_.fastpose import EXPANSION, stage

STEM = 64
CHANNELS = 32
"""Of the branch at stride 4 in HRNet-W32; each further branch has twice as many."""
MODULES = (1, 4, 3)
"""Exchanging modules of stages 2, 3 and 4."""
BLOCKS = 4
"""Residual blocks in each branch of a module, and in the first stage."""


def _norm(cin: int, cout: int, kernel: int, stride: int, act: bool) -> nn.Sequential:
    layers: list[nn.Module] = [
        nn.Conv2d(cin, cout, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(cout)
    ]
    return nn.Sequential(*layers, *([nn.ReLU()] if act else []))


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a skip."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)
        self.conv2, self.bn2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        y = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(y)) + x)


class Exchange(nn.Module):
    """One module: every branch on its own, then to each of ``outputs`` branches the sum of all, rescaled."""

    def __init__(self, channels: list[int], outputs: int) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Sequential(*(BasicBlock(width) for _ in range(BLOCKS))) for width in channels
        )
        self.fuse_layers = nn.ModuleList(
            nn.ModuleList(self._path(channels, j, i) for j in range(len(channels))) for i in range(outputs)
        )

    @staticmethod
    def _path(channels: list[int], start: int, end: int) -> nn.Module:
        if start == end:
            return nn.Identity()
        if start > end:
            up = nn.Upsample(scale_factor=2 ** (start - end), mode="nearest")
            return nn.Sequential(*_norm(channels[start], channels[end], 1, 1, act=False), up)
        steps = [_norm(channels[start], channels[start], 3, 2, act=True) for _ in range(end - start - 1)]
        return nn.Sequential(*steps, _norm(channels[start], channels[end], 3, 2, act=False))

    def forward(self, branches: list[Tensor]) -> list[Tensor]:
        seen = [branch(x) for branch, x in zip(self.branches, branches, strict=True)]
        made = []
        for paths in self.fuse_layers:
            first, *rest = (path(x) for path, x in zip(paths, seen, strict=True))
            for other in rest:
                first = first + other
            made.append(torch.relu(first))
        return made


class HRNet(nn.Module):
    """Input (n, 3, h, w), sides multiples of 32; output heatmaps (n, keypoints, h / 4, w / 4).

    ``channels`` is that of the first branch (32 or 48 in the published nets); ``width`` scales stem and first stage;
    ``modules`` counts the exchanges of stages 2, 3 and 4.
    """

    def __init__(
        self, keypoints: int = 17, channels: int = CHANNELS, width: float = 1.0,
        modules: tuple[int, int, int] = MODULES,
    ) -> None:
        super().__init__()
        stem, narrow = max(1, round(STEM * width)), max(1, round(channels * width))
        self.conv1, self.bn1 = nn.Conv2d(3, stem, 3, 2, 1, bias=False), nn.BatchNorm2d(stem)
        self.conv2, self.bn2 = nn.Conv2d(stem, stem, 3, 2, 1, bias=False), nn.BatchNorm2d(stem)
        self.layer1 = stage(stem, stem, BLOCKS, 1, excite=False)
        widths = [narrow * 2**i for i in range(4)]
        self.transition1 = _transition([stem * EXPANSION], widths[:2])
        self.stage2 = _exchanges(widths[:2], modules[0])
        self.transition2 = _transition(widths[:2], widths[:3])
        self.stage3 = _exchanges(widths[:3], modules[1])
        self.transition3 = _transition(widths[:3], widths)
        self.stage4 = _exchanges(widths, modules[2], last=True)
        self.final_layer = nn.Conv2d(narrow, keypoints, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.bn1(self.conv1(x)))
        x = torch.relu(self.bn2(self.conv2(x)))
        branches = [self.layer1(x)]
        for transition, exchanges in (
            (self.transition1, self.stage2), (self.transition2, self.stage3), (self.transition3, self.stage4),
        ):
            # a new branch starts from the coarsest one there is
            branches = [
                step(branches[min(i, len(branches) - 1)]) for i, step in enumerate(transition)
            ]
            for exchange in exchanges:
                branches = exchange(branches)
        y: Tensor = self.final_layer(branches[0])
        return y


def _transition(before: list[int], after: list[int]) -> nn.ModuleList:
    """From the branches of one stage to those of the next, which has one more."""
    steps: list[nn.Module] = []
    for i, width in enumerate(after):
        if i >= len(before):
            steps.append(nn.Sequential(_norm(before[-1], width, 3, 2, act=True)))
        elif before[i] != width:
            steps.append(_norm(before[i], width, 3, 1, act=True))
        else:
            steps.append(nn.Identity())
    return nn.ModuleList(steps)


def _exchanges(widths: list[int], count: int, last: bool = False) -> nn.ModuleList:
    return nn.ModuleList(
        Exchange(widths, 1 if last and i == count - 1 else len(widths)) for i in range(count)
    )
