"""Inputs to compare a model and its framework on: noise of pixels, prepared as the model's card says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.checked import CardDraft
from mirror.domain import UsageError

FEEDS = 3
SEED = 0


def pixel_feeds(draft: CardDraft, shape: Sequence[int], count: int = FEEDS) -> list[NDArray[Any]]:
    """``count`` float32 inputs of ``shape``, in the card's layout. Raises UsageError when mean and std do not fit."""
    source = np.random.default_rng(SEED)
    place = (-1, 1, 1) if draft.layout == "NCHW" else (-1,)
    scale, mean, std = (np.asarray(value, np.float32) for value in (draft.scale, draft.mean, draft.std))
    if mean.size > 1 or std.size > 1:
        mean, std = mean.reshape(place), std.reshape(place)
    feeds = []
    for _ in range(count):
        try:
            feed = (source.uniform(0, 255, shape) * scale - mean) / std
        except ValueError:
            feed = np.empty(0)
        if feed.shape != tuple(shape):
            raise UsageError(f"--mean and --std: one number, or one for each channel of an input {list(shape)}")
        feeds.append(feed.astype(np.float32))
    return feeds
