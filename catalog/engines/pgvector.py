"""Postgres with pgvector: a row for each item of each store. A change is one transaction, a slice one statement.

Rows are found by plain filters and ordered by an expression that no approximate index answers (``... + 0``), so that
an HNSW index which the chain keeps for other uses does not make the answer approximate.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import numpy as np

from catalog.columns import unit_rows
from catalog.engines.contract import (
    BATCH,
    About,
    Remote,
    Rows,
    Writing,
    check_about,
    check_name,
    digest,
    item_fields,
    item_of,
    price_range,
    rows_of,
)
from catalog.filter import Filter
from mirror.domain import SIZE_FREE, FloatArray, Item, MirrorError, UsageError

CONNECT_S = 10
_MAKING = 0x6D6972726F72
"""Key of the advisory lock under which tables are made."""

_TABLES = """
CREATE EXTENSION IF NOT EXISTS vector;
CREATE TABLE {name}_about (embedder text NOT NULL, dim integer NOT NULL);
CREATE TABLE {name}_slices (store text PRIMARY KEY, pictures text NOT NULL, revision text NOT NULL);
CREATE TABLE {name} (
    store text NOT NULL, id text NOT NULL, category text NOT NULL, gender text NOT NULL, age text NOT NULL,
    sizes text[] NOT NULL, size_free boolean NOT NULL, in_stock boolean NOT NULL, price float8 NOT NULL,
    item jsonb NOT NULL, digest text NOT NULL, embedding vector({dim}) NOT NULL, PRIMARY KEY (store, id)
);
CREATE INDEX {name}_by_category ON {name} (store, category);
"""
_COLUMNS = "store, id, category, gender, age, sizes, size_free, in_stock, price, item, digest, embedding"


class PgvectorEngine(Remote):
    """``postgresql://[USER@]HOST[:5432]/DATABASE[#NAME]``; the password in PGPASSWORD or ~/.pgpass, or in the URL."""

    def __init__(self, url: str, store: str) -> None:
        """Connects. Raises MirrorError when the driver is not installed or the server cannot be reached."""
        try:
            psycopg: Any = import_module("psycopg")
        except ImportError as error:
            raise MirrorError(
                f"Postgres needs the package psycopg ({error}): pip install 'smart-mirror[pgvector]'"
            ) from None
        self._error: type[Exception] = psycopg.Error
        self._json: Any = import_module("psycopg.types.json").Json
        self.store = store
        where, _, name = url.partition("#")
        try:
            told = psycopg.conninfo.conninfo_to_dict(where)
        except psycopg.Error:
            # its reason may quote a part of the password
            raise UsageError(
                "the Postgres URL cannot be read; write postgresql://user@host/database, with %40 for an @ in a name"
            ) from None
        host = str(told.get("host", "localhost"))
        port = f":{told['port']}" if "port" in told else ""
        self.place = f"postgresql://{host if not host.startswith('/') else ''}{port}/{told.get('dbname', '')}"
        self._name = check_name(name, self.place)
        with self._plainly():
            self._connection: Any = psycopg.connect(where, autocommit=True, connect_timeout=CONNECT_S)

    def about(self) -> About | None:
        """See :class:`Engine`."""
        with self._plainly():
            if not self._made():
                return None
            found = self._ask(f"SELECT embedder, dim FROM {self._name}_about").fetchone()
            own = self._ask(f"SELECT pictures FROM {self._name}_slices WHERE store = %s", self.store).fetchone()
        return About(str(found[0]), int(found[1]), own[0] if own else "") if found else None

    def count(self, filter: Filter | None = None) -> int:
        """See :class:`Engine`."""
        condition, values = self._where(filter or Filter(in_stock=False))
        with self._plainly():
            if not self._made():
                return 0
            return int(self._ask(f"SELECT count(*) FROM {self._name} WHERE {condition}", *values).fetchone()[0])

    def revision(self) -> str:
        """See :class:`Engine`."""
        with self._plainly():
            if not self._made():
                return ""
            own = self._ask(f"SELECT revision FROM {self._name}_slices WHERE store = %s", self.store).fetchone()
        return str(own[0]) if own else ""

    def digests(self) -> dict[str, str]:
        """See :class:`Engine`."""
        with self._plainly():
            if not self._made():
                return {}
            return dict(self._ask(f"SELECT id, digest FROM {self._name} WHERE store = %s", self.store).fetchall())

    def rows(self) -> Iterator[Rows]:
        """See :class:`Engine`."""
        if self.about() is None:
            return
        with self._plainly(), self._connection.transaction():
            cursor = self._connection.cursor(name="slice", binary=True)
            cursor.execute(f"SELECT item, embedding FROM {self._name} WHERE store = %s", (self.store,))
            while found := cursor.fetchmany(BATCH):
                yield _rows(found)

    @contextmanager
    def writing(self, about: About) -> Iterator[Writing]:
        """See :class:`Engine`. A second writer of the same store waits for the first."""
        with self._plainly(), self._connection.transaction():
            self._prepare(about)
            check_about(self.place, self.about(), about)
            self._ask(
                f"INSERT INTO {self._name}_slices VALUES (%s, %s, %s) ON CONFLICT (store) DO UPDATE SET pictures = "
                "EXCLUDED.pictures, revision = EXCLUDED.revision", self.store, about.pictures, uuid.uuid4().hex,
            )
            yield self

    def close(self) -> None:
        """See :class:`Engine`."""
        self._connection.close()

    def put(self, items: Sequence[Item], vectors: FloatArray) -> None:
        """Rows of a writing."""
        changed = ", ".join(f"{column} = EXCLUDED.{column}" for column in _COLUMNS.split(", ")[2:])
        with self._plainly(), self._connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO {self._name} ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "
                f"ON CONFLICT (store, id) DO UPDATE SET {changed}",
                [
                    (self.store, item.id, item.category, item.gender, item.age, list(item.sizes),
                     item.category in SIZE_FREE, item.in_stock, item.price, self._json(item_fields(item)),
                     digest(item, vector), _text(vector))
                    for item, vector in zip(items, unit_rows(vectors), strict=True)
                ],
            )

    def drop(self, ids: Sequence[str]) -> None:
        """Rows of a writing."""
        with self._plainly():
            self._ask(f"DELETE FROM {self._name} WHERE store = %s AND id = ANY(%s)", self.store, list(ids))

    def _nearest(self, vector: FloatArray, wanted: Filter, limit: int) -> tuple[Rows, FloatArray]:
        condition, values = self._where(wanted)
        with self._plainly(), self._connection.cursor(binary=True) as cursor:
            # <#> is the dot product times -1
            found = cursor.execute(
                f"SELECT item, embedding, (embedding <#> %s::vector) + 0 AS far FROM {self._name} WHERE {condition} "
                "ORDER BY far LIMIT %s", (_text(vector), *values, limit),
            ).fetchall()
        return _rows(found), np.array([-row[2] for row in found], np.float64)

    def _where(self, wanted: Filter) -> tuple[str, list[Any]]:
        """The conditions of a filter and their values."""
        parts: list[tuple[str, Any]] = [("store = %s", self.store)]
        if wanted.categories:
            parts.append(("category = ANY(%s)", list(wanted.categories)))
        if wanted.sizes:
            parts.append(("(size_free OR sizes && %s::text[])", list(wanted.sizes)))
        if wanted.gender:
            parts.append(("gender = ANY(%s)", [wanted.gender, "unisex"]))
        if wanted.age:
            parts.append(("age = ANY(%s)", ["", wanted.age]))
        if wanted.price is not None:
            low, high = price_range(wanted)
            parts += [("price >= %s", low), ("price <= %s", high)]
        if wanted.style is not None:
            parts.append(("jsonb_exists(item -> 'styles', %s)", wanted.style))
        if wanted.exclude:
            parts.append(("id <> ALL(%s)", sorted(wanted.exclude)))
        conditions = [part for part, _ in parts] + (["in_stock"] if wanted.in_stock else [])
        return " AND ".join(conditions), [value for _, value in parts]

    def _prepare(self, about: About) -> None:
        """Make the tables where they are not: whoever may only write rows needs no right to make any."""
        if self._made():
            return
        self._ask("SELECT pg_advisory_xact_lock(%s)", _MAKING)
        if not self._made():
            self._connection.execute(_TABLES.format(name=self._name, dim=about.dim))
            self._ask(f"INSERT INTO {self._name}_about VALUES (%s, %s)", about.embedder, about.dim)

    def _made(self) -> bool:
        return self._ask("SELECT to_regclass(%s)", self._name).fetchone()[0] is not None

    def _ask(self, statement: str, *values: Any) -> Any:
        return self._connection.execute(statement, values)

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        try:
            yield
        except self._error as error:
            reason = str(error).strip().splitlines()[:1] or [type(error).__name__]
            raise MirrorError(f"{self.place}: cannot be used ({reason[0][:200]})") from None


def _text(vector: FloatArray) -> str:
    # Python's digits of a float32 read back as the same one
    return f"[{','.join(map(repr, vector.tolist()))}]"


def _rows(found: Sequence[Any]) -> Rows:
    """Rows of (item, embedding, ...): pgvector's binary form is u16 numbers, u16 0, then big-endian float32."""
    return rows_of([item_of(row[0]) for row in found], [np.frombuffer(row[1], ">f4", offset=4) for row in found])
