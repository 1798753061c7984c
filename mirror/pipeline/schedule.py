"""When each slow stage runs: the most overdue first, and all of them less often when the machine is short."""

from __future__ import annotations

from collections.abc import Collection

MOST_STRETCH = 4.0
STRETCH_UP = 1.5
STRETCH_DOWN = 1.15
"""Wished periods grow by half at once when poses come late, and shrink again slowly."""

LEAST_POSE_SHARE = 0.9
"""Poses per camera frame under which the slow stages give way: the picture comes first."""


class Schedule:
    """Wished periods in seconds by stage. A stage is overdue by (time since its last run) / period."""

    def __init__(self, periods: dict[str, float]) -> None:
        self._periods = dict(periods)
        self._last: dict[str, float] = {}
        self.stretch = 1.0

    def reset(self) -> None:
        """All stages are due at once (a new shopper)."""
        self._last.clear()

    def ran(self, stage: str, now: float, *, wait: float = 0.0) -> None:
        """A stage has run; ``wait`` seconds longer than its period until the next time (after a failure)."""
        self._last[stage] = now + wait

    def hurry(self, stage: str) -> None:
        """Make a stage due now: what it depends on has changed."""
        self._last.pop(stage, None)

    def most_overdue(self, allowed: Collection[str], now: float) -> str | None:
        """The stage to run now among those allowed, None when none is due. One that never ran is infinitely
        overdue; among several of these the order of the periods' table decides."""
        best, most = None, 1.0
        for stage, period in self._periods.items():
            if stage not in allowed:
                continue
            last = self._last.get(stage)
            overdue = float("inf") if last is None else (now - last) / (period * self.stretch)
            if overdue > most or (best is None and overdue >= most):
                best, most = stage, overdue
        return best

    def govern(self, pose_rate: float, camera_rate: float) -> None:
        """Stretch all periods when poses fall behind the camera, relax when they keep up (call once a second)."""
        if camera_rate <= 0:
            return
        if pose_rate < LEAST_POSE_SHARE * camera_rate:
            self.stretch = min(MOST_STRETCH, self.stretch * STRETCH_UP)
        else:
            self.stretch = max(1.0, self.stretch / STRETCH_DOWN)
