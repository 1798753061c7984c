"""What the window holds of her visit: the look, the card in hand, what she chose and what she corrected. No Qt."""

from __future__ import annotations

from collections.abc import Mapping

from mirror.domain import LETTER_SIZES, Look, SizeKind, Suggestion
from mirror.ui.choices import CHIPS, ROWS, Choices, Row
from mirror.ui.screens import Declare, Effect, Intent, Pick, Sight, Tab

BARS = 4
"""Stages that the looking screen shows."""
SEEN_MOST = 12
"""Pieces of earlier looks that are remembered for the visit: two looks' worth of cards."""


class Visit:
    """Everything about her; :meth:`_clear` lets go of all of it. Times are monotonic seconds.

    Args:
        rows: the choices that this shop can offer.
    """

    def __init__(self, rows: tuple[Row, ...] = ROWS[:-1]) -> None:
        self.look = Look()
        self.tab: Tab = "similar"
        self.index = 0
        self.paged_at = float("-inf")
        self.paged_by = 0
        self.chosen: frozenset[str] = frozenset()
        """Ids of the items that she opened to see them closer, or marked."""
        self.earlier: tuple[Suggestion, ...] = ()
        """Pieces that she had in hand in earlier looks of this visit, the latest first."""
        self._in_hand: frozenset[str] = frozenset()
        self.stages: tuple[bool, ...] = (False,) * BARS
        self.sizes: Mapping[SizeKind, tuple[str, ...]] = {}
        self.choices = Choices(rows)
        self.row = 0
        """The row of her choices that a gesture or a key changes."""
        self._rows = rows
        self._lettered: tuple[SizeKind, ...] = ()
        self._look_at = float("-inf")
        self._look_wanted = False

    @property
    def suggestions(self) -> tuple[Suggestion, ...]:
        """The cards of the open tab."""
        return self._cards(self.tab)

    @property
    def tabs(self) -> tuple[Tab, ...]:
        """The tabs that there are: what she saw before only once something of it is no longer offered."""
        return ("similar", "complete", "seen") if self._cards("seen") else ("similar", "complete")

    def _cards(self, tab: Tab) -> tuple[Suggestion, ...]:
        if tab == "similar":
            return self.look.similar
        if tab == "complete":
            return self.look.complete
        now = {offer.item.id for offer in (*self.look.similar, *self.look.complete)}
        return tuple(offer for offer in self.earlier if offer.item.id not in now)

    @property
    def opened(self) -> Suggestion | None:
        """The card in hand, None while there is none."""
        return self.suggestions[self.index] if 0 <= self.index < len(self.suggestions) else None

    def offer(self, rows: tuple[Row, ...]) -> None:
        """From now on these rows are offered; to be called between two visits."""
        self._rows = rows
        self.choices, self.row = Choices(rows), 0

    def _clear(self) -> None:
        """Let go of everything that is about her."""
        self.look, self.tab, self.index, self.chosen, self.sizes = Look(), "similar", 0, frozenset(), {}
        self.earlier, self._in_hand = (), frozenset()
        self.choices, self.row, self._lettered = Choices(self._rows), 0, ()
        self.stages = (False,) * BARS
        self._look_at, self._look_wanted = float("-inf"), False

    def _take_sizes(self, sight: Sight) -> None:
        """Take in what is believed now. What she said herself is shown at once and stays: no estimate comes back."""
        said = self.choices.yours.get("size")
        self.sizes = sight.sizes if said is None else {
            **sight.sizes, **dict.fromkeys(self._lettered, (said,))}
        if sight.estimated != self.choices.estimated:
            self.choices = Choices(self._rows, self.choices.yours, sight.estimated)

    def _take_look(self, look: Look, now: float, *, searched: bool = False) -> None:
        """A new look. ``searched``: it is what the shop has, so that after a choice of hers an empty one counts too."""
        if not look and searched and self._look_wanted and self.look:
            self._remember()
            self.look, self.tab, self.index, self._look_at, self._look_wanted = look, "similar", 0, now, False
            return
        if not look or _ids(look) == _ids(self.look):
            if look and _told(look) != _told(self.look):
                self.look = look  # same items, perhaps at another price; other scores alone are told nowhere
            return
        held = self.opened
        self._remember()
        self.look = look
        self._look_at = now
        self._look_wanted = False
        if self.tab not in self.tabs:
            self.tab = "similar"
        ids = [suggestion.item.id for suggestion in self.suggestions]
        kept = held is not None and held.item.id in ids
        self.index = ids.index(held.item.id) if kept and held else max(0, min(self.index, len(ids) - 1))

    def _see(self) -> None:
        """The card in hand is one that she has seen."""
        if self.opened is not None and self.opened.item.id not in self._in_hand:
            self._in_hand |= {self.opened.item.id}

    def _remember(self) -> None:
        """The look gives way to another: what she saw of it can be found again until she goes."""
        seen = [offer for offer in (*self.look.similar, *self.look.complete) if offer.item.id in self._in_hand]
        kept = {offer.item.id: offer for offer in (*seen, *self.earlier)}
        self.earlier = tuple(kept.values())[:SEEN_MOST]

    # cards

    def _turn(self, step: int, now: float) -> None:
        """One card on or back; past the end of a tab lies the next one that has cards."""
        index, count = self.index + step, len(self.suggestions)
        if not 0 <= index < count:
            full = [tab for tab in self.tabs if self._cards(tab) or tab == self.tab]
            self.tab = full[(full.index(self.tab) + step) % len(full)]
            index = 0 if step > 0 else max(0, len(self.suggestions) - 1)
        self.index, self.paged_at, self.paged_by = index, now, step

    def _switch(self, intent: Intent, now: float) -> None:
        tabs = self.tabs
        wanted = _TABS.get(intent, tabs[(tabs.index(self.tab) + (-1 if intent is Intent.UP else 1)) % len(tabs)])
        if wanted != self.tab and wanted in tabs:
            self.tab, self.index, self.paged_by = wanted, 0, 0
            self.paged_at = now

    # choices

    def _pick(self, pick: Pick) -> tuple[Effect, ...]:
        """A chip is hers from now on."""
        if pick.row not in self._rows or pick.chip not in CHIPS[pick.row]:
            return ()
        self.row = self._rows.index(pick.row)
        self.choices = Choices(self._rows, {**self.choices.yours, pick.row: pick.chip}, self.choices.estimated)
        self._look_wanted = True
        if pick.row != "size":
            return (Declare(rows={pick.row: pick.chip}),)
        lettered = tuple(kind for kind, labels in self.sizes.items() if labels and labels[0] in LETTER_SIZES)
        self._lettered = lettered or ("tops",)
        self.sizes = {**self.sizes, **dict.fromkeys(self._lettered, (pick.chip,))}
        return (Declare(dict.fromkeys(self._lettered, pick.chip)),)

    def _correct(self, intent: Intent) -> tuple[Effect, ...]:
        """A gesture or a key while the choices are open: along the row, or to another row."""
        if intent in (Intent.FORWARD, Intent.BACK):
            row = self._rows[self.row]
            return self._pick(Pick(row, self.choices.beside(row, 1 if intent is Intent.FORWARD else -1)))
        if intent in (Intent.UP, Intent.DOWN, Intent.CHOOSE, Intent.SWITCH):
            self.row = (self.row + (-1 if intent is Intent.UP else 1)) % len(self._rows)
        return ()


_TABS: Mapping[Intent, Tab] = {Intent.SIMILAR: "similar", Intent.OUTFIT: "complete", Intent.SEEN: "seen"}


def _ids(look: Look) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(s.item.id for s in look.similar), tuple(s.item.id for s in look.complete)


def _told(look: Look) -> list[tuple[object, ...]]:
    """All of its offers but their scores."""
    return [(offer.item, offer.why, offer.answers, offer.told) for offer in (*look.similar, *look.complete)]
