"""A net that looks at one face: crop, graph, decoder."""

from __future__ import annotations

import numpy as np

from mirror.domain import Box, Face
from mirror.runtime.session import Session
from mirror.vision.crop import CropTensor
from mirror.vision.decoders.contract import FaceReading
from mirror.vision.decoders.options import Options
from mirror.vision.decoders.registry import face_decoder

FACE_MARGIN = 1.4
"""The square around the face's box is grown by this where the card gives no ``face_margin``: faceres was trained so,
and the seed's margin of 40 % says the same."""


class FaceNet:
    """Reads what one model tells of a face: age, gender presentation or BMI."""

    def __init__(self, session: Session, gives: str = "", what: str = "a face net") -> None:
        """``gives``: a field of FaceReading that it must tell; ``what`` it is to be, for the complaint.

        Raises:
            MirrorError: the card is no such net's, or does not go together with its graph.
        """
        self._decoder = face_decoder(session.card, gives, what)
        self.session = session
        self._crop = CropTensor(session.card)
        self._margin = Options(session.card).number("face_margin", FACE_MARGIN, least=0.5, most=4)

    @property
    def gives(self) -> frozenset[str]:
        """Fields of FaceReading that it fills."""
        return self._decoder.gives

    def read(self, image: np.ndarray, face: Face) -> FaceReading:
        """What the net says of ``face`` (its box without margin) in a BGR uint8 (height, width, 3) image."""
        side = max(face.box.width, face.box.height)
        cx, cy = face.box.centre
        square = Box(cx - side / 2, cy - side / 2, cx + side / 2, cy + side / 2).grown(self._margin)
        self._crop.fill(image, square)
        return self._decoder.read(self.session.run(self._crop.tensor))
