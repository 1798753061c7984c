"""The real models on the packaged demo clip, frame by frame with the clip's own time: no thread, no waiting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import pytest

from mirror.camera.opening import DEMO_CLIP
from mirror.config import Settings
from mirror.domain import Frame, Garment, Look, Profile
from mirror.pipeline.frames import shrink
from mirror.pipeline.live import time_graphs
from mirror.pipeline.memory import ShopperMemory
from mirror.pipeline.pose_loop import PoseLoop
from mirror.pipeline.slow_loop import SlowLoop
from mirror.pipeline.state import CONSENT_STAGES, StageTiming
from mirror.pipeline.telemetry import TelemetryRecord
from mirror.recommend.sizes import estimate_sizes
from mirror.vision.suite import Vision

EVERY = 4
"""Every fourth frame: she moves little between two, and the test is four times as quick."""


@dataclass
class Visit:
    """What the clip led to."""

    frames: int
    followed: int
    full: int
    shoppers: int
    done: frozenset[str]
    profile: Profile
    categories: frozenset[str]
    advised: list[Sequence[Garment]]
    stages: Mapping[str, StageTiming]
    problems: dict[str, str]


@pytest.fixture(scope="module")
def visit() -> Visit:
    cv2.setNumThreads(1)
    vision, settings = Vision.load(), Settings()
    memory, telemetry = ShopperMemory(consent="given"), TelemetryRecord()
    time_graphs(vision, telemetry)
    advised: list[Sequence[Garment]] = []

    def advise(garments: Sequence[Garment], profile: Profile) -> Look:
        advised.append(garments)
        return Look()

    following = PoseLoop(vision.pose, vision.people, memory, telemetry, people_every_s=1.0, forget_after_s=2.0)
    slow = SlowLoop(vision, memory, telemetry, settings, estimate_sizes=estimate_sizes, advise=advise)
    capture = cv2.VideoCapture(str(DEMO_CLIP))
    rate = capture.get(cv2.CAP_PROP_FPS)
    seen = followed = full = shoppers = number = 0
    profile, done, categories = Profile(), frozenset[str](), frozenset[str]()
    while capture.grab():
        number += 1
        if number % EVERY:
            continue
        time = number / rate
        following.step(shrink(Frame(capture.retrieve()[1], number, time)))
        seen += 1
        recalled = memory.recall(number, time)
        if recalled.pose_number == number:
            followed += 1
            full += recalled.full_body
        shoppers = max(shoppers, recalled.shopper)
        posed = following.posed.get()
        if posed is not None and posed.analysis.frame.number == number:
            while slow.step(posed, time + 0.01) is not None:
                pass
        if memory.findings.profile.sizes:
            profile, done = memory.findings.profile, memory.findings.done
            categories |= {g.category for g in memory.findings.garments}
    capture.release()
    return Visit(
        seen, followed, full, shoppers, done, profile, categories, advised,
        telemetry.snapshot(recent=False).stages, slow.problems)


def test_one_person_is_followed_through_the_clip_from_head_to_foot(visit: Visit) -> None:
    assert visit.shoppers == 1
    assert visit.followed > 0.6 * visit.frames
    assert visit.full > 0.8 * visit.followed


def test_every_stage_gave_a_result_and_none_failed(visit: Visit) -> None:
    assert visit.problems == {}
    assert visit.done >= CONSENT_STAGES
    assert set(visit.stages) >= CONSENT_STAGES | {"people", "pose"}
    assert all(visit.stages[name].run > 0 for name in ("people", "pose", "mask", "garments", "embedding"))


def test_what_she_wears_is_steady_and_a_look_is_asked_for_only_when_it_changes(visit: Visit) -> None:
    assert len(visit.categories) >= 2
    worn = visit.advised[-1]
    assert len(worn) >= 2
    assert all(g.embedding is not None and g.colours for g in worn)
    assert len(visit.advised) < visit.frames / 4


def test_slow_stages_run_on_their_timers_not_on_every_frame(visit: Visit) -> None:
    seconds = visit.frames * EVERY / 30
    assert visit.stages["garments"].n <= seconds / 0.33 + 2
    assert visit.stages["face"].n <= seconds / 2.0 + 8
    assert visit.stages["pose"].n >= visit.followed


def test_age_gender_and_sizes_are_believed_with_a_spread(visit: Visit) -> None:
    age, female = visit.profile.age, visit.profile.female
    assert age is not None
    assert age.low < age.value < age.high
    assert female is not None
    assert 0 <= female <= 1
    for kind in ("tops", "bottoms"):
        assert sum(visit.profile.sizes[kind].values()) == pytest.approx(1, abs=0.02)  # type: ignore[index]
        assert 1 <= len(visit.profile.likely_sizes(kind)) <= 2  # type: ignore[arg-type]
