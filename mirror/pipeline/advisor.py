"""Asks for the look with all that the shop has set and she has said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields

from catalog.index import Catalogue
from mirror.config import LookSettings, Settings, offered_categories
from mirror.domain import STYLES, Garment, Look, Profile
from mirror.pipeline.memory import Declared
from mirror.recommend.looks import RecommendSettings, recommend


def recommendation(settings: Settings) -> RecommendSettings:
    """How this shop's looks are made."""
    weights = {field.name: getattr(settings.looks, field.name) for field in fields(LookSettings)}
    return RecommendSettings(
        similar=settings.shop.similar, complete=settings.shop.complete, size_system=settings.shop.size_system,
        **weights)


class Advisor:
    """Garments and profile to a look. When she wishes for another style or price, what was just shown makes room; it
    stays the same while only the mirror sees better. Ids of that one look are all it remembers, until
    :meth:`forget` or the next visit. For one thread; ``forget`` from any."""

    def __init__(
        self, catalogue: Catalogue, settings: Settings, declared: Callable[[], Declared],
        visit: Callable[[], int] = lambda: 0,
    ) -> None:
        """``declared``: what she said; ``visit``: a number that is another for each shopper."""
        self._catalogue, self._declared, self._visit = catalogue, declared, visit
        self._settings = recommendation(settings)
        self._offered = frozenset(offered_categories(settings.shop))
        self.forget()

    @property
    def goes_by_style(self) -> bool:
        """Whether the catalogue knows the styles of its items."""
        return self._catalogue.tells_styles

    def forget(self) -> None:
        """Let go of what was shown."""
        self._wish: tuple[int, tuple[float, float] | None, str | None] | None = None
        self._shown: frozenset[str] = frozenset()
        self._recent: frozenset[str] = frozenset()

    def __call__(self, garments: Sequence[Garment], profile: Profile) -> Look:
        said, visit = self._declared(), self._visit()
        style = said.style if said.style in STYLES and self.goes_by_style else None
        wish = (visit, said.price, style)
        if wish != self._wish:
            same_visit = self._wish is not None and self._wish[0] == visit
            self._recent = self._shown if same_visit else frozenset()
            self._wish = wish
        look = recommend(
            garments, profile, self._catalogue, settings=self._settings, price=said.price, style=style,
            recent=self._recent)
        if self._offered:
            look = Look(*(tuple(s for s in part if s.item.category in self._offered)
                          for part in (look.similar, look.complete)))
        self._shown = frozenset(s.item.id for s in (*look.similar, *look.complete))
        return look
