"""Her choices: size, department, style, age band and price band, each with where it came from. No Qt.

What she says stands for the whole visit. An estimate is shown only until she has said something herself, and her age
never: nobody is told what a mirror thinks of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any, Literal

from mirror.domain import LETTER_SIZES, AgeBand, Item, SizeKind

Row = Literal["size", "department", "style", "age", "price"]
From = Literal["yours", "estimated", ""]
"""Where a row's value came from; "": from nowhere, nothing is filtered by it."""

ROWS: tuple[Row, ...] = ("size", "department", "style", "age", "price")
"""Every row, in the order in which they stand."""
OPEN = "any"
"""The chip that leaves a row open: every department, any style, no age, any price."""

CHIPS: Mapping[Row, tuple[str, ...]] = {
    "size": LETTER_SIZES,
    "department": ("women", "men", OPEN),
    "style": ("casual", "smart", "sporty", OPEN),
    "age": ("under18", "18-34", "35-54", "55+", OPEN),
    "price": ("low", "middle", "high", OPEN),
}
"""The chips of every row, from left to right."""

STEPS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
"""Prices are parted at one of these times a power of ten: nobody remembers 37.20."""
LEAST_PRICES = 6
"""With fewer prices than this there are no bands to choose from."""


@dataclass(frozen=True)
class PriceBands:
    """Two amounts in ``currency`` that part the shop's prices into three bands of about as many items each."""

    low: float
    high: float
    currency: str

    def range_of(self, chip: str) -> tuple[float, float]:
        """Lowest and highest price of a chip, both included."""
        return {"low": (0.0, self.low), "middle": (self.low, self.high), "high": (self.high, inf)}.get(chip, (0.0, inf))


def price_bands(items: Sequence[Item]) -> PriceBands | None:
    """The bands of what a shop sells; None where prices are too few, too alike or in several currencies."""
    prices = sorted(item.price for item in items if item.price > 0)
    currencies = {item.currency for item in items if item.price > 0}
    if len(prices) < LEAST_PRICES or len(currencies) != 1:
        return None
    low, high = _plain(prices[len(prices) // 3]), _plain(prices[2 * len(prices) // 3])
    if not prices[0] <= low < high <= prices[-1]:
        return None
    return PriceBands(low, high, currencies.pop())


def _plain(amount: float) -> float:
    """The nearest amount that is easily said."""
    power = 1.0
    while power * 10 <= amount:
        power *= 10
    return min((step * power for step in (*STEPS, 10.0)), key=lambda plain: abs(plain - amount))


def rows_of(bands: PriceBands | None, *, style: bool) -> tuple[Row, ...]:
    """The rows that change something: prices where they fall into bands, ``style`` where looks go by it."""
    return tuple(row for row in ROWS if (row != "price" or bands is not None) and (row != "style" or style))


@dataclass(frozen=True)
class Choices:
    """What she chose (``yours``: row to chip) and what the mirror believes (``estimated``). ``rows``: those offered."""

    rows: tuple[Row, ...] = ROWS[:-1]
    yours: Mapping[Row, str] = field(default_factory=dict)
    estimated: Mapping[Row, str] = field(default_factory=dict)

    def origin(self, row: Row) -> From:
        """Where the row's value came from."""
        if row in self.yours:
            return "yours"
        return "estimated" if row in self.estimated else ""

    def chip(self, row: Row) -> str:
        """The chip that is marked: hers, else the estimated one (never of her age), else the one that leaves it
        open, else none ("")."""
        if row in self.yours:
            return self.yours[row]
        if row in self.estimated:
            return "" if row == "age" else self.estimated[row]
        return OPEN if OPEN in CHIPS[row] else ""

    def beside(self, row: Row, step: int) -> str:
        """The chip ``step`` to the right of the marked one, going round."""
        chips, held = CHIPS[row], self.chip(row)
        if held not in chips:
            return chips[0 if step > 0 else -1]
        return chips[(chips.index(held) + step) % len(chips)]


def estimates_of(
    sizes: Mapping[SizeKind, tuple[str, ...]], department: str, *, age: bool,
) -> Mapping[Row, str]:
    """What the mirror believes, as rows: her lettered size, the department it offers from, whether it goes by age."""
    found: dict[Row, str] = {}
    letter = next((labels[0] for kind in ("tops", "bottoms")
                   if (labels := sizes.get(kind, ())) and labels[0] in LETTER_SIZES), "")  # type: ignore[call-overload]
    if letter:
        found["size"] = letter
    if department in CHIPS["department"]:
        found["department"] = department
    if age:
        found["age"] = "estimated"
    return found


AGE_BANDS: Mapping[str, AgeBand | Literal["any"]] = {
    "under18": "teen", "18-34": "adult", "35-54": "adult", "55+": "senior", OPEN: "any",
}
"""The catalogue's band of each age chip. A child does not answer for itself what it is: its items have no chip."""


def said_of(rows: Mapping[Row, str], bands: PriceBands | None = None) -> dict[str, Any]:
    """What :meth:`mirror.pipeline.live.LivePipeline.declare` is told of these chips (the size's aside)."""
    said: dict[str, Any] = {}
    if "department" in rows:
        said["gender"] = "all" if rows["department"] == OPEN else rows["department"]
    if "age" in rows:
        said["age"] = AGE_BANDS[rows["age"]]
    if "style" in rows:
        said["style"] = rows["style"]
    if "price" in rows and bands is not None:
        said["price"] = bands.range_of(rows["price"])
    return said
