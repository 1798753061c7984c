"""Building a TensorRT engine from a model's graph, ahead of time, and keeping it only when it computes the same."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from mirror.domain import MirrorError
from mirror.runtime.cudart import CudaError, open_cudart
from mirror.runtime.engine_check import Difference, compare, onnx_outputs, recorded_input
from mirror.runtime.engines import (
    FLAGS_END,
    EngineCache,
    EngineKey,
    Stored,
    default_precision,
    input_shapes,
    key_of,
    source_of,
)
from mirror.runtime.manifest import ModelCard
from mirror.runtime.tensorrt import Library, LoadedEngine, open_tensorrt

WORKSPACE_MB = 1024
"""Most scratch memory a layer may take. TensorRT's own default is all of the GPU's; on a Jetson, all of the board's."""
LOW_MEMORY = ("out of memory", "outofmemory", "insufficient memory", "cuda failure: 2", "cudaerrormemoryallocation")
"""How TensorRT's messages name a lack of memory, in lower case."""
EXPLICIT_BATCH_UNTIL = 10
"""From TensorRT 10 on every network has an explicit batch; before, it must be asked for."""

Progress = Callable[[float, str], None]
"""Told (share done in 0..1, phase in TensorRT's words), from TensorRT's threads; only where it has IProgressMonitor."""


class Built(NamedTuple):
    """What a build gave. ``cached``: it was there already."""

    stored: Stored
    cached: bool


def build_engine(
    card: ModelCard, precision: str | None = None, *, cache: EngineCache | None = None,
    workspace_mb: int = WORKSPACE_MB, progress: Progress | None = None, waiting: Callable[[], None] | None = None,
) -> Built:
    """The engine of a model for this machine: from the cache if one fits, else built, verified and kept.

    ``waiting`` is called when another process builds the same engine; its engine is taken then. A build that fails,
    is killed or does not verify leaves no engine.

    Raises:
        MirrorError: TensorRT, CUDA or the GPU is missing, the graph cannot be built, memory ran out, or the engine
            computes something else than the graph. One line with the mend.
        KeyboardInterrupt: the build was interrupted.
    """
    cache = EngineCache() if cache is None else cache
    precision = precision or default_precision(card)
    key = key_of(card, precision)
    with cache.lock(card.name, key, waiting):
        try:
            return Built(cache.read(card.name, key), cached=True)
        except MirrorError:
            pass  # none, stale or damaged: build it
        library = open_tensorrt()
        source = source_of(card, precision, library.major)
        began = time.monotonic()
        plan = build_plan(library, card, source.path, precision, workspace_mb, progress)
        seconds = time.monotonic() - began
        differences = verify(card, key, plan, source.path)
        bad = next((d for d in differences if not d.ok), None)
        if bad is not None:
            raise MirrorError(
                f"the engine of '{card.name}' in {precision} is not kept: output '{bad.output}' differs from ONNX by "
                f"{bad.percentile:.2g} (95th percentile; {bad.tolerance:.2g} may be): build it with --precision fp32"
                f"{'' if precision != 'fp32' else ' by another TensorRT, and report it'}"
            )
        facts = {
            "seconds": round(seconds, 1), "workspace_mb": workspace_mb, "cuda": open_cudart().gpu().runtime,
            "source_bytes": source.path.stat().st_size, "verified": [d.document() for d in differences],
        }
        return Built(cache.write(card.name, key, plan, facts), cached=False)


def verify(card: ModelCard, key: EngineKey, plan: Any, graph: Path) -> tuple[Difference, ...]:
    """Run a plan and its graph on the card's recorded input and compare. Raises MirrorError when one cannot run.

    fp16 is compared with the full graph, int8 with the quantised one: what quantising costs is measured by
    `mirror export quantize` on real data.
    """
    feed = recorded_input(card)
    reference = onnx_outputs(card, str(graph if key.precision == "int8" else card.path), feed)
    engine = LoadedEngine(card, plan)
    try:
        return compare(card, key.precision, engine.run(feed), reference)
    finally:
        engine.close()


def build_plan(
    library: Library, card: ModelCard, graph: Path, precision: str, workspace_mb: int, progress: Progress | None = None
) -> bytes:
    """The serialised engine of an ONNX file. Raises MirrorError, one line, with what TensorRT said."""
    library.complaints()
    try:
        return _build(library, card, graph, precision, workspace_mb, progress)
    except (RuntimeError, TypeError, MemoryError) as error:
        # TensorRT's bindings raise these when CUDA fails inside of a constructor
        raise _failure(card, library, workspace_mb, " ".join(str(error).split())) from error


def _build(
    library: Library, card: ModelCard, graph: Path, precision: str, workspace_mb: int, progress: Progress | None
) -> bytes:
    trt = library.trt
    builder = trt.Builder(library.logger)
    flags = 0
    if library.major < EXPLICIT_BATCH_UNTIL:
        flags = 1 << int(trt.NetworkDefinitionCreationFlag.EXPLICIT_BATCH)
    network = builder.create_network(flags)
    parser = trt.OnnxParser(network, library.logger)
    if not parser.parse(graph.read_bytes(), str(graph)):
        said = "; ".join(" ".join(str(parser.get_error(i).desc()).split()) for i in range(parser.num_errors))
        raise MirrorError(
            f"TensorRT {library.version} cannot read the graph of '{card.name}' ({graph.name}): "
            f"{said or library.complaints() or 'it does not say why'}; " + (
                "it takes int8 only with zero points of 0: choose --precision fp16" if precision == "int8" else
                "run this model on ort-tensorrt or cuda")
        )
    config = builder.create_builder_config()
    config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, workspace_mb << 20)
    _set_precision(trt, library.major, config, precision)
    if any(isinstance(d, str) for spec in card.inputs for d in spec.shape):
        profile = builder.create_optimization_profile()
        for name, least, most in input_shapes(card):
            profile.set_shape(name, least, least, most)  # least, best, most: the mirror asks for one at a time
        config.add_optimization_profile(profile)
    monitor = None
    if progress is not None and hasattr(trt, "IProgressMonitor"):
        monitor = _monitor(trt, progress)
        config.progress_monitor = monitor
    plan = builder.build_serialized_network(network, config)
    if monitor is not None and monitor.interrupted:
        raise KeyboardInterrupt
    if plan is None:
        raise _failure(card, library, workspace_mb)
    return bytes(plan)


def _set_precision(trt: Any, major: int, config: Any, precision: str) -> None:
    flags = trt.BuilderFlag
    if precision == "fp32" and hasattr(flags, "TF32"):
        config.clear_flag(flags.TF32)  # TensorRT's "fp32" rounds to 11 bits on newer GPUs unless told not to
    if major >= FLAGS_END:
        return  # the graph says it
    if precision == "fp16":
        config.set_flag(flags.FP16)
    if precision == "int8":
        config.set_flag(flags.INT8)
        config.set_flag(flags.FP16)  # for the layers that the quantiser left whole


def _failure(card: ModelCard, library: Library, workspace_mb: int, raised: str = "") -> MirrorError:
    said = "; ".join(text for text in (library.complaints(), raised) if text)
    if any(word in said.lower() for word in LOW_MEMORY):
        return MirrorError(
            f"building the engine of '{card.name}' ran out of memory ({_free_mb()}): close what uses the GPU, give "
            f"--workspace less than {workspace_mb} (MB), or on a Jetson add swap"
        )
    return MirrorError(
        f"TensorRT {library.version} could not build the engine of '{card.name}': {said or 'it does not say why'}; "
        "run this model on ort-tensorrt or cuda"
    )


def _free_mb() -> str:
    try:
        return f"the GPU has {open_cudart().gpu().memory_mb} MB"
    except CudaError as error:
        return str(error)


def _monitor(trt: Any, progress: Progress) -> Any:
    """TensorRT's progress, phases inside of phases, as one share that never falls."""

    class Monitor(trt.IProgressMonitor):  # type: ignore[misc]
        def __init__(self) -> None:
            trt.IProgressMonitor.__init__(self)
            self.interrupted = False
            self._phases: dict[str, tuple[str | None, int, int]] = {}
            self._told = 0.0

        def phase_start(self, phase_name: str, parent_phase: str | None, num_steps: int) -> None:
            self._phases[phase_name] = (parent_phase, 0, max(1, num_steps))

        def step_complete(self, phase_name: str, step: int) -> bool:
            parent, _, steps = self._phases.get(phase_name, (None, 0, step + 1))
            self._phases[phase_name] = (parent, step + 1, steps)
            try:
                self._tell(phase_name)
            except KeyboardInterrupt:
                # an exception must not cross TensorRT's own code: saying no ends the build
                self.interrupted = True
            return not self.interrupted

        def phase_finish(self, phase_name: str) -> None:
            self._phases.pop(phase_name, None)

        def _tell(self, phase: str) -> None:
            share, name = 0.0, phase
            # from the innermost phase outwards: done steps, and the part of the step that its inner phase is
            for _ in range(len(self._phases) + 1):
                parent, done, steps = self._phases.get(name, (None, 0, 1))
                share = min(1.0, (done + share) / steps)
                if parent is None:
                    break
                name = parent
            self._told = max(self._told, share)
            progress(self._told, phase)

    return Monitor()
