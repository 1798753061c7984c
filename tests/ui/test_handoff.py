"""The look goes along: a real window's screenshot, read by another's QR reader."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zxingcpp
from PyQt5.QtCore import QRectF
from ui_stage import StillCatalogue, StillPipeline, frame, items, state

from mirror.config import HandoffSettings, Settings, load_settings
from mirror.domain import UsageError
from mirror.ui.code import MODULE_LEAST
from mirror.ui.handoff import items_of, link_of
from mirror.ui.screens import Intent, Screen

URL = "https://shop.example/look?ids={ids}"


def window_at_look(folder: Path, size: tuple[int, int], theme: str = "light", url: str = URL) -> Any:
    from mirror.ui.mirror_window import MirrorWindow

    settings = Settings()
    settings = replace(settings, ui=replace(settings.ui, theme=theme, reduced_motion=True),  # type: ignore[arg-type]
                       privacy=replace(settings.privacy, consent="given"), handoff=HandoffSettings(url))
    clock = [10.0]
    window = MirrorWindow(StillPipeline(StillCatalogue(folder)), settings, clock=lambda: clock[0])  # type: ignore[arg-type]
    window.widget.resize(*size)
    window.widget.show()
    window.test_clock, window.test_number = clock, 0
    play(window, 4.0)
    assert window.model.screen is Screen.LOOK
    return window


def play(window: Any, seconds: float) -> None:
    for _ in range(round(seconds * 10)):
        window.test_clock[0] += 0.1
        window.test_number += 1
        window.pipeline.show(frame(), state(window.test_number, time=window.test_clock[0]))
        window._refresh()
        window.widget.grabbed()
        window.overlay.prepare(window.widget.at, window.model)  # as after every paint


def pixels(window: Any) -> np.ndarray:
    image = window.widget.grabbed()
    memory = image.constBits()
    memory.setsize(image.sizeInBytes())
    return np.frombuffer(memory, np.uint8).reshape(image.height(), image.width(), 4)[:, :, :3].copy()


def scanned(window: Any) -> str:
    return "".join(code.text for code in zxingcpp.read_barcodes(pixels(window)))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1080, 1920), (1920, 1080), (720, 1280)], ids=lambda s: f"{s[0]}x{s[1]}")
def test_a_qr_reader_reads_the_open_card_off_the_window(
    app: Any, tmp_path: Path, size: tuple[int, int], theme: str,
) -> None:
    window = window_at_look(tmp_path, size, theme)
    assert scanned(window) == link_of(URL, items_of(window.model))
    before = scanned(window)
    window.press(Intent.FORWARD)
    play(window, 0.3)
    assert scanned(window) == link_of(URL, items_of(window.model)) != before
    window.press(Intent.CHOOSE)
    play(window, 0.6)
    place = window.overlay.handoff.place(window.widget.at)
    assert scanned(window) == link_of(URL, items_of(window.model)), "seen closer"
    assert len(items_of(window.model)) == 1
    assert window.widget.at.detail.holds(place.x, place.y)
    for intent in (Intent.CLOSE, Intent.FORWARD, Intent.CHOOSE, Intent.CLOSE):
        window.press(intent)
    play(window, 0.6)
    chosen = [offer.item for offer in window.model.look.similar if offer.item.id in window.model.chosen]
    assert len(chosen) == 2
    assert scanned(window) == link_of(URL, chosen)
    place = window.overlay.handoff.place(window.widget.at)
    assert all(not place.meets(other) for other in window.overlay.plates if other != place), "another plate is on it"
    assert not place.meets(window.widget.at.corridor), "it stands on her"
    # 0.49 mm a pixel on a 43 inch panel whose foot is 0.45 m over the floor: within reach, EN 301 549 8.3
    at = window.widget.at
    low = 0.45 + (at.height - place.bottom) / at.scale * 0.00049
    assert 0.38 <= low <= 1.22


def test_outfits_go_along_with_their_partners_and_other_screens_show_none(app: Any, tmp_path: Path) -> None:
    window = window_at_look(tmp_path, (1080, 1920))
    window.press(Intent.OUTFIT)
    play(window, 0.3)
    assert len(items_of(window.model)) == 3
    assert scanned(window) == link_of(URL, items_of(window.model))
    window.press(Intent.STOP)
    play(window, 0.3)
    assert scanned(window) == ""


def test_without_a_shop_page_there_is_no_code(app: Any, tmp_path: Path) -> None:
    assert scanned(window_at_look(tmp_path, (1080, 1920), url="")) == ""


def test_a_link_holds_the_ids_and_nothing_else() -> None:
    thing = replace(items(1)[0], id="a b/ü,1")
    assert link_of(URL, [thing, replace(thing, id="2")]) == "https://shop.example/look?ids=a%20b%2F%C3%BC%2C1,2"
    assert MODULE_LEAST >= 3


def test_a_page_without_a_place_for_the_ids_is_refused() -> None:
    for url in ("https://shop.example/look", "shop.example/{ids}", "javascript:{ids}"):
        with pytest.raises(UsageError, match=r"\[handoff\] url must be like https://shop.example/look"):
            load_settings(environment={}, overrides={"handoff": {"url": url}})


def test_a_missing_package_is_one_line_at_the_start(
    app: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "segno", None)
    with pytest.raises(UsageError, match=r"pip install 'smart-mirror\[qr\]'"):
        window_at_look(tmp_path, (720, 1280))


def test_which_pieces_went_along_is_forgotten_with_her(app: Any, tmp_path: Path) -> None:
    window = window_at_look(tmp_path, (1080, 1920))
    window.press(Intent.CHOOSE)
    play(window, 0.3)
    assert window.overlay.handoff._wanted
    window.press(Intent.STOP)
    assert window.overlay.handoff._wanted == ()
    assert (window.model.chosen, window.model.opened) == (frozenset(), None)


@pytest.mark.parametrize("size", [(1080, 1920), (1920, 1080), (3840, 2160)], ids=lambda s: f"{s[0]}x{s[1]}")
def test_the_code_stands_beside_picture_and_words_and_on_neither(
    app: Any, tmp_path: Path, size: tuple[int, int]
) -> None:
    from mirror.ui.choice_deck import on_deck
    from mirror.ui.detail_deck import picture_place, words_place

    window = window_at_look(tmp_path, size)
    window.press(Intent.CHOOSE)
    play(window, 0.3)
    at = window.widget.at
    assert window.overlay.handoff.shown(window.model)
    code, deck = window.overlay.handoff.place(at), at.detail
    w, h = deck.w / at.scale, deck.h / at.scale
    x, y, room = words_place(w, h, code=True)
    for place in (picture_place(w, h, code=True), QRectF(x, y, room, 100)):
        assert not code.meets(on_deck(place, deck.x, deck.y, at.scale))
