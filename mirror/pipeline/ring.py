"""The newest of a kind of measurement, in memory that is taken once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float64]


class Ring:
    """Keeps the newest ``kept`` rows of ``columns`` numbers each; the first column is a time where :meth:`since` is
    asked. Not thread-safe.

    Its memory is written to at the start: a mirror that grew until the ring was full, for minutes, would look like one
    that leaks. A row of Python's own floats takes five times as much.
    """

    def __init__(self, kept: int, columns: int) -> None:
        self.count = 0
        """Rows ever added since the last :meth:`clear`."""
        self._rows: Rows = np.full((kept, columns), np.nan)

    def clear(self) -> None:
        """Begin anew."""
        self.count = 0

    def add(self, *row: float) -> None:
        """Add a row, in the place of the oldest when there are ``kept``."""
        self._rows[self.count % len(self._rows)] = row
        self.count += 1

    def newest(self, most: int | None = None) -> Rows:
        """A copy of the newest rows, at most so many, in the order in which they came: float64 (n, columns)."""
        kept = len(self._rows)
        wanted = min(self.count, kept, kept if most is None else most)
        at = self.count % kept
        if wanted <= at:
            return self._rows[at - wanted : at].copy()
        return np.concatenate([self._rows[kept - (wanted - at) :], self._rows[:at]])

    def since(self, time: float) -> Rows:
        """A copy of the newest rows whose first number is above ``time``. Looks back as far as it must, no further."""
        most = 64
        while True:
            rows = self.newest(most)
            if len(rows) < most or rows[0, 0] <= time:
                # from the end, for times of several threads may stand out of order by a little
                late = rows[:, 0] <= time
                return rows[len(rows) - int(np.argmax(late[::-1])) :] if late.any() else rows
            most *= 4
