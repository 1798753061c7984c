"""What the arrays of an index mean.

Rows are sorted by (category, gender: men, unisex, women; stock and sizes; id), so that the rows of a category and
gender are one run. The distinct (sizes in stock, gender, age, size-free) of all rows stand in a small table with a code
per row: a filter looks at the table, and ``passes[codes[run]]`` is the mask. The search over them is
:mod:`catalog.search`.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.columns import (
    AGE_ORDER,
    FIELD_MARK,
    GENDER_ORDER,
    MOST_COLOURS,
    SIZE_WORD,
    STYLE_BITS,
    TEXT_FIELDS,
    Run,
    words_for,
)
from catalog.filter import Filter
from catalog.layout import Sealed, damaged
from catalog.passing import KeptBlocks, passing
from catalog.scan import LONGEST_ROW, to_int8
from catalog.search import Found, search
from catalog.style_words import usual_styles
from mirror.domain import CATEGORIES, FloatArray, Item

EXCLUSIONS_KEPT = 64
ITEMS_KEPT = 1024
"""Some hundreds of kilobytes at most; then they start anew."""

_ENDS = struct.Struct("<QQ")
"""Where the text of a row begins and ends."""

_VERIFIED = 32_768
"""Rows verified at a time."""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """One mapped index. The arrays are the sections of :mod:`catalog.writer`; ``error`` is the largest one of
    ``levels``, see :func:`catalog.scan.to_int8`."""

    sealed: Sealed
    runs: tuple[Run, ...]
    sizes: tuple[str, ...]
    embedder: str
    pictures: str
    error: float
    vectors: FloatArray
    levels: NDArray[np.int8]
    scales: FloatArray
    codes: NDArray[Any]
    signature_sizes: NDArray[np.uint64]
    signatures: NDArray[np.uint8]
    prices: NDArray[np.float64]
    stock: NDArray[np.uint8]
    colours: NDArray[np.uint32]
    ranks: NDArray[np.uint32]
    by_id: NDArray[np.uint32]
    text_ends: NDArray[np.uint64]
    text: NDArray[np.uint8]
    styles: NDArray[np.uint8] | None = None
    """None in a file from before styles: then names and categories tell them, and no filter asks for one."""
    _decoded: dict[int, tuple[tuple[str, ...], str]] = field(default_factory=dict)
    kept: KeptBlocks = field(default_factory=KeptBlocks)
    """What passes the filters that were asked last."""
    _excluded: dict[frozenset[str], NDArray[np.intp]] = field(default_factory=dict)
    _items: dict[int, Item] = field(default_factory=dict)
    _text: memoryview = field(init=False)
    """``text`` and ``text_ends`` as bytes: a slice of those is had in a third of the time."""
    _text_ends: memoryview = field(init=False)
    _row_of: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_text", self.text.data)
        object.__setattr__(self, "_text_ends", self.text_ends.data.cast("B"))

    @classmethod
    def of(cls, sealed: Sealed) -> Snapshot:
        """Read the meaning of a mapped file. Raises MirrorError when it does not hang together."""
        about, arrays = sealed.about, sealed.arrays
        try:
            rows, dim = int(about["rows"]), int(about["dim"])
            sizes = tuple(str(label) for label in about["sizes"])
            runs = tuple(Run(str(c), str(g), int(a), int(b)) for c, g, a, b in about["runs"])
            embedder, pictures = str(about["embedder"]), str(about["pictures"])
            error = float(about["error"])
            expected: dict[str, tuple[str, tuple[int, ...]]] = {
                "vectors": ("<f4", (rows, dim)),
                "levels": ("|i1", (rows, dim)),
                "scales": ("<f4", (rows,)),
                "codes": (arrays["codes"].dtype.str, (rows,)),
                "signature_sizes": ("<u8", (len(arrays["signatures"]), words_for(len(sizes)))),
                "signatures": ("|u1", (len(arrays["signatures"]), 3)),
                "prices": ("<f8", (rows,)),
                "stock": ("|u1", (rows,)),
                "colours": ("<u4", (rows, MOST_COLOURS)),
                "ranks": ("<u4", (rows,)),
                "by_id": ("<u4", (rows,)),
                "text_ends": ("<u8", (rows + 1,)),
                "text": ("|u1", (arrays["text"].size,)),
            }
            if "styles" in arrays:
                expected["styles"] = ("|u1", (rows,))
            for name, (dtype, shape) in expected.items():
                if (arrays[name].dtype.str, arrays[name].shape) != (dtype, shape):
                    raise ValueError(f"section {name} is {arrays[name].dtype.str} {arrays[name].shape}")
            if rows < 1 or dim < 1 or arrays["codes"].dtype.str not in ("<u2", "<u4"):
                raise ValueError(f"{rows} rows of {dim} numbers")
            if not 0 <= error <= dim:
                raise ValueError(f"an error of {error}")
            _check_runs(runs, rows)
        except (KeyError, TypeError, ValueError, OverflowError) as problem:
            raise damaged(sealed.path, f"its header is wrong ({problem})") from None
        sections: dict[str, Any] = {name: arrays[name] for name in expected}
        return cls(sealed, runs, sizes, embedder, pictures, error, **sections)

    def __len__(self) -> int:
        return len(self.vectors)

    @property
    def dim(self) -> int:
        """Numbers in an embedding."""
        return int(self.vectors.shape[1])

    @property
    def in_stock_count(self) -> int:
        """Items that are in stock."""
        return int(np.count_nonzero(self.stock))

    def search(self, vectors: Sequence[FloatArray], wanted: Filter, k: int) -> list[Found]:
        """The best k rows that pass for each vector (dim,) of any length but 0; see :mod:`catalog.search`."""
        return search(self, vectors, wanted, k)

    def rows(self, wanted: Filter) -> Iterator[int]:
        """Every row that passes, in the order of the file."""
        for block in passing(self, wanted):
            for rows in block.rows():
                yield from rows.tolist()

    def rows_of(self, ids: frozenset[str]) -> NDArray[np.intp]:
        """The rows of those ids that there are, ascending. Kept: a look asks more than once with what it excludes."""
        known = self._excluded.get(ids)
        if known is None:
            if len(self._excluded) >= EXCLUSIONS_KEPT:
                self._excluded.clear()
            rows = (self.row_of(id) for id in ids)
            known = self._excluded[ids] = np.array(sorted(row for row in rows if row is not None), np.intp)
        return known

    def row_of(self, id: str) -> int | None:
        """The row of an id, or None: a binary search in the ids' order (code points), unless it was just answered."""
        known = self._row_of.get(id)
        if known is not None:
            return known
        by_id = self.by_id
        low, high = 0, len(by_id)
        while low < high:
            middle = (low + high) // 2
            found = self.texts(int(by_id[middle]))[0]
            if found == id:
                return int(by_id[middle])
            low, high = (middle + 1, high) if found < id else (low, middle)
        return None

    def id_of(self, row: int) -> str:
        """The id of a row."""
        item = self._items.get(row)
        return self.texts(row)[0] if item is None else item.id

    def texts(self, row: int) -> list[str]:
        """The TEXT_FIELDS of a row."""
        try:
            start, stop = _ENDS.unpack_from(self._text_ends, row * (_ENDS.size // 2))
            if not start < stop <= len(self._text):
                raise ValueError
            fields = str(self._text[start:stop], "utf-8").split(FIELD_MARK)
        except (ValueError, struct.error):
            fields = []
        if len(fields) != len(TEXT_FIELDS):
            raise damaged(self.sealed.path, f"the text of row {row} cannot be read")
        return fields

    def item(self, row: int) -> Item:
        """The item of a row (0 <= row < len). Answered items are kept: a mirror shows the same ones again, and
        excludes them by id."""
        item = self._items.get(row)
        if item is None:
            item = self.read_item(row)
            if len(self._items) >= ITEMS_KEPT:
                self._items.clear()
                self._row_of.clear()
            self._items[row] = item
            self._row_of[item.id] = row
        return item

    def read_item(self, row: int) -> Item:
        """The item of a row, read from the file."""
        id, title, currency, picture, url = self.texts(row)
        run = self.runs[bisect_right(self.runs, row, key=_start) - 1]
        sizes, age = self.sizes_and_age(int(self.codes[row]))
        return Item(
            id=id, title=title, category=run.category, sizes=sizes, gender=run.gender, age=age,
            price=float(self.prices[row]), currency=currency, picture=picture, url=url,
            in_stock=bool(self.stock[row]),
            colours=tuple([f"#{colour:06x}" for colour in self.colours[row].tolist() if colour <= 0xFFFFFF]),
            styles=self._styles(row, run.category, title),
        )

    def _styles(self, row: int, category: str, title: str) -> tuple[str, ...]:
        if self.styles is None:
            return usual_styles(category, title)
        bits = int(self.styles[row])
        return tuple([style for style, bit in STYLE_BITS.items() if bits & bit])

    def sizes_and_age(self, code: int) -> tuple[tuple[str, ...], str]:
        """The sizes in stock and the age band of a code."""
        known = self._decoded.get(code)
        if known is None:
            try:
                mask = [int(word) for word in self.signature_sizes[code]]
                age = AGE_ORDER[self.signatures[code, 1]]
            except IndexError:
                raise damaged(self.sealed.path, "section codes points past its table") from None
            sizes = tuple(
                label for i, label in enumerate(self.sizes) if mask[i // SIZE_WORD] >> i % SIZE_WORD & 1
            )
            known = self._decoded[code] = sizes, age
        return known

    def verify(self) -> None:
        """Read all of it. Raises MirrorError that names the first thing that is wrong: a checksum, a code or
        text out of bounds, ids out of order, a vector that is not of length 1."""
        self.sealed.verify()
        rows, codes = len(self), self.codes
        if int(codes.max()) >= len(self.signatures):
            raise damaged(self.sealed.path, "section codes points past its table")
        if not np.array_equal(np.sort(self.by_id), np.arange(rows)) or not np.array_equal(
            self.ranks[self.by_id], np.arange(rows)
        ):
            raise damaged(self.sealed.path, "its order of ids is broken")
        previous = ""
        for row in self.by_id.tolist():
            id = self.read_item(row).id
            if not previous < id:
                raise damaged(self.sealed.path, f"id '{id}' is out of order")
            previous = id
        for first in range(0, rows, _VERIFIED):
            block = slice(first, first + _VERIFIED)
            lengths = np.linalg.norm(self.vectors[block], axis=1)
            if not (np.abs(lengths - 1) < LONGEST_ROW - 1).all():
                raise damaged(self.sealed.path, "section vectors holds one that is not of length 1")
            levels, scales, error = to_int8(self.vectors[block])
            if not (np.array_equal(levels, self.levels[block]) and np.array_equal(scales, self.scales[block])):
                raise damaged(self.sealed.path, "section levels holds other rows than section vectors")
            if error > self.error:
                raise damaged(self.sealed.path, "its header promises a smaller error than there is")


def _start(run: Run) -> int:
    return run.start


def _check_runs(runs: tuple[Run, ...], rows: int) -> None:
    stop = 0
    for run in runs:
        if run.category not in CATEGORIES or run.gender not in GENDER_ORDER:
            raise ValueError(f"run {run.category} {run.gender}")
        if run.start != stop or run.stop <= run.start:
            raise ValueError("its runs do not follow each other")
        stop = run.stop
    if stop != rows:
        raise ValueError(f"its runs hold {stop} of {rows} rows")


