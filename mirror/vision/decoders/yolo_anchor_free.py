"""Anchor-free detectors: our own (boxes and scores), one fused output as YOLOv8 has it, and YOLOX's grid."""

from __future__ import annotations

import numpy as np

from mirror.domain import FloatArray, MirrorError
from mirror.runtime.manifest import ModelCard
from mirror.vision.decoders.activation import sigmoid
from mirror.vision.decoders.contract import BoxDecoder, Outputs, expect_shape
from mirror.vision.decoders.options import Options

FORMS = ("boxes-scores", "cxcywh", "yolox")
YOLOX_STRIDES = (8.0, 16.0, 32.0)


def decoder(card: ModelCard, size: tuple[int, int]) -> BoxDecoder:
    """Option ``form`` (by the outputs when it is not given):

    - ``boxes-scores``: two outputs, [1, n, 4] corners in input pixels and [1, n, classes];
    - ``cxcywh``: one output [1, 4 + classes, n] or [1, n, 4 + classes], centre, width, height in input pixels;
    - ``yolox``: one output [1, n, 5 + classes] with an objectness; against the grid of ``strides`` (8, 16, 32), or in
      input pixels with ``decoded`` true.

    ``activation`` sigmoid where the scores are logits. Raises MirrorError when outputs and labels do not go together.
    """
    options = Options(card)
    classes = len(card.labels)
    logits = options.choice("activation", ("none", "sigmoid"), "none") == "sigmoid"
    form = options.choice("form", FORMS, _form(card, classes))
    if form == "boxes-scores":
        return _boxes_scores(card, classes, logits)
    if form == "cxcywh":
        return _fused(card, options.output(), classes, logits)
    strides = options.numbers("strides") or YOLOX_STRIDES
    return _yolox(card, options.output(), size, None if options.flag("decoded") else strides, logits)


def _form(card: ModelCard, classes: int) -> str:
    if len(card.outputs) == 2:
        return "boxes-scores"
    shape = card.outputs[0].shape
    if len(shape) == 3 and 4 + classes in shape[1:]:
        return "cxcywh"
    if len(shape) == 3 and shape[2] == 5 + classes:
        return "yolox"
    raise MirrorError(
        f"model '{card.name}': output {list(shape)} fits no anchor-free form with {classes} labels: it takes "
        f"{4 + classes} or {5 + classes} numbers a box; check the card's labels"
    )


def _boxes_scores(card: ModelCard, classes: int, logits: bool) -> BoxDecoder:
    if len(card.outputs) < 2:
        raise MirrorError(f"model '{card.name}': form 'boxes-scores' takes two outputs; the graph has one")
    count = expect_shape(card, 0, (1, None, 4), "boxes [1, n, 4] first")[1]
    expect_shape(card, 1, (1, count, classes), f"scores [1, n, {classes}] second, one column a label")

    def decode(outputs: Outputs, least: float) -> tuple[FloatArray, FloatArray]:
        del least
        return outputs[0][0], sigmoid(outputs[1][0]) if logits else outputs[1][0]

    return decode


def _fused(card: ModelCard, index: int, classes: int, logits: bool) -> BoxDecoder:
    shape = card.outputs[index].shape
    upright = len(shape) == 3 and shape[1] == 4 + classes
    wanted = (1, 4 + classes, None) if upright else (1, None, 4 + classes)
    expect_shape(card, index, wanted, f"[1, {4 + classes}, n] or [1, n, {4 + classes}] with {classes} labels")

    def decode(outputs: Outputs, least: float) -> tuple[FloatArray, FloatArray]:
        rows = outputs[index][0].T if upright else outputs[index][0]
        scores = sigmoid(rows[:, 4:]) if logits else rows[:, 4:]
        keep = scores.max(axis=1) >= least
        return corners(rows[keep, :4]), np.asarray(scores[keep], dtype=np.float32)

    return decode


def _yolox(
    card: ModelCard, index: int, size: tuple[int, int], strides: tuple[float, ...] | None, logits: bool
) -> BoxDecoder:
    classes = len(card.labels)
    cells, stride = grid(size, strides or ())
    count = None if strides is None else len(cells)
    expect_shape(
        card, index, (1, count, 5 + classes), f"[1, {count or 'n'}, {5 + classes}] with {classes} labels"
        + ("" if strides is None else f" and strides {', '.join(f'{s:g}' for s in strides)}"),
    )

    def decode(outputs: Outputs, least: float) -> tuple[FloatArray, FloatArray]:
        rows = outputs[index][0]
        sure = sigmoid(rows[:, 4]) if logits else rows[:, 4]
        keep = np.flatnonzero(sure >= least)
        boxes = rows[keep, :4].astype(np.float32)
        if strides is not None:
            boxes[:, :2] = (boxes[:, :2] + cells[keep]) * stride[keep]
            boxes[:, 2:] = np.exp(boxes[:, 2:]) * stride[keep]
        scores = sigmoid(rows[keep, 5:]) if logits else rows[keep, 5:]
        return corners(boxes), np.asarray(scores * sure[keep, None], dtype=np.float32)

    return decode


def grid(size: tuple[int, int], strides: tuple[float, ...]) -> tuple[FloatArray, FloatArray]:
    """(n, 2) column and row, and (n, 1) stride of the cells of all strides, row by row; ``size``: width, height."""
    cells, steps = [np.zeros((0, 2), np.float32)], [np.zeros((0, 1), np.float32)]
    for stride in strides:
        columns, rows = int(size[0] / stride), int(size[1] / stride)
        x, y = np.meshgrid(np.arange(columns), np.arange(rows))
        cells.append(np.column_stack([x.ravel(), y.ravel()]).astype(np.float32))
        steps.append(np.full((rows * columns, 1), stride, np.float32))
    return np.concatenate(cells), np.concatenate(steps)


def corners(boxes: FloatArray) -> FloatArray:
    """(n, 4) of centre, width, height as (n, 4) of x1, y1, x2, y2."""
    half = boxes[:, 2:] / 2
    return np.concatenate([boxes[:, :2] - half, boxes[:, :2] + half], axis=1).astype(np.float32)
