"""A shop's words as they are compared."""

from __future__ import annotations

import re
import unicodedata

_SIGNS = re.compile(r"[^0-9a-z]+")


def plain(text: str) -> str:
    """Lower case, without accents, words separated by single spaces."""
    letters = unicodedata.normalize("NFKD", text.casefold().replace("'", "").replace("\u2019", ""))
    return _SIGNS.sub(" ", "".join(c for c in letters if not unicodedata.combining(c))).strip()
