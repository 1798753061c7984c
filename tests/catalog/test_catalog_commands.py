"""What the commands answer, as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catalog.build import read_plain_picture
from catalog.commands import Query, build_command, info_command, query_command, verify_command
from catalog.filter import Filter
from catalog.index import Catalogue
from mirror.domain import CATEGORIES, FloatArray, ImageArray, MirrorError


def colour_grid(image: ImageArray) -> FloatArray:
    return image[:2, :2].reshape(-1).astype(np.float32) + 1


@pytest.fixture
def built(feed: Any) -> dict[str, Any]:
    feed.rows[0]["price"] = "free"
    feed.save()
    return build_command(
        feed.items, feed.pictures, feed.out, embed=colour_grid, embedder_name="grid-1",
        read_picture=read_plain_picture, colours=lambda image: ("#123456",),
    )


def test_build_counts_what_went_in_and_lists_what_did_not(feed: Any, built: dict[str, Any]) -> None:
    assert json.loads(json.dumps(built)) == built
    assert (built["items"], built["rejected"], built["embedder"]) == (29, 1, "grid-1")
    assert built["reasons"][0]["reason"] == "'free' is no price; write it as 19.90"
    assert Path(built["rejected_file"]).is_file()


def test_info_and_verify_tell_what_is_in_the_file(feed: Any, built: dict[str, Any]) -> None:
    info = json.loads(json.dumps(info_command(feed.out)))
    assert (info["items"], info["embedder"], info["dim"]) == (29, "grid-1", 12)
    assert sum(info["categories"].values()) == 29
    assert set(info["categories"]) <= set(CATEGORIES)
    assert info["bytes"] == feed.out.stat().st_size
    with Catalogue.open(feed.out) as catalogue:
        assert info["in_stock"] == sum(item.in_stock for item in catalogue.iter_items())
    assert verify_command(feed.out)["pictures_missing"] == 0
    (feed.pictures / "5.png").unlink()
    assert verify_command(feed.out)["first_missing"] == ["5.png"]


def test_query_answers_each_garment_in_its_own_category(feed: Any, built: dict[str, Any]) -> None:
    with Catalogue.open(feed.out) as catalogue:
        items = [item for item in catalogue.iter_items() if item.in_stock][:3]
        queries = [Query(f"{n}.jpg", catalogue.vector(item.id), item.category) for n, item in enumerate(items)]
    answer = query_command(feed.out, queries, embedder_name="grid-1", k=2)
    assert json.loads(json.dumps(answer)) == answer
    for n, (item, query) in enumerate(zip(items, answer["queries"], strict=True)):
        assert query["path"] == f"{n}.jpg"
        best = query["results"][0]
        assert (best["id"], best["score"]) == (item.id, 1.0)
        assert {"id", "title", "category", "sizes", "price", "score", "why"} <= set(best)
        assert {result["category"] for result in query["results"]} == {item.category}
    bags = query_command(feed.out, queries, embedder_name="grid-1", filter=Filter(categories=("bag",)))
    assert {result["category"] for query in bags["queries"] for result in query["results"]} <= {"bag"}


def test_a_query_from_another_embedder_is_refused(feed: Any, built: dict[str, Any]) -> None:
    with pytest.raises(MirrorError, match="built with embedder grid-1, queries come from other"):
        query_command(feed.out, [], embedder_name="other")
