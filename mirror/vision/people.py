"""Finding everybody in a frame: MoveNet MultiPose on the letterboxed whole frame."""

from __future__ import annotations

import numpy as np

from mirror.domain import Box, Person, Pose
from mirror.runtime.session import Session
from mirror.vision.crop import CropTensor

LEAST_SCORE = 0.3
"""The weakest person of 100 street photos scores 0.41; what scores under 0.3 is far passers-by and empty slots of the
network's six."""

SAME_PERSON_IOU = 0.6
"""Two boxes that overlap more than this are one person found twice."""


class PeopleFinder:
    """Finds up to six people with a box and a rough pose each."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._crop = CropTensor(session.card)

    def find(self, image: np.ndarray) -> list[Person]:
        """People in the whole frame, best score first.

        Args:
            image: BGR uint8 (height, width, 3).
        """
        height, width = image.shape[:2]
        letterbox = self._crop.fill(image, Box(0, 0, width, height))
        people: list[Person] = []
        for row in sorted(self.session.run(self._crop.tensor)[0].reshape(-1, 56), key=lambda row: -row[55]):
            if row[55] < LEAST_SCORE:
                break
            points = row[:51].reshape(17, 3)
            x, y = letterbox.to_frame(points[:, 1] * self._crop.width, points[:, 0] * self._crop.height)
            y1, x1, y2, x2 = row[51:55] * np.array([self._crop.height, self._crop.width] * 2, np.float32)
            box = letterbox.box_to_frame(Box(float(x1), float(y1), float(x2), float(y2)))
            box = box.clipped(Box(0, 0, width, height))
            if any(box.iou(other.box) > SAME_PERSON_IOU for other in people):
                continue
            pose = Pose(np.stack([x, y, points[:, 2]], axis=1).astype(np.float32))
            people.append(Person(box, float(row[55]), pose))
        return people
