"""Age and gender presentation from a face, by one net or by two. Estimates for sizes and styles; never stored, never
identity."""

from __future__ import annotations

import numpy as np

from mirror.domain import Estimate, Face
from mirror.runtime.session import Session
from mirror.vision.decoders.contract import FaceReading
from mirror.vision.face_net import FaceNet


class AttributeReader:
    """Reads age (years with spread) and the probability of a feminine presentation."""

    def __init__(self, age: Session, gender: Session | None = None) -> None:
        """``gender`` None: the net of ``age`` tells both. Raises MirrorError when a net does not tell what it shall."""
        self._age = FaceNet(age, "age", "a net that tells age")
        if gender is None or gender is age:
            self._female = self._age
            if "female" not in self._age.gives:
                self._female = FaceNet(age, "female", "a net that tells gender presentation")
        else:
            self._female = FaceNet(gender, "female", "a net that tells gender presentation")
        self.parts: tuple[FaceNet, ...] = tuple(dict.fromkeys((self._age, self._female)))
        """Its nets, each once."""

    @property
    def session(self) -> Session:
        """The session of the net that tells age."""
        return self._age.session

    @property
    def gender_session(self) -> Session:
        """The session of the net that tells gender presentation, often the same."""
        return self._female.session

    def read(self, image: np.ndarray, face: Face) -> tuple[Estimate, float]:
        """Age and P(female) of ``face``.

        Args:
            image: BGR uint8 (height, width, 3).
            face: box in frame pixels, without margin.
        """
        read: dict[FaceNet, FaceReading] = {net: net.read(image, face) for net in self.parts}
        age, female = read[self._age].age, read[self._female].female
        assert age is not None
        assert female is not None
        return age, female
