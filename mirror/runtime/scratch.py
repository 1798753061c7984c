"""Arrays for steps in between, kept from one frame to the next."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


class Scratch:
    """Named memory that grows to the largest size asked for and stays. Of one thread, and valid until the next
    :meth:`room` of the same name."""

    def __init__(self) -> None:
        self._kept: dict[str, NDArray[np.uint8]] = {}

    def room(self, name: str, shape: tuple[int, ...], dtype: DTypeLike = np.uint8) -> NDArray[Any]:
        """A C-contiguous array with anything in it."""
        kind = np.dtype(dtype)
        size = math.prod(shape) * kind.itemsize
        kept = self._kept.get(name)
        if kept is None or kept.size < size:
            kept = self._kept[name] = np.empty(size, np.uint8)
        return kept[:size].view(kind).reshape(shape)
