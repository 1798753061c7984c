"""A clock that costs no time, a camera made of a list, and a small real clip."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from mirror.camera.clock import Clock
from mirror.camera.source import Source
from mirror.domain import ImageArray

CLIP_FRAMES = 30
CLIP_FPS = 25.0


class FakeClock(Clock):
    """Waiting moves the clock on at once. ``waited`` lists every wait."""

    def __init__(self) -> None:
        self.time = 100.0
        self.waited: list[float] = []

    def now(self) -> float:
        return self.time

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        self.waited.append(seconds)
        self.time += max(0.0, seconds)
        return stop.is_set()


class ListCapture:
    """A camera that gives these pictures, then fails. ``period`` moves the clock at each grab."""

    def __init__(self, images: Sequence[ImageArray | None], clock: FakeClock, period: float = 0.1) -> None:
        self.images = list(images)
        self.clock = clock
        self.period = period
        self.released = False

    def grab(self) -> bool:
        self.clock.time += self.period
        return bool(self.images)

    def retrieve(self) -> ImageArray | None:
        return self.images.pop(0)

    def release(self) -> None:
        self.released = True


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Thirty frames at 25 a second, 96 x 64; frame i has the grey level 8 * i."""
    path = tmp_path / "clip.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), CLIP_FPS, (96, 64))
    assert writer.isOpened()
    for i in range(CLIP_FRAMES):
        writer.write(np.full((64, 96, 3), 8 * i, np.uint8))
    writer.release()
    return path


@pytest.fixture
def run_to_end() -> Iterator[Callable[[Source], None]]:
    """Start a source that ends of itself, and wait for that."""
    sources: list[Source] = []

    def run(source: Source) -> None:
        sources.append(source)
        source.start()
        thread = source._thread
        assert thread is not None
        thread.join(10)
        assert source.ended

    yield run
    for source in sources:
        source.stop()


@pytest.fixture
def make_capture(clock: FakeClock) -> Callable[[Sequence[ImageArray | None]], ListCapture]:
    return lambda images: ListCapture(images, clock)
