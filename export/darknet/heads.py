"""Boxes and scores of YOLOv3 heads inside the graph, and what is kept of them.

The formulas are Redmon and Farhadi's ('YOLOv3', 2018) with YOLOv4's ``scale_x_y``: centre = cell + sigmoid(xy), size
= anchor * exp(wh), score = sigmoid(objectness) * sigmoid(class).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from export.darknet.layers import Head
from export.graph_writer import GraphWriter, Value

NUMBERS = 5
"""Of a box before its classes: x, y, width, height, objectness."""


@dataclass(frozen=True)
class Suppression:
    """Non-maximum suppression within each class: boxes that overlap by more than ``iou``, scores not above ``score``
    and all but the best ``most`` of a class are left out."""

    iou: float = 0.45
    score: float = 0.25
    most: int = 100


def decode(graph: GraphWriter, heads: Sequence[Head], size: tuple[int, int]) -> tuple[Value, Value]:
    """Boxes (1, n, 4) as x1, y1, x2, y2 in pixels of the input of ``size`` (width, height), and scores (1, n, classes).

    Rows go head by head, then row by row, column by column, anchor by anchor.
    """
    flats, cells, steps, anchors, stretches = [], [], [], [], []
    width = NUMBERS + heads[0].classes
    for number, head in enumerate(heads):
        flats.append(_flat(graph, head, f"decode/head{number}"))
        rows, columns = head.value.shape[2:]
        each = len(head.anchors)
        y, x, _ = np.meshgrid(np.arange(rows), np.arange(columns), np.arange(each), indexing="ij")
        count = rows * columns * each
        cells.append(np.stack([x, y], -1).reshape(count, 2))
        steps.append(np.tile([size[0] / columns, size[1] / rows], (count, 1)))
        anchors.append(np.tile(np.array(head.anchors), (rows * columns, 1)))
        stretches.append(np.full((count, 2), head.scale_x_y))
    n = sum(value.shape[1] for value in flats)
    all_rows = flats[0]
    if len(flats) > 1:
        all_rows = graph.node("Concat", [value.name for value in flats], "decode/rows", (1, n, width), axis=1)
    cell, step, stretch = np.concatenate(cells), np.concatenate(steps), np.concatenate(stretches)

    def part(begin: int, end: int, word: str) -> Value:
        bounds = [graph.constant(np.array([number], np.int64), f"decode/{word}/{name}")
                  for name, number in (("from", begin), ("to", end), ("axis", 2))]
        return graph.node("Slice", [all_rows.name, *bounds], f"decode/{word}", (1, n, end - begin))

    def apply(op: str, value: Value, array: np.ndarray, word: str) -> Value:
        constant = graph.constant(array[None].astype(np.float32), f"decode/{word}/by")
        return graph.node(op, [value.name, constant], f"decode/{word}", value.shape)

    def sigmoid(value: Value, word: str) -> Value:
        return graph.node("Sigmoid", [value.name], f"decode/{word}/sigmoid", value.shape)

    # (cell + stretch * s - (stretch - 1) / 2) * step
    centre = apply("Mul", sigmoid(part(0, 2, "xy"), "xy"), stretch * step, "offset")
    centre = apply("Add", centre, (cell - (stretch - 1) / 2) * step, "centre")
    sizes = part(2, 4, "wh")
    sizes = graph.node("Exp", [sizes.name], "decode/wh/exp", sizes.shape)
    half = apply("Mul", sizes, np.concatenate(anchors) / 2, "half")
    low = graph.node("Sub", [centre.name, half.name], "decode/low", half.shape)
    high = graph.node("Add", [centre.name, half.name], "decode/high", half.shape)
    boxes = graph.node("Concat", [low.name, high.name], "decode/boxes", (1, n, 4), axis=2)
    sure = sigmoid(part(4, 5, "objectness"), "objectness")
    classes = sigmoid(part(5, width, "classes"), "classes")
    return boxes, graph.node("Mul", [sure.name, classes.name], "decode/scores", classes.shape)


def _flat(graph: GraphWriter, head: Head, name: str) -> Value:
    """(1, rows * columns * anchors, 5 + classes) of a head's channels."""
    _, channels, rows, columns = head.value.shape
    each = len(head.anchors)
    width = channels // each

    def reshape(value: Value, shape: tuple[int, ...], word: str) -> Value:
        target = graph.constant(np.array(shape, np.int64), f"{name}/{word}/shape")
        return graph.node("Reshape", [value.name, target], f"{name}/{word}", shape)

    split = reshape(head.value, (1, each, width, rows, columns), "split")
    turned = graph.node(
        "Transpose", [split.name], f"{name}/turned", (1, rows, columns, each, width), perm=[0, 3, 4, 1, 2]
    )
    return reshape(turned, (1, rows * columns * each, width), "rows")


def suppress(graph: GraphWriter, boxes: Value, scores: Value, rule: Suppression) -> tuple[Value, Value]:
    """The rows that are kept, class by class and best first: boxes (1, k, 4), scores (1, k, classes), where a row has
    the score of the class that it was kept for and 0 elsewhere. k is known only at run time (0 in the shapes)."""
    classes = scores.shape[2]
    by_class = graph.node("Transpose", [scores.name], "nms/by_class", (1, classes, scores.shape[1]), perm=[0, 2, 1])
    limits = [
        graph.constant(np.array([rule.most], np.int64), "nms/most"),
        graph.constant(np.array([rule.iou], np.float32), "nms/iou"),
        graph.constant(np.array([rule.score], np.float32), "nms/score"),
    ]
    kept = graph.node("NonMaxSuppression", [boxes.name, by_class.name, *limits], "nms/kept", (0, 3))
    label, row = (
        graph.node("Gather", [kept.name, graph.constant(np.array(column, np.int64), f"nms/{word}/column")],
                   f"nms/{word}", (0,), axis=1)
        for column, word in ((1, "label"), (2, "row"))
    )
    some = graph.node("Gather", [boxes.name, row.name], "nms/boxes", (1, 0, 4), axis=1)
    their = graph.node("Gather", [scores.name, row.name], "nms/scores", (1, 0, classes), axis=1)
    depth = graph.constant(np.array(classes, np.int64), "nms/classes")
    values = graph.constant(np.array([0, 1], np.float32), "nms/values")
    only = graph.node("OneHot", [label.name, depth, values], "nms/only", (0, classes), axis=-1)
    return some, graph.node("Mul", [their.name, only.name], "nms/own", (1, 0, classes))
