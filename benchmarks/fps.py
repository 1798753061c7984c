"""How fast the whole mirror is: `mirror bench` on clips of people, case by case, each in a process of its own.

    python -m benchmarks.fps --seconds 60 --clips clips/ --json

720p and 1080p, 30 and 60 frames per second and as fast as they come, one, two and four people, one and two cores, and
beside processes that burn the same cores. The real window is painted on an X server of the benchmark's own (Xvfb, on
the case's cores too), or off screen where there is none: ``screen`` says which. Everything runs: consent is given.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.clip import cached_clip
from benchmarks.floors import Floor, floors_text
from benchmarks.machine import machine, machine_line
from benchmarks.mirror_process import add_options, on_cores, told_by, window_size, with_config
from benchmarks.x_server import XServer
from mirror.domain import MirrorError

SECONDS = 60.0
SLACK_S = 90.0
"""Over the measured seconds: loading, warming up, on one core beside others."""
TIMED_STAGES = ("garments", "mask")
"""Slow stages that a timer asks for three times a second; the others wait for an event or run more rarely."""
HELD_MOST = 3
"""Frames that are neither shown nor dropped at the end: a display buffer each (mirror.pipeline.display). More of them
would be a queue."""


@dataclass(frozen=True)
class Case:
    """One measurement; ``burners`` processes burn the case's ``cores``."""

    name: str
    form: str = "720p30"
    people: int = 1
    cores: int = 2
    burners: int = 0
    unpaced: bool = False
    floors: tuple[Floor, ...] = ()


_QUEUES_NOTHING = Floor("held", "at most", HELD_MOST)
_BURNT = (Floor("fps", "at least", 28.0), Floor("slow_rate", "at least", 1.0), _QUEUES_NOTHING)
CASES: tuple[Case, ...] = (
    Case("720p30", floors=(
        Floor("fps", "at least", 29.5), Floor("own_pose", "at least", 0.99), Floor("p95_ms", "at most", 25.0),
        Floor("p99_ms", "at most", 35.0), Floor("slow_rate", "at least", 3.0), _QUEUES_NOTHING)),
    Case("1080p30", form="1080p30", floors=(Floor("p95_ms", "at most", 30.0),)),
    Case("720p60", form="720p60", floors=(
        # 60 poses a second to within the same half frame in 60 as the display
        Floor("fps", "at least", 59.0), Floor("pose_rate", "at least", 59.0), Floor("p95_ms", "at most", 16.0))),
    Case("unbounded", unpaced=True),
    Case("2-people", people=2),
    Case("4-people", people=4),
    Case("1-core", cores=1),
    Case("1-burner", burners=1, floors=_BURNT),
    Case("2-burners", burners=2, floors=_BURNT),
)
"""Floors are those this project set itself for two cores (docs/benchmarks.md)."""


def measure(case: Case, clips: Path, seconds: float, size: str, config: Path | None = None) -> dict[str, Any]:
    """The figures of one case, or ``missing`` and why this machine cannot run it.

    Raises:
        MirrorError: the clip cannot be made, or the mirror failed.
    """
    about = {
        "people": case.people, "cores": case.cores, "burners": case.burners, "form": case.form,
        "paced": not case.unpaced,
    }
    pinned = on_cores(case.cores)
    if isinstance(pinned, str):
        return {**about, "missing": pinned}
    clip = cached_clip(clips, case.form, case.people)
    module = ["-m", "benchmarks.fps", "--unpaced-bench"] if case.unpaced else ["-m", "mirror", "bench", "--json"]
    command = with_config([
        *pinned, sys.executable, *module, "--source", str(clip), "--seconds", f"{seconds:g}", "--size", size], config)
    with XServer(*window_size(size, "fps"), prefix=pinned) as screen, burning(case.burners, pinned):
        began, before = time.monotonic(), screen.cpu_seconds()
        told = told_by(command, f"fps: {case.name}", screen.environment(), seconds + SLACK_S)
        server = 100 * (screen.cpu_seconds() - before) / (time.monotonic() - began)
        got = figures(told)
        return {
            **about, "screen": screen.kind, "x_server_cpu_percent": round(server, 1), **got,
            "floors": [floor.told(got) for floor in case.floors],
        }


def figures(told: Mapping[str, Any]) -> dict[str, Any]:
    """A case's figures from the document of `mirror bench`: rates per second, milliseconds from capture to paint."""
    rates, frames, paint = told["fps"], told["frames"], told["latency_ms"]["capture_to_paint"]
    slow = {name: rate for name, rate in rates.items() if name in told["stage_ms"] and name not in (
        "camera", "display", "pose", "paint")}
    return {
        "seconds": told["seconds"], "fps": rates["display"], "camera_fps": rates["camera"],
        "own_pose": told["own_pose"],
        "p50_ms": paint["p50"], "p95_ms": paint["p95"], "p99_ms": paint["p99"], "pose_rate": rates.get("pose", 0.0),
        "slow_rate": min(rates.get(stage, 0.0) for stage in TIMED_STAGES), "slow_rates": slow,
        "cpu_percent": told["cpu_percent"], "cpu_ms_per_frame": told["cpu_ms_per_frame"], "rss_mb": told["rss_mb"],
        "paint_p95_ms": told["stage_ms"].get("paint", {}).get("p95"), "frames": frames,
        "held": max(0, frames["captured"] - frames["displayed"] - frames["dropped"]),
        "stages_missing": told["stages_missing"],
    }


@contextmanager
def burning(count: int, prefix: Sequence[str]) -> Iterator[list[subprocess.Popen[bytes]]]:
    """So many processes that do nothing as fast as they can, while the block runs."""
    processes = [
        subprocess.Popen([*prefix, sys.executable, "-c", "while True: pass"], stdin=subprocess.DEVNULL)
        for _ in range(count)
    ]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _unpaced_bench(options: argparse.Namespace) -> int:
    """`mirror bench --json` on a file whose frames come as fast as they are taken."""
    from mirror.runtime.threads import limit_threads

    limit_threads()
    from mirror.camera import opening
    from mirror.camera.source import Source
    from mirror.config import load_settings
    from mirror.service import bench

    def unpaced(spec: str, **wishes: Any) -> Source:
        return opening.open_source(spec, **{**wishes, "fps": math.inf})

    bench.open_source = unpaced  # type: ignore[attr-defined]
    overrides = {"privacy": {"consent": "given"}, "camera": {"source": options.source}}
    settings = load_settings(options.config, overrides=overrides)
    print(json.dumps(bench.bench(settings, seconds=options.seconds, size=window_size(options.size, "fps"))))
    return 0


def table(document: Mapping[str, Any]) -> str:
    """The document as Markdown rows, for docs/benchmarks.md and for a person."""
    lines = [
        "| case | screen | fps | own pose | capture to paint p50 / p95 / p99, ms | pose, slow per s | CPU % | CPU ms "
        "a frame | RSS MB | floors |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, row in document["cases"].items():
        if "missing" in row:
            lines.append(f"| {name} | not run: {row['missing']} | | | | | | | | |")
            continue
        lines.append(
            f"| {name} | {row['screen']} | {row['fps']:.1f} | {100 * row['own_pose']:.1f} % | {row['p50_ms']:.1f} / "
            f"{row['p95_ms']:.1f} / {row['p99_ms']:.1f} | {row['pose_rate']:.1f}, {row['slow_rate']:.1f} | "
            f"{row['cpu_percent']:.0f} | {row['cpu_ms_per_frame']:.1f} | {row['rss_mb']:.0f} | "
            f"{floors_text(row['floors'])} |")
    lines += ["", f"{document['seconds']:g} s each. {machine_line(document)}."]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 0 when done (also when a floor was not reached: the document says so)."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fps", description=(__doc__ or "").splitlines()[0])
    names = [case.name for case in CASES]
    parser.add_argument("--only", default=",".join(names), help=f"of {','.join(names)} (default: all)")
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"of each case (default {SECONDS:g})")
    add_options(parser)
    parser.add_argument("--unpaced-bench", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--source", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    wanted = options.only.split(",")
    try:
        if unknown := sorted(set(wanted) - set(names)):
            raise MirrorError(f"fps: --only {','.join(unknown)}: no such case; they are {', '.join(names)}")
        if not options.seconds > 0:
            raise MirrorError("fps: --seconds is more than 0")
        window_size(options.size, "fps")
        if options.unpaced_bench:
            return _unpaced_bench(options)
        with tempfile.TemporaryDirectory() as folder:
            cases = {}
            for case in (case for case in CASES if case.name in wanted):
                print(f"fps: {case.name}", file=sys.stderr)
                clips = options.clips or Path(folder)
                cases[case.name] = measure(case, clips.resolve(), options.seconds, options.size, options.config)
    except MirrorError as error:
        print(f"mirror: {error}", file=sys.stderr)
        return error.exit_code
    document = {"benchmark": "fps", **machine(), "seconds": options.seconds, "window": options.size, "cases": cases}
    print(json.dumps(document, indent=1) if options.json else table(document))
    return 0


if __name__ == "__main__":
    sys.exit(main())
