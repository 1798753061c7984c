"""Pose of one person: a pose net on a crop around her, and where to look for what."""

from __future__ import annotations

import numpy as np

from mirror.domain import COCO_KEYPOINTS, Box, FloatArray, Pose
from mirror.runtime.session import Session
from mirror.vision.crop import CropTensor
from mirror.vision.decoders.options import Options
from mirror.vision.decoders.registry import POSE, pose_decoder, require
from mirror.vision.skeleton import skeleton_of

REGION_MARGIN = 1.25
"""A crop this much larger than the keypoints' box holds hair, soles and what one frame's movement adds."""

REGION_LEAST_SCORE = 0.2
REGION_LEAST_KEYPOINTS = 5
"""With fewer seen keypoints than this the person is taken for lost and is looked for in the whole frame."""

FRAMED = ("heatmap", "simcc", "blazepose")
"""Decoders of nets that are trained on the person's box at the input's aspect (top-down); MoveNet takes the square
region as it is, unless its card has a ``box_margin``."""

BOX_MARGIN = 1.25
"""Times the person's box: the crop of AlphaPose, HRNet and RTMPose alike. It suits BlazePose too: on 33 street photos
its ankles then lie .003 of the body's height off MoveNet Thunder's, on the bare region .014 to .020."""

BODY_OVER_KEYPOINTS = 1.12
"""Her box over her keypoints' box: hair and soles are about 6 % each beyond nose-high eyes and ankles."""

SEEN_SCORE = 0.2
"""From this score on a keypoint is seen, everywhere in the mirror; a card's ``seen_at`` is its own net's threshold."""


class PoseReader:
    """Reads the keypoints of one person with whatever pose net the card describes."""

    def __init__(self, session: Session) -> None:
        """Raises MirrorError when the card is no pose net's, or does not go together with its graph."""
        card = session.card
        require(card, tuple(POSE), "a pose net")
        self.session = session
        self.lighter: PoseReader | None = None
        """A quicker net with the same keypoints, for a machine that is short; None where there is none."""
        self.skeleton = skeleton_of(card)
        self._crop = CropTensor(card)
        self._decode = pose_decoder(card, (self._crop.width, self._crop.height))
        options = Options(card)
        framed = card.decoder in FRAMED or "box_margin" in options
        self._margin = options.number("box_margin", BOX_MARGIN, least=0.5, most=4) if framed else None
        self._seen_at = options.number("seen_at", SEEN_SCORE, least=0.01, most=0.99)

    @property
    def parts(self) -> tuple[PoseReader, ...]:
        """This reader, and the lighter one where there is one."""
        return (self,) if self.lighter is None else (self, self.lighter)

    def read(self, image: np.ndarray, region: Box) -> Pose:
        """Keypoints of the person inside ``region``, the 17 COCO ones first.

        Args:
            image: BGR uint8 (height, width, 3).
            region: box in frame pixels around the person, as `next_region` makes it; it is widened to the input's
                aspect, or cut to what the net was trained on (``box_margin``).
        """
        if self._margin is not None and not _is_whole(region, image):
            region = person_crop(region, self._margin, self._crop.width / self._crop.height)
        letterbox = self._crop.fill(image, region)
        found = self._decode(self.session.run(self._crop.tensor))
        found[:, 0], found[:, 1] = letterbox.to_frame(found[:, 0], found[:, 1])
        if self._seen_at != SEEN_SCORE:
            found[:, 2] = on_our_scale(found[:, 2], self._seen_at)
        return Pose(self.skeleton.arranged(found), self.skeleton.names)


def person_crop(region: Box, margin: float, aspect: float) -> Box:
    """The crop that top-down nets are trained on: the person's box, as tall as she is, times ``margin``, of
    ``aspect`` width over height.

    ``region`` is REGION_MARGIN times the larger side of the keypoints' box, her box BODY_OVER_KEYPOINTS times that.
    """
    tall = max(region.width, region.height) / REGION_MARGIN * BODY_OVER_KEYPOINTS * margin
    cx, cy = region.centre
    half_w, half_h = tall * min(1.0, aspect) / 2, tall / max(1.0, aspect) / 2
    return Box(cx - half_w, cy - half_h, cx + half_w, cy + half_h)


def around(box: Box) -> Box:
    """The region in which to read the pose of a person whose ``box`` a detector found."""
    side = max(box.width, box.height, 16.0) / BODY_OVER_KEYPOINTS * REGION_MARGIN
    cx, cy = box.centre
    return Box(cx - side / 2, cy - side / 2, cx + side / 2, cy + side / 2)


def on_our_scale(scores: FloatArray, seen_at: float) -> FloatArray:
    """Scores of a net that calls a keypoint seen from ``seen_at`` on, so that SEEN_SCORE says the same here; 0 and 1
    stay, and between it is two straight lines."""
    below = scores * (SEEN_SCORE / seen_at)
    above = SEEN_SCORE + (scores - seen_at) * ((1 - SEEN_SCORE) / (1 - seen_at))
    return np.where(scores < seen_at, below, above).astype(np.float32)


def _is_whole(region: Box, image: np.ndarray) -> bool:
    """The region is the whole picture: nobody was found yet, and nothing of it may be cut off."""
    return region == (0, 0, image.shape[1], image.shape[0])


def _body(pose: Pose) -> Pose:
    """The pose without what a skeleton has beyond COCO's 17: heels and crown would make every margin another."""
    return pose if len(pose.names) <= len(COCO_KEYPOINTS) else Pose(pose.keypoints[: len(COCO_KEYPOINTS)])


def next_region(pose: Pose, margin: float = REGION_MARGIN) -> Box | None:
    """The square region in which to look for this person in the next frame; None when she is lost."""
    pose = _body(pose)
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
    box = _body(pose).box(REGION_LEAST_SCORE)
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
