"""Every word is there, every word fits, and colours can be read."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from ui_stage import FRAME, StillCatalogue, StillPipeline, look, state

from mirror.config import HandoffSettings, Settings
from mirror.domain import DETECTED_CATEGORIES, Look, UsageError
from mirror.recommend.colour import _WORDS, NAMED
from mirror.recommend.why import NOUNS, SENTENCES, WARM_NEUTRALS
from mirror.ui.choices import CHIPS, PriceBands
from mirror.ui.words import Words, languages

UI = Path(__file__).parents[2] / "mirror" / "ui"


def test_every_key_that_the_code_asks_for_has_copy() -> None:
    copy = json.loads((UI / "copy" / "en.json").read_text(encoding="utf-8"))
    source = "\n".join(path.read_text(encoding="utf-8") for path in UI.glob("*.py"))
    asked = set(re.findall(r'words\("(\w+)"', source)) | {f"g_{k}{n}" for k in ("back", "close", "face", "one")
                                                          for n in ("", "2")}
    assert asked <= set(copy)
    assert len(Words("en").all("lk")) == 4
    assert all(Words("en").category(category) for category in DETECTED_CATEGORIES)


def test_every_language_has_the_same_keys() -> None:
    keys = {code: set(json.loads((UI / "copy" / f"{code}.json").read_text(encoding="utf-8"))) for code in languages()}
    assert set(map(frozenset, keys.values())) == {frozenset(keys["en"])}


def test_an_unknown_language_is_one_plain_line() -> None:
    with pytest.raises(UsageError, match="'xx' has no copy here; known are en"):
        Words("xx")


@pytest.mark.parametrize(("amount", "currency", "expected"), [
    (79.0, "EUR", "€79"), (24.95, "eur", "€24.95"), (1299.0, "USD", "$1,299"), (609.0, "CNY", "¥609"),
    (80.0, "PLN", "80 PLN"), (79.999, "GBP", "£80"),
])
def test_prices_are_written_with_their_sign(amount: float, currency: str, expected: str) -> None:
    assert Words("en").price(amount, currency) == expected


@pytest.mark.parametrize(("name", "least"), [("light", 4.5), ("dark", 4.5), ("contrast", 7.0)])
def test_ink_on_plates_is_readable_over_the_worst_video(app: Any, name: Any, least: float) -> None:
    from mirror.ui.theme import Theme, tokens

    def luminance(rgb: tuple[float, float, float]) -> float:
        parts = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    def contrast(one: float, other: float) -> float:
        return (max(one, other) + 0.05) / (min(one, other) + 0.05)

    look = Theme.named(name)
    alpha = tokens()["color"]["plateAlpha"]["tag"]
    behind = 0.0 if name == "light" else 1.0
    tag = [alpha * c + (1 - alpha) * behind for c in look.plate.getRgbF()[:3]]
    for ink in (look.ink, look.ink2):
        text = luminance(ink.getRgbF()[:3])
        assert contrast(luminance((tag[0], tag[1], tag[2])), text) >= least
        assert contrast(luminance(look.sunk.getRgbF()[:3]), text) >= least
    assert contrast(luminance(look.on_yours.getRgbF()[:3]), luminance(look.yours.getRgbF()[:3])) >= least
    # inked buttons and open tabs: the plate's colour on ink
    assert contrast(luminance(look.plate.getRgbF()[:3]), luminance(look.ink.getRgbF()[:3])) >= least
    # an outline tells hers from the rest where the colour alone would not (EN 301 549, 9.1.4.11)
    assert contrast(luminance(look.ink.getRgbF()[:3]), luminance(look.plate.getRgbF()[:3])) >= 3


def test_the_bundled_fonts_load_under_their_own_names(app: Any) -> None:
    from PyQt5.QtGui import QFontInfo

    from mirror.ui import theme

    for weight in theme.WEIGHTS:
        assert QFontInfo(theme.font(40, weight)).family() == f"Instrument Sans {weight}"
    assert (UI / "fonts" / "OFL.txt").is_file()


def test_text_shrinks_by_a_sixth_at_most_then_wraps_then_says_so(app: Any) -> None:
    from mirror.ui import text

    assert text.fit("Short", 40, 600, 400).px == 40
    tight = text.fit("Cable-knit jumper", 40, 600, text.width_of("Cable-knit jumper", 36, 600))
    assert (len(tight.lines), tight.clipped) == (1, False)
    assert 0.84 * 40 - 2 <= tight.px <= 36
    wrapped = text.fit("Much like your knit, one tone lighter", 36, 400, 430, 2)
    assert (len(wrapped.lines), wrapped.px, wrapped.clipped) == (2, 36, False)
    assert text.width_of(wrapped.lines[1], 36, 400) >= 0.45 * text.width_of(wrapped.lines[0], 36, 400)
    cut = text.fit("A very long title that no card could ever hold", 40, 600, 200)
    assert cut.clipped
    assert cut.width <= 200
    assert cut.lines[0].endswith("…")


Drawn = tuple[int, Any, str]


class Drawing:
    """Every text that is drawn: the picture it is drawn into, its rectangle there, its words; and what was wrong."""

    def __init__(self) -> None:
        self.boxes: list[Drawn] = []
        self.faults: list[str] = []
        self.devices: list[Any] = []
        """Kept, so that no later picture gets the same id."""


@pytest.fixture
def drawn(app: Any, monkeypatch: pytest.MonkeyPatch) -> Drawing:
    from PyQt5.QtCore import QRectF

    from mirror.ui import baking, text

    drawing = Drawing()
    free: set[int] = set()
    real: Callable[..., None] = text.draw
    bake_free = baking.bake_free

    def draw(painter: Any, fitted: Any, x: float, y: float, colour: Any, *, align: float = 0.0,
             within: float = 0.0) -> None:
        if fitted.clipped:
            drawing.faults.append(f"clipped: {fitted.lines}")
        device = painter.device()
        drawing.devices.append(device)
        left = x + (within - fitted.width) * align if align else x
        # the ink of a line keeps a tenth of its box free above and below
        trim = fitted.leading * 0.14
        box = painter.transform().mapRect(QRectF(left, y + trim, fitted.width, fitted.height - 2 * trim))
        scale = abs(painter.transform().m11())  # mirrored where it is read from right to left
        pad, below = (math.ceil(baking.PAD * scale), math.ceil(baking.PAD_BELOW * scale))
        if device.width() in free:
            pad = below = 0
        plate = QRectF(pad, pad, device.width() - 2 * pad, device.height() - pad - below)
        if not plate.contains(box):
            drawing.faults.append(f"beyond its plate: {fitted.lines} {box.getCoords()} {plate.getCoords()}")
        drawing.boxes.append((id(device), box, " ".join(fitted.lines)))
        real(painter, fitted, x, y, colour, align=align, within=within)

    def free_bake(width: int, height: int, scale: float, content: Any) -> Any:
        free.add(width)
        return bake_free(width, height, scale, content)

    monkeypatch.setattr(text, "draw", draw)
    monkeypatch.setattr("mirror.ui.overlay.bake_free", free_bake)
    return drawing


def staged(
    tmp_path: Path, size: tuple[int, int], theme: str, language: str = "en", **ui: Any,
) -> tuple[Any, StillPipeline, list[float]]:
    from mirror.ui.mirror_window import MirrorWindow

    settings = Settings()
    settings = replace(settings, ui=replace(
        settings.ui, theme=theme, language=language, reduced_motion=True, **ui),  # type: ignore[arg-type]
        handoff=HandoffSettings("https://shop.example/look?ids={ids}"))
    pipeline, clock = StillPipeline(StillCatalogue(tmp_path)), [100.0]
    window = MirrorWindow(pipeline, settings, clock=lambda: clock[0])  # type: ignore[arg-type]
    window.widget.resize(*size)
    window.widget.show()  # a hidden widget is not told its size
    assert (window.widget.at.width, window.widget.at.height) == size
    window._show_pieces()
    window._bands = PriceBands(1250.0, 2500.0, "EUR")
    window._offer_choices()
    return window, pipeline, clock


def longest_reason(language: str) -> str:
    """The longest reason that the recommendation can give: its longest sentence with the longest of its words."""
    colour = max(_WORDS[language].values() if language in _WORDS else NAMED, key=len)
    worn = max(NOUNS[language].values(), key=len)
    warm = max((_WORDS[language][name] if language in _WORDS else name for name in WARM_NEUTRALS), key=len)
    said = []
    for key, template in SENTENCES[language].items():
        mine = warm if key == "neutral_warm" else colour
        said.append(template.format(worn=worn, colour=mine, Colour=mine.capitalize(), theirs=colour))
    return max(said, key=len)


def long_look(language: str = "en") -> Look:
    whole = look()
    return Look(*(tuple(replace(s, why=longest_reason(language), told=()) for s in part)
                  for part in (whole.similar, whole.complete)))


def paint_every_screen(window: Any, clock: list[float], language: str) -> set[str]:
    """Every screen with its longest words; which there were. The window is closed then."""
    from mirror.ui.choices import Choices
    from mirror.ui.screens import Guidance, Screen

    now, model = state(look=long_look(language)), window.model
    model.look, model.sizes, model.chosen = now.look, {"tops": ("XXL", "XL"), "bottoms": ("M",)}, frozenset()
    earlier = tuple(replace(s, item=replace(s.item, id=f"earlier-{s.item.id}")) for s in now.look.similar)
    window.widget.set_state(replace(now, notice="source /dev/video0: no fresh frame; check the camera and its cable"))
    from mirror.pipeline.view import filling

    view = filling(*FRAME, window.widget.at.width, window.widget.at.height)
    seen: set[str] = set()
    marked = ({}, {row: chips[0] for row, chips in CHIPS.items()})
    for screen in Screen:
        for kind in (list(Guidance) if screen is Screen.GUIDANCE else [Guidance.BACK]):
            for index in range({Screen.LOOK: 18, Screen.DETAIL: 6, Screen.CORRECTION: 2}.get(screen, 1)):
                model.screen, model.guidance, model.engineer = screen, kind, screen is Screen.LOOK
                model.tab, model.index = ("similar", "complete", "seen")[index // 6], index % 6  # type: ignore[assignment]
                model.earlier = earlier if model.tab == "seen" else ()
                model.stages = (True, True, False, False)
                model.choices = Choices(model.choices.rows, marked[index % 2], {"size": "M", "age": "estimated"})
                old = screen in (Screen.LOOK, Screen.DETAIL) and index % 3 == 2
                window.overlay.stale = window.overlay.words.since(
                    datetime(2026, 11, 18, 18, 0), datetime(2026, 11, 24, 9, 0)) if old else ""
                clock[0] += 10
                window.overlay.recording = True
                window.widget.set_video(None, view)
                window.widget.grabbed()
                window.overlay.prepare(window.widget.at, model)
                seen.add(screen.value)
    model.screen, model.look = Screen.LOOK, Look()  # the shop has nothing to offer
    window.widget.grabbed()
    window.widget.close()  # what it still has to draw is not the next test's
    return seen


SHAPES = [(size, theme, language, {}) for size in ((1080, 1920), (1920, 1080), (720, 1280), (1280, 800))
          for theme in ("light", "dark", "contrast") for language in languages()]
SHAPES += [((2160, 3840), theme, language, {}) for theme, language in zip(("light", "dark", "dark"), languages(),
                                                                         strict=True)]
SHAPES += [(size, "light", language, {"low_controls": True}) for size in ((1080, 1920), (1920, 1080))
           for language in languages()]


@pytest.mark.parametrize(("size", "theme", "language", "ui"), SHAPES, ids=lambda part: str(part).replace(" ", ""))
def test_no_word_is_clipped_overlaps_another_or_is_untranslated_on_any_screen(
    drawn: Drawing, tmp_path: Path, size: tuple[int, int], theme: str, language: str, ui: dict[str, Any],
) -> None:
    from mirror.ui.screens import Screen

    window, _, clock = staged(tmp_path, size, theme, language, **ui)
    seen = paint_every_screen(window, clock, language)
    said = [words for _, _, words in drawn.boxes]
    assert Words(language)("empty").replace(" ", "") in "".join(said).replace(" ", "")
    assert sorted(set(drawn.faults)) == []
    boxes = drawn.boxes
    for i, (device, box, words) in enumerate(boxes):
        for other_device, other, other_words in boxes[i + 1 : i + 40]:
            assert device != other_device or not box.intersects(other), (words, other_words)
    assert seen == {screen.value for screen in Screen}
    assert len(boxes) > 60
    foreign = {words for code in languages() if code != language for words in texts(code)} - texts(language)
    assert not foreign & set(said), "another language is spoken"


def texts(language: str) -> set[str]:
    """Every sentence and word of a language's copy that is longer than a code or a size."""
    def flat(value: Any) -> Iterator[str]:
        if isinstance(value, str):
            yield value
        else:
            for inner in value.values() if isinstance(value, dict) else value:
                yield from flat(inner)

    copy = json.loads((UI / "copy" / f"{language}.json").read_text(encoding="utf-8"))
    # each language names itself in itself everywhere
    return {words for words in flat({k: v for k, v in copy.items() if k not in ("short", "name")}) if len(words) > 1}
