"""SimCC, as RTMPose gives it: where a keypoint lies on each axis is a class of its own, ``split`` of them a pixel.

Two outputs, [1, K, width * split] and [1, K, height * split] (Y. Li et al., 'SimCC', 2022).
"""

from __future__ import annotations

import numpy as np

from mirror.domain import FloatArray
from mirror.runtime.manifest import ModelCard
from mirror.vision.decoders.activation import ACTIVATIONS
from mirror.vision.decoders.contract import Outputs, PoseDecoder, expect_shape
from mirror.vision.decoders.options import Options

SPLIT = 2.0
"""RTMPose's (T. Jiang et al., 2023)."""


def decoder(card: ModelCard, size: tuple[int, int]) -> PoseDecoder:
    """Options: ``split`` 2.0; ``score`` min (the weaker axis, RTMPose's own) or mean of the two axes' maxima;
    ``activation`` none, sigmoid, softmax (over an axis).

    The outputs come in the order x, y. Raises MirrorError when their sizes are not those of input and split.
    """
    options = Options(card)
    split = options.number("split", SPLIT, least=0.1, most=16)
    score = options.choice("score", ("min", "mean"), "min")
    applied = ACTIVATIONS[options.choice("activation", tuple(ACTIVATIONS), "none")]
    if len(card.outputs) != 2:
        raise options.wrong("split", f"belongs to two outputs, x and y; the graph has {len(card.outputs)}")
    for index, side in enumerate(size):
        expect_shape(
            card, index, (1, len(card.labels) or None, round(side * split)),
            f"[1, {len(card.labels) or 'keypoints'}, {round(side * split)}] for an input of {side} pixels "
            f"on the {'xy'[index]} axis and split {split:g}",
        )

    def decode(outputs: Outputs) -> FloatArray:
        x, y = applied(outputs[0][0]), applied(outputs[1][0])
        best_x, best_y = x.max(axis=1), y.max(axis=1)
        sure = np.minimum(best_x, best_y) if score == "min" else (best_x + best_y) / 2
        return np.column_stack(
            [x.argmax(axis=1) / split, y.argmax(axis=1) / split, np.clip(sure, 0.0, 1.0)]
        ).astype(np.float32)

    return decode
