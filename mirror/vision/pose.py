"""Pose of one person: MoveNet on a square crop around her."""

from __future__ import annotations

import numpy as np

from mirror.domain import Box, Pose
from mirror.runtime.session import Session
from mirror.vision.crop import CropTensor

REGION_MARGIN = 1.25
"""A crop this much larger than the keypoints' box holds hair, soles and what one frame's movement adds."""

REGION_LEAST_SCORE = 0.2
REGION_LEAST_KEYPOINTS = 5
"""With fewer seen keypoints than this the person is taken for lost and is looked for in the whole frame."""


class PoseReader:
    """Reads 17 COCO keypoints with MoveNet (Lightning or Thunder)."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._crop = CropTensor(session.card)

    def read(self, image: np.ndarray, region: Box) -> Pose:
        """Keypoints of the person inside ``region``.

        Args:
            image: BGR uint8 (height, width, 3).
            region: box in frame pixels around the person; it is widened to a square.
        """
        letterbox = self._crop.fill(image, region)
        found = self.session.run(self._crop.tensor)[0].reshape(-1, 3)
        x, y = letterbox.to_frame(found[:, 1] * self._crop.width, found[:, 0] * self._crop.height)
        return Pose(np.stack([x, y, found[:, 2]], axis=1).astype(np.float32))


def next_region(pose: Pose, margin: float = REGION_MARGIN) -> Box | None:
    """The square region in which to look for this person in the next frame; None when she is lost."""
    seen = pose.keypoints[:, 2] >= REGION_LEAST_SCORE
    if int(seen.sum()) < REGION_LEAST_KEYPOINTS:
        return None
    box = pose.box(REGION_LEAST_SCORE)
    if box is None:
        return None
    side = max(box.width, box.height, 16.0) * margin
    cx, cy = box.centre
    return Box(cx - side / 2, cy - side / 2, cx + side / 2, cy + side / 2)


def body_region(pose: Pose, margin: float = 0.12) -> Box | None:
    """The box of the whole dressed body: the keypoints' box with room for hair above and shoes below.

    Keypoints end at the eyes and ankles; hair and shoes lie about a tenth of the body's height beyond.
    """
    box = pose.box(REGION_LEAST_SCORE)
    if box is None:
        return None
    tall = max(box.height, box.width)
    return Box(box.x1 - margin * tall, box.y1 - margin * tall, box.x2 + margin * tall, box.y2 + 0.8 * margin * tall)


GARMENT_MARGIN = 0.18
"""Bags, hats and wide hems lie outside the body: AP50 of the detector on this region is .625, with 0.12 .620 (and AP
.380 against .351), on the whole photo .641."""


def garment_region(pose: Pose) -> Box | None:
    """The box in which to look for what she wears and carries."""
    return body_region(pose, GARMENT_MARGIN)
