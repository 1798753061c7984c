"""From what she wears and what is believed of her to the look: similar items, items that complete the outfit, and why.

Nothing is remembered and nothing is left to chance: the same garments, profile and catalogue give the same look.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from catalog.filter import Filter
from catalog.index import Catalogue
from mirror.domain import SIZE_KIND, Estimate, FloatArray, Garment, Item, Look, Profile, Suggestion
from mirror.recommend.affinity import offers
from mirror.recommend.colour import distance, palette_harmonies
from mirror.recommend.size_chart import Piece, SizeSystem
from mirror.recommend.sizes import fits, size_labels
from mirror.recommend.why import OTHER_LANGUAGES, why_complete, why_similar


@dataclass(frozen=True)
class RecommendSettings:
    """How a look is made. The weights are of scores in 0..1; only their ratios matter.

    similar, complete: how many items of each the look has at most.
    per_place: how many completing items one place of the outfit (feet, bag, ...) gets at most.
    colour_in_similar: share of a similar item's score that is nearness of colour; the rest is the embedding, which
        knows cut better than dye.
    harmony, affinity, likeness: what a completing item is ranked by: colours that go together, categories that
        are worn together, and (lightly: it compares different things) its embedding's nearness to the outfit.
    candidates: items of a category that are looked at before ranking.
    women_from, men_to: probability of female gender presentation from (up to) which only women's (men's) and unisex
        items are offered; between them all are.
    size_system: how the shop counts its numbers ("letter" takes letters alone).
    least_garment_score: garments under this detection score get no similar items.
    """

    similar: int = 6
    complete: int = 6
    per_place: int = 2
    colour_in_similar: float = 0.2
    harmony: float = 0.60
    affinity: float = 0.25
    likeness: float = 0.15
    candidates: int = 24
    women_from: float = 0.65
    men_to: float = 0.35
    least_garment_score: float = 0.0
    size_system: SizeSystem = "eu"


DEFAULT = RecommendSettings()
ADULT_FROM, ADULT_TO = 18.0, 60.0
"""Years of the adult band; an estimate whose interval reaches into it counts as adult: the widest choice."""
TEEN_FROM = 13.0
NEAR_COLOUR = 0.30
"""OKLab distance at which nearness of colour has fallen to 0."""
SAME_TITLE_COLOUR = 0.08
"""Two completing items of one category nearer than this (OKLab) are too alike to show both."""


def recommend(
    garments: Sequence[Garment], profile: Profile, catalogue: Catalogue, *,
    settings: RecommendSettings = DEFAULT, shown: frozenset[str] = frozenset(),
    price: tuple[float, float] | None = None,
) -> Look:
    """The look for what is worn.

    Only items in stock, in a likely size of hers (no size known: in any), for her gender presentation and age band
    where these are known, and not ``shown`` before. What the shop does not have is absent; nothing is offered
    instead in another size.

    Args:
        garments: what she wears; those without an embedding get no similar items. Hosiery gets nothing.
        profile: sizes, gender presentation and age, as far as known.
        catalogue: built with the embedder that made the garments' embeddings.
        shown: ids that shall not be offered again.
        price: lowest and highest price, both included, in the catalogue's currency; None: any.

    Raises:
        MirrorError: an embedding has another size than the catalogue's.
    """
    wishes = _Wishes(profile, settings, shown, price)
    similar = _similar(garments, catalogue, wishes, settings)
    taken = shown | {suggestion.item.id for suggestion in similar}
    return Look(similar, _complete(garments, catalogue, _Wishes(profile, settings, taken, price), settings))


class _Wishes:
    """The profile as catalogue filters."""

    def __init__(
        self, profile: Profile, settings: RecommendSettings, exclude: frozenset[str],
        price: tuple[float, float] | None = None,
    ) -> None:
        self.price = price
        self.gender = gender_filter(profile.female, settings)
        self.age = age_filter(profile.age)
        self.exclude = exclude
        self.profile = profile
        self.system = settings.size_system

    def filter(self, category: str) -> Filter:
        likely = self._likely(category)
        labels: set[str] = set()
        for woman in (True, False):
            if self.gender is None or woman == (self.gender == "women"):
                labels.update(size_labels(likely, woman, self.system, _piece(category)))
        return Filter(
            categories=(category,), sizes=tuple(sorted(labels)) or None, gender=self.gender, age=self.age,
            in_stock=True, exclude=self.exclude, price=self.price,
        )

    def in_her_size(self, item: Item) -> bool:
        """Whether an item that passed the filter truly fits: a number means another size to women and men."""
        likely = self._likely(item.category)
        count = item.gender if item.gender != "unisex" else self.gender
        women = (True, False) if count is None else (count == "women",)
        return not likely or any(
            fits(item.sizes, likely, woman, self.system, _piece(item.category)) for woman in women
        )

    def _likely(self, category: str) -> tuple[str, ...]:
        kind = SIZE_KIND.get(category)
        return self.profile.likely_sizes(kind) if kind is not None else ()

    def nearest(
        self, catalogue: Catalogue, vector: FloatArray, category: str, k: int
    ) -> list[tuple[Item, float]]:
        """The ``k`` nearest items of a category that she may be offered, with the cosine of their embeddings."""
        found = catalogue.query(vector, self.filter(category), k)
        fitting = [(item, likeness) for item, likeness in found if self.in_her_size(item)]
        if self.age is None:
            # most shoppers are adults: children's items only where there is nothing else
            return [pair for pair in fitting if pair[0].age not in ("child", "teen")] or fitting
        return fitting


def _piece(category: str) -> Piece:
    return "bottoms" if SIZE_KIND.get(category) == "bottoms" else "tops"


def gender_filter(female: float | None, settings: RecommendSettings = DEFAULT) -> str | None:
    """women, men, or None when not sure enough (or not asked)."""
    if female is None:
        return None
    if female >= settings.women_from:
        return "women"
    return "men" if female <= settings.men_to else None


def age_filter(age: Estimate | None) -> str | None:
    """The age band to offer from; None when not known. An estimated interval that reaches the adult band is adult."""
    if age is None:
        return None
    if age.origin == "declared":
        low = high = age.value
    else:
        low, high = age.low, age.high
    if high >= ADULT_FROM and low < ADULT_TO:
        return "adult"
    if low >= ADULT_TO:
        return "senior"
    return "teen" if age.value >= TEEN_FROM else "child"


@dataclass(frozen=True)
class _Ranked:
    """A candidate before its reason is put into words, which only the chosen ones need."""

    item: Item
    score: float
    likeness: float
    answers: Garment | None = None


def _similar(
    garments: Sequence[Garment], catalogue: Catalogue, wishes: _Wishes, settings: RecommendSettings
) -> tuple[Suggestion, ...]:
    lists = [
        _ranked_like(garment, garment.embedding, catalogue, wishes, settings)
        for garment in sorted(garments, key=lambda garment: -garment.score)
        if garment.embedding is not None and garment.category != "hosiery"
        and garment.score >= settings.least_garment_score
    ]
    chosen: list[Suggestion] = []
    ids: set[str] = set()
    titles: set[str] = set()
    for ranked in _interleaved(lists):
        title = _plain_title(ranked.item)
        if len(chosen) == settings.similar:
            break
        if ranked.item.id not in ids and title not in titles and ranked.answers is not None:
            why = why_similar(ranked.item, ranked.answers, ranked.likeness)
            told = tuple((lang, why_similar(ranked.item, ranked.answers, ranked.likeness, lang))
                         for lang in OTHER_LANGUAGES)
            chosen.append(Suggestion(ranked.item, ranked.score, why, ranked.answers.category, told))
            ids.add(ranked.item.id)
            titles.add(title)
    return tuple(chosen)


def _ranked_like(
    garment: Garment, embedding: FloatArray, catalogue: Catalogue, wishes: _Wishes, settings: RecommendSettings
) -> list[_Ranked]:
    """Items of the garment's category by likeness of embedding and, a little, of colour."""
    found = wishes.nearest(catalogue, embedding, garment.category, max(settings.candidates, settings.similar))
    share = settings.colour_in_similar
    ranked = []
    for item, likeness in found:
        score = max(0.0, likeness)
        if item.colours and garment.colours:
            near = max(0.0, 1 - distance(item.colours[0], garment.colours[0]) / NEAR_COLOUR)
            score = (1 - share) * score + share * near
        ranked.append(_Ranked(item, round(min(1.0, score), 4), likeness, garment))
    return _best_first(ranked)


def _complete(
    garments: Sequence[Garment], catalogue: Catalogue, wishes: _Wishes, settings: RecommendSettings
) -> tuple[Suggestion, ...]:
    worn = [garment for garment in garments if garment.category != "hosiery"]
    vector = _outfit(worn)
    if vector is None:
        return ()
    palettes = [garment.colours for garment in worn if garment.colours]
    places = [
        _unlike(_best_first([
            ranked
            for category, fit in categories.items()
            for ranked in _ranked_beside(category, fit, palettes, vector, catalogue, wishes, settings)
        ]), settings.per_place)
        for categories in offers(garment.category for garment in garments).values()
    ]
    return tuple(
        Suggestion(ranked.item, ranked.score, why_complete(ranked.item, worn), ranked.item.category,
                   tuple((lang, why_complete(ranked.item, worn, lang)) for lang in OTHER_LANGUAGES))
        for ranked in islice(_interleaved(places), settings.complete)
    )


def _unlike(ranked: Sequence[_Ranked], most: int) -> list[_Ranked]:
    """The first ``most`` of which no two are too alike."""
    chosen: list[_Ranked] = []
    for one in ranked:
        if len(chosen) == most:
            break
        if not any(_too_alike(one.item, other.item) for other in chosen):
            chosen.append(one)
    return chosen


def _ranked_beside(
    category: str, fit: float, palettes: Sequence[tuple[str, ...]], vector: FloatArray, catalogue: Catalogue,
    wishes: _Wishes, settings: RecommendSettings,
) -> list[_Ranked]:
    """Items of a category by how well they complete what is worn."""
    found = wishes.nearest(catalogue, vector, category, settings.candidates)
    total = settings.harmony + settings.affinity + settings.likeness
    harmonies = palette_harmonies([item.colours for item, _ in found], palettes)
    return [
        _Ranked(item, round(min(1.0, (
            settings.harmony * harmony + settings.affinity * fit + settings.likeness * max(0.0, likeness)
        ) / total), 4), likeness)
        for (item, likeness), harmony in zip(found, harmonies, strict=True)
    ]


def _best_first(ranked: list[_Ranked]) -> list[_Ranked]:
    """By score, ties by id, so that the answer never depends on the order of the file."""
    return sorted(ranked, key=lambda one: (-one.score, one.item.id))


def _outfit(worn: Sequence[Garment]) -> FloatArray | None:
    """The mean embedding of what is worn, of length 1; None when nothing worn has one."""
    vectors = [garment.embedding for garment in worn if garment.embedding is not None]
    if not vectors:
        return None
    mean = np.mean(vectors, axis=0)
    length = float(np.linalg.norm(mean))
    return (mean / length).astype(np.float32) if length > 0 else None


def _interleaved(lists: Sequence[Sequence[_Ranked]]) -> Iterator[_Ranked]:
    """The best of each list, then the second of each, and so on."""
    for i in range(max((len(ranked) for ranked in lists), default=0)):
        for ranked in lists:
            if i < len(ranked):
                yield ranked[i]


def _too_alike(one: Item, other: Item) -> bool:
    if _plain_title(one) == _plain_title(other):
        return True
    return (
        one.category == other.category and bool(one.colours) and bool(other.colours)
        and distance(one.colours[0], other.colours[0]) < SAME_TITLE_COLOUR
    )


def _plain_title(item: Item) -> str:
    return " ".join(item.title.lower().split())
