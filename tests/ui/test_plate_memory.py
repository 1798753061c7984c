"""What is drawn for the overlay takes no more memory than its cache may, however many pieces one visit looks at."""

from __future__ import annotations

from typing import Any
from weakref import ref

from PyQt5.QtGui import QPainter

from mirror.ui.baking import Baked, bake_free
from mirror.ui.canvas import Canvas
from mirror.ui.theme import Theme
from mirror.ui.words import Words

SIDE = 100
BYTES = 4 * SIDE * SIDE


def plate() -> Baked:
    def nothing(painter: QPainter, width: float, height: float) -> None:
        pass

    return bake_free(SIDE, SIDE, 1.0, nothing)


def test_a_plate_that_the_cache_let_go_of_is_gone_though_its_slot_was_painted(app: Any) -> None:
    canvas = Canvas(Theme.named("light"), Words("en"), lambda item: None)
    canvas.cache.limit = 10 * BYTES
    made: list[ref[Baked]] = []

    def drawn() -> Baked:
        baked = plate()
        made.append(ref(baked))
        return baked

    for number in range(100):
        canvas.kept(("card", number), drawn, ("card", number))
    assert len(made) == 100
    assert sum(one() is not None for one in made) == 10


def test_what_stood_in_a_slot_still_stands_for_its_next_until_that_is_drawn(app: Any) -> None:
    canvas = Canvas(Theme.named("light"), Words("en"), lambda item: None)
    first = canvas.kept(("tag", "red"), plate, ("tag", 1))
    assert canvas.kept(("tag", "blue"), plate, ("tag", 1)) is first
    canvas.catch_up(1.0)
    second = canvas.kept(("tag", "blue"), plate, ("tag", 1))
    assert second is not first
    assert canvas.kept(("tag", "green"), plate, ("tag", 1)) is second
