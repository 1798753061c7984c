"""What she may be offered: how a look is made, and her profile and wishes as filters of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from catalog.filter import Filter
from catalog.index import Catalogue
from mirror.domain import SIZE_KIND, Estimate, FloatArray, Item, Profile, SizeKind
from mirror.recommend.size_chart import Piece, SizeSystem
from mirror.recommend.sizes import fits, size_labels


@dataclass(frozen=True)
class RecommendSettings:
    """How a look is made. The weights are of scores in 0..1; only their ratios matter.

    similar, complete: how many items of each the look has at most.
    per_place: how many completing items one place of the outfit (feet, bag, ...) gets at most.
    colour_in_similar: share of a similar item's score that is nearness of colour; the rest is the embedding, which
        knows cut better than dye.
    company, harmony, affinity, formality, season, likeness: what a completing item is ranked by: colours that people
        wear together, those that the rules of dressing put together, categories that are worn together, as formal as
        the rest, for the same weather, and (lightly: it compares different things) its embedding's nearness to the
        outfit.
    variety: share of likeness to what was chosen before in choosing the next one (:mod:`mirror.recommend.variety`).
    candidates: items of a category that are looked at before ranking what completes.
    women_from, men_to: probability of female gender presentation from (up to) which only women's (men's) and unisex
        items are offered; between them all are.
    size_system: how the shop counts its numbers ("letter" takes letters alone).
    least_garment_score: garments under this detection score get no similar items.
    """

    similar: int = 6
    complete: int = 6
    per_place: int = 2
    colour_in_similar: float = 0.2
    company: float = 0.50
    harmony: float = 0.10
    affinity: float = 0.20
    formality: float = 0.10
    season: float = 0.05
    likeness: float = 0.05
    variety: float = 0.15
    candidates: int = 24
    women_from: float = 0.65
    men_to: float = 0.35
    least_garment_score: float = 0.0
    size_system: SizeSystem = "eu"


DEFAULT = RecommendSettings()
ADULT_FROM, ADULT_TO = 18.0, 60.0
"""Years of the adult band; an estimate whose interval reaches into it counts as adult: the widest choice."""
TEEN_FROM = 13.0


class Wishes:
    """The profile as catalogue filters."""

    def __init__(
        self, profile: Profile, settings: RecommendSettings, exclude: frozenset[str],
        price: tuple[float, float] | None = None, style: str | None = None,
    ) -> None:
        self.price, self.style = price, style
        self.gender = gender_filter(profile.female, settings)
        band = age_filter(profile.age)
        # what is made for adults is for seniors too: as where no age is known, only children's pieces are left out
        self.age = None if band == "senior" else band
        self.exclude = exclude
        self.profile = profile
        self.system = settings.size_system
        self._sizes: dict[SizeKind, tuple[str, ...]] = {}

    def filter(self, category: str) -> Filter:
        likely = self._likely(category)
        labels: set[str] = set()
        for woman in (True, False):
            if self.gender is None or woman == (self.gender == "women"):
                labels.update(size_labels(likely, woman, self.system, _piece(category)))
        return Filter(
            categories=(category,), sizes=tuple(sorted(labels)) or None, gender=self.gender, age=self.age,
            in_stock=True, exclude=self.exclude, price=self.price, style=self.style,
        )

    def in_her_size(self, item: Item) -> bool:
        """Whether an item that passed the filter truly fits: a number means another size to women and men."""
        if self.gender is not None:
            return True  # the filter asked for the labels of this gender alone
        likely = self._likely(item.category)
        count = item.gender if item.gender != "unisex" else None
        women = (True, False) if count is None else (count == "women",)
        return not likely or any(
            _fits(item.sizes, likely, woman, self.system, _piece(item.category)) for woman in women
        )

    def _likely(self, category: str) -> tuple[str, ...]:
        kind = SIZE_KIND.get(category)
        if kind is None:
            return ()
        if kind not in self._sizes:
            self._sizes[kind] = self.profile.likely_sizes(kind)
        return self._sizes[kind]

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


@lru_cache(maxsize=128)
def _fits(sizes: tuple[str, ...], likely: tuple[str, ...], woman: bool, system: SizeSystem, piece: Piece) -> bool:
    """:func:`fits`, remembered: the same few lists of sizes are asked about in every look."""
    return fits(sizes, likely, woman, system, piece)


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
