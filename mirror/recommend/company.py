"""Which colours people wear together: three numbers, learned from outfits that people chose themselves.

Where :mod:`mirror.recommend.colour` holds the rules of dressing, this holds what is done: mostly a colour of the outfit
comes again, and warm tones keep to warm ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mirror.recommend.colour import Tone, tone

ECHO, BEST_ECHO, UNDERTONE = 0.77, 0.49, 0.98
"""Worth of the three features, as log odds. Fitted with ``python -m benchmarks.looks --fit`` (a conditional logit: the
garment that was worn against 60 others of its category) on 3,081 garments of the 803 training outfits of Clothing
Co-Parsing, each photo's white balanced first, so that it is not the light that the garments have in common."""

ECHO_WIDTH = 0.08
"""OKLab distance at which an echo has fallen to 1/e: the same dye in other light, not merely the same hue."""
GREY_B = 0.01
"""OKLab b of the cloth that is neither warm nor cold: street greys are a little yellow."""
MOST_UNDERTONE = 0.5
UNKNOWN = 0.35
"""What is assumed of a pair of which a colour is not known: the mean over the training outfits' other garments."""

FEATURES = ("echo", "best_echo", "undertone")


def colour_features(
    items: Sequence[Sequence[str]], worn: Sequence[Sequence[str]]
) -> NDArray[np.float64]:
    """(len(items), 3): how near each item's colours (#rrggbb, most first) come to those worn, to the nearest garment
    worn, and whether both are warm or both cold (about -0.5..0.5). The first colour counts three times the second;
    nan where an item or everything worn has no colour."""
    found = np.full((len(items), len(FEATURES)), np.nan)
    theirs = [(tone(c), 1.0 if j else 3.0) for palette in worn for j, c in enumerate(palette[:2])]
    mine = [(n, tone(c), 1.0 if i else 3.0) for n, palette in enumerate(items) for i, c in enumerate(palette[:2])]
    if not theirs or not mine:
        return found
    ours, weights = _places([t for t, _ in theirs]), np.array([w for _, w in theirs])
    firsts = weights == 3.0
    places = _places([t for _, t, _ in mine])
    far = ((places[:, None] - ours[None]) ** 2).sum(2)
    near = np.exp(far / -(ECHO_WIDTH**2))
    warm = np.clip(100 * np.outer(places[:, 2] - GREY_B, ours[:, 2] - GREY_B), -MOST_UNDERTONE, MOST_UNDERTONE)
    share = weights / weights.sum()
    each = np.stack([near @ share, near[:, firsts].max(1), warm @ share], 1)
    rows = np.array([n for n, _, _ in mine])
    counts = np.array([w for _, _, w in mine])
    sums, totals = np.zeros((len(items), 3)), np.zeros(len(items))
    np.add.at(sums, rows, each * counts[:, None])
    np.add.at(totals, rows, counts)
    there = totals > 0
    found[there] = sums[there] / totals[there, None]
    leads = np.array([i for i, (_, _, w) in enumerate(mine) if w == 3.0])
    found[rows[leads], 1] = each[leads, 1]
    return found


def _places(tones: Sequence[Tone]) -> NDArray[np.float64]:
    return np.array([(t.lightness, t.a, t.b) for t in tones])


def companies(items: Sequence[Sequence[str]], worn: Sequence[Sequence[str]]) -> list[float]:
    """How usual it is to wear items of these colour lists with garments of the colour lists ``worn``, 0..1 each."""
    odds = colour_features(items, worn) @ np.array([ECHO, BEST_ECHO, UNDERTONE])
    # from the worst (nothing comes again, warm beside cold) to the best that there can be
    low, high = -UNDERTONE * MOST_UNDERTONE, ECHO + BEST_ECHO + UNDERTONE * MOST_UNDERTONE
    scaled = np.where(np.isnan(odds), UNKNOWN, np.clip((odds - low) / (high - low), 0.0, 1.0))
    return [float(value) for value in scaled]
