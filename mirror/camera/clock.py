"""Time, as sources see it: one small class, so that tests can run a source without waiting."""

from __future__ import annotations

import threading
import time


class Clock:
    """Monotonic seconds, and a wait that a stop ends at once."""

    def now(self) -> float:
        return time.monotonic()

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        """Wait until ``seconds`` are over (False) or ``stop`` is set (True)."""
        return stop.wait(max(0.0, seconds))
