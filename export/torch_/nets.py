"""The architectures that `mirror export torch --arch` knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from export.torch_.fastpose import FastPose
from export.torch_.hrnet import HRNet
from export.torch_.rtmpose import SPLIT, RTMPose

Size = tuple[int, int]
"""Width and height of the input in pixels."""

Numbers = tuple[float, ...]
PER_PIXEL = 1 / 255
POSE_SIZE: Size = (192, 256)
SIDE_MULTIPLE = 32


@dataclass(frozen=True)
class Arch:
    """How to build a net from (keypoints, input size, width), and how its public checkpoints take pictures."""

    build: Callable[[int, Size, float], Any]
    decoder: str
    outputs: tuple[str, ...]
    scale: float
    mean: Numbers
    std: Numbers
    options: Mapping[str, Any] = field(default_factory=dict)


IMAGENET = {"scale": PER_PIXEL, "mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
"""HRNet's: torchvision's numbers, RGB."""

ALPHAPOSE = {"scale": PER_PIXEL, "mean": (0.406, 0.457, 0.480), "std": (1.0, 1.0, 1.0)}
"""AlphaPose's own (alphapose/utils/presets/simple_transform.py), on RGB although the numbers lie in BGR order."""

MMPOSE: dict[str, Any] = {"scale": 1.0, "mean": (123.675, 116.28, 103.53), "std": (58.395, 57.12, 57.375)}
"""RTMPose's (configs/body_2d_keypoint/rtmpose of mmpose), RGB."""


def _fastpose(depth: int) -> Arch:
    return Arch(lambda keypoints, size, width: FastPose(keypoints, depth, width), "heatmap", ("heatmaps",),
                **ALPHAPOSE)  # type: ignore[arg-type]


def _hrnet(channels: int) -> Arch:
    return Arch(lambda keypoints, size, width: HRNet(keypoints, channels, width), "heatmap", ("heatmaps",),
                **IMAGENET)  # type: ignore[arg-type]


def _rtmpose(width: float, depth: float) -> Arch:
    return Arch(lambda keypoints, size, times: RTMPose(keypoints, size, width * times, depth), "simcc",
                ("simcc_x", "simcc_y"), options={"split": SPLIT}, **MMPOSE)


ARCHS: Mapping[str, Arch] = MappingProxyType({
    "fastpose-50": _fastpose(50), "fastpose-101": _fastpose(101), "fastpose-152": _fastpose(152),
    "hrnet-w32": _hrnet(32), "hrnet-w48": _hrnet(48),
    "rtmpose-t": _rtmpose(0.375, 0.167), "rtmpose-s": _rtmpose(0.5, 0.33), "rtmpose-m": _rtmpose(0.75, 0.67),
    "rtmpose-l": _rtmpose(1.0, 1.0),
})
"""Name -> architecture. RTMPose's width and depth are those of mmpose's configs."""

SKELETONS: Mapping[int, str] = MappingProxyType({17: "coco-17", 26: "halpe-26"})
"""Number of keypoints -> the skeleton that checkpoints of that many have (`mirror.vision.skeleton`)."""
