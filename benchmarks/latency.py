"""From capture to the screen, honestly: the frame's number is drawn into it and read back from the painted window.

    python -m benchmarks.latency --seconds 30 --clips clips/ --json

Another process asks the X server over and over for the pixels around the marker and notes when a number first shows.
That is compared with the pipeline's own stamp, taken when the window has painted: the difference is what the stamp
leaves out (handing the picture to the server, and the server's drawing). Without an X server the screen is Qt's
offscreen one and the window's own thread reads it. A camera's exposure and transfer and a panel's scan-out are in
neither figure. A reading is upper bound: the time at which the pixels had arrived; ``resolution`` is the time between
two readings.
"""

from __future__ import annotations

import argparse
import json
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.clip import FORMS, cached_clip
from benchmarks.floors import Floor, floors_text
from benchmarks.machine import machine, machine_line
from benchmarks.marked_mirror import Paint, Reading, run_marked
from benchmarks.marker import NUMBERS, Sight
from benchmarks.mirror_process import ROOT, add_options, kept_to_cores, told_by, window_size, with_config
from benchmarks.x_pixels import XPixels
from benchmarks.x_server import XServer
from mirror.domain import MirrorError
from mirror.service.bench import WARM_UP_S

SECONDS = 30.0
SLACK_S = 90.0
POLL_S = 0.001
LOST_POLL_S = 0.1
"""Between two readings; while the marker is nowhere the whole screen is read, and that rarely."""
OLDEST_S = 5.0
"""A number read later than this after its capture is that of another frame: numbers come again."""
FLOORS: Mapping[str, tuple[Floor, ...]] = {
    "720p30": (Floor("p95_ms", "at most", 25.0), Floor("p99_ms", "at most", 35.0)),
    "1080p30": (Floor("p95_ms", "at most", 30.0),),
    "720p60": (Floor("p95_ms", "at most", 16.0),),
}


def measure(form: str, clips: Path, seconds: float, size: tuple[int, int], config: Path | None) -> dict[str, Any]:
    """One form's figures. Raises MirrorError when the mirror or the reader fails, or too little could be read."""
    clip = cached_clip(clips, form)
    prefix = kept_to_cores()
    words = with_config(["--seconds", f"{seconds:g}", "--size", f"{size[0]}x{size[1]}", "--only", form], config)
    with XServer(*size, prefix=prefix) as screen:
        command = [*prefix, sys.executable, "-m", "benchmarks.latency", "--as-mirror", str(clip), *words]
        reader = None
        if screen.display is None:
            command.append("--read-here")
        else:
            reader = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.latency", "--as-reader", screen.display, *words],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
        try:
            told = told_by(command, f"latency: {form}", screen.environment(), seconds + SLACK_S)
            # the end of its stdin ends the reader
            seen, said = reader.communicate(timeout=SLACK_S) if reader is not None else ("", "")
        except subprocess.TimeoutExpired:
            raise MirrorError(f"latency: {form}: the reader did not end") from None
        finally:
            if reader is not None:
                reader.kill()
                reader.wait()
        if reader is not None:
            if reader.returncode != 0:
                raise MirrorError(f"latency: the reader: {(said.strip().splitlines() or ['no word'])[-1]}")
            told |= json.loads(seen)
        got = compare(told["paints"], told["readings"])
        return {
            "screen": screen.kind, "read_by": "another process" if reader is not None else "the window's own thread",
            "reader_cpu_percent": told.get("reader_cpu_percent"), "fps": told["bench"]["fps"]["display"],
            "own_pose": told["bench"]["own_pose"], "bench_ms": told["bench"]["latency_ms"]["capture_to_paint"], **got,
            "floors": [floor.told({f"{k}_ms": v for k, v in got["glass_ms"].items()}) for floor in FLOORS[form]],
        }


def compare(paints: Sequence[Paint], readings: Sequence[Reading]) -> dict[str, Any]:
    """Percentiles in milliseconds of capture to stamp, capture to screen and their difference, of the same frames.

    Raises:
        MirrorError: not a single painted frame was read.
    """
    seen: dict[int, list[Reading]] = {}
    for reading in readings:
        seen.setdefault(reading[0], []).append(reading)
    warm = paints[0][2] + WARM_UP_S if paints else 0.0
    after = [paint for paint in paints if paint[1] >= warm]
    rows = []
    for number, captured, stamped in after:
        found = next((r for r in seen.get(number % NUMBERS, ()) if captured <= r[2] < captured + OLDEST_S), None)
        if found is not None:
            rows.append((stamped - captured, found[2] - captured, found[2] - stamped, found[2] - found[1]))
    if not rows:
        raise MirrorError(f"latency: none of {len(after)} painted frames could be read from the screen")
    stamp, glass, difference, resolution = (_percentiles(column) for column in np.array(rows).T)
    return {
        "frames": len(after), "read_share": round(len(rows) / len(after), 4), "stamp_ms": stamp, "glass_ms": glass,
        "difference_ms": difference, "resolution_ms": resolution,
    }


def _percentiles(seconds: Any) -> dict[str, float]:
    p50, p95, p99 = (round(1000 * float(value), 2) for value in np.percentile(seconds, (50, 95, 99)))
    return {"p50": p50, "p95": p95, "p99": p99}


def _reader(display: str, size: tuple[int, int]) -> dict[str, Any]:
    """Read until stdin ends: every number that showed, when it first did, and the CPU this took."""
    pixels, sight = XPixels(display), Sight(*size)
    readings: list[Reading] = []
    shown: int | None = None
    before, last = 0.0, b""
    began, cpu = time.monotonic(), time.process_time()
    while not select.select([sys.stdin], [], [], LOST_POLL_S if sight.lost else POLL_S)[0]:
        area, asked = sight.area, time.monotonic()
        try:
            got = pixels.read(area)
        except MirrorError:
            if sight.lost:
                continue  # the window is not open yet, or closed already
            raise
        arrived = time.monotonic()
        raw = got.tobytes()
        if shown is None or raw != last:
            number = sight.see(got)
            # one that shows after the marker was lost may have shown for long
            if number is not None and shown is not None and number != shown:
                readings.append((number, before, arrived))
            shown = number
            # the area may have moved along: other bytes next time, read again
            last = raw if sight.area == area else b""
        before = asked
    spent = 100 * (time.process_time() - cpu) / (time.monotonic() - began)
    pixels.close()
    return {"readings": readings, "reader_cpu_percent": round(spent, 1)}


def table(document: Mapping[str, Any]) -> str:
    """The document as Markdown rows, for docs/benchmarks.md and for a person."""

    def three(p: Mapping[str, float]) -> str:
        return f"{p['p50']:.1f} / {p['p95']:.1f} / {p['p99']:.1f}"

    lines = [
        "| form | screen, read by | frames read | to the pipeline's stamp p50 / p95 / p99, ms | to the screen | "
        "difference | resolution p50 | floors |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {form} | {row['screen']}, {row['read_by']} | {100 * row['read_share']:.1f} % of {row['frames']} | "
        f"{three(row['stamp_ms'])} | {three(row['glass_ms'])} | {three(row['difference_ms'])} | "
        f"{row['resolution_ms']['p50']:.1f} | {floors_text(row['floors'])} |"
        for form, row in document["forms"].items()
    ]
    lines += ["", f"{document['seconds']:g} s each. {machine_line(document)}."]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 0 when done (also when a floor was not reached: the document says so)."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="720p30", help=f"of {','.join(FORMS)} (default 720p30)")
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"of each form (default {SECONDS:g})")
    add_options(parser)
    parser.add_argument("--as-mirror", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--read-here", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--as-reader", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    wanted = options.only.split(",")
    try:
        size = window_size(options.size, "latency")
        if not options.seconds > 0:
            raise MirrorError("latency: --seconds is more than 0")
        if unknown := sorted(set(wanted) - set(FORMS)):
            raise MirrorError(f"latency: --only {','.join(unknown)}: no such form; they are {', '.join(FORMS)}")
        if options.as_reader:
            print(json.dumps(_reader(options.as_reader, size)))
            return 0
        if options.as_mirror:
            from mirror.runtime.threads import limit_threads

            limit_threads()
            told = run_marked(
                options.as_mirror, options.seconds, size, config=options.config, reads=options.read_here)
            print(json.dumps(told))
            return 0
        with tempfile.TemporaryDirectory() as folder:
            clips = (options.clips or Path(folder)).resolve()
            forms = {form: measure(form, clips, options.seconds, size, options.config) for form in wanted}
    except MirrorError as error:
        print(f"mirror: {error}", file=sys.stderr)
        return error.exit_code
    document = {"benchmark": "latency", **machine(), "seconds": options.seconds, "window": options.size, "forms": forms}
    print(json.dumps(document, indent=1) if options.json else table(document))
    return 0


if __name__ == "__main__":
    sys.exit(main())
