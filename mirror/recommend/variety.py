"""Choosing several that are good and unlike each other: maximal marginal relevance.

J. Carbonell and J. Goldstein, 1998, "The use of MMR, diversity-based reranking": the next one is that of the greatest
score less a share of its likeness to the most similar one chosen before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from mirror.domain import FloatArray
from mirror.recommend.colour import tone

NEAR_COLOUR = 0.30
"""OKLab distance at which nearness of colour has fallen to 0."""
CONSIDERED = 8
"""Only so many of the best are chosen from: variety is no reason to offer what fits badly."""


def varied(
    scores: Sequence[float], vectors: Sequence[FloatArray | None], colours: Sequence[str], share: float,
) -> Iterator[int]:
    """Indices in the order of choice, each found when it is asked for; the scores come best first, and of equals the
    first is chosen. Likeness is the mean of the cosine of the embeddings (of length 1; None: not known) and of the
    nearness of the colours (#rrggbb; "": not known), as far as both are known. ``share`` 0 leaves the order, 1 looks at
    nothing but unlikeness."""
    if share <= 0 or len(scores) < 2:
        yield from range(len(scores))
        return
    size = next((len(vector) for vector in vectors if vector is not None), 1)
    rows = np.array([np.zeros(size, np.float32) if vector is None else vector for vector in vectors])
    tones = [tone(colour) if colour else None for colour in colours]
    places = np.array([(t.lightness, t.a, t.b) if t else (9.0, 9.0, 9.0) for t in tones])
    known = np.array([vector is not None for vector in vectors]), np.array([t is not None for t in tones])
    worth = (1 - share) * np.asarray(scores)
    nearest = np.zeros(len(worth))
    for left in range(len(worth), 0, -1):
        best = int((worth - share * nearest).argmax())
        yield best
        worth[best] = -np.inf
        if left > 1:
            cosine = np.maximum(rows @ rows[best], 0.0)
            beside = np.maximum(1 - np.sqrt(((places - places[best]) ** 2).sum(1)) / NEAR_COLOUR, 0.0)
            parts = known[0] * float(known[0][best]), known[1] * float(known[1][best])
            likeness = (cosine * parts[0] + beside * parts[1]) / np.maximum(parts[0] + parts[1], 1.0)
            nearest = np.maximum(nearest, likeness)
