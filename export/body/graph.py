"""The fitted cells as an ONNX graph: everything from breadths to intervals happens inside it."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from export.body.ridge import CELLS, NOISES, PAIRS, SURE_FROM, TARGETS, BodyModel
from export.body.survey import Floats
from export.body.wear import LEVELS, WIDTH

OPSET = 17
IR_VERSION = 8
FARTHEST = 4.0
"""Inputs are held within so many standard deviations of the training people: a parabola knows nothing beyond."""
INPUT, OUTPUT = "breadths", "estimates"
OUTPUT_LABELS = tuple(f"{target}_{part}" for target in TARGETS for part in ("value", "low", "high"))


def body_graph(model: BodyModel) -> onnx.ModelProto:
    """The model's graph.

    ``breadths`` float32 [1, 11]: shoulder, chest, waist, hip over stature; calf over stature, 0 when not seen bare;
    probability of female; flags of fitted, loose, outer, unknown wear (none: close); expected relative noise of a
    breadth. ``estimates`` float32 [1, 12]: value, low, high of each of BMI and chest, waist, hip girth over stature.
    """
    rise, rise_from, fall, fall_from = _hats()
    cells, features = len(CELLS), len(PAIRS)
    constants = {
        "mean": model.mean[None], "std": model.std[None], "one": np.ones((1, 1)), "ones": np.ones((1, 4)),
        "weight": model.weight.reshape(cells, features * 8), "quantiles": model.quantiles, "nothing": np.zeros((1, 1)),
        "tiny": np.full((1, 1), 1e-3), "half": np.full((1, 1), 0.5), "sure_from": np.full((1, 1), SURE_FROM),
        "least": np.array(-FARTHEST), "most": np.array(FARTHEST), "zero": np.array(0.0), "unit": np.array(1.0),
        "against": np.array(-1.0),
        "last_noise": np.array(NOISES[-1]), "rise": rise, "rise_from": rise_from, "fall": fall, "fall_from": fall_from,
    }
    shapes = {
        "parts": [4, 1, 1, 4, 1], "sums": [1], "first": [i for i, _ in PAIRS], "second": [j for _, j in PAIRS],
        "as_hats": [len(NOISES), 1, 1, 1], "as_worn": [1, len(LEVELS), 1, 1], "as_calf": [1, 1, 2, 1],
        "as_sex": [1, 1, 1, 2], "as_cells": [1, cells], "as_weight": [features, 8], "halves": [4, 4],
        "as_column": [1, len(TARGETS), 1], "as_out": [1, 3 * len(TARGETS)],
    }
    plain: tuple[tuple[str, list[str], list[str], dict[str, int]], ...] = (
        ("Split", [INPUT, "parts"], ["ratios", "calf", "female", "wear", "noise"], {"axis": 1}),
        # quadratic features of the standardised logarithms
        ("Concat", ["ratios", "calf"], ["all_breadths"], {"axis": 1}),
        ("Max", ["all_breadths", "tiny"], ["safe"], {}),
        ("Log", ["safe"], ["logs"], {}),
        ("Sub", ["female", "half"], ["lean"], {}),
        ("Div", ["lean", "sure_from"], ["leaning"], {}),
        ("Clip", ["leaning", "against", "unit"], ["sex"], {}),
        ("Concat", ["logs", "sex"], ["logged"], {"axis": 1}),
        ("Sub", ["logged", "mean"], ["centred"], {}),
        ("Div", ["centred", "std"], ["scaled"], {}),
        ("Clip", ["scaled", "least", "most"], ["held"], {}),
        ("Greater", ["calf", "nothing"], ["is_seen"], {}),
        ("Cast", ["is_seen"], ["seen"], {"to": TensorProto.FLOAT}),
        ("Concat", ["ones", "seen", "one"], ["used"], {"axis": 1}),
        ("Mul", ["held", "used"], ["told"], {}),
        ("Concat", ["one", "told"], ["z"], {"axis": 1}),
        ("Gather", ["z", "first"], ["z_first"], {"axis": 1}),
        ("Gather", ["z", "second"], ["z_second"], {"axis": 1}),
        ("Mul", ["z_first", "z_second"], ["products"], {}),
        # how much each cell has a say
        ("Clip", ["noise", "zero", "last_noise"], ["noise_held"], {}),
        ("Mul", ["noise_held", "rise"], ["rising"], {}),
        ("Add", ["rising", "rise_from"], ["up"], {}),
        ("Mul", ["noise_held", "fall"], ["falling"], {}),
        ("Add", ["falling", "fall_from"], ["down"], {}),
        ("Min", ["up", "down"], ["roofs"], {}),
        ("Relu", ["roofs"], ["hats"], {}),
        ("ReduceSum", ["wear", "sums"], ["worn_sum"], {"keepdims": 1}),
        ("Sub", ["one", "worn_sum"], ["close"], {}),
        ("Concat", ["close", "wear"], ["worn"], {"axis": 1}),
        ("Sub", ["one", "seen"], ["unseen"], {}),
        ("Concat", ["unseen", "seen"], ["calves"], {"axis": 1}),
        ("Abs", ["sex"], ["sure"], {}),
        ("Sub", ["one", "sure"], ["unsure"], {}),
        ("Concat", ["unsure", "sure"], ["sexes"], {"axis": 1}),
        ("Reshape", ["hats", "as_hats"], ["hats4"], {}),
        ("Reshape", ["worn", "as_worn"], ["worn4"], {}),
        ("Reshape", ["calves", "as_calf"], ["calves4"], {}),
        ("Reshape", ["sexes", "as_sex"], ["sexes4"], {}),
        ("Mul", ["hats4", "worn4"], ["by_worn"], {}),
        ("Mul", ["by_worn", "calves4"], ["by_calf"], {}),
        ("Mul", ["by_calf", "sexes4"], ["by_sex"], {}),
        ("Reshape", ["by_sex", "as_cells"], ["cells"], {}),
        # value, spread, interval
        ("MatMul", ["cells", "weight"], ["blended"], {}),
        ("Reshape", ["blended", "as_weight"], ["regression"], {}),
        ("MatMul", ["products", "regression"], ["both"], {}),
        ("Split", ["both", "halves"], ["log_value", "log_spread"], {"axis": 1}),
        ("Exp", ["log_spread"], ["spread"], {}),
        ("MatMul", ["cells", "quantiles"], ["steps"], {}),
        ("Split", ["steps", "halves"], ["step_low", "step_high"], {"axis": 1}),
        ("Mul", ["step_low", "spread"], ["off_low"], {}),
        ("Mul", ["step_high", "spread"], ["off_high"], {}),
        ("Add", ["log_value", "off_low"], ["log_low"], {}),
        ("Add", ["log_value", "off_high"], ["log_high"], {}),
        ("Reshape", ["log_value", "as_column"], ["value_column"], {}),
        ("Reshape", ["log_low", "as_column"], ["low_column"], {}),
        ("Reshape", ["log_high", "as_column"], ["high_column"], {}),
        ("Concat", ["value_column", "low_column", "high_column"], ["log_cube"], {"axis": 2}),
        ("Exp", ["log_cube"], ["cube"], {}),
        ("Reshape", ["cube", "as_out"], [OUTPUT], {}),
    )
    nodes = [helper.make_node(op, ins, outs, name=outs[0], **extra) for op, ins, outs, extra in plain]
    stored = [numpy_helper.from_array(np.asarray(v, np.float32), name) for name, v in constants.items()]
    stored += [numpy_helper.from_array(np.array(v, np.int64), name) for name, v in shapes.items()]
    graph = helper.make_graph(
        nodes, "body-shape",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [1, WIDTH])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [1, len(OUTPUT_LABELS)])],
        stored,
    )
    proto = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="smart-mirror export.body"
    )
    proto.ir_version = IR_VERSION
    onnx.checker.check_model(proto)
    return proto


def _hats() -> tuple[Floats, Floats, Floats, Floats]:
    """Slope and offset of the rising and of the falling side of each noise knot's hat, each (1, knots)."""
    knots = np.array(NOISES)
    steps = np.diff(knots)
    rise, rise_from = np.r_[0.0, 1 / steps], np.r_[1.0, -knots[:-1] / steps]
    fall, fall_from = np.r_[-1 / steps, 0.0], np.r_[knots[1:] / steps, 1.0]
    return rise[None], rise_from[None], fall[None], fall_from[None]
