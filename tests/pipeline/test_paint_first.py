"""A paint goes first: the slow thread begins its work on a frame when the window has painted it."""

from __future__ import annotations

import threading
import time

from pipeline_world import FakeVision, World, figure, frame

from mirror.config import PrivacySettings, Settings
from mirror.pipeline.display import FEW_FRAMES, PAINT_FIRST_S, PaintedFrame
from mirror.pipeline.frames import shrink
from mirror.pipeline.memory import ShopperMemory
from mirror.pipeline.pose_loop import PoseLoop
from mirror.pipeline.slow_loop import SlowLoop
from mirror.pipeline.telemetry import TelemetryRecord


def test_who_lets_a_paint_go_first_waits_for_it_and_not_for_a_window_that_paints_nothing() -> None:
    painted, over = PaintedFrame(), threading.Event()
    painted.tell(9)

    def wait() -> None:
        painted.wait(10, timeout=30)
        over.set()

    thread = threading.Thread(target=wait)
    thread.start()
    try:
        assert not over.wait(0.05)
        painted.tell(10)
        assert over.wait(5)
    finally:
        painted.tell(99)
        thread.join()
    begun = time.monotonic()
    for unpainted in (PaintedFrame(), painted):
        unpainted.wait(100 + FEW_FRAMES, timeout=30)
    assert time.monotonic() - begun < 5, "headless, or a window that is hidden"
    painted.wait(100, timeout=PAINT_FIRST_S)  # ends by itself


def test_a_slow_stage_begins_after_its_frame_was_painted() -> None:
    world = World(lambda number: [figure(640)])
    vision, memory, telemetry = FakeVision(world), ShopperMemory(consent="given"), TelemetryRecord()
    pose = PoseLoop(vision.pose, vision.people, memory, telemetry, people_every_s=1.0, forget_after_s=2.0)
    asked: list[int] = []
    seen: list[int] = []
    enough, stop = threading.Event(), threading.Event()

    def paint_first(number: int) -> None:
        asked.append(number)
        seen.append(sum(world.calls.get(stage, 0) for stage in ("garments", "mask", "face")))
        if len(asked) >= 3:
            enough.set()

    slow = SlowLoop(
        vision, memory, telemetry, Settings(privacy=PrivacySettings(consent="given")),
        estimate_sizes=lambda *_: {}, advise=None, paint_first=paint_first)
    thread = threading.Thread(target=slow.run, args=(pose.posed, stop))
    thread.start()
    try:
        number = 0
        until = time.monotonic() + 10
        while not enough.is_set() and time.monotonic() < until:
            pose.step(shrink(frame(number, time.monotonic())))
            number += 1
            time.sleep(0.02)
    finally:
        stop.set()
        thread.join()
    assert enough.is_set()
    assert asked == sorted(asked)
    assert seen[0] == 0, "nothing ran before the first frame was painted"
    assert seen[-1] > 0
