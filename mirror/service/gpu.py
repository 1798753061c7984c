"""`mirror doctor --gpu`: what this device's GPU can do for the mirror, built, compared and timed; ready to paste."""

from __future__ import annotations

import ctypes
import datetime
import importlib.metadata
import math
import platform
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mirror.config import Settings
from mirror.domain import MirrorError
from mirror.runtime import cudart, providers
from mirror.runtime.engine_check import compare, onnx_outputs, recorded_input, worst
from mirror.runtime.engines import EngineCache
from mirror.runtime.manifest import Manifest, ModelCard
from mirror.runtime.providers import NATIVE
from mirror.runtime.session import Session
from mirror.runtime.tensorrt import open_tensorrt
from mirror.service.doctor import Finding
from mirror.service.engines import build_engines
from mirror.service.opening import say
from mirror.service.places import models_folder, own_folder

TIMED: tuple[str, ...] = ("cpu", "cuda", "ort-tensorrt", NATIVE)
WARM_UPS = 10
"""The first runs on a GPU pay for allocations, autotuning and waking clocks."""
MOST_RUNS = 200
LONGEST_S = 2.0
"""A median needs no more; eight models on four providers stay within a minute or so."""
ASK_S = 10.0
NVIDIA_ON_PCI = "0x10de"
DISPLAY_CLASS = "0x03"
"""PCI's class of display controllers, which all GPUs belong to."""
PCI = Path("/sys/bus/pci/devices")
TEGRA_RELEASE = Path("/etc/nv_tegra_release")
DRIVER_VERSION = Path("/proc/driver/nvidia/version")
CUDNN: tuple[str, ...] = ("libcudnn.so.9", "libcudnn.so.8", "libcudnn.so")


def examine_gpu(settings: Settings, cache: EngineCache | None = None) -> dict[str, Any]:
    """Check what is installed; with a GPU that works, build every engine, compare with ONNX on the CPU and time.

    Returns the JSON document: ``{"status", "missing", "date", "platform", "checks", "models"}``. ``missing`` is the
    first thing that is missing or broken, "" when nothing. Raises MirrorError when the models cannot be read.
    """
    checks: list[Finding] = []
    for check in (_gpu, _driver, _tensorrt, _onnxruntime, _cudnn, _power):
        finding = check()
        if finding is not None:
            checks.append(finding)
        if check is _gpu and finding is not None and finding.status == "failure":
            # without a GPU the rest only hides what is missing first
            break
    failures = [finding for finding in checks if finding.status == "failure"]
    rows: list[dict[str, Any]] = []
    if not any(finding.name == "gpu" for finding in failures):
        rows = _models(settings, EngineCache() if cache is None else cache)
    broken = [row for row in rows for run in row["runs"].values() if run["problem"] and not run["absent"]]
    first = failures[0] if failures else None
    return {
        "status": "failure" if failures or broken else "ok",
        "missing": f"{first.says}; {first.mend}" if first else "",
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "platform": f"{platform.system()} {platform.release()} {platform.machine()}, "
                    f"Python {platform.python_version()}, mirror {_package('smart-mirror') or 'from its folder'}",
        "threads": settings.models.threads,
        "checks": [asdict(finding) for finding in checks],
        "models": rows,
    }


def gpu_table(document: dict[str, Any]) -> str:
    """The document of :func:`examine_gpu` in Markdown, for a person and for an issue."""
    lines = [f"`mirror doctor --gpu`, {document['date']}, {document['platform']}", ""]
    lines += [
        f"- {c['name']}: {c['says']}" + (f" -> {c['mend']}" if c["mend"] else "") for c in document["checks"]
    ]
    if document["missing"]:
        lines += ["", f"Missing first: {document['missing']}."]
    if not document["models"]:
        return "\n".join(lines)
    lines += [
        "", f"Median milliseconds a run (copies included; cpu: {document['threads']} thread(s)); in brackets the "
        "difference to ONNX on the CPU.", "",
        f"| model | {' | '.join(TIMED)} | engine MB | built in s |", "| --- |" + " ---: |" * (len(TIMED) + 2),
    ]
    for row in document["models"]:
        cells = [_cell(row["runs"][name]) for name in TIMED]
        size = f"{row['engine_bytes'] / 1e6:.1f}" if row["engine_bytes"] else "-"
        built = f"{row['engine_seconds']:.0f}" if row["engine_seconds"] else "-"
        lines.append(f"| {row['model']} | {' | '.join(cells)} | {size} | {built} |")
    problems = dict.fromkeys(
        f"- {name}: {run['problem']}" for row in document["models"] for name, run in row["runs"].items()
        if run["problem"]
    )
    return "\n".join([*lines, *(["", *problems] if problems else [])])


def _cell(run: dict[str, Any]) -> str:
    if run["ms"] is None:
        return "-" if run["absent"] else "failed"
    off = "" if run["differs"] is None else f" ({run['differs']:.0e})"
    return f"{run['ms']:.2f} {run['precision']}{off}"


def _models(settings: Settings, cache: EngineCache) -> list[dict[str, Any]]:
    """A row per model; a provider that is not here has the reason instead of a time."""
    manifest = Manifest.load(models_folder(settings), own_folder(settings))
    absent: dict[str, str] = {}
    engines: dict[str, dict[str, dict[str, Any]]] = {}
    for name in TIMED[1:]:
        try:
            if name == "cuda":
                providers.request(name, 1)
            else:
                built = build_engines(manifest, provider=name, cache=cache)
                engines[name] = {row["model"]: row for row in built["engines"]}
        except MirrorError as error:
            absent[name] = str(error)
    rows = []
    for card in manifest:
        say(f"timing {card.name}")
        row: dict[str, Any] = {"model": card.name, "engine_bytes": None, "engine_seconds": None, "runs": {}}
        native = engines.get(NATIVE, {}).get(card.name, {})
        row["engine_bytes"], row["engine_seconds"] = native.get("bytes"), native.get("seconds")
        feed = recorded_input(card)
        reference = onnx_outputs(card, str(card.path), feed)
        for name in TIMED:
            problem = absent.get(name) or engines.get(name, {}).get(card.name, {}).get("problem", "")
            row["runs"][name] = (
                {"ms": None, "p95_ms": None, "precision": None, "differs": None, "problem": problem,
                 "absent": name in absent}
                if problem else _timed(card, name, settings.models.threads, feed, reference)
            )
        rows.append(row)
    return rows


def _timed(card: ModelCard, provider: str, threads: int, feed: Any, reference: list[Any]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "ms": None, "p95_ms": None, "precision": None, "differs": None, "problem": "", "absent": False}
    try:
        session = Session(card, provider, threads)
        try:
            outputs = session.run(feed)
            difference = worst(compare(card, session.precision, outputs, reference))
            row |= {"precision": session.precision, **_median(lambda: session.run(feed))}
            if difference is not None:
                row["differs"] = difference.percentile if math.isfinite(difference.percentile) else None
                # an int8 file was measured against its gate by the exporter: here it is only reported
                if not difference.ok and session.precision != "int8":
                    row["problem"] = (
                        f"{card.name}: output '{difference.output}' differs from ONNX on the CPU by "
                        f"{difference.percentile:.2g} ({difference.tolerance:.2g} may be)"
                    )
        finally:
            session.close()
    except MirrorError as error:
        row["problem"] = str(error)
    return row


def _median(run: Callable[[], object]) -> dict[str, float]:
    for _ in range(WARM_UPS):
        run()
    times: list[float] = []
    until = time.perf_counter() + LONGEST_S
    while len(times) < MOST_RUNS and (time.perf_counter() < until or len(times) < 2):
        began = time.perf_counter()
        run()
        times.append(1e3 * (time.perf_counter() - began))
    return {"ms": round(statistics.median(times), 3), "p95_ms": round(statistics.quantiles(times, n=20)[-1], 3)}


def _gpu() -> Finding:
    """The GPU as CUDA sees it; when it sees none, the first thing on the way to it that is missing."""
    try:
        gpu = cudart.open_cudart().gpu()
        return Finding("gpu", "ok", f"{gpu.identity}, {gpu.memory_mb} MB; CUDA {gpu.runtime}, driver for {gpu.driver}")
    except MirrorError as error:
        if not _hardware():
            return Finding("gpu", "failure", "no NVIDIA GPU in this machine", "set [models] provider to cpu")
        if not _loads("libcuda.so.1"):
            return Finding(
                "gpu", "failure", "there is an NVIDIA GPU, but no driver for it (libcuda.so.1)",
                "install NVIDIA's driver; in a container start it with --gpus all (Jetson: --runtime nvidia)",
            )
        says = str(error).removesuffix(f"; {cudart.MEND}")
        return Finding("gpu", "failure", says, "install the CUDA that the driver can run (JetPack brings it)")


def _driver() -> Finding | None:
    asked = _ask("nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader")
    if asked:
        return Finding("driver", "ok", asked)
    for file in (TEGRA_RELEASE, DRIVER_VERSION):
        try:
            return Finding("driver", "ok", " ".join(file.read_text("utf-8", "replace").splitlines()[0].split()))
        except (OSError, IndexError):
            continue
    return Finding("driver", "warning", "its version cannot be told", "")


def _tensorrt() -> Finding:
    try:
        return Finding("tensorrt", "ok", f"TensorRT {open_tensorrt().version}")
    except MirrorError as error:
        return Finding("tensorrt", "failure", str(error), "install TensorRT (JetPack brings it)")


def _onnxruntime() -> Finding:
    package = next((name for name in ("onnxruntime-gpu", "onnxruntime") if _package(name)), "onnxruntime")
    says = f"{package} {_package(package)}, providers {', '.join(providers.offered())}"
    if "cuda" in providers.offered():
        return Finding("onnxruntime", "ok", says)
    return Finding("onnxruntime", "warning", says, "for cuda and ort-tensorrt: `make gpu` (installs onnxruntime-gpu)")


def _cudnn() -> Finding:
    for name in CUDNN:
        try:
            library = ctypes.CDLL(name)
            library.cudnnGetVersion.restype = ctypes.c_size_t
            number = int(library.cudnnGetVersion())
        except (OSError, AttributeError):
            continue
        # 8907 is 8.9.7, 90100 is 9.1.0
        big = 10000 if number >= 90000 else 1000
        return Finding("cudnn", "ok", f"cuDNN {number // big}.{number % big // 100}.{number % 100}")
    return Finding("cudnn", "warning", "no cuDNN", "needed by cuda and ort-tensorrt only: install cuDNN 9")


def _power() -> Finding | None:
    """A Jetson's power mode, without which its times say nothing."""
    mode = _ask("nvpmodel", "-q")
    return Finding("power", "ok", mode) if mode else None


def _hardware() -> bool:
    if TEGRA_RELEASE.exists() or "nvidia" in cudart.board().lower():
        return True
    for device in PCI.glob("*") if PCI.is_dir() else ():
        try:
            vendor, kind = (device / "vendor").read_text().strip(), (device / "class").read_text().strip()
        except OSError:
            continue
        if vendor == NVIDIA_ON_PCI and kind.startswith(DISPLAY_CLASS):
            return True
    return False


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _ask(*command: str) -> str:
    """What a tool of NVIDIA's says, in one line; "" when it is not here or fails."""
    if shutil.which(command[0]) is None:
        return ""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=ASK_S, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    return "; ".join(line.strip() for line in done.stdout.splitlines() if line.strip()) if done.returncode == 0 else ""


def _package(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
