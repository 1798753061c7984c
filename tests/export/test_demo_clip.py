"""The committed demo clip, read as a user's machine reads it and looked at by the real models."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

import mirror.camera
from mirror.domain import Box, ImageArray, Pose
from mirror.runtime.manifest import Manifest
from mirror.runtime.session import Session
from mirror.vision.attributes import AttributeReader
from mirror.vision.face import FaceFinder
from mirror.vision.full_body import full_body
from mirror.vision.garments import GarmentDetector
from mirror.vision.pose import PoseReader, body_region, next_region

CLIP = Path(mirror.camera.__file__).with_name("demo.mp4")
LARGEST_BYTES = 6_000_000
STANDING = (4.6, 5.8, 7.0, 8.2, 9.3, 13.4, 15.2, 16.0, 17.3, 18.4, 19.6, 20.1)  # seconds at the mark
COMING = (2.2, 2.8, 3.4, 4.6)
EMPTY = (0.0, 0.8)
RIGHT_UP, LEFT_UP = (15.0, 15.2, 15.6, 16.0), 18.4
WANTED_SHARE = 0.8


@pytest.fixture(scope="module")
def frames() -> dict[float, ImageArray]:
    """The frames at the moments looked at, and the last one (key -1)."""
    moments = sorted({*STANDING, *COMING, *EMPTY, *RIGHT_UP, LEFT_UP})
    capture = cv2.VideoCapture(str(CLIP))
    rate, count = capture.get(cv2.CAP_PROP_FPS), round(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    wanted = {round(moment * rate): moment for moment in moments} | {count - 1: -1.0}
    found = {}
    for number in range(count):
        assert capture.grab(), f"frame {number} of {count} cannot be read"
        if number in wanted:
            ok, image = capture.retrieve()
            assert ok
            found[wanted[number]] = image
    capture.release()
    return found


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return Manifest.load()


@pytest.fixture(scope="module")
def poses(frames: Mapping[float, ImageArray], manifest: Manifest) -> dict[float, Pose]:
    """Her pose in each frame: found in the whole frame, then read once more in the region that gives."""
    reader = PoseReader(Session(manifest["movenet-lightning"]))
    found = {}
    for moment, image in frames.items():
        pose = reader.read(image, Box(0, 0, image.shape[1], image.shape[0]))
        region = next_region(pose)
        found[moment] = pose if region is None else reader.read(image, region)
    return found


def share(results: list[bool]) -> float:
    return sum(results) / len(results)


def test_the_clip_is_small_upright_and_at_camera_rate() -> None:
    capture = cv2.VideoCapture(str(CLIP))
    assert capture.isOpened()
    assert CLIP.stat().st_size <= LARGEST_BYTES
    assert (capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT)) == (720, 1280)
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(30.0)
    assert 20 <= capture.get(cv2.CAP_PROP_FRAME_COUNT) / 30 <= 26
    capture.release()


def test_the_clip_ends_in_the_empty_room_it_begins_with_so_that_it_loops(
    frames: Mapping[float, ImageArray], poses: Mapping[float, Pose]
) -> None:
    difference = cv2.absdiff(frames[0.0], frames[-1.0])
    assert float(difference.mean()) < 2.0
    assert not any(full_body(poses[moment]) for moment in (*EMPTY, -1.0))


def test_she_comes_nearer_until_she_stands_whole_and_centred(poses: Mapping[float, Pose]) -> None:
    boxes = [poses[moment].box() for moment in COMING]
    heights = [box.height for box in boxes if box is not None]
    assert len(heights) == len(COMING)
    assert all(later > 1.03 * earlier for earlier, later in pairwise(heights)), heights
    standing = boxes[-1]
    assert standing is not None
    assert abs(standing.centre[0] - 360) < 40
    # Eyes to ankles; with hair and soles she takes about 61 % of the height, what the mirror's layout asks for.
    assert 0.48 < standing.height / 1280 < 0.62


def test_the_full_body_is_found_where_she_stands(poses: Mapping[float, Pose]) -> None:
    assert share([full_body(poses[moment]) for moment in STANDING]) >= WANTED_SHARE


def test_her_face_is_found_and_read_as_an_adult(
    frames: Mapping[float, ImageArray], poses: Mapping[float, Pose], manifest: Manifest
) -> None:
    finder, reader = FaceFinder(), AttributeReader(Session(manifest["faceres"]))
    ages, frontal = [], []
    for moment in STANDING:
        face = finder.find(frames[moment], poses[moment])
        frontal.append(face is not None and face.frontal)
        if face is not None and face.frontal:
            ages.append(reader.read(frames[moment], face)[0].value)
    assert share(frontal) >= WANTED_SHARE
    assert 20 <= float(np.median(ages)) <= 45


def test_at_least_two_garments_are_found_on_her(
    frames: Mapping[float, ImageArray], poses: Mapping[float, Pose], manifest: Manifest
) -> None:
    detector = GarmentDetector(Session(manifest["garments"]))
    enough, trousers = [], []
    for moment in STANDING:
        region = body_region(poses[moment])
        assert region is not None
        kinds = {garment.category for garment in detector.detect(frames[moment], region)}
        enough.append(len(kinds) >= 2)
        trousers.append("trousers" in kinds)
    assert share(enough) >= WANTED_SHARE
    assert share(trousers) >= WANTED_SHARE


def test_she_holds_the_right_hand_over_the_shoulder_and_then_raises_the_left(poses: Mapping[float, Pose]) -> None:
    def above(moment: float, side: str) -> bool:
        return poses[moment].point(f"{side}_wrist")[1] < poses[moment].point(f"{side}_shoulder")[1]

    assert all(above(moment, "right") and not above(moment, "left") for moment in RIGHT_UP)
    assert above(LEFT_UP, "left")
    assert not above(LEFT_UP, "right")
    assert not above(7.0, "left")
    assert not above(7.0, "right")
