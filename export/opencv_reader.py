"""OpenCV 4's readers of Caffe and Darknet files: what a converted graph is compared with.

OpenCV 5 dropped both, so this side of the package needs ``opencv-python-headless<5``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from export.checked import CardDraft
from mirror.domain import MirrorError

Reader = Literal["readNetFromCaffe", "readNetFromDarknet"]
SEED = 20
"""Of the pictures that are compared, so that a refusal can be had again."""

PICTURE_GRAIN = 8
"""Side in pixels of the patches in compared pictures: noise of single pixels averages out in the first layers."""


def require_reader(name: Reader, kind: str) -> None:
    """Raises MirrorError, one line with the mend, when this OpenCV has no reader of ``kind``."""
    if not hasattr(cv2.dnn, name):
        raise MirrorError(
            f"{kind} nets are compared with OpenCV 4's reader, which OpenCV {cv2.__version__} has not: "
            "pip install 'opencv-python-headless<5', or convert without the comparison by --unchecked"
        )


def open_net(name: Reader, network: Path, weights: Path) -> Any:
    """The ``cv2.dnn.Net`` of two files. Raises MirrorError when OpenCV cannot read them."""
    before = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        net = getattr(cv2.dnn, name)(str(network), str(weights))
    except cv2.error as error:
        raise MirrorError(
            f"{network.name}: OpenCV's reader refuses it ({_line(error)}); --unchecked converts without comparing"
        ) from error
    finally:
        cv2.utils.logging.setLogLevel(before)
    net.setPreferableBackend(cv2.dnn.DNN_BACKEND_OPENCV)
    net.enableWinograd(False)  # its rounding is coarser than what is compared
    return net


def forward(net: Any, feed: NDArray[Any], layers: Sequence[str]) -> list[NDArray[Any]]:
    """What the named layers give. Raises MirrorError."""
    try:
        net.setInput(feed)
        return [np.array(output) for output in net.forward(list(layers))]
    except cv2.error as error:
        raise MirrorError(
            f"OpenCV cannot run the net ({_line(error)}); --unchecked converts without comparing"
        ) from error


def example_feeds(draft: CardDraft, shape: Sequence[int], count: int = 2) -> list[NDArray[Any]]:
    """``count`` inputs of an NCHW ``shape`` made from patchy pictures as the card says pictures are made inputs."""
    random = np.random.default_rng(SEED)
    _, channels, height, width = shape
    feeds = []
    for _ in range(count):
        patches = random.integers(0, 256, (height // PICTURE_GRAIN + 1, width // PICTURE_GRAIN + 1, channels), np.uint8)
        picture = patches.repeat(PICTURE_GRAIN, 0).repeat(PICTURE_GRAIN, 1)[:height, :width].astype(np.float32)
        values = (picture * draft.scale - np.array(draft.mean, np.float32)) / np.array(draft.std, np.float32)
        feeds.append(np.ascontiguousarray(values.transpose(2, 0, 1)[None], np.float32))
    return feeds


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:160]
