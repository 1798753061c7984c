"""How an item's words become the numbers of an index: what the writer and the reader must agree on."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from catalog.schema import AGES
from mirror.domain import STYLES, FloatArray, MirrorError

GENDER_ORDER: tuple[str, ...] = ("men", "unisex", "women")
"""Unisex lies between, so that women + unisex and men + unisex are each one run."""

AGE_ORDER: tuple[str, ...] = ("", *AGES)
MOST_COLOURS = 5
"""Main colours kept of an item."""

NO_COLOUR = 0xFFFFFFFF
FIELD_MARK = "\x1f"
"""Unit separator between the text fields of a row: the schema lets no control character in."""

TEXT_FIELDS: tuple[str, ...] = ("id", "title", "currency", "picture", "url")
STYLE_BITS: dict[str, int] = {style: 1 << i for i, style in enumerate(STYLES)}
"""The bit of each style in a row's byte."""

SIZE_WORD = 64
"""Sizes in one u64 word of a signature."""


class Run(NamedTuple):
    """Rows start..stop (exclusive) hold one category and gender."""

    category: str
    gender: str
    start: int
    stop: int


def unit(vector: FloatArray, dim: int | None = None) -> NDArray[np.float64]:
    """``vector`` (dim,) with L2 length 1, float64. Raises MirrorError when it has another shape, is 0 or not
    finite."""
    values = np.asarray(vector, dtype=np.float64)
    if values.ndim != 1 or (dim is not None and len(values) != dim):
        raise MirrorError(f"the vector has shape {values.shape}, not ({dim or 'd'},); use the catalogue's embedder")
    length = math.sqrt(values.dot(values))
    if not 0 < length < math.inf:
        raise MirrorError("the vector has no direction: its numbers are all 0, too large or not finite")
    return np.asarray(values / length, dtype=np.float64)


ALREADY_UNIT = 1e-6
"""float32 numbers of a row of length 1 give it a length within 2**-24 of 1."""


def unit_rows(vectors: FloatArray) -> NDArray[np.float32]:
    """``vectors`` (rows, dim) with L2 length 1 each, float32. Rows that are so already stay as they are, to the bit:
    an index written from another's rows has the same ones. Raises MirrorError for a row that is 0 or not finite."""
    exact = np.asarray(vectors, dtype=np.float64)
    lengths = np.linalg.norm(exact, axis=1, keepdims=True)
    for row in np.flatnonzero(~(np.isfinite(lengths) & (lengths > 0))):
        unit(exact[row])  # says what is wrong
    lengths[np.abs(lengths - 1) < ALREADY_UNIT] = 1
    return np.asarray(exact / lengths, dtype=np.float32)


def words_for(sizes: int) -> int:
    """u64 words that a mask of so many sizes needs (at least one)."""
    return max(1, -(-sizes // SIZE_WORD))


def size_mask(labels: Iterable[str], known: tuple[str, ...]) -> NDArray[np.uint64]:
    """u64 (words,) with the bit of each label set; a label that no item has is left out."""
    words = [0] * words_for(len(known))
    for label in labels:
        if label in known:
            place = known.index(label)
            words[place // SIZE_WORD] |= 1 << place % SIZE_WORD
    return np.array(words, dtype=np.uint64)
