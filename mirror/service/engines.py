"""`mirror models engines`: TensorRT engines built ahead of time, listed and cleaned. `run` never builds one."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mirror.domain import MirrorError
from mirror.runtime import ort_engines
from mirror.runtime.cudart import open_cudart
from mirror.runtime.engine_build import WORKSPACE_MB, build_engine
from mirror.runtime.engines import EngineCache, default_precision, key_of
from mirror.runtime.manifest import FULL_PRECISION, PRECISIONS, Manifest, ModelCard
from mirror.runtime.providers import NATIVE
from mirror.runtime.tensorrt import open_tensorrt

TICK_S = 0.5
LOG_EVERY_S = 10.0
"""How often a line comes where nobody watches a terminal."""
SHARE_TO_TELL = 0.03
"""TensorRT's first steps are quick: a time left told from them would be wrong several times over."""


class Building:
    """Says on stderr how far one build is: share, phase, elapsed and left; on its own thread, for TensorRT 8 is silent.

    ``expected_s`` is how long the same build took before, when that is known.
    """

    def __init__(self, title: str, expected_s: float | None = None) -> None:
        self._title = title
        self._expected = expected_s
        self._began = time.monotonic()
        self._share, self._phase = 0.0, ""
        self._live = sys.stderr.isatty()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mirror-engine-progress", daemon=True)

    def __enter__(self) -> Building:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        if self._live:
            print("\r\x1b[2K", end="", file=sys.stderr)

    def progress(self, share: float, phase: str) -> None:
        """Called from TensorRT's threads."""
        self._share, self._phase = share, phase

    def waiting(self) -> None:
        self._phase = "another process builds it, waiting"

    def line(self) -> str:
        """E.g. ``garments fp16: 40 % (Tactic timing), 30 s, about 45 s left``."""
        elapsed = time.monotonic() - self._began
        words = []
        if self._share > 0:
            words.append(f"{100 * self._share:.0f} %" + (f" ({self._phase})" if self._phase else ""))
        elif self._phase:
            words.append(self._phase)
        words.append(_duration(elapsed))
        if self._share >= SHARE_TO_TELL:
            words.append(f"about {_duration(elapsed * (1 - self._share) / self._share)} left")
        elif self._expected is not None:
            words.append(f"about {_duration(max(0.0, self._expected - elapsed))} left, as last time")
        return f"{self._title}: {', '.join(words)}"

    def _run(self) -> None:
        pause = TICK_S  # an engine that is in the cache is there sooner, and needs no line
        while not self._over.wait(pause):
            self._say()
            pause = TICK_S if self._live else LOG_EVERY_S

    def _say(self) -> None:
        if self._live:
            print(f"\r\x1b[2Kmirror: {self.line()}", end="", file=sys.stderr, flush=True)
        else:
            print(f"mirror: {self.line()}", file=sys.stderr, flush=True)


def cards_named(manifest: Manifest, names: Sequence[str]) -> list[ModelCard]:
    """The cards of these names, all when there are none. Raises MirrorError for a name that no model has."""
    return [manifest[name] for name in names] if names else list(manifest)


def build_engines(
    manifest: Manifest, names: Sequence[str] = (), *, precision: str | None = None, provider: str = NATIVE,
    workspace_mb: int = WORKSPACE_MB, cache: EngineCache | None = None,
) -> dict[str, Any]:
    """Build what is missing, one model after the other; the JSON document of the command.

    A model that cannot be built does not hinder the others: its row has ``ok`` false and the problem.

    Raises:
        MirrorError: there is nothing to build with (TensorRT, CUDA, a GPU), or no model of that name.
    """
    cache = EngineCache() if cache is None else cache
    cards = cards_named(manifest, names)
    gpu = open_cudart().gpu()
    if provider == NATIVE:
        version = f"TensorRT {open_tensorrt().version}"
    else:
        ort_engines.check_offered()
        version = ort_engines.version()
    rows: list[dict[str, Any]] = []
    spent_s, spent_bytes = 0.0, 0
    for number, card in enumerate(cards, start=1):
        wanted = precision or default_precision(card, provider)
        title = f"[{number}/{len(cards)}] {card.name} {wanted}"
        rest = sum(_size(other) for other in cards[number - 1 :])
        if spent_bytes and number > 1:
            title += f" (all: about {_duration(spent_s * rest / spent_bytes)} left)"
        row: dict[str, Any] = {"model": card.name, "precision": wanted, "provider": provider, "ok": True, "problem": ""}
        began = time.monotonic()
        try:
            with Building(title, last_time(cache, card.name, wanted)) as building:
                row |= _build(card, wanted, provider, workspace_mb, cache, building)
        except MirrorError as error:
            row |= {"ok": False, "problem": str(error)}
        if not row.get("cached"):
            spent_s, spent_bytes = spent_s + time.monotonic() - began, spent_bytes + _size(card)
        rows.append(row)
    return {"folder": str(cache.folder), "gpu": gpu.identity, "version": version, "engines": rows}


def _build(
    card: ModelCard, precision: str, provider: str, workspace_mb: int, cache: EngineCache, building: Building
) -> dict[str, Any]:
    if provider != NATIVE:
        facts = ort_engines.build(card, precision, cache=cache, workspace_mb=workspace_mb, waiting=building.waiting)
        return {key: facts[key] for key in ("cached", "seconds", "bytes", "verified")}
    built = build_engine(
        card, precision, cache=cache, workspace_mb=workspace_mb, progress=building.progress, waiting=building.waiting
    )
    header = built.stored.header
    return {
        "cached": built.cached, "path": str(built.stored.path),
        **{key: header.get(key) for key in ("seconds", "bytes", "verified")},
    }


def build_table(document: dict[str, Any]) -> str:
    """The document of :func:`build_engines` for a person."""
    lines = [f"{document['gpu']}; {document['version']}; {document['folder']}"]
    for row in document["engines"]:
        if row["ok"]:
            off = max((d["percentile"] for d in row["verified"]), default=0.0)
            how = "was there" if row["cached"] else f"built in {_duration(row['seconds'])}"
            says = f"{row['bytes'] / 1e6:6.1f} MB  {how}, differs from ONNX by {off:.1e}"
        else:
            says = row["problem"]
        lines.append(f"{row['model']:20} {row['precision']:5} {says}")
    return "\n".join(lines)


def last_time(cache: EngineCache, model: str, precision: str) -> float | None:
    """Seconds that the newest engine of this model and precision took, whatever it was built for."""
    for _, header, _ in cache.headers(model, whole=False):
        if header.get("precision") == precision and isinstance(header.get("seconds"), (int, float)):
            return float(header["seconds"])
    return None


def list_engines(manifest: Manifest, names: Sequence[str] = (), cache: EngineCache | None = None) -> dict[str, Any]:
    """Every native engine in the cache and whether it fits this device: ``{"folder", "engines": [...]}``.

    ``status`` is "fits", "stale: why", "damaged: why" or "unknown: what is missing here to tell".
    """
    cache = EngineCache() if cache is None else cache
    known = {card.name for card in cards_named(manifest, names)} | set(names)
    rows = []
    for path, header, problem in cache.headers():
        model = str(header.get("model", path.name.split(".")[0]))
        if names and model not in known:
            continue
        rows.append({
            "path": str(path), "model": model, "bytes": path.stat().st_size,
            **{key: header.get(key) for key in ("precision", "built", "seconds", "tensorrt", "gpu")},
            "status": _status(manifest, model, header, problem),
        })
    return {"folder": str(cache.folder), "engines": rows}


def list_table(document: dict[str, Any]) -> str:
    """The document of :func:`list_engines` for a person."""
    lines = [f"{document['folder']}: {len(document['engines'])} engines"]
    for row in document["engines"]:
        lines.append(f"{row['model']:20} {row['precision'] or '?':5} {row['bytes'] / 1e6:6.1f} MB  {row['status']}")
    return "\n".join(lines)


def clean_engines(manifest: Manifest, names: Sequence[str] = (), cache: EngineCache | None = None) -> dict[str, Any]:
    """Remove what this device cannot use: stale, damaged and unfinished engines (of these models).

    What a running build is writing stays, and so does what cannot be judged here. ``{"folder", "removed", "bytes"}``.
    """
    cache = EngineCache() if cache is None else cache
    doomed = [
        Path(row["path"]) for row in list_engines(manifest, names, cache)["engines"]
        if row["status"].startswith(("stale", "damaged"))
    ]
    doomed += [path for path in cache.unfinished() if not names or path.name.split(".")[0] in names]
    doomed += ort_engines.strangers(cards_named(manifest, names), cache, all_models=not names)
    removed, size = [], 0
    for path in doomed:
        try:
            with cache.locked(path.with_suffix(".lock"), _busy):
                size += sum(p.stat().st_size for p in ([path] if path.is_file() else path.rglob("*")))
                if path.is_dir():
                    shutil.rmtree(path)
                else:
                    path.unlink(missing_ok=True)
                removed.append(str(path))
        except (_BusyError, FileNotFoundError):
            continue  # a build has it
    return {"folder": str(cache.folder), "removed": removed, "bytes": size}


def clean_table(document: dict[str, Any]) -> str:
    """The document of :func:`clean_engines` for a person."""
    freed = f"{document['folder']}: {len(document['removed'])} removed, {document['bytes'] / 1e6:.1f} MB freed"
    return "\n".join([freed, *document["removed"]])


class _BusyError(Exception):
    """Another process builds this engine."""


def _busy() -> None:
    raise _BusyError


def _status(manifest: Manifest, model: str, header: dict[str, Any], problem: str) -> str:
    if problem:
        return f"damaged: {problem.removeprefix('damaged: ')}"
    precision = header.get("precision")
    if model not in manifest or precision not in (FULL_PRECISION, *PRECISIONS):
        return "stale: the manifest has no such model"
    try:
        stale = key_of(manifest[model], precision).differs(header)
    except MirrorError as error:
        return f"unknown: {error}"
    return f"stale: {stale}" if stale else "fits"


def _size(card: ModelCard) -> int:
    return card.path.stat().st_size if card.path.is_file() else 0


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
