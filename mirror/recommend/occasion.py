"""What a piece is for: how formal it is and for what weather, of an item by its attributes, of what is worn by the
items that look like it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from catalog.plain import plain
from catalog.style_words import USUAL
from mirror.domain import Item

FORMALITY: Mapping[str, float] = {"sporty": 0.0, "casual": 0.4, "smart": 1.0}
"""0 for the track, 1 for the office; of a piece of several styles the mean."""

WARMTH: Mapping[str, float] = {
    "outerwear": 0.7, "boots": 0.5, "longsleeve": 0.5, "trousers": 0.1, "top": -0.3, "shorts": -0.9, "sandals": -1.0,
    "heels": -0.1,
}
"""-1 for a hot day, 1 for a cold one, by category (0 for the others)."""

COLD = (
    "wool,knit,cable,fleece,puffer,padded,quilted,down,teddy,parka,winter,thermal,roll neck,turtleneck,cashmere,"
    "fair isle,flannel,cord,corduroy,shearling,bobble,beanie,tweed,coat,sweater,jumper,wellingtons,wolle,laine,lana"
)
HOT = (
    "linen,summer,straw,sundress,tank,sleeveless,shorts,swim,beach,flip flops,strappy,slides,camisole,slip,tee,"
    "t shirt,leinen,lin,lino,sommer,ete,verano"
)
WORD_WARMTH = 0.8
"""Warmth, or cold, that a word of a name tells."""

LIKE_FROM = 0.45
"""Cosine under which an item tells nothing of what is worn."""
NEIGHBOURS = 5
"""Items that a worn garment's occasion is told by."""


class Occasion(NamedTuple):
    """formality 0..1, warmth -1..1."""

    formality: float
    warmth: float


_COLD, _HOT = (frozenset(words.split(",")) for words in (COLD, HOT))


def occasion(item: Item) -> Occasion:
    """Of an item, by its styles, its name and its category."""
    return _occasion(item.styles, item.category, item.title)


@lru_cache(maxsize=1024)
def _occasion(styles: tuple[str, ...], category: str, title: str) -> Occasion:
    said = styles or USUAL.get(category, ("casual",))
    words = plain(title).split()
    phrases = {*words, *(" ".join(pair) for pair in pairwise(words))}
    warmth = WARMTH.get(category, 0.0)
    if phrases & _COLD:
        warmth = max(warmth, WORD_WARMTH)
    elif phrases & _HOT:
        warmth = min(warmth, -WORD_WARMTH)
    return Occasion(sum(FORMALITY[style] for style in said) / len(said), warmth)


def occasion_worn(category: str, nearest: Sequence[tuple[Item, float]]) -> Occasion:
    """Of a worn garment: the mean of its nearest items (with the cosine of each); of its category without any."""
    like = [(occasion(item), cosine) for item, cosine in nearest[:NEIGHBOURS] if cosine >= LIKE_FROM]
    total = sum(cosine for _, cosine in like)
    if not total:
        return _occasion((), category, "")
    return Occasion(
        sum(one.formality * cosine for one, cosine in like) / total,
        sum(one.warmth * cosine for one, cosine in like) / total,
    )


def together(worn: Sequence[Occasion]) -> Occasion | None:
    """The mean of what is worn; None of nothing."""
    if not worn:
        return None
    return Occasion(sum(one.formality for one in worn) / len(worn), sum(one.warmth for one in worn) / len(worn))


def agreement(item: Occasion, outfit: Occasion | None) -> tuple[float, float]:
    """How well an item's formality and its weather go with those of an outfit, 0..1 each; 1 with None."""
    if outfit is None:
        return 1.0, 1.0
    return 1 - abs(item.formality - outfit.formality), 1 - abs(item.warmth - outfit.warmth) / 2
