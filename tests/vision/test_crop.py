"""Crops: what goes into a model is where the letterbox says it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mirror.domain import Box
from mirror.runtime.manifest import Manifest
from mirror.vision.crop import CropTensor, fit_aspect


@pytest.fixture(scope="module")
def card():
    return Manifest.load()["movenet-lightning"]


def _spot(x: int, y: int, shape: tuple[int, int] = (400, 600)) -> np.ndarray:
    image = np.zeros((*shape, 3), np.uint8)
    image[y - 6 : y + 6, x - 6 : x + 6] = (10, 20, 250)  # BGR: red
    return image


@pytest.mark.parametrize("region", [Box(0, 0, 600, 400), Box(250, 100, 430, 300), Box(-200, -100, 700, 500)])
def test_a_spot_is_found_where_the_letterbox_maps_it(card, region: Box) -> None:
    crop = CropTensor(card)
    letterbox = crop.fill(_spot(330, 210), region)
    red = crop.tensor[0, :, :, 0]
    ys, xs = np.nonzero(red > red.max() / 2)
    x, y = letterbox.to_frame(np.float32(xs.mean() + 0.5), np.float32(ys.mean() + 0.5))
    assert abs(float(x) - 330) < 1.5 * letterbox.scale_x
    assert abs(float(y) - 210) < 1.5 * letterbox.scale_y
    # and the affine says the same the other way round
    there = letterbox.to_input @ np.array([330.0, 210.0, 1.0])
    assert there == pytest.approx([xs.mean() + 0.5, ys.mean() + 0.5], abs=1.5)


def test_a_picture_that_fills_part_of_the_input_maps_back_by_its_own_whole_pixels(card) -> None:
    crop = CropTensor(card)
    letterbox = crop.fill(np.full((640, 427, 3), 255, np.uint8), Box(0, 0, 427, 640))
    columns = np.flatnonzero(crop.tensor[0, 100, :, 0] > 128)
    left, right = letterbox.to_frame(np.float32([columns[0], columns[-1] + 1]), np.float32([0, 0]))[0]
    assert (left, right) == pytest.approx((0, 427), abs=1e-3)


def test_channels_come_as_rgb(card) -> None:
    crop = CropTensor(card)
    crop.fill(np.full((50, 50, 3), (1, 2, 3), np.uint8), Box(0, 0, 50, 50))
    assert crop.tensor[0, 100, 100].tolist() == [3.0, 2.0, 1.0]


def test_planar_input_scale_mean_and_std_follow_the_card(card) -> None:
    planar = replace(
        card, layout="NCHW", scale=1 / 255, mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25),
        inputs=(replace(card.inputs[0], shape=(1, 3, 64, 32)),),
    )
    crop = CropTensor(planar)
    crop.fill(np.full((64, 32, 3), 255, np.uint8), Box(0, 0, 32, 64))
    assert crop.tensor.shape == (1, 3, 64, 32)
    assert crop.tensor == pytest.approx(2.0, abs=1e-5)


def test_outside_the_picture_is_padding(card) -> None:
    crop = CropTensor(card, pad=114)
    image = np.full((100, 100, 3), 255, np.uint8)
    crop.fill(image, Box(500, 500, 600, 600))
    assert (crop.tensor == 114).all()
    crop.fill(image, Box(0, 0, 100, 50))  # a wide region: bands above and below
    assert (crop.tensor[0, :40] == 114).all()
    assert (crop.tensor[0, 60:140] == 255).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1)])
def test_tiny_and_thin_pictures_do_not_break_the_crop(card, shape: tuple[int, int]) -> None:
    crop = CropTensor(card)
    crop.fill(np.full((*shape, 3), 200, np.uint8), Box(0, 0, shape[1], shape[0]))
    assert (crop.tensor == 200).any()


def test_fit_aspect_holds_the_region() -> None:
    box = fit_aspect(Box(0, 0, 100, 10), 50, 100)
    assert box.width == pytest.approx(100)
    assert box.height == pytest.approx(200)
    assert box.centre == (50, 5)
