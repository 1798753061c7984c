"""When each slow stage runs: the most overdue first, and all of them less often when the machine is short."""

from __future__ import annotations

from collections.abc import Collection

SLOWEST_S = 0.85
"""No stretching makes a stage's period longer than this (one that is wished more rarely keeps its wish): with the wait
for the next frame and the other stages' turns it still runs once a second."""


class Schedule:
    """Wished periods in seconds by stage. A stage is overdue by (time since its last run was due) / period.

    ``stretch`` (the governor's) makes all periods so many times longer.
    """

    def __init__(self, periods: dict[str, float]) -> None:
        self._periods = dict(periods)
        self._last: dict[str, float] = {}
        self.stretch = 1.0

    def reset(self) -> None:
        """All stages are due at once (a new shopper)."""
        self._last.clear()

    def begins(self, stage: str, now: float) -> None:
        """A stage is run now. Its next run is counted from when this one was due, so that a late turn (the next frame,
        another stage's run) does not make it rarer; one that is late by a whole period begins a new count, so that
        nothing is made up for after a pause."""
        last, period = self._last.get(stage), self.period(stage)
        late = 0.0 if last is None else now - last - period
        self._last[stage] = now - late if 0 < late < period else now

    def ran(self, stage: str, now: float, *, wait: float = 0.0) -> None:
        """Count from ``now``: ``wait`` seconds longer than the stage's period until the next time (after a failure)."""
        self._last[stage] = now + wait

    def hurry(self, stage: str) -> None:
        """Make a stage due now: what it depends on has changed."""
        self._last.pop(stage, None)

    def period(self, stage: str) -> float:
        """Seconds wished between two runs at the present stretch."""
        wished = self._periods[stage]
        return max(wished, min(wished * self.stretch, SLOWEST_S))

    def most_overdue(self, allowed: Collection[str], now: float) -> str | None:
        """The stage to run now among those allowed, None when none is due. One that never ran is infinitely
        overdue; among several of these the order of the periods' table decides."""
        best, most = None, 1.0
        for stage in self._periods:
            if stage not in allowed:
                continue
            last = self._last.get(stage)
            overdue = float("inf") if last is None else (now - last) / self.period(stage)
            if overdue > most or (best is None and overdue >= most):
                best, most = stage, overdue
        return best
