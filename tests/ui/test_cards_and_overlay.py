"""What a card says, what a touch means, and what is let go of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ui_stage import FRAME, StillCatalogue, StillPipeline, frame, items, state

from mirror.config import Settings
from mirror.domain import Item
from mirror.ui.screens import Intent, Screen

LOOK_SECONDS = 4


def item(category: str, *sizes: str) -> Item:
    return replace(items(1)[0], category=category, sizes=sizes)


@pytest.mark.parametrize(("thing", "likely", "expected"), [
    (item("top", "S", "M"), ("M", "L"), "xs S M l xl"),
    (item("top", "M", "XXL"), ("XXL",), "s M l xl XXL"),
    (item("dress", "XS", "XXL"), ("M",), "XS s m l xl"),
    (item("shoes", "36", "37", "38", "39", "40", "41", "42"), ("40",), "38 39 40 41 42"),
    (item("shoes", "36", "37"), ("44",), "36 37"),
    (item("bag", "M"), ("M",), ""),
    (item("trousers"), ("M",), ""),
])
def test_size_chips_show_stock_around_hers(app: Any, thing: Item, likely: tuple[str, ...], expected: str) -> None:
    from mirror.ui.cards import size_chips

    chips = size_chips(thing, likely)
    assert " ".join(label if there else label.lower() for label, there in chips) == expected


def window_at_look(folder: Path, theme: str = "light", size: tuple[int, int] = (1080, 1920)) -> Any:
    from mirror.ui.mirror_window import MirrorWindow

    settings = Settings()
    settings = replace(settings, ui=replace(settings.ui, theme=theme, reduced_motion=True),  # type: ignore[arg-type]
                       privacy=replace(settings.privacy, consent="given"))
    clock = [10.0]
    pipeline = StillPipeline(StillCatalogue(folder))
    window = MirrorWindow(pipeline, settings, clock=lambda: clock[0])  # type: ignore[arg-type]
    window.widget.resize(*size)
    window.widget.show()  # a hidden widget is not told its size
    assert (window.widget.at.width, window.widget.at.height) == size
    window.test_clock, window.test_number = clock, 0
    play(window, LOOK_SECONDS)
    assert window.model.screen is Screen.LOOK
    return window


def play(window: Any, seconds: float, image: np.ndarray | None = None, **changes: Any) -> None:
    for _ in range(round(seconds * 10)):
        window.test_clock[0] += 0.1
        window.test_number += 1
        now = state(window.test_number, time=window.test_clock[0], **changes)
        window.pipeline.show(frame() if image is None else image, now)
        window._refresh()
    window.widget.grabbed()


def test_every_target_can_be_touched_and_lies_in_the_window(app: Any, tmp_path: Path) -> None:
    window = window_at_look(tmp_path)
    meant = {intents for _, intents in window.overlay.targets}
    wanted = (Intent.STOP, Intent.SIMILAR, Intent.OUTFIT, Intent.BACK, Intent.FORWARD, Intent.CHOOSE, Intent.CHANGE)
    assert {(intent,) for intent in wanted} <= meant
    for place, intents in window.overlay.targets:
        assert min(place.w, place.h) >= 68, intents
        assert intents in {found for _, found in window.overlay.targets
                           if window.overlay.intents_at(*place.centre) == found} or place.w > 400


def test_the_third_thumb_in_landscape_turns_three_pages(app: Any, tmp_path: Path) -> None:
    window = window_at_look(tmp_path, size=(1920, 1080))
    for intent in window.overlay.intents_at(*window.widget.at.thumbs[2].centre):
        window.press(intent)
    assert window.model.index == 3


def test_no_plate_of_the_painted_look_stands_on_her(app: Any, tmp_path: Path) -> None:
    from ui_stage import BODY

    for size in ((1080, 1920), (1920, 1080), (720, 1280)):
        window = window_at_look(tmp_path, size=size)
        view = window.widget._view
        assert view is not None
        body = view.box(BODY)
        for plate in window.overlay.plates:
            apart = (plate.right <= body.x1 or plate.x >= body.x2 or plate.bottom <= body.y1 or plate.y >= body.y2)
            assert apart, (size, plate, body)
        assert len(window.overlay.plates) >= 9


@pytest.mark.parametrize("how", ["stop", "walk away", "camera lost"])
def test_forgetting_leaves_no_picture_of_her_cards_or_tags(app: Any, tmp_path: Path, how: str) -> None:
    window = window_at_look(tmp_path)
    kept = set(window.overlay.cache._kept)
    assert any("size" in key for key in kept)
    if how == "stop":
        window.press(Intent.STOP)
    elif how == "walk away":
        play(window, 2.2, shopper=0)
    else:
        play(window, 0.2, source_state="lost")
    assert not any({"card", "size", "tag", "small"} & set(key) for key in window.overlay.cache._kept)
    assert not window.overlay.tags.places._held
    assert not window.model.look
    assert "forget" in window.pipeline.asked


def test_theme_auto_turns_dark_after_ten_dark_seconds_and_back(app: Any, tmp_path: Path) -> None:
    window = window_at_look(tmp_path, theme="auto")
    dark = np.full((FRAME[1], FRAME[0], 3), 20, np.uint8)
    play(window, 9, dark)
    assert window.overlay.look.name == "light"
    play(window, 3, dark)
    assert window.overlay.look.name == "dark"
    play(window, 12)
    assert window.overlay.look.name == "light"


def test_the_view_she_sees_is_the_one_that_her_tags_are_placed_by(app: Any, tmp_path: Path) -> None:
    window = window_at_look(tmp_path)
    picture = window._picture
    assert picture is not None
    assert window.widget._view == picture.view
    shown = window.widget.grabbed()
    x, y = picture.view.point(640, 280)  # the middle of her jumper
    pixel = shown.pixelColor(round(x), round(y))
    assert abs(pixel.red() - 178) + abs(pixel.green() - 78) + abs(pixel.blue() - 58) < 12


def test_a_steady_look_is_painted_without_drawing_any_element_again(app: Any, tmp_path: Path) -> None:
    window = window_at_look(tmp_path)
    play(window, 1)
    before = window.overlay.cache.bakes
    play(window, 2)
    assert window.overlay.cache.bakes == before
    assert window.overlay.cache.bytes < window.overlay.cache.limit


def test_the_window_keeps_one_picture_and_gives_the_others_back(app: Any, tmp_path: Path) -> None:
    window = window_at_look(tmp_path)
    assert sum(window.pipeline.display._borrows) == 1
    window.stop()
    assert sum(window.pipeline.display._borrows) == 0


def test_a_tap_on_a_size_of_her_tag_makes_it_hers(app: Any, tmp_path: Path) -> None:
    from mirror.ui.screens import Pick

    window = window_at_look(tmp_path)
    place = next(rect for rect, acts in window.overlay.targets if acts == (Pick("size", "L"),))
    for act in window.overlay.intents_at(*place.centre):
        window.press(act)
    assert window.pipeline.asked[-1] == "declare {'sizes': {'tops': {'L': 1.0}, 'bottoms': {'L': 1.0}}}"
    assert window.model.choices.origin("size") == "yours"
    assert window.model.screen is Screen.LOOK, "one tap, and nothing opens"
    play(window, 0.5)
    assert window.model.sizes["tops"] == ("L",)
    assert any("yours" in key for key in window.overlay.cache._kept if "size" in key), "the tag says whose it is"


@pytest.mark.parametrize("size", [(1080, 1920), (1920, 1080), (720, 1280)], ids=lambda s: f"{s[0]}x{s[1]}")
@pytest.mark.parametrize("opens", [Intent.CHOOSE, Intent.CHANGE])
def test_no_plate_of_what_she_opens_stands_on_her(
    app: Any, tmp_path: Path, size: tuple[int, int], opens: Intent,
) -> None:
    from ui_stage import BODY

    window = window_at_look(tmp_path, size=size)
    window.press(opens)
    play(window, 2.0)
    body = window.widget._view.box(BODY)
    assert len(window.overlay.plates) >= 6
    for plate in window.overlay.plates:
        apart = plate.right <= body.x1 or plate.x >= body.x2 or plate.bottom <= body.y1 or plate.y >= body.y2
        assert apart, (window.model.screen, plate, body)
