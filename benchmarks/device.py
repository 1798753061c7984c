"""Service times of a device: a table from a file, each number with its source, or measured here."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Literal

import numpy as np

from benchmarks.pictures import milliseconds
from mirror.domain import Box, Frame, MirrorError, Pose
from mirror.pipeline.frames import shrink
from mirror.pipeline.view import compose, filling
from mirror.vision.face import head_box
from mirror.vision.suite import Vision

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = Path(__file__).with_name("devices")
THIS_MACHINE = "this-machine"

STEPS: tuple[str, ...] = (
    "camera", "display", "paint", "people", "pose", "mask", "face", "attributes", "garments", "embedding", "look")
"""What takes time; `camera` is reading and shrinking, `look` the catalogue's search, `face` dlib's detector."""

Kind = Literal["measured", "published", "assumption"]
KINDS: tuple[Kind, ...] = ("measured", "published", "assumption")
LONGEST_MS = 10_000.0
RUNS = 15


@dataclass(frozen=True)
class Step:
    """Milliseconds of one run: ``cpu_ms`` on a core, ``gpu_ms`` on the GPU; how they are known, and from where."""

    cpu_ms: float
    gpu_ms: float
    kind: Kind
    source: str


@dataclass(frozen=True)
class Device:
    """A device on paper: so many cores, at most one GPU that does one thing at a time, and a time for every step."""

    name: str
    cores: int
    steps: Mapping[str, Step]

    @property
    def assumed(self) -> tuple[str, ...]:
        """Steps whose time nobody measured."""
        return tuple(name for name, step in self.steps.items() if step.kind == "assumption")


def read_device(named: str) -> Device:
    """A device by the name of a file in ``benchmarks/devices``, by the path of a TOML file, or this machine.

    Raises:
        MirrorError: no such device, or its table is not whole; one line that names the place.
    """
    if named == THIS_MACHINE:
        return measured_here()
    path = Path(named) if named.endswith(".toml") else FOLDER / f"{named}.toml"
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = ", ".join([THIS_MACHINE, *sorted(p.stem for p in FOLDER.glob("*.toml"))])
        raise MirrorError(f"{named}: no such device; name a TOML file or one of {known}") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise MirrorError(f"{path}: cannot be read as TOML: {' '.join(str(error).split())}") from error
    return _device(document, path)


def _device(document: Mapping[str, Any], path: Path) -> Device:
    name, cores = document.get("name"), document.get("cores")
    if not isinstance(name, str) or not isinstance(cores, int) or cores < 1:
        raise MirrorError(f"{path}: needs name = \"...\" and cores = a whole number of at least 1")
    tables = document.get("steps")
    tables = tables if isinstance(tables, dict) else {}
    for wrong in (*(s for s in STEPS if s not in tables), *(s for s in tables if s not in STEPS)):
        fault = "is missing" if wrong in STEPS else f"is not one of {', '.join(STEPS)}"
        raise MirrorError(f"{path}: [steps.{wrong}] {fault}")
    return Device(name, cores, {step: _step(tables[step], f"{path}: [steps.{step}]") for step in STEPS})


def _step(table: Any, where: str) -> Step:
    table = table if isinstance(table, dict) else {}
    times = []
    for key in ("cpu_ms", "gpu_ms"):
        value = table.get(key, 0)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= LONGEST_MS:
            raise MirrorError(f"{where}: {key} is milliseconds, 0 to {LONGEST_MS:g}")
        times.append(float(value))
    if table.get("kind") not in KINDS or not isinstance(table.get("source"), str) or not table["source"].strip():
        raise MirrorError(f"{where}: needs kind = {' | '.join(KINDS)} and source = where the number is from")
    if extra := set(table) - {"cpu_ms", "gpu_ms", "kind", "source"}:
        raise MirrorError(f"{where}: unknown {', '.join(sorted(extra))}")
    return Step(times[0], times[1], table["kind"], table["source"])


def measured_here() -> Device:
    """Medians of this machine's own readers on one thread, at 720p on a grey picture; a look is taken as 2 ms."""
    vision = Vision.load()
    rng = np.random.default_rng(0)
    image = rng.integers(90, 160, (720, 1280, 3)).astype(np.uint8)
    frame = Frame(image, 0, 0.0)
    small = shrink(frame).small
    body, view = Box(480, 40, 800, 700), filling(1280, 720, 1080, 1920)
    half = Box(*(v / 2 for v in body))
    out = np.zeros((view.height, view.width, 4), np.uint8)
    keypoints = np.full((17, 3), 0.9, np.float32)
    keypoints[:, 0], keypoints[:, 1] = 640 + 20 * np.arange(17) - 160, np.linspace(100, 640, 17)
    pose = Pose(keypoints)
    head = head_box(pose)
    jobs: dict[str, Callable[[], object]] = {
        "camera": lambda: shrink(frame), "display": lambda: compose(image, view, out),
        "people": lambda: vision.people.find(small), "pose": lambda: vision.pose.read(small, half),
        "mask": lambda: vision.mask.read(small, half), "garments": lambda: vision.garments.detect(image, body),
        "embedding": lambda: vision.embedder.embed(image, [body]),
    }
    if head is not None:
        jobs["face"] = lambda: vision.face.find(image, pose)
    source = "the reader's median here, one thread"
    known = {name: Step(_median_ms(job), 0.0, "measured", source) for name, job in jobs.items()}
    net = milliseconds(vision.attributes.session)["median"]
    known["attributes"] = Step(net, 0.0, "measured", "the session's median here, one thread")
    known["camera"] = Step(known["camera"].cpu_ms, 0.0, "measured", "shrinking alone; a camera's decoding is not in it")
    known["paint"] = Step(2.5, 0.0, "assumption", "the overlay's budget")
    known["look"] = Step(2.0, 0.0, "assumption", "a catalogue of some 400 items")
    known.setdefault("face", Step(4.0, 0.0, "assumption", "dlib on a head crop: 2 to 4 ms"))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Device(THIS_MACHINE, cores, {step: known[step] for step in STEPS})


def _median_ms(job: Callable[[], object]) -> float:
    job()
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        job()
        times.append(1000 * (time.perf_counter() - start))
    return round(median(times), 2)
