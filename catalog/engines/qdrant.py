"""Qdrant: a point for each item of each store, in one collection for the chain.

Points are asked for exactly (``exact``: no graph), by dot product of vectors of length 1, which Qdrant keeps as they
are (its cosine distance would scale them anew). Qdrant has no transactions: a second collection, ``NAME_slices``,
says for each store whether it is whole or being written.
"""

from __future__ import annotations

import os
import uuid
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

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
from mirror.domain import SIZE_FREE, FloatArray, Item, MirrorError

KEY_VARIABLE = "QDRANT_API_KEY"
TIMEOUT_S = 30
_NAMESPACE = uuid.UUID("5b0f8c1e-8a57-4f3e-9d0a-6d2f1c7b43aa")
_ANY_AGE = "any"
_INDEXED = {
    "store": "keyword", "category": "keyword", "gender": "keyword", "ages": "keyword", "sizes": "keyword",
    "styles": "keyword",
    "size_free": "integer", "stocked": "integer", "price": "float",
}
"""Payload indexes on a server. Yes and no are the integers 1 and 0: ``MatchValue(True)`` matched nothing in one build
of Qdrant (design notes)."""


class QdrantEngine(Remote):
    """``http(s)://[:KEY@]HOST:6333[#NAME]`` (the key better in QDRANT_API_KEY), or ``qdrant:FOLDER[#NAME]``, a folder
    that the client keeps itself: for trials."""

    def __init__(self, url: str, store: str) -> None:
        """Raises MirrorError when the client is not installed or a folder cannot be used; a server is asked at the
        first call."""
        try:
            client = import_module("qdrant_client")
            self._failures: tuple[type[Exception], ...] = (
                import_module("qdrant_client.http.exceptions").ApiException, ValueError, RuntimeError, OSError,
            )
        except ImportError as error:
            raise MirrorError(
                f"Qdrant needs the package qdrant-client ({error}): pip install 'smart-mirror[qdrant]'"
            ) from None
        self._models: Any = client.models
        self.store = store
        parts = urlsplit(url)
        where, _, name = url.partition("#")
        if parts.scheme == "qdrant":
            folder = Path(where.removeprefix("qdrant:"))
            self.place = f"qdrant:{folder}"
            self._server = False
            with self._plainly():
                self._client: Any = client.QdrantClient(path=str(folder))
        else:
            host = parts.hostname or "localhost"
            self.place = f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")
            self._server = True
            with self._plainly(), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it would print about a key over plain http
                self._client = client.QdrantClient(
                    url=f"{self.place}:6333" if parts.port is None else self.place, timeout=TIMEOUT_S,
                    api_key=os.environ.get(KEY_VARIABLE) or parts.password, prefix=parts.path.strip("/") or None,
                    check_compatibility=False,
                )
        self._name = check_name(name, self.place)
        self._slices = f"{self._name}_slices"
        self._own = self._models.Filter(must=[self._is("store", store)])

    def about(self) -> About | None:
        """See :class:`Engine`."""
        with self._plainly():
            if not self._client.collection_exists(self._slices):
                return None
            kept = self._slice("about")
        if kept is None:
            return None
        own = self._slice(f"store {self.store}") or {}
        return About(str(kept["embedder"]), int(kept["dim"]), str(own.get("pictures", "")))

    def count(self, filter: Filter | None = None) -> int:
        """See :class:`Engine`."""
        if self.about() is None:
            return 0
        with self._plainly():
            wanted = self._own if filter is None else self._filter(filter)
            return int(self._client.count(self._name, count_filter=wanted, exact=True).count)

    def revision(self) -> str:
        """See :class:`Engine`. Raises MirrorError while the slice is being written."""
        return str((self._whole_slice() or {}).get("revision", ""))

    def digests(self) -> dict[str, str]:
        """See :class:`Engine`."""
        if self.about() is None:
            return {}
        points = self._points(["id", "digest"], False)
        return {str(point.payload["id"]): str(point.payload["digest"]) for point in points}

    def rows(self) -> Iterator[Rows]:
        """See :class:`Engine`: refused when the slice is, or was meanwhile, being written."""
        before = self._whole_slice()
        if before is None:
            return
        found = 0
        batch: list[Any] = []
        for point in self._points(True, True):
            batch.append(point)
            found += 1
            if len(batch) == BATCH:
                yield self._rows(batch)
                batch = []
        if batch:
            yield self._rows(batch)
        if self._whole_slice() != before or found != before["rows"]:
            raise self._torn()

    @contextmanager
    def writing(self, about: About) -> Iterator[Writing]:
        """See :class:`Engine`. Two writers of one store at a time: the first to end is told."""
        token = uuid.uuid4().hex
        with self._plainly():
            self._prepare(about)
            check_about(self.place, self.about(), about)
            before = self._slice(f"store {self.store}") or {"revision": "", "rows": 0}
            self._mark(f"store {self.store}", {**before, "store": self.store, "writing": token})
        yield self
        now = self._slice(f"store {self.store}") or {}
        if now.get("writing") != token:
            raise MirrorError(f"{self.place}: store {self.store} was written by somebody else meanwhile; push it again")
        self._mark(f"store {self.store}", {
            "store": self.store, "writing": "", "revision": token, "pictures": about.pictures, "rows": self.count(),
        })

    def close(self) -> None:
        """See :class:`Engine`."""
        with self._plainly():
            self._client.close()

    def _nearest(self, vector: FloatArray, wanted: Filter, limit: int) -> tuple[Rows, FloatArray]:
        with self._plainly():
            points = self._client.query_points(
                self._name, query=vector.tolist(), query_filter=self._filter(wanted), limit=limit,
                search_params=self._exactly(),
                with_payload=True, with_vectors=True,
            ).points
        return self._rows(points), np.array([point.score for point in points], np.float64)

    def _exactly(self) -> Any:
        """Without the graph, and with the vectors themselves where the chain has turned on quantization. A folder is
        always asked so, and warns of the setting."""
        if not self._server:
            return None
        whole = self._models.QuantizationSearchParams(ignore=True)
        return self._models.SearchParams(exact=True, quantization=whole)

    def _rows(self, points: Sequence[Any]) -> Rows:
        items = [item_of(point.payload) for point in points]
        return rows_of(items, [point.vector for point in points])

    def _points(self, payload: bool | list[str], vectors: bool) -> Iterator[Any]:
        offset = None
        while True:
            with self._plainly():
                points, offset = self._client.scroll(
                    self._name, scroll_filter=self._own, limit=BATCH, offset=offset, with_payload=payload,
                    with_vectors=vectors,
                )
            yield from points
            if offset is None:
                return

    def put(self, items: Sequence[Item], vectors: FloatArray) -> None:
        """Points of a writing."""
        rows = unit_rows(vectors)
        for first in range(0, len(items), BATCH):
            some = slice(first, first + BATCH)
            points = [
                self._models.PointStruct(id=self._id(item.id), vector=vector.tolist(), payload={
                    **item_fields(item), "store": self.store, "digest": digest(item, vector),
                    "ages": item.age or _ANY_AGE, "size_free": int(item.category in SIZE_FREE),
                    "stocked": int(item.in_stock),
                })
                for item, vector in zip(items[some], rows[some], strict=True)
            ]
            with self._plainly():
                self._client.upsert(self._name, points, wait=True)

    def drop(self, ids: Sequence[str]) -> None:
        """Points of a writing."""
        for first in range(0, len(ids), BATCH):
            points = self._models.PointIdsList(points=[self._id(id) for id in ids[first : first + BATCH]])
            with self._plainly():
                self._client.delete(self._name, points_selector=points, wait=True)

    def _filter(self, wanted: Filter) -> Any:
        models = self._models
        must: list[Any] = [self._is("store", self.store)]
        if wanted.categories:
            must.append(self._any("category", wanted.categories))
        if wanted.sizes:
            must.append(models.Filter(should=[self._any("sizes", wanted.sizes), self._is("size_free", 1)]))
        if wanted.gender:
            must.append(self._any("gender", (wanted.gender, "unisex")))
        if wanted.age:
            must.append(self._any("ages", (wanted.age, _ANY_AGE)))
        if wanted.in_stock:
            must.append(self._is("stocked", 1))
        if wanted.price is not None:
            low, high = price_range(wanted)
            must.append(models.FieldCondition(key="price", range=models.Range(gte=low, lte=high)))
        if wanted.style is not None:
            must.append(self._is("styles", wanted.style))
        excluded = [self._id(id) for id in sorted(wanted.exclude)]
        return models.Filter(must=must, must_not=[models.HasIdCondition(has_id=excluded)] if excluded else None)

    def _is(self, key: str, value: str | int) -> Any:
        return self._models.FieldCondition(key=key, match=self._models.MatchValue(value=value))

    def _any(self, key: str, values: Sequence[str]) -> Any:
        return self._models.FieldCondition(key=key, match=self._models.MatchAny(any=list(values)))

    def _id(self, id: str) -> str:
        return str(uuid.uuid5(_NAMESPACE, f"{self.store}\n{id}"))

    def _prepare(self, about: About) -> None:
        """Make the collections where they are not."""
        models = self._models
        for name, dim in ((self._slices, 1), (self._name, about.dim)):
            if not self._client.collection_exists(name):
                distance = models.VectorParams(size=dim, distance=models.Distance.DOT)
                self._client.create_collection(name, vectors_config=distance)
                if self._server and name == self._name:
                    for key, kind in _INDEXED.items():
                        schema = models.KeywordIndexParams(type="keyword", is_tenant=True) if key == "store" else kind
                        self._client.create_payload_index(name, key, field_schema=schema)
        if self._slice("about") is None:
            self._mark("about", {"embedder": about.embedder, "dim": about.dim})

    def _slice(self, key: str) -> dict[str, Any] | None:
        with self._plainly():
            found = self._client.retrieve(self._slices, ids=[str(uuid.uuid5(_NAMESPACE, key))], with_payload=True)
        return dict(found[0].payload) if found else None

    def _whole_slice(self) -> dict[str, Any] | None:
        if self.about() is None:
            return None
        kept = self._slice(f"store {self.store}")
        if kept is not None and kept["writing"]:
            raise self._torn()
        return kept

    def _mark(self, key: str, payload: dict[str, Any]) -> None:
        point = self._models.PointStruct(id=str(uuid.uuid5(_NAMESPACE, key)), vector=[1.0], payload=payload)
        with self._plainly():
            self._client.upsert(self._slices, [point], wait=True)

    def _torn(self) -> MirrorError:
        return MirrorError(
            f"{self.place}: store {self.store} is being written, or its last push did not end; "
            "try again, or push it again"
        )

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        try:
            yield
        except self._failures as error:
            status = getattr(error, "status_code", None)
            if status in (401, 403):
                reason = f"it refuses the key; set {KEY_VARIABLE}"
            elif status is not None:
                reason = f"it answered {status} {getattr(error, 'reason_phrase', '')}".rstrip()
            else:
                reason = " ".join(str(error).split())[:160]
            raise MirrorError(f"{self.place}: cannot be used ({reason})") from None
