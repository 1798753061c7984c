"""No thread of the live mirror allocates a large array for a frame: numpy tells tracemalloc of every one it makes,
also of those that last a moment, and cv2 and the nets hand out numpy arrays.

The three threads' own work is done here one after the other, frame by frame, with the real models on the demo clip, so
that every peak belongs to one stage. What the nets use inside themselves lies in arenas of their own.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import cv2
import pytest

from mirror.camera.capture import VideoCapture
from mirror.camera.opening import DEMO_CLIP
from mirror.camera.pool import PicturePool
from mirror.config import Settings
from mirror.domain import Frame, Look
from mirror.pipeline.display import DisplaySlot
from mirror.pipeline.frames import shrink
from mirror.pipeline.live import time_graphs
from mirror.pipeline.memory import ShopperMemory
from mirror.pipeline.pose_loop import PoseLoop
from mirror.pipeline.slow_loop import SlowLoop
from mirror.pipeline.telemetry import TelemetryRecord
from mirror.pipeline.view import View, filling
from mirror.recommend.sizes import estimate_sizes
from mirror.vision.suite import Vision

WARM, FRAMES = 45, 75
KIB = 1024
SMALL = 64 * KIB
ALLOWED: dict[str, int] = {
    # the silhouette outlives its frame (window and body reader hold it): 256 x 256 floats, once from the net and once
    # kept, three times a second
    "mask": 640 * KIB,
    # the garment's own pixels for its main colours, three times in a garment's life
    "embedding": 320 * KIB,
    # the head, 240 x 240 grey and what it was cut from, every two seconds and then rarer
    "face": 160 * KIB,
}
"""What stays, with its reason: none of it is for every frame."""

T = TypeVar("T")


@dataclass
class Peaks:
    """Most bytes above what was there before, by stage; of every run."""

    bytes: dict[str, list[int]] = field(default_factory=dict)

    def of(self, name: str, job: Callable[[], T]) -> T:
        if not tracemalloc.is_tracing():
            return job()
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        result = job()
        self.note(name, tracemalloc.get_traced_memory()[1] - before)
        return result

    def note(self, name: str, peak: int) -> None:
        self.bytes.setdefault(name, []).append(peak)


@pytest.fixture(scope="module")
def peaks() -> Iterator[Peaks]:
    cv2.setNumThreads(1)
    vision, memory, telemetry, seen = Vision.load(), ShopperMemory(consent="given"), TelemetryRecord(), Peaks()
    time_graphs(vision, telemetry)
    pose = PoseLoop(vision.pose, vision.people, memory, telemetry, people_every_s=1.0, forget_after_s=2.0)
    slow = SlowLoop(vision, memory, telemetry, Settings(), estimate_sizes=estimate_sizes, advise=lambda *_: Look())
    display, smalls = DisplaySlot(), PicturePool()
    capture = VideoCapture(str(DEMO_CLIP), cv2.CAP_FFMPEG, "the demo cannot be opened")
    shown = None
    warm: set[str] = set()  # a stage's first run loads tables of its own
    try:
        for number in range(WARM + FRAMES):
            if number == WARM:
                tracemalloc.start()
            at = number / 30
            # what the window asks for: filling it, then nearer, with a gap above her, and moving all the time
            display.set_view(moving_view(number))
            assert capture.grab()
            image = seen.of("read", capture.retrieve)
            assert image is not None
            analysis = seen.of("shrink", partial(shrink, Frame(image, number, at), smalls))
            seen.of("display", partial(display.write, image, number, at))
            if shown is not None:
                shown.release()
            shown = display.borrow()
            seen.of("pose", partial(pose.step, analysis))
            posed = pose.posed.get()
            while posed is not None:
                stage = seen.of("", partial(slow.step, posed, at))
                if stage is None:
                    break
                if stage in warm and number >= WARM:
                    seen.note(stage, seen.bytes[""][-1])
                warm.add(stage)
        yield seen
    finally:
        tracemalloc.stop()
        capture.release()


def moving_view(number: int) -> View:
    """A view of the demo's 720 x 1280 frames that never stands still."""
    view = filling(720, 1280, 1080, 1920)
    if number % 40 < 12:
        return view
    if number % 40 < 26:
        return view._replace(scale=view.scale * (1.1 + number % 40 / 500), ox=view.ox + number % 40)
    # nearer to the floor and smaller than the window: the camera thread fills what lies beyond the frame
    return view._replace(scale=view.scale * 0.94, ox=view.ox - 20, oy=view.oy + 90)


@pytest.mark.parametrize("stage", ["read", "shrink", "display", "pose"])
def test_what_happens_on_every_frame_allocates_no_large_array(peaks: Peaks, stage: str) -> None:
    assert len(peaks.bytes[stage]) == FRAMES
    assert max(peaks.bytes[stage]) <= SMALL


@pytest.mark.parametrize("stage", ["garments", "mask", "face", "embedding", "look"])
def test_what_happens_now_and_then_allocates_no_more_than_is_accounted_for(peaks: Peaks, stage: str) -> None:
    assert peaks.bytes.get(stage), f"{stage} never ran"
    assert max(peaks.bytes[stage]) <= ALLOWED.get(stage, SMALL)


def test_the_way_of_measuring_sees_an_array_that_lasts_a_moment() -> None:
    tracemalloc.start()
    try:
        seen = Peaks()
        seen.of("moment", lambda: cv2.resize(cv2.UMat(4, 4, cv2.CV_8UC3).get(), (400, 300)).mean())
    finally:
        tracemalloc.stop()
    assert seen.bytes["moment"][0] >= 400 * 300 * 3
