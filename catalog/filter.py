"""Which items may answer a query."""

from __future__ import annotations

import math
from dataclasses import dataclass

from catalog.schema import AGES, GENDERS, nearest_word, size_label
from mirror.domain import CATEGORIES, DETECTED_CATEGORIES, STYLES, UsageError

_CATEGORY_WORDS = tuple(dict.fromkeys((*CATEGORIES, *DETECTED_CATEGORIES)))


@dataclass(frozen=True)
class Filter:
    """Items pass when they pass every part; None (or an empty tuple) leaves a part open.

    categories: any of these. ``hosiery``, which the detector knows and no item has, passes nothing.
    sizes: any of these in stock; size-free items always pass.
    gender: women or men (unisex items pass both), or unisex for those alone.
    age: a band; items for any age always pass.
    in_stock: leave out what is out of stock; False lets everything pass.
    exclude: ids that shall not be answered; unknown ids are no error.
    price: lowest and highest price, both included, in the items' own currency.
    style: items that are of it, whatever else they are.
    Raises UsageError for a word that is none of the above.
    """

    categories: tuple[str, ...] | None = None
    sizes: tuple[str, ...] | None = None
    gender: str | None = None
    age: str | None = None
    in_stock: bool = True
    exclude: frozenset[str] = frozenset()
    price: tuple[float, float] | None = None
    style: str | None = None

    def __post_init__(self) -> None:
        for word in self.categories or ():
            _check("category", word, _CATEGORY_WORDS)
        if self.gender is not None:
            _check("gender", self.gender, GENDERS)
        if self.age:
            _check("age", self.age, AGES)
        if self.style is not None:
            _check("style", self.style, STYLES)
        if self.price is not None:
            low, high = self.price
            if math.isnan(low) or math.isnan(high) or low > high:
                raise UsageError(f"price: {low:g} to {high:g} is no range; give the lowest and the highest")
        if self.sizes:
            object.__setattr__(self, "sizes", tuple(size_label(size) for size in self.sizes))


def _check(part: str, word: str, known: tuple[str, ...]) -> None:
    if word not in known:
        raise UsageError(f"{part}: '{word}' is unknown; {nearest_word(word, known)}")
