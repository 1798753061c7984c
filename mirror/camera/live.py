"""Cameras and streams: read without rest, keep the newest, come back after a loss."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mirror.camera.capture import Capture
from mirror.camera.clock import Clock
from mirror.camera.source import Source
from mirror.domain import ImageArray, MirrorError

REOPEN_WAITS_S = (0.5, 1.0, 2.0, 5.0)
"""Waits before each attempt to reopen; the last one is repeated for ever. A re-plugged USB camera is back
within a second or two; a stream's server is not to be hammered."""

FROZEN_AFTER_S = 2.0
"""Some drivers go on returning the last picture of an unplugged camera (opencv#5221). A sensor's noise makes
no two frames alike, so pictures that are the same for this long are none."""

FROZEN_LEAST_SPREAD = 4.0
"""Standard deviation of grey levels under which a picture may honestly repeat: a covered lens, a dark shop."""

SAMPLE_STEP = 16
"""Every 16th pixel of every 16th row is compared: some 3,600 of a 720p frame, in 10 us."""


class LiveSource(Source):
    """A camera or a stream behind a function that opens it."""

    live = True

    def __init__(
        self, name: str, opener: Callable[[], Capture], *, rotate: int = 0, clock: Clock | None = None,
        watch_frozen: bool = False,
    ) -> None:
        """``opener`` opens a fresh handle or raises MirrorError; ``watch_frozen`` for sensors, whose frames
        never repeat exactly."""
        super().__init__(name, rotate=rotate, clock=clock)
        self._opener = opener
        self._capture: Capture | None = None
        self._watch_frozen = watch_frozen
        self._sample: ImageArray | None = None
        self._sample_since = 0.0
        self.reopened = 0
        """How often the source was lost and found again."""

    def _open(self) -> None:
        self._capture = self._opener()

    def _close(self) -> None:
        capture, self._capture = self._capture, None
        if capture is not None:
            capture.release()

    def _run(self) -> None:
        while not self._stopping.is_set():
            if self._capture is None and not self._reopen():
                return
            failure = self._read_until_lost()
            if failure is None:
                return
            self.error = MirrorError(f"source {self.name}: {failure}; check cable and power, trying again")
            self._close()

    def _read_until_lost(self) -> str | None:
        """Deliver frames; returns what went wrong, or None when told to stop."""
        assert self._capture is not None
        self._sample = None
        while not self._stopping.is_set():
            if not self._capture.grab():
                return "no more frames come"
            time = self._clock.now()
            image = self._capture.retrieve()
            if image is None:
                return "a frame could not be decoded"
            if self._watch_frozen and self._is_frozen(image, time):
                return "the picture is frozen"
            self.error = None
            self._deliver(image, time)
        return None

    def _reopen(self) -> bool:
        """Try until it opens again (True) or the source is stopped (False)."""
        attempt = 0
        while True:
            wait = REOPEN_WAITS_S[min(attempt, len(REOPEN_WAITS_S) - 1)]
            if self._clock.wait(self._stopping, wait):
                return False
            attempt += 1
            try:
                self._open()
            except MirrorError as error:
                self.error = error
                continue
            self.reopened += 1
            return True

    def _is_frozen(self, image: ImageArray, time: float) -> bool:
        sample = image[::SAMPLE_STEP, ::SAMPLE_STEP]
        same = self._sample is not None and np.array_equal(sample, self._sample)
        if not same:
            self._sample, self._sample_since = sample.copy(), time
            return False
        return time - self._sample_since >= FROZEN_AFTER_S and float(sample.std()) >= FROZEN_LEAST_SPREAD
