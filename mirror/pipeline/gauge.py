"""What the governor goes by, read off the telemetry, the source and the processor once a second."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from mirror.pipeline.governor import Reading
from mirror.pipeline.heat import Thermometer
from mirror.pipeline.telemetry import TelemetryRecord

WINDOW_S = 2.0
"""Rates and medians are of the last two seconds: long enough to count by, short enough to see a step's effect."""

LEAST_WATCHED_S = 1.5
"""Frames of the source are counted over at least this long before a rate is told."""


class Gauge:
    """Makes :class:`Reading` after :class:`Reading`; for one thread."""

    def __init__(
        self, telemetry: TelemetryRecord, source_frames: Callable[[], int],
        followed_since: Callable[[], float | None], thermometer: Thermometer | None = None,
    ) -> None:
        """``source_frames``: frames that the source has had, skipped ones too. ``followed_since``: since when
        somebody is followed."""
        self._telemetry = telemetry
        self._source_frames = source_frames
        self._followed_since = followed_since
        self._thermometer = thermometer or Thermometer()
        self._counts: deque[tuple[float, int]] = deque()

    def read(self, now: float) -> Reading | None:
        """The last moments; None while the count is too young, or no frame comes."""
        frames = self._source_frames()
        self._counts.append((now, frames))
        while len(self._counts) > 2 and now - self._counts[1][0] >= WINDOW_S:
            self._counts.popleft()
        began, before = self._counts[0]
        lately = self._telemetry.lately(WINDOW_S)
        if now - began < LEAST_WATCHED_S or lately.seconds < WINDOW_S or frames <= before:
            return None
        since = self._followed_since()
        followed = since is not None and now - since >= WINDOW_S
        heat = self._thermometer.read()
        return Reading(
            source_fps=(frames - before) / (now - began),
            display_fps=lately.painted / WINDOW_S if lately.painted else None,
            pose_fps=lately.runs.get("pose", 0) / WINDOW_S if followed else None,
            frame_ms=lately.frame_ms, stage_ms=lately.stage_ms,
            celsius=heat.celsius, limit_c=heat.limit, throttled=heat.throttled,
        )
