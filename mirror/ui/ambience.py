"""What the window learns of the shop around it: a dark room, night, prices that may be old."""

from __future__ import annotations

import time
from datetime import datetime

from catalog.index import Catalogue
from mirror.config import Settings
from mirror.pipeline.display import Picture
from mirror.ui.overlay import Overlay
from mirror.ui.screens import Screen
from mirror.ui.states import ScreenModel
from mirror.ui.theme import Theme

LEAST_BRIGHT, DARK_AFTER_S = 60.0, 10.0
"""With theme "auto": mean video luma below 60 for ten seconds turns to dark, and back (docs/design.md, screen)."""
LIGHT_EVERY_S, PRICES_EVERY_S = 1.0, 2.0


class Ambience:
    """Sets the overlay's theme, ``dimmed`` and ``stale``. GUI thread only; times are monotonic seconds."""

    def __init__(self, overlay: Overlay, settings: Settings) -> None:
        self._overlay = overlay
        self._settings = settings
        self._dark_since: float | None = None
        self._light_at = self._prices_at = float("-inf")

    def watch_prices(self, catalogue: Catalogue | None, problem: str, now: float) -> None:
        """Say until when prices were up to date, where a newer catalogue cannot be used (``problem``) or the shop's
        limit is over."""
        if catalogue is None or now - self._prices_at < PRICES_EVERY_S:
            return
        self._prices_at = now
        built = catalogue.snapshot.sealed.stamp[2] / 1e9
        hours, limit = (time.time() - built) / 3600, self._settings.shop.prices_hours
        self._overlay.stale = self._overlay.words.since(
            datetime.fromtimestamp(built), datetime.now()) if problem or 0 < limit < hours else ""

    def watch_light(self, picture: Picture, model: ScreenModel, now: float) -> None:
        """With theme "auto": dark plates in a dark shop. In a dark shop where nobody is: a dimmed screen."""
        if now - self._light_at < LIGHT_EVERY_S:
            return
        self._light_at = now
        blue, green, red = (float(picture.pixels[::64, ::64, i].mean()) for i in range(3))
        dark = 0.114 * blue + 0.587 * green + 0.299 * red < LEAST_BRIGHT
        ui = self._settings.ui
        self._overlay.dimmed = dark and 0 < ui.dim_after_s <= now - model.since and model.screen is Screen.ATTRACT
        if ui.theme != "auto" or dark == (self._overlay.look.name == "dark"):
            self._dark_since = None
            return
        self._dark_since = now if self._dark_since is None else self._dark_since
        if now - self._dark_since >= DARK_AFTER_S:
            self._overlay.look = Theme.named("dark" if dark else "light", ui.accent)
