"""Size charts as data: which label of which system stands for which girth.

Sources. Letters and European numbers: EN 13402-3 as it is reproduced in public (the standard's own text was not at
hand). Letters have ranges of a man's chest and a woman's bust; beside them it lists a man's waist (his chest less
12 cm) and a woman's hip (her bust plus 8 cm up to a bust of 104; from there the bust steps by 6 and the hip by 5 cm).
European numbers count a woman's bust from 36 at 84 cm by 4 (from 46 on by 6) and halve a man's chest. American women's
numbers are the bust girths of ASTM D5585-11e1, table 1, as ASTM's own page shows them; bottoms take the hip that EN
13402-3 lists beside that bust, because the page breaks off before the hips. American men's numbers are the chest, and
for trousers the waist, in inches.

A chart knows bodies, not brands: vanity sizing moves American women's labels by one or two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from mirror.domain import LETTER_SIZES

SizeSystem = Literal["letter", "eu", "us"]
Piece = Literal["tops", "bottoms"]
Girth = Literal["chest", "waist", "hip"]

INCH = 2.54

MEN_CHEST = (86.0, 94.0, 102.0, 110.0, 118.0)
"""Upper bounds in cm of XS, S, M, L, XL by a man's chest girth (EN 13402-3); XXL is above."""
WOMEN_BUST = (82.0, 90.0, 98.0, 107.0, 119.0)
"""The same by a woman's bust girth."""
MEN_WAIST = (74.0, 82.0, 90.0, 98.0, 106.0)
"""The same by a man's waist girth: the chest bounds less 12."""
WOMEN_HIP = (90.0, 98.0, 106.0, 114.5, 124.5)
"""The same by a woman's hip girth: the hips that EN 13402-3 lists beside those busts (104 -> 112, 110 -> 117,
116 -> 122, 122 -> 127)."""

WOMEN_EU: Mapping[str, tuple[str, ...]] = {
    "XS": ("32", "34"), "S": ("36", "38"), "M": ("40", "42"), "L": ("44", "46"), "XL": ("48", "50"),
    "XXL": ("52", "54"),
}
"""Numbers on women's labels that a letter covers, where 36 is a bust of 84 cm, 38 of 88 and so on (the German and
northern European count); a shop that counts otherwise writes letters or declares its own."""
MEN_EU: Mapping[str, tuple[str, ...]] = {
    "XS": ("40", "42"), "S": ("44", "46"), "M": ("48", "50"), "L": ("52", "54"), "XL": ("56", "58"),
    "XXL": ("60", "62"),
}
"""The same on men's labels, where the number is half the chest girth in cm."""

WOMEN_US_BUST_INCHES: Mapping[str, float] = {
    "00": 31.125, "0": 31.75, "2": 33.0, "4": 34.125, "6": 35.25, "8": 36.25, "10": 37.25, "12": 38.75, "14": 40.375,
    "16": 42.125, "18": 44.0, "20": 46.0,
}
"""ASTM D5585-11e1, table 1: bust girth of misses' sizes."""
MEN_US_CHEST_INCHES = tuple(range(32, 56, 2))
MEN_US_WAIST_INCHES = (26, 27, 28, 29, 30, 31, 32, 33, 34, 36, 38, 40, 42, 44, 46, 48)


@dataclass(frozen=True)
class Chart:
    """Labels from small to large and the upper bounds in cm of all but the last, by one girth."""

    girth: Girth
    labels: tuple[str, ...]
    bounds: tuple[float, ...]

    def label(self, girth_cm: float) -> str:
        """The label of a girth in cm."""
        return self.labels[sum(girth_cm >= bound for bound in self.bounds)]


def chart(system: SizeSystem, piece: Piece, woman: bool) -> Chart:
    """The chart of a size system for tops or bottoms, of women or men."""
    if system == "letter":
        if piece == "tops":
            return Chart("chest", LETTER_SIZES, WOMEN_BUST if woman else MEN_CHEST)
        return Chart("hip", LETTER_SIZES, WOMEN_HIP) if woman else Chart("waist", LETTER_SIZES, MEN_WAIST)
    if system == "eu":
        labels = tuple(number for numbers in (WOMEN_EU if woman else MEN_EU).values() for number in numbers)
        chests = tuple(_women_eu_bust(int(n)) if woman else 2.0 * int(n) for n in labels)
    elif woman:
        labels = tuple(WOMEN_US_BUST_INCHES)
        chests = tuple(INCH * inches for inches in WOMEN_US_BUST_INCHES.values())
    else:
        inches = MEN_US_CHEST_INCHES if piece == "tops" else MEN_US_WAIST_INCHES
        middles = tuple(INCH * i for i in inches)
        return Chart("chest" if piece == "tops" else "waist", tuple(str(i) for i in inches), _between(middles))
    if piece == "tops":
        return Chart("chest", labels, _between(chests))
    if woman:
        return Chart("hip", labels, _between(tuple(hip_beside(bust) for bust in chests)))
    return Chart("waist", labels, _between(tuple(chest - 12.0 for chest in chests)))


def hip_beside(bust: float) -> float:
    """The hip girth in cm that EN 13402-3 lists beside a bust girth."""
    return bust + 8.0 if bust <= 104.0 else 112.0 + (bust - 104.0) * 5.0 / 6.0


def covered(letter: str, woman: bool, system: SizeSystem, piece: Piece = "tops") -> tuple[str, ...]:
    """Numbers of a system whose middle girth lies in the range of a letter; none for a word that is no letter."""
    if letter not in LETTER_SIZES or system == "letter":
        return ()
    if system == "eu":
        return (WOMEN_EU if woman else MEN_EU)[letter]
    letters = chart("letter", piece, woman)
    if woman:
        busts = {n: INCH * inches for n, inches in WOMEN_US_BUST_INCHES.items()}
        middles = busts if piece == "tops" else {n: hip_beside(bust) for n, bust in busts.items()}
    else:
        sizes = MEN_US_CHEST_INCHES if piece == "tops" else MEN_US_WAIST_INCHES
        middles = {str(i): INCH * i for i in sizes}
    return tuple(number for number, middle in middles.items() if letters.label(middle) == letter)


def _women_eu_bust(number: int) -> float:
    return 84.0 + 2.0 * (number - 36) if number <= 46 else 104.0 + 3.0 * (number - 46)


def _between(middles: tuple[float, ...]) -> tuple[float, ...]:
    return tuple((a + b) / 2 for a, b in pairwise(middles))
