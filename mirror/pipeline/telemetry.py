"""Counts and times of everything, and nothing of anybody."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirror.pipeline.ring import Ring
from mirror.pipeline.state import STAGES, Percentiles, StageTiming, Telemetry
from mirror.pipeline.trace import Trace

KEPT = 8192
"""Measurements kept of each kind: four and a half minutes at 30 a second, in 0.3 MB."""

RATE_WINDOW_S = 2.0
"""Rates are counted over this long."""

SHOWN = 300
"""Of how many recent measurements the engineer view's percentiles are: ten seconds at 30 a second."""


WAY = ("shrunk", "pose_begun", "pose_done", "told", "painted")
"""What a frame meets after its capture, in this order."""

ON_THEIR_WAY = 64
"""Frames whose way is noted until they are painted: two seconds."""


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
        self._stages = {name: Ring(KEPT, 5) for name in STAGES}  # end, pre, run, post, wait
        self._captures = Ring(KEPT, 1)
        self._paints = Ring(KEPT, 2)  # when, capture to paint
        self._poses = Ring(KEPT, 2)  # of paints with a pose: its age, whether it was the frame's own
        self._ways = Ring(KEPT, len(WAY))
        self.clear()

    def clear(self) -> None:
        """Begin to count at zero (after a warm-up)."""
        with self._lock:
            self._began = self.now()
            for ring in (*self._stages.values(), self._captures, self._paints, self._poses, self._ways):
                ring.clear()
            self._dropped = 0
            self._last_painted = -1
            self._on_way: dict[int, dict[str, float]] = {}

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
            ways = self._ways.newest()
        if len(ways) == 0:
            return {}
        ways = ways[np.argsort(ways.sum(axis=1), kind="stable")]
        middle = ways[int(0.4 * len(ways)) : int(0.6 * len(ways)) + 1]
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
            self._stages[name].add(end, pre, run, post, wait)

    def captured(self, at: float) -> None:
        """A frame came from the source."""
        with self._lock:
            self._captures.add(at)

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
            self._paints.add(now, now - captured_at)
            if has_pose:
                self._poses.add(now - pose_time, pose_number == number)
            way = self._on_way.pop(number, None)
            if way is not None and has_pose and pose_number == number:
                points = [captured_at, *(way.get(point, now) for point in WAY)]
                steps = tuple(b - a for a, b in itertools.pairwise(points))
                if len(way) == len(WAY) - 1 and min(steps) >= 0:
                    self._ways.add(*steps)
        if self.trace is not None:
            self.trace.frame(number, captured_at, now)

    def lately(self, window_s: float) -> Lately:
        """What happened in the last ``window_s`` seconds; far cheaper than a snapshot."""
        with self._lock:
            now = self.now()
            since = now - window_s
            stages = {name: ring.since(since) for name, ring in self._stages.items() if ring.count}
            latency = self._paints.since(since)[:, 1]
            seconds = now - self._began
        return Lately(
            seconds, {name: len(stages.get(name, ())) for name in STAGES},
            {name: 1000 * float(np.median(rows[:, 1:4].sum(axis=1))) for name, rows in stages.items() if len(rows) > 1},
            len(latency), 1000 * float(np.median(latency)) if len(latency) > 1 else None)

    def snapshot(self, *, recent: bool = True) -> Telemetry:
        """What was measured lately (``recent``: last seconds), or since the start."""
        last = SHOWN if recent else KEPT
        with self._lock:
            now = self.now()
            seconds = now - self._began
            window = min(RATE_WINDOW_S, max(seconds, 1e-3))

            def rate(ring: Ring) -> float:
                if recent:
                    return len(ring.since(now - window)) / window
                return ring.count / seconds if seconds > 0 else 0.0

            ran = {name: ring for name, ring in self._stages.items() if ring.count}
            fps = {name: rate(ring) for name, ring in ran.items()}
            stages = {name: (ring.newest(last), ring.count) for name, ring in ran.items()}
            fps_camera, fps_display = rate(self._captures), rate(self._paints)
            paints, poses = self._paints.newest(last), self._poses.newest(last)
            captured, displayed, dropped = self._captures.count, self._paints.count, self._dropped
        return Telemetry(
            seconds=seconds, captured=captured, displayed=displayed, dropped=dropped,
            fps_camera=fps_camera, fps_display=fps_display, fps=fps,
            capture_to_paint=_percentiles(paints[:, 1]), overlay_age=_percentiles(poses[:, 0]),
            own_pose=float(poses[:, 1].mean()) if len(poses) else 0.0,
            stages={name: _timing(rows, count) for name, (rows, count) in stages.items()},
        )


def _percentiles(seconds: NDArray[np.float64]) -> Percentiles:
    if len(seconds) == 0:
        return Percentiles()
    p50, p95, p99 = (1000 * v for v in _shares(np.sort(seconds), 0.5, 0.95, 0.99))
    return Percentiles(p50, p95, p99, len(seconds))


def _timing(rows: NDArray[np.float64], count: int) -> StageTiming:
    """``rows``: end, pre, run, post, wait of each run, in seconds."""
    columns = np.sort(np.vstack([rows[:, 1:4].sum(axis=1), rows[:, 1:].T]), axis=1)
    p50, p95 = (1000 * v for v in _shares(columns[0], 0.5, 0.95))
    pre, run, post, wait = (1000 * _shares(column, 0.5)[0] for column in columns[1:])
    return StageTiming(p50, p95, count, pre, run, post, wait)


def _shares(ordered: NDArray[np.float64], *shares: float) -> list[float]:
    """Percentiles of sorted values, linear between them as numpy's; its own takes eight times as long on so few, and
    they are asked for twice a second beside the painting of a picture."""
    found = []
    for share in shares:
        place = share * (len(ordered) - 1)
        low = int(place)
        a, b = float(ordered[low]), float(ordered[min(low + 1, len(ordered) - 1)])
        found.append(a + (b - a) * (place - low))
    return found
