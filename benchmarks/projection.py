"""The pipeline on paper: a discrete-event simulation of its threads on a device's cores and GPU, stages by the real
:class:`~mirror.pipeline.schedule.Schedule`.

Camera, pose, slow and window threads each do one thing at a time: compute on a core (shared by weight when there are
more threads than cores; the slow thread has the weight of nice 10), or wait their turn at the GPU, which does one thing
at a time. What the simulation leaves out makes the device look better than it is: caches, memory bandwidth, the GIL,
heat.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.device import Device
from mirror.config import PipelineSettings
from mirror.pipeline.schedule import Schedule
from mirror.pipeline.stages import fresh, periods

GARMENTS = 4
EMBEDDINGS = 12
"""Four garments, three views each, for one shopper."""
NICE_WEIGHT = 110 / 1024
"""Linux's weight of nice 10 over that of nice 0."""
HOLD_BELOW_FPS = 40.0
"""Up to this rate a picture waits for its own pose (`mirror.pipeline.live`)."""
SPREAD = 0.18
"""Sigma of the logarithm of every time, drawn from a seed: p95 is 1.34 times the median, as measured for poses."""
EPSILON_S = 1e-9


@dataclass(frozen=True)
class Use:
    """Compute ``seconds`` on a core, or on the GPU."""

    seconds: float
    gpu: bool = False


@dataclass(frozen=True)
class Until:
    """Go on when ``ready`` says so, at the latest at ``time``."""

    time: float
    ready: Callable[[], bool] = lambda: False


Way = Generator[Use | Until, None, None]


@dataclass
class _Thread:
    way: Way
    weight: float
    doing: Use | Until
    left: float = 0.0


class Machine:
    """Threads on cores and one GPU, in simulated seconds."""

    def __init__(self, cores: int) -> None:
        self.now = 0.0
        self.core_s = 0.0
        self.gpu_s = 0.0
        self._cores = cores
        self._threads: list[_Thread] = []
        self._gpu: list[_Thread] = []

    def start(self, way: Way, weight: float = 1.0) -> None:
        """Add a thread."""
        thread = _Thread(way, weight, Until(0.0))
        self._threads.append(thread)

    def run(self, until: float) -> None:
        """Let time pass up to ``until``."""
        while self.now < until - EPSILON_S:
            while any(self._advance(thread) for thread in list(self._threads)):
                pass
            busy = [t for t in self._threads if isinstance(t.doing, Use) and not t.doing.gpu]
            shares = _shares([t.weight for t in busy], self._cores)
            ends = [self.now + t.left / share for t, share in zip(busy, shares, strict=True)]
            ends += [self.now + t.left for t in self._gpu[:1]]
            ends += [t.doing.time for t in self._threads if isinstance(t.doing, Until)]
            then = min([until, *(max(end, self.now + EPSILON_S) for end in ends)])
            passed = then - self.now
            for thread, share in zip(busy, shares, strict=True):
                thread.left -= passed * share
                self.core_s += passed * share
            for thread in self._gpu[:1]:
                thread.left -= passed
                self.gpu_s += passed
            self.now = then

    def _advance(self, thread: _Thread) -> bool:
        """Give a thread that is done with its step the next one; False when it is not done."""
        doing = thread.doing
        if isinstance(doing, Use):
            if thread.left > EPSILON_S / 2:
                return False
            if doing.gpu:
                self._gpu.remove(thread)
        elif self.now < doing.time - EPSILON_S / 2 and not doing.ready():
            return False
        try:
            thread.doing = next(thread.way)
        except StopIteration:
            self._threads.remove(thread)
            return True
        if isinstance(thread.doing, Use):
            thread.left = thread.doing.seconds
            if thread.doing.gpu:
                self._gpu.append(thread)
        return True


def _shares(weights: list[float], cores: int) -> list[float]:
    """Cores given to each of several running threads, by weight, none more than one."""
    given = [0.0] * len(weights)
    open_, left = set(range(len(weights))), float(cores)
    while open_:
        total = sum(weights[i] for i in open_)
        full = {i for i in open_ if left * weights[i] / total >= 1}
        if not full:
            for i in open_:
                given[i] = left * weights[i] / total
            break
        for i in full:
            given[i] = 1.0
        left -= len(full)
        open_ -= full
    return given


@dataclass
class Record:
    """What happened, in simulated seconds."""

    posed: dict[int, float] = field(default_factory=dict)
    painted: list[tuple[int, float, bool]] = field(default_factory=list)
    """Frame, when its paint was over, and whether it showed its own pose."""
    ran: dict[str, list[float]] = field(default_factory=dict)
    """Stage -> when each run was over."""


class Mirror:
    """The pipeline's threads on a machine."""

    def __init__(self, device: Device, fps: float, settings: PipelineSettings | None = None) -> None:
        self.record = Record()
        self.machine = Machine(device.cores)
        self._settings = settings or PipelineSettings()
        self._device = device
        self._rng = np.random.default_rng(1)
        self._period = 1 / fps
        self._holds = fps < HOLD_BELOW_FPS
        self._ready = self._shown = -1
        self._embedded = 0
        self._looked = 0
        self._schedule = Schedule(periods(self._settings))
        self.machine.start(self._camera())
        self.machine.start(self._pose())
        self.machine.start(self._slow(), NICE_WEIGHT)
        self.machine.start(self._window())

    def _step(self, name: str) -> Way:
        step = self._device.steps[name]
        slower = float(np.exp(self._rng.normal(0, SPREAD)))
        if step.cpu_ms:
            yield Use(slower * step.cpu_ms / 1000)
        if step.gpu_ms:
            yield Use(slower * step.gpu_ms / 1000, gpu=True)

    def _camera(self) -> Way:
        number = 0
        while True:
            # a frame that is late is skipped, as a camera's driver does
            number = max(number, int((self.machine.now + EPSILON_S) / self._period))
            yield Until(number * self._period)
            yield from self._step("camera")
            self._ready = number
            yield from self._step("display")
            self._shown = number
            number += 1

    def _pose(self) -> Way:
        last, people_at = -1, 0.0
        while True:
            while self._ready <= last:
                yield Until(self.machine.now + 1.0, lambda seen=last: self._ready > seen)  # type: ignore[misc]
            last = self._ready
            yield from self._step("pose")
            self.record.posed[last] = self.machine.now
            self._ran("pose")
            if self.machine.now - people_at >= self._settings.people_every_s:
                people_at = self.machine.now
                yield from self._step("people")
                self._ran("people")

    def _slow(self) -> Way:
        while True:
            now = self.machine.now
            newest = max(self.record.posed, default=-1)
            stage = None
            if newest >= 0:
                age = now - newest * self._period
                stage = self._schedule.most_overdue({s for s in self._allowed() if fresh(s, age)}, now)
            if stage is None:
                yield Until(now + self._period / 2, lambda: False)
                continue
            self._schedule.ran(stage, now)
            for step in (stage, "attributes") if stage == "face" else (stage,):
                yield from self._step(step)
                self._ran(step)
            self._embedded += stage == "embedding"
            self._looked = self._embedded if stage == "look" else self._looked

    def _allowed(self) -> set[str]:
        stages = {"garments", "mask", "face"}
        # a garment counts once it was seen twice
        if self._embedded < EMBEDDINGS and len(self.record.ran.get("garments", ())) >= 2:
            stages.add("embedding")
        if self._embedded > self._looked:
            stages.add("look")
        return stages

    def _window(self) -> Way:
        last = -1
        while True:
            while self._shown <= last:
                yield Until(self.machine.now + 1.0, lambda seen=last: self._shown > seen)  # type: ignore[misc]
            last = self._shown
            if self._holds:
                patience = last * self._period + self._settings.pose_wait_ms / 1000
                yield Until(patience, lambda wanted=last: wanted in self.record.posed)  # type: ignore[misc]
            own = last in self.record.posed
            yield from self._step("paint")
            self.record.painted.append((last, self.machine.now, own))

    def _ran(self, name: str) -> None:
        self.record.ran.setdefault(name, []).append(self.machine.now)


def project(device: Device, fps: float, seconds: float, settings: PipelineSettings | None = None) -> dict[str, Any]:
    """Expected rates and latencies of the mirror on a device: a projection, not a measurement."""
    mirror = Mirror(device, fps, settings)
    mirror.machine.run(seconds)
    record = mirror.record
    latency = [1000 * (end - number / fps) for number, end, _ in record.painted] or [float("nan")]
    first = {stage: times[0] for stage, times in record.ran.items()}
    whole = all(stage in first for stage in ("mask", "face", "garments", "embedding", "look"))
    return {
        "label": "projection, not a measurement",
        "device": device.name, "cores": device.cores, "fps_camera": fps, "seconds": seconds,
        "fps_display": round(len(record.painted) / seconds, 2),
        "own_pose": round(sum(own for *_, own in record.painted) / max(1, len(record.painted)), 4),
        "capture_to_paint_ms": {f"p{p}": round(float(np.percentile(latency, p)), 1) for p in (50, 95, 99)},
        "rates": {stage: round(len(times) / seconds, 2) for stage, times in record.ran.items()},
        "first_look_s": round(first["look"], 2) if "look" in first else None,
        "first_whole_analysis_s": round(max(first.values()), 2) if whole else None,
        "cores_busy": round(mirror.machine.core_s / seconds, 2), "gpu_busy": round(mirror.machine.gpu_s / seconds, 2),
        "assumed": list(device.assumed),
    }
