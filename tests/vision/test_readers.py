"""The readers on a real face: a public-domain portrait of an astronaut (512x512, ships with scikit-image)."""

from __future__ import annotations

import numpy as np
import pytest

from mirror.domain import Box, Face, Pose
from mirror.runtime.manifest import Manifest
from mirror.runtime.session import Session
from mirror.vision.attributes import AttributeReader
from mirror.vision.decoders.faceres import age_estimate, centred
from mirror.vision.face import FaceFinder, head_box
from mirror.vision.full_body import full_body
from mirror.vision.mask import MaskReader
from mirror.vision.people import PeopleFinder
from mirror.vision.pose import PoseReader, next_region


@pytest.fixture(scope="module")
def astronaut() -> np.ndarray:
    skimage = pytest.importorskip("skimage.data", reason="scikit-image carries the portrait")
    return np.ascontiguousarray(skimage.astronaut()[:, :, ::-1])


def _session(name: str) -> Session:
    return Session(Manifest.load()[name])


@pytest.fixture(scope="module")
def pose(astronaut: np.ndarray) -> Pose:
    people = PeopleFinder(_session("movenet-multipose")).find(astronaut)
    assert len(people) == 1
    region = next_region(people[0].pose)
    assert region is not None
    return PoseReader(_session("movenet-lightning")).read(astronaut, region)


def test_the_pose_puts_the_nose_on_the_nose_and_left_on_her_left(pose: Pose) -> None:
    x, y, score = pose.point("nose")
    assert score > 0.4
    assert (x, y) == (pytest.approx(222, abs=20), pytest.approx(110, abs=20))
    assert pose.point("left_eye")[0] > pose.point("right_eye")[0]
    assert pose.point("left_shoulder")[0] > pose.point("right_shoulder")[0] + 80


def test_a_portrait_is_not_a_full_body(pose: Pose) -> None:
    assert not full_body(pose)


def test_seventeen_seen_keypoints_are_a_full_body_and_sixteen_are_not() -> None:
    points = np.full((17, 3), 0.9, np.float32)
    assert full_body(Pose(points))
    points[16, 2] = 0.1
    assert not full_body(Pose(points))


def test_dlib_finds_the_face_on_the_head_of_the_pose(astronaut: np.ndarray, pose: Pose) -> None:
    face = FaceFinder().find(astronaut, pose)
    assert face is not None
    assert face.frontal
    assert face.box.iou(Box(170, 60, 275, 175)) > 0.5


def test_a_head_without_a_frontal_face_is_not_called_frontal(astronaut: np.ndarray, pose: Pose) -> None:
    hidden = astronaut.copy()
    hidden[40:200, 150:300] = 127
    face = FaceFinder().find(hidden, pose)
    assert face is not None
    assert not face.frontal


def test_attributes_of_the_portrait_are_hers(astronaut: np.ndarray) -> None:
    reader = AttributeReader(_session("faceres"))
    age, female = reader.read(astronaut, Face(Box(175, 65, 270, 170), frontal=True))
    assert female > 0.6
    assert 22 <= age.value <= 55
    assert age.low < age.value < age.high


def test_a_threshold_off_the_middle_becomes_the_middle() -> None:
    assert centred(0.6, 0.6) == pytest.approx(0.5)
    assert centred(0.5, 0.6) == pytest.approx(0.4)
    assert centred(0.9, 0.5) == pytest.approx(0.9)


def test_the_age_spread_holds_four_fifths_of_the_distribution() -> None:
    bins = np.exp(-0.5 * ((np.arange(100) - 40) / 12.0) ** 2)
    age = age_estimate((bins / bins.sum()).astype(np.float32))
    assert age.value == pytest.approx(40, abs=1)
    assert age.low == pytest.approx(40 - 1.28 * 12, abs=1.5)
    assert age.high == pytest.approx(40 + 1.28 * 12, abs=1.5)


def test_the_mask_covers_the_face_and_not_the_corner(astronaut: np.ndarray) -> None:
    mask = MaskReader(_session("blazepose-full")).read(astronaut, Box(0, 0, 512, 512))
    assert mask is not None
    for point, inside in (((222, 110), True), ((250, 400), True), ((20, 30), False)):
        x, y = mask.to_mask @ np.array([*point, 1.0])
        assert bool(mask.values[round(y), round(x)] > 0.5) is inside


@pytest.mark.parametrize("image", [
    np.zeros((1, 1, 3), np.uint8), np.full((720, 1280, 3), 128, np.uint8),
    np.random.default_rng(3).integers(0, 255, (480, 640, 3), np.uint8),
], ids=["one pixel", "grey", "noise"])
def test_nobody_is_found_where_nobody_is(image: np.ndarray) -> None:
    assert PeopleFinder(_session("movenet-multipose")).find(image) == []


def test_a_pose_without_a_head_has_no_head_box() -> None:
    points = np.full((17, 3), 0.9, np.float32)
    points[:5, 2] = 0.0
    assert head_box(Pose(points)) is None
