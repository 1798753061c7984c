"""The shopper's silhouette: BlazePose Full's segmentation on a crop around her."""

from __future__ import annotations

import numpy as np

from mirror.domain import Box, Mask, MirrorError
from mirror.runtime.session import Session
from mirror.vision.crop import CropTensor
from mirror.vision.decoders.options import Options
from mirror.vision.decoders.registry import MASK, require

LEAST_PRESENCE = 0.3
"""BlazePose's own presence score under which the crop holds no person."""


class MaskReader:
    """Reads a person mask of 256x256 over a square crop."""

    def __init__(self, session: Session) -> None:
        """Raises MirrorError when the card is no such net's."""
        card = session.card
        require(card, (MASK,), "a person mask")
        names = [spec.name for spec in card.outputs]
        if not {"mask", "presence"} <= set(names):
            raise MirrorError(f"model '{card.name}': a person mask reads outputs 'mask' and 'presence', not {names}")
        self.session = session
        self._crop = CropTensor(card)
        self._mask, self._presence = names.index("mask"), names.index("presence")
        self._logits = Options(card).flag("mask_is_logits")

    def read(self, image: np.ndarray, region: Box) -> Mask | None:
        """The mask of the person inside ``region`` (widened to a square), or None when nobody is there.

        Args:
            image: BGR uint8 (height, width, 3).
            region: box in frame pixels around the whole body.
        """
        letterbox = self._crop.fill(image, region)
        outputs = self.session.run(self._crop.tensor)
        if float(outputs[self._presence].ravel()[0]) < LEAST_PRESENCE:
            return None
        values = outputs[self._mask].reshape(self._crop.height, self._crop.width)
        if self._logits:
            values = 1 / (1 + np.exp(-values))
        return Mask(values.astype(np.float32, copy=True), letterbox.to_input)
