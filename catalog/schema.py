"""What an item of a shop's feed must look like, and the plain reason when it does not.

A feed row has the columns of :data:`COLUMNS`. ``sizes`` are the ones in stock (``S|M|L``; empty for size-free
categories); a category that is bought by size and has none in stock is out of stock. An optional column
``in_stock`` (yes/no) takes a size-free item out of stock, which sizes cannot say. An optional column ``style`` says
what a thing is to be worn for (``casual``, ``smart``, ``sporty``, or words for them: :mod:`catalog.style_words`).
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, get_args

from catalog.style_words import styles_in, usual_styles
from mirror.domain import CATEGORIES, SIZE_FREE, AgeBand, GenderWord, Item, MirrorError

COLUMNS: tuple[str, ...] = (
    "id", "title", "category", "sizes", "gender", "age", "price", "currency", "picture", "url",
)
"""The columns of a feed, in the order in which the project itself writes them."""

OPTIONAL_COLUMNS: frozenset[str] = frozenset({"age", "url", "in_stock", "style"})
"""Columns that a feed may leave out: any age, no web page, in stock, a style that its name tells."""

GENDERS: tuple[str, ...] = get_args(GenderWord)
AGES: tuple[str, ...] = get_args(AgeBand)

CHANGEABLE: tuple[str, ...] = ("price", "sizes", "in_stock")
"""The columns that an update may change."""

LONGEST_FIELD = 2000
"""Characters; a longer field is a broken quote or a description in the wrong column."""

LONGEST_SIZE = 12
"""Characters; real labels ("XXL", "38.5", "32/34", "ONE SIZE") are shorter, unseparated lists are longer."""

HIGHEST_PRICE = 1e9
"""In any currency a garment costs less; more is a barcode in the wrong column."""

_LETTERS = ("XXXS", "XXS", "XS", "S", "M", "L", "XL", "XXL", "XXXL")
_PRICE = re.compile(r"\d+(\.\d+|,\d{1,2})?")
_DECIMAL_COMMA = re.compile(r"\d+,\d")
_LEADING_NUMBER = re.compile(r"\d+(\.\d+)?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_YES_NO: Mapping[str, bool] = {
    "": True, "yes": True, "true": True, "1": True, "no": False, "false": False, "0": False,
}


class RowError(MirrorError):
    """A row that cannot go in: ``line`` (from 1, where the row starts), ``field`` ("" for the whole row),
    the ``reason``, and the item's ``id`` when it could be read."""

    def __init__(self, line: int, field: str, reason: str, id: str = "") -> None:
        super().__init__(f"line {line}, {field}: {reason}" if field else f"line {line}: {reason}")
        self.line = line
        self.field = field
        self.reason = reason
        self.id = id

    def document(self) -> dict[str, Any]:
        """The error as a JSON-able dict, as it stands in the file of rejected rows."""
        return {"line": self.line, "field": self.field, "reason": self.reason, "id": self.id}


def nearest_word(word: str, known: Iterable[str]) -> str:
    """A hint for a wrong word: ``did you mean 'shirt'?`` when one is close, else the words there are."""
    words = list(known)
    close = difflib.get_close_matches(word, words, n=1)
    return f"did you mean '{close[0]}'?" if close else f"known are {', '.join(words)}"


def size_label(text: str) -> str:
    """A size as it is compared: upper case, single spaces, a decimal point ("38,5" is "38.5")."""
    label = " ".join(text.upper().split())
    return label.replace(",", ".") if _DECIMAL_COMMA.fullmatch(label) else label


def sorted_sizes(labels: Iterable[str]) -> tuple[str, ...]:
    """Distinct labels in a shop's order: letters from XXXS to XXXL, then numbers, then words."""
    return tuple(sorted(set(labels), key=_size_order))


def _size_order(label: str) -> tuple[int, float, str]:
    if label in _LETTERS:
        return 0, _LETTERS.index(label), label
    number = _LEADING_NUMBER.match(label)
    return (1, float(number.group()), label) if number else (2, 0.0, label)


def parse_row(row: Mapping[str, Any], line: int) -> Item:
    """An item from one row of a feed.

    Values are text (CSV) or JSON values: numbers are taken for ``id`` and ``price``, a list for ``sizes``.
    Sizes given for a size-free category are accepted and ignored. Unknown columns are ignored. Raises
    RowError, which names the line, the first field that is wrong, and why.
    """
    identity = ""
    try:
        for column in COLUMNS:
            if column not in row and column not in OPTIONAL_COLUMNS:
                raise RowError(line, column, "is missing")
        identity = _needed(row, "id", line)
        category = _word(row, "category", CATEGORIES, line)
        sizes = () if category in SIZE_FREE else _sizes(row["sizes"], line)
        title = " ".join(_CONTROL.sub(" ", _needed(row, "title", line, one_line=False)).split())
        return Item(
            id=identity,
            title=title,
            category=category,
            sizes=sizes,
            gender=_word(row, "gender", GENDERS, line),
            age=_word(row, "age", AGES, line) if _text(row.get("age"), "age", line) else "",
            price=_price(row["price"], line),
            currency=_currency(row, line),
            picture=_picture(row, line),
            url=_url(row, line),
            in_stock=_in_stock(row.get("in_stock"), line) and (category in SIZE_FREE or bool(sizes)),
            styles=_styles(row, category, title),
        )
    except RowError as error:
        raise RowError(error.line, error.field, error.reason, identity) from None


class Change(NamedTuple):
    """What an update says of an item; None leaves a part as it is."""

    id: str
    price: float | None
    sizes: tuple[str, ...] | None
    in_stock: bool | None
    currency: str


def parse_change(row: Mapping[str, Any], line: int) -> Change:
    """A change of price or stock from a row with ``id`` and any of :data:`CHANGEABLE`, as :func:`parse_row` reads them.

    A column that is missing (or null) leaves its part as it is, an empty price and an empty in_stock too; empty sizes
    mean that none is left. in_stock may also be a number of pieces. Raises RowError as :func:`parse_row` does, and for
    a row that changes nothing.
    """
    if row.get("id") is None:
        raise RowError(line, "id", "is missing")
    identity = _needed(row, "id", line)
    try:
        price = None if _text(row.get("price"), "price", line) == "" else _price(row["price"], line)
        sizes = None if row.get("sizes") is None else _sizes(row["sizes"], line)
        currency = _text(row.get("currency"), "currency", line).upper()
        change = Change(identity, price, sizes, _pieces(row.get("in_stock"), line), currency)
        if change[1:4] == (None, None, None):
            raise RowError(line, "", f"has neither {', '.join(CHANGEABLE[:-1])} nor {CHANGEABLE[-1]}")
        return change
    except RowError as error:
        raise RowError(error.line, error.field, error.reason, identity) from None


def _pieces(value: Any, line: int) -> bool | None:
    if isinstance(value, bool):
        return value
    text = _text(value, "in_stock", line)
    if text == "":
        return None
    return int(text) > 0 if text.isdecimal() else _in_stock(text, line)


def _text(value: Any, field: str, line: int, one_line: bool = True) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise RowError(line, field, f"must be text, not {type(value).__name__}")
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    text = text.strip()
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        mend = "save the feed as UTF-8, or write its encoding in [feed] of a --mapping"
        raise RowError(line, field, f"is not UTF-8 text; {mend}") from None
    if len(text) > LONGEST_FIELD:
        raise RowError(line, field, f"is {len(text)} characters long; at most {LONGEST_FIELD} are taken")
    if one_line and _CONTROL.search(text):
        raise RowError(line, field, "has a line break or another control character in it")
    return text


def _needed(row: Mapping[str, Any], field: str, line: int, one_line: bool = True) -> str:
    text = _text(row[field], field, line, one_line)
    if not text:
        raise RowError(line, field, "is empty")
    return text


def _word(row: Mapping[str, Any], field: str, known: tuple[str, ...], line: int) -> str:
    word = _needed(row, field, line).lower()
    if word not in known:
        raise RowError(line, field, f"'{word[:40]}' is unknown; {nearest_word(word, known)}")
    return word


def _sizes(value: Any, line: int) -> tuple[str, ...]:
    parts = value if isinstance(value, (list, tuple)) else _text(value, "sizes", line).split("|")
    labels = [size_label(text) for text in (_text(part, "sizes", line) for part in parts) if text]
    for label in labels:
        if len(label) > LONGEST_SIZE or any(mark in label for mark in ",;|"):
            raise RowError(line, "sizes", f"'{label[:40]}' is no size; write them as S|M|L")
    return sorted_sizes(labels)


def _price(value: Any, line: int) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        price = float(value) if abs(value) <= HIGHEST_PRICE else math.inf
    else:
        text = _text(value, "price", line)
        if not text:
            raise RowError(line, "price", "is empty")
        if not _PRICE.fullmatch(text):
            raise RowError(line, "price", f"'{text[:40]}' is no price; write it as 19.90")
        price = float(text.replace(",", "."))
    if not 0 <= price <= HIGHEST_PRICE:
        raise RowError(line, "price", f"{price:g} is no price; write it as 19.90")
    return price


def _currency(row: Mapping[str, Any], line: int) -> str:
    currency = _needed(row, "currency", line).upper()
    if not _CURRENCY.fullmatch(currency):
        raise RowError(line, "currency", f"'{currency[:40]}' is no code of three letters, such as EUR")
    return currency


def _picture(row: Mapping[str, Any], line: int) -> str:
    picture = _needed(row, "picture", line)
    if picture.startswith("/") or ".." in picture.split("/"):
        raise RowError(line, "picture", f"'{picture[:80]}' leaves the picture folder; write it relative")
    return picture


def _url(row: Mapping[str, Any], line: int) -> str:
    url = _text(row.get("url"), "url", line)
    if url and not url.startswith(("https://", "http://")):
        raise RowError(line, "url", f"'{url[:80]}' does not start with https:// or http://")
    return url


def _styles(row: Mapping[str, Any], category: str, title: str) -> tuple[str, ...]:
    """What the feed says; where it says nothing that is understood, what name, tags and category tell."""
    said = row.get("style")
    text = " ".join(str(word) for word in said) if isinstance(said, (list, tuple)) else str(said or "")
    return styles_in(text[:LONGEST_FIELD]) or usual_styles(category, title, str(row.get("style_words") or ""))


def _in_stock(value: Any, line: int) -> bool:
    if isinstance(value, bool):
        return value
    word = _text(value, "in_stock", line).lower()
    if word not in _YES_NO:
        raise RowError(line, "in_stock", f"'{word[:40]}' is neither yes nor no")
    return _YES_NO[word]
