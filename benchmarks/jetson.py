"""What the mirror would do on another device: ``python -m benchmarks.jetson --device NAME|FILE.toml [--json]``.

Planning on paper: a table of service times, each with its source (`benchmarks/devices`), goes through the pipeline's
own scheduler in a simulation. What comes out is a projection, not a measurement, and as good as the table.
"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from collections.abc import Sequence
from typing import Any

from benchmarks.device import Device, read_device
from benchmarks.projection import project
from mirror.domain import MirrorError

SECONDS = 30.0
RATES = (30.0, 60.0)
FASTEST_FPS = 240.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulates and prints; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.jetson", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--device", default="this-machine", metavar="NAME|FILE.toml", help="default: this machine")
    parser.add_argument("--fps", type=float, help="of the camera; 30 and 60 when not given")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of simulated time")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    args = parser.parse_args(arguments)
    try:
        rates = RATES if args.fps is None else (args.fps,)
        if not all(1 <= fps <= FASTEST_FPS for fps in rates) or not 1 <= args.seconds <= 3600:
            raise MirrorError(f"--fps is 1 to {FASTEST_FPS:g}, --seconds 1 to 3600")
        device = read_device(args.device)
    except MirrorError as error:
        print(f"jetson: {error}", file=sys.stderr)
        return error.exit_code
    document = report(device, rates, args.seconds)
    print(json.dumps(document, indent=1) if args.json else table(document))
    return 0


def report(device: Device, rates: Sequence[float], seconds: float) -> dict[str, Any]:
    """The device's table and a projection for each camera rate."""
    return {
        "label": "projection, not a measurement",
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "device": device.name, "cores": device.cores,
        "steps": {
            name: {"cpu_ms": s.cpu_ms, "gpu_ms": s.gpu_ms, "kind": s.kind, "source": s.source}
            for name, s in device.steps.items()
        },
        "projections": [project(device, fps, seconds) for fps in rates],
    }


def table(document: dict[str, Any]) -> str:
    """The report for reading."""
    lines = [
        f"{document['device']}, {document['cores']} cores: a PROJECTION, not a measurement", "",
        f"{'step':<12}{'core ms':>9}{'GPU ms':>8}  source",
    ]
    for name, step in document["steps"].items():
        lines.append(f"{name:<12}{step['cpu_ms']:>9.2f}{step['gpu_ms']:>8.2f}  {step['kind']}: {step['source']}")
    for found in document["projections"]:
        ms = found["capture_to_paint_ms"]
        rates = "  ".join(f"{stage} {rate:g}" for stage, rate in found["rates"].items())
        first = "never" if found["first_look_s"] is None else f"after {found['first_look_s']:g} s"
        lines += [
            "",
            f"camera {found['fps_camera']:g} fps: display {found['fps_display']:g} fps, own pose "
            f"{100 * found['own_pose']:.1f} %, capture to paint p50 {ms['p50']:g}, p95 {ms['p95']:g}, "
            f"p99 {ms['p99']:g} ms",
            f"  a second: {rates}",
            f"  first look {first}; {found['cores_busy']:g} cores and {100 * found['gpu_busy']:.0f} % of the GPU busy",
        ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
