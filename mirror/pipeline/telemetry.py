"""Counts and times of everything, and nothing of anybody."""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirror.pipeline.state import STAGES, Percentiles, StageTiming, Telemetry
from mirror.pipeline.trace import Trace

KEPT = 8192
"""Measurements kept of each kind: four and a half minutes at 30 a second, in 0.5 MB."""

RATE_WINDOW_S = 2.0
"""Rates are counted over this long."""

SHOWN = 300
"""Of how many recent measurements the engineer view's percentiles are: ten seconds at 30 a second."""


WAY = ("shrunk", "pose_begun", "pose_done", "told", "painted")
"""What a frame meets after its capture, in this order."""

ON_THEIR_WAY = 64
"""Frames whose way is noted until they are painted: two seconds."""


@dataclass
class _Runs:
    ends: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT))
    parts: deque[tuple[float, float, float, float]] = field(default_factory=lambda: deque(maxlen=KEPT))
    count: int = 0


class StageClock:
    """Times one run of a stage; :attr:`inner` collects when its graphs began and ended."""

    def __init__(self) -> None:
        self.inner: list[tuple[float, float]] = []

    def parts(self, start: float, end: float) -> tuple[float, float, float]:
        """Seconds before and between the graphs, in them, and after the last. All is ``run`` without a graph."""
        if not self.inner:
            return 0.0, end - start, 0.0
        run = sum(b - a for a, b in self.inner)
        post = end - self.inner[-1][1]
        return max(0.0, end - start - run - post), run, post


class TimedSession:
    """A session that tells the stage clock of its thread when the graph itself ran; everything else is the
    wrapped session's."""

    def __init__(self, session: Any, telemetry: TelemetryRecord) -> None:
        self.session = session
        self._telemetry = telemetry

    def run(self, feed: NDArray[Any]) -> tuple[NDArray[Any], ...]:
        start = self._telemetry.now()
        result: tuple[NDArray[Any], ...] = self.session.run(feed)
        self._telemetry.graph_ran(start, self._telemetry.now())
        return result

    def __getattr__(self, name: str) -> Any:
        return getattr(self.session, name)


@dataclass(frozen=True)
class Lately:
    """The last moments, for the governor: runs and median milliseconds of each stage that ran twice or more, paints,
    and the median milliseconds from capture to paint (None without two paints). ``seconds``: since counting began."""

    seconds: float
    runs: dict[str, int]
    stage_ms: dict[str, float]
    painted: int
    frame_ms: float | None


class TelemetryRecord:
    """Collects from every thread; hands out :class:`Telemetry` snapshots."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.now = now
        self._lock = threading.Lock()
        self._local = threading.local()
        self.trace: Trace | None = None
        self.clear()

    def clear(self) -> None:
        """Begin to count at zero (after a warm-up)."""
        with self._lock:
            self._began = self.now()
            self._stages: dict[str, _Runs] = {name: _Runs() for name in STAGES}
            self._captures: deque[float] = deque(maxlen=KEPT)
            self._captured = 0
            self._dropped = 0
            self._paints: deque[float] = deque(maxlen=KEPT)
            self._latency: deque[float] = deque(maxlen=KEPT)
            self._overlay: deque[float] = deque(maxlen=KEPT)
            self._own: deque[bool] = deque(maxlen=KEPT)
            self._displayed = 0
            self._last_painted = -1
            self._on_way: dict[int, dict[str, float]] = {}
            self._ways: deque[tuple[float, ...]] = deque(maxlen=KEPT)

    def working_on(self, number: int, captured_at: float) -> None:
        """What this thread times from now on is done for that frame."""
        self._local.frame = (number, captured_at)

    def mark(self, number: int, point: str, at: float) -> None:
        """Frame ``number`` came to a point of :data:`WAY` (the first time counts)."""
        with self._lock:
            way = self._on_way.get(number)
            if way is None:
                way = self._on_way[number] = {}
                while len(self._on_way) > ON_THEIR_WAY:
                    del self._on_way[next(iter(self._on_way))]
            way.setdefault(point, at)

    def marked(self, number: int, point: str) -> float | None:
        """When that frame came to that point, while it is on its way."""
        with self._lock:
            return self._on_way.get(number, {}).get(point)

    def way(self) -> dict[str, float]:
        """One frame's way since the start: milliseconds from each point to the next, and their sum ``total``.

        Means over the fifth of the frames (painted with their own pose) around the median total, so that the steps
        add up to the total, which is that of a usual frame. Empty when there was none.
        """
        with self._lock:
            ways = sorted(self._ways, key=lambda steps: sum(steps))
        middle = ways[int(0.4 * len(ways)) : int(0.6 * len(ways)) + 1]
        if not middle:
            return {}
        means = [float(v) * 1000 for v in np.mean(middle, axis=0)]
        return {**dict(zip(WAY, means, strict=True)), "total": sum(means)}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time the block as one run of a stage (of :data:`STAGES`); a block that raises counts for nothing."""
        clock = StageClock()
        self._local.clock = clock
        start = self.now()
        try:
            yield
        finally:
            self._local.clock = None
        end = self.now()
        number, captured_at = getattr(self._local, "frame", (-1, start))
        self.ran(name, end, *clock.parts(start, end), max(0.0, start - captured_at))
        if name == "pose" and number >= 0:
            self.mark(number, "pose_begun", start)
            self.mark(number, "pose_done", end)
        if self.trace is not None:
            self.trace.stage(name, start, end, clock.inner, number)

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """The block is this thread's wait: a span of the trace, nothing without one."""
        trace = self.trace
        if trace is None:
            yield
            return
        began = trace.now()
        try:
            yield
        finally:
            trace.span(what, began, trace.now())

    def graph_ran(self, start: float, end: float) -> None:
        """A graph ran in this thread, inside the stage that it is timing (if any)."""
        clock = getattr(self._local, "clock", None)
        if clock is not None:
            clock.inner.append((start, end))

    def ran(self, name: str, end: float, pre: float, run: float, post: float, wait: float = 0.0) -> None:
        """Record one run of a stage in seconds; ``wait`` went by before it began."""
        with self._lock:
            runs = self._stages[name]
            runs.ends.append(end)
            runs.parts.append((pre, run, post, wait))
            runs.count += 1

    def captured(self, at: float) -> None:
        """A frame came from the source."""
        with self._lock:
            self._captured += 1
            self._captures.append(at)

    def dropped(self, count: int = 1) -> None:
        """Frames were captured that nobody was shown."""
        with self._lock:
            self._dropped += count

    def painted(self, number: int, captured_at: float, pose_number: int, pose_time: float, has_pose: bool) -> None:
        """The window finished painting a frame. A repaint of the same frame counts for nothing."""
        now = self.now()
        with self._lock:
            if number <= self._last_painted:
                return
            self._last_painted = number
            self._displayed += 1
            self._paints.append(now)
            self._latency.append(now - captured_at)
            if has_pose:
                self._overlay.append(now - pose_time)
                self._own.append(pose_number == number)
            way = self._on_way.pop(number, None)
            if way is not None and has_pose and pose_number == number:
                points = [captured_at, *(way.get(point, now) for point in WAY)]
                steps = tuple(b - a for a, b in itertools.pairwise(points))
                if len(way) == len(WAY) - 1 and min(steps) >= 0:
                    self._ways.append(steps)
        if self.trace is not None:
            self.trace.frame(number, captured_at, now)

    def lately(self, window_s: float) -> Lately:
        """What happened in the last ``window_s`` seconds; far cheaper than a snapshot."""
        with self._lock:
            now = self.now()
            since = now - window_s
            parts: dict[str, list[float]] = {}
            for name, stage in self._stages.items():
                runs = sum(1 for _ in itertools.takewhile(lambda end: end > since, reversed(stage.ends)))
                newest = itertools.islice(reversed(stage.parts), runs)
                parts[name] = [1000 * (pre + run + post) for pre, run, post, _ in newest]
            painted = sum(1 for _ in itertools.takewhile(lambda end: end > since, reversed(self._paints)))
            latency = list(itertools.islice(reversed(self._latency), painted))
            seconds = now - self._began
        return Lately(
            seconds, {name: len(times) for name, times in parts.items()},
            {name: median(times) for name, times in parts.items() if len(times) > 1},
            painted, 1000 * median(latency) if painted > 1 else None)

    def snapshot(self, *, recent: bool = True) -> Telemetry:
        """What was measured lately (``recent``: last seconds), or since the start."""
        with self._lock:
            now = self.now()
            seconds = now - self._began
            stages = {name: (list(r.ends), list(r.parts), r.count) for name, r in self._stages.items() if r.count}
            captures, paints = list(self._captures), list(self._paints)
            latency, overlay, own = list(self._latency), list(self._overlay), list(self._own)
            captured, displayed, dropped = self._captured, self._displayed, self._dropped

        def rate(times: Sequence[float], total: int) -> float:
            if not recent:
                return total / seconds if seconds > 0 else 0.0
            window = min(RATE_WINDOW_S, max(seconds, 1e-3))
            return sum(1 for t in reversed(times) if t > now - window) / window

        last = SHOWN if recent else KEPT
        return Telemetry(
            seconds=seconds, captured=captured, displayed=displayed, dropped=dropped,
            fps_camera=rate(captures, captured), fps_display=rate(paints, displayed),
            fps={name: rate(ends, count) for name, (ends, _, count) in stages.items()},
            capture_to_paint=_percentiles(latency[-last:]), overlay_age=_percentiles(overlay[-last:]),
            own_pose=float(np.mean(own[-last:])) if own else 0.0,
            stages={name: _timing(parts[-last:], count) for name, (_, parts, count) in stages.items()},
        )


def _percentiles(seconds: Sequence[float]) -> Percentiles:
    if not seconds:
        return Percentiles()
    p50, p95, p99 = (float(v) * 1000 for v in np.percentile(seconds, (50, 95, 99)))
    return Percentiles(p50, p95, p99, len(seconds))


def _timing(parts: Sequence[tuple[float, float, float, float]], count: int) -> StageTiming:
    table = np.asarray(parts) * 1000
    p50, p95 = (float(v) for v in np.percentile(table[:, :3].sum(axis=1), (50, 95)))
    pre, run, post, wait = (float(v) for v in np.median(table, axis=0))
    return StageTiming(p50, p95, count, pre, run, post, wait)
