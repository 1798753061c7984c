"""Finding everybody in a frame: MoveNet MultiPose, or a detector that knows people, on the letterboxed whole frame."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mirror.domain import Box, FloatArray, MirrorError, Person, Pose
from mirror.runtime.manifest import ModelCard
from mirror.runtime.session import Session
from mirror.vision.crop import CropTensor, Letterbox
from mirror.vision.decoders.contract import Outputs
from mirror.vision.decoders.options import Options
from mirror.vision.decoders.registry import BOXES, PEOPLE, box_decoder, require
from mirror.vision.garments import suppress

LEAST_SCORE = 0.3
"""The weakest person of 100 street photos scores 0.41; what scores under 0.3 is far passers-by and empty slots of the
network's six."""

SAME_PERSON_IOU = 0.6
"""Two boxes that overlap more than this are one person found twice."""

PERSON_WORDS = ("person", "people", "pedestrian", "human")

Found = tuple[Box, float, Pose]
"""Box and pose in frame pixels, and score."""


class PeopleFinder:
    """Finds people with a box each, and a rough pose where the net tells one (else all its scores are 0)."""

    def __init__(self, session: Session) -> None:
        """Raises MirrorError when the card is no people finder's, or does not go together with its graph."""
        card = session.card
        decoder = require(card, (PEOPLE, *BOXES), "a people finder")
        self.session = session
        self._crop = CropTensor(card, pad=PAD_GREY if decoder in BOXES else 0)
        self._least = Options(card).number("score_threshold", LEAST_SCORE, least=0.01, most=1)
        self._read = self._multipose() if decoder == PEOPLE else self._detector(card)

    def find(self, image: np.ndarray) -> list[Person]:
        """People in the whole frame, best score first.

        Args:
            image: BGR uint8 (height, width, 3).
        """
        height, width = image.shape[:2]
        frame = Box(0, 0, width, height)
        letterbox = self._crop.fill(image, frame)
        people: list[Person] = []
        for box, score, pose in self._read(self.session.run(self._crop.tensor), letterbox):
            inside = box.clipped(frame)
            if not any(inside.iou(other.box) > SAME_PERSON_IOU for other in people):
                people.append(Person(inside, score, pose))
        return people

    def _multipose(self) -> Callable[[Outputs, Letterbox], list[Found]]:
        size = np.array([self._crop.height, self._crop.width] * 2, np.float32)

        def read(outputs: Outputs, letterbox: Letterbox) -> list[Found]:
            found: list[Found] = []
            for row in sorted(outputs[0].reshape(-1, 56), key=lambda row: -row[55]):
                if row[55] < self._least:
                    break
                points = row[:51].reshape(17, 3)
                x, y = letterbox.to_frame(points[:, 1] * size[1], points[:, 0] * size[0])
                y1, x1, y2, x2 = row[51:55] * size
                box = letterbox.box_to_frame(Box(float(x1), float(y1), float(x2), float(y2)))
                found.append((box, float(row[55]), Pose(np.stack([x, y, points[:, 2]], axis=1).astype(np.float32))))
            return found

        return read

    def _detector(self, card: ModelCard) -> Callable[[Outputs, Letterbox], list[Found]]:
        decode = box_decoder(card, (self._crop.width, self._crop.height), "a people finder")
        person = next((i for i, label in enumerate(card.labels) if label.strip().lower() in PERSON_WORDS), None)
        if person is None:
            raise MirrorError(f"model '{card.name}': not a people finder: none of its labels is 'person'")
        unread = np.zeros((17, 3), np.float32)

        def read(outputs: Outputs, letterbox: Letterbox) -> list[Found]:
            boxes, scores = decode(outputs, self._least)
            column: FloatArray = scores[:, person : person + 1]
            return [
                (letterbox.box_to_frame(Box(*(float(v) for v in box))), score, Pose(unread.copy()))
                for box, _, score in suppress(boxes, column, self._least)
            ]

        return read


PAD_GREY = 128
"""Darknet letterboxes with middle grey."""
