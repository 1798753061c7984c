"""From what she wears and what is believed of her to the look: similar items, items that complete the outfit, and why.

Nothing is remembered and nothing is left to chance: the same garments, profile and catalogue give the same look.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import numpy as np

from catalog.index import Catalogue
from mirror.domain import FloatArray, Garment, Item, Look, Profile, Suggestion
from mirror.recommend.affinity import offers
from mirror.recommend.colour import distance, palette_harmonies, tone
from mirror.recommend.company import companies
from mirror.recommend.occasion import FORMALITY, Occasion, agreement, occasion, occasion_worn, together
from mirror.recommend.variety import CONSIDERED, NEAR_COLOUR, varied
from mirror.recommend.why import OTHER_LANGUAGES, why_complete, why_similar
from mirror.recommend.wishes import DEFAULT, RecommendSettings, Wishes, age_filter, gender_filter

__all__ = ["DEFAULT", "RecommendSettings", "age_filter", "gender_filter", "recommend"]

SAME_TITLE_COLOUR = 0.08
"""Two completing items of one category nearer than this (OKLab) are too alike to show both."""



def recommend(
    garments: Sequence[Garment], profile: Profile, catalogue: Catalogue, *,
    settings: RecommendSettings = DEFAULT, shown: frozenset[str] = frozenset(),
    price: tuple[float, float] | None = None, style: str | None = None, recent: frozenset[str] = frozenset(),
) -> Look:
    """The look for what is worn.

    Only items in stock, in a likely size of hers (no size known: in any), for her gender presentation and age band
    where these are known, and not ``shown`` before. What the shop does not have is absent; nothing is offered
    instead in another size.

    Args:
        garments: what she wears; those without an embedding get no similar items. Hosiery gets nothing.
        profile: sizes, gender presentation and age, as far as known.
        catalogue: built with the embedder that made the garments' embeddings.
        shown: ids that shall not be offered again.
        price: lowest and highest price, both included, in the catalogue's currency; None: any.
        style: only items of this style (one of :data:`mirror.domain.STYLES`); None: any.
        recent: ids that were just shown and come again only where there is nothing better.

    Raises:
        MirrorError: an embedding has another size than the catalogue's; a style is asked of a catalogue that was
            built before it knew any.
    """
    wishes = Wishes(profile, settings, shown, price, style)
    likes = _likes(garments, catalogue, wishes, settings)
    similar = _similar(likes, catalogue, settings, recent)
    occasions = [occasion_worn(garment.category, found) for garment, found in likes]
    if style is not None:  # what she wishes for, not what she came in
        occasions = [Occasion(FORMALITY[style], one.warmth) for one in occasions]
    # no category is both worn and offered to complete: nothing of the one list can be in the other
    return Look(similar, _complete(garments, occasions, catalogue, wishes, settings, recent))


def read_ahead(catalogue: Catalogue) -> None:
    """Read now what is remembered of items: else memory grows for as long as looks meet new ones. Raises MirrorError
    for a damaged one."""
    for item in catalogue.read_ahead():
        occasion(item)
        _plain_title(item)
        for colour in item.colours[:1]:
            tone(colour)


@dataclass(frozen=True)
class _Ranked:
    """A candidate before its reason is put into words, which only the chosen ones need."""

    item: Item
    score: float
    likeness: float
    answers: Garment | None = None


Found = Sequence[tuple[Item, float]]
"""Items of the catalogue with the cosine of their embeddings, nearest first."""


def _likes(
    garments: Sequence[Garment], catalogue: Catalogue, wishes: Wishes, settings: RecommendSettings
) -> list[tuple[Garment, Found]]:
    """The nearest items of each garment's category that she may be offered, of the surest garment first."""
    count = max(CONSIDERED, 2 * settings.similar)
    return [
        (garment, wishes.nearest(catalogue, garment.embedding, garment.category, count))
        for garment in sorted(garments, key=lambda garment: -garment.score)
        if garment.embedding is not None and garment.category != "hosiery"
        and garment.score >= settings.least_garment_score
    ]


def _similar(
    likes: Sequence[tuple[Garment, Found]], catalogue: Catalogue, settings: RecommendSettings, recent: frozenset[str]
) -> tuple[Suggestion, ...]:
    lists = [
        _various(_ranked_like(garment, found, settings), catalogue, settings.variety, recent)
        for garment, found in likes
    ]
    chosen: list[Suggestion] = []
    ids: set[str] = set()
    titles: set[str] = set()
    for ranked in _interleaved(lists):
        title = _plain_title(ranked.item)
        if len(chosen) == settings.similar:
            break
        if ranked.item.id not in ids and title not in titles and ranked.answers is not None:
            why = why_similar(ranked.item, ranked.answers, ranked.likeness)
            told = tuple((lang, why_similar(ranked.item, ranked.answers, ranked.likeness, lang))
                         for lang in OTHER_LANGUAGES)
            chosen.append(Suggestion(ranked.item, ranked.score, why, ranked.answers.category, told))
            ids.add(ranked.item.id)
            titles.add(title)
    return tuple(chosen)


def _ranked_like(garment: Garment, found: Found, settings: RecommendSettings) -> list[_Ranked]:
    """Items of the garment's category by likeness of embedding and, a little, of colour; one of each title."""
    share = settings.colour_in_similar
    ranked: dict[str, _Ranked] = {}
    for item, likeness in found:
        score = max(0.0, likeness)
        if item.colours and garment.colours:
            near = max(0.0, 1 - distance(item.colours[0], garment.colours[0]) / NEAR_COLOUR)
            score = (1 - share) * score + share * near
        one = _Ranked(item, round(min(1.0, score), 4), likeness, garment)
        title = _plain_title(item)
        if title not in ranked or _before(one, ranked[title]):
            ranked[title] = one
    return _best_first(list(ranked.values()))


def _various(
    ranked: list[_Ranked], catalogue: Catalogue, share: float, recent: frozenset[str]
) -> Iterator[_Ranked]:
    """The best that are unlike each other, then the others; what was just shown comes after all the rest."""
    fresh = [one for one in ranked if one.item.id not in recent]
    pool = fresh[:CONSIDERED]
    snapshot = catalogue.snapshot
    rows = [snapshot.row_of(one.item.id) if share > 0 else None for one in pool]
    vectors = [None if row is None else snapshot.vectors[row] for row in rows]
    colours = [one.item.colours[0] if one.item.colours else "" for one in pool]
    for i in varied([one.score for one in pool], vectors, colours, share):
        yield pool[i]
    yield from fresh[CONSIDERED:]
    if recent:
        yield from (one for one in ranked if one.item.id in recent)


def _complete(
    garments: Sequence[Garment], occasions: Sequence[Occasion], catalogue: Catalogue, wishes: Wishes,
    settings: RecommendSettings, recent: frozenset[str],
) -> tuple[Suggestion, ...]:
    worn = [garment for garment in garments if garment.category != "hosiery"]
    vector = _outfit(worn)
    if vector is None:
        return ()
    candidates = [
        (place, fit, *pair)
        for place, categories in offers(garment.category for garment in garments).items()
        for category, fit in categories.items()
        for pair in wishes.nearest(catalogue, vector, category, settings.candidates)
    ]
    scores = beside(
        [item for _, _, item, _ in candidates], [cosine for *_, cosine in candidates],
        [fit for _, fit, _, _ in candidates], [garment.colours for garment in worn if garment.colours], occasions,
        settings)
    of_place: dict[str, list[_Ranked]] = {}
    for (place, _, item, cosine), score in zip(candidates, scores, strict=True):
        of_place.setdefault(place, []).append(_Ranked(item, score, cosine))
    places = []
    for found in of_place.values():
        ranked = _best_first(found)
        if recent:
            ranked.sort(key=lambda one: one.item.id in recent)
        apart = _unlike(ranked, max(CONSIDERED, settings.per_place))
        places.append(islice(_various(apart, catalogue, settings.variety, recent), settings.per_place))
    return tuple(
        Suggestion(ranked.item, ranked.score, why_complete(ranked.item, worn), ranked.item.category,
                   tuple((lang, why_complete(ranked.item, worn, lang)) for lang in OTHER_LANGUAGES))
        for ranked in islice(_interleaved(places), settings.complete)
    )


def _unlike(ranked: Sequence[_Ranked], most: int) -> list[_Ranked]:
    """The first ``most`` of which no two are too alike."""
    chosen: list[_Ranked] = []
    for one in ranked:
        if len(chosen) == most:
            break
        if not any(_too_alike(one.item, other.item) for other in chosen):
            chosen.append(one)
    return chosen


def beside(
    items: Sequence[Item], cosines: Sequence[float], fits: Sequence[float], palettes: Sequence[Sequence[str]],
    occasions: Sequence[Occasion], settings: RecommendSettings = DEFAULT,
) -> list[float]:
    """How well each of these items completes what is worn, 0..1.

    Args:
        cosines: of each item's embedding and the outfit's.
        fits: how well each item's category goes with those worn (:mod:`mirror.recommend.affinity`).
        palettes: the colours (#rrggbb, most first) of each garment worn that has any.
        occasions: of the garments worn.
    """
    colours = [item.colours for item in items]
    usual = companies(colours, palettes) if settings.company else [0.0] * len(items)
    rules = palette_harmonies(colours, palettes) if settings.harmony else [0.0] * len(items)
    total = (settings.company + settings.harmony + settings.affinity + settings.formality + settings.season
             + settings.likeness) or 1.0
    outfit = together(occasions)
    agreed = np.array([agreement(occasion(item), outfit) for item in items]).reshape(-1, 2)
    scores = (
        settings.company * np.array(usual) + settings.harmony * np.array(rules) + settings.affinity * np.array(fits)
        + agreed @ (settings.formality, settings.season) + settings.likeness * np.maximum(0.0, cosines)
    ) / total
    return [float(score) for score in np.minimum(1.0, scores).round(4)]


def _before(one: _Ranked, other: _Ranked) -> bool:
    return (-one.score, one.item.id) < (-other.score, other.item.id)


def _best_first(ranked: list[_Ranked]) -> list[_Ranked]:
    """By score, ties by id, so that the answer never depends on the order of the file."""
    return sorted(ranked, key=lambda one: (-one.score, one.item.id))


def _outfit(worn: Sequence[Garment]) -> FloatArray | None:
    """The mean embedding of what is worn, of length 1; None when nothing worn has one."""
    vectors = [garment.embedding for garment in worn if garment.embedding is not None]
    if not vectors:
        return None
    mean = np.mean(vectors, axis=0)
    length = float(np.linalg.norm(mean))
    return (mean / length).astype(np.float32) if length > 0 else None


def _interleaved(lists: Sequence[Iterator[_Ranked]]) -> Iterator[_Ranked]:
    """The best of each list, then the second of each, and so on; no more of a list is worked out than is asked for."""
    running = list(lists)
    while running:
        for ranked in list(running):
            one = next(ranked, None)
            if one is None:
                running.remove(ranked)
            else:
                yield one


def _too_alike(one: Item, other: Item) -> bool:
    if _plain_title(one) == _plain_title(other):
        return True
    return (
        one.category == other.category and bool(one.colours) and bool(other.colours)
        and distance(one.colours[0], other.colours[0]) < SAME_TITLE_COLOUR
    )


def _plain_title(item: Item) -> str:
    return _plain(item.title)


@lru_cache(maxsize=1024)
def _plain(title: str) -> str:
    return " ".join(title.lower().split())
