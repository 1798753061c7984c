"""The shelf of pictures fills by itself with what is likely to be asked for, and goes on being for what is asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from ui_stage import StillCatalogue, items

from mirror.domain import Item
from mirror.ui import pictures
from mirror.ui.pictures import SHELF, PictureShelf

COATS, SHIRTS = items(SHELF + 6, ("outerwear",)), items(SHELF, ("shirt",))


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "FILL_EVERY_S", 0.005)


@contextmanager
def shelf_of(locate: Callable[[Item], Any], rung: Callable[[], None] = lambda: None) -> Iterator[PictureShelf]:
    shelf = PictureShelf(locate, rung)
    shelf.start()
    try:
        yield shelf
    finally:
        shelf.stop()


def until(true: Callable[[], bool]) -> None:
    end = monotonic() + 20
    pause = threading.Event()
    while not true():
        assert monotonic() < end
        pause.wait(0.005)


def on(shelf: PictureShelf, wanted: tuple[Item, ...]) -> list[bool]:
    return [item.id in shelf._shelf for item in wanted]


def test_a_shelf_that_nobody_asks_fills_up_with_the_likeliest_and_no_further(app: Any, tmp_path: Path) -> None:
    rings: list[int] = []
    with shelf_of(StillCatalogue(tmp_path).picture, lambda: rings.append(1)) as shelf:
        shelf.fill(iter(COATS))
        until(lambda: len(shelf._shelf) == SHELF)
        until(lambda: not shelf._likely)
        assert on(shelf, COATS) == [True] * SHELF + [False] * 6
        assert shelf.get(COATS[0]) is not None, "it is there when it is asked for"
        assert not rings, "nobody waits for these"


def test_what_is_asked_for_comes_first_and_then_takes_the_place_of_what_was_only_likely(
    app: Any, tmp_path: Path,
) -> None:
    read: list[str] = []
    catalogue, go = StillCatalogue(tmp_path), threading.Event()

    def locate(item: Item) -> Any:
        read.append(item.category)
        assert go.wait(20)
        return catalogue.picture(item)

    with shelf_of(locate) as shelf:
        shelf.fill(COATS)
        for shirt in SHIRTS[:8]:
            assert shelf.get(shirt) is None
        go.set()
        until(lambda: all(on(shelf, SHIRTS[:8])))
        until(lambda: len(shelf._shelf) == SHELF)
        assert read.count("shirt") == 8
        assert read.index("shirt") <= 1, "at most one that was being read already"
        assert all(kind == "shirt" for kind in read[read.index("shirt"):read.index("shirt") + 8])
        for shirt in SHIRTS:
            shelf.get(shirt)
        until(lambda: all(on(shelf, SHIRTS)))
        assert len(shelf._shelf) == SHELF
        shelf.fill(COATS)
        until(lambda: not shelf._likely)
        assert not any(on(shelf, COATS)), "there is no room for what nobody asked for"
