"""How a line of goods is written down: one recipe in a cloth, several colours, for whom and at what price.

A line is one recipe in several styles. A colour is a palette name, or ``Word=base/second/third`` where Word stands in
the title (``Navy=white/navy``: a white ground with navy stripes is sold as navy striped).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

LEATHER: dict[str, Any] = {"weave": "leather", "shine": 0.28, "crease": 0.9}
SUEDE: dict[str, Any] = {"weave": "suede", "shine": 0.02, "crease": 0.9}
SATIN: dict[str, Any] = {"weave": "satin", "shine": 0.34, "crease": 1.15}
NYLON: dict[str, Any] = {"weave": "nylon", "shine": 0.22, "crease": 1.1}
POPLIN: dict[str, Any] = {"weave": "poplin"}
LINEN: dict[str, Any] = {"weave": "linen", "crease": 1.35}
DENIM: dict[str, Any] = {"weave": "denim"}
TWILL: dict[str, Any] = {"weave": "twill"}
WOOL: dict[str, Any] = {"weave": "wool", "shine": 0.02}
RIB: dict[str, Any] = {"weave": "rib"}
MARL: dict[str, Any] = {"weave": "marl"}


@dataclass(frozen=True)
class Style:
    """Several colours of one thing: the title with a place for the colour, who it is for, a price range in euro."""

    key: str
    category: str
    recipe: str
    title: str
    gender: str
    prices: tuple[int, int]
    colours: str
    fabric: dict[str, Any]
    options: dict[str, Any]
    age: str = ""


def style(place: str, title: str, gender: str, prices: tuple[int, int], colours: str, fabric: dict[str,
        Any] | None = None,
           age: str = "", **options: Any) -> Style:
    """A style; ``place`` is category:key:recipe, the rest of the named arguments are the recipe's options."""
    category, key, recipe = place.split(":")
    return Style(key, category, recipe, title, gender, prices, colours, fabric or {}, options, age)


def stripe(kind: str = "breton", period: int = 0, **more: Any) -> dict[str, Any]:
    """A cloth with a pattern of a period in pixels (0: its usual one)."""
    return dict(pattern=kind, period=period, **more)
