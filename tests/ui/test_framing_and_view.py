"""The picture is mirrored, follows her calmly, and its pixels lie where the overlay thinks they do."""

from __future__ import annotations

import numpy as np
import pytest
from ui_stage import FRAME, frame, pose

from mirror.domain import Box
from mirror.pipeline.view import View, compose, filling
from mirror.ui.framing import Framing, body_span, fitted
from mirror.ui.layout import layout

WINDOWS = [(1080, 1920), (1920, 1080), (720, 1280)]


def dotted(x: int, y: int) -> np.ndarray:
    image = np.full((FRAME[1], FRAME[0], 3), 90, np.uint8)
    image[y - 6 : y + 7, x - 6 : x + 7] = (0, 0, 255)
    return image


@pytest.mark.parametrize("size", WINDOWS)
@pytest.mark.parametrize("zoom", [0.7, 1.0, 1.27])
def test_a_point_of_the_frame_is_painted_where_the_view_says(size: tuple[int, int], zoom: float) -> None:
    base = filling(*FRAME, *size)
    scale = base.scale * zoom
    view = View(*size, scale, size[0] / 2 + 640 * scale + 13.4, size[1] / 2 - 360 * scale + 21.7)
    out = np.empty((size[1], size[0], 4), np.uint8)
    compose(dotted(610, 330), view, out)
    ys, xs = np.nonzero((out[..., 2] > 200) & (out[..., 0] < 60))
    x, y = view.point(610.5, 330.5)
    assert abs(xs.mean() + 0.5 - x) < 1.5
    assert abs(ys.mean() + 0.5 - y) < 1.5
    assert out[..., 3].min() == 255


def test_the_picture_is_mirrored() -> None:
    image = np.zeros((10, 20, 3), np.uint8)
    image[:, :10] = 255
    out = np.empty((10, 20, 4), np.uint8)
    compose(image, filling(20, 10, 20, 10), out)
    assert out[:, 12:, :3].min() == 255
    assert out[:, :8, :3].max() == 0


def test_beyond_the_frame_the_border_goes_on_and_nothing_is_left_undrawn() -> None:
    out = np.full((1920, 1080, 4), 7, np.uint8)
    image = frame()
    compose(image, View(1080, 1920, 0.8, 1000.0, 600.0), out)
    wall, floor = image[0, 0], image[-1, 0]
    assert np.abs(out[100, 540, :3].astype(int) - wall).max() <= 3
    assert np.abs(out[1900, 30, :3].astype(int) - floor).max() <= 3


@pytest.mark.parametrize("view", [View(64, 48, 1.0, -500.0, 0.0), View(64, 48, 0.01, 3000.0, 0.0)])
def test_a_view_that_sees_nothing_of_the_frame_paints_the_ground(view: View) -> None:
    out = np.full((48, 64, 4), 200, np.uint8)
    compose(frame(), view, out)
    assert out[..., :3].max() < 30


def test_a_buffer_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="display buffer"):
        compose(frame(), filling(*FRAME, 100, 50), np.empty((50, 99, 4), np.uint8))


@pytest.mark.parametrize("size", WINDOWS)
def test_hair_and_soles_fit_the_corridor(size: tuple[int, int]) -> None:
    at = layout(*size)
    span = body_span(pose())
    assert span is not None
    view = fitted(span, at.corridor, FRAME, *size)
    x, top = view.point(span[0], span[1])
    _, foot = view.point(span[0], span[2])
    assert abs(x - at.corridor.centre[0]) < 2
    assert top >= at.corridor.y - 1
    assert foot <= at.corridor.bottom + 1


def test_somebody_too_near_keeps_her_head() -> None:
    at = layout(1080, 1920)
    view = fitted((640.0, 20.0, 2400.0), at.corridor, FRAME, 1080, 1920)
    assert view.point(640, 20)[1] >= at.corridor.y - 1


def test_no_body_is_read_from_a_pose_without_feet() -> None:
    whole = pose()
    whole.keypoints[15:, 2] = 0.0
    assert body_span(whole) is None
    assert body_span(None) is None


def test_the_view_settles_within_its_time_and_never_overshoots() -> None:
    at = layout(1080, 1920)
    framing = Framing(1080, 1920)
    start = framing.step(FRAME, None, at.corridor, 0.0)
    span = body_span(pose())
    assert span is not None
    goal = fitted(span, at.corridor, FRAME, 1080, 1920)
    scales = [framing.step(FRAME, span, at.corridor, 1 / 30).scale for _ in range(30)]
    low, high = sorted((start.scale, goal.scale))
    assert all(low - 1e-6 <= scale <= high + 1e-6 for scale in scales)
    assert abs(scales[18] - goal.scale) < 0.03 * abs(start.scale - goal.scale)
    assert framing.view == goal


def test_a_small_sway_moves_nothing_and_a_step_aside_does() -> None:
    at = layout(1080, 1920)
    framing = Framing(1080, 1920)
    still = framing.step(FRAME, body_span(pose()), at.corridor, 0.0)
    for dx in (4.0, -5.0, 6.0):
        assert framing.step(FRAME, body_span(pose(dx)), at.corridor, 1 / 30) == still
    assert framing.step(FRAME, body_span(pose(150)), at.corridor, 1 / 30) != still


def test_a_turned_away_pose_holds_the_view() -> None:
    at = layout(1080, 1920)
    framing = Framing(1080, 1920)
    still = framing.step(FRAME, body_span(pose()), at.corridor, 0.0)
    assert framing.step(FRAME, None, at.corridor, 0.05, hold=True) == still
    assert framing.step(FRAME, None, at.corridor, 0.05) != still


def test_a_box_keeps_left_of_right_in_the_mirror() -> None:
    box = filling(*FRAME, 1080, 1920).box(Box(600, 100, 700, 300))
    assert box.x1 < box.x2
    assert box.width == pytest.approx(100 * 1920 / 720)
