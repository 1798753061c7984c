"""Garment embeddings: what a piece looks like as a unit vector, the same for a worn garment and a shop picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mirror.domain import Box, FloatArray, MirrorError
from mirror.runtime.session import Session
from mirror.vision.crop import CropTensor
from mirror.vision.decoders.options import Options
from mirror.vision.decoders.registry import EMBEDDING, require

PAD_GREY = 128
UNIT = 1e-3
"""A row this near to length 1 is left as it is."""


class Embedder:
    """Embeds pictures of garments: our own net, or whatever the card describes."""

    def __init__(self, session: Session) -> None:
        """Raises MirrorError when the card is no embedding's, or does not go together with its graph."""
        card = session.card
        require(card, (EMBEDDING,), "a garment embedding")
        options = Options(card)
        self.session = session
        self._crop = CropTensor(card, pad=PAD_GREY)
        self._margin = options.number("region_margin", 1.0, least=0.5, most=3)
        self._output = options.output()
        last = card.outputs[self._output].shape[-1]
        if not isinstance(last, int):
            raise MirrorError(f"model '{card.name}': an embedding has a fixed length; its output's is '{last}'")
        self.dim = last
        self.name = f"{card.name}@{card.sha256[:12]}"
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
        row: FloatArray = self.session.run(self._crop.tensor)[self._output].ravel().astype(np.float32)
        length = float(np.linalg.norm(row))
        # our own net ends in a norm; another's output may be of any length, and the catalogue compares by cosine
        return row if abs(length - 1) < UNIT else np.asarray(row / max(length, 1e-9), np.float32)
