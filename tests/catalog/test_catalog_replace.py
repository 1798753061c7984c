"""The file may change under an open catalogue."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from catalog.filter import Filter
from catalog.index import Catalogue
from mirror.domain import FloatArray, Item, MirrorError

Shop = tuple[list[Item], FloatArray]
Write = Callable[..., Path]


def repriced(shop: Shop, price: float) -> Shop:
    return [replace(item, price=price, title=f"Item at {price:g}") for item in shop[0]], shop[1]


@pytest.fixture
def small(shop: Shop) -> Shop:
    return shop[0][:200], shop[1][:200]


def test_a_replaced_file_answers_from_the_next_query_on(small: Shop, write: Write) -> None:
    with Catalogue.open(write(repriced(small, 10))) as catalogue:
        assert {item.price for item, _ in catalogue.query(small[1][0])} == {10}
        write(repriced((small[0][:150], small[1][:150]), 20))
        assert {item.price for item, _ in catalogue.query(small[1][0])} == {20}
        assert (len(catalogue), catalogue.warning) == (150, "")


def test_a_bad_new_file_is_refused_and_the_old_one_goes_on_with_a_warning(
    small: Shop, write: Write, tmp_path: Path
) -> None:
    path = write(repriced(small, 10))
    whole = path.read_bytes()
    with Catalogue.open(path) as catalogue:
        bad = tmp_path / "bad"
        bad.write_bytes(whole[: len(whole) // 2])
        os.replace(bad, path)
        assert {item.price for item, _ in catalogue.query(small[1][0])} == {10}
        assert "of" in catalogue.warning
        assert "bytes" in catalogue.warning
        assert "goes on with the items it had" in catalogue.warning
        path.unlink()
        assert {item.price for item, _ in catalogue.query(small[1][0])} == {10}
        assert "is gone" in catalogue.warning
        write(repriced(small, 30))
        assert {item.price for item, _ in catalogue.query(small[1][0])} == {30}
        assert catalogue.warning == ""


def test_a_new_file_of_another_embedder_is_refused(small: Shop, write: Write) -> None:
    with Catalogue.open(write(small, embedder="cnn-1")) as catalogue:
        write(small, embedder="cnn-2")
        assert len(catalogue.query(small[1][0])) == 8
        assert "built with embedder cnn-2, not cnn-1" in catalogue.warning
        assert catalogue.embedder == "cnn-1"


def test_a_file_that_is_cut_in_place_gives_an_error_and_no_crash(small: Shop, write: Write) -> None:
    path = write(small)
    with Catalogue.open(path) as catalogue:
        os.truncate(path, 5000)
        for _ in range(2):
            with pytest.raises(MirrorError, match="it has 5000 of"):
                catalogue.query(small[1][0])


def test_no_thread_ever_sees_half_of_two_files(small: Shop, write: Write) -> None:
    path = write(repriced(small, 1))
    swaps, done = 60, threading.Event()
    wrong: list[object] = []
    seen: set[float] = set()
    asked = threading.Barrier(4)

    def ask(catalogue: Catalogue) -> None:
        rng = np.random.default_rng(threading.get_ident() % 1000)
        asked.wait()
        while not done.is_set():
            try:
                found = catalogue.query(small[1][rng.integers(200)], Filter(in_stock=False), 20)
            except MirrorError as error:
                wrong.append(error)
                return
            prices = {item.price for item, _ in found}
            if len(prices) != 1 or any(item.title != f"Item at {item.price:g}" for item, _ in found):
                wrong.append(found)
            seen.update(prices)

    with Catalogue.open(path) as catalogue:
        threads = [threading.Thread(target=ask, args=(catalogue,), name=f"asker {n}") for n in range(3)]
        for thread in threads:
            thread.start()
        asked.wait()
        for price in range(2, swaps + 2):
            write(repriced(small, price))
        done.set()
        for thread in threads:
            thread.join()
        assert wrong == []
        assert len(seen) > 1
        assert {item.price for item, _ in catalogue.query(small[1][0])} == {swaps + 1}
        assert catalogue.warning == ""
