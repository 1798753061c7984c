"""Sources that come at their own rate: a video file and still pictures, paced like a camera."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from mirror.camera.capture import VideoCapture
from mirror.camera.clock import Clock
from mirror.camera.picture import read_picture
from mirror.camera.source import Source
from mirror.domain import ImageArray, MirrorError

DEFAULT_FPS = 30.0
"""When a file does not say its rate, and for still pictures."""

MOST_FPS = 240.0
"""Rates above this in a file's header are nonsense (a time base instead of a rate)."""

PICTURE_SECONDS = 4.0
"""How long each picture of a folder is shown."""

PICTURE_LONGEST_SIDE = 1920
"""Pictures are shown as a camera would see them: larger ones are scaled down to this."""

WHOLE_SHARE = 0.9
"""A file that ends before this share of the frames its header promises is truncated. Less strict than 1,
because some containers only estimate the count."""


class PacedSource(Source):
    """Frames that fall due one after another; a frame is stamped with the time at which it was due, so that
    waking up late and decoding count as delay. Frames that are already overdue when their turn comes by a
    whole frame are skipped and counted."""

    live = False

    def __init__(
        self, name: str, *, fps: float | None, loop: bool, rotate: int = 0, clock: Clock | None = None
    ) -> None:
        """``fps`` None: the source's own rate; ``math.inf``: no pacing, as fast as frames can be made."""
        super().__init__(name, rotate=rotate, clock=clock)
        if fps is not None and not fps > 0:
            raise MirrorError(f"source {name}: a rate of {fps} frames per second is none; give more")
        self.fps = fps or DEFAULT_FPS
        self.loop = loop

    def _run(self) -> None:
        start, step = self._clock.now(), 0.0 if math.isinf(self.fps) else 1 / self.fps
        turn = 0
        while not self._stopping.is_set():
            due = start + turn * step if step else self._clock.now()
            wait = due - self._clock.now()
            if wait > 0 and self._clock.wait(self._stopping, wait):
                return
            late = step > 0 and -wait > step
            if not self._advance():
                return
            turn += 1
            if late:
                self.captured += 1
                self.dropped += 1
                continue
            image = self._picture()
            if image is not None:
                self._deliver(image, due)

    @abstractmethod
    def _advance(self) -> bool:
        """Step to the next frame without decoding it; False at the end."""

    @abstractmethod
    def _picture(self) -> ImageArray | None:
        """The frame stepped to; None when it is damaged."""


class FileSource(PacedSource):
    """A video file."""

    def __init__(
        self, name: str, path: Path, *, fps: float | None = None, loop: bool = False, rotate: int = 0,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(name, fps=fps, loop=loop, rotate=rotate, clock=clock)
        self._path = path
        self._own_rate = fps is None
        self._capture: VideoCapture | None = None
        self._read = 0
        self._frames = 0

    def _open(self) -> None:
        failure = (
            f"{self._path}: not a video that can be read, or truncated; copy it again or convert it to mp4"
        )
        self._capture = VideoCapture(str(self._path), cv2.CAP_FFMPEG, failure)
        self._frames = int(self._capture.property(cv2.CAP_PROP_FRAME_COUNT))
        self._read = 0
        rate = self._capture.property(cv2.CAP_PROP_FPS)
        if self._own_rate and 0 < rate <= MOST_FPS:
            self.fps = rate
        if not self._capture.grab() or self._capture.retrieve() is None:
            self._close()
            raise MirrorError(failure)
        # the probe took the first frame: go back to it
        self._close()
        self._capture = VideoCapture(str(self._path), cv2.CAP_FFMPEG, failure)

    def _close(self) -> None:
        capture, self._capture = self._capture, None
        if capture is not None:
            capture.release()

    def _advance(self) -> bool:
        assert self._capture is not None
        if self._capture.grab():
            self._read += 1
            return True
        if self._frames > 0 and self._read < WHOLE_SHARE * self._frames:
            raise MirrorError(
                f"{self._path}: the video is truncated, {self._read} of {self._frames} frames could be read; "
                "copy it again"
            )
        if not self.loop or self._read == 0:
            return False
        self._read = 0
        if self._capture.rewind() and self._capture.grab():
            self._read = 1
            return True
        return False

    def _picture(self) -> ImageArray | None:
        assert self._capture is not None
        return self._capture.retrieve()


class PictureSource(PacedSource):
    """Still pictures, each repeated at the source's rate for some seconds. Files that cannot be read are left
    out and listed in ``skipped``; at least one must be good."""

    def __init__(
        self, name: str, paths: Sequence[Path], *, fps: float | None = None, loop: bool = False,
        rotate: int = 0, clock: Clock | None = None, seconds: float = PICTURE_SECONDS,
    ) -> None:
        super().__init__(name, fps=fps, loop=loop, rotate=rotate, clock=clock)
        self._paths = list(paths)
        self._seconds = seconds
        self._at = -1
        self._left = 0
        self._image: ImageArray | None = None
        self.skipped: list[MirrorError] = []

    def _open(self) -> None:
        self._at, self._left, self.skipped = -1, 0, []
        if not self._next():
            first = f" ({self.skipped[0]})" if self.skipped else ""
            raise MirrorError(f"source {self.name}: no picture in it can be read{first}; add JPEG files")

    def _close(self) -> None:
        self._image = None

    def _next(self) -> bool:
        """Read the next good picture; False when none is left."""
        while self._at + 1 < len(self._paths):
            self._at += 1
            try:
                image = read_picture(self._paths[self._at])
            except MirrorError as error:
                self.skipped.append(error)
                continue
            self._image = _camera_sized(image)
            rate = DEFAULT_FPS if math.isinf(self.fps) else self.fps
            self._left = max(1, round(self._seconds * rate))
            return True
        return False

    def _advance(self) -> bool:
        if self._left == 0 and not self._next():
            if not self.loop:
                return False
            self._at, self.skipped = -1, []
            if not self._next():
                return False
        self._left -= 1
        return True

    def _picture(self) -> ImageArray | None:
        return self._image


def _camera_sized(image: ImageArray) -> ImageArray:
    longest = max(image.shape[:2])
    if longest <= PICTURE_LONGEST_SIDE:
        return image
    scale = PICTURE_LONGEST_SIDE / longest
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
