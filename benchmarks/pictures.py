"""What several accuracy measurements share: pictures read, and one run of a session timed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mirror.domain import ImageArray, MirrorError
from mirror.runtime.session import Session

TIMED_RUNS = 60

Report = dict[str, Any]


def read_bgr(path: Path) -> ImageArray:
    """A picture as BGR uint8. Raises MirrorError when it cannot be read."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise MirrorError(f"{path}: not a readable picture")
    return np.asarray(image, np.uint8)


def milliseconds(session: Session) -> Mapping[str, float]:
    """Least and median time of one run on noise, in ms."""
    spec = session.card.inputs[0]
    shape = [d if isinstance(d, int) else 1 for d in spec.shape]
    feed = np.random.default_rng(0).uniform(0, 255, shape).astype(np.float32)
    session.run(feed)
    times = []
    for _ in range(TIMED_RUNS):
        start = time.perf_counter()
        session.run(feed)
        times.append((time.perf_counter() - start) * 1000)
    return {"least": round(min(times), 2), "median": round(float(np.median(times)), 2)}
