"""Picture memory that is used again once nobody holds it: a frame a thirtieth of a second costs no fresh memory."""

from __future__ import annotations

import sys

import numpy as np

from mirror.domain import ImageArray

MOST = 5
"""As many as the mirror holds at once (tests/pipeline/test_picture_memory.py counts them): one being written, the
newest (the source and the pose's slot have the same), one under the pose, one in the slow stages' slot, one under a
slow stage. A rotated camera needs no more, for the turned picture is the one that is handed on."""

_PROBE = [np.empty(0, np.uint8)]
_FREE = sys.getrefcount(_PROBE[0])
"""What the interpreter counts for an array that only a list holds (it differs between versions of Python)."""


class PicturePool:
    """Hands out uint8 arrays, each to one owner at a time. :meth:`take` belongs to one thread.

    A buffer is free when nothing but the pool refers to it: numpy counts every holder, slices and other views too,
    since each of them refers to the array that owns the memory. Nobody has to give anything back, and a picture that
    a slow reader still holds is never written over.
    """

    def __init__(self, most: int = MOST) -> None:
        self.made = 0
        """Arrays ever made: it stands still once the pool is warm."""
        self._most = most
        self._buffers: list[ImageArray] = []
        self._last = 0

    def take(self, shape: tuple[int, ...]) -> ImageArray:
        """A C-contiguous uint8 array of this shape with anything in it. When ``most`` are held, one that the pool does
        not keep: late holders cost memory, never pictures. Free ones take turns: none keeps a picture of somebody who
        has gone."""
        buffers = self._buffers  # another thread may clear the pool meanwhile
        for turn in range(len(buffers)):
            at = (self._last + 1 + turn) % len(buffers)
            if buffers[at].shape == shape and sys.getrefcount(buffers[at]) <= _FREE:
                self._last = at
                return buffers[at]
        self.made += 1
        fresh: ImageArray = np.empty(shape, np.uint8)
        # a camera that came back with another size: its old pictures go as they are let go
        self._buffers = [buffer for buffer in self._buffers if buffer.shape == shape]
        if len(self._buffers) < self._most:
            self._buffers.append(fresh)
        return fresh

    def warm(self, shape: tuple[int, ...]) -> None:
        """Make one more of this shape, its memory touched, unless there are ``most`` or the pool has another shape: a
        mirror whose pictures were made only once its readers are slow together grows for as long as that takes to
        happen. One a frame, by the thread that takes: all of them at once would make that frame late."""
        buffers = self._buffers
        if 0 < len(buffers) < self._most and buffers[0].shape == shape:
            self.made += 1
            self._buffers = [*buffers, np.full(shape, 0, np.uint8)]  # np.zeros would not touch it

    def clear(self) -> None:
        """Let go of all memory that nobody holds."""
        self._buffers = []
