"""Smoothing against a known motion, and old results carried by a body that moves."""

from __future__ import annotations

import numpy as np
import pytest
from pipeline_world import figure

from mirror.domain import COCO_KEYPOINTS, Box, Garment, Mask, Pose
from mirror.pipeline.carry import carry_box, carry_mask, similarity
from mirror.pipeline.region import WANDER_SHARE, wandering
from mirror.pipeline.smoothing import PoseFilter
from mirror.pipeline.wardrobe import MOST_MISSES, Wardrobe

FPS = 30.0
TALL = 520.0


def walk(t: float) -> Pose:
    """Sways 60 px to either side in 2.5 s, as one who shifts her weight."""
    return figure(640 + 60 * np.sin(2 * np.pi * t / 2.5))


def noisy(pose: Pose, rng: np.random.Generator, sigma: float = 4.0) -> Pose:
    keypoints = pose.keypoints.copy()
    keypoints[:, :2] += rng.normal(0, sigma, (len(keypoints), 2))
    return Pose(keypoints, pose.names)


def errors_of(poses: list[Pose], truth: list[Pose]) -> float:
    """Mean distance in percent of the body's height."""
    gaps = [np.linalg.norm(p.keypoints[:, :2] - q.keypoints[:, :2], axis=1).mean()
            for p, q in zip(poses, truth, strict=True)]
    return 100 * float(np.mean(gaps)) / TALL


def test_the_filter_is_nearer_to_the_true_motion_than_the_raw_readings_and_jitters_less() -> None:
    rng = np.random.default_rng(1)
    times = [i / FPS for i in range(150)]
    truth = [walk(t) for t in times]
    raw = [noisy(pose, rng) for pose in truth]
    smooth_of = PoseFilter()
    smooth = [smooth_of.update(pose, t) for pose, t in zip(raw, times, strict=True)]
    assert errors_of(smooth[10:], truth[10:]) < 0.9 * errors_of(raw[10:], truth[10:])

    def jitter(poses: list[Pose]) -> float:
        x = np.array([p.keypoints[:, :2] for p in poses])
        return float(np.abs(np.diff(x, n=2, axis=0)).mean())

    assert jitter(smooth[10:]) < 0.7 * jitter(raw[10:])


def test_a_predicted_pose_is_nearer_than_the_old_one_a_frame_and_a_half_later() -> None:
    times = [i / FPS for i in range(150)]
    pose_filter = PoseFilter()
    predicted, old, truth = [], [], []
    for t in times:
        known = pose_filter.update(walk(t), t)
        if t > 0.5:
            predicted.append(pose_filter.at(t + 0.05))
            old.append(known)
            truth.append(walk(t + 0.05))
    assert errors_of(predicted, truth) < 0.6 * errors_of(old, truth)


@pytest.mark.parametrize("fps", [30.0, 60.0])
def test_the_trunk_is_steadied_by_all_keypoints_and_a_raised_arm_is_not_held_back(fps: float) -> None:
    rng = np.random.default_rng(2)
    wrist = COCO_KEYPOINTS.index("left_wrist")
    pose_filter = PoseFilter()
    behind, beside = [], []
    for i in range(round(3 * fps)):
        t = i / fps
        true = walk(t).keypoints.copy()
        true[wrist, 1] -= 0.35 * TALL * (1 - np.cos(2 * np.pi * np.clip(t - 1.5, 0, 0.5)))  # up within half a second
        known = pose_filter.update(noisy(Pose(true), rng, 2.5), t).keypoints
        off = np.linalg.norm(known[:, :2] - true[:, :2], axis=1)
        if 1.5 <= t < 2.0:
            behind.append(off[wrist])
        if t > 0.5:
            beside.append(np.delete(off, wrist).mean())
    assert max(behind) < 0.05 * TALL
    assert float(np.mean(beside)) < 0.6 * 2.5 * np.sqrt(np.pi / 2)  # what a raw reading is off


def test_prediction_stops_growing_and_never_goes_back_in_time() -> None:
    pose_filter = PoseFilter()
    for i in range(10):
        pose_filter.update(figure(600 + 10 * i), i / FPS)
    last = 9 / FPS
    far, farther = pose_filter.at(last + 1), pose_filter.at(last + 60)
    assert np.allclose(far.keypoints, farther.keypoints)
    assert np.allclose(pose_filter.at(last - 1).keypoints, pose_filter.at(last).keypoints)


def test_a_jump_is_taken_at_once_and_throws_nothing_beyond() -> None:
    pose_filter = PoseFilter()
    for i in range(5):
        pose_filter.update(figure(300), i / FPS)
    there = pose_filter.update(figure(900), 5 / FPS)
    assert np.allclose(there.keypoints[:, :2], figure(900).keypoints[:, :2])
    assert np.allclose(pose_filter.at(5 / FPS + 0.1).keypoints[:, :2], figure(900).keypoints[:, :2])


def test_a_crop_wanders_by_a_fiftieth_and_comes_back_to_its_middle_in_the_mean() -> None:
    region = Box(100, 50, 500, 450)
    crops = np.array([wandering(region, number) for number in range(200)])
    assert np.abs(crops - region).max() <= 1.5 * WANDER_SHARE * region.width + 1e-6
    assert np.abs(crops.mean(axis=0) - region).max() < 0.02 * WANDER_SHARE * region.width
    steps = np.hypot(*np.diff((crops[:, :2] + crops[:, 2:]) / 2, axis=0).T)
    assert steps.min() > 0.2 * WANDER_SHARE * region.width


def test_a_filter_that_was_reset_knows_nothing() -> None:
    pose_filter = PoseFilter()
    pose_filter.update(figure(300), 0.0)
    pose_filter.reset()
    with pytest.raises(ValueError, match="no pose"):
        pose_filter.at(0.0)


def test_a_similarity_recovers_shift_scale_and_turn_from_keypoints() -> None:
    before = figure(500)
    angle, scale = np.radians(7), 1.2
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = before.keypoints.copy()
    moved[:, :2] = moved[:, :2] @ turn.T + (80, -30)
    matrix = similarity(before, Pose(moved))
    assert matrix is not None
    assert np.allclose(matrix, np.column_stack([turn, (80, -30)]), atol=1e-3)


def test_a_box_and_a_mask_that_are_a_third_of_a_second_old_lie_where_the_body_is_now() -> None:
    then, now = figure(500, tall=500), figure(560, top=90, tall=540)
    matrix = similarity(then, now)
    assert matrix is not None
    carried = carry_box(Box(430, 170, 570, 335), matrix)
    scale = 540 / 500
    assert carried == pytest.approx(
        (560 + (430 - 500) * scale, 90 + 70 * scale, 560 + 70 * scale, 90 + 235 * scale), abs=1.0)
    mask = Mask(np.zeros((256, 256), np.float32), np.array([[0.4, 0, -100.0], [0, 0.4, -10.0]]))
    moved = carry_mask(mask, matrix)
    at_nose_then = mask.to_mask @ (500, 100, 1)
    at_nose_now = moved.to_mask @ (560, 90, 1)
    assert np.allclose(at_nose_then, at_nose_now, atol=0.3)


def test_no_similarity_from_too_few_points_or_an_absurd_change() -> None:
    blind = figure(500)
    keypoints = blind.keypoints.copy()
    keypoints[2:, 2] = 0
    assert similarity(Pose(keypoints), figure(500)) is None
    assert similarity(figure(500, tall=200), figure(500, tall=600)) is None


def test_one_false_find_is_no_garment_and_a_wavering_category_keeps_its_majority() -> None:
    wardrobe = Wardrobe()
    pose = figure(500)
    shirt = Box(430, 170, 570, 335)
    wardrobe.look([Garment("hat", Box(470, 60, 530, 100), 0.4), Garment("shirt", shirt, 0.8)], pose)
    for i in range(5):
        moved = figure(500 + 20 * (i + 1))
        name = "top" if i == 2 else "shirt"
        step = 20 * (i + 1)
        box = Box(shirt.x1 + step, shirt.y1, shirt.x2 + step, shirt.y2)
        wardrobe.look([Garment(name, box, 0.8)], moved)
    worn = wardrobe.garments(figure(600))
    assert [g.category for g in worn] == ["shirt"]
    assert worn[0].box == pytest.approx((530, 170, 670, 335), abs=1)


def test_a_garment_is_gone_after_three_looks_without_it() -> None:
    wardrobe = Wardrobe()
    pose = figure(500)
    for _ in range(2):
        wardrobe.look([Garment("shirt", Box(430, 170, 570, 335), 0.8)], pose)
    for _ in range(MOST_MISSES - 1):
        wardrobe.look([], pose)
        assert len(wardrobe.garments(pose)) == 1
    wardrobe.look([], pose)
    assert wardrobe.garments(pose) == ()


def test_a_garment_is_embedded_three_times_a_second_apart_and_the_mean_has_length_one() -> None:
    wardrobe = Wardrobe()
    pose = figure(500)
    times = []
    for step in range(60):
        now = step / 10
        wardrobe.look([Garment("shirt", Box(430, 170, 570, 335), 0.8)], pose)
        for worn in wardrobe.to_embed(now):
            row = np.zeros(4, np.float32)
            row[len(times)] = 1
            worn.take_embedding(row, ("#000000",), now)
            times.append(now)
    assert times == pytest.approx([0.1, 1.1, 2.1])
    embedding = wardrobe.garments(pose)[0].embedding
    assert embedding is not None
    assert float(np.linalg.norm(embedding)) == pytest.approx(1)
    assert embedding[:3] == pytest.approx([1 / np.sqrt(3)] * 3)
