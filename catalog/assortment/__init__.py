"""The goods of the sample shop: which garments, in which cloths and colours, for whom and at what price."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from catalog.assortment.bottoms import SHORTS, SKIRTS, TROUSERS
from catalog.assortment.extras import BAGS, HATS, UNDERWEAR
from catalog.assortment.footwear import BOOTS, HEELS, SANDALS, SHOES
from catalog.assortment.layers import DRESSES, OUTERWEAR
from catalog.assortment.style import Style
from catalog.assortment.tops import KNITS, SHIRTS, TOPS
from catalog.drawing.cloth import Fabric

STYLES: tuple[Style, ...] = (
    *TOPS, *SHIRTS, *KNITS, *OUTERWEAR, *TROUSERS, *SHORTS, *SKIRTS, *DRESSES, *SHOES, *HEELS, *BOOTS, *SANDALS,
        *BAGS, *HATS,
    *UNDERWEAR,
)

ACCENTED = {"trainer": "accent"}
"""Recipes whose second colour is an accent of the thing rather than a pattern of the cloth."""


def goods() -> Iterator[tuple[Style, str, Fabric, dict[str, Any]]]:
    """Every article in order: its style, the colour's word for the title, its fabric and the recipe's options."""
    for style in STYLES:
        for token in style.colours.split(","):
            word, _, recipe = token.partition("=")
            base, *others = (recipe or word).split("/")
            options = dict(style.options)
            cloth: dict[str, Any] = dict(style.fabric)
            if others and style.recipe in ACCENTED:
                options[ACCENTED[style.recipe]] = others[0]
            elif others:
                cloth["second"] = others[0]
                cloth["third"] = others[-1]
            yield style, word, Fabric(base, **cloth), options
