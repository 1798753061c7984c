"""cv2.VideoCapture, quiet, with its failures told in words."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Protocol

import cv2
import numpy as np

from mirror.camera.pool import PicturePool
from mirror.domain import ImageArray, MirrorError

# decoders write their own lines to stderr; ours say the same in one (read by OpenCV at the first capture)
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "2")


class Capture(Protocol):
    """What the sources need of a capture; tests give them tiny fakes."""

    def grab(self) -> bool:
        """Take the next frame without decoding it; False: nothing more, or the device failed."""

    def retrieve(self) -> ImageArray | None:
        """Decode the grabbed frame as BGR uint8 (h, w, 3)."""

    def release(self) -> None:
        """Close it."""


class VideoCapture:
    """A :class:`Capture` over OpenCV.

    Raises:
        MirrorError: ``failure`` as its text, when OpenCV cannot open the target.
    """

    def __init__(self, target: str | int, backend: int, failure: str, options: Sequence[int] = ()) -> None:
        logging = cv2.utils.logging
        level = logging.getLogLevel()
        logging.setLogLevel(logging.LOG_LEVEL_SILENT)
        try:
            self._capture = cv2.VideoCapture(target, backend, list(options))
        except cv2.error:
            self._capture = cv2.VideoCapture()
        finally:
            logging.setLogLevel(level)
        if not self._capture.isOpened():
            self._capture.release()
            raise MirrorError(failure)
        self._pool = PicturePool()
        self._shape: tuple[int, ...] | None = None

    def grab(self) -> bool:
        if self._shape is not None:  # the picture is still to come: there is time
            self._pool.warm(self._shape)
        return bool(self._capture.grab())

    def retrieve(self) -> ImageArray | None:
        # decoded into memory that is used again as soon as nobody holds the picture that was in it
        spare = None if self._shape is None else self._pool.take(self._shape)
        ok, image = self._capture.retrieve(spare)
        if not ok or image is None or image.size == 0:
            return None
        self._shape = image.shape
        if image.ndim == 2:
            image = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
        return np.asarray(image, np.uint8)

    def property(self, number: int) -> float:
        """A cv2.CAP_PROP_* value; 0 when the backend does not know it."""
        return float(self._capture.get(number))

    def rewind(self) -> bool:
        """Go back to the first frame."""
        return bool(self._capture.set(cv2.CAP_PROP_POS_FRAMES, 0))

    def release(self) -> None:
        self._capture.release()
        self._pool.clear()


def has_gstreamer() -> bool:
    """Whether this OpenCV was built with GStreamer (the wheels from PyPI are not)."""
    return bool(cv2.videoio_registry.hasBackend(cv2.CAP_GSTREAMER))
