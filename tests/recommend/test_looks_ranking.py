"""What a look is ranked by: company of colours, occasion, variety, her style, and nothing just shown again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from catalog.index import Catalogue
from mirror.domain import STYLES, Garment, Item, Look, Profile
from mirror.recommend.company import companies
from mirror.recommend.looks import RecommendSettings, beside, recommend
from mirror.recommend.occasion import Occasion, agreement, occasion, occasion_worn, together
from mirror.recommend.variety import varied

Open = Callable[..., Catalogue]
Wears = Callable[..., Garment]
Make = Callable[..., Item]


def ids(look: Look) -> list[str]:
    return [suggestion.item.id for suggestion in (*look.similar, *look.complete)]


def test_a_colour_that_comes_again_is_better_company_than_another() -> None:
    again, other, cold, unknown = companies([["#6b1b2d"], ["#2f8b4b"], ["#2f63c4"], []], [["#6b1b2d"], ["#121214"]])
    assert again > other
    assert again > unknown > cold
    assert all(0 <= value <= 1 for value in (again, other, cold, unknown))
    assert companies([["#ffffff"]], []) == pytest.approx([0.35])


def test_warm_colours_keep_to_warm_ones() -> None:
    warm, cold = companies([["#b98a55"], ["#7fb6e2"]], [["#a4482a"]])
    assert warm > cold


def test_an_occasion_is_told_by_attributes_and_of_what_is_worn_by_its_nearest(item: Make) -> None:
    blazer = item("b", "outerwear", title="Navy blazer", styles=("smart",))
    anorak = item("a", "outerwear", title="Red anorak", styles=("sporty",))
    assert occasion(blazer).formality == 1.0 > occasion(anorak).formality == 0.0
    assert occasion(item("s", "dress", title="Linen dress")).warmth < 0 < occasion(item("k", "dress",
                                                                                   title="Knit dress")).warmth
    worn = occasion_worn("outerwear", [(blazer, 0.9), (anorak, 0.3)])
    assert worn.formality == 1.0, "what is far from it tells nothing"
    assert occasion_worn("sandals", []).warmth == -1.0
    outfit = together([Occasion(1, 0.2), Occasion(0.6, -0.2)])
    assert agreement(Occasion(1, 0), outfit) == pytest.approx((0.8, 1.0))
    assert agreement(Occasion(1, 0), together([])) == (1.0, 1.0)


def test_as_formal_and_as_warm_as_the_rest_comes_first(item: Make) -> None:
    bags = [item("smart", "bag", title="Clutch", styles=("smart",)),
            item("sporty", "bag", title="Gym bag", styles=("sporty",))]
    office, track = [Occasion(1.0, 0.0)], [Occasion(0.0, 0.0)]
    for occasions, first in ((office, 0), (track, 1)):
        scores = beside(bags, [0.2, 0.2], [0.7, 0.7], [["#121214"]], occasions)
        assert scores[first] > scores[1 - first]
    dresses = [item("knit", "dress", title="Wool dress"), item("linen", "dress", title="Linen dress")]
    warm = beside(dresses, [0.2, 0.2], [0.7, 0.7], [["#121214"]], [Occasion(0.7, 0.8)])
    assert warm[0] > warm[1]
    off = RecommendSettings(formality=0, season=0)
    assert len(set(beside([*bags], [0.2, 0.2], [0.7, 0.7], [["#121214"]], office, off))) == 1


def test_the_next_one_chosen_is_unlike_the_last() -> None:
    one, twin, other = (np.array(v, np.float32) for v in ((1, 0), (1, 0), (0, 1)))
    colours = ["#121214", "#121214", "#c8202d"]
    scores = [0.90, 0.89, 0.80]
    assert list(varied(scores, [one, twin, other], colours, 0.0)) == [0, 1, 2]
    assert list(varied(scores, [one, twin, other], colours, 0.3)) == [0, 2, 1]
    assert list(varied(scores, [None, one, None], ["", "", "#121214"], 0.3)) == [0, 1, 2], "nothing is known of both"
    assert list(varied([], [], [], 0.3)) == []


def test_variety_is_seen_in_a_look(open_shop: Open, item: Make, wears: Wears) -> None:
    worn = wears("skirt", "#1d2746")
    assert worn.embedding is not None
    turned = worn.embedding + 0.55 * np.roll(worn.embedding, 3)
    shop = open_shop(
        [item("a", "skirt", title="Skirt A", colours=("#1d2746",)), item("b", "skirt", title="Skirt B",
         colours=("#1e2847",)), item("c", "skirt", title="Skirt C", colours=("#4d6b91",))],
        np.stack([worn.embedding, worn.embedding, turned / np.linalg.norm(turned)]).astype(np.float32))

    def two(share: float) -> list[str]:
        return ids(recommend([worn], Profile(), shop, settings=RecommendSettings(similar=2, variety=share)))

    assert two(0.0) == ["a", "b"]
    assert two(0.5) == ["a", "c"]


@pytest.mark.parametrize("style", STYLES)
def test_a_wished_style_is_all_that_is_offered(open_shop: Open, item: Make, wears: Wears, style: str) -> None:
    shop = open_shop([
        item(f"{category}-{i}", category, styles=tuple(s for bit, s in enumerate(STYLES) if (i % 8) >> bit & 1),
             title=f"{category} {i}", sizes=("M",) if category != "bag" else ())
        for category in ("top", "outerwear", "shoes", "bag") for i in range(16)])
    worn = [wears("top"), wears("trousers")]
    free, wished = recommend(worn, Profile(), shop), recommend(worn, Profile(), shop, style=style)
    assert wished.similar
    assert wished.complete
    assert all(style in s.item.styles for s in (*wished.similar, *wished.complete))
    assert not all(style in s.item.styles for s in (*free.similar, *free.complete))


def test_a_style_that_the_shop_lacks_is_not_replaced_by_another(open_shop: Open, item: Make, wears: Wears) -> None:
    shop = open_shop([item("h", "heels", styles=("smart",)), item("b", "bag", styles=("sporty", "casual"))])
    assert ids(recommend([wears("dress")], Profile(), shop, style="sporty")) == ["b"]


def test_what_was_just_shown_comes_again_only_after_the_rest(shop: Catalogue, wears: Wears) -> None:
    worn = [wears("top"), wears("trousers")]
    first = recommend(worn, Profile(), shop)
    after = recommend(worn, Profile(), shop, recent=frozenset(ids(first)))
    assert not set(ids(first)) & set(ids(after))
    assert len(ids(after)) == len(set(ids(after))) == 12


def test_a_small_shop_shows_again_what_it_has(open_shop: Open, item: Make, wears: Wears) -> None:
    only = open_shop([item("t", "top"), item("b", "bag")])
    assert ids(recommend([wears("top")], Profile(), only, recent=frozenset({"t", "b"}))) == ["t", "b"]


def test_weights_of_zero_leave_an_ingredient_out(item: Make) -> None:
    pair = [item("a", "bag", colours=("#c12a86",)), item("b", "bag", colours=("#e8782b",))]
    off = replace(RecommendSettings(), company=0, harmony=0, formality=0, season=0, likeness=0)
    assert beside(pair, [0.1, 0.9], [0.5, 0.5], [["#e8782b"]], [Occasion(0.5, 0)], off) == [0.5, 0.5]


def test_a_colour_that_comes_again_is_why(open_shop: Open, item: Make, wears: Wears) -> None:
    shop = open_shop([item("b", "bag", colours=("#6b1b2d",)), item("s", "shoes", colours=("#f0e8d6",))])
    look = recommend([wears("dress", "#6b1b2d"), wears("top", "#121214")], Profile(), shop)
    bag = next(s for s in look.complete if s.item.id == "b")
    assert bag.why == "Picks up the burgundy of your dress"
    assert bag.why_in("es") == "Retoma el burdeos de tu vestido"
    assert bag.why_in("zh") == "与你的连衣裙同为酒红色"
    assert "Picks up" not in next(s for s in look.complete if s.item.id == "s").why
