"""What the governor does, second by second, on a clock of the test's."""

from __future__ import annotations

import itertools
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from pipeline_world import FakePose, FakeVision, PushedSource, World, figure, frame

from mirror.config import Settings
from mirror.pipeline.frames import shrink
from mirror.pipeline.gauge import Gauge
from mirror.pipeline.governor import (
    HEALTHY_S,
    LADDER,
    LONGEST_HEALTHY_S,
    NETS_END,
    RATES_END,
    SETTLE_S,
    TROUBLE_S,
    Governor,
    Reading,
    Rung,
)
from mirror.pipeline.heat import HOT_C, Heat, Thermometer
from mirror.pipeline.live import LivePipeline
from mirror.pipeline.memory import ShopperMemory
from mirror.pipeline.pose_loop import PoseLoop
from mirror.pipeline.stages import STAGES
from mirror.pipeline.telemetry import TelemetryRecord
from mirror.vision.suite import ModelNames, Vision

WELL = Reading(30, 30, 30, 17, {"pose": 8.0, "mask": 22.0})
LATE = replace(WELL, pose_fps=20.0)
HOPELESS = replace(WELL, pose_fps=10.0)
"""Late even where every second frame is read."""
HOT = replace(WELL, celsius=90.0)


class Day:
    """A governor observing once a second."""

    def __init__(self, governor: Governor | None = None) -> None:
        self.governor = governor or Governor()
        self.now = 0.0

    def pass_by(self, reading: Reading, seconds: float) -> list[int]:
        """The levels gone to."""
        levels = []
        for _ in range(round(seconds)):
            self.now += 1.0
            if self.governor.observe(reading, self.now) is not None:
                levels.append(self.governor.level)
        return levels

    def until_level(self, reading: Reading, level: int, most: float = 1000) -> float:
        began = self.now
        while self.governor.level != level:
            assert self.now - began < most, self.governor.state()
            self.pass_by(reading, 1)
        return self.now - began


def test_the_ladder_gives_up_rates_before_the_net_before_every_second_pose_and_never_the_display() -> None:
    stretches = [rung.stretch for rung in LADDER]
    assert stretches == sorted(stretches)
    assert list(dict.fromkeys(stretches)) == [1.0, 1.5, 2.0, 4.0]
    assert all(r.pose_every == 1 and not r.lighter_pose for r in LADDER[: RATES_END + 1])
    assert LADDER[RATES_END].stretch == 4.0
    assert [r.pose_every for r in LADDER[RATES_END + 1 :]] == [1, 2]
    assert not any("display" in name for name in vars(LADDER[0]))


def test_all_is_well_and_nothing_is_done() -> None:
    day = Day()
    assert day.pass_by(WELL, 600) == []
    assert (day.governor.state().level, day.governor.state().steps) == (0, ())


def test_trouble_that_lasts_goes_down_rung_by_rung_with_time_to_see_each_steps_effect() -> None:
    day = Day()
    assert day.pass_by(HOPELESS, TROUBLE_S) == []
    assert day.pass_by(HOPELESS, 60) == list(range(1, len(LADDER)))
    steps = day.governor.state().steps
    assert [step.name for step in steps] == [rung.name for rung in LADDER[1:]]
    assert all(b.at - a.at >= SETTLE_S for a, b in itertools.pairwise(steps))
    assert steps[0].reason == "pose 10.0 of 30.0 Hz"


def test_a_second_of_trouble_is_forgiven() -> None:
    day = Day()
    for _ in range(50):
        assert day.pass_by(LATE, 1) == []
        assert day.pass_by(WELL, 1) == []


def test_rungs_that_cannot_be_had_are_left_out_on_both_ways() -> None:
    day = Day(Governor(lambda rung: not (rung.lighter_pose and rung.pose_every == 1)))
    lighter = next(level for level, rung in enumerate(LADDER) if rung.lighter_pose and rung.pose_every == 1)
    assert lighter not in day.pass_by(HOPELESS, 60)
    assert day.governor.level == len(LADDER) - 1
    half = replace(WELL, pose_fps=15.0)
    assert lighter not in day.pass_by(half, HEALTHY_S + 2)
    assert day.governor.level == lighter - 1


def test_every_second_pose_is_compared_with_half_the_frames() -> None:
    day = Day()
    day.pass_by(HOPELESS, 60)
    half = replace(WELL, pose_fps=15.0)
    assert day.pass_by(half, HEALTHY_S - 2) == []
    assert day.pass_by(replace(half, pose_fps=13.0), 600) == [], "there is no rung below"


def test_the_way_back_takes_one_rung_at_a_time_and_lasting_health() -> None:
    day = Day()
    day.until_level(LATE, 3)
    assert day.pass_by(WELL, HEALTHY_S - 1) == []
    day.pass_by(LATE, 1)
    assert day.pass_by(WELL, HEALTHY_S) == [], "the count began anew"
    assert day.pass_by(WELL, 3 * HEALTHY_S + 3) == [2, 1, 0]
    assert day.governor.state().name == "full"


def test_after_a_climb_that_failed_the_next_one_waits_twice_as_long_and_a_good_one_forgives() -> None:
    day = Day()
    day.until_level(LATE, 1)
    waited = []
    for _ in range(8):
        waited.append(day.until_level(WELL, 0))
        day.until_level(LATE, 1)
    assert waited[0] <= HEALTHY_S + 1
    assert all(b == pytest.approx(2 * a, abs=2) for a, b in itertools.pairwise(waited[:5]))
    assert max(waited) <= LONGEST_HEALTHY_S + 1
    day.until_level(WELL, 0)
    day.pass_by(WELL, 2 * LONGEST_HEALTHY_S)
    day.until_level(LATE, 1)
    assert day.until_level(WELL, 0) <= HEALTHY_S + 1


@pytest.mark.parametrize("reading", [
    replace(WELL, display_fps=27.0), replace(WELL, frame_ms=80.0), HOPELESS, HOT, replace(WELL, throttled=True)])
def test_what_costs_the_picture_or_the_processor_goes_all_the_way(reading: Reading) -> None:
    day = Day()
    day.pass_by(reading, 80)
    assert day.governor.level == len(LADDER) - 1
    assert day.governor.state().reason


@pytest.mark.parametrize("name", ["mask", "camera", "paint"])
def test_a_stage_over_its_budget_makes_the_rates_fall_and_nothing_more(name: str) -> None:
    day = Day()
    over = replace(WELL, stage_ms={name: 2 * STAGES[name].budget_ms})
    day.pass_by(over, 200)
    assert day.governor.level == RATES_END
    assert day.governor.state().reason.startswith(name)


def test_a_pose_over_its_budget_also_takes_the_lighter_net() -> None:
    day = Day()
    day.pass_by(replace(WELL, stage_ms={"mask": 900.0, "pose": 2 * STAGES["pose"].budget_ms}), 200)
    assert day.governor.level == NETS_END > RATES_END
    assert day.governor.rung.lighter_pose
    assert day.governor.state().reason == "pose 50 of 25 ms"


def test_with_nobody_there_it_neither_falls_nor_climbs_but_heat_still_counts() -> None:
    day = Day()
    day.until_level(LATE, 2)
    nobody = replace(WELL, pose_fps=None)
    assert day.pass_by(nobody, 300) == []
    assert day.pass_by(replace(nobody, celsius=95.0), 5) == [3]


def test_a_processor_that_is_not_yet_cool_holds_the_rung() -> None:
    day = Day()
    day.until_level(HOT, 2)
    assert day.pass_by(replace(WELL, celsius=82.0), 100) == []
    assert day.pass_by(replace(WELL, celsius=70.0), 100)[-1] == 0
    assert day.governor.state().celsius == 70.0


def test_it_runs_once_a_second_until_it_is_told_to_stop() -> None:
    governor, acted = Governor(), []
    seconds = iter(range(100))

    class Stop(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            assert timeout == 1.0
            return len(acted) == 2

    now = [0.0]

    def read(at: float) -> Reading | None:
        now[0] = float(next(seconds))
        return None if now[0] < 2 else LATE

    governor.run(Stop(), read, acted.append, lambda: now[0])
    assert acted == [LADDER[1], LADDER[2]]


def test_a_rung_is_put_into_effect_in_the_pipeline_and_told_in_the_telemetry() -> None:
    pipeline = LivePipeline(
        PushedSource("pushed"), FakeVision(World(lambda number: [])), None, Settings(), advise=None)
    slow, pose = pipeline._slow_loop, pipeline._pose_loop
    pipeline._act(LADDER[-1])
    assert (slow.schedule.stretch, pose.lighter, pose.every, slow._nice) == (4.0, True, 2, 0)
    pipeline._act(LADDER[0])
    assert (slow.schedule.stretch, pose.lighter, pose.every, slow._nice) == (1.0, False, 1, 10)
    for at in range(3, 9):
        pipeline.governor.observe(HOT, float(at))
    told = pipeline.measured().governor
    assert told.level >= 1
    assert told.reason == "processor 90 of 85 °C"
    assert told.steps[-1].level == told.level
    slow.may_hurry = False
    offered = [pipeline._offers(rung) for rung in LADDER[1:]]
    assert offered == [False, True, True, True, False, True], "no privilege, and a pose reader with no lighter one"


def test_a_lighter_pose_reader_stands_in_when_it_is_offered_and_asked_for() -> None:
    heavy, light = World(lambda number: [figure(640)]), World(lambda number: [figure(640)])
    vision = FakeVision(heavy)
    vision.pose.lighter = FakePose(light)  # type: ignore[attr-defined]
    pose = PoseLoop(vision.pose, vision.people, ShopperMemory(), TelemetryRecord(), people_every_s=9, forget_after_s=2)
    for number in range(10):
        pose.lighter = number >= 5
        pose.step(shrink(frame(number, number / 30)))
    assert pose.lighter_offered
    assert (heavy.calls["pose"], light.calls["pose"]) == (5, 5)


def test_only_the_slow_pose_net_of_the_mirrors_own_has_a_lighter_one() -> None:
    quick, slow = Vision.load(), Vision.load(names=ModelNames(pose="movenet-thunder"))
    assert quick.pose.lighter is None
    assert slow.pose.lighter is not None
    assert slow.pose.lighter.session.card.name == "movenet-lightning"
    assert slow.pose.lighter.skeleton.names == slow.pose.skeleton.names
    assert [part.session.card.name for part in slow.pose.parts] == ["movenet-thunder", "movenet-lightning"]


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{text}\n", "ascii")


def test_a_platform_that_tells_no_heat_gives_none(tmp_path: Path) -> None:
    assert Thermometer(tmp_path / "thermal", tmp_path / "cpu").read() == Heat(None, HOT_C, None)


def test_the_hottest_processor_zone_counts_against_its_own_limit(tmp_path: Path) -> None:
    thermal = tmp_path / "thermal"
    for number, (kind, milli) in enumerate((("x86_pkg_temp", 71000), ("acpitz", 99000), ("soc-thermal", 66000))):
        put(thermal / f"thermal_zone{number}" / "type", kind)
        put(thermal / f"thermal_zone{number}" / "temp", str(milli))
    put(thermal / "thermal_zone0" / "trip_point_0_type", "passive")
    put(thermal / "thermal_zone0" / "trip_point_0_temp", "0")  # a placeholder
    put(thermal / "thermal_zone2" / "trip_point_1_type", "passive")
    put(thermal / "thermal_zone2" / "trip_point_1_temp", "70000")
    thermometer = Thermometer(thermal, tmp_path / "cpu")
    assert thermometer.read() == Heat(66.0, 67.0, None), "one degree below its limit; the other has fourteen"
    put(thermal / "thermal_zone2" / "temp", "not readable")
    assert thermometer.read() == Heat(71.0, HOT_C, None)


def test_a_cap_lowered_since_the_start_or_a_new_throttling_count_is_throttling(tmp_path: Path) -> None:
    cap = tmp_path / "cpu" / "cpufreq" / "policy0" / "scaling_max_freq"
    count = tmp_path / "cpu" / "cpu0" / "thermal_throttle" / "core_throttle_count"
    put(cap, "2000000")
    put(count, "7")
    thermometer = Thermometer(tmp_path / "thermal", tmp_path / "cpu")
    assert thermometer.read().throttled is False
    put(cap, "1500000")
    assert thermometer.read().throttled is True
    put(cap, "2000000")
    assert thermometer.read().throttled is False
    put(count, "9")
    assert [thermometer.read().throttled for _ in range(2)] == [True, False]


def test_the_gauge_counts_skipped_frames_too_and_judges_poses_only_of_one_who_was_there_all_the_time(
    tmp_path: Path,
) -> None:
    clock, frames = [100.0], [0]
    since: list[float | None] = [None]
    telemetry = TelemetryRecord(lambda: clock[0])
    gauge = Gauge(telemetry, lambda: frames[0], lambda: since[0], Thermometer(tmp_path, tmp_path))
    assert gauge.read(clock[0]) is None, "too young to count"
    readings = []
    for second in range(5):
        for _ in range(30):
            clock[0] += 1 / 30
            frames[0] += 1
            if frames[0] % 3:  # every third is skipped before it comes here
                telemetry.ran("pose", clock[0], 0.001, 0.006, 0.001)
                telemetry.painted(frames[0], clock[0] - 0.017, frames[0], clock[0], True)
        if second == 1:
            since[0] = clock[0]
        readings.append(gauge.read(clock[0]))
    assert readings[0] is None
    last = readings[-1]
    assert last is not None
    assert last.source_fps == pytest.approx(30, rel=0.02)
    assert last.display_fps == pytest.approx(20, rel=0.05)
    assert last.pose_fps == pytest.approx(20, rel=0.05)
    assert last.frame_ms == pytest.approx(17)
    assert last.stage_ms == {"pose": pytest.approx(8)}
    third = readings[2]
    assert third is not None
    assert third.pose_fps is None, "she came a second ago"
    clock[0] += 5
    for _ in range(3):
        clock[0] += 1
        still = gauge.read(clock[0])
    assert still is None, "no frame came: nothing to go by"


def test_a_rung_says_in_a_few_words_what_it_does() -> None:
    assert len({rung.name for rung in LADDER}) == len(LADDER)
    assert all(isinstance(rung, Rung) and 3 < len(rung.name) < 40 for rung in LADDER)
