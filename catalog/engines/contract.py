"""What every engine does, whoever keeps the rows: the interface that the contract tests hold all of them to.

An engine is opened for one store and shows that store's rows only. It keeps one kind of vectors: those of the
embedder that its first rows came from; vectors of another are refused, on the way in and in questions. Vectors are
float32 of length 1, kept to the bit, so that a slice written from an engine is the file that was pushed to it.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from catalog.columns import unit
from catalog.filter import Filter
from catalog.schema import HIGHEST_PRICE
from mirror.domain import FloatArray, Item, MirrorError, UsageError

BATCH = 512
"""Rows that go over the wire at a time: some 300 kB at 128 dimensions."""

_STORE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
DEFAULT_NAME = "mirror_catalogue"
"""Collection, or beginning of the tables' names, when the URL names none after its ``#``."""

_FIELDS = tuple(Item.__dataclass_fields__)
_UNIT = 2.0**-24  # half of float32's machine epsilon


@dataclass(frozen=True)
class About:
    """What an engine knows of its vectors, and of this store's slice: the embedder's name with its hash, numbers in
    a vector, and the picture folder as the pushed index recorded it."""

    embedder: str
    dim: int
    pictures: str = ""


class Rows(NamedTuple):
    """Some items and their vectors, float32 (len(items), dim)."""

    items: list[Item]
    vectors: FloatArray


def rows_of(items: list[Item], vectors: Sequence[Any]) -> Rows:
    """Rows of items and as many vectors (dim,)."""
    return Rows(items, np.array(vectors, np.float32) if len(vectors) else np.empty((0, 1), np.float32))


class Writing(Protocol):
    """Changes to a store's slice, under way."""

    def put(self, items: Sequence[Item], vectors: FloatArray) -> None:
        """Rows that are new, or take the place of those with the same ids. vectors: (len(items), dim), each of any
        length but 0."""
        ...

    def drop(self, ids: Sequence[str]) -> None:
        """Rows that go; ids that are not there are no error."""
        ...


class Engine(Protocol):
    """One store's view of a chain's catalogue. Every method raises MirrorError, one line, when the engine cannot be
    reached or refuses."""

    place: str
    """Where it is, for people; never with a password."""
    store: str

    def about(self) -> About | None:
        """None while no row was ever written."""
        ...

    def query(self, vector: FloatArray, filter: Filter | None = None, k: int = 8, *, embedder: str) -> list[
        tuple[Item, float]
    ]:
        """As :meth:`catalog.index.Catalogue.query`: exact, best first, ties by id. Raises MirrorError when ``embedder``
        is not the engine's."""
        ...

    def count(self, filter: Filter | None = None) -> int:
        """Items of the store that pass (None: all, out of stock too)."""
        ...

    def revision(self) -> str:
        """Another one after each change to the store's slice; empty while there is none."""
        ...

    def digests(self) -> dict[str, str]:
        """:func:`digest` of each row of the store by id."""
        ...

    def rows(self) -> Iterator[Rows]:
        """Every row of the store, as of one moment, in no order. Raises MirrorError, at the latest at its end, when
        the slice was being written: what was given is not to be used then."""
        ...

    def writing(self, about: About) -> AbstractContextManager[Writing]:
        """Change the slice: nothing of it is seen before the end (Postgres, file), or :meth:`rows` refuses until then
        (Qdrant). An exception leaves the old slice, or one that :meth:`rows` refuses. Raises MirrorError when the
        engine holds vectors of another embedder."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


def upsert(engine: Engine, items: Sequence[Item], vectors: FloatArray, *, embedder: str) -> None:
    """Put rows into the engine's store at once. Raises MirrorError for another embedder's vectors."""
    known = engine.about()
    with engine.writing(About(embedder, int(vectors.shape[1]), known.pictures if known else "")) as change:
        change.put(items, vectors)


def delete(engine: Engine, ids: Sequence[str]) -> None:
    """Take rows out of the engine's store."""
    known = engine.about()
    if known is not None:
        with engine.writing(known) as change:
            change.drop(ids)


def digest(item: Item, vector: FloatArray) -> str:
    """32 hex digits that differ when anything of a row does. vector: float32 (dim,), as stored."""
    # not asdict: that copies, and took two thirds of a push in which nothing changed
    row = json.dumps([getattr(item, name) for name in _FIELDS]).encode("ascii")
    return hashlib.sha256(row + np.asarray(vector, "<f4").tobytes()).hexdigest()[:32]


def check_store(store: str) -> str:
    """The store's id, or UsageError: it becomes a file's name."""
    if not _STORE.fullmatch(store):
        raise UsageError(f"--store {store!r}: use up to 64 letters, digits, dots, dashes and underscores")
    return store


def check_name(name: str, place: str) -> str:
    """The name after a URL's ``#``, or DEFAULT_NAME; UsageError when it is none: it becomes part of SQL."""
    if name and not _NAME.fullmatch(name):
        raise UsageError(f"{place}: '#{name}': use small letters, digits and underscores, at most 40")
    return name or DEFAULT_NAME


def check_about(place: str, has: About | None, given: About) -> None:
    """Raise MirrorError that names both when vectors of ``given`` do not go with those that the engine ``has``."""
    if has is not None and (has.embedder, has.dim) != (given.embedder, given.dim):
        raise MirrorError(
            f"{place}: holds vectors of embedder {has.embedder} ({has.dim} numbers), these are of {given.embedder} "
            f"({given.dim}); use that embedder, or give the new one a place of its own: add #NAME to the URL"
        )


class Remote(ABC):
    """What engines over a wire have in common: the exact answer from their approximate arithmetic."""

    place: str
    store: str

    @abstractmethod
    def about(self) -> About | None: ...

    @abstractmethod
    def _nearest(self, vector: FloatArray, wanted: Filter, limit: int) -> tuple[Rows, FloatArray]:
        """The ``limit`` rows with the highest dot product as the engine computes it in float32 or better, and those
        products (rows,). vector: float32 (dim,) of length 1. Every row that passes, when they are fewer."""

    def query(
        self, vector: FloatArray, filter: Filter | None = None, k: int = 8, *, embedder: str
    ) -> list[tuple[Item, float]]:
        """See :meth:`Engine.query`. The engine's best are computed again in float64; more are asked for until a row
        that was left out cannot be among the k."""
        if k < 1:
            raise UsageError(f"k: {k} items cannot be asked for; ask for 1 or more")
        has = self.about()
        if has is None:
            return []
        check_about(self.place, has, About(embedder, has.dim))
        query = unit(vector, has.dim)
        coarse = query.astype(np.float32)
        # As in catalog.scan: a dot product of vectors of length 1 errs by at most dim roundings, in any order of its
        # terms, and the query by one in each number.
        room = 2 * (has.dim + 4) * _UNIT
        limit = 2 * k + 8
        while True:
            rows, coarse_scores = self._nearest(coarse, filter or Filter(), limit)
            exact = exact_scores(rows.vectors, query)
            best = sorted(range(len(rows.items)), key=lambda i: (-exact[i], rows.items[i].id))[:k]
            whole = len(rows.items) < limit
            if whole or float(coarse_scores.min()) + room < exact[best[-1]]:
                return [(rows.items[i], min(1.0, max(-1.0, float(exact[i])))) for i in best]
            limit *= 4


def exact_scores(vectors: FloatArray, query: NDArray[np.float64]) -> NDArray[np.float64]:
    """float64 (rows,): the products of float32 rows (rows, dim) with the query, one row at a time, so that equal rows
    have equal scores."""
    return np.asarray((vectors.astype(np.float64) * query).sum(axis=1))


def item_fields(item: Item) -> dict[str, Any]:
    """An item as JSON-able fields."""
    fields = {name: getattr(item, name) for name in _FIELDS}
    return {**fields, "sizes": list(item.sizes), "colours": list(item.colours),
            "styles": list(item.styles)}


def item_of(fields: dict[str, Any]) -> Item:
    """The item of :func:`item_fields`. Raises MirrorError when they are none."""
    try:
        known = {name: fields[name] for name in _FIELDS if name != "styles"}
        known |= {"sizes": tuple(fields["sizes"]), "colours": tuple(fields["colours"])}
        known |= {"styles": tuple(fields.get("styles", ()))}
        known |= {"price": float(fields["price"]), "in_stock": bool(fields["in_stock"])}
        return Item(**known)
    except (KeyError, TypeError, ValueError) as error:
        raise MirrorError(f"a row of the engine is no item of ours ({error}); push the store again") from None


def price_range(wanted: Filter) -> tuple[float, float]:
    """Lowest and highest price of a filter as finite numbers (infinite ones are no JSON), beyond every item's price."""
    low, high = wanted.price or (-math.inf, math.inf)
    beyond = 2 * HIGHEST_PRICE
    return min(max(low, -beyond), beyond), min(max(high, -beyond), beyond)
