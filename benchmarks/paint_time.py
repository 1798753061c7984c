"""When, in simulated time, each frame is read and painted: the same service times for every way that is compared.

Frames come at the camera's rate; one pose thread takes the newest; the picture is painted with its own pose (waiting)
or with whatever is known by then; a slow stage reads a posed frame three times a second. Nothing here sleeps and
nothing depends on the machine: the times are declared, and their spread is drawn from a seed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

WAIT_S = 0.025
"""The longest a picture is held back for its own pose, after its capture: `[pipeline] pose_wait_ms`."""


@dataclass(frozen=True)
class Service:
    """How long each step takes, in seconds: medians of the prototype at 720p on two cores (docs/design.md: capture to
    painted 14.6 ms p50 and 18.6 p95 when waiting, 7.5 p50 when not)."""

    camera: float = 0.0035
    """Capture to the half-size frame: reading and shrinking."""
    pose: float = 0.0085
    """Crop, net and decoding."""
    display: float = 0.0030
    """Composing the picture, on the camera thread beside the pose."""
    slow: float = 0.025
    """Posed frame to published result: the stage, and what it waits for the thread."""
    slow_every: float = 1 / 3
    spread: float = 0.18
    """Sigma of the logarithm of pose and slow times: p95 is 1.34 times the median."""


@dataclass(frozen=True)
class Paint:
    """Frame ``frame`` was handed to the window at ``at``: its capture time was ``captured``."""

    frame: int
    captured: float
    at: float


@dataclass(frozen=True)
class Timeline:
    """What happens when. ``posed``: frame -> time its pose is known, in order; ``looks``: (frame whose pose and picture
    a slow stage read, time its result is published)."""

    times: tuple[float, ...]
    posed: dict[int, float]
    looks: tuple[tuple[int, float], ...]
    waiting: tuple[Paint, ...]
    at_once: tuple[Paint, ...]


def timeline(fps: float, seconds: float, service: Service | None = None, seed: int = 1) -> Timeline:
    """Simulate ``seconds`` at ``fps``."""
    service = service or Service()
    rng = np.random.default_rng(seed)
    count = max(2, round(seconds * fps))
    times = [i / fps for i in range(count)]
    ready = [t + service.camera for t in times]

    posed: dict[int, float] = {}
    free, last = 0.0, -1
    while last < count - 1:
        start = max(free, ready[last + 1])
        newest = max(i for i in range(last + 1, count) if ready[i] <= start)
        free = start + service.pose * float(np.exp(rng.normal(0, service.spread)))
        posed[newest], last = free, newest

    looks: list[tuple[int, float]] = []
    due = 0.0
    while True:
        begun = [(frame, max(done, due)) for frame, done in posed.items() if done <= due]
        if begun:
            frame, start = begun[-1]
            looks.append((frame, start + service.slow * float(np.exp(rng.normal(0, service.spread)))))
        due += service.slow_every
        if due > times[-1]:
            break

    waiting, at_once = [], []
    for i, captured in enumerate(times):
        early = ready[i] + service.display
        at_once.append(Paint(i, captured, early))
        held = min(posed.get(i, captured + WAIT_S), captured + WAIT_S)
        waiting.append(Paint(i, captured, max(early, held)))
    return Timeline(tuple(times), posed, tuple(looks), tuple(waiting), tuple(at_once))
