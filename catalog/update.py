"""Prices and stock of a live index from a small feed: no picture is read and no embedding computed.

The index is written anew with other prices, stock and sizes; vectors, texts and order are taken over with their
checksums. The result is, byte for byte, what a build of the changed items would write.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from catalog.atomic import before_update_of, protect, replacing
from catalog.columns import AGE_ORDER, GENDER_ORDER, size_mask
from catalog.feeds.delimited import delimited_rows
from catalog.feeds.google_merchant import google_rows
from catalog.feeds.jsonl import jsonl_rows
from catalog.feeds.parquet import parquet_rows
from catalog.feeds.rows import Row
from catalog.feeds.shopify import shopify_rows
from catalog.ingest import FORMATS, sniff
from catalog.layout import Sealed, Section, rewrite_sealed
from catalog.mapping import FeedMapping
from catalog.schema import CHANGEABLE, Change, RowError, nearest_word, parse_change, sorted_sizes
from catalog.snapshot import Snapshot
from mirror.domain import SIZE_FREE, MirrorError, UsageError

REASONS_SHOWN = 3
"""Reasons in the one line of an update of which no row could be used."""

Signature = tuple[tuple[str, ...], str, str, bool]
"""Sizes in stock, gender, age, size-free: as in the table of :mod:`catalog.writer`."""


@dataclass(frozen=True)
class Updated:
    """What an update did: items in the index, rows that were good, items whose price and whose stock (sizes too) is
    another now, and the rows that could not be used. Without any change the file was not touched."""

    live: Path
    items: int
    rows: int
    prices: int
    stock: int
    bad: tuple[RowError, ...]

    @property
    def changed(self) -> bool:
        """Whether the index was written anew."""
        return bool(self.prices or self.stock)


def update(live: Path, feed: Path, *, format: str | None = None, mapping: FeedMapping | None = None) -> Updated:
    """Change the index at ``live`` by a feed (any kind of :mod:`catalog.ingest`; only id and the columns of
    :data:`catalog.schema.CHANGEABLE` are looked at).

    The index before is kept (:func:`catalog.atomic.before_update_of`). Raises MirrorError when the index is not whole,
    the feed cannot be read, or none of its rows can be used; nothing is changed then.
    """
    rows = _rows(feed, format, mapping or FeedMapping())
    try:
        with replacing(live, keep=before_update_of(live)) as out:
            snapshot = Snapshot.of(Sealed.open(live))
            changes = _Changes(snapshot)
            for line, row in rows:
                changes.take(line, row)
            if not changes.rows:
                raise MirrorError(f"{feed}: no row can be used; {_reasons(changes.bad)}")
            if not changes.touched:
                raise _Unchanged
            about, sections = changes.written()
            rewrite_sealed(out, snapshot.sealed, about, sections)
        protect(live)
    except _Unchanged:
        pass
    return Updated(live, len(snapshot), len(changes.rows), changes.prices_changed, changes.stock_changed,
                   tuple(changes.bad))


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

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._prices = snapshot.prices.copy()
        self._stock = snapshot.stock.copy()
        self._sizes: dict[int, tuple[str, ...]] = {}
        self.rows: dict[int, int] = {}
        """The line that said something of a row of the index."""
        self.bad: list[RowError] = []
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
            self.bad.append(error)

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
        if not self._sizes:
            return about, sections
        signatures = [self._signature(code) for code in range(len(self._snapshot.signatures))]
        place_of = {signature: place for place, signature in enumerate(signatures)}
        codes = self._snapshot.codes.astype(np.int64)
        for row, sizes in self._sizes.items():
            signature = (sizes, *signatures[int(codes[row])][1:])
            place = place_of.setdefault(signature, len(signatures))
            if place == len(signatures):
                signatures.append(signature)
            codes[row] = place
        used = sorted(signatures[place] for place in np.unique(codes).tolist())
        code_of = {signature: code for code, signature in enumerate(used)}
        known = sorted_sizes(label for signature in used for label in signature[0])
        codes = np.array([code_of.get(signature, 0) for signature in signatures])[codes]
        words = [(GENDER_ORDER.index(s[1]), AGE_ORDER.index(s[2]), int(s[3])) for s in used]
        about["sizes"] = list(known)
        return about, {
            **sections,
            "codes": Section.of("codes", codes, "<u2" if len(used) <= 0x10000 else "<u4"),
            "signature_sizes": Section.of("signature_sizes", np.stack([size_mask(s[0], known) for s in used]), "<u8"),
            "signatures": Section.of("signatures", np.array(words), "|u1"),
        }

    def _signature(self, code: int) -> Signature:
        sizes, age = self._snapshot.sizes_and_age(code)
        gender, _, free = self._snapshot.signatures[code].tolist()
        return sizes, GENDER_ORDER[gender], age, bool(free)


def _rows(
    feed: Path, format: str | None, mapping: FeedMapping, more: tuple[str, ...] = ()
) -> Iterator[Row]:
    """The rows of a feed with the columns that an update looks at under our names."""
    names = ("id", "currency", *CHANGEABLE)
    kind = format or sniff(feed)
    if kind not in FORMATS:
        raise UsageError(f"--format {kind}: is unknown; {nearest_word(kind, FORMATS)}")
    if kind == "csv":
        known = tuple(mapping.columns.get(name, name) for name in (*names, *more))
        rows = delimited_rows(feed, known, (mapping.columns.get("id", "id"),))
    else:
        readers = {"jsonl": jsonl_rows, "parquet": parquet_rows, "google": google_rows, "shopify": shopify_rows}
        rows = readers[kind](feed)
    for line, row in rows:
        if isinstance(row, RowError):
            yield line, row
            continue
        mapped = dict(row)
        for ours, theirs in mapping.columns.items():
            if theirs in row:
                mapped[ours] = row[theirs]
        if mapping.separator and isinstance(mapped.get("sizes"), str):
            mapped["sizes"] = mapped["sizes"].split(mapping.separator)
        yield line, mapped


def _reasons(bad: list[RowError]) -> str:
    if not bad:
        return "it has a header and no rows"
    more = f" (and {len(bad) - REASONS_SHOWN} more)" if len(bad) > REASONS_SHOWN else ""
    return "; ".join(str(error) for error in bad[:REASONS_SHOWN]) + more


def write_rejected(path: Path, bad: tuple[RowError, ...]) -> Path | None:
    """The list of rejected rows, one JSON object a line; an old list goes when there are none."""
    if not bad:
        path.unlink(missing_ok=True)
        return None
    with replacing(path) as out:
        for error in bad:
            out.write(json.dumps(error.document(), ensure_ascii=False).encode("utf-8", "replace") + b"\n")
    return path
