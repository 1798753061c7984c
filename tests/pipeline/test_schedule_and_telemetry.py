"""Which stage runs when, and that the figures are right."""

from __future__ import annotations

import numpy as np
import pytest

from mirror.pipeline.schedule import SLOWEST_S, Schedule
from mirror.pipeline.telemetry import TelemetryRecord, TimedSession


class Ticks:
    def __init__(self) -> None:
        self.now = 10.0

    def __call__(self) -> float:
        return self.now


def test_the_most_overdue_stage_runs_first_and_none_before_its_time() -> None:
    schedule = Schedule({"garments": 0.3, "mask": 0.3, "face": 2.0})
    allowed = {"garments", "mask", "face"}
    order = []
    for _ in range(3):
        stage = schedule.most_overdue(allowed, 0.0)
        assert stage is not None
        order.append(stage)
        schedule.ran(stage, 0.0)
    assert order == ["garments", "mask", "face"], "new: the table's order"
    assert schedule.most_overdue(allowed, 0.29) is None
    schedule.ran("garments", 0.2)
    assert schedule.most_overdue(allowed, 0.55) == "mask"
    assert schedule.most_overdue({"garments"}, 0.51) == "garments"
    schedule.ran("mask", 1.9)
    schedule.ran("garments", 1.9)
    assert schedule.most_overdue(allowed, 2.1) == "face"
    schedule.hurry("mask")
    assert schedule.most_overdue(allowed, 2.1) == "mask"


def test_turns_that_come_late_do_not_make_a_stage_rarer_and_a_pause_is_not_made_up_for() -> None:
    schedule = Schedule({"mask": 0.33})

    def runs(frames: range, free: float) -> list[float]:
        times = []
        for number in frames:
            now = number / 30 + free  # a posed frame thirty times a second, a little late
            if schedule.most_overdue({"mask"}, now) is not None:
                schedule.begins("mask", now)
                times.append(now)
        return times

    assert len(runs(range(1800), 0.011)) >= 180, "three times a second over a minute"
    after = runs(range(1950, 1980), 0.011)
    assert len(after) <= 4
    assert after[1] - after[0] >= 0.3, "no burst after five seconds without a frame"


def test_a_stage_that_failed_waits_longer() -> None:
    schedule = Schedule({"mask": 0.3})
    schedule.ran("mask", 0.0, wait=5.0)
    assert schedule.most_overdue({"mask"}, 5.2) is None
    assert schedule.most_overdue({"mask"}, 5.31) == "mask"


def test_stretched_stages_are_rarer_but_none_that_is_wished_oftener_falls_under_once_a_second() -> None:
    schedule = Schedule({"mask": 0.3, "face": 2.0})
    for stage in ("mask", "face"):
        schedule.ran(stage, 0.0)
    schedule.stretch = 1.5
    assert schedule.most_overdue({"mask"}, 0.44) is None
    assert schedule.most_overdue({"mask"}, 0.46) == "mask"
    schedule.stretch = 4.0
    assert schedule.most_overdue({"mask"}, SLOWEST_S - 0.01) is None
    assert schedule.most_overdue({"mask"}, SLOWEST_S + 0.01) == "mask"
    assert schedule.period("face") == 2.0, "rare as it is wished, no rarer"
    assert SLOWEST_S < 1


def test_a_stages_time_parts_into_before_in_and_after_the_graph() -> None:
    ticks = Ticks()
    record = TelemetryRecord(ticks)

    class Graph:
        label = "a"

        def run(self, feed: np.ndarray) -> tuple[np.ndarray, ...]:
            ticks.now += 0.005
            return (feed,)

    graph = TimedSession(Graph(), record)
    assert graph.label == "a"
    with record.stage("embedding"):
        for _ in range(2):
            ticks.now += 0.002
            graph.run(np.zeros(1))
        ticks.now += 0.001
    graph.run(np.zeros(1))  # outside a stage: counts for none
    timing = record.snapshot().stages["embedding"]
    assert (timing.pre, timing.run, timing.post) == pytest.approx((4, 10, 1))
    assert (timing.p50, timing.n) == (pytest.approx(15), 1)


def test_a_stage_that_raises_is_not_counted_as_a_run() -> None:
    record = TelemetryRecord(Ticks())
    with pytest.raises(ValueError, match="x"), record.stage("mask"):
        raise ValueError("x")
    assert "mask" not in record.snapshot().stages


def test_latency_overlay_age_and_own_pose_are_of_each_frames_first_paint() -> None:
    ticks = Ticks()
    record = TelemetryRecord(ticks)
    for number in range(10):
        captured = ticks.now
        record.captured(captured)
        ticks.now += 0.015
        own = number != 4
        pose_time = captured if own else captured - 0.033
        record.painted(number, captured, number if own else number - 1, pose_time, has_pose=True)
        ticks.now += 0.010
        record.painted(number, captured, number, captured, has_pose=True)  # a repaint
        ticks.now += 0.008333
    snapshot = record.snapshot()
    assert snapshot.displayed == 10
    assert snapshot.capture_to_paint.p50 == pytest.approx(15)
    assert snapshot.overlay_age.p99 > 40
    assert snapshot.own_pose == pytest.approx(0.9)
    whole = record.snapshot(recent=False)
    assert whole.fps_display == pytest.approx(30, rel=0.01)
    assert whole.fps_camera == pytest.approx(30, rel=0.01)
    record.clear()
    assert record.snapshot().displayed == 0


def test_what_happened_lately_is_of_the_window_and_counts_every_run() -> None:
    ticks = Ticks()
    record = TelemetryRecord(ticks)
    for number in range(60):
        ticks.now += 0.1
        record.ran("pose", ticks.now, 0.001, 0.005 if number < 50 else 0.020, 0.001)
        record.painted(number, ticks.now - (0.015 if number < 50 else 0.040), number, ticks.now, has_pose=True)
    record.ran("mask", ticks.now, 0.0, 0.5, 0.0)
    lately = record.lately(0.95)
    assert lately.runs["pose"] == lately.painted == 10
    assert lately.stage_ms == {"pose": pytest.approx(22)}, "one run of the mask tells nothing yet"
    assert lately.frame_ms == pytest.approx(40)
    assert lately.seconds == pytest.approx(6)
    record.clear()
    assert record.lately(1.0).frame_ms is None
