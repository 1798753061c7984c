"""The int8 scan leaves nothing out that belongs to the answer, the float32 scan gives the same, and both explain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.synthetic_shop import SyntheticShop
from catalog import scan
from catalog.filter import Filter
from catalog.index import Catalogue
from catalog.scan import scan_of, to_int8
from catalog.search import GATHER_BELOW
from mirror.domain import FloatArray, Item, MirrorError, UsageError

Write = Callable[..., Path]

FILTERS = {
    "narrow": Filter(categories=("shirt",), gender="women", sizes=("M",), price=(20, 30)),
    "category": Filter(categories=("shirt",), gender="women", sizes=("M", "L")),
    "none": Filter(),
    "cross": Filter(categories=("trousers", "shoes"), gender="men", in_stock=False),
}


@pytest.fixture(params=["int8", "float32"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "float32":
        monkeypatch.setattr(scan, "simsimd", None)
    elif scan.simsimd is None:
        pytest.skip("simsimd is not installed")
    return str(request.param)


@pytest.fixture(scope="module")
def shop() -> SyntheticShop:
    return SyntheticShop.of(50_000)


@pytest.fixture(scope="module")
def large(shop: SyntheticShop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from catalog.atomic import replacing
    from catalog.writer import write_index

    path = tmp_path_factory.mktemp("large") / "shop.catalogue"
    with replacing(path) as out:
        write_index(out, shop, shop.vectors, embedder="synthetic", pictures=".")
    return path


@pytest.mark.parametrize("kind", ["clustered", "one long number", "nearly equal", "few dimensions"])
def test_no_bound_is_below_the_exact_likeness(way: str, kind: str) -> None:
    rng = np.random.default_rng(4)
    vectors = rng.standard_normal((4000, 7 if kind == "few dimensions" else 128))
    if kind == "one long number":
        vectors[:, 5] += 40
    if kind == "nearly equal":
        vectors = vectors[:1] + 1e-4 * vectors
    stored = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    levels, scales, error = to_int8(stored)
    for query in (stored[3].astype(np.float64), rng.standard_normal(stored.shape[1])):
        query /= np.linalg.norm(query)
        exact = stored.astype(np.float64) @ query
        scan = scan_of(stored, levels, scales, error, query)
        every, some = scan.run(0, 4000), scan.gathered(40, np.arange(0, 3900, 7))
        parts = scan.runs(40, ((0, 700), (900, 901), (2000, 3960)))
        of_parts = np.concatenate((exact[40:740], exact[940:941], exact[2040:4000]))
        for marks, of_rows in ((every, exact), (some, exact[40 : 40 + 3900 : 7]), (parts, of_parts)):
            assert all(mark >= scan.mark(likeness) for mark, likeness in zip(marks, of_rows, strict=True))
            # and no row is said to reach what is far above it
            assert not any(mark >= scan.mark(likeness + 0.1) for mark, likeness in zip(marks, of_rows, strict=True))


@pytest.mark.parametrize("name", FILTERS)
def test_large_shops_answer_as_a_search_in_float64_over_all_rows(
    way: str, name: str, shop: SyntheticShop, large: Path
) -> None:
    wanted = FILTERS[name]
    passes = np.flatnonzero(shop.passing(wanted))
    exact = shop.vectors[passes].astype(np.float64)
    exact = (exact / np.linalg.norm(exact, axis=1, keepdims=True)).astype(np.float32).astype(np.float64)
    rng = np.random.default_rng(2)
    with Catalogue.open(large) as catalogue:
        for row in rng.integers(len(shop), size=6):
            query = shop.vectors[row] + 0.05 * rng.standard_normal(128).astype(np.float32)
            unit = query.astype(np.float64) / np.linalg.norm(query.astype(np.float64))
            best = passes[np.lexsort((passes, -(exact * unit).sum(axis=1)))]
            for k in (1, 8, 60):
                assert [item.id for item, _ in catalogue.query(query, wanted, k)] == [f"{n:08d}" for n in best[:k]]
                assert [id for id, _ in catalogue.nearest(query, wanted, k)] == [f"{n:08d}" for n in best[:k]]


def test_thousands_that_int8_cannot_tell_apart_are_all_computed_exactly(way: str, write: Write) -> None:
    rng = np.random.default_rng(8)
    items = [Item(f"{i:04d}", "t", "top", ("S",), "men", "", 1.0, "EUR", "p", "") for i in range(3000)]
    middle = rng.standard_normal(128)
    vectors = (middle + 1e-3 * rng.standard_normal((3000, 128))).astype(np.float32)
    assert len(np.unique(to_int8(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))[0], axis=0)) < 3000
    exact = vectors.astype(np.float64)
    stored = (exact / np.linalg.norm(exact, axis=1, keepdims=True)).astype(np.float32).astype(np.float64)
    query = middle / np.linalg.norm(middle)
    with Catalogue.open(write((items, vectors))) as catalogue:
        found = [id for id, _ in catalogue.nearest(middle.astype(np.float64).astype(np.float32), k=30)]
    unit = middle.astype(np.float32).astype(np.float64)
    query = unit / np.linalg.norm(unit)
    assert found == [f"{i:04d}" for i in np.argsort(-(stored * query).sum(axis=1), kind="stable")[:30]]


def test_a_batch_answers_as_its_queries_do_one_by_one(way: str, shop: SyntheticShop, large: Path) -> None:
    with Catalogue.open(large) as catalogue:
        for wanted in FILTERS.values():
            assert catalogue.query_many(shop.vectors[:5], wanted, 8) == [
                catalogue.query(vector, wanted, 8) for vector in shop.vectors[:5]
            ]
        assert catalogue.query_many([], Filter()) == []
        with pytest.raises(UsageError, match="k: 0"):
            catalogue.query_many(shop.vectors[:2], k=0)


def test_a_damaged_scale_that_nobody_verified_changes_no_answer(shop: SyntheticShop, large: Path) -> None:
    with Catalogue.open(large) as catalogue:
        expected = catalogue.nearest(shop.vectors[9], FILTERS["category"])
        scales = np.array(catalogue.snapshot.scales)
        scales[::3] = np.nan
        object.__setattr__(catalogue.snapshot, "scales", scales)
        assert catalogue.nearest(shop.vectors[9], FILTERS["category"]) == expected


def test_a_filter_that_few_rows_pass_is_gathered_and_still_exact(shop: SyntheticShop, large: Path) -> None:
    few = replace(FILTERS["category"], price=(20, 22))
    assert 0 < shop.passing(few).sum() < GATHER_BELOW * shop.passing(Filter(categories=("shirt",))).sum()
    with Catalogue.open(large) as catalogue:
        ids = {item.id for item, _ in catalogue.query(shop.vectors[0], few, 10_000)}
    assert ids == {f"{n:08d}" for n in np.flatnonzero(shop.passing(few))}


def vector_of(catalogue: Catalogue, id: str) -> FloatArray:
    return catalogue.vector(id)


def test_each_part_of_a_filter_that_drops_an_item_is_named(write: Write) -> None:
    item = Item("a", "t", "shirt", ("S", "L"), "men", "adult", 49.9, "EUR", "p", "", in_stock=False)
    other = replace(item, id="b", in_stock=True)
    with Catalogue.open(write(([item, other], np.eye(2, dtype=np.float32)))) as catalogue:
        wanted = Filter(("shoes", "bag"), ("M",), "women", "child", True, frozenset({"a"}), (10, 20))
        assert catalogue.explain("a", wanted).reasons == (
            "category: is shirt, wanted shoes or bag", "sizes: has S, L in stock, wanted M",
            "gender: is for men, wanted women", "age: is for adult, wanted child", "stock: is out of stock",
            "price: is 49.9 EUR, wanted 10 to 20", "exclude: was excluded by its id",
        )
        assert catalogue.explain("b", Filter()).answered is None
        assert catalogue.explain("a", Filter(), vector_of(catalogue, "b")).answered is False
        with pytest.raises(MirrorError, match="has no item 'zz'"):
            catalogue.explain("zz")


def test_an_item_that_passes_is_told_its_place(shop: SyntheticShop, large: Path) -> None:
    wanted = FILTERS["category"]
    with Catalogue.open(large) as catalogue:
        found = catalogue.nearest(shop.vectors[0], wanted, 20)
        for place in (0, 7, 8, 19):
            told = catalogue.explain(found[place][0], wanted, shop.vectors[0], 8)
            assert (told.rank, told.answered, told.passing) == (place + 1, place < 8, shop.passing(wanted).sum())
            assert told.score == pytest.approx(found[place][1])
        assert told.reasons == (f"is the 20th nearest of {told.passing} that pass; 8 were asked for",)


def test_excluded_items_are_gone_and_the_next_come(shop: SyntheticShop, large: Path) -> None:
    with Catalogue.open(large) as catalogue:
        ids = [id for id, _ in catalogue.nearest(shop.vectors[0], FILTERS["category"], 16)]
        without = replace(FILTERS["category"], exclude=frozenset(ids[:8]))
        assert [id for id, _ in catalogue.nearest(shop.vectors[0], without, 8)] == ids[8:]
