"""The window's side of a telephone: when a visit's link begins and ends, and what the phone is shown. GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mirror.domain import LETTER_SIZES
from mirror.ui.cards import size_chips
from mirror.ui.choice_deck import labels_of
from mirror.ui.choices import CHIPS, PriceBands
from mirror.ui.code import code_of
from mirror.ui.phone import PhoneButton, PhoneLink, PhoneRow, PhoneView
from mirror.ui.screens import SERVING, Act, Intent, Pick, Screen
from mirror.ui.states import ScreenModel
from mirror.ui.words import Words, languages

LIVE = SERVING | {Screen.CONSENT}
"""Screens of a visit: from the question until she goes."""


@dataclass(frozen=True)
class PhonePages:
    """What the mirror serves to telephones: pages under ``base`` (http://address:port). ``link`` is None where no phone
    may be a remote; ``looks`` says whether the page of a look is there."""

    base: str
    link: PhoneLink | None = None
    looks: bool = False

    def look_url(self) -> str:
        """The page behind the code of a look, as `[handoff] url` names one; "" where there is none."""
        return f"{self.base}/look?ids={{ids}}&in={{language}}" if self.looks else ""


class PhoneDesk:
    """Follows the visit. Without pages, or without a link, it does nothing."""

    def __init__(self, pages: PhonePages | None) -> None:
        self._base = "" if pages is None else pages.base
        self._link = None if pages is None else pages.link
        if self._link is not None:
            code_of(self._base, "[phone] remote")  # what is missing is told at the start, not at the first visit
        self._shopper = 0
        self._live = False
        self._told: object = None

    def listen(self, ring: Callable[[], None] | None) -> None:
        """From now on ``ring`` is called, on any thread, when something was pressed; None ends the visit."""
        if self._link is not None:
            self._link.on_press = ring
        if ring is None:
            self.end()

    @property
    def url(self) -> str:
        """What the code on the mirror leads to; "" while there is none."""
        invitation = "" if self._link is None else self._link.invitation
        return f"{self._base}/r/{invitation}" if invitation else ""

    def take(self, shopper: int) -> tuple[Act, ...]:
        """What was pressed on the phone for the one now before the mirror (track ``shopper``, 0: nobody)."""
        if self._link is None:
            return ()
        if self._another(shopper):
            self.end()  # a phone that was invited by one must not answer for another
        return self._link.take()

    def follow(
        self, model: ScreenModel, shopper: int, words: Words, bands: PriceBands | None, stale: str = "",
    ) -> None:
        """Begin, go on or end with the visit. ``shopper``: the track before the mirror, 0 for none; ``stale``: until
        when prices held, "" while they do."""
        if self._link is None:
            return
        if model.screen not in LIVE:
            self.end()
            return
        if not self._live or self._another(shopper):
            self._link.begin()
            self._live, self._shopper, self._told = True, 0, None
        self._shopper = shopper or self._shopper
        told = (model.screen, model.guidance, model.tab, model.tabs, model.index, model.chosen, model.choices,
                model.opened, words.language, bands, stale)
        if told != self._told:
            self._told = told
            self._link.show(view_of(model, words, bands, stale))

    def _another(self, shopper: int) -> bool:
        return bool(self._live and shopper and self._shopper and shopper != self._shopper)

    def end(self) -> None:
        """The link is over, and nothing of the visit is kept."""
        if self._link is not None and self._live:
            self._link.end()
        self._live, self._shopper, self._told = False, 0, None


def view_of(model: ScreenModel, words: Words, bands: PriceBands | None, stale: str = "") -> PhoneView:
    """What a phone is shown of a screen."""
    title, line, note, rows = _told_of(model, words, bands, stale)
    codes = languages()
    following = Words(codes[(codes.index(words.language) + 1) % len(codes)])
    last = [PhoneRow((PhoneButton(Intent.LANGUAGE, following("name")),))]
    if model.consented:
        last.append(PhoneRow((PhoneButton(Intent.STOP, words("stop")),), kind="stop"))
    return PhoneView(words.language, title, line, note, (*rows, *last), words.rtl)


def _told_of(
    model: ScreenModel, words: Words, bands: PriceBands | None, stale: str,
) -> tuple[str, str, str, list[PhoneRow]]:
    """Title, line, note and the buttons of a screen."""
    screen = model.screen
    if screen is Screen.CONSENT:
        # neither answer looks like the right one
        return words("consent"), "", "", [PhoneRow((
            PhoneButton(Intent.NO, words("no")), PhoneButton(Intent.YES, words("yes"))), kind="pair")]
    if screen is Screen.GUIDANCE:
        key = model.guidance.value
        return words(key), words(f"{key}2"), "", []
    if screen is Screen.LOOKING:
        return words("looking"), "", "", []
    if screen is Screen.CORRECTION:
        return words("corr"), words("cnote"), "", [*_choices(model, words, bands), _row(
            PhoneButton(Intent.CLOSE, words("done")))]
    if screen is Screen.COMPARE:
        return words("cmp1"), words("cmp2"), "", [PhoneRow((
            PhoneButton(Intent.CLOSE, words("done")), PhoneButton(Intent.CHOOSE, words("newstill"))), kind="pair")]
    return _card(model, words, stale)


def _card(model: ScreenModel, words: Words, stale: str) -> tuple[str, str, str, list[PhoneRow]]:
    """The look, or one piece of it seen closer."""
    closer, offer = model.screen is Screen.DETAIL, model.opened
    tabs = PhoneRow(tuple(
        PhoneButton(intent, words({"complete": "outfit"}.get(tab, tab)), tab == model.tab) for tab, intent in zip(
            model.tabs, (Intent.SIMILAR, Intent.OUTFIT, Intent.SEEN), strict=False)), kind="chips")
    change = PhoneButton(Intent.CHANGE, words("corr"))
    compare = PhoneButton(Intent.CHOOSE if closer else Intent.FREEZE, words("cmp"))
    turn = PhoneRow((PhoneButton(Intent.BACK, words("p_back")), PhoneButton(Intent.FORWARD, words("p_next"))),
                    kind="pair")
    if offer is None:
        return words("empty"), "", "", [tabs, turn, _row(change, compare)]
    price = words.price(offer.item.price, offer.item.currency)
    mark = PhoneButton(Intent.KEEP, words("p_mark"), offer.item.id in model.chosen)
    if not closer:
        opened = PhoneButton(Intent.CHOOSE, words("p_open"))
        count = f"{model.index + 1} / {len(model.suggestions)}"
        return offer.item.title, f"{price} · {count}", stale, [
            tabs, turn, _row(opened, mark), _row(change, compare)]
    hers = model.choices.yours.get("size")
    sizes = tuple(PhoneButton(Pick("size", size), size, size == hers)
                  for size, there in size_chips(offer.item, ()) if there and size in LETTER_SIZES)
    chips = [PhoneRow(sizes, words("c_size"), "chips")] if sizes and not stale else []
    return offer.item.title, price, stale, [
        *chips, turn, _row(PhoneButton(Intent.CLOSE, words("bck")), mark), _row(change, compare)]


def _choices(model: ScreenModel, words: Words, bands: PriceBands | None) -> list[PhoneRow]:
    """Her choices. Marked is what she said herself: what is believed of her stays on the mirror."""
    return [
        PhoneRow(tuple(
            PhoneButton(Pick(row, chip), label, model.choices.yours.get(row) == chip)
            for chip, label in zip(CHIPS[row], labels_of(words, row, bands), strict=True)), words(f"c_{row}"), "chips")
        for row in model.choices.rows
    ]


def _row(*buttons: PhoneButton) -> PhoneRow:
    return PhoneRow(buttons)
