"""The body reader on drawn figures whose breadths are known, with the real body-shape model."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from mirror.domain import COCO_KEYPOINTS, Box, FloatArray, Garment, Mask, Pose
from mirror.runtime.manifest import Manifest
from mirror.runtime.session import Session
from mirror.vision.body import FITTED, LOOSE, OUTER, BodyReader, wear_level
from mirror.vision.silhouette import measure

STATURE = 210.0  # mask pixels
SCALE = 3.0  # frame pixels per mask pixel
WOMAN = (0.2767, 0.1655, 0.1842, 0.2174)  # ANSUR II means: shoulder, chest, waist, hip over stature


@dataclass
class Figure:
    """A drawn person: four breadths over stature, arms hanging ("down") or lifted away ("away")."""

    breadths: tuple[float, float, float, float] = WOMAN
    arms: str = "away"
    lean: float = 0.0  # degrees
    shoulders: float = 0.20  # distance of the shoulder keypoints over stature
    hat: float = 0.0  # height over stature

    def draw(self) -> tuple[Mask, Pose]:
        def y(height: float) -> float:
            return 236 - height * STATURE

        def x(offset: float) -> float:
            return 128 + offset * STATURE

        shoulder, chest, waist, hip = (b / 2 for b in self.breadths)
        rows = [(0.83, 0.05), (0.81, shoulder * 0.8), (0.77, shoulder), (0.75, chest * 1.02), (0.726, chest),
                (0.68, chest), (0.64, waist), (0.602, waist), (0.57, waist), (0.52, hip), (0.506, hip), (0.46, hip)]
        image = np.zeros((256, 256), np.uint8)
        outline = [(x(b), y(h)) for h, b in rows] + [(x(-b), y(h)) for h, b in reversed(rows)]
        _fill(image, outline)
        _oval(image, (x(0), y(0.93)), 0.045 * STATURE, 0.07 * STATURE)
        if self.hat:
            _fill(image, [(x(-0.05), y(0.97)), (x(0.05), y(0.97)), (x(0.05), y(1 + self.hat)),
                          (x(-0.05), y(1 + self.hat))])
        for side in (-1, 1):
            _limb(image, (x(side * 0.06), y(0.5)), (x(side * 0.06), y(0.01)), 0.075 * STATURE)
        points = {"nose": (0.0, 0.915), "left_eye": (0.018, 0.93), "right_eye": (-0.018, 0.93),
                  "left_ear": (0.042, 0.922), "right_ear": (-0.042, 0.922)}
        clear = 0.055 if self.arms == "away" else 0.0
        for name, side in (("left", 1), ("right", -1)):
            start = (side * self.shoulders / 2, 0.81)
            elbow = (side * (max(shoulder - 0.02, waist + 0.028) + clear / 2), 0.63)
            wrist = (side * (max(abs(elbow[0]), hip + 0.026) + clear), 0.48)
            for a, b, thick in ((start, elbow, 0.055), (elbow, wrist, 0.048)):
                _limb(image, (x(a[0]), y(a[1])), (x(b[0]), y(b[1])), thick * STATURE)
            points.update({f"{name}_shoulder": start, f"{name}_elbow": elbow, f"{name}_wrist": wrist,
                           f"{name}_hip": (side * 0.055, 0.52), f"{name}_knee": (side * 0.06, 0.28),
                           f"{name}_ankle": (side * 0.06, 0.04)})
        turn = cv2.getRotationMatrix2D((128, 130), self.lean, 1.0)
        soft = cv2.GaussianBlur(cv2.warpAffine(image, turn, (256, 256)).astype(np.float32) / 255, (5, 5), 0)
        keypoints = np.ones((17, 3), np.float32)
        for i, name in enumerate(COCO_KEYPOINTS):
            dx, dy = points[name]
            keypoints[i, :2] = (turn @ np.array([x(dx), y(dy), 1.0])) * SCALE + (40, 25)
        to_mask = np.array([[1 / SCALE, 0, -40 / SCALE], [0, 1 / SCALE, -25 / SCALE]])
        return Mask(np.asarray(soft, np.float32), to_mask), Pose(keypoints)


def _fill(image: np.ndarray, outline: list[tuple[float, float]]) -> None:
    cv2.fillPoly(image, [np.round(np.array(outline) * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)


def _oval(image: np.ndarray, centre: tuple[float, float], width: float, height: float) -> None:
    angles = np.linspace(0, 2 * np.pi, 60)
    _fill(image, [(centre[0] + width * np.cos(a), centre[1] + height * np.sin(a)) for a in angles])


def _limb(image: np.ndarray, a: tuple[float, float], b: tuple[float, float], thick: float) -> None:
    along = np.subtract(b, a) / np.hypot(*np.subtract(b, a))
    beside = np.array([-along[1], along[0]]) * thick / 2
    _fill(image, [tuple(a + beside), tuple(b + beside), tuple(b - beside), tuple(a - beside)])


@pytest.fixture(scope="module")
def reader() -> BodyReader:
    return BodyReader(Session(Manifest.load()["body-shape"]))


def worn(*categories: str) -> list[Garment]:
    return [Garment(category, Box(0, 0, 9, 9), 0.9) for category in categories]


@pytest.mark.parametrize("figure", [
    Figure(), Figure(arms="down"), Figure(lean=7.0), Figure(lean=-5.0, arms="down"), Figure(hat=0.05), Figure(hat=0.12),
    Figure((0.30, 0.19, 0.22, 0.24)), Figure((0.24, 0.15, 0.15, 0.19), shoulders=0.17),
], ids=["away", "down", "leaning", "leaning, arms down", "in a hat", "in a hat cut off", "broad", "narrow"])
def test_breadths_are_measured_as_drawn_whatever_arms_lean_and_hat_do(figure: Figure) -> None:
    seen = measure(*figure.draw(), FITTED)
    assert seen is not None
    assert seen.stature_px == pytest.approx(STATURE, rel=0.03)
    assert (seen.shoulder, seen.waist, seen.hip) == pytest.approx(
        (figure.breadths[0], *figure.breadths[2:]), rel=0.13 if figure.arms == "away" else 0.15)
    # an arm that touches the chest hides its edge: rendered bodies measure how well it is guessed
    assert seen.chest == pytest.approx(figure.breadths[1], rel=0.2)


def test_a_bag_at_one_side_does_not_make_her_wide() -> None:
    mask, pose = Figure().draw()
    plain = measure(mask, pose, FITTED)
    bulged = mask.values.copy()
    bulged[118:150, 128:200] = 1.0
    seen = measure(Mask(bulged, mask.to_mask), pose, FITTED)
    assert plain is not None
    assert seen is None or seen.hip < 1.25 * plain.hip


@pytest.mark.parametrize("name", ["left_ankle", "right_hip", "left_knee"])
def test_nothing_is_measured_when_the_body_is_not_whole(name: str) -> None:
    mask, pose = Figure().draw()
    keypoints = pose.keypoints.copy()
    keypoints[COCO_KEYPOINTS.index(name), 2] = 0.05
    assert measure(mask, Pose(keypoints)) is None


def test_nothing_is_measured_when_she_stands_turned_away() -> None:
    assert measure(*Figure(shoulders=0.10).draw()) is None


def test_nothing_is_measured_in_an_empty_or_a_full_mask() -> None:
    mask, pose = Figure().draw()
    for value in (0.0, 1.0):
        assert measure(Mask(np.full((256, 256), value, np.float32), mask.to_mask), pose) is None


def test_nothing_is_measured_when_the_keypoints_lie_off_the_mask() -> None:
    mask, pose = Figure().draw()
    moved = pose.keypoints + np.array([900, 0, 0], np.float32)
    assert measure(mask, Pose(moved)) is None


def test_wear_level_is_the_outermost_layer_above_the_hips() -> None:
    assert wear_level(worn("trousers", "shoes")) is None
    assert wear_level(worn("top", "trousers")) == FITTED
    assert wear_level(worn("dress")) == FITTED
    assert wear_level(worn("shirt", "top")) == LOOSE
    assert wear_level(worn("top", "outerwear")) == OUTER


def test_the_average_woman_gets_the_average_bmi_and_girths(reader: BodyReader) -> None:
    body = reader.read(*Figure().draw(), worn("top", "trousers"), 1.0)
    assert body is not None
    assert body.source == "body"
    assert body.bmi.value == pytest.approx(25.5, abs=1.7)  # ANSUR II: mean of 1,986 women
    assert body.bmi.low < body.bmi.value < body.bmi.high
    girths = (body.chest_girth, body.waist_girth, body.hip_girth)
    for girth, mean in zip(girths, (0.582, 0.529, 0.627), strict=True):
        assert girth is not None
        assert girth.value == pytest.approx(mean, rel=0.07)
        assert girth.low < girth.value < girth.high


def test_a_broader_silhouette_gives_a_higher_bmi(reader: BodyReader) -> None:
    found = [
        reader.read(*Figure(tuple(b * f for b in WOMAN)).draw(), worn("top"), 1.0)  # type: ignore[arg-type]
        for f in (0.88, 1.0, 1.12)
    ]
    values = [body.bmi.value for body in found if body is not None]
    assert len(values) == 3
    assert values[1] - values[0] > 1.5
    assert values[2] - values[1] > 1.5


def test_the_same_silhouette_in_a_coat_is_a_slimmer_body_less_surely(reader: BodyReader) -> None:
    scene = Figure().draw()
    fitted, coat, unknown = (reader.read(*scene, worn(*w), 1.0) for w in (("top",), ("outerwear",), ()))
    assert fitted is not None
    assert coat is not None
    assert unknown is not None
    assert coat.bmi.value < unknown.bmi.value < fitted.bmi.value
    assert coat.bmi.high / coat.bmi.low > fitted.bmi.high / fitted.bmi.low


def test_an_absurd_input_still_gives_a_bounded_answer(reader: BodyReader) -> None:
    for ratio in (0.0, 0.05, 1.0, 9.0):
        row: FloatArray = np.array([[ratio] * 5 + [0.5, 0.0, 0.0, 0.0, 1.0, ratio]], np.float32)
        values = reader.session.run(row)[0]
        assert np.isfinite(values).all()
        assert (values > 0).all()
