"""MoveNet SinglePose: [1, 1, K, 3] of y, x, score, positions as shares of the input."""

from __future__ import annotations

import numpy as np

from mirror.domain import FloatArray
from mirror.runtime.manifest import ModelCard
from mirror.vision.decoders.contract import Outputs, PoseDecoder, expect_shape
from mirror.vision.decoders.options import Options


def decoder(card: ModelCard, size: tuple[int, int]) -> PoseDecoder:
    """``size``: width, height of the input. Raises MirrorError when the card's output is another."""
    index = Options(card).output()
    expect_shape(card, index, (1, 1, len(card.labels) or None, 3), "[1, 1, keypoints, 3] of y, x, score")
    width, height = size
    scale = np.array([width, height, 1.0], np.float32)

    def decode(outputs: Outputs) -> FloatArray:
        return np.asarray(outputs[index].reshape(-1, 3)[:, (1, 0, 2)] * scale, dtype=np.float32)

    return decode
