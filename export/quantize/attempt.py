"""One attempt at a variant, from pictures to a written file or a refusal."""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import onnx

from export.manifest_table import VARIANT, default_lines, with_block, write_manifest
from export.quantize.calibrate import PERCENTILE, ranges
from export.quantize.fp16 import halved
from export.quantize.gate import FASTER, Trial, choose, closest, losses
from export.quantize.graph import folded
from export.quantize.int8 import Grid, plans, quantised
from export.quantize.record import record
from export.quantize.scenes import Feed
from export.quantize.tasks import evidence_for, inputs, task_of
from export.quantize.timing import interleaved
from mirror.domain import MirrorError
from mirror.runtime import providers as known
from mirror.runtime.manifest import FULL_PRECISION, MANIFEST_NAME, Manifest, ModelCard, Variant, default_folder
from mirror.runtime.sample import read_sample
from mirror.runtime.session import Session, check_file

TIMED = ("cpu", "cuda")
"""Providers that run a graph as it is. TensorRT builds engines of it first: `mirror models engines` times those."""


@dataclass(frozen=True, eq=False)
class Done:
    """A variant that was written, and what was measured of it and of the others tried."""

    card: ModelCard
    precision: str
    chosen: Trial
    trials: tuple[Trial, ...]
    gate: Mapping[str, float]
    default_for: tuple[str, ...]
    evidence: str

    def document(self) -> dict[str, Any]:
        """For ``--json``."""
        variant = self.card.variants[self.precision]
        return {
            "model": self.card.name, "precision": self.precision, "file": variant.file, "sha256": variant.sha256,
            "bytes": {"full": self.card.path.stat().st_size, "variant": variant.path.stat().st_size},
            "evidence": self.evidence, "gate": dict(self.gate), "default_for": list(self.default_for),
            **_measured(self.chosen), "tried": [{"bytes": len(t.data), **_measured(t)} for t in self.trials],
        }

    def table(self) -> str:
        """For a person."""
        lines = [f"{'':14} {'fp32':>10} {self.precision:>10} {'may lose':>10}"]
        for metric in self.chosen.metrics:
            most = self.gate.get(metric.name, self.gate.get(f"relative_{metric.name}"))
            allowed = "" if most is None else f"{most:10.4g}"
            lines.append(f"{metric.name:14} {metric.full:10.4f} {metric.variant:10.4f} {allowed:>10}")
        size = self.card.path.stat().st_size / 1e6, len(self.chosen.data) / 1e6
        lines.append(f"{'MB':14} {size[0]:10.1f} {size[1]:10.1f}")
        if self.chosen.times is not None:
            times = self.chosen.times
            lines.append(f"{'ms, 1 thread':14} {times.full_ms:10.1f} {times.variant_ms:10.1f}   x{times.ratio:.2f}")
        kept = f"float32 kept: {self.chosen.says}; " if self.precision == "int8" else ""
        runs = ", ".join(self.default_for) or "no provider by itself: [model.default] names it nowhere"
        lines += [f"{kept}measured on {self.evidence}", f"written; runs on {runs}"]
        return "\n".join(lines)


def attempt(
    name: str, precision: str, providers: tuple[str, ...], *, folder: Path | None = None, pictures: Path | None = None,
    method: str = "percentile", percentile: float = PERCENTILE, keep: str = "auto", full_range: bool = False,
    anyway: bool = False,
) -> Done:
    """Make, measure and write a variant of a model of ``folder``, to run on ``providers``.

    Raises:
        MirrorError: one line with both figures when it loses more than the gate allows or is not faster; or what is
            missing. Nothing was written then.
    """
    folder = default_folder() if folder is None else folder
    card = Manifest.load(folder)[name]
    here = known.offered()
    timed = next((provider for provider in providers if provider in TIMED and provider in here), None)
    if timed is None and not anyway:
        raise MirrorError(
            f"{name}: {', '.join(providers)} cannot be timed on this machine; with --even-if-slower it is written all "
            "the same, if it passes its gate"
        )
    full = Session(card, precision=FULL_PRECISION)
    task = task_of(card)
    gate = dict(card.gate or task.gate)
    evidence = evidence_for(task, pictures)
    feeds = inputs(full, evidence)
    _say(f"{name}: {len(feeds)} inputs to calibrate with; measuring on {evidence.says}")
    model = folded(check_file(card))
    trials = []
    with tempfile.TemporaryDirectory() as scratch:
        for says, made in _candidates(model, precision, feeds, method, percentile, keep, full_range, providers):
            data = made.SerializeToString(deterministic=True)
            candidate = _candidate(card, precision, data, Path(scratch))
            variant = Session(candidate, precision=precision)
            times = None
            if timed is not None:
                pair = (full, variant) if timed == "cpu" else (
                    Session(card, timed, precision=FULL_PRECISION), Session(candidate, timed, precision=precision))
                times = interleaved(*pair, feeds[0])
            trial = Trial(says, data, task.measure(full, variant, evidence), times)
            trials.append(trial)
            _say(_line(trial))
    chosen = choose(trials, gate)
    if chosen is None:
        best = closest(trials, gate)
        among = f"the best of {len(trials)} plans" if len(trials) > 1 else evidence.says
        raise MirrorError(
            f"{name} in {precision} is refused: {'; '.join(losses(best.metrics, gate))} ({among}); nothing was written"
        )
    faster = chosen.times is not None and chosen.times.ratio <= FASTER
    if not faster and not anyway:
        assert chosen.times is not None
        raise MirrorError(
            f"{name} in {precision} is refused: {chosen.times.variant_ms:.2f} ms where the full model takes "
            f"{chosen.times.full_ms:.2f} on {timed} (x{chosen.times.ratio:.2f}); nothing was written"
        )
    # where it was timed it must have been faster; elsewhere it was asked for
    default_for = tuple(provider for provider in providers if faster or provider != timed)
    written = _write(folder, card, precision, chosen, gate, default_for, evidence.says, method, timed)
    return Done(written, precision, chosen, tuple(trials), gate, default_for, evidence.says)


def _candidates(
    model: onnx.ModelProto, precision: str, feeds: list[Feed], method: str, percentile: float, keep: str,
    full_range: bool, providers: tuple[str, ...],
) -> list[tuple[str, onnx.ModelProto]]:
    if precision == "fp16":
        return [("", halved(model))]
    grid = Grid(seven_bits=not full_range, symmetric=any(provider != "cpu" for provider in providers))
    found = ranges(model, feeds, method, percentile)
    _say("which layers int8 hurts most" if keep == "auto" or keep.isdigit() else "layers to keep were told")
    return [(plan.says, quantised(model, found, plan.keep, grid)) for plan in plans(model, found, feeds, grid, keep)]


def _candidate(card: ModelCard, precision: str, data: bytes, scratch: Path) -> ModelCard:
    digest = hashlib.sha256(data).hexdigest()
    path = scratch / f"{digest[:16]}.onnx"
    path.write_bytes(data)
    return replace(card, variants={precision: Variant(precision, path.name, digest, path, {})}, default={})


def _write(
    folder: Path, card: ModelCard, precision: str, trial: Trial, gate: Mapping[str, float],
    default_for: tuple[str, ...], evidence: str, method: str, timed: str | None,
) -> ModelCard:
    """The file first, then the manifest that names it; the card as it is then."""
    file = f"{Path(card.file).stem}.{precision}.onnx"
    figures: dict[str, float | str] = {metric.name: round(metric.variant, 4) for metric in trial.metrics}
    figures |= {f"fp32_{m.name}": round(m.full, 4) for m in trial.metrics if m.full not in (0.0, 1.0)}
    if trial.times is not None:
        figures |= {"time_ratio": round(trial.times.ratio, 2), "timed_on": f"{timed}, one thread"}
    if precision == "int8":
        figures |= {"kept_fp32": trial.says, "calibration": method}
    figures["source"] = evidence
    pairs = ", ".join(f"{key} = {json.dumps(value)}" for key, value in figures.items())
    text = (folder / MANIFEST_NAME).read_text(encoding="utf-8")
    text = with_block(text, card.name, "[model.gate]", [f"{key} = {value}" for key, value in gate.items()])
    text = with_block(text, card.name, VARIANT, [
        f'precision = "{precision}"', f'file = "{file}"', f'sha256 = "{hashlib.sha256(trial.data).hexdigest()}"',
        f"accuracy = {{ {pairs} }}",
    ], holding=f'precision = "{precision}"')
    kept = {provider: word for provider, word in card.default.items() if word != precision}
    text = with_block(text, card.name, "[model.default]", default_lines(kept | dict.fromkeys(default_for, precision)))
    path = folder / file
    try:
        writing = path.with_suffix(".writing")
        writing.write_bytes(trial.data)
        writing.replace(path)
    except OSError as error:
        raise MirrorError(f"{path}: cannot be written: {(error.strerror or str(error)).lower()}") from error
    write_manifest(folder, text)
    # the variant's outputs join the sample; its input stays
    return record(folder, card.name, read_sample(card).input if card.sample is not None else None)


def _measured(trial: Trial) -> dict[str, Any]:
    times = trial.times
    return {
        "kept_fp32": trial.says,
        "accuracy": {m.name: {"full": round(m.full, 5), "variant": round(m.variant, 5)} for m in trial.metrics},
        "ms": None if times is None else {
            "full": round(times.full_ms, 2), "variant": round(times.variant_ms, 2), "ratio": round(times.ratio, 3)},
    }


def _line(trial: Trial) -> str:
    figures = ", ".join(f"{metric.name} {metric.variant:.4f}" for metric in trial.metrics)
    timing = "" if trial.times is None else f", x{trial.times.ratio:.2f}"
    return f"  {trial.says or 'all'}: {figures}{timing}, {len(trial.data) / 1e6:.1f} MB"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
