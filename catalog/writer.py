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
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
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
from catalog.ids import Ids
from catalog.layout import Section, write_sealed
from catalog.order import Column, Order
from catalog.scan import to_int8
from catalog.schema import sorted_sizes
from catalog.spool import VectorSpool
from mirror.domain import CATEGORIES, SIZE_FREE, FloatArray, Item

Signature = tuple[tuple[str, ...], str, str, bool]
"""What filters ask of a row: sizes in stock, gender, age, and whether sizes don't matter."""


def write_index(
    out: BinaryIO,
    items: Sequence[Item],
    vectors: FloatArray | VectorSpool,
    *,
    embedder: str,
    pictures: str,
    built: str = "",
    ids: Ids | None = None,
    scratch: Path | None = None,
) -> None:
    """Write an index to an empty, seekable binary file, with a memory that does not grow with the rows.

    items: at least one, valid, with distinct ids, in any order; read by place, so they may lie on the disk
    (:class:`catalog.spool.Spool`). vectors: float32 (len(items), dim), each finite and not 0; read by blocks, three
    times. embedder: the name that queries must come from. pictures: the picture folder as the index records it. built:
    free text for ``info``, such as a date; left empty, the same input gives the same bytes. ids: the items' own, each
    with its :func:`group_of`, when they are known already. scratch: a folder for what waits on the disk (some 60 bytes
    a row; None: the system's). Raises MirrorError for a vector without direction, ValueError for an id that is there
    twice.
    """
    with ExitStack() as stack:
        if ids is None:
            ids = Ids()
            stack.callback(ids.close)
            for place, item in enumerate(items):
                ids.add(item.id, place, group_of(item))
        order = stack.enter_context(closing(Order(ids, scratch)))
        columns = stack.enter_context(closing(_Columns(scratch)))
        for block in order.places():
            for place in block.tolist():
                columns.add(items[place])
        code_of, final = columns.codes()
        sizes, table = signature_sections(
            Section("codes", code_dtype(code_of), (len(order),), (final[met] for met in columns.met.chunks())), code_of
        )
        # Read three times rather than kept: the header comes first and holds what only the last row tells.
        scales = stack.enter_context(closing(Column(np.float32, scratch)))
        worst = 0.0
        for rows in _sorted_blocks(vectors, order):
            _, of_block, error = to_int8(rows)
            scales.add(of_block)
            worst = max(worst, error)
        shape = (len(order), vectors.shape[1])
        about = {
            "rows": len(order),
            "dim": vectors.shape[1],
            "embedder": embedder,
            "pictures": pictures,
            "built": built,
            "sizes": sizes,
            "runs": columns.runs,
            "error": worst,
        }
        write_sealed(out, about, [
            Section("vectors", "<f4", shape, _sorted_blocks(vectors, order)),
            Section("levels", "|i1", shape, (to_int8(block)[0] for block in _sorted_blocks(vectors, order))),
            scales.section("scales", "<f4"),
            *table,
            columns.prices.section("prices", "<f8"),
            columns.stock.section("stock", "|u1"),
            columns.colours.section("colours", "<u4", MOST_COLOURS),
            columns.styles.section("styles", "|u1"),
            Section("ranks", "<u4", (len(order),), order.ranks()),
            order.by_id.section("by_id", "<u4"),
            columns.text_ends.section("text_ends", "<u8"),
            Section("text", "|u1", (columns.text_end,), _texts(items, order)),
        ])


def recorded_pictures(pictures: Path, out: Path) -> str:
    """The picture folder relative to the index ``out``, so that both can be moved together; absolute when they share
    nothing but the root."""
    target, folder = pictures.resolve(), out.parent.resolve()
    if os.path.commonpath([target, folder]) == os.path.sep:
        return str(target)
    return os.path.relpath(target, folder)


def signature_sections(
    codes: Section, code_of: Mapping[Signature, int]
) -> tuple[tuple[str, ...], tuple[Section, Section, Section]]:
    """The shop's sizes in their order, and the sections codes, signature_sizes and signatures. codes: (rows,), each
    row's, of :func:`code_dtype`. code_of: every signature that a row has, in the order of their codes from 0."""
    sizes = sorted_sizes(label for signature in code_of for label in signature[0])
    return sizes, (
        codes,
        Section.of("signature_sizes", np.stack([size_mask(s[0], sizes) for s in code_of]), "<u8"),
        Section.of("signatures", np.array([_words(*signature[1:]) for signature in code_of]), "|u1"),
    )


def code_dtype(code_of: Mapping[Signature, int]) -> str:
    """The narrowest that has a code for each signature."""
    return "<u2" if len(code_of) <= 0x10000 else "<u4"


_OFTEN_ASKED: tuple[frozenset[str], ...] = (
    frozenset(("M", "40")), frozenset(("L", "42")), frozenset(("S", "38")), frozenset(("XL", "44"))
)
"""Sizes that most shoppers ask for, the most usual first."""


PLACES = 1 + (1 << len(_OFTEN_ASKED))
"""Of :func:`place_in_run`."""


def place_in_run(sizes: Collection[str], in_stock: bool) -> int:
    """Where an item stands among those of its category and gender: from 0, what is in stock in the sizes that are asked
    for most, to PLACES - 1, what is not in stock. So what passes a usual filter lies side by side, and is scanned
    without its neighbours."""
    if not in_stock:
        return PLACES - 1
    lacks = 0
    for asked in _OFTEN_ASKED:
        lacks = 2 * lacks + asked.isdisjoint(sizes)
    return lacks


def group_of(item: Item) -> int:
    """The rows of an index are sorted by this, then by id: category, gender by GENDER_ORDER, and
    :func:`place_in_run`."""
    run = CATEGORIES.index(item.category) * len(GENDER_ORDER) + GENDER_ORDER.index(item.gender)
    return run * PLACES + place_in_run(item.sizes, item.in_stock)


class _Columns:
    """What the rows hold, each in a column on the disk, but for texts and vectors; ``runs`` as the header has them.
    In memory are the distinct signatures only."""

    def __init__(self, folder: Path | None) -> None:
        self.prices, self.stock = Column(np.float64, folder), Column(np.uint8, folder)
        self.colours, self.styles = Column(np.uint32, folder), Column(np.uint8, folder)
        self.met, self.text_ends = Column(np.uint32, folder), Column(np.uint64, folder)
        self.text_ends.add_one(0)
        self.text_end = 0
        self.runs: list[tuple[str, str, int, int]] = []
        self._signatures: dict[Signature, int] = {}
        self._rows = 0

    def add(self, item: Item) -> None:
        """The next row."""
        signature = (item.sizes, item.gender, item.age, item.category in SIZE_FREE)
        self.met.add_one(self._signatures.setdefault(signature, len(self._signatures)))
        self.prices.add_one(item.price)
        self.stock.add_one(item.in_stock)
        for colour in _colours(item):
            self.colours.add_one(colour)
        self.styles.add_one(sum(STYLE_BITS[style] for style in item.styles))
        self.text_end += len(_text(item))
        self.text_ends.add_one(self.text_end)
        row, self._rows = self._rows, self._rows + 1
        if self.runs and self.runs[-1][:2] == (item.category, item.gender):
            self.runs[-1] = (*self.runs[-1][:3], row + 1)
        else:
            self.runs.append((item.category, item.gender, row, row + 1))

    def codes(self) -> tuple[dict[Signature, int], NDArray[np.int64]]:
        """The codes by signature, in order: sorted, so that the same items give the same bytes; and the code of each
        number in ``met``."""
        code_of = {signature: code for code, signature in enumerate(sorted(self._signatures))}
        return code_of, np.array([code_of[signature] for signature in self._signatures])

    def close(self) -> None:
        """Let the files go."""
        for column in (self.prices, self.stock, self.colours, self.styles, self.met, self.text_ends):
            column.close()


def _text(item: Item) -> bytes:
    return FIELD_MARK.join(getattr(item, name) for name in TEXT_FIELDS).encode("utf-8")


def _texts(items: Sequence[Item], order: Order) -> Iterator[NDArray[np.uint8]]:
    for block in order.places():
        yield np.frombuffer(b"".join(_text(items[place]) for place in block.tolist()), np.uint8)


def _words(gender: str, age: str, size_free: bool) -> tuple[int, int, int]:
    return GENDER_ORDER.index(gender), AGE_ORDER.index(age), int(size_free)


def _colours(item: Item) -> list[int]:
    colours = [int(colour.lstrip("#"), 16) for colour in item.colours[:MOST_COLOURS]]
    return colours + [NO_COLOUR] * (MOST_COLOURS - len(colours))


def _sorted_blocks(vectors: FloatArray | VectorSpool, order: Order) -> Iterator[NDArray[np.float32]]:
    for block in order.places():
        yield unit_rows(vectors[block])
