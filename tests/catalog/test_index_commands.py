"""`catalog query --explain ID` says why an item is in the answer or not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from catalog.commands import Query, query_command
from catalog.filter import Filter
from mirror.domain import FloatArray, Item, MirrorError

Write = Callable[..., Path]


@pytest.fixture
def path(write: Write) -> Path:
    items = [
        Item(f"i{n}", "t", category, ("M",), "women", "", 10.0 + n, "EUR", "p", "")
        for n, category in enumerate(("shirt", "shirt", "dress"))
    ]
    vectors: FloatArray = np.float32([[1, 0], [0, 1], [1, 0.1]])
    return write((items, vectors))


def explained(path: Path, id: str, wanted: Filter, k: int = 1) -> dict[str, object]:
    asked = [Query("a.png", np.float32([1, 0]), "shirt")]
    document = query_command(path, asked, embedder_name="cnn-1", filter=wanted, k=k, explain=id)
    explanation: dict[str, object] = document["queries"][0]["explanation"]
    return explanation


def test_a_dropped_item_is_told_what_it_fails_with_the_category_of_the_garment(path: Path) -> None:
    told = explained(path, "i2", Filter(price=(0, 11)))
    assert told["answered"] is False
    assert told["reasons"] == ["category: is dress, wanted shirt", "price: is 12 EUR, wanted 0 to 11"]
    assert (told["rank"], told["passing"]) == (None, 2)


def test_an_item_too_far_is_told_its_place(path: Path) -> None:
    told = explained(path, "i1", Filter())
    assert (told["answered"], told["rank"]) == (False, 2)
    assert told["reasons"] == ["is the 2nd nearest of 2 that pass; 1 were asked for"]
    assert explained(path, "i0", Filter())["answered"] is True


def test_an_unknown_id_is_one_line(path: Path) -> None:
    with pytest.raises(MirrorError, match="has no item 'nobody'"):
        explained(path, "nobody", Filter())
