"""`mirror bench`: how fast the whole mirror is, with the real window painted, as one JSON document."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import resource
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mirror.camera.opening import open_source
from mirror.config import Settings
from mirror.domain import MirrorError
from mirror.pipeline.live import LivePipeline
from mirror.pipeline.state import CONSENT_STAGES, Telemetry
from mirror.runtime.heap import share_heap
from mirror.service.opening import load_vision, open_catalogue, say
from mirror.service.screen import choose_platform

WARM_UP_S = 4.0
"""After the first frame, before measuring: models have run once, memory is taken, all stages have had a turn."""

FIRST_FRAME_S = 30.0
POLL_S = 0.05
LOST_POLL_S = 0.25
DEFAULT_SIZE = (1080, 1920)


def bench(
    settings: Settings, *, catalogue: Path | None = None, seconds: float = 20.0, size: tuple[int, int] | None = None,
) -> dict[str, Any]:
    """Run the mirror for ``seconds`` after a warm-up and return what was measured (the contract in docs).

    Files are looped and paced like a camera: their late frames are skipped and counted. Without a display the same
    window is painted on Qt's offscreen platform. All stages run only when ``settings.privacy.consent`` is given.

    Raises:
        MirrorError: source, models, catalogue or window cannot be had, no frame came, or the source was lost
            before the measurement was over.
    """
    share_heap()
    choose_platform(headless=False)
    # after the platform is chosen: importing the window imports Qt
    from mirror.ui.window import run_window

    camera = settings.camera
    source = open_source(
        "demo" if camera.source == "auto" else camera.source, loop=True, size=(camera.width, camera.height),
        camera_fps=camera.fps, rotate=camera.rotate,
    )
    vision = load_vision(settings)
    with open_catalogue(settings, catalogue) as opened:
        pipeline = LivePipeline(source, vision, opened, settings)
        watch = _Watch(pipeline, seconds)
        watch.start()
        try:
            run_window(pipeline, settings, size=size or DEFAULT_SIZE)
        finally:
            watch.stop()
        if watch.document is None:
            problem = watch.problem or f"source {source.name}: ended before anything could be measured"
            raise MirrorError(f"bench: {problem}")
        return {
            **watch.document, "source": source.name, "window": list(size or DEFAULT_SIZE),
            "catalogue_items": 0 if opened is None else opened.count, "platform": platform_told(),
            "models": vision.model_names(), "providers": vision.providers(),
        }


class _Watch:
    """Waits for the warm-up, measures, and ends the run: on a thread of its own, for the window has the main one."""

    def __init__(self, pipeline: LivePipeline, seconds: float) -> None:
        self.document: dict[str, Any] | None = None
        self.problem = ""
        """What is wrong with the source, when that ended the measurement."""
        self._pipeline = pipeline
        self._seconds = seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mirror-bench", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        began = time.monotonic()
        while self._pipeline.state().frame_number < 0:
            if self._over.wait(POLL_S):
                return
            if time.monotonic() - began > FIRST_FRAME_S or self._lost():
                self.problem = self._lost() or f"source {self._pipeline.source.name}: no frame in {FIRST_FRAME_S:.0f} s"
                break
        else:
            say(f"warming up for {WARM_UP_S:.0f} s, then measuring for {self._seconds:.0f} s")
            if not self._passes(WARM_UP_S) and not self.problem:
                self._measure()
        # a source that is over closes the window
        self._pipeline.end()

    def _passes(self, seconds: float) -> bool:
        """Wait so long; True when it is over before: the window was closed, or the source failed."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self._over.wait(min(left, LOST_POLL_S)):
                return True
            self.problem = self._lost()
            if self.problem:
                return True
        return False

    def _lost(self) -> str:
        """What is wrong with the source, "" when nothing is."""
        error = self._pipeline.source.error
        return "" if error is None else str(error)

    def _measure(self) -> None:
        self._pipeline.measure_anew()
        cpu, began, threads = time.process_time(), time.monotonic(), _thread_seconds()
        stopped = self._passes(self._seconds)
        told = self._pipeline.measured()
        seconds = time.monotonic() - began
        spent = time.process_time() - cpu
        way = self._pipeline.telemetry.way()
        after = _thread_seconds()
        if not self.problem and not stopped and told.displayed == 0:
            self.problem = f"source {self._pipeline.source.name}: no frame came while it was measured"
        if self.problem or told.displayed == 0:
            return
        self.document = {
            **_figures(told),
            "cpu_percent": round(100 * spent / seconds, 1),
            "cpu_ms_per_frame": round(1000 * spent / max(1, told.displayed), 2),
            "cpu_seconds": _spent_by_name(threads, after),
            "governor": _governed(told, time.monotonic() - told.seconds),
            "frame_way_ms": {name: round(value, 2) for name, value in way.items()},
            "rss_mb": round(_resident_mb(), 1),
            "stages_missing": sorted(CONSENT_STAGES - set(told.stages)),
        }


def bench_table(document: dict[str, Any]) -> str:
    """The document of :func:`bench` as a few lines for a person."""
    frames, latency = document["frames"], document["latency_ms"]
    lines = [
        f"{document['source']}, {document['seconds']:.1f} s, window {document['window'][0]}x{document['window'][1]}",
        f"display {document['fps']['display']:.1f} fps, pose {document['fps'].get('pose', 0):.1f} per second; "
        f"{frames['captured']} frames captured, {frames['displayed']} shown, {frames['dropped']} dropped",
    ]
    for name, said in (("capture_to_paint", "camera to paint"), ("overlay_age", "age of the overlay")):
        p = latency[name]
        lines.append(f"{said}: p50 {p['p50']:.1f} ms, p95 {p['p95']:.1f}, p99 {p['p99']:.1f}")
    lines.append(f"frames with their own pose: {100 * document['own_pose']:.1f} %")
    lines.append(
        f"CPU {document['cpu_percent']:.0f} % of one core, {document['cpu_ms_per_frame']:.1f} ms a frame, "
        f"{document['rss_mb']:.0f} MB resident")
    lines.append(f"{'stage':12} {'p50':>7} {'p95':>7} {'pre':>7} {'run':>7} {'post':>7} {'wait':>7} {'per s':>7}")
    for name, t in document["stage_ms"].items():
        rate = document["fps"].get(name, 0.0)
        lines.append(
            f"{name:12} {t['p50']:7.2f} {t['p95']:7.2f} {t['pre']:7.2f} {t['run']:7.2f} {t['post']:7.2f} "
            f"{t['wait']:7.2f} {rate:7.1f}")
    if document["frame_way_ms"]:
        steps = " + ".join(
            f"{name.replace('_', ' ')} {value:.1f}" for name, value in document["frame_way_ms"].items()
            if name != "total")
        lines.append(f"a usual frame, ms: {steps} = {document['frame_way_ms']['total']:.1f}")
    for step in document["governor"]["steps"]:
        lines.append(f"governor at {step['seconds']:.0f} s: {step['name']} ({step['reason']})")
    if document["cpu_seconds"]:
        lines.append("CPU s by thread: " + ", ".join(f"{k} {v:.1f}" for k, v in document["cpu_seconds"].items()))
    if document["stages_missing"]:
        lines.append(f"did not run: {', '.join(document['stages_missing'])} (nobody full in view, or no catalogue)")
    return "\n".join(lines)


def _figures(told: Telemetry) -> dict[str, Any]:
    def percentiles(p: Any) -> dict[str, float]:
        return {"p50": round(p.p50, 2), "p95": round(p.p95, 2), "p99": round(p.p99, 2)}

    stages = {
        name: {key: round(value, 3) if isinstance(value, float) else value for key, value in asdict(timing).items()}
        for name, timing in told.stages.items()
    }
    return {
        "seconds": round(told.seconds, 2),
        "frames": {"captured": told.captured, "displayed": told.displayed, "dropped": told.dropped},
        "fps": {
            "display": round(told.fps_display, 2), "camera": round(told.fps_camera, 2),
            **{name: round(rate, 2) for name, rate in told.fps.items() if name not in ("camera", "display")},
        },
        "latency_ms": {
            "capture_to_paint": percentiles(told.capture_to_paint), "overlay_age": percentiles(told.overlay_age),
        },
        "own_pose": round(told.own_pose, 4),
        "stage_ms": stages,
    }


def _governed(told: Telemetry, began: float) -> dict[str, Any]:
    """Where the governor's ladder stands, and its steps: ``seconds`` since the measurement began (less than 0: in the
    warm-up)."""
    state = told.governor
    steps = [
        {"seconds": round(s.at - began, 1), "level": s.level, "name": s.name, "reason": s.reason} for s in state.steps]
    return {
        "level": state.level, "name": state.name, "reason": state.reason,
        "celsius": None if state.celsius is None else round(state.celsius, 1), "throttled": state.throttled,
        "steps": steps,
    }


def _thread_seconds() -> dict[int, tuple[str, float]]:
    """Name and CPU seconds (user and system) of every thread by its id, where Linux tells."""
    named = {thread.native_id: thread.name for thread in threading.enumerate()}
    seconds: dict[int, tuple[str, float]] = {}
    for stat in Path("/proc/self/task").glob("*/stat"):
        try:
            # the name stands in brackets and may hold anything; utime and stime are fields 14 and 15 of proc(5)
            before, _, rest = stat.read_text("utf-8", "replace").rpartition(")")
        except OSError:
            continue  # it ended meanwhile
        fields, number = rest.split(), int(stat.parent.name)
        ticks = int(fields[11]) + int(fields[12])
        seconds[number] = (named.get(number) or before.partition("(")[2], ticks / os.sysconf("SC_CLK_TCK"))
    return seconds


def _spent_by_name(
    before: dict[int, tuple[str, float]], after: dict[int, tuple[str, float]],
) -> dict[str, float]:
    """CPU seconds between two readings, threads of one name together, the busiest first."""
    spent: dict[str, float] = {}
    for number, (name, seconds) in after.items():
        spent[name] = spent.get(name, 0.0) + seconds - before.get(number, ("", 0.0))[1]
    busiest = sorted(spent.items(), key=lambda item: -item[1])
    return {name: round(value, 2) for name, value in busiest if value >= 0.005}


def _resident_mb() -> float:
    """Resident memory now (Linux), else its peak."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        return pages * resource.getpagesize() / 1e6
    except (OSError, ValueError, IndexError):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / 1e6 if sys.platform == "darwin" else peak / 1e3


def platform_told() -> dict[str, Any]:
    """System, processor, cores this process may use, load now, and the versions of what does the work."""
    versions = {}
    for name in (
        "numpy", "opencv-python-headless", "onnxruntime", "onnxruntime-gpu", "onnxruntime-openvino", "PyQt5",
        "dlib-bin",
    ):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "system": f"{platform.system()} {platform.release()}", "machine": platform.machine(), "cpu": _cpu_name(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "load": round(os.getloadavg()[0], 2), "python": platform.python_version(),
        "qt": os.environ.get("QT_QPA_PLATFORM") or "native", "versions": versions,
    }


def _cpu_name() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"
