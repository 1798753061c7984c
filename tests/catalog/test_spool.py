"""Items that wait on the disk while an index is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.synthetic_shop import SyntheticShop
from catalog.spool import Spool, Waiting


def test_a_spool_gives_back_each_item_as_it_was_and_leaves_no_file(tmp_path: Path) -> None:
    shop = SyntheticShop.of(50)
    spool = Spool(tmp_path)
    for item in shop:
        spool.append(item)
    assert list(spool) == list(shop)
    assert (spool[-1], spool[3:5]) == (shop[49], list(shop)[3:5])
    with pytest.raises(IndexError):
        spool[50]
    spool.close()
    assert not list(tmp_path.iterdir())


def test_what_waits_comes_out_in_the_order_it_went_in(tmp_path: Path) -> None:
    waiting = Waiting(tmp_path)
    assert not waiting
    for place in range(3):
        waiting.append((bytes([place]), "a.png" * place, place))
    assert waiting.popleft() == (b"\0", "", 0)
    waiting.append(("last",))
    assert [waiting.popleft() for _ in range(3)] == [(b"\1", "a.png", 1), (b"\2", "a.png" * 2, 2), ("last",)]
    assert not waiting
    with pytest.raises(IndexError):
        waiting.popleft()
    waiting.close()
    assert not list(tmp_path.iterdir())
