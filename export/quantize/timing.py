"""Which of two sessions is faster, on a machine that does other work as well."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from export.quantize.scenes import Feed
from mirror.runtime.session import Session

ROUNDS, RUNS = 24, 2


@dataclass(frozen=True)
class Times:
    """Median milliseconds of one run of each, and the median of the rounds' ratios (below 1: the variant is faster)."""

    full_ms: float
    variant_ms: float
    ratio: float


def interleaved(full: Session, variant: Session, feed: Feed, rounds: int = ROUNDS) -> Times:
    """Run both in turns on one feed.

    A session of one thread on the CPU is timed by the CPU time of this thread, which other programs do not lengthen;
    others by the clock on the wall.
    """
    own = full.provider == variant.provider == "cpu" and full.threads == variant.threads == 1
    clock = time.thread_time if own else time.perf_counter
    for session in (full, variant):
        session.run(feed)
    spent: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds):
        order = (0, 1) if turn % 2 else (1, 0)
        for which in order:
            session = (full, variant)[which]
            start = clock()
            for _ in range(RUNS):
                session.run(feed)
            spent[which].append((clock() - start) / RUNS * 1e3)
    ours, theirs = np.array(spent[0]), np.array(spent[1])
    return Times(float(np.median(ours)), float(np.median(theirs)), float(np.median(theirs / np.maximum(ours, 1e-9))))
