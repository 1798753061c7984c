"""Items that wait on the disk while an index is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.synthetic_shop import SyntheticShop
from catalog.spool import Spool


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
