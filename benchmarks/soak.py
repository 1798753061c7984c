"""The mirror for minutes or hours: memory, frame age and frames per second, once a second.

    python -m benchmarks.soak --minutes 10 --clips clips/ --json

The whole mirror (what `mirror bench` runs: window, every stage, consent given) on a clip of people that is looped, so
that new persons keep coming. After the first minute memory should not grow: the slope of the resident memory is told
with its 95 % interval, and whether zero lies inside; beside it that of what the C library has in use, which no room
held ready can hide. Needs Linux, for the memory of another process.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np

from benchmarks.clip import FORMS, cached_clip
from benchmarks.floors import Floor, floors_text
from benchmarks.held import in_use_kb
from benchmarks.machine import machine, machine_line
from benchmarks.mirror_process import ROOT, add_options, kept_to_cores, window_size, with_config
from benchmarks.slope import Slope, slope
from benchmarks.x_server import XServer
from mirror.domain import MirrorError

MINUTES, SETTLE_S = 10.0, 60.0
EVERY_S = 1.0
END_S = 60.0
"""How long the mirror may take to close."""
FIRST_FRAME_S = 60.0
FLOORS = (Floor("rss_peak_mb", "at most", 650.0), Floor("rss_grows", "at most", 0.0))
"""Resident memory after ten minutes, and a slope that cannot be told from zero."""

Sample = dict[str, float]


def measure(
    clip: Path, minutes: float, settle_s: float, size: tuple[int, int], config: Path | None = None,
) -> dict[str, Any]:
    """Soak for ``minutes`` from the first painted frame. Raises MirrorError when the mirror fails or stops."""
    prefix = kept_to_cores()
    seconds = 60 * minutes
    command = with_config([
        *prefix, sys.executable, "-m", "benchmarks.soak", "--as-mirror", str(clip), "--size", f"{size[0]}x{size[1]}",
        "--minutes", f"{minutes:g}",
    ], config)
    with XServer(*size, prefix=prefix) as screen:
        with tempfile.TemporaryFile("w+") as said, subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=said, text=True, cwd=ROOT, env=screen.environment(),
        ) as mirror:
            watchdog = threading.Timer(FIRST_FRAME_S + seconds + END_S, mirror.kill)
            watchdog.start()
            try:
                samples = _collect(mirror, seconds)
            finally:
                watchdog.cancel()
                if mirror.poll() is None:
                    mirror.kill()
            said.seek(0)
            words = said.read().strip().splitlines() or ["no word"]
        if mirror.returncode != 0 or not samples:
            raise MirrorError(f"soak: the mirror ended after {len(samples)} s: {words[-1]}")
        kind = screen.kind
    got = figures(samples, settle_s)
    return {"screen": kind, **got, "floors": [floor.told(got) for floor in FLOORS], "samples": samples}


def _collect(mirror: subprocess.Popen[str], seconds: float) -> list[Sample]:
    """A sample for every line that the mirror's process prints, with its memory seen from here."""
    samples: list[Sample] = []
    told = 0.0
    assert mirror.stdout is not None
    for line in mirror.stdout:
        sample: Sample = json.loads(line)
        rss = resident_mb(mirror.pid)
        if rss is None:
            break
        samples.append({**sample, "rss_mb": round(rss, 2)})
        if sample["s"] - told >= 60:
            told = sample["s"]
            print(f"soak: {told / 60:.0f} of {seconds / 60:g} min, {rss:.0f} MB, {sample['fps']:.1f} fps",
                  file=sys.stderr)
    mirror.wait(END_S)
    return samples


def figures(samples: Sequence[Mapping[str, float]], settle_s: float) -> dict[str, Any]:
    """What a soak's samples say; memory grows (1) or does not (0) after ``settle_s``, None when too short to say."""
    late = [sample for sample in samples if sample["s"] >= settle_s]
    rss = [sample["rss_mb"] for sample in samples]
    ages = [sample["age_ms"] for sample in late or samples]
    seconds = [sample["s"] for sample in late]
    found = slope(seconds, [sample["rss_mb"] for sample in late])
    used = slope(seconds, [sample["in_use_mb"] for sample in late])
    age = slope(seconds, [sample["age_ms"] for sample in late])
    rates = [sample["fps"] for sample in late or samples]
    return {
        "seconds": round(samples[-1]["s"], 1), "rss_peak_mb": max(rss), "rss_end_mb": rss[-1],
        "rss_slope_mb_per_minute": _told(found),
        "rss_slope_blocks": None if found is None else found.blocks,
        "rss_zero_inside": None if found is None else found.has_zero,
        "rss_grows": None if found is None else int(found.low > 0),
        "in_use_slope_mb_per_minute": _told(used),
        "age_ms": {
            "p50": round(float(np.median(ages)), 2),
            "worst_second_p95": round(max(s["age_p95_ms"] for s in late or samples), 2),
            "slope_per_minute": _told(age),
        },
        "fps": {"mean": round(mean(rates), 2), "least": round(min(rates), 2)},
    }


def _told(found: Slope | None) -> dict[str, float] | None:
    if found is None:
        return None
    return {"value": round(found.per_minute, 4), "low": round(found.low, 4), "high": round(found.high, 4)}


def _said(told: Mapping[str, float]) -> str:
    return f"{told['value']:+.2f} ({told['low']:+.2f} to {told['high']:+.2f})"


def resident_mb(process: int) -> float | None:
    """Resident memory of a process (Linux), None when it is gone."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _as_mirror(clip: Path, minutes: float, size: tuple[int, int], config: Path | None) -> int:
    """Run the mirror; a line of JSON for every second from its first painted frame on."""
    from mirror.runtime.threads import limit_threads

    limit_threads()
    from mirror.config import load_settings
    from mirror.pipeline.live import LivePipeline
    from mirror.pipeline.state import MirrorState
    from mirror.service import bench

    painted = LivePipeline.painted
    ages: list[float] = []
    began, turn = 0.0, 0

    def noted(self: LivePipeline, state: MirrorState, paint_s: float | None = None) -> None:
        nonlocal began, turn
        painted(self, state, paint_s)
        now = time.monotonic()
        began = began or now
        if now - began >= (turn + 1) * EVERY_S:
            # a second without a single frame makes the next line's rate low: it counts for both
            passed = int((now - began) / EVERY_S) - turn
            turn += passed
            p50, p95 = np.percentile(ages or [now - state.time], (50, 95))
            print(json.dumps({
                "s": turn * EVERY_S, "fps": len(ages) / (passed * EVERY_S), "age_ms": round(1000 * float(p50), 2),
                "age_p95_ms": round(1000 * float(p95), 2), "in_use_mb": in_use_kb() * 1.024e-3}), flush=True)
            ages.clear()
        ages.append(now - state.time)

    LivePipeline.painted = noted  # type: ignore[method-assign]
    # after the warm-up the bench only waits; the samples are what counts
    settings = load_settings(config, overrides={"privacy": {"consent": "given"}, "camera": {"source": str(clip)}})
    bench.bench(settings, seconds=max(1.0, 60 * minutes - bench.WARM_UP_S), size=size)
    return 0


def table(document: Mapping[str, Any]) -> str:
    """The document as Markdown rows, for docs/benchmarks.md and for a person."""
    steep, age = document["rss_slope_mb_per_minute"], document["age_ms"]
    if steep is None:
        slope_said = "too short to say"
    else:
        inside = "inside" if document["rss_zero_inside"] else "outside"
        slope_said = f"{_said(steep)}, zero {inside}; in use {_said(document['in_use_slope_mb_per_minute'])}"
    return "\n".join([
        "| minutes, clip | screen | RSS peak / end, MB | RSS slope after settling, MB per minute, 95 % | "
        "frame age p50, worst second's p95, ms | fps mean / least second | floors |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        f"| {document['minutes']:g}, {document['form']} | {document['screen']} | {document['rss_peak_mb']:.0f} / "
        f"{document['rss_end_mb']:.0f} | {slope_said} | {age['p50']:.1f}, {age['worst_second_p95']:.1f} | "
        f"{document['fps']['mean']:.1f} / {document['fps']['least']:.1f} | {floors_text(document['floors'])} |",
        "", f"{machine_line(document)}.",
    ])


def main(arguments: Sequence[str] | None = None) -> int:
    """Soak and print; 0 when done (also when a floor was not reached: the document says so)."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=MINUTES, help=f"default {MINUTES:g}")
    parser.add_argument("--settle", type=float, default=SETTLE_S, metavar="SECONDS",
                        help=f"that do not count for the slope (default {SETTLE_S:g})")
    parser.add_argument("--form", choices=tuple(FORMS), default="720p30")
    parser.add_argument("--people", type=int, default=1, help="in view (default 1)")
    add_options(parser)
    parser.add_argument("--as-mirror", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    try:
        size = window_size(options.size, "soak")
        if min(options.minutes, options.people) <= 0:
            raise MirrorError("soak: --minutes and --people are more than 0")
        if resident_mb(os.getpid()) is None:
            raise MirrorError("soak: this system does not tell another process's memory; run it on Linux")
        if options.as_mirror:
            return _as_mirror(options.as_mirror, options.minutes, size, options.config)
        about = {"minutes": options.minutes, "settle_s": options.settle, "form": options.form, "people": options.people}
        with tempfile.TemporaryDirectory() as folder:
            clip = cached_clip((options.clips or Path(folder)).resolve(), options.form, options.people)
            got = measure(clip, options.minutes, options.settle, size, options.config)
    except MirrorError as error:
        print(f"mirror: {error}", file=sys.stderr)
        return error.exit_code
    document = {"benchmark": "soak", **machine(), **about, "window": options.size, **got}
    print(json.dumps(document, indent=1) if options.json else table(document))
    return 0


if __name__ == "__main__":
    sys.exit(main())
