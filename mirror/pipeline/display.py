"""Three picture buffers between the camera thread and the window, each with known owners at any time.

The camera thread writes the mirrored picture once; the window paints it without a copy and gives it back. A
buffer that is borrowed is never written to, so a QImage over it may live until it is released.
"""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager

import numpy as np

from mirror.domain import ImageArray
from mirror.pipeline.view import View, compose, filling
from mirror.runtime.scratch import Scratch
from mirror.runtime.threads import interpreter_kept

BUFFERS = 3
"""One on the screen, one ready, one being written: more would only make the picture older."""
PAINT_MOST_S = 0.010
"""A paint is over sooner than this."""


def painting() -> AbstractContextManager[None]:
    """While the window paints, no thread of the pipeline takes the interpreter from it."""
    return interpreter_kept(PAINT_MOST_S)


PAINT_FIRST_S = 0.010
"""The longest that work which can wait lets a frame's paint go first: the window hears of a pose within 2 ms, makes its
state and paints, 5 ms in all."""
FEW_FRAMES = 3


class PaintedFrame:
    """The frame that the window painted last, for those who let a paint go first: beside a net that runs, the slowest
    twentieth of paints took 4.0 ms, 2.9 without."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._number = -1

    def tell(self, number: int) -> None:
        """The window has painted this frame."""
        with self._changed:
            self._number = number
            self._changed.notify_all()

    def wait(self, number: int, timeout: float = PAINT_FIRST_S) -> None:
        """Until a frame (or a newer one) is painted, at most ``timeout`` seconds; not at all when nobody painted one
        of the last few."""
        with self._changed:
            if self._number >= number - FEW_FRAMES:
                self._changed.wait_for(lambda: self._number >= number, timeout)


class Picture:
    """A mirrored picture that is borrowed: ``pixels`` BGRA uint8 (height, width, 4), C-contiguous, alpha 255,
    which is QImage.Format_RGB32 on little-endian machines. ``number``, ``time`` and ``frame_size`` (width,
    height) are the frame's; ``view`` maps its pixels to the picture's. Give it back with :meth:`release` (or
    ``with``) once nothing paints from it; until then nobody writes to it."""

    def __init__(
        self, slot: DisplaySlot, index: int, pixels: ImageArray, number: int, time: float, view: View,
        frame_size: tuple[int, int],
    ) -> None:
        self.pixels = pixels
        self.number = number
        self.time = time
        self.view = view
        self.frame_size = frame_size
        self._slot = slot
        self._index = index
        self._released = False

    def release(self) -> None:
        """Give the buffer back; a second call does nothing."""
        if not self._released:
            self._released = True
            self._slot._release(self._index)

    def __enter__(self) -> Picture:
        return self

    def __exit__(self, *exc: object) -> None:
        self.release()


class _About:
    """What a buffer holds."""

    def __init__(self, number: int, time: float, view: View, frame_size: tuple[int, int]) -> None:
        self.number = number
        self.time = time
        self.view = view
        self.frame_size = frame_size


class DisplaySlot:
    """The pool. One writer (the camera thread) and one or two borrowers (window, recorder).

    ``dropped`` counts pictures that nobody borrowed and frames that found every buffer borrowed.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._buffers: list[ImageArray | None] = [None] * BUFFERS
        self._about: list[_About | None] = [None] * BUFFERS
        self._borrows = [0] * BUFFERS
        self._newest: int | None = None
        self._last_borrowed = -1
        self._view: View | None = None
        self._scratch = Scratch()
        self.dropped = 0

    def set_view(self, view: View | None) -> None:
        """From the next frame on write pictures for this view; None: the whole frame at its own size."""
        with self._lock:
            self._view = view

    def write(self, image: ImageArray, number: int, time: float) -> bool:
        """Mirror a BGR uint8 (h, w, 3) frame into a free buffer, then the newest; False: none was free."""
        height, width = image.shape[:2]
        with self._lock:
            view = self._view or filling(width, height, width, height)
            index = self._free_index()
        if index is None:
            self.dropped += 1
            return False
        pixels = self._buffers[index]
        if pixels is None or pixels.shape[:2] != (view.height, view.width):
            pixels = np.empty((view.height, view.width, 4), np.uint8)
            self._buffers[index] = pixels
        compose(image, view, pixels, self._scratch)
        with self._lock:
            self._count_unseen()
            self._about[index] = _About(number, time, view, (width, height))
            self._newest = index
        return True

    def borrow(self, *, again: bool = False) -> Picture | None:
        """The newest picture, owned by the caller too from now on; None when none is newer than the last
        that was borrowed (``again``: then the same picture once more, as a recorder wants)."""
        with self._lock:
            if self._newest is None:
                return None
            about, pixels = self._about[self._newest], self._buffers[self._newest]
            if about is None or pixels is None or (about.number <= self._last_borrowed and not again):
                return None
            self._last_borrowed = max(self._last_borrowed, about.number)
            self._borrows[self._newest] += 1
            return Picture(self, self._newest, pixels, about.number, about.time, about.view, about.frame_size)

    @property
    def last_borrowed(self) -> int:
        """The number of the newest picture that was borrowed, -1 before the first."""
        return self._last_borrowed

    def erase(self) -> None:
        """Blacken every buffer that nobody borrows, and show none of them again."""
        with self._lock:
            self._newest = None
            for index, pixels in enumerate(self._buffers):
                if pixels is not None and self._borrows[index] == 0:
                    pixels[:] = 0

    def _free_index(self) -> int | None:
        """A buffer that is neither borrowed nor the newest; else the newest, if nobody has it (lock held). By turns: a
        picture of somebody who has gone must not stay in one that is never needed."""
        after = 0 if self._newest is None else self._newest + 1
        for index in ((after + turn) % BUFFERS for turn in range(BUFFERS)):
            if self._borrows[index] == 0 and index != self._newest:
                return index
        if self._newest is not None and self._borrows[self._newest] == 0:
            self._count_unseen()
            index, self._newest = self._newest, None
            return index
        return None

    def _count_unseen(self) -> None:
        about = None if self._newest is None else self._about[self._newest]
        if about is not None and about.number > self._last_borrowed:
            self.dropped += 1

    def _release(self, index: int) -> None:
        with self._lock:
            self._borrows[index] -= 1
