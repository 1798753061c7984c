"""The whole pipeline, threads and all, on a fake shop."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
from pipeline_world import FakeVision, PushedSource, World, as_in, figure, frame, number_of

from mirror.camera.opening import DEMO_CLIP, open_source
from mirror.config import PipelineSettings, PrivacySettings, Settings, ThreadSettings
from mirror.domain import (
    BodyShape,
    Box,
    Estimate,
    Face,
    Garment,
    ImageArray,
    Item,
    Look,
    MirrorError,
    Pose,
    Profile,
    Suggestion,
)
from mirror.pipeline.live import LivePipeline
from mirror.pipeline.stages import CAMERA, GOVERNOR, POSE, PRESENT, SLOW, THREADS
from mirror.pipeline.state import CONSENT_STAGES, MirrorState

QUICK = Settings(
    pipeline=PipelineSettings(
        people_every_s=0.05, body_every_s=0.05, garments_every_s=0.05, face_every_s=0.05, look_every_s=0.05,
        pose_wait_ms=150.0),
    privacy=PrivacySettings(consent="ask"),
)
PATIENT = replace(QUICK, pipeline=replace(QUICK.pipeline, people_every_s=60.0, pose_wait_ms=2000.0))
"""A picture waits for its pose through whatever else the machine is doing."""
CAMERA_PACE_S = 1 / 30
"""Faster than 40 a second, pictures wait for no pose: what a test pushes as fast as it can is no camera."""
ITEM = Item("1", "shirt", "shirt", ("M",), "unisex", "", 9.0, "EUR", "a.png", "")


class Shop:
    """A running pipeline, and a way to let frames pass until something is true."""

    def __init__(self, world: World, settings: Settings = QUICK, *, with_look: bool = True) -> None:
        self.world = world
        self.vision = FakeVision(world)
        self.source = PushedSource("pushed")
        self.advised: list[tuple[Sequence[Garment], Profile]] = []

        def advise(garments: Sequence[Garment], profile: Profile) -> Look:
            world.count("look")
            self.advised.append((garments, profile))
            return Look(similar=(Suggestion(ITEM, 0.9, "like your shirt", "shirt"),))

        self.pipeline = LivePipeline(
            self.source, self.vision, None, settings, advise=advise if with_look else None,
            sizes=lambda body, stature, female: {"tops": {"M": 1.0}})
        self.ready = threading.Event()
        self.pipeline.on_picture = self.ready.set
        self.states: list[MirrorState] = []

    def one(self) -> MirrorState:
        """One frame, painted as the window would."""
        self.ready.clear()
        self.source.push()
        assert self.ready.wait(5)
        picture = self.pipeline.display.borrow(again=True)
        assert picture is not None
        with picture:
            state = self.pipeline.state(picture)
            self.pipeline.painted(state)
        self.states.append(state)
        return state

    def until(self, condition: Callable[[MirrorState], bool], patience_s: float = 10.0) -> MirrorState:
        end = time.monotonic() + patience_s
        while time.monotonic() < end:
            state = self.one()
            if condition(state):
                return state
        pytest.fail(f"never came true; last state {self.states[-1]}")


@pytest.fixture
def open_shop() -> Iterator[Callable[..., Shop]]:
    shops: list[Shop] = []

    def make(world: World, settings: Settings = QUICK, **kwargs: bool) -> Shop:
        shop = Shop(world, settings, **kwargs)
        shops.append(shop)
        shop.pipeline.start()
        return shop

    yield make
    for shop in shops:
        shop.pipeline.stop()


def test_a_shopper_is_found_and_each_picture_shows_its_own_pose_in_frame_pixels(open_shop, alone: World) -> None:
    shop = open_shop(alone, PATIENT)
    shop.source.pace_s = CAMERA_PACE_S
    state = shop.until(lambda s: s.pose is not None)
    assert state.shopper == 1
    states = [shop.one() for _ in range(30)]
    own = [s for s in states if s.pose_frame_number == s.frame_number]
    assert len(own) >= 27, "the picture waits for its pose"
    pose = states[-1].pose
    assert pose is not None
    assert np.allclose(pose.keypoints[:, :2], figure(640).keypoints[:, :2], atol=2), "of the frame, not its half"
    assert states[-1].full_body
    assert states[-1].frontal
    assert states[-1].distance == "ok"
    assert states[-1].frame_size == (1280, 720)


def test_before_her_yes_only_people_and_pose_run_and_after_it_every_stage(open_shop, alone: World) -> None:
    shop = open_shop(alone)
    shop.until(lambda s: s.pose is not None)
    began = time.monotonic()
    shop.until(lambda s: time.monotonic() - began > 0.4)
    assert set(alone.calls) == {"people", "pose"}
    assert shop.states[-1].stages_done == {"people", "pose"}
    shop.pipeline.set_consent(True)
    state = shop.until(
        lambda s: s.stages_done >= CONSENT_STAGES and bool(s.profile.sizes) and len(s.garments) == 2
        and all(g.embedding is not None for g in s.garments))
    assert {g.category for g in state.garments} == {"shirt", "trousers"}
    assert state.profile.age is not None
    assert state.profile.female == pytest.approx(0.9)
    assert state.profile.likely_sizes("tops") == ("M",)
    assert state.look.similar[0].item is ITEM
    assert state.face is not None
    assert state.mask is not None
    assert [g.category for g in shop.advised[-1][0]]


def test_with_consent_off_nothing_but_pose_ever_runs(open_shop, alone: World) -> None:
    shop = open_shop(alone, replace(QUICK, privacy=PrivacySettings(consent="off")))
    shop.until(lambda s: s.pose is not None)
    shop.pipeline.set_consent(True)
    began = time.monotonic()
    shop.until(lambda s: time.monotonic() - began > 0.4)
    assert set(alone.calls) == {"people", "pose"}


def test_with_estimates_off_garments_are_seen_but_no_face_age_or_body(open_shop, alone: World) -> None:
    shop = open_shop(alone, replace(QUICK, privacy=PrivacySettings(consent="given", estimates=False)))
    shop.until(lambda s: "look" in s.stages_done and "mask" in s.stages_done)
    assert not {"face", "attributes", "body"} & set(alone.calls)
    assert shop.states[-1].profile == Profile()


def test_a_bmi_from_the_face_comes_only_after_her_yes_and_then_the_silhouette_is_not_asked(alone: World) -> None:
    shop = Shop(alone)

    class FaceBmi:
        def read(self, image: ImageArray, face: Face) -> BodyShape:
            alone.count("face_bmi")
            return BodyShape(0, 0, 0, 0, Estimate(24.0, 19.0, 29.0), "face")

    shop.vision.face_bmi = FaceBmi()
    shop.pipeline.start()
    try:
        shop.until(lambda s: s.pose is not None)
        began = time.monotonic()
        shop.until(lambda s: time.monotonic() - began > 0.3)
        assert "face_bmi" not in alone.calls
        shop.pipeline.set_consent(True)
        state = shop.until(lambda s: s.profile.body is not None and "mask" in s.stages_done)
        assert state.profile.body.source == "face"
        assert state.profile.likely_sizes("tops") == ("M",)
        assert "body" not in alone.calls
    finally:
        shop.pipeline.stop()


def test_when_she_takes_her_yes_back_everything_found_is_gone_at_once(open_shop, alone: World) -> None:
    shop = open_shop(alone)
    shop.until(lambda s: s.pose is not None)
    shop.pipeline.set_consent(True)
    shop.until(lambda s: "look" in s.stages_done)
    shop.pipeline.set_consent(False)
    state = shop.one()
    assert (state.garments, state.face, state.mask, state.look) == ((), None, None, Look())
    assert state.profile == Profile()
    assert state.shopper == 1
    began = time.monotonic()
    shop.until(lambda s: time.monotonic() - began > 0.1)  # a stage under way may end
    counts = dict(alone.calls)
    shop.until(lambda s: time.monotonic() - began > 0.4)
    assert {k: v for k, v in alone.calls.items() if k not in ("people", "pose")} == {
        k: v for k, v in counts.items() if k not in ("people", "pose")}


def test_who_is_gone_for_two_seconds_is_forgotten_and_the_next_one_must_be_asked_again(open_shop) -> None:
    gone = threading.Event()
    world = World(lambda number: [] if gone.is_set() else [figure(640)])
    settings = replace(QUICK, pipeline=replace(QUICK.pipeline, forget_after_s=0.3))
    shop = open_shop(world, settings)
    shop.until(lambda s: s.pose is not None)
    shop.pipeline.set_consent(True)
    shop.pipeline.declare(gender="women")
    shop.until(lambda s: "look" in s.stages_done)
    gone.set()
    state = shop.until(lambda s: s.shopper == 0)
    assert not state.consent
    assert (state.garments, state.look, state.profile, state.pose) == ((), Look(), Profile(), None)
    assert shop.pipeline._pose_loop.posed.get() is None, "her last frame is not kept"
    gone.clear()
    state = shop.until(lambda s: s.pose is not None)
    assert state.shopper == 2
    assert not state.consent
    assert shop.pipeline.memory.declared.gender is None


def test_a_short_gap_does_not_make_her_a_new_person(open_shop) -> None:
    gone = threading.Event()
    shop = open_shop(World(lambda number: [] if gone.is_set() else [figure(640)]))
    shop.until(lambda s: s.pose is not None)
    shop.pipeline.set_consent(True)
    gone.set()
    for _ in range(5):
        shop.one()
    gone.clear()
    state = shop.until(lambda s: s.pose_frame_number == s.frame_number)
    assert state.shopper == 1
    assert state.consent


def test_a_bystander_is_a_box_and_nothing_more(open_shop) -> None:
    shop = open_shop(World(lambda number: [figure(640), figure(1000, tall=450)]))
    shop.until(lambda s: s.pose is not None)
    shop.pipeline.set_consent(True)
    state = shop.until(lambda s: len(s.people) == 2 and s.crowd and "face" in s.stages_done)
    assert all(not p.pose.keypoints.any() for p in state.people)
    assert state.face is not None
    assert abs(state.face.box.centre[0] - 640) < 40
    boxes = sorted(p.box.centre[0] for p in state.people)
    assert boxes == pytest.approx([640, 1000], abs=30)


def test_slow_results_move_with_her(open_shop) -> None:
    at = {"x": 500.0}
    world = World(lambda number: [figure(at["x"])])
    settings = replace(QUICK, pipeline=replace(QUICK.pipeline, garments_every_s=60.0))
    shop = open_shop(world, settings)
    shop.until(lambda s: s.pose is not None)
    shop.pipeline.set_consent(True)
    shop.until(lambda s: world.calls.get("garments", 0) >= 1)
    shop.pipeline._slow_loop.schedule.hurry("garments")
    before = shop.until(lambda s: len(s.garments) == 2)
    for _ in range(30):
        at["x"] += 4
        shop.one()
    after = shop.until(lambda s: s.pose is not None and abs(s.pose.point("nose")[0] - at["x"]) < 3)
    moved = after.garments[0].box.centre[0] - before.garments[0].box.centre[0]
    assert moved == pytest.approx(120, abs=8)


def test_one_stage_that_fails_is_told_and_the_others_go_on(open_shop, alone: World) -> None:
    alone.fail["mask"] = RuntimeError("broken model")
    shop = open_shop(alone)
    shop.until(lambda s: s.pose is not None)
    shop.pipeline.set_consent(True)
    state = shop.until(lambda s: "look" in s.stages_done and s.notice != "")
    assert state.notice == "mask: RuntimeError: broken model"
    assert alone.calls["mask"] == 1, "it is not tried again at once"
    assert {g.category for g in state.garments} == {"shirt", "trousers"}


def test_a_pose_model_that_fails_leaves_a_mirror_that_shows_the_picture(open_shop, alone: World) -> None:
    alone.fail["pose"] = MirrorError("model 'movenet' failed")
    shop = open_shop(alone)
    state = shop.until(lambda s: s.notice != "")
    assert state.notice == "pose: model 'movenet' failed"
    assert state.pose is None
    number = state.frame_number
    assert shop.one().frame_number == number + 1


def test_a_camera_that_gives_nothing_is_lost_and_she_is_forgotten(open_shop, alone: World) -> None:
    settings = replace(
        QUICK, camera=replace(QUICK.camera, stale_after_s=0.1),
        pipeline=replace(QUICK.pipeline, forget_after_s=0.2))
    shop = open_shop(alone, settings)
    assert shop.pipeline.state().source_state == "opening"
    shop.until(lambda s: s.pose is not None)
    assert shop.states[-1].source_state == "live"
    for _ in range(20):
        shop.ready.clear()
        assert shop.ready.wait(5), "the window is told although no frame comes"
        state = shop.pipeline.state()
        if state.source_state == "lost" and state.shopper == 0:
            break
    assert state.source_state == "lost"
    assert "no fresh frame" in state.notice
    assert state.shopper == 0
    assert shop.until(lambda s: s.source_state == "live").notice == ""


def test_frames_of_another_size_in_between_do_no_harm(open_shop) -> None:
    seen: list[int] = []

    def people(number: int) -> list[Pose]:
        seen.append(number)
        return [figure(640)]

    shop = open_shop(World(people))
    shop.until(lambda s: s.pose is not None)
    for size in ((640, 480), (33, 17), (1280, 720)):
        shop.ready.clear()
        shop.source.push(size)
        assert shop.ready.wait(5)
    assert shop.one().notice == ""


def test_what_the_window_paints_is_counted_and_every_stage_is_timed(open_shop, alone: World) -> None:
    shop = open_shop(alone)
    shop.until(lambda s: s.pose is not None)
    shop.pipeline.set_consent(True)
    shop.until(lambda s: "look" in s.stages_done and "body" in s.stages_done)
    shop.pipeline.measure_anew()
    for _ in range(40):
        shop.one()
    told = shop.pipeline.measured()
    assert told.captured == 40
    assert told.displayed == 40
    assert told.dropped == 0
    assert told.own_pose > 0.9
    assert 0 < told.capture_to_paint.p50 < 150
    assert {"camera", "display", "pose"} <= set(told.stages)


def test_stopping_joins_every_thread_and_leaves_no_picture_of_her(alone: World) -> None:
    shop = Shop(alone)
    shop.pipeline.start()
    shop.until(lambda s: s.pose is not None)
    shop.pipeline.stop()
    assert not [t for t in threading.enumerate() if t.name.startswith("mirror-")]
    assert shop.pipeline.display.borrow(again=True) is None
    assert shop.pipeline._analysis.get() is None
    assert shop.pipeline._pose_loop.posed.get() is None
    assert shop.pipeline.state().shopper == 0
    shop.pipeline.stop()


def test_a_source_that_does_not_open_leaves_nothing_running(alone: World) -> None:
    shop = Shop(alone)

    def refuse() -> None:
        raise MirrorError("camera 0: there is no /dev/video0")

    shop.source._open = refuse  # type: ignore[method-assign]
    with pytest.raises(MirrorError, match="video0"):
        shop.pipeline.start()
    assert not [t for t in threading.enumerate() if t.name.startswith("mirror-")]


def test_the_fake_frames_carry_their_number() -> None:
    assert number_of(frame(300, 0.0).image) == 300


def test_the_skeleton_does_not_leap_to_a_passer_by_within_the_crop(open_shop) -> None:
    """The pose net goes over to somebody small behind her for some frames."""
    leap = threading.Event()
    shopper, behind = figure(640), figure(560, top=200, tall=230)
    world = World(lambda number: [shopper, behind])
    shop = open_shop(world, replace(QUICK, pipeline=replace(QUICK.pipeline, people_every_s=1.0)))
    reader = shop.vision.pose
    read = reader.read

    def distracted(image: np.ndarray, region: Box) -> Pose:
        pose = read(image, region)
        return as_in(image, behind) if leap.is_set() and pose.keypoints.any() else pose

    reader.read = distracted
    shop.until(lambda s: s.pose_frame_number == s.frame_number)
    leap.set()
    for _ in range(10):
        state = shop.one()
        if state.pose is not None:
            assert abs(state.pose.point("nose")[0] - 640) < 25
    leap.clear()
    state = shop.until(lambda s: s.pose_frame_number == s.frame_number)
    assert state.shopper == 1


def test_a_picture_waits_for_its_own_pose_but_never_longer_than_it_may(open_shop, alone: World) -> None:
    shop = open_shop(alone, PATIENT)
    shop.source.pace_s = CAMERA_PACE_S
    shop.until(lambda s: s.pose_frame_number == s.frame_number)
    reader = shop.vision.pose
    read, finish = reader.read, threading.Event()
    patience = [0.02]

    def unhurried(image: np.ndarray, region: Box) -> Pose:
        finish.wait(patience[0])
        return read(image, region)

    reader.read = unhurried
    own = [s.pose_frame_number == s.frame_number for s in (shop.one() for _ in range(10))]
    assert sum(own) >= 9
    patience[0] = 60.0
    late = shop.one()  # which fails when a pose that does not come holds the picture back
    assert late.pose_frame_number < late.frame_number
    assert late.pose is not None, "the pose is predicted meanwhile"
    finish.set()


def running(shop: Shop) -> bool:
    return shop.source._thread is not None


def unpushed(shop: Shop, source_state: str) -> MirrorState:
    """The state without a frame, as the window hears of it a few times a second."""
    for _ in range(50):
        state = shop.pipeline.state()
        if state.source_state == source_state or running(shop):
            return state
        shop.ready.clear()
        assert shop.ready.wait(5)
    pytest.fail(f"never {source_state}: {state.source_state}")


def test_a_resting_mirror_lets_the_camera_go_forgets_her_and_wakes_again(open_shop) -> None:
    shop = open_shop(World(lambda number: [figure(640)]))
    shop.until(lambda s: s.pose is not None)
    shop.pipeline.set_consent(True)
    shop.until(lambda s: bool(s.garments))
    shop.pipeline.rest(True)
    captured = shop.pipeline.source.captured
    state = unpushed(shop, "opening")
    assert (state.shopper, state.garments, state.pose) == (0, (), None)
    assert shop.pipeline.display.borrow() is None, "her last picture can still be shown"
    assert shop.pipeline.source.captured == captured
    shop.pipeline.rest(False)
    while not running(shop):
        unpushed(shop, "opening")
    state = shop.until(lambda s: s.source_state == "live" and s.pose is not None)
    assert shop.pipeline.source.captured > captured
    assert not state.consent, "she who wakes it is asked like anybody"


def test_a_camera_that_does_not_come_back_after_a_rest_is_told_and_tried_again(open_shop, monkeypatch) -> None:
    monkeypatch.setattr("mirror.pipeline.live.WAKE_AGAIN_S", 0.05)
    shop = open_shop(World(lambda number: [figure(640)]))
    shop.until(lambda s: s.pose is not None)
    shop.pipeline.rest(True)
    real, tries = shop.pipeline.source._open, []

    def unplugged() -> None:
        tries.append(1)
        if len(tries) < 3:
            raise MirrorError("source 0: cannot be opened; is the camera connected?")
        real()

    shop.pipeline.source._open = unplugged
    shop.pipeline.rest(False)
    state = unpushed(shop, "lost")
    assert state.notice == "source 0: cannot be opened; is the camera connected?"
    while not running(shop):
        unpushed(shop, "lost")
    shop.until(lambda s: s.source_state == "live" and s.pose is not None)
    assert len(tries) == 3


def test_on_two_cores_camera_and_pose_keep_apart_and_nobody_else_is_held() -> None:
    mine = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    if len(mine) < 2:
        pytest.skip("needs two cores, and a system that tells")
    first, second = sorted(mine)[:2]
    apart, free = (_cores_by_thread({first, second}, cores) for cores in ("apart", "free"))
    assert (apart[CAMERA], apart[PRESENT], apart[POSE]) == ({first}, {first}, {second})
    assert apart[SLOW] == apart[GOVERNOR] == {first, second}
    assert all(kept == {first, second} for kept in free.values())
    assert os.sched_getaffinity(0) == mine


def _cores_by_thread(allowed: set[int], cores: Literal["apart", "free"]) -> dict[str, set[int]]:
    """The cores that each thread of a pipeline may use which a thread with ``allowed`` has started."""
    kept: dict[str, set[int]] = {}

    def job() -> None:
        os.sched_setaffinity(0, allowed)
        settings = Settings(threads=ThreadSettings(cores=cores))
        ready = threading.Event()
        pipeline = LivePipeline(open_source(str(DEMO_CLIP), loop=True), FakeVision(World(lambda _: [])), None, settings)
        pipeline.on_picture = ready.set
        with pipeline:
            # the first wake-up may tell that nothing has come yet
            while pipeline.state().frame_number < 0:
                assert ready.wait(5)
                ready.clear()
            for thread in threading.enumerate():
                if thread.name in THREADS and thread.native_id is not None and thread.name.startswith("mirror-"):
                    kept[thread.name] = os.sched_getaffinity(thread.native_id)

    runner = threading.Thread(target=job, name="two-cores")
    runner.start()
    runner.join()
    return kept
