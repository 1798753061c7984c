"""The window's words: one JSON file per language in ``copy/``, keyed alike. No Qt."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from mirror.domain import UsageError

COPY_FOLDER = Path(__file__).parent / "copy"

CURRENCY_SIGNS: Mapping[str, str] = {"EUR": "€", "USD": "$", "GBP": "£", "CNY": "¥", "JPY": "¥"}
"""Where a sign stands is the language's; other currencies are written as their code after the number."""


def languages() -> tuple[str, ...]:
    """Codes of the languages whose copy is bundled, English first."""
    return tuple(sorted((path.stem for path in COPY_FOLDER.glob("*.json")), key=lambda code: (code != "en", code)))


class Words:
    """The copy of one language. A key that is missing raises KeyError: it is our mistake, never the user's."""

    def __init__(self, language: str = "en") -> None:
        path = COPY_FOLDER / f"{language}.json"
        if not path.is_file():
            raise UsageError(f"language {language!r} has no copy here; known are {', '.join(languages())}")
        self.language = language
        """Its code."""
        self._copy: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        self.rtl = self._copy["reads"] == "rtl"
        """Whether it is read from right to left."""

    def __call__(self, key: str) -> str:
        return str(self._copy[key])

    def all(self, key: str) -> tuple[str, ...]:
        """The words of a key that holds a list, such as the names of the four stages."""
        return tuple(str(word) for word in self._copy[key])

    def category(self, category: str) -> str:
        """A garment category as a shopper says it."""
        return str(self._copy["categories"][category])

    def since(self, then: datetime, now: datetime) -> str:
        """Until when prices were up to date, in local time: today, yesterday, a day of the week, else a date."""
        days = (now.date() - then.date()).days
        told = self.all("when")[days if 0 <= days < 2 else 2 if 0 <= days < 7 else 3]
        date = str(self._copy["date"]).format(d=then.day, m=then.month, y=then.year)
        return self("prices_from").format(when=told.format(
            time=f"{then:%H:%M}", day=self.all("days")[then.weekday()], date=date))

    def price(self, amount: float, currency: str) -> str:
        """A price with its sign; cents only when there are some."""
        return self._signed(self._number(amount), currency)

    def price_span(self, low: float, high: float) -> str:
        """From one price to another, without a sign: there is little room where it stands."""
        return f"{self._number(low)}–{self._number(high)}"

    def _number(self, amount: float) -> str:
        number = f"{amount:,.0f}" if abs(amount - round(amount)) < 0.005 else f"{amount:,.2f}"
        way = self._copy["numbers"]
        return number.translate({ord(","): way["thousands"], ord("."): way["decimal"]})

    def _signed(self, number: str, currency: str) -> str:
        way = self._copy["numbers"]
        sign = CURRENCY_SIGNS.get(currency.upper())
        # the space before a sign must not part the two at the end of a line
        return way["price"].format(sign=sign, number=number).replace(" ", "\u00a0") if sign \
            else f"{number} {currency}".strip()
