"""The shopper's face: dlib's frontal HOG detector on the head crop that her pose gives."""

from __future__ import annotations

from pathlib import Path

import cv2
import dlib
import numpy as np

from mirror.domain import Box, Face, MirrorError, Pose

DETECTOR = Path(__file__).with_name("frontal_face.svm")
"""What ``dlib.get_frontal_face_detector().save(...)`` writes (dlib 20.0.1, Boost licence): read from here it is there
in 1 ms, while dlib unpacks its own copy for 250 ms under the GIL, and no frame is shown meanwhile."""

HEAD_PIXELS = 240
"""The head crop is resized to this side: dlib's window is 80 px, and 240 px cost 2-4 ms (docs/design.md)."""

MARGIN = 0.4
"""The seed's margin rule: a face crop is widened by 40 % of its box, so that hair and chin are in it."""

LEAST_SCORE = 0.15
FRONTAL_THRESHOLD = 0.0
"""dlib's own default. On head crops it finds a frontal face in about 84 of 100 street photos."""


class FaceFinder:
    """Finds the face of one person. Raises MirrorError when the detector's file is not there or not dlib's."""

    def __init__(self) -> None:
        try:
            self._detector = dlib.fhog_object_detector(str(DETECTOR))
        except RuntimeError as error:
            raise MirrorError(f"face detector: {DETECTOR} cannot be read; install the mirror again") from error

    def find(self, image: np.ndarray, pose: Pose) -> Face | None:
        """The face on the head of ``pose``: dlib's box (frontal), else None when no head is seen.

        Where the pose sees a head but dlib no frontal face, the box of the head's keypoints is returned with
        ``frontal`` False.

        Args:
            image: BGR uint8 (height, width, 3).
        """
        head = head_box(pose)
        if head is None:
            return None
        height, width = image.shape[:2]
        region = head.clipped(Box(0, 0, width, height))
        x1, y1, x2, y2 = (round(v) for v in region)
        if x2 - x1 < 12 or y2 - y1 < 12:
            return None
        scale = HEAD_PIXELS / max(x2 - x1, y2 - y1)
        grey = cv2.cvtColor(image[y1:y2, x1:x2], cv2.COLOR_BGR2GRAY)
        grey = cv2.resize(
            grey, (round((x2 - x1) * scale), round((y2 - y1) * scale)),
            interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC,
        )
        boxes, scores, _ = self._detector.run(grey, 0, FRONTAL_THRESHOLD)
        if not boxes:
            return Face(region.grown(1 / (1 + 2 * MARGIN)), frontal=False, score=0.0)
        best = int(np.argmax(list(scores)))
        found = boxes[best]
        box = Box(
            x1 + found.left() / scale, y1 + found.top() / scale, x1 + found.right() / scale, y1 + found.bottom() / scale
        )
        return Face(box.clipped(Box(0, 0, width, height)), frontal=True, score=float(scores[best]))


def head_box(pose: Pose, least_score: float = LEAST_SCORE) -> Box | None:
    """A square box around the head, face and margin, in frame pixels; None when no head is seen.

    Its side comes from the widest of what is known: the distance of the ears, of the eyes, and of nose to the
    shoulders' middle, so that a profile gets as large a box as a frontal face.
    """
    names = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
    seen = [p for p in (pose.point(name) for name in names) if p[2] >= least_score]
    if len(seen) < 2:
        return None
    points = np.array([p[:2] for p in seen], np.float32)
    spread = float(np.linalg.norm(points.max(axis=0) - points.min(axis=0)))
    left, right = pose.point("left_shoulder"), pose.point("right_shoulder")
    neck = 0.0
    if min(left[2], right[2]) >= least_score:
        middle = ((left[0] + right[0]) / 2, (left[1] + right[1]) / 2)
        # nose to neck is about as long as a face is wide
        neck = float(np.hypot(points[:, 0].mean() - middle[0], points[:, 1].mean() - middle[1]))
    side = max(spread * 1.2, neck * 0.9) * (1 + 2 * MARGIN)
    if side < 8:
        return None
    cx, cy = float(points[:, 0].mean()), float(points[:, 1].mean())
    return Box(cx - side / 2, cy - side / 2, cx + side / 2, cy + side / 2)
