"""A language that is read from right to left, made up for the test: plates are mirrored, hands are not, all fits.

Two made-up languages have the same long words, one for each way of reading: what the one draws at the left, the other
draws at the right.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtTest import QTest
from test_handoff import pixels
from test_words_and_text import (
    Drawing,
    drawn,  # noqa: F401 - a fixture
    paint_every_screen,
    staged,
)
from ui_stage import frame, state

from mirror.ui import language_pill, theme, words
from mirror.ui.screens import Intent, Pick, Screen
from mirror.ui.words import Words

LTR, RTL = "xl", "xr"
HANDS = ("done", "bck", "cmp", "newstill", "next_row", "noH", "yesH", "left", "right", "yes", "no", "yes2", "no2",
         "yesS", "noS")
"""Words on buttons of a hand: they stay on the side of the hand."""


def longer(said: Any) -> Any:
    """The same, a quarter longer, single words a sixth: every second vowel is said twice. What stands in braces stays.
    (Spanish is as long as English on the whole.)"""
    if isinstance(said, list):
        return [longer(one) for one in said]
    if isinstance(said, dict):
        return {key: longer(one) for key, one in said.items()}
    made, inside, vowels, more = "", False, 0, len(said) // (4 if " " in said else 6)
    for letter in said:
        inside = letter == "{" or (inside and letter != "}")
        vowels += letter in "aeiou"
        twice = letter in "aeiou" and vowels % 2 == 1 and not inside and more > 0
        more -= twice
        made += letter * (2 if twice else 1)
    return made


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    folder = tmp_path / "copy"
    folder.mkdir()
    english = json.loads((words.COPY_FOLDER / "en.json").read_text("utf-8"))
    (folder / "en.json").write_text(json.dumps(english), "utf-8")
    for code, reads in ((LTR, "ltr"), (RTL, "rtl")):
        said = {key: longer(one) for key, one in english.items()} | {
            "reads": reads, "outfit": english["outfit"],  # three tabs share a row: no room for a longer word
             "numbers": english["numbers"], "short": code.upper(), "name": code}
        (folder / f"{code}.json").write_text(json.dumps(said), "utf-8")
    monkeypatch.setattr(words, "COPY_FOLDER", folder)
    language_pill.short_names.cache_clear()
    yield
    language_pill.short_names.cache_clear()


def boxes_of(drawing: Drawing, folder: Path, size: tuple[int, int], language: str) -> list[tuple[Any, str]]:
    """Every text as it was drawn: its rectangle and the width of its picture, and its words."""
    drawing.boxes.clear()
    window, _, clock = staged(folder, size, "light", language)
    window.overlay.words = Words(language)
    assert paint_every_screen(window, clock, "en") == {screen.value for screen in Screen}
    assert sorted(set(drawing.faults)) == []
    for i, (device, box, said) in enumerate(drawing.boxes):
        for other_device, other, other_said in drawing.boxes[i + 1 : i + 40]:
            assert device != other_device or not box.intersects(other), (said, other_said)
    widths = {id(device): device.width() for device in drawing.devices}
    return [((box, widths[device]), said) for device, box, said in drawing.boxes]


@pytest.mark.parametrize("size", [(1080, 1920), (1920, 1080), (720, 1280)], ids=lambda s: f"{s[0]}x{s[1]}")
def test_plates_are_mirrored_and_no_word_is_clipped_or_overlaps_another(
    drawn: Drawing, made_up: None, tmp_path: Path, size: tuple[int, int],  # noqa: F811
) -> None:
    left, right = (boxes_of(drawn, tmp_path, size, language) for language in (LTR, RTL))
    assert [said for _, said in left] == [said for _, said in right]
    hands = {Words(RTL)(key) for key in HANDS}
    mirrored = 0
    unturned: set[str] = set()
    for ((one, width), said), ((other, _), _) in zip(left, right, strict=True):
        assert (one.y(), one.width()) == pytest.approx((other.y(), other.width()), abs=1.5), said
        moved = width - one.x() - one.width() - other.x()
        # in landscape the first sheet goes on beyond the window by its corners
        across = abs(moved) < 2 or (size[0] > size[1] and abs(moved - theme.radius("sheet")) < 2)
        mirrored += across
        if not across and said.replace(" ", "") not in {word.replace(" ", "") for word in hands}:
            unturned.add(said)
            assert abs(one.x() - other.x()) < 2, (said, one.getCoords(), other.getCoords(), width)
    assert mirrored > 300
    # what has no plate: the dark screens and the panel for engineers, which is English
    allowed = {Words(RTL)(key) for key in ("paused", "paused2", "lost", "lost2", "wake")}
    assert {said for said in unturned if said.replace(" ", "") in told_anywhere()} <= allowed


def told_anywhere() -> set[str]:
    """Every text of the language, without its spaces."""
    found: set[str] = set()

    def take(said: Any) -> None:
        if isinstance(said, str):
            found.add(said.replace(" ", ""))
        else:
            for one in said.values() if isinstance(said, dict) else said:
                take(one)

    take(json.loads((words.COPY_FOLDER / f"{RTL}.json").read_text("utf-8")))
    return found


def play(window: Any, pipeline: Any, clock: list[float], seconds: float) -> None:
    for _ in range(round(seconds * 10)):
        clock[0] += 0.1
        pipeline.show(frame(), state(round(clock[0] * 10), time=clock[0], consent=True))
        window._refresh()
        window.widget.grabbed()
        window.overlay.prepare(window.widget.at, window.model)


def at_look(folder: Path, size: tuple[int, int] = (1080, 1920)) -> Any:
    window, pipeline, clock = staged(folder, size, "light", RTL)
    play(window, pipeline, clock, 1.5)
    window.press(Intent.YES)
    play(window, pipeline, clock, 3.0)
    assert window.model.screen is Screen.LOOK
    window.play = lambda seconds=0.3: play(window, pipeline, clock, seconds)
    return window


def target(window: Any, *acts: Any) -> Any:
    return min((place for place, found in window.overlay.targets if found == acts), key=lambda place: place.w * place.h)


@pytest.mark.parametrize("size", [(1080, 1920), (1920, 1080)], ids=lambda s: f"{s[0]}x{s[1]}")
def test_the_next_card_lies_at_the_left_and_the_left_hand_fetches_it(
    app: Any, made_up: None, tmp_path: Path, size: tuple[int, int],
) -> None:
    window = at_look(tmp_path, size)
    at, model = window.widget.at, window.model
    assert target(window, Intent.FORWARD).centre[0] < target(window, Intent.BACK).centre[0]
    QTest.keyClick(window.widget, Qt.Key_Left)
    assert model.index == 1
    QTest.keyClick(window.widget, Qt.Key_Right)
    assert model.index == 0
    assert (window.overlay.turned(Intent.FORWARD), window.overlay.turned(Intent.CHOOSE)) == (Intent.BACK, Intent.CHOOSE)
    window.play()
    for act in window.overlay.intents_at(*at.back.centre):
        window.press(act)
    assert model.index == 1
    window.play()
    assert target(window, Intent.OUTFIT).x < target(window, Intent.SIMILAR).x


def test_a_touch_meets_what_it_sees_and_buttons_stay_with_their_hands(
    app: Any, made_up: None, tmp_path: Path,
) -> None:
    window = at_look(tmp_path)
    for screen in (Intent.CHOOSE, Intent.CHANGE):
        window.press(screen)
        window.play()
        assert target(window, Intent.CLOSE).x < target(window, Intent.CHOOSE).x, "done is the left hand's"
        chips = [target(window, Pick("size", size)) for size in "SML"]
        assert chips[0].x > chips[1].x > chips[2].x
    deck = window.widget.at.choices
    left = min(place.x for place, acts in window.overlay.targets if isinstance(acts[0], Pick) and deck.meets(place))
    assert abs(left - deck.x - 44) < 3, "chips stand at the left, the names of their rows at the right"
    window.press(Intent.CLOSE)
    window.press(Intent.NO)
    window.press(Intent.STOP)


@pytest.mark.parametrize("size", [(1080, 1920), (1920, 1080)], ids=lambda s: f"{s[0]}x{s[1]}")
def test_a_code_is_not_mirrored(app: Any, made_up: None, tmp_path: Path, size: tuple[int, int]) -> None:
    window = at_look(tmp_path, size)
    picture = pixels(window)
    assert cv2.QRCodeDetector().detectAndDecode(picture)[0].startswith("https://shop.example/look?ids=")
    assert not window.overlay.handoff.place(window.widget.at).meets(window.widget.at.corridor)
    window.press(Intent.CHOOSE)
    window.play(0.6)
    assert cv2.QRCodeDetector().detectAndDecode(pixels(window))[0].startswith("https://shop.example/look?ids=")


def test_words_icons_and_pictures_change_sides_and_are_not_mirrored_themselves(app: Any) -> None:
    from PyQt5.QtCore import QRectF
    from PyQt5.QtGui import QColor, QImage, QPainter

    from mirror.ui import cards, direction, icons, text
    from mirror.ui.baking import bake_plate
    from mirror.ui.theme import Theme

    look, fitted = Theme.named("light"), text.fit("Rigmarole", 40, 600, 400)
    picture = QImage(90, 80, QImage.Format_RGB32)
    picture.fill(QColor("white"))
    painter = QPainter(picture)
    painter.fillRect(0, 0, 20, 40, QColor("red"))
    painter.end()

    def plate(rtl: bool, x: float, arrow: str) -> np.ndarray:
        def content(p: Any, w: float, h: float) -> None:
            def at(left: float, wide: float) -> float:
                return left if x == 0 else w - left - wide

            text.draw(p, fitted, at(20, fitted.width), 10, look.ink)
            cards.picture_in(p, look, picture, QRectF(at(20, 90), 80, 90, 80), 0)
            icons.draw(p, "label", at(140, 40), 90, 40, look.ink)
            icons.draw(p, arrow, at(200, 40), 90, 40, look.ink)

        with direction.reading(rtl):
            image = bake_plate(400, 200, 1.0, 20, look.plate, look.line, content).image
        memory = image.constBits()
        memory.setsize(image.sizeInBytes())
        return np.frombuffer(memory, np.uint8).reshape(image.height(), image.width(), 4).astype(int)

    expected, found = plate(False, 1, "left"), plate(True, 0, "right")
    assert np.abs(expected - found).mean() < 0.6, "words lie on fractions of a pixel; nothing else differs"
    assert np.abs(expected - plate(False, 0, "right")).mean() > 3
    arrow = (slice(95, 145), slice(168, 208))
    assert np.abs(expected - found)[arrow].mean() < 0.6
    assert np.abs(expected - plate(False, 1, "right"))[arrow].mean() > 3, "an arrow points the way that is read"


@pytest.mark.parametrize("scale", [1.0, 0.667])
def test_the_modules_of_a_code_stay_where_they_are(app: Any, scale: float) -> None:
    """A mirrored code is one that some readers take, and others do not."""
    from mirror.ui import direction
    from mirror.ui.code import bake_code, code_of
    from mirror.ui.theme import Theme

    def baked(rtl: bool) -> np.ndarray:
        with direction.reading(rtl):
            image = bake_code(Theme.named("light"), scale, code_of("https://shop.example/look?ids=1"), " ", " ").image
        memory = image.constBits()
        memory.setsize(image.sizeInBytes())
        return np.frombuffer(memory, np.uint8).reshape(image.height(), image.width(), 4)[30:-90, 30:-30].copy()

    wide = baked(False).shape[1]
    shifts = [baked(False)[:, 1 + by : wide - 1 + by] for by in (-1, 0, 1)]  # its middle may lie between two pixels
    assert any(np.array_equal(baked(True)[:, 1:-1], one) for one in shifts)
    assert not any(np.array_equal(baked(False)[:, -2:0:-1], one) for one in shifts)


def test_the_pages_of_a_phone_are_read_from_the_right(made_up: None) -> None:
    from mirror.service.phone_page import join_page, look_page, remote_page
    from mirror.ui.phone import PhoneView

    for page in (join_page(Words(RTL)), look_page(Words(RTL), ()),
                 remote_page(Words(RTL), "key", 1, PhoneView(RTL, "title", rtl=True))):
        assert f'<main lang="{RTL}" dir="rtl"' in page
    assert 'dir="ltr"' in join_page(Words(LTR))
