"""What range each tensor of a graph takes on real inputs: the scale that int8 spends its 256 steps on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import onnx
import onnxruntime as ort

from export.quantize.graph import options
from export.quantize.scenes import Feed
from mirror.domain import MirrorError

METHODS = ("percentile", "minmax")
PERCENTILE = 99.999
"""Of the values, that the range holds; the rest is clipped. On MoveNet Thunder 99.99, 99.999 and all values (minmax)
move the keypoints alike; a rare outlier must not take the steps from all others."""
BINS = 2048
MOST_READ = 20_000
"""Values of one tensor and input that are counted; evenly taken when there are more."""

Ranges = Mapping[str, tuple[float, float]]


def ranges(model: onnx.ModelProto, feeds: Sequence[Feed], method: str = "percentile",
           percentile: float = PERCENTILE) -> Ranges:
    """Lowest and highest value by tensor's name, over all ``feeds``.

    ``method`` "minmax" takes every value, "percentile" leaves out the same share at either end. Raises MirrorError when
    there are no feeds or the graph does not run on them.
    """
    if not feeds:
        raise MirrorError("no calibration input: none of the pictures shows what this model looks at")
    opened = _opened(model)
    low: dict[str, float] = {}
    high: dict[str, float] = {}
    for values in _values(opened, feeds):
        for name, array in values.items():
            low[name] = min(low.get(name, np.inf), float(array.min()))
            high[name] = max(high.get(name, -np.inf), float(array.max()))
    if method == "minmax":
        return {name: (low[name], high[name]) for name in low}
    counts = {name: np.zeros(BINS, np.int64) for name in low}
    for values in _values(opened, feeds):
        for name, array in values.items():
            step = -(-array.size // MOST_READ)
            # a constant, or as good as one: no room for so many bins
            if high[name] - low[name] > BINS * np.spacing(np.float32(max(abs(low[name]), abs(high[name])))):
                counts[name] += np.histogram(array.ravel()[::step], BINS, (low[name], high[name]))[0]
    return {name: _cut(counts[name], low[name], high[name], percentile) for name in low}


def _opened(model: onnx.ModelProto) -> ort.InferenceSession:
    """A session of the graph, as it stands, that gives every float32 tensor."""
    open_model = onnx.ModelProto()
    open_model.CopyFrom(model)
    have = {info.name for info in (*open_model.graph.output, *open_model.graph.input)}
    constants = {tensor.name for tensor in open_model.graph.initializer}
    for info in model.graph.value_info:
        is_float = info.type.tensor_type.elem_type == onnx.TensorProto.FLOAT
        if is_float and info.name not in have | constants:
            open_model.graph.output.append(info)
    return ort.InferenceSession(
        open_model.SerializeToString(), options(ort.GraphOptimizationLevel.ORT_DISABLE_ALL),
        providers=["CPUExecutionProvider"],
    )


def _values(session: ort.InferenceSession, feeds: Sequence[Feed]) -> Iterator[dict[str, Feed]]:
    key = session.get_inputs()[0].name
    names = [output.name for output in session.get_outputs()]
    for feed in feeds:
        found = {key: feed, **dict(zip(names, session.run(names, {key: feed}), strict=True))}
        yield {name: array for name, array in found.items() if array.dtype == np.float32 and array.size}


def _cut(counts: np.ndarray, low: float, high: float, percentile: float) -> tuple[float, float]:
    total = int(counts.sum())
    if not total:
        return low, high
    edges = np.linspace(low, high, BINS + 1)
    share = np.cumsum(counts) / total
    left_out = (1 - percentile / 100) / 2
    first = int(np.searchsorted(share, left_out))
    last = int(np.searchsorted(share, 1 - left_out))
    return float(edges[min(first, BINS - 1)]), float(edges[min(last, BINS - 1) + 1])
