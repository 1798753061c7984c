"""Colours in words and in company: what a colour is called, and how two of them go together.

All of it happens in OKLab (B. Ottosson, 2020, "A perceptual color space for image processing"), where distances and
hue angles follow the eye far better than in RGB and black, navy and burgundy stay apart.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mirror.domain import UsageError

NAMED: Mapping[str, str] = {
    "black": "#121214", "charcoal": "#3a3c40", "grey": "#808286", "light grey": "#c0c2c5", "white": "#f6f6f4",
    "ivory": "#f0e8d6", "beige": "#d8c5a5", "stone": "#b6ada1", "taupe": "#87766a", "camel": "#b98a55",
    "brown": "#6d4a33", "chocolate": "#3f2a20", "rust": "#a4482a", "terracotta": "#c56b4c", "orange": "#e8782b",
    "apricot": "#f2b48a", "mustard": "#c8982e", "yellow": "#f0d040", "khaki": "#918b5e", "olive": "#666632",
    "sage": "#9bac8d", "mint": "#abdcc5", "lime": "#a8cc3c", "green": "#2f8b4b", "forest green": "#234d34",
    "teal": "#1f7478", "petrol": "#17475a", "turquoise": "#36b5b3", "light blue": "#b5d1ea", "sky blue": "#7fb6e2",
    "blue": "#2f63c4", "denim": "#4d6b91", "navy": "#1d2746", "indigo": "#3a2f86", "lilac": "#c2aedc",
    "violet": "#6d3d97", "plum": "#5b2a4e", "magenta": "#c12a86", "pink": "#ec90b2", "rose": "#bf6f78",
    "blush": "#eecbc6", "coral": "#ef7060", "red": "#c8202d", "burgundy": "#6b1b2d", "tan": "#a66c3a",
}
"""A shop's words for colours and a typical cloth of each; the nearest in OKLab names a colour."""

SHADES: tuple[tuple[str, str], ...] = (
    ("black", "#272626"), ("black", "#2b2523"), ("black", "#20222a"), ("black", "#303135"), ("charcoal", "#4a4c51"),
    ("grey", "#6a6b6e"), ("grey", "#96989b"), ("light grey", "#aeb0b3"), ("light grey", "#d3d5d8"),
    ("white", "#e9eaec"), ("white", "#fdfdfd"), ("ivory", "#e4dccb"), ("ivory", "#d3cbba"), ("beige", "#c6b294"),
    ("brown", "#8a4b24"), ("rust", "#b9543a"), ("terracotta", "#b96a4e"), ("mustard", "#b38a33"),
    ("mustard", "#dcab40"), ("yellow", "#dcbf55"), ("sage", "#84967b"), ("mint", "#a9c4b2"), ("green", "#4c9a5a"),
    ("green", "#39704a"), ("forest green", "#33604b"), ("light blue", "#a6b8cb"), ("light blue", "#b3c0cc"),
    ("blue", "#3a609c"), ("denim", "#5f7898"), ("navy", "#2a3450"),
    ("navy", "#33446a"), ("lilac", "#a191b8"), ("pink", "#e0678f"),
    ("blush", "#d1b2aa"), ("blush", "#c3a09a"), ("coral", "#d37162"), ("red", "#a81b24"),
)
"""More cloths of some of them, as a camera sees them: black is rarely black in a shop's light."""

_WORDS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "black": "黑色", "charcoal": "炭灰色", "grey": "灰色", "light grey": "浅灰色", "white": "白色",
        "ivory": "象牙白", "beige": "米色", "stone": "石灰色", "taupe": "灰褐色", "camel": "驼色", "brown": "棕色",
        "chocolate": "巧克力色", "rust": "锈红色", "terracotta": "陶土色", "orange": "橙色", "apricot": "杏色",
        "mustard": "芥末黄", "yellow": "黄色", "khaki": "卡其色", "olive": "橄榄绿", "sage": "鼠尾草绿",
        "mint": "薄荷绿", "lime": "青柠色", "green": "绿色", "forest green": "墨绿色", "teal": "蓝绿色",
        "petrol": "石油蓝", "turquoise": "绿松石色", "light blue": "浅蓝色", "sky blue": "天蓝色", "blue": "蓝色",
        "denim": "牛仔蓝", "navy": "藏青色", "indigo": "靛蓝色", "lilac": "丁香紫", "violet": "紫色", "plum": "梅子色",
        "magenta": "洋红色", "pink": "粉色", "rose": "玫瑰色", "blush": "浅粉色", "coral": "珊瑚色",
        "red": "红色", "burgundy": "酒红色", "tan": "棕褐色",
    },
    "es": {
        "black": "negro", "charcoal": "antracita", "grey": "gris", "light grey": "gris claro", "white": "blanco",
        "ivory": "marfil", "beige": "beige", "stone": "piedra", "taupe": "topo", "camel": "camel", "brown": "marrón",
        "chocolate": "chocolate", "rust": "teja", "terracotta": "terracota", "orange": "naranja",
        "apricot": "albaricoque", "mustard": "mostaza", "yellow": "amarillo", "khaki": "caqui", "olive": "oliva",
        "sage": "salvia", "mint": "menta", "lime": "lima", "green": "verde", "forest green": "verde bosque",
        "teal": "verde azulado", "petrol": "petróleo", "turquoise": "turquesa", "light blue": "azul claro",
        "sky blue": "celeste", "blue": "azul", "denim": "vaquero", "navy": "marino", "indigo": "índigo",
        "lilac": "lila", "violet": "violeta", "plum": "ciruela", "magenta": "magenta", "pink": "rosa",
        "rose": "rosa viejo", "blush": "rosa pálido", "coral": "coral", "red": "rojo", "burgundy": "burdeos",
        "tan": "cuero",
    },
}

HUE_WEIGHT = 1.6
"""In naming, a difference along a, b counts this much more than one of lightness: light falls off over a body, and
a shaded red stays red. Chosen on the pictures of the clothing data set."""

NEUTRAL_BELOW, COLOURFUL_FROM = 0.035, 0.09
"""OKLab chroma under which a colour is a neutral, and from which it is fully a colour (camel 0.09, navy 0.06,
beige 0.05, rust 0.13, a signal red 0.22)."""

UNKNOWN_HARMONY = 0.6
"""What is assumed of a pair of which a colour is not known: neither good nor bad."""

Relation = Literal["neutral", "tonal", "near", "opposite", "apart"]


@dataclass(frozen=True)
class Tone:
    """A colour in OKLCh: lightness 0..1, chroma (0 to about 0.3), hue in degrees 0..360; its a and b; and how
    colourful it is: 0 for a neutral, 1 for a full colour."""

    lightness: float
    chroma: float
    hue: float
    a: float
    b: float
    colourful: float


@lru_cache(maxsize=256)
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
    chroma = math.hypot(a, b)
    # dark colours look neutral with more chroma than light ones
    seen = chroma * min(1.0, 0.35 + lightness)
    colourful = min(1.0, max(0.0, (seen - NEUTRAL_BELOW) / (COLOURFUL_FROM - NEUTRAL_BELOW)))
    return Tone(lightness, chroma, math.degrees(math.atan2(b, a)) % 360, a, b, colourful)


def _linear(value: float) -> float:
    """sRGB's transfer curve undone (IEC 61966-2-1)."""
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


@lru_cache(maxsize=64)
def colour_key(colour: str) -> str:
    """The key of :data:`NAMED` nearest to ``#rrggbb``; also its English name."""
    wanted = tone(colour)

    def gap(cloth: tuple[str, str]) -> float:
        known = tone(cloth[1])
        sideways = math.hypot(wanted.a - known.a, wanted.b - known.b)
        return math.hypot(wanted.lightness - known.lightness, HUE_WEIGHT * sideways)

    return min((*NAMED.items(), *SHADES), key=gap)[0]


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


@lru_cache(maxsize=64)
def harmony(first: str, second: str) -> float:
    """How well two colours are worn together, 0..1.

    Dressing rules as numbers: a neutral goes with everything, best with some contrast of lightness; two colours go
    together when their hues are the same (in two tones), neighbours, or opposite; hues a quarter of the circle
    apart, both saturated, clash. Colours in between are mixed by how colourful they are, so that nothing jumps.
    """
    return float(_harmonies([tone(first)], [tone(second)])[0, 0])


_GAPS = (0.0, 22.0, 45.0, 75.0, 115.0, 145.0, 180.0)
_WORTH = (0.78, 0.78, 0.70, 0.45, 0.42, 0.66, 0.74)
"""Worth of a hue gap in degrees, linear in between."""


def _harmonies(mine: Sequence[Tone], theirs: Sequence[Tone]) -> NDArray[np.float64]:
    """:func:`harmony` of every one of ``mine`` (m) with every one of ``theirs`` (n), as (m, n)."""
    columns = np.array([(t.lightness, t.chroma, t.hue, t.a, t.b, t.colourful) for t in (*mine, *theirs)])
    one, other = columns[: len(mine)].T[:, :, None], columns[len(mine) :].T[:, None, :]
    contrast = np.abs(one[0] - other[0])
    with_neutral = 0.70 + 0.25 * np.minimum(1.0, contrast / 0.35)
    both = one[5] * other[5]
    strength = np.minimum(1.0, np.minimum(one[1], other[1]) / 0.16)
    gap = np.abs(one[2] - other[2])
    gap = np.minimum(gap, 360 - gap)
    hues = np.interp(gap, _GAPS, _WORTH)
    # what clashes clashes louder in full colours; what fits does not suffer from them
    colours = hues - np.where(hues < 0.6, 0.25 * strength, 0.0) + 0.10 * np.minimum(1.0, contrast / 0.25)
    apart = np.sqrt(contrast**2 + (one[3] - other[3]) ** 2 + (one[4] - other[4]) ** 2)
    # nearly the same, but not quite: looks like a mistake
    colours = colours - np.where((gap < 15) & (contrast < 0.06) & (apart > 0.03), 0.15, 0.0)
    mixed: NDArray[np.float64] = np.clip((1 - both) * with_neutral + both * colours, 0.0, 1.0)
    return mixed


def palette_harmonies(items: Sequence[Sequence[str]], worn: Sequence[Sequence[str]]) -> list[float]:
    """How well items of these colour lists (most first) go with garments of the colour lists ``worn``, 0..1 each.

    The first colour of each counts three times the second. A third saturated hue in the outfit costs 0.15. 0.6,
    neither good nor bad, when colours are not known.
    """
    theirs = [(tone(c), 1.0 if j else 3.0) for garment in worn for j, c in enumerate(garment[:2])]
    mine = [(n, tone(c), 1.0 if i else 3.0) for n, item in enumerate(items) for i, c in enumerate(item[:2])]
    if not theirs or not mine:
        return [UNKNOWN_HARMONY] * len(items)
    weights = np.array([weight for _, weight in theirs])
    table = _harmonies([t for _, t, _ in mine], [t for t, _ in theirs]) @ (weights / weights.sum())
    rows = np.array([n for n, _, _ in mine])
    counts = np.array([weight for _, _, weight in mine])
    totals = np.bincount(rows, counts, len(items))
    sums = np.bincount(rows, counts * table, len(items))
    worth = np.where(totals > 0, sums / np.where(totals > 0, totals, 1.0), UNKNOWN_HARMONY).tolist()
    loud = [tone(garment[0]) for garment in worn if garment]
    if _saturated_hues(loud) >= 2:  # only then can one more be a third
        for n, item in enumerate(items):
            if item:
                worth[n] = max(0.0, worth[n] - 0.15 * max(0, _saturated_hues([*loud, tone(item[0])]) - 2))
    return [float(value) for value in worth]


def _hue_gap(one: Tone, other: Tone) -> float:
    gap = abs(one.hue - other.hue)
    return min(gap, 360 - gap)


def _saturated_hues(tones: Sequence[Tone]) -> int:
    """How many clearly different hues there are among the colourful ones."""
    found: list[Tone] = []
    for one in tones:
        if one.colourful >= 0.7 and all(_hue_gap(one, other) > 30 for other in found):
            found.append(one)
    return len(found)
