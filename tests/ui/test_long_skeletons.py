"""The engineer view draws skeletons of more than 17 keypoints, and nothing of what was not seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mirror.domain import COCO_KEYPOINTS, Pose
from mirror.pipeline.view import View

EXTRA = {
    19: ("neck", "mid_hip"), 26: ("head", "neck", "mid_hip", *(f"toe_{i}" for i in range(6))),
    33: tuple(f"extra_{i}" for i in range(16)),
}


@pytest.mark.parametrize("count", [17, 19, 26, 33])
def test_every_seen_keypoint_is_a_white_joint_and_the_others_are_not_there(app: Any, count: int) -> None:
    from PyQt5.QtGui import QImage, QPainter

    from mirror.ui.engineer import draw_skeleton

    names = (*COCO_KEYPOINTS, *EXTRA.get(count, ()))
    points = np.array([[40 + 60 * (i % 7), 40 + 60 * (i // 7), 0.9] for i in range(count)], np.float32)
    points[5, 2] = points[count - 1, 2] = 0.0
    canvas = QImage(460, 360, QImage.Format_RGB32)
    canvas.fill(0)
    painter = QPainter(canvas)
    draw_skeleton(painter, View(460, 360, 1.0, 460.0, 0.0), Pose(points, names), 1.0)
    painter.end()
    white = [canvas.pixelColor(460 - int(x), int(y)).lightness() > 240 for x, y, _ in points]
    assert white == [bool(score) for _, _, score in points]
