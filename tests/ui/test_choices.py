"""Her choices: where each came from, the chips beside it, and prices parted as people say them."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest
from ui_stage import items

from mirror.domain import Estimate, Profile
from mirror.pipeline.state import MirrorState
from mirror.ui.choices import CHIPS, ROWS, Choices, PriceBands, price_bands, said_of
from mirror.ui.screens import Sight
from mirror.ui.words import Words, languages


def test_what_she_says_stands_before_what_was_believed() -> None:
    choices = Choices(ROWS, {"size": "L"}, {"size": "M", "department": "women"})
    assert (choices.chip("size"), choices.origin("size")) == ("L", "yours")
    assert (choices.chip("department"), choices.origin("department")) == ("women", "estimated")
    assert (choices.chip("style"), choices.origin("style")) == ("any", "")
    assert choices.beside("size", 1) == "XL"
    assert choices.beside("department", -1) == "any", "it goes round"
    assert Choices().chip("size") == "", "nothing believed, nothing marked"
    assert Choices().beside("size", 1) == "XS"


def test_what_is_believed_comes_from_the_profile_and_never_her_age_or_mass() -> None:
    sizes = {"tops": {"M": 0.7, "L": 0.3}, "bottoms": {"40": 1.0}}
    profile = Profile(age=Estimate(41, 35, 47), female=0.9, sizes=sizes)  # type: ignore[arg-type]
    sight = Sight.of(MirrorState(profile=profile))
    assert sight.estimated == {"size": "M", "department": "women", "age": "estimated"}
    unsure = Sight.of(MirrorState(profile=replace(profile, female=0.5)))
    assert "department" not in unsure.estimated
    said = replace(profile, female_origin="declared", sizes_origin="declared", age=Estimate(40, 20, 64, "declared"))
    assert Sight.of(MirrorState(profile=said)).estimated == {}


def test_prices_fall_into_three_bands_at_round_amounts() -> None:
    priced = [replace(item, price=price) for item, price in zip(items(9), range(12, 102, 10), strict=True)]
    bands = price_bands(priced)
    assert bands is not None
    assert bands in (PriceBands(40.0, 80.0, "EUR"), PriceBands(40.0, 60.0, "EUR"))
    assert bands.range_of("low") == (0.0, bands.low)
    assert bands.range_of("high") == (bands.high, inf)
    assert bands.range_of("any") == (0.0, inf)
    assert price_bands(priced[:5]) is None
    assert price_bands([replace(item, price=20.0) for item in priced]) is None
    assert price_bands([*priced, replace(priced[0], currency="USD")]) is None


@pytest.mark.parametrize(("row", "chip", "told"), [
    ("department", "men", {"gender": "men"}), ("department", "any", {"gender": "all"}),
    ("age", "55+", {"age": "senior"}), ("age", "any", {"age": "any"}), ("style", "smart", {"style": "smart"}),
    ("price", "low", {"price": (0.0, 30.0)}), ("price", "any", {"price": (0.0, inf)}),
])
def test_chips_are_told_to_the_pipeline_in_its_words(row: str, chip: str, told: dict[str, object]) -> None:
    assert said_of({row: chip}, PriceBands(30.0, 90.0, "EUR")) == told  # type: ignore[dict-item]


@pytest.mark.parametrize("language", languages())
def test_every_chip_has_a_word(language: str) -> None:
    from mirror.ui.choice_deck import labels_of

    for row in ROWS:
        labels = labels_of(Words(language), row, PriceBands(30.0, 90.0, "EUR"))
        assert len(labels) == len(CHIPS[row]) == len(set(labels))
        assert Words(language)(f"c_{row}")
