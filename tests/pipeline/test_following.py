"""Choosing one shopper, keeping her, and how she stands."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pipeline_world import SIZE, FakeVision, World, as_in, figure, frame, person

from mirror.domain import Box, ImageArray, Pose
from mirror.pipeline.frames import shrink
from mirror.pipeline.memory import ShopperMemory
from mirror.pipeline.pose_loop import PoseLoop
from mirror.pipeline.region import follow_region
from mirror.pipeline.stance import distance, frontality
from mirror.pipeline.telemetry import TelemetryRecord
from mirror.pipeline.tracker import MISSED_LOOKS, SWITCH_LOOKS, SWITCH_RATIO, ShopperChoice, choose_shopper


def box_of(pose: Pose):  # type: ignore[no-untyped-def]
    return person(pose).box


def test_the_larger_person_is_the_shopper_then_the_more_central_then_the_one_who_faces_the_mirror() -> None:
    near, far = person(figure(300, tall=600)), person(figure(900, tall=300))
    assert choose_shopper([far, near], SIZE) == 1
    side, middle = person(figure(150)), person(figure(650))
    assert choose_shopper([side, middle], SIZE) == 1
    away, facing = person(figure(500, turned=-1)), person(figure(780))
    assert choose_shopper([away, facing], SIZE) == 1
    with pytest.raises(ValueError, match="nobody"):
        choose_shopper([], SIZE)


def test_two_equal_neighbours_do_not_swap_and_one_look_of_a_better_one_changes_nothing() -> None:
    choice = ShopperChoice()
    a, b = figure(560), figure(720)
    shopper = box_of(a)
    for wobble in (-8, 6, -3, 9, 0):
        review = choice.review([person(figure(560 + wobble)), person(b)], shopper, SIZE, switch_at=SWITCH_RATIO)
        assert review.keep
    better = person(figure(640, top=60, tall=640))
    behind = person(figure(560, tall=300))
    for look in range(SWITCH_LOOKS - 1):
        assert choice.review([behind, better], behind.box, SIZE, switch_at=SWITCH_RATIO).keep, look
    assert choice.review([behind], behind.box, SIZE, switch_at=SWITCH_RATIO).keep
    assert choice.review([behind, better], behind.box, SIZE, switch_at=SWITCH_RATIO).keep, "the count began anew"


def test_a_clearly_better_person_takes_over_after_three_looks_but_never_once_she_consented() -> None:
    small, large = person(figure(300, tall=300)), person(figure(680, top=60, tall=640))
    choice = ShopperChoice()
    reviews = [choice.review([small, large], small.box, SIZE, switch_at=SWITCH_RATIO) for _ in range(SWITCH_LOOKS)]
    assert [r.keep for r in reviews] == [True, True, False]
    assert reviews[-1].successor is large
    choice = ShopperChoice()
    assert all(
        choice.review([small, large], small.box, SIZE, switch_at=math.inf).keep for _ in range(3 * SWITCH_LOOKS))


def test_a_second_person_as_near_is_a_crowd_and_a_passer_by_at_the_back_is_not() -> None:
    shopper = person(figure(640))
    choice = ShopperChoice()
    assert choice.review([shopper, person(figure(950, tall=450))], shopper.box, SIZE, switch_at=SWITCH_RATIO).crowd
    assert not choice.review([shopper, person(figure(950, tall=200))], shopper.box, SIZE, switch_at=SWITCH_RATIO).crowd


def test_a_track_on_a_coat_stand_ends_when_no_person_is_found_there_twice() -> None:
    choice = ShopperChoice()
    stand, other = box_of(figure(200)), person(figure(900))
    reviews = [choice.review([other], stand, SIZE, switch_at=math.inf) for _ in range(MISSED_LOOKS)]
    assert [r.keep for r in reviews] == [True, False]
    assert reviews[-1].successor is other


def test_who_comes_back_near_her_place_is_her_and_who_stands_elsewhere_is_not() -> None:
    choice = ShopperChoice()
    last = box_of(figure(640))
    back, other = person(figure(700)), person(figure(1100))
    assert choice.again([other, back], last) is back
    assert choice.again([other], last) is None
    assert choice.again([], last) is None


@pytest.mark.parametrize(("turned", "low", "high"), [(1.0, 0.9, 1.0), (0.45, 0.0, 0.45), (-1.0, 0.0, 0.0)])
def test_frontality_falls_as_she_turns_and_is_nothing_from_behind(turned: float, low: float, high: float) -> None:
    assert low <= frontality(figure(640, turned=turned)) <= high


def test_a_turned_head_is_not_frontal_although_the_shoulders_are() -> None:
    pose = figure(640)
    keypoints = pose.keypoints.copy()
    keypoints[pose.names.index("nose"), 0] = keypoints[pose.names.index("left_ear"), 0] + 2
    assert frontality(Pose(keypoints)) < 0.1


@pytest.mark.parametrize(
    ("top", "tall", "wanted"),
    [(100, 520, "ok"), (250, 250, "far"), (60, 900, "near"), (-60, 700, "near"), (15, 640, "ok")],
)
def test_distance_is_read_from_how_much_of_the_frame_she_fills(top: float, tall: float, wanted: str) -> None:
    pose = figure(640, top=top, tall=tall)
    keypoints = pose.keypoints.copy()
    outside = (keypoints[:, 1] < 0) | (keypoints[:, 1] > SIZE[1])
    keypoints[outside, 2] = 0.05  # a pose net is unsure of what it cannot see
    assert distance(Pose(keypoints), SIZE) == wanted


def test_the_region_holds_her_from_hair_to_soles_although_her_feet_are_not_seen() -> None:
    pose = figure(640)
    keypoints = pose.keypoints.copy()
    for name in ("nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_knee", "right_knee", "left_ankle",
                 "right_ankle"):
        keypoints[pose.names.index(name), 2] = 0.05
    region = follow_region(Pose(keypoints))
    assert region is not None
    assert region.y1 < 100 - 0.05 * 520
    assert region.y2 > 100 + 1.0 * 520
    assert follow_region(Pose(keypoints * np.array([1, 1, 0], np.float32))) is None


def test_a_crop_that_loses_her_boots_does_not_shrink_onto_her_face() -> None:
    """A reader that sees only what lies well inside the crop, as a pose net does."""
    truth = figure(640)
    region = follow_region(truth)
    for _ in range(60):
        assert region is not None
        keypoints = truth.keypoints.copy()
        x, y = keypoints[:, 0], keypoints[:, 1]
        margin = 0.06 * region.width
        inside = (x > region.x1 + margin) & (x < region.x2 - margin)
        inside &= (y > region.y1 + margin) & (y < region.y2 - margin)
        keypoints[~inside, 2] = 0.02
        keypoints[-2:, 2] = 0.02  # boots on a dark floor
        region = follow_region(Pose(keypoints))
    assert region is not None
    assert region.height > 520


def test_nothing_seen_gives_no_distance() -> None:
    assert distance(Pose(np.zeros((17, 3), np.float32)), SIZE) is None


@pytest.mark.parametrize("elsewhere", [True, False])
def test_one_frame_in_which_the_net_errs_costs_that_frame_alone_and_two_in_a_row_end_the_following(
    elsewhere: bool,
) -> None:
    world = World(lambda number: [figure(640)])
    vision, memory = FakeVision(world), ShopperMemory()
    read, erring = vision.pose.read, {10, 20, 21}

    def errs(image: ImageArray, region: Box) -> Pose:
        pose = read(image, region)
        if at in erring and pose.keypoints.any():
            return as_in(image, figure(560, top=200, tall=200)) if elsewhere else Pose(np.zeros((17, 3), np.float32))
        return pose

    vision.pose.read = errs  # type: ignore[method-assign]
    loop = PoseLoop(vision.pose, vision.people, memory, TelemetryRecord(), people_every_s=60.0, forget_after_s=2.0)
    own: set[int] = set()
    for at in range(40):
        loop.step(shrink(frame(at, 100 + at / 30)))
        recalled = memory.recall(at, 100 + at / 30)
        if recalled.pose is not None and recalled.pose_number == at:
            own.add(at)
        if at == 10:
            assert loop.following, "the next frame is waited for as ever"
        if at == 21:
            assert not loop.following
    missing = set(range(40)) - own
    assert {10, 20, 21} <= missing
    assert not missing & (set(range(1, 20)) - {10})
    assert max(missing) < 21 + 8, "and then she is found again"


def followed(memory: ShopperMemory) -> float:
    """Where she who is followed stands, in pixels from the left."""
    pose = memory.recall(-1, 0.0).pose
    return float("nan") if pose is None else float(pose.keypoints[0, 0])


def test_one_at_the_back_is_not_taken_for_the_shopper_whom_the_people_finder_misses() -> None:
    back, near = figure(380, top=200, tall=200), figure(640)
    vision, memory = FakeVision(World(lambda number: [back, near])), ShopperMemory(consent="given")
    vision.people.find = lambda image: [person(as_in(image, back), 0.4)]  # type: ignore[method-assign]
    loop = PoseLoop(vision.pose, vision.people, memory, TelemetryRecord(), people_every_s=60.0, forget_after_s=2.0)
    for at in range(5):
        loop.step(shrink(frame(at, 100 + at / 30)))
    assert followed(memory) == pytest.approx(640, abs=4)


@pytest.mark.parametrize("chose", [False, True])
def test_where_a_notice_is_the_consent_one_far_larger_takes_over_until_a_choice_is_made(chose: bool) -> None:
    back, near = figure(480, top=250, tall=240), figure(680, top=60, tall=600)
    there: list[Pose] = [back]
    vision, memory = FakeVision(World(lambda number: there)), ShopperMemory(consent="given")
    loop = PoseLoop(vision.pose, vision.people, memory, TelemetryRecord(), people_every_s=1.0, forget_after_s=2.0)
    for at in range(10):
        loop.step(shrink(frame(at, 100 + at / 30)))
    first = memory.shopper
    assert followed(memory) == pytest.approx(480, abs=4)
    if chose:
        memory.declare({"style": "smart"})
    there.append(near)
    for at in range(10, 10 + 30 * (SWITCH_LOOKS + 1)):
        loop.step(shrink(frame(at, 100 + at / 30)))
    assert followed(memory) == pytest.approx(480 if chose else 680, abs=4)
    assert (memory.shopper == first) is chose, "who takes over is somebody else: nothing is carried over"
