"""What keeps a paint short, and that nobody sees it: no plates drawn in it, no hand-over."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from test_handoff import window_at_look
from ui_stage import frame, state

from mirror.domain import Garment
from mirror.ui.baking import bake_plate
from mirror.ui.screens import Screen
from mirror.ui.tag_layer import STEP, steady
from mirror.ui.theme import Theme


def live(window: Any, app: Any, **changes: Any) -> None:
    """A frame, painted as Qt paints."""
    window.app = app
    window.test_clock[0] += 0.1
    window.test_number += 1
    image = frame(window.test_number % 40)
    window.pipeline.show(image, state(window.test_number, time=window.test_clock[0], **changes))
    window._refresh()
    window.widget.repaint()


def test_a_tag_that_changes_is_drawn_between_paints(app: Any, tmp_path: Path) -> None:
    window = window_at_look(tmp_path, (1080, 1920))
    app.processEvents()
    live(window, app)
    now = state()
    worn = (Garment("longsleeve", now.garments[0].box, 0.9, ("#20a040",)), *now.garments[1:])
    drawn: list[str] = []
    kept = window.overlay.cache.get
    painting = [False]
    paint = window.widget.paint_onto

    def get(key: Any, make: Any) -> Any:
        return kept(key, lambda: (drawn.append("in a paint" if painting[0] else "between"), make())[1])

    def paint_onto(*arguments: Any, **options: Any) -> None:
        painting[0] = True
        paint(*arguments, **options)
        painting[0] = False

    window.overlay.cache.get, window.widget.paint_onto = get, paint_onto
    live(window, app, garments=worn)
    assert drawn == ["between"]
    live(window, app, garments=worn)
    assert drawn == ["between"], "drawn once"


def test_many_missing_plates_are_spread_over_frames(app: Any, tmp_path: Path) -> None:
    window = window_at_look(tmp_path, (1080, 1920))
    canvas, made = window.overlay, []
    look = Theme.named("light")

    def make(name: int) -> Any:
        made.append(name)
        return bake_plate(400, 300, 1.0, 24, look.plate, look.line, lambda *_: None)

    for name in range(5):
        canvas.kept(("x", name), lambda name=name: make(name), ("slot", name))
        canvas.kept(("y", name), lambda name=name: make(10 + name), ("slot", name))
    assert made == [0, 1, 2, 3, 4], "the first ones are wanted at once"
    canvas.catch_up(0.0)
    assert len(made) == 5
    for count in range(1, 6):
        canvas.catch_up(1e-9)
        assert len(made) <= 5 + count
    canvas.catch_up(1.0)
    assert sorted(made) == [0, 1, 2, 3, 4, 10, 11, 12, 13, 14]
    canvas.kept(("z",), lambda: make(99), ("slot", 0))
    window.overlay.forget()
    canvas.catch_up(1.0)
    assert 99 not in made, "what was due for her is forgotten with her"
    assert canvas._before == {}


def test_a_trembling_colour_draws_no_new_tags() -> None:
    assert steady("#b24e3a") == steady("#b34f3b")
    assert steady("#ffffff") == "#ffffff"
    for hue in ("#000000", "#0c8ff1", "#777777"):
        assert max(abs(int(steady(hue)[i : i + 2], 16) - int(hue[i : i + 2], 16)) for i in (1, 3, 5)) <= STEP // 2


def test_a_paint_keeps_the_interpreter_and_gives_it_back(app: Any, tmp_path: Path) -> None:
    window = window_at_look(tmp_path, (720, 1280))
    app.processEvents()
    often, seen = sys.getswitchinterval(), []
    paint = window.widget.paint_onto
    window.widget.paint_onto = lambda *a, **k: (seen.append(sys.getswitchinterval()), paint(*a, **k))
    sys.setswitchinterval(0.0005)
    try:
        live(window, app)
        assert seen[-1] > 0.005
        assert sys.getswitchinterval() == pytest.approx(0.0005)
    finally:
        sys.setswitchinterval(often)
    assert window.model.screen is Screen.LOOK
