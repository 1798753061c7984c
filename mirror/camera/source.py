"""The contract of every source: a thread of its own, and only ever the newest frame."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable

import cv2

from mirror.camera.clock import Clock
from mirror.camera.pool import PicturePool
from mirror.domain import Frame, ImageArray, MirrorError

THREAD = "mirror-camera"
"""Every source's own thread; without the source's name, which may hold a path or a password."""

STOP_PATIENCE_S = 3.0
"""How long :meth:`Source.stop` waits for a driver that does not return; for that case it is a daemon thread."""

_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


class StaleFrame(MirrorError):
    """There is no fresh frame: the camera froze, was unplugged or has not begun. An old picture is not shown
    in its place."""


class Source(ABC):
    """Frames from somewhere. The buffer policy is: the newest frame replaces the one before it, always.

    ``live`` sources (cameras, streams) lose what nobody took; sources that are not live (files) come at their
    own rate, as a camera would, skip what is late, and end. Both are counted in ``dropped``.

    ``on_frame``, when set before :meth:`start`, is called on the source's thread with every frame before
    readers see it: work that must be done once per frame belongs there. What it raises ends the source with
    ``error``.
    """

    live: bool = True

    def __init__(self, name: str, *, rotate: int = 0, clock: Clock | None = None) -> None:
        if rotate not in (0, *_TURNS):
            raise MirrorError(f"source {name}: cannot rotate by {rotate} degrees; use 0, 90, 180 or 270")
        self.name = name
        self.on_frame: Callable[[Frame], None] | None = None
        self.captured = 0
        self.dropped = 0
        self.ended = False
        self.error: MirrorError | None = None
        self._rotate = rotate
        self._clock = clock or Clock()
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._stuck: threading.Thread | None = None
        self._frame: Frame | None = None
        self._pool = PicturePool()
        self._taken = True

    def start(self) -> None:
        """Open the source and start its thread.

        Raises:
            MirrorError: it cannot be opened; the line says why and the mend. Calling again may succeed.
        """
        if self._thread is not None:
            return
        if self._stuck is not None and self._stuck.is_alive():
            raise MirrorError(f"source {self.name}: its driver does not answer; unplug it, then start the mirror again")
        self._open()
        self._stopping.clear()
        self.ended = False
        self.error = None
        self._thread = threading.Thread(target=self._guarded, name=THREAD, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop and join the thread and close the source; the last frame is let go. Twice does nothing."""
        self._stopping.set()
        thread, self._thread = self._thread, None
        if thread is not None and thread is not threading.current_thread():
            thread.join(STOP_PATIENCE_S)
            self._stuck = thread if thread.is_alive() else None
        with self._changed:
            self._frame = None
            self._changed.notify_all()
        self._pool.clear()

    def read_latest(self, max_age: float) -> Frame:
        """The newest frame, at once.

        Raises:
            StaleFrame: it is older than ``max_age`` seconds, or there is none.
        """
        with self._changed:
            frame = self._frame
            if frame is not None and self._clock.now() - frame.time <= max_age:
                self._taken = True
                return frame
        if self.error is not None:
            raise StaleFrame(str(self.error))
        if frame is None:
            raise StaleFrame(f"source {self.name}: no frame yet; is the camera connected?")
        age = self._clock.now() - frame.time
        raise StaleFrame(f"source {self.name}: the last frame is {age:.1f} s old; check its cable")

    def wait_newer(self, number: int, timeout: float) -> Frame | None:
        """The newest frame with a number above ``number``; None when none came within ``timeout`` seconds, or
        the source has ended or was stopped."""
        with self._changed:
            self._changed.wait_for(
                lambda: self.ended or self._stopping.is_set() or self._has_newer(number), timeout)
            if not self._has_newer(number):
                return None
            self._taken = True
            return self._frame

    def _has_newer(self, number: int) -> bool:
        return self._frame is not None and self._frame.number > number

    def _guarded(self) -> None:
        try:
            self._run()
        except MirrorError as error:
            self.error = error
        except Exception as error:  # noqa: BLE001 - a dying thread must be seen by whoever waits for frames
            self.error = MirrorError(f"source {self.name}: {type(error).__name__}: {error}")
        finally:
            self._close()
            with self._changed:
                self.ended = True
                self._changed.notify_all()

    def _deliver(self, image: ImageArray, time: float) -> None:
        """Number the picture and make it the newest frame (called by subclasses on the source's thread)."""
        if self._rotate:
            height, width = image.shape[:2]
            turned = self._pool.take((height, width, 3) if self._rotate == 180 else (width, height, 3))
            cv2.rotate(image, _TURNS[self._rotate], dst=turned)
            image = turned
        frame = Frame(image, self.captured, time)
        self.captured += 1
        handled = self.on_frame is not None
        if self.on_frame is not None:
            self.on_frame(frame)
        with self._changed:
            if not self._taken:
                self.dropped += 1
            self._frame = frame
            self._taken = handled
            self._changed.notify_all()
        if self._rotate:
            self._pool.warm(image.shape)

    @abstractmethod
    def _open(self) -> None:
        """Open what frames come from, on the caller's thread; raise MirrorError when that fails."""

    @abstractmethod
    def _run(self) -> None:
        """Deliver frames until ``_stopping`` is set or nothing is left, on the source's own thread."""

    @abstractmethod
    def _close(self) -> None:
        """Close it again, on the source's thread."""
