"""Garments worn: a detector on the shopper's region, then non-maximum suppression."""

from __future__ import annotations

import numpy as np

from mirror.domain import Box, FloatArray, Garment
from mirror.runtime.session import Session
from mirror.vision.crop import CropTensor
from mirror.vision.decoders.options import Options
from mirror.vision.decoders.registry import BOXES, box_decoder, require
from mirror.vision.vocabulary import vocabulary_of

SAME_CLASS_IOU = 0.6
"""Boxes of one class that overlap more are one piece; 0.5 to 0.7 were alike on the validation photos. Between classes
nothing is suppressed here (it costs 5 points of AP): what one person can wear at once is decided in outfit.py."""

MOST_CANDIDATES = 300
"""Boxes looked at, best first; at the mirror's thresholds there are fewer."""
LEAST_SCORE = 0.3
PAD_GREY = 114


class GarmentDetector:
    """Finds garments with category, box and score."""

    def __init__(self, session: Session) -> None:
        """Raises MirrorError when the card is no garment detector's, or does not go together with its graph."""
        card = session.card
        require(card, tuple(BOXES), "a garment detector")
        self.session = session
        self._crop = CropTensor(card, pad=PAD_GREY)
        self._decode = box_decoder(card, (self._crop.width, self._crop.height), "a garment detector")
        self.vocabulary = vocabulary_of(card)
        options = Options(card)
        self._least = options.number("score_threshold", LEAST_SCORE, least=0.01, most=1)
        self._same_class_iou = options.number("same_class_iou", SAME_CLASS_IOU, least=0.05, most=1)

    def detect(self, image: np.ndarray, region: Box, least_score: float | None = None) -> list[Garment]:
        """Garments inside ``region``, best score first, boxes in frame pixels clipped to the frame.

        Args:
            image: BGR uint8 (height, width, 3).
            region: box in frame pixels around the dressed body; letterboxed (or stretched) to the network's input.
            least_score: keep detections from this score on; the card's threshold when None.
        """
        letterbox = self._crop.fill(image, region)
        least = self._least if least_score is None else least_score
        boxes, scores = self._decode(self.session.run(self._crop.tensor), least)
        frame = Box(0, 0, image.shape[1], image.shape[0])
        found: list[Garment] = []
        for box, label, score in suppress(boxes, self.vocabulary.of_scores(scores), least, self._same_class_iou):
            inside = letterbox.box_to_frame(Box(*(float(v) for v in box))).clipped(frame)
            if inside.area > 0:
                found.append(Garment(self.vocabulary.categories[label], inside, score))
        return found


def suppress(
    boxes: FloatArray, scores: FloatArray, least_score: float, same_class_iou: float = SAME_CLASS_IOU,
) -> list[tuple[FloatArray, int, float]]:
    """Greedy non-maximum suppression within each class.

    Args:
        boxes: (n, 4) x1, y1, x2, y2. scores: (n, classes).

    Returns:
        (box, class index, score) best first.
    """
    rows, labels = np.nonzero(scores >= least_score)
    values = scores[rows, labels]
    order = np.argsort(-values, kind="stable")[:MOST_CANDIDATES]
    kept: list[tuple[FloatArray, int, float]] = []
    for i in order:
        box, label = boxes[rows[i]], int(labels[i])
        if not any(other_label == label and _iou(box, other) > same_class_iou for other, other_label, _ in kept):
            kept.append((box, label, float(values[i])))
    return kept


def _iou(a: FloatArray, b: FloatArray) -> float:
    return Box(*a.tolist()).iou(Box(*b.tolist()))
