"""Three languages: the same keys and placeholders, glyphs for every letter, numbers by locale, switched at run time."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ui_stage import StillCatalogue, StillPipeline, state

from mirror.config import Settings
from mirror.recommend.why import NOUNS, SENTENCES
from mirror.ui.screens import Intent, Screen
from mirror.ui.words import COPY_FOLDER, Words, languages

OTHERS = [code for code in languages() if code != "en"]


def copy(code: str) -> dict[str, Any]:
    return dict(json.loads((COPY_FOLDER / f"{code}.json").read_text(encoding="utf-8")))


def shape(value: Any) -> Any:
    """What must be alike in all languages: keys, lengths of lists, placeholders."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return sorted(re.findall(r"{\w*}", value))


@pytest.mark.parametrize("code", OTHERS)
def test_every_language_has_the_same_keys_lists_and_placeholders(code: str) -> None:
    assert code in languages()
    assert shape(copy(code)) == shape(copy("en"))


@pytest.mark.parametrize("code", OTHERS)
def test_reasons_are_told_in_every_language(code: str) -> None:
    assert set(SENTENCES[code]) == set(SENTENCES["en"])
    assert set(NOUNS[code]) == set(NOUNS["en"])
    for key, sentence in SENTENCES["en"].items():
        fields = {name.lower() for name in re.findall(r"{(\w+)}", sentence)}
        assert {name.lower() for name in re.findall(r"{(\w+)}", SENTENCES[code][key])} == fields, key


def test_the_bundled_fonts_have_every_letter_of_every_language(app: Any) -> None:
    from PyQt5.QtGui import QRawFont

    from mirror.ui import theme

    folder = theme.FONTS_FOLDER
    latin = [QRawFont(str(folder / f"InstrumentSans-{weight}.ttf"), 32) for weight in theme.WEIGHTS]
    han = [QRawFont(str(folder / f"MirrorHan-{weight}.ttf"), 32) for weight in set(theme.HAN_WEIGHTS.values())]
    letters = {letter for code in languages() for letter in (COPY_FOLDER / f"{code}.json").read_text(encoding="utf-8")}
    letters |= {letter for code in languages() for said in SENTENCES[code].values() for letter in said}
    missing = [letter for letter in letters if letter.isprintable() and not any(
        all(font.supportsCharacter(letter) for font in fonts) for fonts in (latin, han))]
    assert missing == []
    assert (folder / "OFL-NotoSansSC.txt").is_file()


@pytest.mark.parametrize(("code", "amount", "currency", "expected"), [
    ("es", 79.0, "EUR", "79\u00a0€"), ("es", 1299.5, "EUR", "1.299,50\u00a0€"), ("zh", 609.0, "CNY", "¥609"),
    ("zh", 24.95, "EUR", "€24.95"), ("es", 80.0, "PLN", "80 PLN"),
])
def test_prices_are_written_as_the_language_writes_them(
    code: str, amount: float, currency: str, expected: str,
) -> None:
    assert Words(code).price(amount, currency) == expected


def test_chinese_breaks_between_characters_but_never_before_a_closing_mark(app: Any) -> None:
    from mirror.ui import text

    said = "站到标记上。先征得同意，再看搭配。"
    for width in range(90, 400, 10):
        fitted = text.fit(said, 40, 400, width, 20)
        assert "".join(fitted.lines) == said
        assert not any(line[0] in "，。" for line in fitted.lines), fitted.lines


def test_a_touch_on_a_language_speaks_it_and_the_next_visitor_finds_the_shops_own(app: Any, tmp_path: Path) -> None:
    from mirror.ui.mirror_window import MirrorWindow

    settings = Settings()
    settings = replace(settings, ui=replace(settings.ui, reduced_motion=True))
    clock = [10.0]
    pipeline = StillPipeline(StillCatalogue(tmp_path))
    window = MirrorWindow(pipeline, settings, clock=lambda: clock[0])  # type: ignore[arg-type]
    window.widget.resize(540, 960)
    window.widget.show()
    window.widget.grabbed()
    places = [(place, wanted) for place, wanted in window.overlay.targets
              if wanted and set(wanted) == {Intent.LANGUAGE}]
    for place, wanted in places:
        if len(wanted) == languages().index("zh"):
            for intent in window.overlay.intents_at(*place.centre):
                window.press(intent)
    assert window.overlay.words.language == "zh"
    for step in range(80):
        clock[0] += 0.1
        pipeline.now = state(step, shopper=0 if step > 30 else 1)
        window._refresh()
        assert window.overlay.words.language == ("en" if step > 55 else window.overlay.words.language)
    assert window.model.screen is Screen.ATTRACT
    assert window.overlay.words.language == "en"
    window.stop()
