"""Whether a variant may be written: it loses no more than its card allows, and it is faster where it shall run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from export.quantize.tasks import Metric
from export.quantize.timing import Times
from mirror.domain import MirrorError

RELATIVE = "relative_"
FASTER = 0.97
"""Ratio of times from which a variant counts as faster; what is nearer to 1 is noise of the timing."""


@dataclass(frozen=True, eq=False)
class Trial:
    """One candidate and what was measured of it; ``times`` None where the provider is not on this machine."""

    says: str
    data: bytes
    metrics: tuple[Metric, ...]
    times: Times | None

    @property
    def ratio(self) -> float:
        return 1.0 if self.times is None else self.times.ratio


def losses(metrics: Sequence[Metric], gate: Mapping[str, float]) -> list[str]:
    """One line for each metric that loses more than the gate allows, with both figures; none when it passes.

    A key of the gate is a metric's name, its loss then absolute, or ``relative_`` and the name, a share of the full
    model's figure. Raises MirrorError when the gate names what was not measured.
    """
    by = {metric.name: metric for metric in metrics}
    found = []
    for key, most in gate.items():
        metric = by.get(key.removeprefix(RELATIVE))
        if metric is None:
            raise MirrorError(
                f"its gate names '{key}', which was not measured here; measured: {', '.join(by)}: correct [model.gate]"
            )
        loss = metric.loss
        if key.startswith(RELATIVE):
            loss = loss / abs(metric.full) if metric.full else (0.0 if loss <= 0 else float("inf"))
        # NaN compares false: a figure that is none fails
        if not loss <= most + 1e-9:
            found.append(
                f"{key} is {metric.variant:.4g} where the full model has {metric.full:.4g}: it loses {loss:.3g}, "
                f"{most:.3g} is allowed"
            )
    return found


def margin(metrics: Sequence[Metric], gate: Mapping[str, float]) -> float:
    """Of the gate, the share that is used up at the tightest: 0 when nothing is lost, over 1 when it fails."""
    by = {metric.name: metric for metric in metrics}
    used = 0.0
    for key, most in gate.items():
        metric = by[key.removeprefix(RELATIVE)]
        loss = metric.loss / (abs(metric.full) or 1.0) if key.startswith(RELATIVE) else metric.loss
        used = max(used, loss / most if most > 0 else (2.0 if loss > 0 else 0.0))
    return used


NEAR = 1.12
"""Of the passing candidates within this factor of the fastest, the one that loses least is taken."""


def choose(trials: Sequence[Trial], gate: Mapping[str, float]) -> Trial | None:
    """The best of those that pass the gate: fastest, and of the nearly fastest the most accurate. None: none passes."""
    passing = [trial for trial in trials if not losses(trial.metrics, gate)]
    if not passing:
        return None
    fastest = min(trial.ratio for trial in passing)
    return min((t for t in passing if t.ratio <= fastest * NEAR), key=lambda t: margin(t.metrics, gate))


def closest(trials: Sequence[Trial], gate: Mapping[str, float]) -> Trial:
    """Of candidates that all fail, the one that is nearest to passing."""
    return min(trials, key=lambda trial: margin(trial.metrics, gate))
