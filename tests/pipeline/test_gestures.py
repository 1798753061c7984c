"""Hands over time: what is a gesture, what is none, and how the ring fills. The figure is the benchmark's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.gesture_moves import (
    BOTH_UP,
    HABITS,
    HANG,
    QUIET,
    RAISED,
    Figure,
    Key,
    Noise,
    gesture_keys,
)
from mirror.domain import COCO_KEYPOINTS, Pose
from mirror.pipeline.gesture import HOLD_S, STOP_S, Gesture, GestureModel, Hands

FPS = 30.0
OPEN = RAISED["open"]


def play(
    keys: Sequence[Key], model: GestureModel | None = None, *, noise: Noise = QUIET, seed: int = 1, turned: float = 1.0,
    shopper: int = 1, start: float = 0.0,
) -> list[tuple[float, Hands]]:
    """Every reading of a figure that makes these moves."""
    model, figure = model or GestureModel(), Figure(np.random.default_rng(seed), 80.0, turned=turned)
    return [(start + i / FPS, model.see(figure.pose(keys, i / FPS, noise), start + i / FPS, shopper))
            for i in range(round(keys[-1].time * FPS))]


def said(readings: Sequence[tuple[float, Hands]]) -> list[tuple[str, str]]:
    return [(g.kind, g.side) for _, hands in readings for g in hands.gestures]


@pytest.mark.parametrize("way", sorted(RAISED))
@pytest.mark.parametrize("side", ["left", "right"])
def test_a_hand_raised_and_lowered_pages_its_way_and_a_held_one_chooses(side: str, way: str) -> None:
    for kind in ("page", "choose"):
        keys = gesture_keys((kind, side), way, np.random.default_rng(4))  # type: ignore[arg-type]
        assert said(play(keys)) == [(kind, side)]


@pytest.mark.parametrize("way", sorted(BOTH_UP))
def test_both_hands_up_stop_and_neither_pages(way: str) -> None:
    assert said(play(gesture_keys(("stop", "both"), way, np.random.default_rng(4)))) == [("stop", "both")]


@pytest.mark.parametrize("habit", sorted(HABITS))
@pytest.mark.parametrize("seconds", [0.5, 3.0])
def test_what_people_do_before_a_mirror_says_nothing(habit: str, seconds: float) -> None:
    right, left = (bend or HANG for bend in HABITS[habit])
    for a, b in ((right, left), (left, right)):
        keys = [Key(0.5), Key(1.1, a, b), Key(1.1 + seconds, a, b), Key(1.7 + seconds), Key(3.0 + seconds)]
        assert said(play(keys)) == []


def test_the_ring_fills_evenly_on_the_raised_hand_and_goes_when_it_chose() -> None:
    readings = play([Key(0.5), Key(1.0, OPEN), Key(4.0, OPEN)])
    fills = [hands.rings[0].fill for _, hands in readings if hands.rings]
    assert fills == sorted(fills)
    assert fills[0] < 0.05
    assert fills[-1] > 0.95
    assert np.diff(fills) == pytest.approx(1 / FPS / HOLD_S, abs=1e-6)
    ring = next(hands.rings[0] for _, hands in readings if hands.rings)
    assert ring.side == "right"
    assert ring.at[0] < 640, "her right hand is on the frame's left"
    chosen = next(time for time, hands in readings if hands.gestures)
    assert all(not hands.rings for time, hands in readings if time >= chosen), "one choice for one raised hand"


def test_both_rings_fill_while_both_hands_are_up() -> None:
    up = BOTH_UP["high"]
    readings = play([Key(0.5), Key(1.0, up, up), Key(3.0, up, up)])
    fills = [hands.rings[0].fill for _, hands in readings if len(hands.rings) == 2]
    assert len(fills) == pytest.approx(STOP_S * FPS, abs=2)
    assert fills == sorted(fills)


def test_a_second_hand_ends_the_ring_of_the_first_without_a_page() -> None:
    assert said(play([Key(0.5), Key(1.0, OPEN), Key(1.7, OPEN), Key(2.1, OPEN, HABITS["glasses"][0] or HANG),
                      Key(3.5)])) == []


def test_a_hand_that_goes_on_to_the_hair_does_not_page() -> None:
    hair = HABITS["hair at the side"][0] or HANG
    assert said(play([Key(0.5), Key(1.0, OPEN), Key(1.6, OPEN), Key(1.9, hair), Key(2.6, hair), Key(3.1),
                      Key(4.0)])) == []


def test_a_hand_that_was_up_when_she_was_found_says_nothing_until_it_was_down() -> None:
    assert said(play([Key(0.1, OPEN), Key(3.0, OPEN), Key(3.4), Key(4.5), Key(5.0, OPEN), Key(5.8, OPEN), Key(6.2),
                      Key(7.0)])) == [("page", "right")]


def test_short_gaps_and_flickering_scores_do_not_let_go() -> None:
    model, figure = GestureModel(), Figure(np.random.default_rng(1), 80.0)
    keys, heard = [Key(0.5), Key(1.0, OPEN), Key(3.5, OPEN)], []
    wrist = COCO_KEYPOINTS.index("right_wrist")
    for i in range(round(3.5 * FPS)):
        rows = figure.pose(keys, i / FPS, QUIET).keypoints.copy()
        if i % 7 in (0, 1):
            rows[wrist, 2] = 0.05
        heard += model.see(None if i % 11 == 5 else Pose(rows), i / FPS, 1).gestures
    assert heard == [Gesture("choose", "right")]


def test_a_lost_track_or_another_shopper_empties_the_ring() -> None:
    keys = [Key(0.5), Key(1.0, OPEN), Key(1.9, OPEN)]
    model = GestureModel()
    assert play(keys, model)[-1][1].rings
    assert model.see(None, 2.0, 1).rings, "one frame that was not read is no loss"
    assert not model.see(None, 2.6, 1).rings
    model = GestureModel()
    assert play(keys, model)[-1][1].rings
    pose = Figure(np.random.default_rng(1), 80.0).pose(keys, 1.8, QUIET)
    assert not model.see(pose, 2.0, 2).rings, "a bystander's hand is nobody's"
    assert not model.see(pose, 2.1, 0).rings


def test_hands_speak_only_when_she_faces_the_mirror() -> None:
    keys = gesture_keys(("choose", "right"), "open", np.random.default_rng(4))
    assert said(play(keys, turned=0.85)) == [("choose", "right")]
    assert said(play(keys, turned=0.45)) == []


def test_gestures_are_heard_through_the_nets_noise() -> None:
    noise = replace(QUIET, spread=np.full((17, 2), 0.03), scores=np.full(17, 0.5), flicker=0.07)
    rng = np.random.default_rng(5)
    wanted = [("page", "right"), ("choose", "left"), ("stop", "both"), ("page", "left"), ("choose", "right")] * 8
    heard = [said(play(gesture_keys(w, "open", rng), noise=noise, seed=i)) == [w]  # type: ignore[arg-type]
             for i, w in enumerate(wanted)]
    assert sum(heard) >= 38
