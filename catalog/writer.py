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
| styles | u1 (rows,) | a bit for each style (:data:`catalog.columns.STYLE_BITS`); absent in older files |
| ranks, by_id | u4 (rows,) | a row's place among the sorted ids, and the rows in that order |
| text_ends, text | u8 (rows + 1,), u1 | UTF-8 fields of each row between FIELD_MARKs |
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from catalog.columns import (
    AGE_ORDER,
    FIELD_MARK,
    GENDER_ORDER,
    MOST_COLOURS,
    NO_COLOUR,
    STYLE_BITS,
    TEXT_FIELDS,
    size_mask,
    unit_rows,
)
from catalog.layout import Section, write_sealed
from catalog.scan import to_int8
from catalog.schema import sorted_sizes
from mirror.domain import CATEGORIES, SIZE_FREE, FloatArray, Item

_BLOCK = 4_096
"""Rows in memory at a time; scaling to int8 takes some 4 KB for each."""
Signature = tuple[tuple[str, ...], str, str, bool]
"""What filters ask of a row: sizes in stock, gender, age, and whether sizes don't matter."""


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

    items: at least one, valid, with distinct ids, in any order; read four times, row by row, so they may lie on the
    disk (:class:`catalog.spool.Spool`). vectors: float32 (len(items), dim), each
    finite and not 0; may be memory-mapped, it is read by blocks, three times. embedder: the name that queries must
    come from. pictures: the picture folder as the index records it. built: free text for ``info``, such as a
    date; left empty, the same input gives the same bytes. Raises MirrorError for a vector without direction.
    """
    # References only, sorted twice: keys of their own would be most of the memory that a large feed takes.
    ids = [item.id for item in items]
    named = sorted(range(len(items)), key=ids.__getitem__)
    del ids
    groups = [_group(item) for item in items]
    order = np.array(sorted(named, key=groups.__getitem__))
    row_of = np.empty(len(items), dtype=np.int64)
    row_of[order] = np.arange(len(items))
    by_id = row_of[named]
    ranks = np.empty(len(items), dtype=np.int64)
    ranks[by_id] = np.arange(len(items))
    del named, groups, row_of
    columns = _Columns.of(items, order)
    codes, code_of = columns.codes()
    sizes, table = signature_sections(codes, code_of)
    # Read three times rather than kept: the header comes first and holds what only the last row tells.
    scales, error = _scales(vectors, order)
    about = {
        "rows": len(items),
        "dim": vectors.shape[1],
        "embedder": embedder,
        "pictures": pictures,
        "built": built,
        "sizes": sizes,
        "runs": columns.runs,
        "error": error,
    }
    write_sealed(out, about, [
        Section("vectors", "<f4", vectors.shape, _sorted_blocks(vectors, order)),
        Section("levels", "|i1", vectors.shape, (to_int8(block)[0] for block in _sorted_blocks(vectors, order))),
        Section.of("scales", scales, "<f4"),
        *table,
        Section.of("prices", np.frombuffer(columns.prices), "<f8"),
        Section.of("stock", np.frombuffer(columns.stock, np.uint8), "|u1"),
        Section.of("colours", np.frombuffer(columns.colours, np.uint32).reshape(-1, MOST_COLOURS), "<u4"),
        Section.of("styles", np.frombuffer(columns.styles, np.uint8), "|u1"),
        Section.of("ranks", ranks, "<u4"),
        Section.of("by_id", by_id, "<u4"),
        Section.of("text_ends", np.frombuffer(columns.text_ends, np.uint64), "<u8"),
        Section("text", "|u1", (columns.text_ends[-1],), _texts(items, order)),
    ])


def recorded_pictures(pictures: Path, out: Path) -> str:
    """The picture folder relative to the index ``out``, so that both can be moved together; absolute when they share
    nothing but the root."""
    target, folder = pictures.resolve(), out.parent.resolve()
    if os.path.commonpath([target, folder]) == os.path.sep:
        return str(target)
    return os.path.relpath(target, folder)


def signature_sections(
    codes: NDArray[np.int64], code_of: Mapping[Signature, int]
) -> tuple[tuple[str, ...], tuple[Section, Section, Section]]:
    """The shop's sizes in their order, and the sections codes, signature_sizes and signatures. codes: (rows,), each
    row's. code_of: every signature that a row has, in the order of their codes from 0."""
    sizes = sorted_sizes(label for signature in code_of for label in signature[0])
    return sizes, (
        Section.of("codes", codes, "<u2" if len(code_of) <= 0x10000 else "<u4"),
        Section.of("signature_sizes", np.stack([size_mask(s[0], sizes) for s in code_of]), "<u8"),
        Section.of("signatures", np.array([_words(*signature[1:]) for signature in code_of]), "|u1"),
    )


class _Columns:
    """What the rows hold, each in a compact array, but for texts and vectors; ``runs`` as the header has them."""

    def __init__(self) -> None:
        self.prices, self.stock, self.colours = array("d"), bytearray(), array("I")
        self.styles = bytearray()
        self.text_ends = array("Q", [0])
        self.runs: list[tuple[str, str, int, int]] = []
        self._signatures: dict[Signature, int] = {}
        self._met = array("I")

    @classmethod
    def of(cls, items: Sequence[Item], order: NDArray[np.int64]) -> _Columns:
        columns = cls()
        for row, index in enumerate(order):
            columns._add(row, items[int(index)])
        return columns

    def _add(self, row: int, item: Item) -> None:
        signature = (item.sizes, item.gender, item.age, item.category in SIZE_FREE)
        self._met.append(self._signatures.setdefault(signature, len(self._signatures)))
        self.prices.append(item.price)
        self.stock.append(item.in_stock)
        self.colours.extend(_colours(item))
        self.styles.append(sum(STYLE_BITS[style] for style in item.styles))
        self.text_ends.append(self.text_ends[-1] + len(_text(item)))
        if self.runs and self.runs[-1][:2] == (item.category, item.gender):
            self.runs[-1] = (*self.runs[-1][:3], row + 1)
        else:
            self.runs.append((item.category, item.gender, row, row + 1))

    def codes(self) -> tuple[NDArray[np.int64], dict[Signature, int]]:
        """Each row's code, and the codes by signature, in order: sorted, so that the same items give the same bytes."""
        code_of = {signature: code for code, signature in enumerate(sorted(self._signatures))}
        final = np.array([code_of[signature] for signature in self._signatures])
        return final[np.frombuffer(self._met, np.uint32)], code_of


def _group(item: Item) -> int:
    return CATEGORIES.index(item.category) * len(GENDER_ORDER) + GENDER_ORDER.index(item.gender)


def _text(item: Item) -> bytes:
    return FIELD_MARK.join(getattr(item, name) for name in TEXT_FIELDS).encode("utf-8")


def _texts(items: Sequence[Item], order: NDArray[np.int64]) -> Iterator[NDArray[np.uint8]]:
    for first in range(0, len(order), _BLOCK):
        block = b"".join(_text(items[int(index)]) for index in order[first : first + _BLOCK])
        yield np.frombuffer(block, np.uint8)


def _words(gender: str, age: str, size_free: bool) -> tuple[int, int, int]:
    return GENDER_ORDER.index(gender), AGE_ORDER.index(age), int(size_free)


def _colours(item: Item) -> list[int]:
    colours = [int(colour.lstrip("#"), 16) for colour in item.colours[:MOST_COLOURS]]
    return colours + [NO_COLOUR] * (MOST_COLOURS - len(colours))


def _scales(vectors: FloatArray, order: NDArray[np.int64]) -> tuple[NDArray[np.float32], float]:
    scales, errors = [], []
    for block in _sorted_blocks(vectors, order):
        _, of_block, error = to_int8(block)
        scales.append(of_block)
        errors.append(error)
    return np.concatenate(scales), max(errors)


def _sorted_blocks(vectors: FloatArray, order: NDArray[np.int64]) -> Iterator[NDArray[np.float32]]:
    for first in range(0, len(order), _BLOCK):
        yield unit_rows(vectors[order[first : first + _BLOCK]])
