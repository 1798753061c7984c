"""Answers are those of a brute-force search in float64, whatever the filter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from catalog.filter import Filter
from catalog.index import Catalogue
from catalog.passing import BLOCK
from mirror.domain import CATEGORIES, SIZE_FREE, FloatArray, Item, MirrorError, UsageError

Shop = tuple[list[Item], FloatArray]
Write = Callable[..., Path]


def passes(item: Item, wanted: Filter) -> bool:
    """The filter's meaning, said once more in plain words."""
    return (
        (not wanted.categories or item.category in wanted.categories)
        and (not wanted.sizes or item.category in SIZE_FREE or any(s in item.sizes for s in wanted.sizes))
        and (wanted.gender is None or item.gender in (wanted.gender, "unisex"))
        and (not wanted.age or item.age in (wanted.age, ""))
        and (not wanted.in_stock or item.in_stock)
        and (wanted.price is None or wanted.price[0] <= item.price <= wanted.price[1])
        and item.id not in wanted.exclude
    )


def brute_force(shop: Shop, vector: FloatArray, wanted: Filter, k: int) -> list[tuple[str, float]]:
    items, vectors = shop
    exact = vectors.astype(np.float64)
    stored = (exact / np.linalg.norm(exact, axis=1, keepdims=True)).astype(np.float32).astype(np.float64)
    query = vector.astype(np.float64) / np.linalg.norm(vector.astype(np.float64))
    scores = (stored * query).sum(axis=1)  # a copy's own may be 1 + 1e-8, which answers cut to 1
    order = sorted(range(len(items)), key=lambda i: (-scores[i], items[i].id))
    return [(items[i].id, scores[i]) for i in order if passes(items[i], wanted)][:k]


def random_filter(rng: np.random.Generator, items: list[Item]) -> Filter:
    def perhaps(share: float) -> bool:
        return bool(rng.random() < share)

    low = float(rng.uniform(0, 150))
    return Filter(
        categories=tuple(rng.choice(CATEGORIES, rng.integers(1, 4))) if perhaps(0.6) else None,
        sizes=tuple(rng.choice(["S", "M", "L", "38", "40", "54"], rng.integers(1, 3))) if perhaps(0.6) else None,
        gender=str(rng.choice(["women", "men", "unisex"])) if perhaps(0.6) else None,
        age=str(rng.choice(["child", "teen", "adult"])) if perhaps(0.4) else None,
        in_stock=perhaps(0.7),
        exclude=frozenset(str(i.id) for i in rng.choice(items, 40)) | {"none of ours"} if perhaps(0.3) else frozenset(),
        price=(low, low + float(rng.uniform(0, 80))) if perhaps(0.3) else None,
    )


def test_two_hundred_random_filters_give_exactly_what_brute_force_gives(shop: Shop, write: Write) -> None:
    rng = np.random.default_rng(11)
    answered = 0
    with Catalogue.open(write(shop)) as catalogue:
        for _ in range(200):
            wanted, k = random_filter(rng, shop[0]), int(rng.integers(1, 20))
            # A query that is an item's own vector has equal scores for all its copies: ties by id are seen.
            vector = shop[1][rng.integers(len(shop[0]))] * np.float32(rng.uniform(0.1, 9))
            found = catalogue.query(vector, wanted, k)
            expected = brute_force(shop, vector, wanted, k)
            assert [item.id for item, _ in found] == [id for id, _ in expected], wanted
            assert [score for _, score in found] == pytest.approx([min(score, 1) for _, score in expected], abs=1e-12)
            assert all(passes(item, wanted) for item, _ in found)
            answered += len(found)
    assert answered > 1000


def test_many_blocks_answer_as_one(write: Write) -> None:
    rows = 2 * BLOCK + 777
    rng = np.random.default_rng(5)
    items = [
        Item(f"{i:06d}", "t", "top", ("S",) if i % 9 else ("M",), "women", "", 1.0, "EUR", "p", "")
        for i in rng.permutation(rows)
    ]
    vectors = rng.integers(-1, 2, size=(rows, 6)).astype(np.float32)
    vectors[:, 0] += 3
    shop = (items, vectors)
    with Catalogue.open(write(shop)) as catalogue:
        for wanted in (Filter(), Filter(sizes=("M",)), Filter(sizes=("S",))):
            found = catalogue.query(vectors[7], wanted, 12)
            expected = brute_force(shop, vectors[7], wanted, 12)
            assert [(item.id, round(score, 12)) for item, score in found] == [
                (id, round(min(score, 1), 12)) for id, score in expected
            ]


def test_likenesses_that_float32_cannot_tell_apart_are_ranked_as_float64_does(write: Write) -> None:
    rng = np.random.default_rng(8)
    items = [Item(f"{i:04d}", "t", "top", ("S",), "men", "", 1.0, "EUR", "p", "") for i in range(4000)]
    middle = rng.standard_normal(128)
    vectors = (middle + 2e-4 * rng.standard_normal((4000, 128))).astype(np.float32)
    query = middle.astype(np.float32)
    with Catalogue.open(write((items, vectors))) as catalogue:
        found = catalogue.query(query, k=20)
    assert [item.id for item, _ in found] == [id for id, _ in brute_force((items, vectors), query, Filter(), 20)]


def test_every_item_comes_back_as_it_went_in(shop: Shop, write: Write) -> None:
    with Catalogue.open(write(shop)) as catalogue:
        back = list(catalogue.iter_items())
        assert len(catalogue) == catalogue.count == len(back)
        assert sorted(back, key=lambda item: item.id) == sorted(shop[0], key=lambda item: item.id)
        wanted = Filter(categories=("bag", "dress"), gender="men")
        ids = {item.id for item in catalogue.iter_items(wanted)}
        assert ids == {item.id for item in shop[0] if passes(item, wanted)}
        for item in shop[0][::97]:
            assert catalogue.item(item.id) == item
        vector = shop[1][42] / np.linalg.norm(shop[1][42])
        np.testing.assert_allclose(catalogue.vector(shop[0][42].id), vector, atol=1e-6)
        assert catalogue.counts() == {
            c: n for c in CATEGORIES if (n := sum(item.category == c for item in shop[0]))
        }
        with pytest.raises(MirrorError, match="has no item 'nobody'"):
            catalogue.item("nobody")


def test_more_than_64_sizes_and_a_size_nobody_has(write: Write) -> None:
    items = [Item(f"{n:03d}", "t", "shoes", (str(n), str(n + 1)), "men", "", 1, "EUR", "p", "") for n in range(150)]
    vectors = np.tile(np.float32([1, 2]), (150, 1))
    with Catalogue.open(write((items, vectors))) as catalogue:
        for size in (0, 63, 64, 65, 128, 150):
            found = catalogue.query(vectors[0], Filter(sizes=(str(size),)), 9)
            assert [item.id for item, _ in found] == [f"{n:03d}" for n in (size - 1, size) if 0 <= n < 150]
            assert all(item == items[int(item.id)] for item, _ in found)
        assert catalogue.query(vectors[0], Filter(sizes=("XS",)), 9) == []


def test_fewer_matches_than_asked_for_give_fewer_and_none_gives_none(shop: Shop, write: Write) -> None:
    with Catalogue.open(write(shop)) as catalogue:
        few = Filter(categories=("hat",), price=(50, 60))
        expected = brute_force(shop, shop[1][0], few, 500)
        assert 0 < len(expected) < 500
        assert [item.id for item, _ in catalogue.query(shop[1][0], few, 500)] == [id for id, _ in expected]
        assert catalogue.query(shop[1][0], Filter(price=(1e6, 2e6)), 8) == []
        assert catalogue.query(shop[1][0], Filter(categories=("hosiery",)), 8) == []


@pytest.mark.parametrize(("vector", "says"), [
    (np.ones(15, np.float32), "has shape (15,), not (16,)"),
    (np.ones((1, 16), np.float32), "has shape (1, 16)"),
    (np.zeros(16, np.float32), "no direction"),
    (np.full(16, np.nan, np.float32), "no direction"),
    (np.full(16, np.inf, np.float32), "no direction"),
])
def test_a_vector_that_cannot_be_compared_is_refused(
    shop: Shop, write: Write, vector: FloatArray, says: str
) -> None:
    with Catalogue.open(write(shop)) as catalogue, pytest.raises(MirrorError) as caught:
        catalogue.query(vector)
    assert says in str(caught.value)


def test_asking_for_no_items_is_wrong_use(shop: Shop, write: Write) -> None:
    with Catalogue.open(write(shop)) as catalogue, pytest.raises(UsageError, match="k: 0 items"):
        catalogue.query(shop[1][0], k=0)


def test_queries_of_another_embedder_are_refused_and_both_are_named(shop: Shop, write: Write) -> None:
    with Catalogue.open(write(shop, embedder="cnn-1")) as catalogue:
        catalogue.require_embedder("cnn-1")
        with pytest.raises(MirrorError, match=r"built with embedder cnn-1, queries come from cnn-2; build"):
            catalogue.require_embedder("cnn-2")


def test_a_closed_catalogue_says_so(shop: Shop, write: Write) -> None:
    catalogue = Catalogue.open(write(shop))
    catalogue.close()
    catalogue.close()
    with pytest.raises(MirrorError, match="was closed"):
        catalogue.query(shop[1][0])
