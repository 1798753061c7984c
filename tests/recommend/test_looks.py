"""The look: what is offered, what is never offered, and why, over a real catalogue file."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest

from catalog.index import Catalogue
from mirror.domain import SIZE_FREE, SIZE_KIND, Estimate, Garment, Item, Look, MirrorError, Profile
from mirror.recommend.affinity import TAKES, affinity, offers, open_places
from mirror.recommend.looks import RecommendSettings, age_filter, gender_filter, recommend
from mirror.recommend.sizes import fits
from mirror.recommend.why import NOUNS, SENTENCES, why_similar

Open = Callable[..., Catalogue]
Wears = Callable[..., Garment]
Make = Callable[..., Item]

HER = Profile(
    age=Estimate(30, 24, 37), female=0.95, sizes={"tops": {"M": 0.7, "S": 0.3}, "bottoms": {"L": 0.9, "M": 0.1}}
)


def everything(look: Look) -> list[Item]:
    return [suggestion.item for suggestion in (*look.similar, *look.complete)]


def test_similar_items_are_of_the_worn_categories_by_turns(shop: Catalogue, wears: Wears) -> None:
    look = recommend([wears("top"), wears("trousers"), wears("shoes")], Profile(), shop)
    assert [s.answers for s in look.similar] == ["top", "trousers", "shoes"] * 2
    assert all(s.item.category == s.answers for s in look.similar)


def test_the_surest_garment_comes_first(shop: Catalogue, wears: Wears) -> None:
    look = recommend([wears("bag", score=0.4), wears("dress", score=0.8)], Profile(), shop)
    assert [s.answers for s in look.similar[:2]] == ["dress", "bag"]


def test_the_most_similar_item_of_a_colour_leads(open_shop: Open, item: Make, wears: Wears) -> None:
    worn = wears("skirt", "#a4482a")
    assert worn.embedding is not None
    far = np.roll(worn.embedding, 1)
    catalogue = open_shop(
        [item("same", "skirt", colours=("#a4482a",), title="Skirt A"),
         item("blue", "skirt", colours=("#2f63c4",), title="Skirt B"), item("far", "skirt", title="Skirt C")],
        np.stack([worn.embedding, worn.embedding, far]),
    )
    look = recommend([worn], Profile(), catalogue)
    assert [s.item.id for s in look.similar] == ["same", "blue", "far"]
    assert look.similar[0].why == "Much like your skirt, in the same rust"
    assert look.similar[1].why == "Much like your skirt, in blue"
    assert look.similar[0].score > look.similar[1].score > look.similar[2].score


@pytest.mark.parametrize(("theirs", "mine", "said"), [
    ("#33446a", "#1d2746", "Much like your trousers, one tone darker"),
    ("#1d2746", "#33446a", "Much like your trousers, one tone lighter"),
    ("#808286", "#3a3c40", "Much like your trousers, one tone darker"),
    ("#2a3450", "#121214", "Much like your trousers, in black"),
])
def test_a_tone_darker_is_said_within_one_colour_only(
    item: Make, wears: Wears, theirs: str, mine: str, said: str
) -> None:
    assert why_similar(item("a", "trousers", colours=(mine,)), wears("trousers", theirs), 0.9) == said


def test_what_completes_an_outfit_is_none_of_what_is_worn(shop: Catalogue, wears: Wears) -> None:
    for worn in (("top", "trousers"), ("dress", "boots"), ("shirt", "skirt", "heels", "bag"), ("outerwear",)):
        look = recommend([wears(category) for category in worn], Profile(), shop)
        taken = {place for category in worn for place in TAKES[category]}
        assert look.complete
        for suggestion in look.complete:
            assert not taken & set(TAKES[suggestion.item.category])
            assert suggestion.answers == suggestion.item.category


def test_a_look_completes_every_open_place_before_it_repeats_one(shop: Catalogue, wears: Wears) -> None:
    look = recommend([wears("shirt"), wears("trousers")], Profile(), shop)
    places = [TAKES[s.item.category][0] for s in look.complete]
    assert places[:4] == ["outer", "feet", "bag", "head"]


def test_nothing_is_offered_out_of_her_size_gender_age_or_stock(shop: Catalogue, wears: Wears) -> None:
    worn = [wears(c) for c in ("top", "skirt", "shoes", "bag")]
    settings = RecommendSettings(similar=30, complete=30)
    look = recommend(worn, HER, shop, settings=settings)
    assert len(everything(look)) > 20
    for item in everything(look):
        assert item.in_stock
        assert item.gender in ("women", "unisex")
        assert item.age in ("", "adult")
        kind = SIZE_KIND.get(item.category)
        likely = HER.likely_sizes(kind) if kind else ()
        if likely:
            assert fits(item.sizes, likely, woman=True)
        else:
            assert item.category in SIZE_FREE or kind == "shoes"


def test_a_size_that_the_shop_lacks_is_left_out_not_replaced(open_shop: Open, item: Make, wears: Wears) -> None:
    catalogue = open_shop([item("s", "top", sizes=("S",)), item("xl", "top", sizes=("XL", "XXL")), item("b", "bag")])
    look = recommend([wears("top")], HER, catalogue)
    assert [i.id for i in everything(look)] == ["s", "b"]
    only_xl = Profile(sizes={"tops": {"XXL": 1.0}}, sizes_origin="declared")
    assert [i.id for i in everything(recommend([wears("top")], only_xl, catalogue))] == ["xl", "b"]


def test_without_a_known_size_nothing_is_held_back(open_shop: Open, item: Make, wears: Wears) -> None:
    catalogue = open_shop([item("s", "top", sizes=("S",)), item("xl", "top", sizes=("XL",))])
    assert len(recommend([wears("top")], Profile(), catalogue).similar) == 2


def test_a_number_on_a_label_is_read_by_the_items_own_gender(open_shop: Open, item: Make, wears: Wears) -> None:
    catalogue = open_shop([
        item("w40", "trousers", sizes=("40",), gender="women"), item("m40", "trousers", sizes=("40",), gender="men"),
        item("m50", "trousers", sizes=("50",), gender="men"),
    ])
    medium = {"bottoms": {"M": 1.0}}
    found = {i.id for i in everything(recommend([wears("trousers")], Profile(sizes=medium), catalogue))}  # type: ignore[arg-type]
    assert found == {"w40", "m50"}


def test_nothing_shown_before_is_offered_again(shop: Catalogue, wears: Wears) -> None:
    worn = [wears("top"), wears("trousers")]
    seen: set[str] = set()
    for _ in range(3):
        ids = [i.id for i in everything(recommend(worn, Profile(), shop, shown=frozenset(seen)))]
        assert len(ids) == len(set(ids)) == 12
        assert not seen & set(ids)
        seen.update(ids)


def test_no_title_is_offered_twice(shop: Catalogue, wears: Wears) -> None:
    look = recommend([wears("top"), wears("dress")], Profile(), shop)
    for suggestions in (look.similar, look.complete):
        titles = [s.item.title for s in suggestions]
        assert len(titles) == len(set(titles))


def test_hosiery_nothing_worn_and_an_empty_shop_give_an_empty_look(
    shop: Catalogue, open_shop: Open, item: Make, wears: Wears
) -> None:
    assert not recommend([], Profile(), shop)
    assert not recommend([wears("hosiery")], Profile(), shop)
    assert not recommend([wears("top")], Profile(), open_shop([item("u", "underwear")]))


def test_a_whole_outfit_is_completed_by_other_shoes(shop: Catalogue, wears: Wears) -> None:
    worn = ("dress", "outerwear", "boots", "bag", "hat")
    look = recommend([wears(category) for category in worn], Profile(), shop)
    assert look.complete
    assert {s.item.category for s in look.complete} <= {"shoes", "heels", "sandals"}


def test_childrens_items_come_only_where_nothing_else_is_when_age_is_unknown(
    open_shop: Open, item: Make, wears: Wears
) -> None:
    kids, grown = item("kids", "top", age="child"), item("grown", "top")
    assert [i.id for i in everything(recommend([wears("top")], Profile(), open_shop([kids, grown])))] == ["grown"]
    assert [i.id for i in everything(recommend([wears("top")], Profile(), open_shop([kids])))] == ["kids"]


@pytest.mark.parametrize("age", [Estimate(75, 67, 83), Estimate(72, 65, 95, "declared")])
def test_seniors_are_offered_what_is_made_for_adults_too(
    open_shop: Open, item: Make, wears: Wears, age: Estimate
) -> None:
    shop = open_shop([item("kids", "top", age="child"), item("grown", "top", age="adult"),
                      item("theirs", "top", age="senior"), item("any", "top")])
    offered = {i.id for i in everything(recommend([wears("top")], Profile(age=age), shop))}
    assert offered == {"grown", "theirs", "any"}


def test_a_garment_without_an_embedding_yet_gets_no_similar_items(shop: Catalogue, wears: Wears) -> None:
    look = recommend([wears("top", embedding=False), wears("skirt")], Profile(), shop)
    assert {s.answers for s in look.similar} == {"skirt"}


def test_garments_of_another_embedder_are_refused(shop: Catalogue, wears: Wears) -> None:
    worn = wears("top")
    other = Garment("top", worn.box, 0.9, (), np.ones(8, np.float32))
    with pytest.raises(MirrorError):
        recommend([other], Profile(), shop)


def test_colours_that_clash_come_last(open_shop: Open, item: Make, wears: Wears) -> None:
    catalogue = open_shop(
        [item("clash", "bag", colours=("#c12a86",)), item("fits", "bag", colours=("#1f7478",)),
         item("calm", "bag", colours=("#f0e8d6",))],
        np.tile(np.eye(16, dtype=np.float32)[12], (3, 1)),
    )
    look = recommend([wears("dress", "#e8782b")], Profile(), catalogue, settings=RecommendSettings(per_place=3))
    assert [s.item.id for s in look.complete] == ["calm", "fits", "clash"]


def test_every_reason_is_one_short_sentence_about_clothes(shop: Catalogue, wears: Wears) -> None:
    reasons = set()
    for colour in ("#1d2746", "#c8202d", "#f6f6f4", "#abdcc5", "#234d34", None):
        for worn in (("longsleeve", "trousers"), ("dress",), ("top", "shorts", "sandals")):
            garments = [wears(category, colour) for category in worn]
            settings = RecommendSettings(similar=12, complete=12)
            look = recommend(garments, Profile(), shop, settings=settings)
            reasons.update(s.why for s in (*look.similar, *look.complete))
    assert len(reasons) > 30
    for why in reasons:
        assert why
        assert why[0].isupper()
        assert not why.endswith(".")
        assert len(why) <= 56
        assert not {"slim", "body", "figure", "hide", "size", "flattering", "weight"} & set(why.lower().split())


def test_every_sentence_can_be_said() -> None:
    for lang, sentences in SENTENCES.items():
        assert set(NOUNS[lang]) >= set(TAKES)
        for text in sentences.values():
            text.format(worn="skirt", colour="navy", Colour="Navy", theirs="rust")


def test_the_same_question_has_the_same_answer(shop: Catalogue, wears: Wears) -> None:
    worn = [wears("top"), wears("skirt"), wears("boots")]
    assert recommend(worn, HER, shop) == recommend(list(worn), HER, shop)


def test_scores_lie_in_0_to_1(shop: Catalogue, wears: Wears) -> None:
    look = recommend([wears("top"), wears("skirt")], HER, shop)
    assert all(0 <= s.score <= 1 for s in (*look.similar, *look.complete))


def test_a_look_takes_a_few_milliseconds(shop: Catalogue, wears: Wears) -> None:
    worn = [wears(c) for c in ("top", "trousers", "outerwear", "shoes")]
    recommend(worn, HER, shop)
    times = []
    for _ in range(15):
        start = time.thread_time()
        recommend(worn, HER, shop)
        times.append(time.thread_time() - start)
    assert min(times) < 0.006  # 2 ms on an idle core


def test_places_that_are_open() -> None:
    assert open_places(["top", "trousers"]) == ("outer", "feet", "bag", "head")
    assert open_places(["dress", "boots"]) == ("outer", "bag", "head")
    assert "trunk" in open_places(["outerwear", "skirt"])


def test_warm_goes_with_warm_and_a_coat_gets_no_sandals() -> None:
    assert affinity(["outerwear", "trousers"], "boots") > affinity(["shorts", "top"], "boots")
    assert "sandals" not in offers(["outerwear", "trousers"])["feet"]
    assert "sandals" in offers(["shorts", "top"])["feet"]
    assert offers([]) == {}


@pytest.mark.parametrize(("female", "gender"), [
    (None, None), (0.5, None), (0.64, None), (0.65, "women"), (1.0, "women"), (0.36, None), (0.35, "men"), (0.0, "men"),
])
def test_gender_filters_only_when_sure(female: float | None, gender: str | None) -> None:
    assert gender_filter(female) == gender


@pytest.mark.parametrize(("age", "band"), [
    (None, None), (Estimate(30, 22, 38), "adult"), (Estimate(16, 11, 22), "adult"), (Estimate(15, 12, 17.5), "teen"),
    (Estimate(9, 6, 12), "child"), (Estimate(64, 56, 72), "adult"), (Estimate(75, 67, 83), "senior"),
    (Estimate(16, 16, 16, "declared"), "teen"), (Estimate(62, 62, 62, "declared"), "senior"),
])
def test_an_age_that_may_be_adult_is_adult(age: Estimate | None, band: str | None) -> None:
    assert age_filter(age) == band


def test_only_items_of_her_price_band_are_offered(open_shop: Open, item: Make, wears: Wears) -> None:
    from dataclasses import replace

    worn = wears("skirt")
    assert worn.embedding is not None
    items = [replace(item(f"skirt-{price}", "skirt", title=f"Skirt {price}"), price=float(price))
             for price in (20, 40, 60)]
    catalogue = open_shop(items, np.stack([np.roll(worn.embedding, i) for i in range(3)]))

    def offered(price: tuple[float, float] | None) -> set[float]:
        return {one.price for one in everything(recommend([worn], Profile(), catalogue, price=price))}

    assert offered(None) == {20.0, 40.0, 60.0}
    assert offered((0.0, 40.0)) == {20.0, 40.0}, "both ends count"
    assert offered((40.0, float("inf"))) == {40.0, 60.0}
    assert offered((70.0, 90.0)) == set(), "nothing is offered instead"
