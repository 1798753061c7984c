"""The theme: colours, type and form from ``tokens.json``, and the bundled fonts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from PyQt5.QtGui import QColor, QFont, QFontDatabase

from mirror.domain import MirrorError, UsageError

TOKENS_FILE = Path(__file__).with_name("tokens.json")
FONTS_FOLDER = Path(__file__).with_name("fonts")
WEIGHTS: tuple[int, ...] = (400, 500, 600, 700)
HAN_WEIGHTS: Mapping[int, int] = {400: 400, 500: 400, 600: 600, 700: 600}
"""Bundled Han weight for each weight of the Latin letters: two are enough, a Han file is large."""
HAN_FAMILIES = ("Noto Sans SC", "Noto Sans CJK SC")
"""After the bundled Han glyphs, which are those of our own copy: a shop's Chinese titles take the system's font."""
CONTRAST_LEAST = 4.5
"""Of words on their ground (EN 301 549, 9.1.4.3)."""
RECORDING = "#E5484D"
"""The one red thing: the sign that a recording is being made."""


@cache
def tokens() -> Mapping[str, Any]:
    """The design tokens as read from the file, once."""
    content: Mapping[str, Any] = json.loads(TOKENS_FILE.read_text(encoding="utf-8"))
    return content


@cache
def _families() -> Mapping[int, str]:
    """Family name of each weight, after registering the bundled files with Qt.

    Each weight is a family of its own, because Qt picks wrongly among files that share a family name.
    """
    return {weight: _registered(f"InstrumentSans-{weight}.ttf") for weight in WEIGHTS}


@cache
def _han_families() -> Mapping[int, str]:
    """The same for the bundled Han glyphs."""
    return {weight: _registered(f"MirrorHan-{weight}.ttf") for weight in sorted(set(HAN_WEIGHTS.values()))}


def _registered(name: str) -> str:
    number = QFontDatabase.addApplicationFont(str(FONTS_FOLDER / name))
    names = QFontDatabase.applicationFontFamilies(number) if number >= 0 else []
    if not names:
        raise MirrorError(f"font {name}: cannot be loaded; reinstall the package, it brings this file")
    return str(names[0])


@cache
def font(px: int, weight: int = 400) -> QFont:
    """A font of ``px`` design pixels. Needs a QGuiApplication; raises MirrorError when a file is missing."""
    made = QFont()
    made.setFamilies([_families()[weight], _han_families()[HAN_WEIGHTS[weight]], *HAN_FAMILIES])
    made.setPixelSize(px)
    made.setHintingPreference(QFont.PreferNoHinting)  # glyphs scale with the window, their metrics must too
    made.setStyleStrategy(QFont.PreferAntialias)
    return made


def colour(text: str) -> QColor:
    """A token colour: ``#RRGGBB`` or ``#RRGGBB@alpha``."""
    code, _, alpha = text.partition("@")
    made = QColor(code)
    if alpha:
        made.setAlphaF(float(alpha))
    return made


def luminance(of: QColor) -> float:
    """Relative luminance of a colour, 0..1 (WCAG 2.1)."""
    r, g, b = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4
               for c in (of.redF(), of.greenF(), of.blueF()))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: QColor, other: QColor) -> float:
    """Contrast of two opaque colours, 1..21 (WCAG 2.1, relative luminance)."""
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


ThemeName = Literal["light", "dark", "contrast"]


@dataclass(frozen=True)
class Theme:
    """Colours of one theme by their token names."""

    name: ThemeName
    plate: QColor
    sunk: QColor
    ink: QColor
    ink2: QColor
    line: QColor
    yours: QColor
    on_yours: QColor

    @classmethod
    def named(cls, name: ThemeName, accent: str = "") -> Theme:
        """A theme, with the shop's ``accent`` (#rrggbb) where it has one.

        Raises:
            UsageError: the accent is no colour, or ink on it cannot be read.
        """
        c = dict(tokens()["color"][name])
        if accent:
            c["yours"] = accent
            if not re.fullmatch("#[0-9a-fA-F]{6}", accent):
                raise UsageError(f"config: [ui] accent must be a colour such as #ddf05a, not {accent!r}")
            readable = contrast(colour(accent), colour(c["onYours"]))
            if readable < CONTRAST_LEAST:
                raise UsageError(f"config: [ui] accent {accent}: dark words on it have a contrast of {readable:.1f} "
                                 f"to 1, at least {CONTRAST_LEAST} is needed; choose a lighter colour")
        return cls(name, colour(c["plate"]), colour(c["sunk"]), colour(c["ink"]), colour(c["ink2"]),
                   colour(c["line"]), colour(c["yours"]), colour(c["onYours"]))


def size(name: str) -> int:
    """A step of the type scale, design pixels."""
    return int(tokens()["type"]["scale"][name])


def radius(name: str) -> int:
    """A corner radius, design pixels."""
    return int(tokens()["radius"][name])
