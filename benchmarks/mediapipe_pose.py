"""MediaPipe Pose on a clip, paced like a camera; one JSON line. Runs in a Python of its own that has `mediapipe`.

    PYTHON_WITH_MEDIAPIPE benchmarks/mediapipe_pose.py --clip clip.mp4 --seconds 20

Imports nothing of this repository: MediaPipe (Apache-2.0) wants older numpy than the mirror, and the mirror never
depends on it. Decoding the clip is in ``cpu_ms_per_frame``, as it is for the mirror; ``alone_cpu_ms`` is what was spent
while MediaPipe (with the conversion to RGB) had the frame. Nothing is painted.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from importlib.metadata import version
from statistics import median

WARM_UP_S = 2.0


def main() -> int:
    """Read, convert and process every frame at its time; print wall and CPU milliseconds a frame."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clip", required=True)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--fps", type=float, default=30.0)
    options = parser.parse_args()
    import cv2
    from mediapipe.python.solutions.pose import Pose

    clip = cv2.VideoCapture(options.clip)
    found = 0
    wall: list[float] = []
    alone: list[float] = []
    cpu_began, frames, due = 0.0, 0, time.perf_counter()
    with Pose(model_complexity=1, enable_segmentation=True) as pose:
        warm = True
        began = due
        while True:
            now = time.perf_counter()
            if warm and now - began >= WARM_UP_S:
                warm, began, cpu_began, frames, found = False, now, time.process_time(), 0, 0
                wall.clear()
                alone.clear()
            if not warm and now - began >= options.seconds:
                break
            got, frame = clip.read()
            if not got:
                clip.set(cv2.CAP_PROP_POS_FRAMES, 0)
                got, frame = clip.read()
                if not got:
                    print(f"{options.clip}: cannot be read", file=sys.stderr)
                    return 1
            started, cpu = time.perf_counter(), time.process_time()
            told = pose.process(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))
            wall.append(1000 * (time.perf_counter() - started))
            alone.append(1000 * (time.process_time() - cpu))
            frames += 1
            found += told.pose_landmarks is not None
            due = max(due + 1 / options.fps, time.perf_counter() - 1 / options.fps)
            time.sleep(max(0.0, due - time.perf_counter()))
        spent, seconds = time.process_time() - cpu_began, time.perf_counter() - began
    print(json.dumps({
        "version": version("mediapipe"), "frames": frames, "found": found, "fps": frames / seconds,
        "wall_ms": median(wall), "cpu_ms_per_frame": 1000 * spent / frames, "alone_cpu_ms": sum(alone) / frames,
    }))
    return 0


if __name__ == "__main__":
    sys.exit(main())
