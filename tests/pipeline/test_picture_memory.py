"""The memory of frames: all of it is there after a few frames, and however slow the readers are no more is taken."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import numpy as np
import pytest
from pipeline_world import FakeVision, PushedSource, World, frame

from mirror.camera.pool import MOST
from mirror.config import PrivacySettings, Settings
from mirror.domain import Look
from mirror.pipeline.live import LivePipeline


class TurnedSource(PushedSource):
    """A camera that hangs upside down: what is handed on lies in the source's own pool."""

    def __init__(self) -> None:
        super().__init__("turned", rotate=180)

    def push(self, size: tuple[int, int] = (1280, 720)) -> None:
        upright = frame(self.captured, 0, size).image
        self._deliver(np.ascontiguousarray(upright[::-1, ::-1]), monotonic())


@dataclass
class Gate:
    """A reader's method that, once shut, waits inside until it is opened."""

    method: Callable[..., Any]
    shut: bool = False
    inside: threading.Event = field(default_factory=threading.Event)
    opened: threading.Event = field(default_factory=threading.Event)

    def __call__(self, *told: Any) -> Any:
        if self.shut:
            self.inside.set()
            assert self.opened.wait(30)
        return self.method(*told)


@dataclass
class Mirror:
    pipeline: LivePipeline
    source: TurnedSource
    pose: Gate
    slow: Gate
    ready: threading.Event = field(default_factory=threading.Event)

    def one(self) -> None:
        self.ready.clear()
        self.source.push()
        assert self.ready.wait(10)

    def until(self, event: threading.Event) -> None:
        end = monotonic() + 10
        while not event.is_set():
            assert monotonic() < end
            self.one()

    def made(self) -> tuple[int, int]:
        """Frames and small copies ever made."""
        return self.source._pool.made, self.pipeline._smalls.made


@pytest.fixture
def mirror(alone: World) -> Iterator[Mirror]:
    vision, source = FakeVision(alone), TurnedSource()
    pose, slow = Gate(vision.pose.read), Gate(vision.detect)
    vision.pose.read, vision.detect = pose, slow  # type: ignore[method-assign]
    settings = Settings(privacy=PrivacySettings(consent="given"))
    pipeline = LivePipeline(source, vision, None, settings, advise=lambda *_: Look())
    running = Mirror(pipeline, source, pose, slow)
    pipeline.on_picture = running.ready.set
    pipeline.start()
    yield running
    pose.opened.set()
    slow.opened.set()
    pipeline.stop()


def test_all_frame_memory_is_made_within_the_first_frames_though_no_reader_is_slow(mirror: Mirror) -> None:
    mirror.one()
    assert max(mirror.made()) < MOST, "the first picture does not wait for it"
    for _ in range(MOST):
        mirror.one()
    assert mirror.made() == (MOST, MOST)


def test_with_every_reader_inside_another_frame_nothing_more_is_made(mirror: Mirror) -> None:
    mirror.slow.shut = True
    mirror.until(mirror.slow.inside)
    posed = mirror.pipeline._pose_loop.posed
    before = posed.number
    while posed.number < before + 3:
        mirror.one()
    mirror.pose.shut = True
    mirror.until(mirror.pose.inside)
    for _ in range(3 * MOST):
        mirror.one()
    assert mirror.made() == (MOST, MOST)
