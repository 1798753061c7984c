"""What the window holds of her visit: the look, the card in hand, what she chose and what she corrected. No Qt."""

from __future__ import annotations

from collections.abc import Mapping

from mirror.domain import LETTER_SIZES, Look, SizeKind, Suggestion
from mirror.ui.choices import CHIPS, ROWS, Choices, Row
from mirror.ui.screens import Declare, Effect, Intent, Pick, Sight, Tab

BARS = 4
"""Stages that the looking screen shows."""


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
        return self.look.similar if self.tab == "similar" else self.look.complete

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
            self.look, self.index, self._look_at, self._look_wanted = look, 0, now, False
            return
        if not look or _ids(look) == _ids(self.look):
            if look:
                self.look = look  # same items, perhaps better reasons
            return
        held = self.opened
        self.look = look
        self._look_at = now
        self._look_wanted = False
        ids = [suggestion.item.id for suggestion in self.suggestions]
        kept = held is not None and held.item.id in ids
        self.index = ids.index(held.item.id) if kept and held else max(0, min(self.index, len(ids) - 1))

    # cards

    def _turn(self, step: int, now: float) -> None:
        """One card on or back; past the end of a tab lies the other tab."""
        index, count = self.index + step, len(self.suggestions)
        if not 0 <= index < count:
            self.tab = "complete" if self.tab == "similar" else "similar"
            if not self.suggestions:
                self.tab = "complete" if self.tab == "similar" else "similar"
            index = 0 if step > 0 else max(0, len(self.suggestions) - 1)
        self.index, self.paged_at, self.paged_by = index, now, step

    def _switch(self, intent: Intent, now: float) -> None:
        other: Tab = "complete" if self.tab == "similar" else "similar"
        wanted: Tab = {Intent.SIMILAR: "similar", Intent.OUTFIT: "complete"}.get(intent, other)  # type: ignore[assignment]
        if wanted != self.tab:
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


def _ids(look: Look) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(s.item.id for s in look.similar), tuple(s.item.id for s in look.complete)
