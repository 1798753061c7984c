"""Functions at the end of a net that its export may have left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirror.domain import FloatArray


def sigmoid(values: NDArray[Any]) -> FloatArray:
    """1 / (1 + exp(-v)), any shape, without overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * values)), dtype=np.float32)


def softmax(values: NDArray[Any]) -> FloatArray:
    """Over the last axis."""
    raised = np.exp(values - values.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True), dtype=np.float32)


def as_given(values: NDArray[Any]) -> FloatArray:
    """The graph already ends as it should."""
    return np.asarray(values, dtype=np.float32)


ACTIVATIONS: Mapping[str, Callable[[NDArray[Any]], FloatArray]] = {
    "none": as_given, "sigmoid": sigmoid, "softmax": softmax,
}
"""Option ``activation`` -> what is applied to the raw output."""
