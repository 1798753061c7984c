"""Colour names and how colours go together."""

from __future__ import annotations

import pytest

from mirror.domain import UsageError
from mirror.recommend.colour import NAMED, colour_key, colour_name, harmony, palette_harmonies, relation, tone


@pytest.mark.parametrize(("colour", "name"), [
    ("#000000", "black"), ("#ffffff", "white"), ("#18203c", "navy"), ("#a5472b", "rust"), ("#c19a6b", "camel"),
    ("#7f8184", "grey"), ("#e5231f", "red"), ("#700f22", "burgundy"), ("#556b8f", "denim"), ("#5d6130", "olive"),
    ("#f5e9d2", "ivory"), ("#0f7a3c", "green"), ("#f7d02c", "yellow"),
])
def test_colours_get_the_name_a_shop_gives_them(colour: str, name: str) -> None:
    assert colour_name(colour) == name


def test_every_named_colour_has_its_own_name_in_every_language() -> None:
    assert len(NAMED) >= 40
    for key, colour in NAMED.items():
        assert colour_key(colour) == key
    for lang in ("en", "zh", "es"):
        names = [colour_name(colour, lang) for colour in NAMED.values()]
        assert len(set(names)) == len(NAMED)
        assert all(names)
    assert colour_name(NAMED["navy"], "fr") == "navy"


@pytest.mark.parametrize("text", ["", "red", "#12345", "#12345g", "1d2746", "#1d27460"])
def test_what_is_no_colour_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match="#rrggbb"):
        tone(text)


def test_lightness_and_hue_are_those_of_oklab() -> None:
    red = tone("#ff0000")  # Ottosson's published value of sRGB red: L 0.628, a 0.225, b 0.126
    assert (red.lightness, red.a, red.b) == pytest.approx((0.628, 0.2249, 0.1258), abs=0.001)
    assert tone("#ffffff").lightness == pytest.approx(1.0, abs=0.001)
    assert tone("#808080").chroma < 0.001


@pytest.mark.parametrize(("good", "bad"), [
    (("navy", "camel"), ("red", "green")), (("black", "white"), ("orange", "magenta")),
    (("rust", "teal"), ("blue", "red")), (("denim", "white"), ("lime", "magenta")),
    (("red", "burgundy"), ("red", "blue")),
])
def test_dressing_rules_hold(good: tuple[str, str], bad: tuple[str, str]) -> None:
    assert harmony(*(NAMED[name] for name in good)) > harmony(*(NAMED[name] for name in bad)) + 0.15


def test_harmony_is_symmetric_and_between_0_and_1() -> None:
    for one in NAMED.values():
        for other in NAMED.values():
            assert 0 <= harmony(one, other) <= 1
            assert harmony(one, other) == pytest.approx(harmony(other, one))


def test_a_neutral_goes_with_everything() -> None:
    for neutral in ("black", "white", "grey", "navy", "ivory"):
        assert min(harmony(NAMED[neutral], colour) for colour in NAMED.values()) >= 0.65


def test_a_third_loud_hue_costs() -> None:
    worn = [(NAMED["red"],), (NAMED["blue"],)]
    calm, loud = palette_harmonies([[NAMED["white"]], [NAMED["lime"]]], worn)
    assert calm > loud + 0.3


def test_unknown_colours_are_neither_good_nor_bad() -> None:
    known, unknown = palette_harmonies([[NAMED["white"]], []], [(NAMED["red"],)])
    assert unknown == 0.6 != known
    assert palette_harmonies([[NAMED["red"]]], []) == [0.6]
    assert palette_harmonies([], [(NAMED["red"],)]) == []


def test_relations_are_told_apart() -> None:
    assert relation(NAMED["black"], NAMED["red"]) == "neutral"
    assert relation(NAMED["red"], NAMED["coral"]) == "tonal"
    assert relation(NAMED["orange"], NAMED["yellow"]) == "near"
    assert relation(NAMED["rust"], NAMED["turquoise"]) == "opposite"
    assert relation(NAMED["red"], NAMED["blue"]) == "apart"
