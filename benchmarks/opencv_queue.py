"""A plain OpenCV loop: a thread reads and queues every frame, the main loop does everything for each in its turn.

The models are the mirror's own, in float32. The queue has no bound, as in many an example: what is asked is how old the
frame in hand is after some seconds, and how much memory the waiting ones hold.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from queue import Queue
from typing import Any

import cv2
import numpy as np

from mirror.domain import Box, ImageArray, MirrorError
from mirror.vision.suite import Vision

LARGEST_MB = 3000.0
"""The measurement ends early when this much has queued up: it is no test of the machine's swap."""
EMBEDDED = 4
"""Garments embedded per frame, as many as a dressed person usually shows."""


class _Reader:
    """Reads the clip in a loop at its own rate into the queue."""

    def __init__(self, clip: Path) -> None:
        self._capture = cv2.VideoCapture(str(clip))
        if not self._capture.isOpened():
            raise MirrorError(f"{clip}: cannot be opened")
        self._rate = self._capture.get(cv2.CAP_PROP_FPS) or 30.0
        self.frames: Queue[tuple[float, ImageArray]] = Queue()
        self.over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="queue-reader", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.over.set()
        self._thread.join()

    def _run(self) -> None:
        due = time.monotonic()
        while not self.over.wait(max(0.0, due - time.monotonic())):
            got, image = self._capture.read()
            if not got:
                self._capture.set(cv2.CAP_PROP_POS_FRAMES, 0)
                continue
            self.frames.put((due, np.asarray(image, np.uint8)))
            due += 1 / self._rate


def _everything(vision: Vision, image: ImageArray) -> None:
    """All readers on one frame, each on what the one before it found."""
    height, width = image.shape[:2]
    whole = Box(0, 0, width, height)
    people = vision.people.find(image)
    pose = vision.pose.read(image, people[0].box if people else whole)
    vision.mask.read(image, whole)
    face = vision.face.find(image, pose)
    if face is not None:
        vision.attributes.read(image, face)
    boxes = [garment.box for garment in vision.garments.detect(image, whole)][:EMBEDDED]
    vision.embedder.embed(image, boxes or [whole])


def run(clip: Path, seconds: float) -> dict[str, Any]:
    """Frame rate, age of the last frame when it was done (ms), growth of resident memory (MB) over ``seconds``.

    Raises MirrorError when clip or models cannot be had.
    """
    vision = Vision.load()
    reader = _Reader(clip)
    _everything(vision, np.zeros((720, 1280, 3), np.uint8))
    reader.start()
    try:
        _, image = reader.frames.get()
        _everything(vision, image)
        before, cpu, began, frames, age = _resident_mb(), time.process_time(), time.monotonic(), 0, 0.0
        while time.monotonic() - began < seconds and _resident_mb() < LARGEST_MB:
            due, image = reader.frames.get()
            _everything(vision, image)
            age, frames = time.monotonic() - due, frames + 1
        spent, grown = time.monotonic() - began, _resident_mb() - before
        spent_cpu = time.process_time() - cpu
        waiting = reader.frames.qsize()
    finally:
        reader.stop()
    return {
        "fps": frames / spent, "frames": frames, "seconds": spent,
        "cpu_ms_per_frame": 1000 * spent_cpu / max(1, frames), "frame_age_ms": 1000 * age, "rss_growth_mb": grown,
        "waiting": waiting,
    }


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main(arguments: Sequence[str] | None = None) -> int:
    """Print one JSON line; 0 when done."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.opencv_queue", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clip", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args(arguments)
    try:
        print(json.dumps(run(options.clip, options.seconds)))
    except MirrorError as error:
        print(f"opencv_queue: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
