"""The fitted regression as an ONNX graph: everything from breadths to intervals happens inside it."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from export.body.ridge import TARGETS, Z_80, BodyModel

OPSET = 17
IR_VERSION = 8
FARTHEST = 4.0
"""Inputs are held within so many standard deviations of the training people: a parabola knows nothing beyond."""
INPUT, OUTPUT = "breadths", "estimates"
OUTPUT_LABELS = tuple(f"{target}_{part}" for target in TARGETS for part in ("value", "low", "high"))


def body_graph(model: BodyModel) -> onnx.ModelProto:
    """The model's graph.

    ``breadths`` float32 [1, 7]: shoulder, chest, waist, hip over stature; probability of female; shares of loose
    and of outer wear. ``estimates`` float32 [1, 12]: value, low, high of each of BMI and chest, waist, hip girth
    over stature; low and high hold 80 of 100.
    """
    constants = {
        "mean": model.mean[None], "std": model.std[None], "one": np.ones((1, 1)), "weight": model.weight,
        "spread_weight": model.spread_weight, "tiny": np.full((1, 1), 1e-3), "four": np.full((1, 1), 4.0),
        "least": np.array(-FARTHEST), "most": np.array(FARTHEST),
        "quantiles": np.array([0.0, -Z_80, Z_80]).reshape(1, 1, 3),
    }
    shapes = {
        "column": [1, 8, 1], "row": [1, 1, 8], "flat": [1, 64], "target": [1, len(TARGETS), 1],
        "out": [1, 3 * len(TARGETS)], "parts": [4, 1, 2],
    }
    node = helper.make_node
    nodes = [
        node("Split", [INPUT, "parts"], ["ratios", "female", "wear"], name="split", axis=1),
        node("Max", ["ratios", "tiny"], ["safe_ratios"], name="positive"),
        node("Log", ["safe_ratios"], ["log_ratios"], name="log"),
        node("Concat", ["log_ratios", "female", "wear"], ["logged"], name="logged", axis=1),
        node("Sub", ["logged", "mean"], ["centred"], name="centre"),
        node("Div", ["centred", "std"], ["scaled"], name="scale"),
        node("Clip", ["scaled", "least", "most"], ["held"], name="hold"),
        node("Concat", ["one", "held"], ["z"], name="with_one", axis=1),
        node("Reshape", ["z", "column"], ["z_column"], name="as_column"),
        node("Reshape", ["z", "row"], ["z_row"], name="as_row"),
        node("Mul", ["z_column", "z_row"], ["outer"], name="outer"),
        node("Reshape", ["outer", "flat"], ["products"], name="products"),
        node("MatMul", ["products", "weight"], ["log_values"], name="regress"),
        node("Sub", ["one", "female"], ["male"], name="male"),
        node("Mul", ["female", "male"], ["both"], name="both"),
        node("Mul", ["both", "four"], ["doubt"], name="doubt"),
        node("Concat", ["one", "wear", "doubt"], ["doubts"], name="doubts", axis=1),
        node("MatMul", ["doubts", "spread_weight"], ["log_spread"], name="spread"),
        node("Exp", ["log_spread"], ["spread_values"], name="spread_exp"),
        node("Reshape", ["spread_values", "target"], ["spread_column"], name="spread_column"),
        node("Reshape", ["log_values", "target"], ["value_column"], name="value_column"),
        node("Mul", ["spread_column", "quantiles"], ["steps"], name="steps"),
        node("Add", ["value_column", "steps"], ["log_out"], name="interval"),
        node("Exp", ["log_out"], ["out_cube"], name="exp"),
        node("Reshape", ["out_cube", "out"], [OUTPUT], name="estimates"),
    ]
    stored = [numpy_helper.from_array(np.asarray(v, np.float32), name) for name, v in constants.items()]
    stored += [numpy_helper.from_array(np.array(v, np.int64), name) for name, v in shapes.items()]
    graph = helper.make_graph(
        nodes, "body-shape",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [1, 7])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [1, len(OUTPUT_LABELS)])],
        stored,
    )
    proto = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="smart-mirror export.body"
    )
    proto.ir_version = IR_VERSION
    onnx.checker.check_model(proto)
    return proto
