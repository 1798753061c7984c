"""A place for the newest value only: the one way in which threads of the mirror hand things on.

A slot never grows, so a slow reader sees fewer values, not older ones. What it did not see is counted.
"""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class LatestSlot(Generic[T]):
    """Holds the newest value put into it, numbered from 1. Safe for any number of writers and readers.

    ``drops`` counts the values that were replaced before any reader took them.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._value: T | None = None
        self._number = 0
        self._taken = True
        self._closed = False
        self._drops = 0

    @property
    def drops(self) -> int:
        """How many values were replaced unseen."""
        return self._drops

    @property
    def number(self) -> int:
        """The number of the newest value, 0 before the first."""
        return self._number

    @property
    def closed(self) -> bool:
        return self._closed

    def put(self, value: T) -> int:
        """Replace the value, wake every waiting reader, and return the value's number."""
        with self._changed:
            if not self._taken:
                self._drops += 1
            self._value = value
            self._number += 1
            self._taken = False
            self._changed.notify_all()
            return self._number

    def get(self) -> T | None:
        """The newest value at once, or None before the first (or after :meth:`clear`)."""
        with self._changed:
            self._taken = True
            return self._value

    def wait(self, newer_than: int, timeout: float | None = None) -> tuple[int, T] | None:
        """Wait for a value with a number above ``newer_than``, at most ``timeout`` seconds.

        Returns:
            (number, value), or None when the time is over or the slot was closed.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._fresh(newer_than), timeout)
            if self._closed or not self._fresh(newer_than):
                return None
            self._taken = True
            assert self._value is not None
            return self._number, self._value

    def clear(self) -> None:
        """Let go of the value (a shopper is forgotten); numbers go on."""
        with self._changed:
            self._value = None
            self._taken = True

    def close(self) -> None:
        """Wake every waiting reader for good: from now on :meth:`wait` returns None at once."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _fresh(self, newer_than: int) -> bool:
        return self._value is not None and self._number > newer_than
