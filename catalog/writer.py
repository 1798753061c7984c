"""The sections of an index from its items and their vectors; :mod:`catalog.snapshot` reads them back.

| section | dtype, shape | holds |
| --- | --- | --- |
| vectors | f4 (rows, dim) | embeddings of length 1, in the order of the rows |
| levels, scales | i1 (rows, dim), f4 (rows,) | the same as int8 times a scale per row (:mod:`catalog.scan`) |
| codes | u2 or u4 (rows,) | the row's place in the signature table |
| signature_sizes | u8 (signatures, words) | a bit for each size in stock, by the header's list of sizes |
| signatures | u1 (signatures, 3) | gender, age (0 for any), size-free |
| prices, stock | f8, u1 (rows,) | side columns: they may change without the rest |
| colours | u4 (rows, 5) | 0xRRGGBB, most first, NO_COLOUR where there are fewer |
| ranks, by_id | u4 (rows,) | a row's place among the sorted ids, and the rows in that order |
| text_ends, text | u8 (rows + 1,), u1 | UTF-8 fields of each row between FIELD_MARKs |
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from catalog.columns import (
    AGE_ORDER,
    FIELD_MARK,
    GENDER_ORDER,
    MOST_COLOURS,
    NO_COLOUR,
    TEXT_FIELDS,
    size_mask,
    unit_rows,
)
from catalog.layout import Section, write_sealed
from catalog.scan import to_int8
from catalog.schema import sorted_sizes
from catalog.search import BLOCK
from mirror.domain import CATEGORIES, SIZE_FREE, FloatArray, Item


def write_index(
    out: BinaryIO,
    items: Sequence[Item],
    vectors: FloatArray,
    *,
    embedder: str,
    pictures: str,
    built: str = "",
) -> None:
    """Write an index to an empty, seekable binary file.

    items: at least one, valid, with distinct ids, in any order. vectors: float32 (len(items), dim), each
    finite and not 0; may be memory-mapped, it is read by blocks, three times. embedder: the name that queries must
    come from. pictures: the picture folder as the index records it. built: free text for ``info``, such as a
    date; left empty, the same input gives the same bytes. Raises MirrorError for a vector without direction.
    """
    order = sorted(range(len(items)), key=lambda i: _place(items[i]))
    rows = [items[i] for i in order]
    sizes = sorted_sizes(label for item in rows for label in item.sizes)
    signatures = [(item.sizes, item.gender, item.age, item.category in SIZE_FREE) for item in rows]
    code_of = {signature: code for code, signature in enumerate(sorted(set(signatures)))}
    codes = np.array([code_of[signature] for signature in signatures])
    by_id = np.array(sorted(range(len(rows)), key=lambda row: rows[row].id))
    ranks = np.empty(len(rows), dtype=np.int64)
    ranks[by_id] = np.arange(len(rows))
    texts = [FIELD_MARK.join(getattr(item, name) for name in TEXT_FIELDS).encode("utf-8") for item in rows]
    text = b"".join(texts)
    # Read three times rather than kept: the header comes first and holds what only the last row tells.
    scales, error = _scales(vectors, order)
    about = {
        "rows": len(rows),
        "dim": vectors.shape[1],
        "embedder": embedder,
        "pictures": pictures,
        "built": built,
        "sizes": sizes,
        "runs": _runs(rows),
        "error": error,
    }
    write_sealed(out, about, [
        Section("vectors", "<f4", vectors.shape, _sorted_blocks(vectors, order)),
        Section("levels", "|i1", vectors.shape, (to_int8(block)[0] for block in _sorted_blocks(vectors, order))),
        Section.of("scales", scales, "<f4"),
        Section.of("codes", codes, "<u2" if len(code_of) <= 0x10000 else "<u4"),
        Section.of("signature_sizes", np.stack([size_mask(s[0], sizes) for s in code_of]), "<u8"),
        Section.of("signatures", np.array([_words(*signature[1:]) for signature in code_of]), "|u1"),
        Section.of("prices", np.array([item.price for item in rows]), "<f8"),
        Section.of("stock", np.array([item.in_stock for item in rows]), "|u1"),
        Section.of("colours", np.array([_colours(item) for item in rows]), "<u4"),
        Section.of("ranks", ranks, "<u4"),
        Section.of("by_id", by_id, "<u4"),
        Section.of("text_ends", np.cumsum([0, *map(len, texts)]), "<u8"),
        Section.of("text", np.frombuffer(text, np.uint8), "|u1"),
    ])


def _place(item: Item) -> tuple[int, int, str]:
    return CATEGORIES.index(item.category), GENDER_ORDER.index(item.gender), item.id


def _runs(rows: Sequence[Item]) -> list[tuple[str, str, int, int]]:
    runs: list[tuple[str, str, int, int]] = []
    for row, item in enumerate(rows):
        if runs and runs[-1][:2] == (item.category, item.gender):
            runs[-1] = (*runs[-1][:3], row + 1)
        else:
            runs.append((item.category, item.gender, row, row + 1))
    return runs


def _words(gender: str, age: str, size_free: bool) -> tuple[int, int, int]:
    return GENDER_ORDER.index(gender), AGE_ORDER.index(age), int(size_free)


def _colours(item: Item) -> list[int]:
    colours = [int(colour.lstrip("#"), 16) for colour in item.colours[:MOST_COLOURS]]
    return colours + [NO_COLOUR] * (MOST_COLOURS - len(colours))


def _scales(vectors: FloatArray, order: Sequence[int]) -> tuple[NDArray[np.float32], float]:
    scales, errors = [], []
    for block in _sorted_blocks(vectors, order):
        _, of_block, error = to_int8(block)
        scales.append(of_block)
        errors.append(error)
    return np.concatenate(scales), max(errors)


def _sorted_blocks(vectors: FloatArray, order: Sequence[int]) -> Iterator[NDArray[np.float32]]:
    for first in range(0, len(order), BLOCK):
        yield unit_rows(vectors[np.array(order[first : first + BLOCK])])
