"""Text that always fits: shrunk by at most a sixth, then wrapped, lines balanced. Design pixels throughout."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from PyQt5.QtCore import QPointF
from PyQt5.QtGui import QColor, QFontMetricsF, QPainter

from mirror.ui import direction, theme

SHRINK_MOST = float(theme.tokens()["type"]["maxShrink"])
BALANCE_BELOW = 0.45
"""A last line shorter than this share of the widest is a widow: lines are balanced then (docs/design.md, screen)."""
LINE_HEIGHT = float(theme.tokens()["type"]["lineHeight"]["text"])
ELLIPSIS = "…"
HAN_PIECE = re.compile("[（「《“]*[\u3400-\u9fff][，。、？！：；）」》”]*|[^\u3400-\u9fff（「《“]+")
FITTED_KEPT = 64
"""Settings remembered: the engineer's panel sets the same words twice a second."""


@dataclass(frozen=True)
class Fitted:
    """Lines of text at the size and weight at which they fit. ``clipped``: an ellipsis had to be set."""

    lines: tuple[str, ...]
    px: int
    weight: int
    width: float
    leading: float
    clipped: bool = False

    @property
    def height(self) -> float:
        """From the top of the first line's box to the foot of the last."""
        return self.leading * len(self.lines)


@cache
def _metrics(px: int, weight: int) -> QFontMetricsF:
    return QFontMetricsF(theme.font(px, weight))


def width_of(text: str, px: int, weight: int) -> float:
    """Advance width of one line."""
    return float(_metrics(px, weight).horizontalAdvance(text))


@lru_cache(maxsize=FITTED_KEPT)
def fit(
    text: str, px: int, weight: int, width: float, most_lines: int = 1, line_height: float = LINE_HEIGHT,
) -> Fitted:
    """The largest setting of ``text`` that fits ``width`` in ``most_lines``.

    One line at full size, then one line shrunk, then several lines at full size and shrunk; when nothing fits, the
    smallest setting with an ellipsis (``clipped``): only a shop's own titles can get there.
    """
    smallest = max(1, round(px * SHRINK_MOST))
    sizes = [*range(px, smallest, -2), smallest]
    for count in range(1, most_lines + 1):
        for step in sizes:
            lines = _wrap(text, step, weight, width)
            if len(lines) <= count and all(width_of(line, step, weight) <= width for line in lines):
                return _made(_balanced(lines, text, step, weight, width), step, weight, line_height)
            if most_lines > 1 and count == 1:
                break  # more lines are there: wrap before shrinking
    lines = _wrap(text, smallest, weight, width)[:most_lines]
    lines[-1] = _cut(lines[-1] + ELLIPSIS if len(lines) == most_lines else lines[-1], smallest, weight, width)
    return _made([_cut(line, smallest, weight, width) for line in lines], smallest, weight, line_height, True)


def draw(
    painter: QPainter, fitted: Fitted, x: float, y: float, colour: QColor, *, align: float = 0.0,
    within: float = 0.0,
) -> None:
    """Draw with the top of the first line's box at ``y``. ``align`` 0 left, 0.5 centre, 1 right in ``within``
    (where it is read from the right: 0 right, 1 left)."""
    painter.setFont(theme.font(fitted.px, fitted.weight))
    painter.setPen(colour)
    metrics = _metrics(fitted.px, fitted.weight)
    first = y + (fitted.leading - metrics.ascent() - metrics.descent()) / 2 + metrics.ascent()
    for number, line in enumerate(fitted.lines):
        wide = metrics.horizontalAdvance(line)
        left, foot = x + (within - wide) * align, first + number * fitted.leading
        if direction.mirrored():
            with direction.upright(painter, left, wide):
                painter.drawText(QPointF(left, foot), direction.MARK + line)
        else:
            painter.drawText(QPointF(left, foot), line)


def _made(lines: list[str], px: int, weight: int, line_height: float, clipped: bool = False) -> Fitted:
    widest = max(width_of(line, px, weight) for line in lines)
    return Fitted(tuple(lines), px, weight, widest, px * line_height, clipped)


def _wrap(text: str, px: int, weight: int, width: float) -> list[str]:
    """Greedy lines; a word that is wider than ``width`` stands alone (and is caught by the caller)."""
    metrics = _metrics(px, weight)
    lines = [""]
    for word, apart in _words(text):
        longer = f"{lines[-1]}{' ' if apart else ''}{word}".strip()
        if lines[-1] and metrics.horizontalAdvance(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


@lru_cache(maxsize=FITTED_KEPT)
def _words(text: str) -> tuple[tuple[str, bool], ...]:
    """Where a line may break: each piece, and whether a space parts it from the one before. Chinese breaks between
    any two characters, but no line begins with a closing mark or ends with an opening one."""
    pieces: list[tuple[str, bool]] = []
    for word in text.split(" "):
        apart = bool(pieces)
        for piece in HAN_PIECE.findall(word):
            pieces.append((piece, apart))
            apart = False
    return tuple(pieces)


def _balanced(lines: list[str], text: str, px: int, weight: int, width: float) -> list[str]:
    """The same number of lines in the least width, when the last would be a widow."""
    if len(lines) < 2:
        return lines
    widest = max(width_of(line, px, weight) for line in lines)
    if width_of(lines[-1], px, weight) >= BALANCE_BELOW * widest:
        return lines
    best = lines
    low = widest * 0.5
    for step in range(1, 40):
        trial = _wrap(text, px, weight, max(low, width - step * width / 40))
        if len(trial) > len(lines):
            break
        if all(width_of(line, px, weight) <= width for line in trial):
            best = trial
    return best


def _cut(line: str, px: int, weight: int, width: float) -> str:
    if width_of(line, px, weight) <= width:
        return line
    line = line.rstrip(ELLIPSIS)
    while line and width_of(line + ELLIPSIS, px, weight) > width:
        line = line[:-1].rstrip()
    return line + ELLIPSIS
