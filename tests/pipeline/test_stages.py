"""The table of stages is what runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from pipeline_world import FakeVision, World, figure, frame

from mirror.camera.source import Source
from mirror.config import PipelineSettings, PrivacySettings, Settings
from mirror.domain import Look
from mirror.pipeline.frames import AnalysisFrame, PosedFrame, shrink
from mirror.pipeline.live import LivePipeline
from mirror.pipeline.memory import ShopperMemory
from mirror.pipeline.pose_loop import PoseLoop
from mirror.pipeline.slot import LatestSlot
from mirror.pipeline.slow_loop import SlowLoop
from mirror.pipeline.stages import CAMERA, SLOW, STAGES, TABLE, THREADS, WINDOW, fresh, periods
from mirror.pipeline.state import CONSENT_STAGES
from mirror.pipeline.telemetry import TelemetryRecord
from mirror.pipeline.trace import Trace

QUICK = PipelineSettings(
    people_every_s=0.05, body_every_s=0.05, garments_every_s=0.05, face_every_s=0.05, look_every_s=0.05)


class Pushed(Source):
    """Frames come when the test says so."""

    def _open(self) -> None:
        self.wanted = threading.Semaphore(0)

    def _close(self) -> None:
        pass

    def _run(self) -> None:
        while not self._stopping.is_set():
            if self.wanted.acquire(timeout=0.05):
                self._deliver(frame(self.captured, 0).image, time.monotonic())


@pytest.fixture(scope="module")
def traced() -> Iterator[tuple[LivePipeline, set[str]]]:
    """A pipeline in which every stage has run, and the names of the threads that it started."""
    before = {thread.ident for thread in threading.enumerate()}
    source = Pushed("pushed")
    pipeline = LivePipeline(
        source, FakeVision(World(lambda number: [figure(640)])), None,
        Settings(pipeline=QUICK, privacy=PrivacySettings(consent="given")), advise=lambda *_: Look(),
        sizes=lambda body, stature, female: {"tops": {"M": 1.0}})
    pipeline.telemetry.trace = Trace()
    shown = threading.Event()
    pipeline.on_picture = shown.set
    pipeline.start()
    try:
        started = {t.name for t in threading.enumerate() if t.ident not in before}
        end = time.monotonic() + 20
        while not pipeline.memory.findings.done >= CONSENT_STAGES and time.monotonic() < end:
            shown.clear()
            source.wanted.release()
            assert shown.wait(5)
            picture = pipeline.display.borrow(again=True)
            assert picture is not None
            with picture:
                began = pipeline.telemetry.now()
                state = pipeline.state(picture)
                pipeline.painted(state, pipeline.telemetry.now() - began)
        yield pipeline, started
    finally:
        pipeline.stop()


def test_every_stage_of_the_table_ran_and_no_other(traced: tuple[LivePipeline, set[str]]) -> None:
    assert set(traced[0].telemetry.snapshot().stages) == {stage.name for stage in TABLE}


def test_every_stage_ran_on_the_thread_that_the_table_says(traced: tuple[LivePipeline, set[str]]) -> None:
    trace = traced[0].telemetry.trace
    assert trace is not None
    rows = trace.document()["traceEvents"]
    names = {row["tid"]: row["args"]["name"] for row in rows if row["name"] == "thread_name"}
    seen = {(row["name"], names[row["tid"]]) for row in rows if row["ph"] == "X"}
    of_stages = {(name, thread) for name, thread in seen if name in STAGES}
    # the time from capture to frame is told, not traced as a stage ("read" is its span)
    assert of_stages == {(stage.name, stage.thread) for stage in TABLE if stage.name != "camera"}


def test_every_thread_that_is_started_is_declared(traced: tuple[LivePipeline, set[str]]) -> None:
    started = traced[1]
    assert CAMERA in started, "by its plain name: a source's may hold a path or a password"
    assert started <= set(THREADS) - {WINDOW}
    assert {stage.thread for stage in TABLE} <= started | {WINDOW}


def test_inputs_are_what_an_earlier_or_slower_stage_gives_and_names_are_unique() -> None:
    given = {stage.output for stage in TABLE} | {"source", "view", "small frame", "state"}
    assert {name for stage in TABLE for name in stage.inputs} <= given
    assert len(STAGES) == len(TABLE) == len({stage.output for stage in TABLE})


def test_what_describes_her_asks_first_and_runs_on_the_slow_thread() -> None:
    assert {s.name for s in TABLE if s.thread == SLOW} == CONSENT_STAGES == {s.name for s in TABLE if s.asks}


def test_the_config_replaces_the_wished_periods_and_the_table_gives_its_defaults() -> None:
    assert periods(PipelineSettings()) == {
        stage.name: stage.every_s for stage in TABLE if stage.thread == SLOW and stage.every_s is not None}
    assert STAGES["people"].every_s == PipelineSettings().people_every_s
    mine = periods(replace(PipelineSettings(), body_every_s=1.5))
    assert (mine["mask"], mine["garments"]) == (1.5, STAGES["garments"].every_s)


def test_no_stage_begins_on_a_frame_older_than_the_table_allows() -> None:
    world = World(lambda number: [figure(640)])
    vision, memory = FakeVision(world), ShopperMemory(consent="given")
    clock = [100.0]
    telemetry = TelemetryRecord(lambda: clock[0])
    pose = PoseLoop(vision.pose, vision.people, memory, telemetry, people_every_s=1.0, forget_after_s=2.0)
    told: list[int] = []
    late = STAGES["pose"].oldest_ms / 1000 + 0.01
    pose.step(shrink(frame(0, clock[0] - late)), told.append, now=clock[0])
    assert (world.calls, told) == ({}, [0]), "left out, and nobody waits for it"
    pose.step(shrink(frame(1, clock[0] - 0.01)), told.append, now=clock[0])
    pose.step(shrink(frame(2, clock[0])), told.append, now=clock[0])
    assert world.calls["pose"] >= 1
    slow = SlowLoop(
        vision, memory, telemetry, Settings(privacy=PrivacySettings(consent="given")),
        estimate_sizes=lambda *_: {}, advise=None)
    posed = pose.posed.get()
    assert isinstance(posed, PosedFrame)
    captured = posed.analysis.frame.time
    oldest = STAGES["garments"].oldest_ms / 1000
    assert fresh("garments", oldest - 0.001)
    assert slow.step(posed, captured + oldest + 0.01) is None
    assert slow.step(posed, captured + oldest - 0.01) == "garments"


def test_every_second_frame_only_is_read_when_the_governor_says_so_and_nobody_waits_for_the_others() -> None:
    world = World(lambda number: [figure(640)])
    vision, memory, telemetry = FakeVision(world), ShopperMemory(), TelemetryRecord()
    pose = PoseLoop(vision.pose, vision.people, memory, telemetry, people_every_s=1.0, forget_after_s=2.0)
    frames: LatestSlot[AnalysisFrame] = LatestSlot()
    stop = threading.Event()
    thread = threading.Thread(target=pose.run, args=(frames, stop))
    thread.start()

    def read(numbers: range) -> int:
        before = world.calls.get("pose", 0)
        for number in numbers:
            frames.put(shrink(frame(number, time.monotonic())))
            assert pose.wait_done(number, 5)
        return world.calls.get("pose", 0) - before

    try:
        read(range(4))
        assert pose.following
        assert read(range(4, 14)) == 10
        pose.every = 2
        assert read(range(14, 34)) == 10
    finally:
        stop.set()
        thread.join()
