"""A recording of what the window shows, written by a thread of its own, with a REC sign on the screen meanwhile."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PyQt5.QtGui import QImage

from mirror.domain import ImageArray, MirrorError
from mirror.pipeline.slot import LatestSlot

RECORD_FPS = 20.0
"""Pictures per second of the recording: every second or third frame, so that recording stays out of the way."""
CODEC = "mp4v"
"""MPEG-4 part 2: the one mp4 encoder that every build of OpenCV brings."""


class Recorder:
    """Writes offered pictures to an mp4 of constant rate; the file appears under its name only when it is whole.

    Raises MirrorError when made: the file cannot be written.
    """

    def __init__(self, path: Path, width: int, height: int, fps: float = RECORD_FPS) -> None:
        self.path = path
        self.fps = fps
        self.written = 0
        # mp4v encodes whole pairs of pixels only
        self._size = (width - width % 2, height - height % 2)
        self._partial = path.with_name(f".{path.stem}.partial{path.suffix or '.mp4'}")
        self._slot: LatestSlot[ImageArray] = LatestSlot()
        self._writer = cv2.VideoWriter(str(self._partial), cv2.VideoWriter.fourcc(*CODEC), fps, self._size)
        if not self._writer.isOpened():
            self._discard()
            raise MirrorError(f"recording {path}: cannot be written; give an .mp4 in a folder that may be written to")
        self._due = time.monotonic()
        self._thread = threading.Thread(target=self._work, name="mirror-record", daemon=True)
        self._thread.start()

    def due(self, now: float) -> bool:
        """Whether the next picture should be offered at ``now`` (monotonic seconds)."""
        if now < self._due:
            return False
        self._due = max(self._due + 1.0 / self.fps, now - 1.0 / self.fps)
        return True

    def offer(self, image: QImage) -> None:
        """Hand over an RGB32 picture; it is copied, so the caller may go on painting."""
        self._slot.put(pixels_of(image))

    def stop(self) -> None:
        """Write out, join, and give the file its name. Without a single picture no file is left behind.

        Raises:
            MirrorError: the file could not be finished.
        """
        self._slot.close()
        self._thread.join(timeout=10.0)
        self._writer.release()
        if self.written == 0:
            self._discard()
            return
        try:
            os.replace(self._partial, self.path)
        except OSError as error:
            self._discard()
            raise MirrorError(f"recording {self.path}: cannot be finished ({error.strerror})") from None

    def _work(self) -> None:
        """Write the newest picture once per tick of the recording's own clock, repeating it when none came."""
        number, begun = 0, None
        picture: ImageArray | None = None
        while not self._slot.closed:
            found = self._slot.wait(number, timeout=1.0 / self.fps)
            now = time.monotonic()
            if found is not None:
                number, bgra = found
                begun = now if begun is None else begun
                picture = np.ascontiguousarray(bgra[: self._size[1], : self._size[0], :3])
            if picture is None or begun is None:
                continue
            wanted = int((now - begun) * self.fps) + 1
            for _ in range(min(wanted - self.written, 3)):
                self._writer.write(picture)
                self.written += 1

    def _discard(self) -> None:
        with contextlib.suppress(OSError):
            self._partial.unlink()


def pixels_of(image: QImage) -> ImageArray:
    """A copy of an RGB32 QImage as BGRA uint8 (h, w, 4)."""
    bits: Any = image.constBits()
    bits.setsize(image.sizeInBytes())
    rows = np.frombuffer(bits, np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return rows[:, : image.width()].copy()


def save_snapshot(image: QImage, path: Path) -> None:
    """Write a PNG atomically. Raises MirrorError when it cannot be written."""
    partial = path.with_name(f".{path.stem}.partial.png")
    if not image.save(str(partial), "PNG"):
        raise MirrorError(f"snapshot {path}: cannot be written; give a .png in a folder that may be written to")
    try:
        os.replace(partial, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise MirrorError(f"snapshot {path}: cannot be written ({error.strerror})") from None
