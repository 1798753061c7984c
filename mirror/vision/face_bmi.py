"""BMI from a face alone: the seed's route, for those who bring such a net. Surer is the silhouette (body.py)."""

from __future__ import annotations

from mirror.domain import BodyShape, Face, ImageArray
from mirror.runtime.session import Session
from mirror.vision.face_net import FaceNet


class FaceBmiReader:
    """Reads a body shape that holds nothing but the BMI. Never shown; it only leads to a size."""

    def __init__(self, session: Session) -> None:
        """Raises MirrorError when the card's net tells no BMI."""
        self._net = FaceNet(session, "bmi", "a net that tells BMI from a face")
        self.parts: tuple[FaceNet, ...] = (self._net,)

    @property
    def session(self) -> Session:
        """The net's."""
        return self._net.session

    def read(self, image: ImageArray, face: Face) -> BodyShape:
        """The BMI of ``face`` in a BGR uint8 (height, width, 3) image; breadths 0 and girths None: not known."""
        bmi = self._net.read(image, face).bmi
        assert bmi is not None
        return BodyShape(0.0, 0.0, 0.0, 0.0, bmi, "face")
