"""Prices and stock of a live index from a small feed: no picture is read and no embedding computed.

The index is written anew with other prices, stock and sizes; vectors and texts are taken over with their checksums,
in another order where stock and sizes ask for it. The result is, byte for byte, what a build of the changed items would
write.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.atomic import before_update_of, protect, replacing
from catalog.columns import GENDER_ORDER
from catalog.feeds.rows import Row
from catalog.ingest import rows_of, sniff
from catalog.layout import Sealed, Section, rewrite_sealed
from catalog.mapping import FeedMapping
from catalog.order import BLOCK
from catalog.rejects import Rejects, reasons
from catalog.schema import CHANGEABLE, Change, RowError, parse_change
from catalog.snapshot import Snapshot
from catalog.writer import PLACES, Signature, code_dtype, place_in_run, signature_sections
from mirror.domain import SIZE_FREE, MirrorError


@dataclass(frozen=True)
class Updated:
    """What an update did: items in the index, rows that were good, items whose price and whose stock (sizes too) is
    another now, the first rows that could not be used, how many there are in all and the list of them (None when there
    are none). Without any change the index was not touched."""

    live: Path
    items: int
    rows: int
    prices: int
    stock: int
    bad: tuple[RowError, ...]
    left_out: int = 0
    rejected: Path | None = None

    @property
    def changed(self) -> bool:
        """Whether the index was written anew."""
        return bool(self.prices or self.stock)


def update(
    live: Path, feed: Path, *, format: str | None = None, mapping: FeedMapping | None = None,
    rejects: Path | None = None,
) -> Updated:
    """Change the index at ``live`` by a feed (any kind of :mod:`catalog.ingest`; only id and the columns of
    :data:`catalog.schema.CHANGEABLE` are looked at). rejects: the file of the rows that could not be used (None:
    ``LIVE.update-rejected.jsonl``).

    The index before is kept (:func:`catalog.atomic.before_update_of`). Raises MirrorError when the index is not whole,
    the feed cannot be read, or none of its rows can be used; nothing is changed then.
    """
    rows = _rows(feed, format, mapping or FeedMapping())
    with ExitStack() as stack:
        try:
            with replacing(live, keep=before_update_of(live)) as out:
                snapshot = Snapshot.of(Sealed.open(live))
                bad = stack.enter_context(closing(Rejects(live.parent)))
                changes = _Changes(snapshot, bad)
                for line, row in rows:
                    changes.take(line, row)
                if not changes.rows:
                    raise MirrorError(f"{feed}: no row can be used; {reasons(bad.first, bad.count)}")
                if not changes.touched:
                    raise _Unchanged
                about, sections = changes.written()
                rewrite_sealed(out, snapshot.sealed, about, sections)
            protect(live)
        except _Unchanged:
            pass
        rejected = bad.write(rejects or live.with_name(live.name + ".update-rejected.jsonl"))
        return Updated(live, len(snapshot), len(changes.rows), changes.prices_changed, changes.stock_changed,
                       tuple(bad.first), bad.count, rejected)


def is_update(feed: Path, format: str | None = None, mapping: FeedMapping | None = None) -> bool:
    """Whether a feed can only be an update: by its first good row it has an id and no picture. Raises MirrorError when
    it cannot be read."""
    mapping = mapping or FeedMapping()
    picture = mapping.columns.get("picture", "picture")
    for _, row in _rows(feed, format, mapping, ("picture",)):
        if not isinstance(row, RowError):
            return not row.get(picture) and not row.get("picture")
    return False


class _Unchanged(Exception):
    """Every row says what is there already."""


class _Changes:
    """Rows of a feed against one index."""

    def __init__(self, snapshot: Snapshot, bad: Rejects) -> None:
        self._snapshot, self._bad = snapshot, bad
        self._prices = snapshot.prices.copy()
        self._stock = snapshot.stock.copy()
        self._sizes: dict[int, tuple[str, ...]] = {}
        self.rows: dict[int, int] = {}
        """The line that said something of a row of the index."""
        self.prices_changed = self.stock_changed = 0

    @property
    def touched(self) -> bool:
        return bool(self.prices_changed or self.stock_changed)

    def take(self, line: int, row: Any) -> None:
        """Take in one row of the feed, or put it among the bad ones."""
        try:
            if isinstance(row, RowError):
                raise row
            change = parse_change(row, line)
            place = self._snapshot.row_of(change.id)
            if place is None:
                raise RowError(line, "id", "is not in the catalogue; a new item takes a build", change.id)
            if place in self.rows:
                raise RowError(line, "id", f"is on line {self.rows[place]} already", change.id)
            self._apply(line, place, change)
            self.rows[place] = line
        except RowError as error:
            self._bad.add(error)

    def _apply(self, line: int, place: int, change: Change) -> None:
        item = self._snapshot.read_item(place)
        if change.currency and change.price is not None and change.currency != item.currency:
            reason = f"is {change.currency}, the catalogue has {item.currency}; build it again to change that"
            raise RowError(line, "currency", reason, change.id)
        free = item.category in SIZE_FREE
        sizes = item.sizes if free or change.sizes is None else change.sizes
        if change.in_stock is not None:
            wanted = change.in_stock
        else:
            wanted = item.in_stock if free or change.sizes is None else True
        if change.in_stock and not sizes and not free and change.sizes is None:
            raise RowError(line, "in_stock", "is yes, and no size is known to be in stock; give sizes too", change.id)
        stock = wanted and (free or bool(sizes))
        price = item.price if change.price is None else change.price
        self.prices_changed += price != item.price
        self.stock_changed += (sizes, stock) != (item.sizes, item.in_stock)
        self._prices[place], self._stock[place] = price, stock
        if sizes != item.sizes:
            self._sizes[place] = sizes

    def written(self) -> tuple[dict[str, Any], dict[str, Section]]:
        """The header's words and the sections that are others now."""
        sections = {
            "prices": Section.of("prices", self._prices, "<f8"), "stock": Section.of("stock", self._stock, "|u1"),
        }
        about = dict(self._snapshot.sealed.about)
        signatures = [self._signature(code) for code in range(len(self._snapshot.signatures))]
        codes = self._snapshot.codes.astype(np.int64)
        if self._sizes:
            place_of = {signature: place for place, signature in enumerate(signatures)}
            for row, sizes in self._sizes.items():
                signature = (sizes, *signatures[int(codes[row])][1:])
                place = place_of.setdefault(signature, len(signatures))
                if place == len(signatures):
                    signatures.append(signature)
                codes[row] = place
            used = {signatures[place] for place in np.unique(codes).tolist()}
            code_of = {signature: code for code, signature in enumerate(sorted(used))}
            codes = np.array([code_of.get(signature, 0) for signature in signatures])[codes]
            signatures = list(code_of)
            known, table = signature_sections(Section.of("codes", codes, code_dtype(code_of)), code_of)
            about["sizes"] = list(known)
            sections |= {section.name: section for section in table}
        return about, sections | (self._moved(codes, signatures, sections) if self.stock_changed else {})

    def _moved(
        self, codes: NDArray[np.int64], signatures: Sequence[Signature], sections: Mapping[str, Section]
    ) -> dict[str, Section]:
        """Rows stand by their stock and sizes (:func:`catalog.writer.group_of`): every section with rows in their new
        order, where that is another."""
        snapshot = self._snapshot
        places = np.array([place_in_run(signature[0], True) for signature in signatures])
        stands = np.where(self._stock != 0, places[codes], PLACES - 1)
        run = np.repeat(np.arange(len(snapshot.runs)), [one.stop - one.start for one in snapshot.runs])
        order = np.lexsort((snapshot.ranks, stands, run))
        if (order[1:] > order[:-1]).all():
            return {}
        by_row = {"codes": codes.astype(sections["codes"].dtype if "codes" in sections else snapshot.codes.dtype),
                  "prices": self._prices, "stock": self._stock}
        arrays = snapshot.sealed.arrays
        for name in ("vectors", "levels", "scales", "colours", "styles", "ranks"):
            if name in arrays:
                by_row[name] = arrays[name]
        lengths: NDArray[np.int64] = (snapshot.text_ends[1:] - snapshot.text_ends[:-1]).astype(np.int64)[order]
        ends = np.concatenate(([0], np.cumsum(lengths)))
        text = arrays["text"]
        return {name: _in_order(name, array, order) for name, array in by_row.items()} | {
            "by_id": Section.of("by_id", np.argsort(snapshot.ranks[order]), arrays["by_id"].dtype.str),
            "text_ends": Section.of("text_ends", ends, arrays["text_ends"].dtype.str),
            "text": Section("text", text.dtype.str, text.shape, _texts_in_order(snapshot, order, lengths)),
        }

    def _signature(self, code: int) -> Signature:
        sizes, age = self._snapshot.sizes_and_age(code)
        gender, _, free = self._snapshot.signatures[code].tolist()
        return sizes, GENDER_ORDER[gender], age, bool(free)


def _in_order(name: str, array: NDArray[Any], order: NDArray[np.intp]) -> Section:
    chunks = (array[order[first : first + BLOCK]] for first in range(0, len(order), BLOCK))
    return Section(name, array.dtype.str, array.shape, chunks)


def _texts_in_order(
    snapshot: Snapshot, order: NDArray[np.intp], lengths: NDArray[np.int64]
) -> Iterator[NDArray[np.uint8]]:
    for first in range(0, len(order), BLOCK):
        starts = snapshot.text_ends[order[first : first + BLOCK]].astype(np.int64)
        here = lengths[first : first + BLOCK]
        # of each byte its place: the start of its row, and how far it is from there
        within = np.arange(here.sum()) - np.repeat(np.cumsum(here) - here, here)
        yield snapshot.text[np.repeat(starts, here) + within]


def _rows(
    feed: Path, format: str | None, mapping: FeedMapping, more: tuple[str, ...] = ()
) -> Iterator[Row]:
    """The rows of a feed with the columns that an update looks at under our names."""
    names = ("id", "currency", *CHANGEABLE)
    kind = format or sniff(feed, mapping.encoding)
    known = tuple(mapping.columns.get(name, name) for name in (*names, *more))
    for line, row in rows_of(feed, kind, known, (mapping.columns.get("id", "id"),), mapping.encoding):
        if isinstance(row, RowError):
            yield line, row
            continue
        yield line, mapping.with_sizes(mapping.renamed(row))
