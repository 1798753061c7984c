"""What a detector calls garments, in the mirror's categories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mirror.domain import DETECTED_CATEGORIES, FloatArray
from mirror.runtime.manifest import ModelCard
from mirror.vision.decoders.options import Options

VOCABULARIES: Mapping[str, Mapping[str, str]] = {
    "deepfashion2": {
        "short sleeve top": "top", "vest": "top", "sling": "top", "long sleeve top": "longsleeve",
        "short sleeve outwear": "outerwear", "long sleeve outwear": "outerwear", "shorts": "shorts",
        "trousers": "trousers", "skirt": "skirt", "short sleeve dress": "dress", "long sleeve dress": "dress",
        "vest dress": "dress", "sling dress": "dress",
    },
}
"""Option ``categories`` as a word -> label -> category. (DeepFashion2's long sleeve top may be a shirt: it does not
tell.)"""


@dataclass(frozen=True)
class Vocabulary:
    """The categories that a detector can find, and which of its labels mean each."""

    categories: tuple[str, ...]
    columns: tuple[tuple[int, ...], ...]
    """For each category the indices of the labels that mean it."""
    dropped: tuple[str, ...]
    """Labels that mean nothing to the mirror: what they find is left out."""
    same: bool
    """The labels are the categories, one by one."""

    def of_scores(self, scores: FloatArray) -> FloatArray:
        """(n, labels) as (n, categories): of several labels that mean one category the best counts."""
        if self.same:
            return scores
        columns = [scores[:, c[0]] if len(c) == 1 else scores[:, list(c)].max(axis=1) for c in self.columns]
        return np.column_stack(columns).astype(np.float32)


def vocabulary_of(card: ModelCard) -> Vocabulary:
    """By option ``categories``: a table label -> category, or the name of one of VOCABULARIES. A label that the table
    does not name is a category itself, or dropped.

    Raises:
        MirrorError: a table names a label that the card lacks, or no category; or no label is left.
    """
    options = Options(card)
    named = card.options.get("categories")
    if isinstance(named, str):
        meant = dict(VOCABULARIES[options.choice("categories", tuple(VOCABULARIES), "")])
    else:
        meant = options.words("categories")
        for label, category in meant.items():
            if label not in card.labels:
                raise options.wrong("categories", f"names '{label}', which is none of the card's labels")
            if category not in DETECTED_CATEGORIES:
                raise options.wrong(
                    "categories", f"makes '{label}' a '{category}'; there are {', '.join(DETECTED_CATEGORIES)}"
                )
    found: dict[str, list[int]] = {}
    dropped: list[str] = []
    for index, label in enumerate(card.labels):
        category = meant.get(label, label)
        if category in DETECTED_CATEGORIES:
            found.setdefault(category, []).append(index)
        else:
            dropped.append(label)
    if not found:
        raise options.wrong(
            "categories", "is missing: none of the labels is a garment; write { \"their label\" = \"top\", ... }"
        )
    columns = tuple(tuple(indices) for indices in found.values())
    same = columns == tuple((i,) for i in range(len(card.labels)))
    return Vocabulary(tuple(found), columns, tuple(dropped), same)
