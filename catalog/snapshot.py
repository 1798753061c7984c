"""What the arrays of an index mean: its rows, and the exact search over them.

Rows are sorted by (category, gender: men, unisex, women; id), so that the rows of a category and gender are
one run. The distinct (sizes in stock, gender, age, size-free) of all rows stand in a small table with a code
per row: a filter looks at the table, and ``passes[codes[run]]`` is the mask. Scores are first computed in
float32; every row that could be among the best k within float32's error is computed again in float64, one row
at a time, so the answer is exact and equal vectors have equal scores wherever they lie. Ties are broken by
id.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
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
    TEXT_FIELDS,
    Run,
    size_mask,
    unit,
    words_for,
)
from catalog.filter import Filter
from catalog.layout import Sealed, damaged
from mirror.domain import CATEGORIES, FloatArray, Item, MirrorError

BLOCK = 32_768
"""Rows scored at a time: 16 MB at 128 dimensions (16-64k measured best: docs/design.md)."""

GATHER_BELOW = 0.2
"""Share of a block's rows under which gathering the passing rows beats scanning all (docs/design.md)."""

NORM_ERROR = 1e-3
"""How far from 1 the length of a stored vector may be; float32 rounding stays under 1e-6."""

_UNIT = 2.0**-24  # half of float32's machine epsilon: the relative error of one rounding


@dataclass(frozen=True, eq=False)
class Snapshot:
    """One mapped index. ``vectors`` float32 (rows, dim), L2-normalised; everything else by
    :mod:`catalog.writer`."""

    sealed: Sealed
    runs: tuple[Run, ...]
    sizes: tuple[str, ...]
    embedder: str
    pictures: str
    vectors: FloatArray
    _column: dict[str, NDArray[Any]]
    _decoded: dict[int, tuple[tuple[str, ...], str]] = field(default_factory=dict)

    @classmethod
    def of(cls, sealed: Sealed) -> Snapshot:
        """Read the meaning of a mapped file. Raises MirrorError when it does not hang together."""
        about, arrays = sealed.about, sealed.arrays
        try:
            rows, dim = int(about["rows"]), int(about["dim"])
            sizes = tuple(str(label) for label in about["sizes"])
            runs = tuple(Run(str(c), str(g), int(a), int(b)) for c, g, a, b in about["runs"])
            embedder, pictures = str(about["embedder"]), str(about["pictures"])
            expected: dict[str, tuple[str, tuple[int, ...]]] = {
                "vectors": ("<f4", (rows, dim)),
                "codes": (arrays["codes"].dtype.str, (rows,)),
                "signature_sizes": ("<u8", (len(arrays["signatures"]), words_for(len(sizes)))),
                "signatures": ("|u1", (len(arrays["signatures"]), 3)),
                "prices": ("<f8", (rows,)),
                "stock": ("|u1", (rows,)),
                "colours": ("<u4", (rows, MOST_COLOURS)),
                "ranks": ("<u4", (rows,)),
                "by_id": ("<u4", (rows,)),
                "text_ends": ("<u8", (rows + 1,)),
                "text": ("|u1", arrays["text"].shape[:1]),
            }
            for name, (dtype, shape) in expected.items():
                if (arrays[name].dtype.str, arrays[name].shape) != (dtype, shape):
                    raise ValueError(f"section {name} is {arrays[name].dtype.str} {arrays[name].shape}")
            if rows < 1 or dim < 1 or arrays["codes"].dtype.str not in ("<u2", "<u4"):
                raise ValueError(f"{rows} rows of {dim} numbers")
            _check_runs(runs, rows)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise damaged(sealed.path, f"its header is wrong ({error})") from None
        return cls(sealed, runs, sizes, embedder, pictures, arrays["vectors"], dict(arrays))

    def __len__(self) -> int:
        return len(self.vectors)

    @property
    def in_stock_count(self) -> int:
        """Items that are in stock."""
        return int(np.count_nonzero(self._column["stock"]))

    def search(self, vector: FloatArray, wanted: Filter, k: int) -> list[tuple[int, float]]:
        """The best k rows that pass, as (row, cosine similarity in -1..1), best first, ties by id.

        vector: (dim,) of any length but 0, finite; see :func:`unit`.
        """
        query = unit(vector, self.vectors.shape[1])
        coarse_query = query.astype(np.float32)
        # A float32 dot product of unit vectors errs by at most dim roundings of terms that add up to at most
        # 1, and one for the rounding of the query; both rows that are compared may err.
        margin = 2 * (len(query) + 2) * _UNIT
        floor = -np.inf
        found: list[tuple[NDArray[np.intp], FloatArray]] = []
        for rows, whole in self._passing(wanted):
            if whole is None:
                scores = self.vectors[rows] @ coarse_query
            else:
                scores = self.vectors[whole] @ coarse_query
                scores = scores if len(rows) == len(scores) else scores[rows - whole.start]
            if len(scores) > k:
                floor = max(floor, self._kth_best(scores, k) - margin)
                near = scores >= floor
                rows, scores = rows[near], scores[near]
            found.append((rows, scores))
        if not found:
            return []
        rows = np.concatenate([rows for rows, _ in found])
        scores = np.concatenate([scores for _, scores in found])
        if len(scores) > k:
            rows = rows[scores >= self._kth_best(scores, k) - margin]
        # Summed along each row, not by BLAS, whose result depends on where in a block the row lies.
        exact = (self.vectors[rows].astype(np.float64) * query).sum(axis=1)
        best = np.lexsort((self._column["ranks"][rows], -exact))[:k]
        if not np.isfinite(exact[best]).all():
            raise self._no_numbers()
        return [(int(rows[i]), float(min(1.0, max(-1.0, exact[i])))) for i in best]

    def _kth_best(self, scores: FloatArray, k: int) -> float:
        best = np.partition(scores, len(scores) - k)[len(scores) - k :]
        if not np.isfinite(best).all():  # what is no number sorts last, so among the best
            raise self._no_numbers()
        return float(best[0])

    def _no_numbers(self) -> MirrorError:
        return damaged(self.sealed.path, "section vectors holds what is no number")

    def rows(self, wanted: Filter) -> Iterator[int]:
        """Every row that passes, in the order of the file."""
        for rows, _ in self._passing(wanted):
            yield from rows.tolist()

    def _passing(self, wanted: Filter) -> Iterator[tuple[NDArray[np.intp], slice | None]]:
        """Passing rows block by block, with the block's slice where scanning all of it is cheaper."""
        passes = self._passing_signatures(wanted)
        if not passes.any():
            return
        excluded = [row for row in map(self.row_of, sorted(wanted.exclude)) if row is not None]
        codes, stock, prices = (self._column[name] for name in ("codes", "stock", "prices"))
        for start, stop in self._spans(wanted):
            for first in range(start, stop, BLOCK):
                block = slice(first, min(first + BLOCK, stop))
                try:
                    mask = passes[codes[block]]
                except IndexError:
                    raise damaged(self.sealed.path, "section codes points past its table") from None
                if wanted.in_stock:
                    mask &= stock[block] != 0
                if wanted.price is not None:
                    mask &= (prices[block] >= wanted.price[0]) & (prices[block] <= wanted.price[1])
                for row in excluded:
                    if block.start <= row < block.stop:
                        mask[row - block.start] = False
                rows = np.flatnonzero(mask)
                if len(rows):
                    rows += block.start
                    yield rows, block if len(rows) >= GATHER_BELOW * len(mask) else None

    def _spans(self, wanted: Filter) -> Iterator[tuple[int, int]]:
        """Contiguous rows of the wanted categories and genders, neighbours merged."""
        start = stop = -1
        for run in self.runs:
            if wanted.categories and run.category not in wanted.categories:
                continue
            if wanted.gender and run.gender not in (wanted.gender, "unisex"):
                continue
            if run.start != stop:
                if stop > start:
                    yield start, stop
                start = run.start
            stop = run.stop
        if stop > start:
            yield start, stop

    def _passing_signatures(self, wanted: Filter) -> NDArray[np.bool_]:
        gender_age_free = self._column["signatures"]
        passes = np.ones(len(gender_age_free), dtype=np.bool_)
        if wanted.sizes:
            mask = size_mask(wanted.sizes, self.sizes)
            passes &= (self._column["signature_sizes"] & mask).any(axis=1) | (gender_age_free[:, 2] != 0)
        if wanted.age:
            ages = gender_age_free[:, 1]
            passes &= (ages == 0) | (ages == AGE_ORDER.index(wanted.age))
        return passes

    def row_of(self, id: str) -> int | None:
        """The row of an id, or None: a binary search in the ids' order (code points)."""
        by_id = self._column["by_id"]
        low, high = 0, len(by_id)
        while low < high:
            middle = (low + high) // 2
            found = self.texts(int(by_id[middle]))[0]
            if found == id:
                return int(by_id[middle])
            low, high = (middle + 1, high) if found < id else (low, middle)
        return None

    def texts(self, row: int) -> list[str]:
        """The TEXT_FIELDS of a row."""
        try:
            start, stop = (int(end) for end in self._column["text_ends"][row : row + 2])
            if not start < stop <= len(self._column["text"]):
                raise ValueError
            fields = self._column["text"][start:stop].tobytes().decode("utf-8").split(FIELD_MARK)
        except ValueError:
            fields = []
        if len(fields) != len(TEXT_FIELDS):
            raise damaged(self.sealed.path, f"the text of row {row} cannot be read")
        return fields

    def item(self, row: int) -> Item:
        """The item of a row (0 <= row < len)."""
        id, title, currency, picture, url = self.texts(row)
        run = self.runs[bisect_right(self.runs, row, key=_start) - 1]
        sizes, age = self._sizes_and_age(int(self._column["codes"][row]))
        colours = self._column["colours"][row].tolist()
        return Item(
            id=id, title=title, category=run.category, sizes=sizes, gender=run.gender, age=age,
            price=float(self._column["prices"][row]), currency=currency, picture=picture, url=url,
            in_stock=bool(self._column["stock"][row]),
            colours=tuple([f"#{colour:06x}" for colour in colours if colour <= 0xFFFFFF]),
        )

    def _sizes_and_age(self, code: int) -> tuple[tuple[str, ...], str]:
        known = self._decoded.get(code)
        if known is None:
            try:
                mask = [int(word) for word in self._column["signature_sizes"][code]]
                age = AGE_ORDER[self._column["signatures"][code, 1]]
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
        rows, codes = len(self), self._column["codes"]
        if int(codes.max()) >= len(self._column["signatures"]):
            raise damaged(self.sealed.path, "section codes points past its table")
        if not np.array_equal(np.sort(self._column["by_id"]), np.arange(rows)) or not np.array_equal(
            self._column["ranks"][self._column["by_id"]], np.arange(rows)
        ):
            raise damaged(self.sealed.path, "its order of ids is broken")
        previous = ""
        for row in self._column["by_id"].tolist():
            id = self.item(row).id
            if not previous < id:
                raise damaged(self.sealed.path, f"id '{id}' is out of order")
            previous = id
        for first in range(0, rows, BLOCK):
            lengths = np.linalg.norm(self.vectors[first : first + BLOCK], axis=1)
            if not (np.abs(lengths - 1) < NORM_ERROR).all():
                raise damaged(self.sealed.path, "section vectors holds one that is not of length 1")


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


