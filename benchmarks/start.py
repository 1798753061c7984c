"""How long a start takes: process to first painted picture, first pose, first full analysis, and its parts.

    python -m benchmarks.start --source clip.mp4 --runs 5 --json

Every run is a process of its own with the real command (`mirror run`, consent given, the real window). "cold": every
file that the run before had open or mapped was put out of the page cache (Linux; what another process maps stays). The
mirror's bytecode is there, as after an install, whatever PYTHONDONTWRITEBYTECODE says here. The clip should show a
whole person facing the camera from its first frame on, as those of `python -m benchmarks.clip` do.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mirror.domain import MirrorError

RUNS = 5
LIMIT_S = 60.0
"""A run without a full analysis until then counts as failed."""
MARKS = ("command", "window_imported", "source_open", "models_ready", "first_frame", "first_pose", "first_analysis")
"""Seconds since the process was asked for: the interpreter has begun the command; Qt and the window are imported; the
camera or clip is open; the nets are there; painted: a picture, one with a skeleton, one after every stage that follows
consent."""


def measure_start(source: str, runs: int, *, cold: bool, size: str = "1080x1920") -> dict[str, Any]:
    """Medians over ``runs`` starts of every mark in seconds, and the stages' first times. Raises MirrorError when a run
    fails."""
    told = [_one(source, size, evict=None)]  # also finds which files a start reads
    files = told[0].pop("files")
    timed = []
    for _ in range(runs):
        run = _one(source, size, evict=files if cold else None)
        run.pop("files")
        timed.append(run)
    return {
        "runs": runs,
        "median_s": {mark: round(statistics.median(run["marks"][mark] for run in timed), 3) for mark in MARKS},
        "worst_s": {mark: round(max(run["marks"][mark] for run in timed), 3) for mark in MARKS},
        "stages_median_s": {
            stage: round(statistics.median(run["stages"][stage] for run in timed), 3)
            for stage in sorted(timed[0]["stages"], key=lambda name: float(timed[0]["stages"][name]))
        },
    }


def _one(source: str, size: str, evict: Sequence[str] | None) -> dict[str, Any]:
    for name in evict or ():
        _put_out(Path(name))
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.start", "--as-child", f"{began!r}", "--source", source, "--size", size],
        capture_output=True, text=True, timeout=LIMIT_S + 30, check=False,
        env={name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
    )
    if done.returncode != 0:
        raise MirrorError(f"start: the run failed: {(done.stderr.strip().splitlines() or ['no word'])[-1]}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    missing = [mark for mark in MARKS if mark not in result["marks"]]
    if missing:
        raise MirrorError(f"start: never came: {', '.join(missing)} (stages done: {', '.join(result['stages'])})")
    return result


def _put_out(path: Path) -> None:
    """Ask the kernel to forget its copy of a file."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return
    try:
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(handle)


def _child(began: float, source: str, size: str) -> int:
    """Run the mirror as the command does, note when what happened, and end it."""
    marks = {"command": time.monotonic() - began}
    stages: dict[str, float] = {}
    from mirror.runtime.threads import limit_threads

    limit_threads()
    from mirror import cli
    from mirror.camera.source import Source
    from mirror.pipeline.late import LateReaders
    from mirror.pipeline.live import LivePipeline
    from mirror.pipeline.state import CONSENT_STAGES, MirrorState

    def note(mark: str) -> None:
        marks.setdefault(mark, time.monotonic() - began)

    start, readers, painted = Source.start, LateReaders.readers, LivePipeline.painted

    def started(self: Source) -> None:
        note("window_imported")
        start(self)
        note("source_open")

    def arrived(self: LateReaders) -> Any:
        found = readers(self)
        note("models_ready")
        return found

    def on_painted(self: LivePipeline, state: MirrorState, paint_s: float | None = None) -> None:
        painted(self, state, paint_s)
        note("first_frame")
        if state.pose is not None:
            note("first_pose")
        for stage in state.stages_done:
            stages.setdefault(stage, time.monotonic() - began)
        if state.stages_done >= CONSENT_STAGES:
            note("first_analysis")
            self.source.stop()

    Source.start = started  # type: ignore[method-assign]
    LateReaders.readers = arrived  # type: ignore[method-assign]
    LivePipeline.painted = on_painted  # type: ignore[method-assign]
    code = cli.main(["run", "--source", source, "--consent", "given", "--size", size, "--seconds", f"{LIMIT_S:.0f}"])
    print(json.dumps({"marks": marks, "stages": stages, "files": sorted(_files_read())}))
    return code


def _files_read() -> set[str]:
    """Files that this process maps, imported or loaded as models."""
    found = set()
    try:
        rows = Path("/proc/self/maps").read_text("utf-8").splitlines()
        found |= {row.split(maxsplit=5)[5] for row in rows if row.count("/") and "(deleted)" not in row}
    except OSError:
        pass
    for module in list(sys.modules.values()):
        for name in (getattr(module, "__file__", None), getattr(module, "__cached__", None)):
            if isinstance(name, str):
                found.add(name)
    from mirror.runtime.manifest import Manifest

    found |= {str(path) for path in Manifest.load().folder.glob("*") if path.is_file()}
    return {name for name in found if name.startswith("/") and Path(name).is_file()}


def table(document: dict[str, Any]) -> str:
    """The document of :func:`main` as lines for a person."""
    lines = [f"{'seconds since the process was asked for':42}" + "".join(f"{kind:>10}" for kind in document["starts"])]
    for mark in MARKS:
        row = "".join(f"{start['median_s'][mark]:10.2f}" for start in document["starts"].values())
        lines.append(f"{mark.replace('_', ' '):42}{row}")
    stages = next(iter(document["starts"].values()))["stages_median_s"]
    lines += [
        f"  {stage:40}" + "".join(f"{start['stages_median_s'].get(stage, 0):10.2f}" for start in
                                  document["starts"].values())
        for stage in stages
    ]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 0 when done."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--source", default="demo", help="clip that shows a whole person (default: the demo)")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--size", default="1080x1920", metavar="WxH", help="window size")
    parser.add_argument("--only", choices=("cold", "warm"), help="measure one kind of start")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--as-child", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.as_child is not None:
        return _child(options.as_child, options.source, options.size)
    kinds = (options.only,) if options.only else ("cold", "warm")
    try:
        if options.runs < 1:
            raise MirrorError("start: --runs is 1 or more")
        starts = {
            kind: measure_start(options.source, options.runs, cold=kind == "cold", size=options.size) for kind in kinds}
    except MirrorError as error:
        print(f"mirror: {error}", file=sys.stderr)
        return error.exit_code
    document = {"source": Path(options.source).name, "window": options.size, "starts": starts}
    print(json.dumps(document, indent=1) if options.json else table(document))
    return 0


if __name__ == "__main__":
    sys.exit(main())
