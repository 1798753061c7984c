"""A telephone as a remote for one visit: who may press, what can be pressed now, and what was pressed. No Qt.

The window shows a link with an invitation in it. The first phone that takes it up gets a key; both end with the visit.
Presses wait in a bounded place until the window takes them: they mean what keys, touches and hands mean.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from mirror.ui.screens import Act, Intent, Pick

TOKEN_BYTES = 12
"""Of an invitation and of a key: 96 bits cannot be guessed, and the code stays small."""
WAITING_MOST = 4
"""Presses that wait for the window; it takes them within a frame."""
BURST, PER_SECOND = 6.0, 6.0
"""Presses at once and a second after that: faster than a thumb."""
SILENT_S = 15.0
"""A phone that has not asked for as long is gone; another may be invited."""

Heard = Literal["taken", "nothing", "slower", "over"]
"""What became of a press: it waits for the window; it can mean nothing now; there were too many; the visit is over."""


@dataclass(frozen=True)
class PhoneButton:
    """One button: what it means, its words, and whether it is marked as hers or open."""

    act: Act
    label: str
    marked: bool = False

    @property
    def word(self) -> str:
        """How a page names it."""
        return f"{self.act.row}.{self.act.chip}" if isinstance(self.act, Pick) else self.act.value


@dataclass(frozen=True)
class PhoneRow:
    """Buttons beside each other; ``kind`` says how they look."""

    buttons: tuple[PhoneButton, ...]
    title: str = ""
    kind: Literal["pair", "chips", "plain", "stop"] = "plain"


@dataclass(frozen=True)
class PhoneView:
    """All that a phone is shown: texts and buttons in her language. No picture, and nothing that is estimated of her.
    ``rtl``: it is read from right to left."""

    language: str
    title: str
    line: str = ""
    note: str = ""
    rows: tuple[PhoneRow, ...] = ()
    rtl: bool = False

    def act_of(self, word: str) -> Act | None:
        """What a button's word means, None where there is no such button now."""
        return next((button.act for row in self.rows for button in row.buttons if button.word == word), None)


class PhoneLink:
    """The one link between the mirror and one phone. Safe on any thread.

    Args:
        clock: seconds, never going back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.on_press: Callable[[], None] | None = None
        """Called on the server's thread when the window should look: a press, or a phone that came."""
        self._clock = clock
        self._changed = threading.Condition()
        self._invitation = self._key = ""
        self._heard_at = float("-inf")
        self._view: PhoneView | None = None
        self._number = 0
        self._presses: list[Act] = []
        self._allowed, self._allowed_at = BURST, clock()

    # the window

    def begin(self) -> None:
        """A visit begins: a new invitation, whatever was before."""
        with self._changed:
            self._drop()
            self._invitation = secrets.token_urlsafe(TOKEN_BYTES)

    def end(self) -> None:
        """The visit is over: invitation and key are no good any more, and nothing of it is left here."""
        with self._changed:
            self._drop()

    def _drop(self) -> None:
        self._invitation = self._key = ""
        self._heard_at, self._view = float("-inf"), None
        self._presses.clear()
        self._number += 1
        self._changed.notify_all()

    @property
    def invitation(self) -> str:
        """What the code on the mirror invites with; "" between visits and while a phone is there."""
        with self._changed:
            return "" if self._present() else self._invitation

    def show(self, view: PhoneView) -> None:
        """What the phone is shown from now on."""
        with self._changed:
            if view != self._view:
                self._view = view
                self._number += 1
                self._changed.notify_all()

    def take(self) -> tuple[Act, ...]:
        """What was pressed since the last call, in order."""
        if not self._presses:  # asked at every frame: without the lock
            return ()
        with self._changed:
            taken = tuple(self._presses)
            self._presses.clear()
            return taken

    # the phone

    def invites(self, invitation: str) -> bool:
        """Whether an invitation may be taken up now."""
        with self._changed:
            return self._invites(invitation)

    def join(self, invitation: str) -> str:
        """Take an invitation up: the key of the phone from now on, or "" where it is no good (any more). The mirror
        invites anew, should this phone fall silent."""
        with self._changed:
            if not self._invites(invitation):
                return ""
            self._invitation, self._key = secrets.token_urlsafe(TOKEN_BYTES), secrets.token_urlsafe(TOKEN_BYTES)
            self._heard_at = self._clock()
            self._allowed, self._allowed_at = BURST, self._heard_at
            key = self._key
            self._number += 1
            self._changed.notify_all()
        self._ring()
        return key

    def view(self, key: str, newer_than: int = -1, timeout: float = 0.0) -> tuple[int, PhoneView] | None:
        """What a phone is shown, once it is another than number ``newer_than``, or after ``timeout`` seconds.

        Returns:
            (number, view), or None: the key is no good, or no longer.
        """
        with self._changed:
            if not self._knows(key):
                return None
            self._heard_at = self._clock()
            self._changed.wait_for(lambda: self._number != newer_than or not self._knows(key), timeout)
            if not self._knows(key) or self._view is None:
                return None
            self._heard_at = self._clock()
            return self._number, self._view

    def press(self, key: str, word: str) -> Heard:
        """A button was pressed. Stop goes before all others."""
        with self._changed:
            if not self._knows(key) or self._view is None:
                return "over"
            now = self._heard_at = self._clock()
            act = self._view.act_of(word)
            if act is None:
                return "nothing"
            if act is Intent.STOP:
                self._presses[:] = [act]
            else:
                self._allowed = min(BURST, self._allowed + (now - self._allowed_at) * PER_SECOND)
                self._allowed_at = now
                if self._allowed < 1 or len(self._presses) >= WAITING_MOST:
                    return "slower"
                self._allowed -= 1
                self._presses.append(act)
        self._ring()
        return "taken"

    def _ring(self) -> None:
        ring = self.on_press
        if ring is not None:
            ring()

    def _present(self) -> bool:
        return bool(self._key) and self._clock() - self._heard_at < SILENT_S

    def _invites(self, invitation: str) -> bool:
        return bool(self._invitation) and not self._present() and _same(invitation, self._invitation)

    def _knows(self, key: str) -> bool:
        return bool(self._key) and _same(key, self._key)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
