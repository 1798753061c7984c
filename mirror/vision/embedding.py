"""Garment embeddings: what a piece looks like as a unit vector, the same for a worn garment and a shop picture."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from mirror.domain import Box, FloatArray, MirrorError, UsageError
from mirror.runtime.manifest import Manifest, ModelCard, read_card
from mirror.runtime.session import Session
from mirror.vision.classic import ClassicEmbedder
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
        self.name = f"{card.name}@{_identity(card, self._output)}"
        """Card name and hash: a catalogue built by other weights, or from pictures prepared otherwise, is refused."""

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


def open_embedder(name: str, manifest: Manifest, session: Callable[[ModelCard], Session]) -> Embedder | ClassicEmbedder:
    """The embedder that settings and ``--embedder`` name: a model of the manifest, a card of its own (``.toml``) or a
    fitted classic one (``.npz``). Raises MirrorError when it is none of these or cannot be opened."""
    path = Path(name).expanduser()
    if path.suffix == ".npz":
        return ClassicEmbedder.load(path)
    if path.suffix in (".joblib", ".pkl", ".pickle"):
        raise UsageError(
            f"{path} is a pickle, which is a program; make a model of it with `mirror export sklearn` and name that one"
        )
    if path.suffix == ".onnx":
        raise UsageError(f"{path} does not say how pictures are prepared; give its card (.toml with one [[model]])")
    return Embedder(session(read_card(path) if path.suffix == ".toml" else manifest[name]))


def _identity(card: ModelCard, output: int) -> str:
    """Twelve hex digits of everything that a picture's vector depends on: the graph and its preparation."""
    prepared = {key: card.options.get(key) for key in ("fit", "pad", "input_size")}
    text = json.dumps([
        card.sha256, card.layout, card.colour, card.scale, card.mean, card.std, card.inputs[0].shape,
        card.inputs[0].dtype, output, prepared,
    ])
    return hashlib.sha256(text.encode()).hexdigest()[:12]
