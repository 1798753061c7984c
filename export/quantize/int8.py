"""int8 as QDQ nodes: weights per channel, activations by calibration, float32 kept where int8 hurts most, by measure.

Which layers stay float32 is a trade of accuracy against time that no rule of thumb settles: a float32 layer between two
int8 ones costs two conversions. So a handful of plans is made (nothing kept, the most sensitive kept, both ends of the
graph kept) and each is measured.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
import onnxruntime as ort

from export.quantize.calibrate import Ranges
from export.quantize.graph import CARRYING, heavy_nodes, options, quantised_nodes
from export.quantize.scenes import Feed
from mirror.domain import MirrorError, UsageError

TOP_SHARES = (1 / 12, 1 / 6)
"""Shares of the heavy nodes that the plans "most sensitive" keep."""
FIRST_KEPT, LAST_SHARES = (0, 2), (0, 1 / 8, 1 / 4)
"""Heavy nodes at the input and share of them at the output that the plans "ends" keep, in all combinations."""
SENSITIVITY_FEEDS = 6


@dataclass(frozen=True)
class Plan:
    """Which heavy nodes stay float32; ``says`` it in words."""

    says: str
    keep: frozenset[str]


@dataclass(frozen=True)
class Grid:
    """How numbers become int8. ``seven_bits``: weights within -64..64, since CPUs without VNNI add pairs of 8-bit
    products in 16 bits, which overflows otherwise. ``symmetric``: zero is 0 for activations too, as TensorRT asks."""

    seven_bits: bool = True
    symmetric: bool = False


def quantised(model: onnx.ModelProto, ranges: Ranges, keep: frozenset[str], grid: Grid) -> onnx.ModelProto:
    """The graph with QDQ nodes, but for the heavy nodes in ``keep`` and what hangs on them."""
    try:
        from onnxruntime.quantization import CalibrationMethod, QuantType
        from onnxruntime.quantization.calibrate import TensorsData
        from onnxruntime.quantization.qdq_quantizer import QDQQuantizer
    except ImportError as error:
        raise MirrorError(f"int8 needs the package 'onnx' ({error}): pip install 'smart-mirror[export]'") from error
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    chosen = quantised_nodes(model, keep)
    left = [node.name for node in model.graph.node if node.name not in chosen and node.op_type not in CARRYING]
    pairs = {name: (np.float32(low), np.float32(high)) for name, (low, high) in ranges.items()}
    quantizer = QDQQuantizer(
        copy, True, grid.seven_bits, QuantType.QInt8, QuantType.QInt8 if grid.symmetric else QuantType.QUInt8,
        TensorsData(CalibrationMethod.MinMax, pairs), [], left,
        sorted({node.op_type for node in model.graph.node if node.name in chosen} | CARRYING),
        {"ActivationSymmetric": grid.symmetric, "WeightSymmetric": True},
    )
    quantizer.quantize_model()
    made: onnx.ModelProto = quantizer.model.model
    for number, node in enumerate(made.graph.node):
        node.name = node.name or f"{node.op_type}_{number}"
    return made


def outputs(model: onnx.ModelProto, feeds: Sequence[Feed]) -> list[list[Feed]]:
    """What the graph gives for each feed, on the CPU."""
    session = ort.InferenceSession(model.SerializeToString(), options(), providers=["CPUExecutionProvider"])
    key = session.get_inputs()[0].name
    return [session.run(None, {key: feed}) for feed in feeds]


def error(found: Sequence[Sequence[Feed]], wanted: Sequence[Sequence[Feed]]) -> float:
    """Mean absolute difference of each output over its mean absolute value; of all outputs the mean."""
    shares = []
    for position in range(len(wanted[0])):
        off = sum(float(np.abs(a[position] - b[position]).sum()) for a, b in zip(found, wanted, strict=True))
        size = sum(float(np.abs(b[position]).sum()) for b in wanted)
        shares.append(off / size if size else off)
    return float(np.mean(shares))


def sensitivity(model: onnx.ModelProto, ranges: Ranges, feeds: Sequence[Feed], grid: Grid) -> Mapping[str, float]:
    """By heavy node: how far off the outputs are when that node alone is int8."""
    few = feeds[:: max(1, len(feeds) // SENSITIVITY_FEEDS)][:SENSITIVITY_FEEDS]
    wanted = outputs(model, few)
    heavy = heavy_nodes(model)
    return {
        name: error(outputs(quantised(model, ranges, frozenset(heavy) - {name}, grid), few), wanted) for name in heavy
    }


def plans(model: onnx.ModelProto, ranges: Ranges, feeds: Sequence[Feed], grid: Grid, asked: str = "auto") -> list[Plan]:
    """The plans to measure. ``asked``: "auto"; a number, so many of the most sensitive nodes; "ends:A,B", the first A
    and the last B; or names of nodes with commas.

    Raises:
        UsageError: a name that no heavy node has.
    """
    heavy = heavy_nodes(model)
    if not heavy:
        raise MirrorError("nothing to quantise: the graph has no convolution and no matrix product with weights")
    if asked.startswith("ends:"):
        first, _, last = asked[5:].partition(",")
        if not (first.isdigit() and last.isdigit()):
            raise UsageError(f"--keep-fp32 {asked}: write ends:FIRST,LAST, such as ends:2,19")
        return [_ends(heavy, int(first), int(last))]
    if asked.isdigit():
        return [_top(heavy, sensitivity(model, ranges, feeds, grid) if int(asked) else {}, int(asked))]
    if asked != "auto":
        names = frozenset(part.strip() for part in asked.split(",") if part.strip())
        for name in sorted(names - set(heavy)):
            raise UsageError(f"--keep-fp32: no convolution or matrix product is named '{name}'")
        return [Plan(f"{len(names)} named of {len(heavy)}", names)]
    felt = sensitivity(model, ranges, feeds, grid)
    many = [_top(heavy, felt, round(len(heavy) * share)) for share in TOP_SHARES]
    many += [_ends(heavy, first, math.ceil(len(heavy) * share)) for first in FIRST_KEPT for share in LAST_SHARES]
    # small graphs make the same plan twice
    return list({plan.keep: plan for plan in reversed(many) if len(plan.keep) < len(heavy)}.values())[::-1]


def _top(heavy: Sequence[str], felt: Mapping[str, float], count: int) -> Plan:
    ranked = sorted(felt, key=lambda name: -felt[name])[:count]
    return Plan(f"most sensitive {len(ranked)} of {len(heavy)}", frozenset(ranked))


def _ends(heavy: Sequence[str], first: int, last: int) -> Plan:
    keep = frozenset((*heavy[:first], *(heavy[-last:] if last else ())))
    return Plan(f"first {first}, last {last} of {len(heavy)}" if keep else f"none of {len(heavy)}", keep)
