"""What stands still is painted again from what was painted before, and nobody can see the difference."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PyQt5.QtGui import QImage, QPainter
from test_handoff import window_at_look
from test_paint_budget import live
from ui_stage import state

from mirror.ui.baking import bake_plate
from mirror.ui.canvas import Canvas
from mirror.ui.layout import layout
from mirror.ui.replay import AGAIN_S, Replay
from mirror.ui.screens import Intent, Pick
from mirror.ui.states import ScreenModel
from mirror.ui.theme import Theme
from mirror.ui.words import Words


@contextmanager
def look_window(folder: Path, app: Any, size: tuple[int, int] = (1080, 1920)) -> Iterator[Any]:
    """A window at the look whose cards have come to rest."""
    window = window_at_look(folder, size)
    window.shelf.start()
    try:
        app.processEvents()
        settle(window, app)
        yield window
    finally:
        window.shelf.stop()


def settle(window: Any, app: Any) -> None:
    """Frames until everything has its picture and its place."""
    for _ in range(12):
        live(window, app)
    window.shelf.wait()
    live(window, app)
    for _ in range(3):  # not one of those that paint all of it for the cache's sake
        live(window, app)
        if window.overlay._deck.replayed and window.overlay._edges.replayed:
            break


def fresh(window: Any) -> QImage:
    """What the window shows when all of it is painted anew."""
    window.overlay._edges.forget()
    window.overlay._deck.forget()
    return window.widget.grabbed()


@pytest.mark.parametrize("size", [(1080, 1920), (1920, 1080)])
def test_a_still_deck_is_repeated_and_looks_the_same(app: Any, tmp_path: Path, size: tuple[int, int]) -> None:
    with look_window(tmp_path, app, size) as window:
        overlay = window.overlay
        assert overlay._deck.replayed
        assert overlay._edges.replayed
        before = (list(overlay.plates), list(overlay.targets))
        repeated = window.widget.grabbed()
        assert overlay._deck.replayed
        anew = fresh(window)
        assert not overlay._deck.replayed
        assert repeated == anew
        assert before == (overlay.plates, overlay.targets), "a touch means the same"


def _paused_prices(window: Any) -> None:
    window.overlay.stale = "Prices as of 9:00"


def _to_dark(window: Any) -> None:
    window.overlay.look = Theme.named("dark")


def _to_spanish(window: Any) -> None:
    window.overlay.words = Words("es")


def _recording(window: Any) -> None:
    window.overlay.recording = True


def _next_card(window: Any) -> None:
    window.press(Intent.FORWARD)


def _other_tab(window: Any) -> None:
    window.press(Intent.OUTFIT)


def _her_size(window: Any) -> None:
    window.press(Pick("size", "XL"))


def _kept(window: Any) -> None:
    window.press(Intent.KEEP)


def _opened(window: Any) -> None:
    window.press(Intent.CHOOSE)


def _corrected(window: Any) -> None:
    window.press(Intent.CHANGE)


def _compared(window: Any) -> None:
    window.press(Intent.FREEZE)


def _phone(window: Any) -> None:
    window.phone.pages = None
    window.overlay.phone.link = "http://10.0.0.2:8080/v/abc"
    window._tell_phone = lambda: None


@pytest.mark.parametrize("change", [
    _paused_prices, _to_dark, _to_spanish, _recording, _next_card, _other_tab, _her_size, _kept, _opened, _corrected,
    _compared, _phone,
])
def test_whatever_changes_is_seen_at_once(app: Any, tmp_path: Path, change: Any) -> None:
    with look_window(tmp_path, app) as window:
        before = window.widget.grabbed()
        change(window)
        live(window, app)
        overlay = window.overlay
        assert not (overlay._deck.replayed and overlay._edges.replayed)
        settle(window, app)
        shown = window.widget.grabbed()
        assert shown == fresh(window)
        assert shown != before


def test_all_that_the_overlay_reads_of_a_visit_decides() -> None:
    model = ScreenModel("ask")
    values = model.shown
    public = {name: value for name, value in vars(model).items() if not name.startswith("_")}
    assert len(values) == len(public)
    for value in public.values():
        assert any(value is told for told in values)


def test_a_look_with_other_scores_alone_is_the_look_that_stands() -> None:
    """The slow thread looks again twice a second; a card does not tell its score."""
    model = ScreenModel("given")
    first = state().look
    model._take_look(first, 0.0)
    scored = replace(first, similar=tuple(replace(offer, score=offer.score / 2) for offer in first.similar))
    model._take_look(scored, 1.0)
    assert model.look is first
    better = replace(first, similar=tuple(replace(offer, why="In your green") for offer in first.similar))
    model._take_look(better, 2.0)
    assert model.look is better
    dearer = replace(better, similar=tuple(
        replace(offer, item=replace(offer.item, price=offer.item.price + 1)) for offer in better.similar))
    model._take_look(dearer, 3.0)
    assert model.look is dearer, "the shop's prices changed meanwhile"


def test_the_deck_is_painted_in_full_now_and_then_and_forgotten_with_her(app: Any, tmp_path: Path) -> None:
    with look_window(tmp_path, app) as window:
        overlay = window.overlay
        window.test_clock[0] += AGAIN_S
        live(window, app)
        assert not overlay._deck.replayed, "the cache must know that the card is in use"
        live(window, app)
        assert overlay._deck.replayed
        overlay.forget()
        assert overlay._deck._painted is None
        assert overlay._edges._painted is None


def test_what_moves_stands_in_or_misses_a_picture_is_not_repeated(app: Any) -> None:
    canvas = Canvas(Theme.named("light"), Words(), lambda item: None)
    canvas.resize(layout(1080, 1920))
    part, image = Replay(canvas), QImage(64, 64, QImage.Format_RGB32)
    plate = bake_plate(20, 20, 1.0, 4, canvas.look.plate, canvas.look.line, lambda p, w, h: None)
    drawn: list[str] = []

    def paint(now: float, what: Any) -> bool:
        canvas.begin(now)
        painter = QPainter(image)
        part.paint(painter, ("same",), lambda p: (drawn.append("once"), what(p))[0])
        painter.end()
        return part.replayed

    def still(p: Any) -> None:
        canvas.put(p, plate, 0, 0)

    assert [paint(0.0, still), paint(0.1, still)] == [False, True]

    def moves(p: Any) -> None:
        canvas.put(p, plate, round(canvas.eased(0.0, 9.0)), 0)

    part.forget()
    assert [paint(0.2, moves), paint(0.3, moves)] == [False, False]
    assert canvas.animating

    def misses(p: Any) -> None:
        canvas.pictures(None)  # type: ignore[arg-type]

    assert [paint(0.4, misses), paint(0.5, misses)] == [False, False]

    canvas.begin(0.6)
    for _ in range(2):
        part.paint(QPainter(), (), lambda p: drawn.append("timed"))
        assert not part.replayed
    assert drawn[-2:] == ["timed", "timed"]

    def more_than_blits(p: Any) -> None:
        p.fillRect(0, 0, 4, 4, canvas.look.ink)

    assert [paint(0.6, more_than_blits), paint(0.7, more_than_blits)] == [False, False]


def test_a_part_that_stands_does_not_stop_what_moves(app: Any) -> None:
    """The tags' movement, painted before the deck, is still told when the deck is repeated."""
    canvas = Canvas(Theme.named("light"), Words(), lambda item: None)
    canvas.resize(layout(1080, 1920))
    part, image = Replay(canvas), QImage(64, 64, QImage.Format_RGB32)
    for now, replayed in ((0.0, False), (0.1, True)):
        canvas.begin(now)
        canvas.eased(0.0, 9.0)
        painter = QPainter(image)
        part.paint(painter, ("same",), lambda p: None)
        painter.end()
        assert canvas.animating
        assert part.replayed is replayed
