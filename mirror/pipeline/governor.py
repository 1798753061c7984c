"""The governor: gives way in a declared order when the machine is short or hot, and takes it back slowly.

The display's rate is on no rung: it is what everything else gives way for.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mirror.pipeline.slow_loop import NICE
from mirror.pipeline.stages import SLOW, STAGES
from mirror.pipeline.state import GovernorState, GovernorStep


@dataclass(frozen=True)
class Rung:
    """What the mirror does on one rung. ``nice``: the slow thread's; ``stretch``: of the slow stages' periods."""

    name: str
    nice: int = NICE
    stretch: float = 1.0
    lighter_pose: bool = False
    pose_every: int = 1


LADDER: tuple[Rung, ...] = (
    Rung("full"),
    # a starved thread keeps the interpreter's lock from all others while it waits for a core. With two busy loops in
    # its scheduling group, nice 10 -> 0: display 28.8 -> 30.0 per second, mask 1.3 -> 2.9, latency p99 103 -> 59 ms
    Rung("slow thread not niced", 0),
    Rung("slow stages 1.5 times rarer", 0, 1.5),
    Rung("slow stages 2 times rarer", 0, 2.0),
    Rung("slow stages 4 times rarer", 0, 4.0),
    # no net takes another input size than its own: smaller input and lighter net are one step
    Rung("lighter pose net", 0, 4.0, lighter_pose=True),
    Rung("pose every second frame", 0, 4.0, lighter_pose=True, pose_every=2),
)

RATES_END = max(level for level, rung in enumerate(LADDER) if not rung.lighter_pose and rung.pose_every == 1)
NETS_END = max(level for level, rung in enumerate(LADDER) if rung.pose_every == 1)
"""A single stage over its budget does not push further than the rates, the pose (whose picture is waiting) not further
than the lighter net: what lies below costs the picture."""

LEAST_POSE_SHARE, GOOD_POSE_SHARE = 0.90, 0.95
"""Poses over frames (that were to be read) below which the machine is short, and from which it is well."""

LEAST_DISPLAY_SHARE, GOOD_DISPLAY_SHARE = 0.95, 0.97
"""Pictures shown over frames that the source had."""

LATE_FRAME_MS = 60.0
"""Median from capture to paint above which the picture visibly lags: two frames at 30 a second."""

COOL_C = 5.0
"""So much below its limit the processor is cool again."""

TROUBLE_S = 2.0
"""Trouble must last this long before a step down ..."""
SETTLE_S = 3.0
"""... and a step gets this long to show in rates that are counted over two seconds."""
HEALTHY_S = 10.0
"""A step up needs this long without any trouble; twice as long after each climb that failed, ..."""
LONGEST_HEALTHY_S = 320.0
"""... up to this."""

EVERY_S = 1.0
STEPS_KEPT = 64


@dataclass(frozen=True)
class Reading:
    """What the governor goes by: per second, and medians in milliseconds, of the last moments.

    ``pose_fps`` is None unless somebody was followed all the time; ``display_fps`` and ``frame_ms`` while nothing is
    painted. ``celsius``, ``throttled``: None where the platform does not tell.
    """

    source_fps: float
    display_fps: float | None = None
    pose_fps: float | None = None
    frame_ms: float | None = None
    stage_ms: Mapping[str, float] = field(default_factory=dict)
    celsius: float | None = None
    limit_c: float = 85.0
    throttled: bool | None = None


class Governor:
    """Where on the ladder the mirror stands. :meth:`observe` takes at most one step."""

    def __init__(self, offers: Callable[[Rung], bool] = lambda rung: True) -> None:
        """``offers``: whether the mirror can do what a rung asks for beyond the one above it; others are left out."""
        self.level = 0
        self._offers = offers
        self._reason = ""
        self._heat: tuple[float | None, bool | None] = (None, None)
        self._steps: deque[GovernorStep] = deque(maxlen=STEPS_KEPT)
        self._patience = HEALTHY_S
        self._trouble_since: float | None = None
        self._healthy_since: float | None = None
        self._stepped = float("-inf")
        self._climbed: float | None = None

    @property
    def rung(self) -> Rung:
        return LADDER[self.level]

    def state(self) -> GovernorState:
        """For the telemetry."""
        return GovernorState(self.level, self.rung.name, self._reason, *self._heat, tuple(self._steps))

    def observe(self, reading: Reading, now: float) -> Rung | None:
        """The rung to go to now (the caller's to put into effect), or None when nothing changes."""
        self._heat = (reading.celsius, reading.throttled)
        trouble, deepest = _trouble(reading, self.rung)
        if self._climbed is not None and now - self._climbed >= self._patience:
            self._climbed, self._patience = None, HEALTHY_S  # that climb held
        if trouble:
            self._healthy_since = None
            if self._trouble_since is None:
                self._trouble_since = now
            if now - self._trouble_since >= TROUBLE_S and now - self._stepped >= SETTLE_S:
                return self._down(trouble, deepest, now)
            return None
        self._trouble_since = None
        if self.level == 0 or not _healthy(reading, self.rung):
            self._healthy_since = None
            return None
        if self._healthy_since is None:
            self._healthy_since = now
        if now - self._healthy_since >= self._patience:
            return self._up(now)
        return None

    def run(
        self, stop: threading.Event, read: Callable[[float], Reading | None], act: Callable[[Rung], None],
        now: Callable[[], float],
    ) -> None:
        """Observe once a second until ``stop`` is set, on the caller's thread. ``read`` gives None while there is
        nothing to go by."""
        while not stop.wait(EVERY_S):
            reading = read(now())
            rung = None if reading is None else self.observe(reading, now())
            if rung is not None:
                act(rung)

    def _down(self, reason: str, deepest: int, now: float) -> Rung | None:
        below = next((n for n in range(self.level + 1, deepest + 1) if self._offered(n)), None)
        if below is None:
            return None
        if self._climbed is not None:
            self._climbed, self._patience = None, min(LONGEST_HEALTHY_S, 2 * self._patience)
        return self._go(below, reason, now)

    def _up(self, now: float) -> Rung:
        above = next((n for n in range(self.level - 1, 0, -1) if self._offered(n)), 0)
        self._climbed = now
        return self._go(above, f"well for {self._patience:.0f} s", now)

    def _offered(self, level: int) -> bool:
        return self._offers(LADDER[level])

    def _go(self, level: int, reason: str, now: float) -> Rung:
        self.level, self._reason, self._stepped = level, reason, now
        self._trouble_since = self._healthy_since = None
        self._steps.append(GovernorStep(now, level, self.rung.name, reason))
        return self.rung


def _trouble(reading: Reading, rung: Rung) -> tuple[str, int]:
    """What is wrong in a few words (empty: nothing), and the deepest level that it may push to."""
    bottom = len(LADDER) - 1
    if reading.throttled:
        return "processor throttled", bottom
    if reading.celsius is not None and reading.celsius >= reading.limit_c:
        return f"processor {reading.celsius:.0f} of {reading.limit_c:.0f} °C", bottom
    wanted = reading.source_fps / rung.pose_every
    if reading.pose_fps is not None and reading.pose_fps < LEAST_POSE_SHARE * wanted:
        return f"pose {reading.pose_fps:.1f} of {wanted:.1f} Hz", bottom
    if reading.display_fps is not None and reading.display_fps < LEAST_DISPLAY_SHARE * reading.source_fps:
        return f"display {reading.display_fps:.1f} of {reading.source_fps:.1f} Hz", bottom
    if reading.frame_ms is not None and reading.frame_ms > LATE_FRAME_MS:
        return f"frame {reading.frame_ms:.0f} of {LATE_FRAME_MS:.0f} ms", bottom
    over = _over_budget(reading)
    if not over:
        return "", 0
    return _said(reading, over), NETS_END if over == "pose" else RATES_END


def _over_budget(reading: Reading) -> str:
    """The stage that is furthest over its budget: the pose first, the slow ones last (they have time)."""
    over = [
        (name == "pose", STAGES[name].thread != SLOW, ms / STAGES[name].budget_ms, name)
        for name, ms in reading.stage_ms.items() if ms > STAGES[name].budget_ms
    ]
    return max(over)[-1] if over else ""


def _said(reading: Reading, stage: str) -> str:
    return f"{stage} {reading.stage_ms[stage]:.0f} of {STAGES[stage].budget_ms:.0f} ms"


def _healthy(reading: Reading, rung: Rung) -> bool:
    """Nothing is wrong, by a margin, and there is work to judge by."""
    if reading.celsius is not None and reading.celsius > reading.limit_c - COOL_C:
        return False
    if reading.pose_fps is None or reading.display_fps is None:
        return False
    return (
        reading.pose_fps >= GOOD_POSE_SHARE * reading.source_fps / rung.pose_every
        and reading.display_fps >= GOOD_DISPLAY_SHARE * reading.source_fps
    )
