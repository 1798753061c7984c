"""ONNX Runtime's own TensorRT engines: the other way to TensorRT, with a folder each, built ahead of time as well.

ONNX Runtime builds an engine inside the first run and writes its cache in place; here that happens once, in a folder
that gets its name when all is done and compared. A session uses a finished folder or is refused: `run` never builds.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import onnxruntime

from mirror.domain import MirrorError
from mirror.runtime import providers
from mirror.runtime.cudart import open_cudart
from mirror.runtime.engine_check import compare, onnx_outputs, recorded_input
from mirror.runtime.engines import FLAGS_END, EngineCache, Source, default_precision, input_shapes, source_of
from mirror.runtime.manifest import FULL_PRECISION, PRECISIONS, ModelCard
from mirror.runtime.session import LOG_FATAL
from mirror.runtime.tensorrt import open_tensorrt
from mirror.runtime.threads import hold_session

PROVIDER = "ort-tensorrt"
READY = "ready.json"
UNFINISHED_FOLDER = ".ort-unfinished"
WORKSPACE_MB = 1024
UNKNOWN_MAJOR = 10
"""The TensorRT that is assumed where its Python package is not installed: ONNX Runtime does not tell its own."""


def check_offered() -> None:
    """Raise MirrorError, one line with the mend, when the installed onnxruntime has no TensorRT in it."""
    providers.request(PROVIDER, 1)


def version() -> str:
    return f"onnxruntime {onnxruntime.__version__}"


def folder(card: ModelCard, precision: str, cache: EngineCache | None = None) -> Path:
    """Where ONNX Runtime keeps its engines of a model: by graph, precision, GPU and ONNX Runtime's version.

    ONNX Runtime adds the versions of TensorRT and CUDA to the names of its files. Raises MirrorError without a GPU.
    """
    cache = EngineCache() if cache is None else cache
    parts = [_source(card, precision).sha256, precision, open_cudart().gpu().identity, onnxruntime.__version__]
    key = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
    return cache.folder / f"{card.name}.{precision}.{key}.ort"


def options(card: ModelCard, precision: str, engines: Path, workspace_mb: int = WORKSPACE_MB) -> dict[str, str]:
    """onnxruntime's options for its TensorRT provider."""
    chosen = {
        "trt_engine_cache_enable": "True", "trt_engine_cache_path": str(engines),
        "trt_max_workspace_size": str(workspace_mb << 20),
    }
    if _major() < FLAGS_END:
        chosen |= {
            "trt_fp16_enable": str(precision in ("fp16", "int8")), "trt_int8_enable": str(precision == "int8"),
        }
    shapes = input_shapes(card)
    if any(least != most for _, least, most in shapes):
        lows = ",".join(f"{name}:{'x'.join(map(str, least))}" for name, least, _ in shapes)
        highs = ",".join(f"{name}:{'x'.join(map(str, most))}" for name, _, most in shapes)
        chosen |= {
            "trt_profile_min_shapes": lows, "trt_profile_opt_shapes": lows, "trt_profile_max_shapes": highs,
        }
    return chosen


def request(card: ModelCard, precision: str) -> list[Any]:
    """onnxruntime's ``providers`` argument for a model with built engines. Raises MirrorError when it has none."""
    check_offered()
    engines = folder(card, precision)
    if not (engines / READY).is_file():
        raise MirrorError(
            f"no {PROVIDER} engine of '{card.name}' in {precision} for this device yet; "
            f"run `mirror models engines {card.name} --provider {PROVIDER} --precision {precision}`"
        )
    return providers.request(PROVIDER, 1, options(card, precision, engines))


def graph(card: ModelCard, precision: str) -> Path:
    """The file that a session of this provider loads: TensorRT makes fp16 itself, int8 needs the quantised graph."""
    return _source(card, precision).path


def build(
    card: ModelCard, precision: str | None = None, *, cache: EngineCache | None = None,
    workspace_mb: int = WORKSPACE_MB, waiting: Callable[[], None] | None = None,
) -> dict[str, Any]:
    """Build, compare and keep ONNX Runtime's engines of a model; what ``ready.json`` says of them, and "cached".

    Raises MirrorError, one line: no GPU or provider, the graph cannot be built, or it computes something else.
    """
    cache = EngineCache() if cache is None else cache
    precision = precision or default_precision(card, PROVIDER)
    check_offered()
    final = folder(card, precision, cache)
    writing = final.with_suffix(UNFINISHED_FOLDER)
    with cache.locked(final.with_suffix(".lock"), waiting):
        if (final / READY).is_file():
            return {**json.loads((final / READY).read_text("utf-8")), "cached": True}
        for place in (writing, final):
            shutil.rmtree(place, ignore_errors=True)
        writing.mkdir()
        source = _source(card, precision)
        began = time.monotonic()
        feed = recorded_input(card)
        try:
            found = _outputs(card, source.path, options(card, precision, writing, workspace_mb), feed)
        except MirrorError:
            shutil.rmtree(writing, ignore_errors=True)
            raise
        built = list(writing.glob("*.engine"))
        reference = onnx_outputs(card, str(source.path if precision == "int8" else card.path), feed)
        differences = compare(card, precision, found, reference)
        bad = next((d for d in differences if not d.ok), None)
        if bad is not None or not built:
            shutil.rmtree(writing, ignore_errors=True)
            raise MirrorError(
                f"model '{card.name}': TensorRT took no part of the graph; run it on cuda" if bad is None else
                f"the {PROVIDER} engine of '{card.name}' in {precision} is not kept: output '{bad.output}' differs "
                f"from ONNX by {bad.percentile:.2g} ({bad.tolerance:.2g} may be): use --precision fp32"
            )
        facts = {
            "model": card.name, "precision": precision, "seconds": round(time.monotonic() - began, 1),
            "bytes": sum(path.stat().st_size for path in built), "verified": [d.document() for d in differences],
        }
        (writing / READY).write_text(json.dumps(facts), "utf-8")
        writing.rename(final)
        return {**facts, "cached": False}


def strangers(cards: Sequence[ModelCard], cache: EngineCache, all_models: bool) -> list[Path]:
    """Folders of these models that no precision of theirs uses on this device any more, and unfinished ones.

    Without a GPU nothing finished can be judged: then only the unfinished.
    """
    names = {card.name for card in cards}
    found = [
        path for path in (cache.folder.glob("*.ort*") if cache.folder.is_dir() else ())
        if path.is_dir() and (all_models or path.name.split(".")[0] in names)
    ]
    ours = set()
    for card in cards:
        for precision in (FULL_PRECISION, *PRECISIONS):
            try:
                ours.add(folder(card, precision, cache))
            except MirrorError:
                continue  # no GPU, or no file of that precision
    judged = bool(ours)  # the full precision always has a file: nothing found means no GPU
    return [path for path in found if path.suffix == UNFINISHED_FOLDER or (judged and path not in ours)]


def _outputs(card: ModelCard, path: Path, chosen: dict[str, str], feed: Any) -> list[Any]:
    settings = onnxruntime.SessionOptions()
    hold_session(settings, 1)
    settings.log_severity_level = LOG_FATAL
    try:
        session = onnxruntime.InferenceSession(
            str(path), settings, providers=providers.request(PROVIDER, 1, chosen), enable_fallback=0
        )
        session.disable_fallback()
        providers.really_used(PROVIDER, session.get_providers())
        return list(session.run([spec.name for spec in card.outputs], {card.inputs[0].name: feed}))
    except MirrorError:
        raise
    except Exception as error:  # onnxruntime's own exceptions share no base class but Exception
        raise MirrorError(
            f"model '{card.name}' cannot be built by {PROVIDER}: {' '.join(str(error).split())}; "
            f"{providers.MENDS[PROVIDER]}"
        ) from error


def _source(card: ModelCard, precision: str) -> Source:
    return source_of(card, precision, _major())


def _major() -> int:
    try:
        return open_tensorrt().major
    except MirrorError:
        return UNKNOWN_MAJOR
