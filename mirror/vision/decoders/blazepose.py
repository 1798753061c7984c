"""BlazePose: 39 landmarks of x, y, z (input pixels), visibility and presence; the first 33 are keypoints of the body,
the rest are for its own tracking."""

from __future__ import annotations

import numpy as np

from mirror.domain import FloatArray, MirrorError
from mirror.runtime.manifest import ModelCard
from mirror.vision.decoders.activation import sigmoid
from mirror.vision.decoders.contract import Outputs, PoseDecoder
from mirror.vision.decoders.options import Options

KEYPOINTS = 33
NUMBERS = 5
VISIBILITY = 3


def decoder(card: ModelCard, size: tuple[int, int]) -> PoseDecoder:
    """The score is the sigmoid of the visibility. Raises MirrorError when no output holds the landmarks."""
    del size
    rows = [i for i, spec in enumerate(card.outputs) if spec.shape[-1] == 39 * NUMBERS]
    index = Options(card).output(rows[0] if rows else -1)
    if index < 0 or index not in rows:
        raise MirrorError(f"model '{card.name}': no output of {39 * NUMBERS} numbers (39 landmarks of {NUMBERS})")

    def decode(outputs: Outputs) -> FloatArray:
        found = outputs[index].reshape(-1, NUMBERS)[:KEYPOINTS]
        return np.column_stack([found[:, :2], sigmoid(found[:, VISIBILITY])]).astype(np.float32)

    return decode
