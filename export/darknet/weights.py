"""The numbers of a Darknet weights file, taken in the order of the cfg's layers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from export.darknet.cfg import Section
from mirror.domain import MirrorError

Array = NDArray[np.float32]

VERSION_BYTES = 12
"""int32 major, minor, revision; then the count of pictures seen."""
WIDE_SEEN_FROM = 2
"""From version 0.2 on (major * 10 + minor) that count has 64 bits, before 32."""
LARGEST_VERSION = 1000
"""Darknet itself takes larger ones for a file of another machine's byte order."""


class WeightStream:
    """A weights file being read from its begin to its end, which must be the net's end too."""

    def __init__(self, path: Path) -> None:
        """Raises MirrorError when the file is missing, empty or no Darknet weights."""
        self.path = path
        try:
            data = path.read_bytes()
        except OSError as error:
            raise MirrorError(f"{path}: {(error.strerror or 'cannot be read').lower()}") from error
        if not data:
            raise MirrorError(f"{path}: is empty")
        if len(data) < VERSION_BYTES:
            raise MirrorError(f"{path}: is truncated: {len(data)} bytes do not hold the header")
        major, minor, _ = (int(part) for part in np.frombuffer(data, "<i4", 3))
        if not (0 <= major < LARGEST_VERSION and 0 <= minor < LARGEST_VERSION):
            raise MirrorError(f"{path}: is no Darknet weights file: version {major}.{minor}")
        begin = VERSION_BYTES + (8 if major * 10 + minor >= WIDE_SEEN_FROM else 4)
        if len(data) < begin or (len(data) - begin) % 4:
            raise MirrorError(f"{path}: is truncated or no Darknet weights file: {len(data)} bytes")
        self._numbers = np.frombuffer(data, "<f4", offset=begin)
        self._next = 0

    def take(self, count: int, layer: Section) -> Array:
        """The next ``count`` numbers. Raises MirrorError, naming the layer, when the file has fewer."""
        left = self._numbers.size - self._next
        if count > left:
            raise MirrorError(
                f"{self.path}: ends inside {layer}, {count - left} numbers too early: it is truncated, or the weights "
                "of another cfg"
            )
        taken = self._numbers[self._next:self._next + count]
        self._next += count
        return taken.astype(np.float32, copy=False)

    def finish(self) -> None:
        """Raises MirrorError when numbers are left."""
        left = self._numbers.size - self._next
        if left:
            raise MirrorError(
                f"{self.path}: holds {left} numbers more than the cfg's layers take: it is the weights of another cfg"
            )
