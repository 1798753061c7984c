"""Main colours on drawn garments whose colours are known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mirror.domain import Box, ImageArray, Mask
from mirror.vision.colour import main_colours, picture_colours

NAVY, CAMEL, RUST, WHITE = (29, 39, 70), (185, 138, 85), (164, 72, 42), (246, 246, 244)


def bgr(rgb: tuple[int, int, int]) -> tuple[int, int, int]:
    return rgb[::-1]


def near(colour: str, rgb: tuple[int, int, int], within: int = 14) -> bool:
    seen = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return max(abs(a - b) for a, b in zip(seen, rgb, strict=True)) <= within


def scene(ground: tuple[int, int, int] = (120, 160, 90), noise: float = 6) -> ImageArray:
    """A 400x300 frame: green ground, a navy trunk, and camel trousers with a gap between the legs."""
    image = np.full((400, 300, 3), bgr(ground), np.uint8)
    cv2.rectangle(image, (100, 80), (200, 200), bgr(NAVY), -1)
    cv2.rectangle(image, (100, 200), (200, 230), bgr(CAMEL), -1)
    cv2.rectangle(image, (100, 230), (130, 390), bgr(CAMEL), -1)
    cv2.rectangle(image, (170, 230), (200, 390), bgr(CAMEL), -1)
    speckle = np.random.default_rng(1).normal(0, noise, image.shape)
    return np.clip(image + speckle, 0, 255).astype(np.uint8)


TRUNK, LEGS = Box(100, 80, 200, 200), Box(100, 200, 200, 390)


def mask_of(image: ImageArray) -> Mask:
    """A half-size mask of what is not ground, moved by (10, 4) frame pixels."""
    figure = np.zeros(image.shape[:2], np.float32)
    figure[80:230, 100:200] = 1
    figure[230:390, 100:130] = 1
    figure[230:390, 170:200] = 1
    to_mask = np.array([[0.5, 0, 5.0], [0, 0.5, 2.0]])
    return Mask(cv2.warpAffine(figure, to_mask, (160, 210)).astype(np.float32), to_mask)


def test_a_plain_garment_has_its_one_colour() -> None:
    colours = main_colours(scene(), TRUNK)
    assert len(colours) == 1
    assert near(colours[0], NAVY)


def test_the_mask_keeps_the_ground_between_the_legs_out() -> None:
    image = scene()
    without, with_mask = main_colours(image, LEGS), main_colours(image, LEGS, mask_of(image), category="trousers")
    assert any(near(colour, (120, 160, 90), 20) for colour in without)
    assert not any(near(colour, (120, 160, 90), 20) for colour in with_mask)
    assert near(with_mask[0], CAMEL)


def test_colours_come_most_first() -> None:
    image = scene()
    image[80:120, 100:200] = bgr(WHITE)
    colours = main_colours(image, TRUNK)
    assert near(colours[0], NAVY)
    assert near(colours[1], WHITE)


def test_bare_skin_beside_a_garment_is_no_colour_of_it() -> None:
    image = scene()
    image[80:115, 115:185] = bgr((205, 150, 120))
    assert all(not near(colour, (205, 150, 120), 20) for colour in main_colours(image, TRUNK))


def test_a_wholly_skin_coloured_garment_keeps_its_colour() -> None:
    image = scene()
    image[80:200, 100:200] = bgr((205, 150, 120))
    assert near(main_colours(image, TRUNK)[0], (205, 150, 120))


def test_an_open_coat_is_read_at_its_sides() -> None:
    image = scene()
    image[80:200, 128:172] = bgr(WHITE)
    assert near(main_colours(image, TRUNK, category="outerwear")[0], NAVY)


def test_a_shaded_fold_is_the_same_cloth() -> None:
    image = scene()
    image[80:200, 100:150] = bgr((20, 27, 50))
    assert len(main_colours(image, TRUNK)) == 1


@pytest.mark.parametrize("box", [Box(500, 500, 600, 600), Box(-50, -50, -10, -10), Box(50, 50, 50, 50)])
def test_a_box_off_the_frame_or_empty_has_no_colour(box: Box) -> None:
    assert main_colours(scene(), box) == ()


def test_a_box_partly_off_the_frame_and_one_of_two_pixels_are_read() -> None:
    assert near(main_colours(scene(), Box(-40, 80, 200, 200), None, 3)[0], NAVY, 255)
    assert near(main_colours(scene(), Box(150, 150, 152, 152))[0], NAVY, 30)


def test_colours_are_the_same_every_time_and_at_most_k() -> None:
    image = np.random.default_rng(5).integers(0, 255, (200, 200, 3)).astype(np.uint8)
    first = main_colours(image, Box(0, 0, 200, 200), k=2)
    assert first == main_colours(image, Box(0, 0, 200, 200), k=2)
    assert 1 <= len(first) <= 2


@pytest.mark.parametrize("ground", [(238, 232, 224), (205, 214, 200)])
def test_a_catalogue_pictures_ground_is_no_colour_of_the_garment(ground: tuple[int, int, int]) -> None:
    image = np.full((480, 400, 3), bgr(ground), np.uint8)
    cv2.ellipse(image, (200, 240), (90, 160), 0, 0, 360, bgr(RUST), -1)
    colours = picture_colours(image)
    assert near(colours[0], RUST)
    assert not any(near(colour, ground, 10) for colour in colours)


def test_a_white_garment_on_an_almost_white_ground_is_still_white() -> None:
    image = np.full((480, 400, 3), bgr((240, 239, 236)), np.uint8)
    cv2.rectangle(image, (100, 100), (300, 400), bgr(WHITE), -1)
    assert near(picture_colours(image)[0], WHITE, 12)
