"""From a shop's columns and words to this project's: a small TOML, and the words shops use for categories.

    [columns]                # ours = "theirs"
    id = "sku"
    category = "warengruppe"
    [defaults]               # for a column that is missing or empty
    currency = "EUR"
    gender = "unisex"
    [categories]             # the shop's own words = a category, or "" to leave such rows out
    "wohnaccessoires" = ""
    [sizes]
    separator = ","
    [feed]
    encoding = "cp1252"      # of a text that is not UTF-8
    [pictures]               # catalog.pictures.rules
    urls = true
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from catalog.category_words import GENDER_WORDS, WORDS
from catalog.pictures.rules import PictureRules
from catalog.plain import plain
from catalog.schema import COLUMNS, OPTIONAL_COLUMNS, nearest_word
from mirror.domain import CATEGORIES, MirrorError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

MOST_UNKNOWN = 1000
"""Distinct texts that are counted; a feed with more has something else in its category column."""

SHORTEST_ENDING = 4
"""Letters of a word that may end a compound ("winterjacke"); shorter ones end too many others."""

_LEVELS = re.compile(r"[>/|]")
_PARTS = ("columns", "defaults", "categories", "sizes", "feed", "pictures")
_KNOWN = (*COLUMNS, *sorted(OPTIONAL_COLUMNS - set(COLUMNS)))


_CATEGORY_OF = {plain(word): category for category, words in WORDS.items() for word in words.split(",")}
_GENDER_OF = {plain(word): gender for gender, words in GENDER_WORDS.items() for word in words.split(",")}
_LONGEST = max(len(word.split()) for word in _CATEGORY_OF)


@dataclass
class Understanding:
    """What was not understood, for the report: free texts of categories and how many rows had each."""

    unknown: Counter[str] = field(default_factory=Counter)

    def add(self, text: str) -> None:
        """Count a text, as long as there are not too many different ones."""
        if text in self.unknown or len(self.unknown) < MOST_UNKNOWN:
            self.unknown[text] += 1


@dataclass(frozen=True)
class FeedMapping:
    """How a feed's columns and words are read. Without a file: columns as they are, the words of the table."""

    columns: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)
    separator: str = ""
    encoding: str = ""
    pictures: PictureRules = field(default_factory=PictureRules)

    @classmethod
    def load(cls, path: Path) -> FeedMapping:
        """Read a TOML file. Raises MirrorError that names the entry which is wrong."""
        try:
            document = tomllib.loads(path.read_text("utf-8"))
        except OSError as error:
            raise MirrorError(f"{path}: cannot be read ({error.strerror}); check --mapping") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise MirrorError(f"{path}: is no TOML ({error})") from None
        for part, entries in document.items():
            if part not in _PARTS:
                raise MirrorError(f"{path}: [{part}] is unknown; {nearest_word(part, _PARTS)}")
            if not isinstance(entries, dict):
                raise MirrorError(f"{path}: {part} is no table; write it as [{part}]")
            for name, value in entries.items() if part != "pictures" else ():
                if not isinstance(value, str):
                    raise MirrorError(f'{path}: [{part}] {name} must be text in quotes')
                if part in ("columns", "defaults") and name not in _KNOWN:
                    raise MirrorError(f"{path}: [{part}] {name} is no column; {nearest_word(name, _KNOWN)}")
                if part == "feed" and (name != "encoding" or not _is_encoding(value)):
                    raise MirrorError(f'{path}: [feed] {name} = "{value}" is unknown; write encoding = "cp1252"')
                if part == "categories" and value not in ("", *CATEGORIES):
                    raise MirrorError(f"{path}: [{part}] '{value}' is no category; {nearest_word(value, CATEGORIES)}")
        return cls(
            {ours: theirs.strip().lower() for ours, theirs in document.get("columns", {}).items()},
            document.get("defaults", {}),
            {plain(text): category for text, category in document.get("categories", {}).items()},
            document.get("sizes", {}).get("separator", ""),
            document.get("feed", {}).get("encoding", ""),
            PictureRules.of(path, document.get("pictures", {})),
        )

    @property
    def needed(self) -> tuple[str, ...]:
        """The names that a feed's header must have."""
        return tuple(
            self.columns.get(name, name) for name in COLUMNS
            if name not in OPTIONAL_COLUMNS and (name in self.columns or name not in self.defaults)
        )

    @property
    def known(self) -> tuple[str, ...]:
        """The names of the feed's columns that mean something."""
        return tuple(self.columns.get(name, name) for name in _KNOWN)

    def apply(self, row: Mapping[str, Any], report: Understanding | None = None) -> dict[str, Any] | None:
        """The row in this project's columns and words; None for one whose category the shop leaves out.

        A category that is not understood stays as it is (the schema refuses the row) and is counted.
        """
        mapped = self.renamed(row)
        free = mapped.get("category")
        if isinstance(free, str) and free.strip().lower() not in CATEGORIES and free.strip():
            understood = self.category(free) or self.category(str(row.get("fallback_category") or ""))
            own = self.own(free)
            if own == "":
                return None
            mapped["category"] = own or understood or free
            if not (own or understood) and report is not None:
                report.add(free.strip()[:200])
        if "gender" in mapped and not str(mapped["gender"] or "").strip():
            words = f"{row.get('gender_words') or ''} {free or ''}"
            mapped["gender"] = gender_in(words) or mapped["gender"]
        elif isinstance(mapped.get("gender"), str):
            mapped["gender"] = _GENDER_OF.get(plain(mapped["gender"]), mapped["gender"])
        for name, value in self.defaults.items():
            if mapped.get(name) is None or mapped.get(name) == "":
                mapped[name] = value
        return self.with_sizes(mapped)

    def renamed(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The row's values under our names too."""
        mapped = dict(row)
        for ours, theirs in self.columns.items():
            if theirs in row:
                mapped[ours] = row[theirs]
        return mapped

    def with_sizes(self, mapped: dict[str, Any]) -> dict[str, Any]:
        """The same row, its text of sizes parted where the shop has a separator of its own."""
        if self.separator and isinstance(mapped.get("sizes"), str):
            mapped["sizes"] = mapped["sizes"].split(self.separator)
        return mapped

    def own(self, text: str) -> str | None:
        """What the shop's own table says of a whole text, or of its last level."""
        for part in (text, *reversed(_LEVELS.split(text))):
            if plain(part) in self.categories:
                return self.categories[plain(part)]
        return None

    def category(self, text: str) -> str | None:
        """The category that free text names: of the last level ("Women > Shirts") that names one, the longest words."""
        for level in reversed(_LEVELS.split(text)):
            words = plain(level).split()
            found = max(_matches(words), default=None)
            if found is not None:
                return found[2]
        return None


def _is_encoding(name: str) -> bool:
    try:
        return "Aa".encode(name).decode(name) == "Aa"
    except (LookupError, UnicodeError):
        return False


def gender_in(text: str) -> str | None:
    """The gender whose words stand in a text; unisex when both do; None when none does."""
    found = {_GENDER_OF[word] for word in plain(text).split() if word in _GENDER_OF}
    if len(found) > 1:
        return "unisex"
    return next(iter(found), None)


def _matches(words: list[str]) -> list[tuple[int, int, str]]:
    """(letters, place, category) of all words of the table that stand in a text; the longest, then last, is best."""
    found = []
    for first in range(len(words)):
        for stop in range(first + 1, min(first + _LONGEST, len(words)) + 1):
            phrase = " ".join(words[first:stop])
            if phrase in _CATEGORY_OF:
                found.append((len(phrase), first, _CATEGORY_OF[phrase]))
        word = words[first]
        for start in range(1, len(word) - SHORTEST_ENDING + 1):
            if word[start:] in _CATEGORY_OF:
                found.append((len(word) - start, first, _CATEGORY_OF[word[start:]]))
                break
    return found
