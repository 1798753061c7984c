"""What passes a filter is kept as rows: bounded, the same from several threads, and anew for another file."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.synthetic_shop import SyntheticShop
from catalog import passing as module
from catalog import search
from catalog.filter import Filter
from catalog.index import Catalogue
from catalog.passing import BLOCK, Block, KeptBlocks, passing
from mirror.domain import FloatArray, Item

Write = Callable[..., Path]
ROWS = 5000
FILTERS = (
    Filter(), Filter(in_stock=False), Filter(gender="women", sizes=("M",)), Filter(categories=("shirt", "bag")),
    Filter(price=(20, 30)), Filter(categories=("hosiery",)),
)


@pytest.fixture(scope="module")
def shop() -> tuple[list[Item], FloatArray]:
    made = SyntheticShop.of(ROWS)
    return list(made), made.vectors


def rows_of(catalogue: Catalogue, wanted: Filter) -> list[int]:
    return [row for block in passing(catalogue.snapshot, wanted) for some in block.rows(100) for row in some.tolist()]


def test_kept_rows_are_those_found_anew(shop: tuple[list[Item], FloatArray], write: Write) -> None:
    with Catalogue.open(write(shop)) as catalogue:
        for wanted in FILTERS:
            first = rows_of(catalogue, wanted)
            assert first == sorted(set(first)) == rows_of(catalogue, wanted)
            excluded = replace(wanted, exclude=frozenset(catalogue.snapshot.id_of(row) for row in first[::3]))
            assert rows_of(catalogue, excluded) == [row for n, row in enumerate(first) if n % 3]
            assert rows_of(catalogue, wanted) == first
        kept = catalogue.snapshot.kept
        assert 0 < kept.bytes <= module.KEPT_BYTES
        assert kept.bytes < 2 * ROWS * len(FILTERS) + 512 * 2 * sum(len(list(passing(catalogue.snapshot, f))) + 1
                                                                    for f in FILTERS)


def test_what_is_too_much_is_let_go_of_or_never_kept(
    shop: tuple[list[Item], FloatArray], write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEPT_BYTES", 6000)
    with Catalogue.open(write(shop)) as catalogue:
        whole = rows_of(catalogue, Filter())
        assert catalogue.snapshot.kept.bytes == 0  # more than all that may be kept
        for low in range(40):
            rows_of(catalogue, Filter(price=(low, low + 2)))
            assert catalogue.snapshot.kept.bytes <= 6000
        assert catalogue.snapshot.kept.bytes > 0
        assert rows_of(catalogue, Filter()) == whole


def test_the_filter_asked_longest_ago_goes_first() -> None:
    kept = KeptBlocks()
    large = (Block(0, BLOCK, np.zeros(BLOCK, np.uint16)),)
    for name in range(30):
        kept.put((name,), large)
        kept.put((name,), large)  # twice is once
        assert kept.get((0,)) is large
    assert kept.get((29,)) is large
    assert kept.get((1,)) is None
    assert kept.bytes <= module.KEPT_BYTES


def test_small_ones_are_bounded_by_their_number() -> None:
    kept = KeptBlocks()
    small = (Block(0, 1, None),)
    for name in range(module.KEPT_FILTERS + 5):
        kept.put((name,), small)
    assert kept.get((4,)) is None
    assert kept.get((5,)) is small
    assert kept.bytes == module.KEPT_FILTERS * 2 * 512


def test_threads_that_ask_at_once_get_the_answers_of_one(shop: tuple[list[Item], FloatArray], write: Write) -> None:
    path = write(shop)
    with Catalogue.open(path) as one:
        expected = {(i, n): one.nearest(shop[1][i], wanted, 8) for i in range(40) for n, wanted in enumerate(FILTERS)}
    wrong: list[tuple[int, int]] = []
    with Catalogue.open(path) as catalogue:
        def ask(seed: int) -> None:
            for i in np.random.default_rng(seed).permutation(40).tolist():
                for n, wanted in enumerate(FILTERS):
                    if catalogue.nearest(shop[1][i], wanted, 8) != expected[i, n]:
                        wrong.append((i, n))

        threads = [threading.Thread(target=ask, args=(seed,), name=f"asker {seed}") for seed in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong


@pytest.mark.parametrize("below", [0.0, 0.35, 2.0])
def test_copied_and_scanned_rows_answer_alike(
    shop: tuple[list[Item], FloatArray], write: Write, monkeypatch: pytest.MonkeyPatch, below: float
) -> None:
    with Catalogue.open(write(shop)) as catalogue:
        expected = [catalogue.nearest(shop[1][i], wanted, 9) for i in range(6) for wanted in FILTERS]
        monkeypatch.setattr(search, "GATHER_BELOW", below)
        assert [catalogue.nearest(shop[1][i], wanted, 9) for i in range(6) for wanted in FILTERS] == expected


def test_a_few_runs_of_neighbours_are_scanned_each_for_itself_and_answer_alike(
    shop: tuple[list[Item], FloatArray], write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(shop)
    two = Filter(categories=("shirt",), gender="women", sizes=("M", "L"))
    expected = {}
    for most in (0, 4):  # of a file mapped anew, whose filters are not kept yet
        monkeypatch.setattr(module, "FEW_PARTS", most)
        with Catalogue.open(path) as catalogue:
            blocks = list(passing(catalogue.snapshot, two))
            assert [len(block.parts or ()) for block in blocks] == ([0] if not most else [2])
            for block in blocks:
                if block.parts is not None and block.offsets is not None:
                    rows = np.concatenate([np.arange(*part) for part in block.parts])
                    assert rows.tolist() == block.offsets.tolist()
            expected[most] = [catalogue.nearest(shop[1][i], wanted, k) for i in range(9) for k in (1, 8, 40)
                              for wanted in (*FILTERS, two, replace(two, in_stock=False))]
    assert expected[0] == expected[4]
