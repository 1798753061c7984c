"""What is drawn on an analysed picture can be read: no plate of words lies on another."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from mirror.domain import Box, Estimate, Garment, Pose, Profile
from mirror.pipeline.analyze import PictureReport, Reading
from mirror.service.annotate import annotate


@pytest.mark.parametrize("tops", [(700, 705), (800, 805), (850, 855), (880, 885), (760, 798, 871), (742, 757, 870)])
def test_no_plate_lies_on_another(tops: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    plates: list[Box] = []
    rectangle = cv2.rectangle

    def seen(canvas: Any, low: Any, high: Any, colour: Any, width: int = 1, *rest: Any) -> Any:
        if width == -1:
            plates.append(Box(*low, *high))
        return rectangle(canvas, low, high, colour, width, *rest)

    monkeypatch.setattr(cv2, "rectangle", seen)
    pose = Pose(np.zeros((17, 3), np.float32))
    worn = tuple(Garment("boots", Box(20, y, 200, 899), 0.9) for y in tops)
    profile = Profile(age=Estimate(30, 25, 35), sizes={"tops": {"S": 1.0}, "bottoms": {"S": 1.0}})
    reading = Reading(Box(0, 0, 600, 900), 0.9, pose, True, True, garments=worn, profile=profile)
    annotate(np.zeros((900, 600, 3), np.uint8), PictureReport(600, 900, (reading,), {}))
    assert len(plates) == len(tops) + 4
    lines = [plate.y1 for plate in plates[len(tops):]]
    assert lines == sorted(lines, reverse=True), "the summary's lines, lowest first, lose their order"
    for i, plate in enumerate(plates):
        assert plate.y1 >= 0
        assert plate.y2 <= 900
        assert all(plate.iou(other) == 0 for other in plates[:i])
