"""The calls of Qdrant's client that the catalogue makes, answered by Qdrant's core in this process (qdrant-edge-py).

A server is not to be had in a test. Its core is the same code: storage, payload indexes, filters and float arithmetic
are those of a server; only the wire is not there.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import qdrant_edge as edge
from qdrant_client import models

KINDS = {
    "keyword": edge.PayloadSchemaType.Keyword, "integer": edge.PayloadSchemaType.Integer,
    "float": edge.PayloadSchemaType.Float,
}


class CoreClient:
    """A folder with a shard for each collection."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shards: dict[str, edge.EdgeShard] = {}

    def collection_exists(self, name: str) -> bool:
        return name in self._shards

    def create_collection(self, name: str, vectors_config: models.VectorParams) -> None:
        assert vectors_config.distance == models.Distance.DOT
        (self._folder / name).mkdir(parents=True)
        params = edge.EdgeVectorParams(vectors_config.size, edge.Distance.Dot)
        self._shards[name] = edge.EdgeShard.create(str(self._folder / name), edge.EdgeConfig(params))

    def create_payload_index(self, name: str, key: str, field_schema: Any) -> None:
        kind = field_schema if isinstance(field_schema, str) else field_schema.type.value
        self._shards[name].update(edge.UpdateOperation.create_field_index(key, KINDS[kind]))

    def upsert(self, name: str, points: list[models.PointStruct], wait: bool) -> None:
        assert wait
        self._shards[name].update(edge.UpdateOperation.upsert_points(
            [edge.Point(point.id, point.vector, point.payload) for point in points]
        ))

    def delete(self, name: str, points_selector: models.PointIdsList, wait: bool) -> None:
        assert wait
        self._shards[name].update(edge.UpdateOperation.delete_points(points_selector.points))

    def retrieve(self, name: str, ids: list[str], with_payload: bool) -> list[Any]:
        return list(self._shards[name].retrieve(ids, with_payload=with_payload, with_vector=False))

    def count(self, name: str, count_filter: models.Filter, exact: bool) -> Any:
        return SimpleNamespace(count=self._shards[name].count(edge.CountRequest(exact=exact, filter=of(count_filter))))

    def scroll(
        self, name: str, scroll_filter: models.Filter, limit: int, offset: Any, with_payload: Any, with_vectors: bool
    ) -> tuple[list[Any], Any]:
        return self._shards[name].scroll(edge.ScrollRequest(
            offset=offset, limit=limit, filter=of(scroll_filter), with_payload=with_payload, with_vector=with_vectors,
        ))

    def query_points(
        self, name: str, query: list[float], query_filter: models.Filter, limit: int,
        search_params: models.SearchParams, with_payload: bool, with_vectors: bool,
    ) -> Any:
        assert search_params.exact
        return SimpleNamespace(points=self._shards[name].query(edge.QueryRequest(
            limit, query=edge.Query.Nearest(query), filter=of(query_filter), params=edge.SearchParams(exact=True),
            with_payload=with_payload, with_vector=with_vectors,
        )))

    def end(self) -> None:
        """Close the shards; :meth:`close` leaves them open for the next view."""
        for shard in self._shards.values():
            shard.close()

    def close(self) -> None:
        pass


def of(condition: Any) -> Any:
    """A filter or condition of the client as the core's."""
    if condition is None:
        return None
    if isinstance(condition, models.Filter):
        return edge.Filter(
            must=[of(part) for part in condition.must or ()] or None,
            should=[of(part) for part in condition.should or ()] or None,
            must_not=[of(part) for part in condition.must_not or ()] or None,
        )
    if isinstance(condition, models.HasIdCondition):
        return edge.HasIdCondition(set(condition.has_id))
    if isinstance(condition.match, models.MatchAny):
        return edge.FieldCondition(condition.key, match=edge.MatchAny(condition.match.any))
    if isinstance(condition.match, models.MatchValue):
        return edge.FieldCondition(condition.key, match=edge.MatchValue(condition.match.value))
    return edge.FieldCondition(
        condition.key, range=edge.RangeFloat(gte=condition.range.gte, lte=condition.range.lte)
    )
