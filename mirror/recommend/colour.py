"""Colours in words and in company: what a colour is called, and how two of them go together.

All of it happens in OKLab (B. Ottosson, 2020, "A perceptual color space for image processing"), where distances and
hue angles follow the eye far better than in RGB and black, navy and burgundy stay apart.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from mirror.domain import UsageError

NAMED: Mapping[str, str] = {
    "black": "#121214", "charcoal": "#3a3c40", "grey": "#808286", "light grey": "#c0c2c5", "white": "#f6f6f4",
    "ivory": "#f0e8d6", "beige": "#d8c5a5", "stone": "#b6ada1", "taupe": "#87766a", "camel": "#b98a55",
    "brown": "#6d4a33", "chocolate": "#3f2a20", "rust": "#a4482a", "terracotta": "#c56b4c", "orange": "#e8782b",
    "apricot": "#f2b48a", "mustard": "#c8982e", "yellow": "#f0d040", "khaki": "#918b5e", "olive": "#666632",
    "sage": "#9bac8d", "mint": "#abdcc5", "lime": "#a8cc3c", "green": "#2f8b4b", "forest green": "#234d34",
    "teal": "#1f7478", "petrol": "#17475a", "turquoise": "#36b5b3", "light blue": "#b5d1ea", "sky blue": "#7fb6e2",
    "blue": "#2f63c4", "denim": "#4d6b91", "navy": "#1d2746", "lilac": "#c2aedc", "violet": "#6d3d97",
    "plum": "#5b2a4e", "magenta": "#c12a86", "pink": "#ec90b2", "blush": "#eecbc6", "coral": "#ef7060",
    "red": "#c8202d", "burgundy": "#6b1b2d",
}
"""A shop's words for colours and a typical cloth of each; the nearest in OKLab names a colour."""

_WORDS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "black": "黑色", "charcoal": "炭灰色", "grey": "灰色", "light grey": "浅灰色", "white": "白色",
        "ivory": "象牙白", "beige": "米色", "stone": "石灰色", "taupe": "灰褐色", "camel": "驼色", "brown": "棕色",
        "chocolate": "巧克力色", "rust": "锈红色", "terracotta": "陶土色", "orange": "橙色", "apricot": "杏色",
        "mustard": "芥末黄", "yellow": "黄色", "khaki": "卡其色", "olive": "橄榄绿", "sage": "鼠尾草绿",
        "mint": "薄荷绿", "lime": "青柠色", "green": "绿色", "forest green": "墨绿色", "teal": "蓝绿色",
        "petrol": "石油蓝", "turquoise": "绿松石色", "light blue": "浅蓝色", "sky blue": "天蓝色", "blue": "蓝色",
        "denim": "牛仔蓝", "navy": "藏青色", "lilac": "丁香紫", "violet": "紫色", "plum": "梅子色",
        "magenta": "洋红色", "pink": "粉色", "blush": "浅粉色", "coral": "珊瑚色", "red": "红色", "burgundy": "酒红色",
    },
    "es": {
        "black": "negro", "charcoal": "antracita", "grey": "gris", "light grey": "gris claro", "white": "blanco",
        "ivory": "marfil", "beige": "beige", "stone": "piedra", "taupe": "topo", "camel": "camel", "brown": "marrón",
        "chocolate": "chocolate", "rust": "teja", "terracotta": "terracota", "orange": "naranja",
        "apricot": "albaricoque", "mustard": "mostaza", "yellow": "amarillo", "khaki": "caqui", "olive": "oliva",
        "sage": "salvia", "mint": "menta", "lime": "lima", "green": "verde", "forest green": "verde bosque",
        "teal": "verde azulado", "petrol": "petróleo", "turquoise": "turquesa", "light blue": "azul claro",
        "sky blue": "celeste", "blue": "azul", "denim": "vaquero", "navy": "marino", "lilac": "lila",
        "violet": "violeta", "plum": "ciruela", "magenta": "magenta", "pink": "rosa", "blush": "rosa pálido",
        "coral": "coral", "red": "rojo", "burgundy": "burdeos",
    },
}

HUE_WEIGHT = 1.6
"""In naming, a difference along a, b counts this much more than one of lightness: light falls off over a body, and
a shaded red stays red. Chosen on the pictures of the clothing data set."""

NEUTRAL_BELOW, COLOURFUL_FROM = 0.035, 0.09
"""OKLab chroma under which a colour is a neutral, and from which it is fully a colour (camel 0.09, navy 0.06,
beige 0.05, rust 0.13, a signal red 0.22)."""

Relation = Literal["neutral", "tonal", "near", "opposite", "apart"]


@dataclass(frozen=True)
class Tone:
    """A colour in OKLCh: lightness 0..1, chroma (0 to about 0.3), hue in degrees 0..360; and its a, b."""

    lightness: float
    chroma: float
    hue: float
    a: float
    b: float

    @property
    def colourful(self) -> float:
        """0 for a neutral, 1 for a full colour. Dark colours look neutral with more chroma than light ones."""
        chroma = self.chroma * min(1.0, 0.35 + self.lightness)
        return min(1.0, max(0.0, (chroma - NEUTRAL_BELOW) / (COLOURFUL_FROM - NEUTRAL_BELOW)))


@lru_cache(maxsize=4096)
def tone(colour: str) -> Tone:
    """The tone of ``#rrggbb``.

    Raises:
        UsageError: the text is no such colour.
    """
    try:
        if len(colour) != 7 or colour[0] != "#":
            raise ValueError
        red, green, blue = (_linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    except ValueError:
        raise UsageError(f"colour {colour!r}: not of the form #rrggbb; write for example #1d2746") from None
    # the two matrices of Ottosson's definition: linear sRGB -> cone response, its cube root -> Lab
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    lightness = 0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    b = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    return Tone(lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360, a, b)


def _linear(value: float) -> float:
    """sRGB's transfer curve undone (IEC 61966-2-1)."""
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


@lru_cache(maxsize=4096)
def colour_key(colour: str) -> str:
    """The key of :data:`NAMED` nearest to ``#rrggbb``; also its English name."""
    wanted = tone(colour)

    def gap(key: str) -> float:
        known = tone(NAMED[key])
        sideways = math.hypot(wanted.a - known.a, wanted.b - known.b)
        return math.hypot(wanted.lightness - known.lightness, HUE_WEIGHT * sideways)

    return min(NAMED, key=gap)


def colour_name(colour: str, lang: str = "en") -> str:
    """What ``#rrggbb`` is called in ``lang`` (en, zh or es; another language gets the English word)."""
    key = colour_key(colour)
    return _WORDS.get(lang, {}).get(key, key)


def distance(first: str, second: str) -> float:
    """OKLab distance of two colours; 0.02 is just noticed side by side, 0.1 is clearly another tone."""
    one, other = tone(first), tone(second)
    return math.dist((one.lightness, one.a, one.b), (other.lightness, other.a, other.b))


def relation(first: str, second: str) -> Relation:
    """How two colours stand to each other: one is neutral, the same hue, next to it, opposite, or neither."""
    one, other = tone(first), tone(second)
    if min(one.colourful, other.colourful) < 0.3:
        return "neutral"
    apart = _hue_gap(one, other)
    if apart <= 22:
        return "tonal"
    if apart <= 55:
        return "near"
    return "opposite" if apart >= 140 else "apart"


def harmony(first: str, second: str) -> float:
    """How well two colours are worn together, 0..1.

    Dressing rules as numbers: a neutral goes with everything, best with some contrast of lightness; two colours go
    together when their hues are the same (in two tones), neighbours, or opposite; hues a quarter of the circle
    apart, both saturated, clash. Colours in between are mixed by how colourful they are, so that nothing jumps.
    """
    one, other = tone(first), tone(second)
    contrast = abs(one.lightness - other.lightness)
    with_neutral = 0.70 + 0.25 * min(1.0, contrast / 0.35)
    both = one.colourful * other.colourful
    if both == 0:
        return with_neutral
    strength = min(1.0, min(one.chroma, other.chroma) / 0.16)
    hues = _by_hue(_hue_gap(one, other))
    # what clashes clashes louder in full colours; what fits does not suffer from them
    colours = hues - (0.25 * strength if hues < 0.6 else 0.0) + 0.10 * min(1.0, contrast / 0.25)
    if _hue_gap(one, other) < 15 and contrast < 0.06 and distance(first, second) > 0.03:
        colours -= 0.15  # nearly the same, but not quite: looks like a mistake
    return min(1.0, max(0.0, (1 - both) * with_neutral + both * colours))


_HUES = ((0.0, 0.78), (22.0, 0.78), (45.0, 0.70), (75.0, 0.45), (115.0, 0.42), (145.0, 0.66), (180.0, 0.74))
"""Worth of a hue gap in degrees, linear in between."""


def _by_hue(gap: float) -> float:
    for (low, worth), (high, next_worth) in pairwise(_HUES):
        if gap <= high:
            return worth + (next_worth - worth) * (gap - low) / (high - low)
    return _HUES[-1][1]


def _hue_gap(one: Tone, other: Tone) -> float:
    gap = abs(one.hue - other.hue)
    return min(gap, 360 - gap)


def palette_harmony(colours: Sequence[str], worn: Sequence[Sequence[str]]) -> float:
    """How well an item of ``colours`` (most first) goes with garments of the colour lists ``worn``, 0..1.

    The first colour of each counts three times the second. A third saturated hue in the outfit costs 0.15. 0.6,
    neither good nor bad, when colours are not known.
    """
    pairs = [
        (harmony(mine, theirs), (3 if i == 0 else 1) * (3 if j == 0 else 1))
        for garment in worn
        for i, mine in enumerate(colours[:2])
        for j, theirs in enumerate(garment[:2])
    ]
    if not pairs:
        return 0.6
    mean = sum(value * weight for value, weight in pairs) / sum(weight for _, weight in pairs)
    crowd = _saturated_hues([*(garment[0] for garment in worn if garment), colours[0]])
    return max(0.0, mean - 0.15 * max(0, crowd - 2))


def _saturated_hues(colours: Sequence[str]) -> int:
    """How many clearly different hues there are among the colourful ones."""
    found: list[Tone] = []
    for colour in colours:
        one = tone(colour)
        if one.colourful >= 0.7 and all(_hue_gap(one, other) > 30 for other in found):
            found.append(one)
    return len(found)
