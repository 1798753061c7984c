"""Skeletons of 17, 19, 26 and 33 keypoints, by whatever names, become the mirror's pose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mirror.domain import COCO_KEYPOINTS, MirrorError, Pose
from mirror.pipeline.carry import similarity
from mirror.pipeline.memory import ShopperMemory
from mirror.pipeline.smoothing import PoseFilter
from mirror.runtime.manifest import Manifest, ModelCard
from mirror.vision.full_body import full_body, seen_keypoints
from mirror.vision.pose import body_region, next_region
from mirror.vision.skeleton import SKELETONS, mirror_name, skeleton_of

ALPHAPOSE_26 = (
    "Nose", "LEye", "REye", "LEar", "REar", "LShoulder", "RShoulder", "LElbow", "RElbow", "LWrist", "RWrist", "LHip",
    "RHip", "LKnee", "RKnee", "LAnkle", "RAnkle", "Head", "Neck", "Hip", "LBigToe", "RBigToe", "LSmallToe",
    "RSmallToe", "LHeel", "RHeel",
)


def _card(labels: tuple[str, ...], **options: str) -> ModelCard:
    return replace(Manifest.load()["movenet-lightning"], name="net", labels=labels, options=options)


@pytest.mark.parametrize(("label", "name"), [
    ("LShoulder", "left_shoulder"), ("l_sho", "left_shoulder"), ("Left Shoulder", "left_shoulder"),
    ("shoulder_left", "left_shoulder"), ("left-shoulder", "left_shoulder"), ("lshoulder", "left_shoulder"),
    ("leftShoulder", "left_shoulder"), ("RBigToe", "right_big_toe"), ("mouth_left", "left_mouth"), ("Hip", "mid_hip"),
    ("LHip", "left_hip"), ("R_hip", "right_hip"), ("MidHip", "mid_hip"), ("pelvis", "mid_hip"), ("nose", "nose"),
    ("left_eye_inner", "left_eye_inner"), ("Head", "head"), ("REar", "right_ear"), ("rear", "right_ear"),
])
def test_a_keypoint_by_any_name_is_the_same_keypoint(label: str, name: str) -> None:
    assert mirror_name(label) == name


def test_alphaposes_26_names_are_halpes() -> None:
    assert skeleton_of(_card(ALPHAPOSE_26)).names == SKELETONS["halpe-26"]


@pytest.mark.parametrize("name", list(SKELETONS))
def test_the_17_come_first_whatever_their_order_in_the_net(name: str) -> None:
    own = SKELETONS[name]
    skeleton = skeleton_of(_card(tuple(reversed(own))))
    assert skeleton.names[:17] == COCO_KEYPOINTS
    assert set(skeleton.names) == set(own)
    found = np.array([[i, 2 * i, 0.5] for i in range(len(own))], np.float32)
    pose = Pose(skeleton.arranged(found), skeleton.names)
    for row, label in enumerate(reversed(own)):
        assert pose.point(label) == pytest.approx((row, 2 * row, 0.5))


def test_what_a_net_lacks_is_made_of_its_neighbours_or_named() -> None:
    noseless = tuple(n for n in SKELETONS["blazepose-33"] if n not in ("nose", "left_eye"))
    skeleton = skeleton_of(_card(noseless))
    found = np.zeros((31, 3), np.float32)
    found[noseless.index("left_eye_inner")] = (10, 20, 0.9)
    found[noseless.index("left_eye_outer")] = (14, 22, 0.4)
    pose = Pose(skeleton.arranged(found), skeleton.names)
    assert pose.point("left_eye") == pytest.approx((12, 21, 0.4))
    with pytest.raises(MirrorError, match=r"'net'.*left_knee, right_knee"):
        skeleton_of(_card(tuple(n for n in SKELETONS["halpe-26"] if "knee" not in n)))
    with pytest.raises(MirrorError, match=r"'LHip' and 'left_hip' both mean 'left_hip'"):
        skeleton_of(_card(("LHip", *COCO_KEYPOINTS)))


@pytest.mark.parametrize("name", list(SKELETONS))
def test_17_seen_are_a_full_body_only_with_head_hips_and_ankles_among_them(name: str) -> None:
    names = skeleton_of(_card((), skeleton=name)).names
    pose = Pose(np.full((len(names), 3), 0.9, np.float32), names)
    assert full_body(pose)
    pose.keypoints[names.index("left_ankle"), 2] = 0.1
    assert not full_body(pose)
    pose.keypoints[names.index("left_ankle"), 2] = 0.9
    pose.keypoints[names.index("left_ear"), 2] = 0.1
    assert full_body(pose) is (len(names) > 17)  # an ear under hair: another of the net's points stands in
    pose.keypoints[[i for i, n in enumerate(names) if n in COCO_KEYPOINTS[:5] or n == "head"], 2] = 0.1
    assert not full_body(pose)


def test_a_portrait_with_25_seen_points_is_no_full_body() -> None:
    names = skeleton_of(_card((), skeleton="blazepose-33")).names
    pose = Pose(np.full((33, 3), 0.9, np.float32), names)
    for i, name in enumerate(names):
        if any(part in name for part in ("knee", "ankle", "heel", "foot")):
            pose.keypoints[i, 2] = 0.05
    assert seen_keypoints(pose) >= 17
    assert not full_body(pose)


@pytest.mark.parametrize("name", list(SKELETONS))
def test_following_smoothing_and_memory_take_any_skeleton(name: str) -> None:
    names = skeleton_of(_card((), skeleton=name)).names
    rng = np.random.default_rng(1)
    points = np.column_stack([rng.uniform(200, 400, len(names)), rng.uniform(50, 650, len(names)),
                              np.full(len(names), 0.8)]).astype(np.float32)
    pose = Pose(points, names)
    moved = Pose(points + np.array([5, 3, 0], np.float32), names)
    smooth = PoseFilter()
    smooth.update(pose, 0.0)
    assert smooth.update(moved, 0.033).names == names
    matrix = similarity(pose, moved)
    assert matrix is not None
    assert matrix[:, 2] == pytest.approx([5, 3], abs=0.5)
    memory = ShopperMemory(consent="given")
    token = memory.begin()
    assert memory.posed(token, pose, 1, 0.0) is not None
    assert memory.recall(1, 0.0).full_body
    # the regions look at the 17 alone: toes and crown do not make another margin of the same body
    only = Pose(points[:17])
    assert next_region(pose) == next_region(only)
    assert body_region(pose) == body_region(only)
