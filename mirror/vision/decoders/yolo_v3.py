"""YOLOv3 and v4: raw heads [1, anchors * (5 + classes), rows, columns], one a stride.

A cell's box (J. Redmon and A. Farhadi, 'YOLOv3', 2018): centre (sigmoid(tx) + column) * stride, width exp(tw) times
the anchor's; the score is objectness times class, each its own sigmoid. YOLOv4 stretches the centre's sigmoid by
``scale_x_y``, so that a centre can lie on a cell's edge.
"""

from __future__ import annotations

import numpy as np

from mirror.domain import FloatArray, MirrorError
from mirror.runtime.manifest import ModelCard
from mirror.vision.decoders.activation import sigmoid
from mirror.vision.decoders.contract import BoxDecoder, Outputs, expect_shape
from mirror.vision.decoders.options import Options

LARGEST_STEP = 10.0
"""exp(10) anchors is wider than any input: a broken number must not become infinite."""


def decoder(card: ModelCard, size: tuple[int, int]) -> BoxDecoder:
    """Options: ``anchors`` (must be there: for each output an array of [width, height] in input pixels), ``strides``
    (the input over the head's size when not given), ``scale_x_y`` (1.0; a number, or one an output).

    Raises MirrorError when heads, anchors and labels do not go together.
    """
    options = Options(card)
    anchors = options.lists_of_pairs("anchors")
    if anchors is None:
        raise options.wrong("anchors", "is missing: for each output the anchors that its head uses, in input pixels")
    heads, classes = len(card.outputs), len(card.labels)
    if len(anchors) != heads:
        raise options.wrong("anchors", f"has {len(anchors)} entries; the graph has {heads} outputs")
    shapes = [_shape(card, index, len(anchors[index]), classes) for index in range(heads)]
    strides = options.numbers("strides", heads)
    if strides is None:
        strides = tuple(size[1] / rows for rows, _ in shapes)
    for (rows, columns), stride in zip(shapes, strides, strict=True):
        if round(rows * stride) != size[1] or round(columns * stride) != size[0]:
            raise options.wrong(
                "strides", f"of {stride:g} makes a head of {rows}x{columns} an input of "
                f"{rows * stride:g}x{columns * stride:g}; it is {size[1]}x{size[0]} (height x width)",
            )
    stretch = _stretch(options, heads)

    def decode(outputs: Outputs, least: float) -> tuple[FloatArray, FloatArray]:
        found = [
            decode_head(outputs[i][0], anchors[i], strides[i], stretch[i], classes, least) for i in range(heads)
        ]
        return np.concatenate([boxes for boxes, _ in found]), np.concatenate([scores for _, scores in found])

    return decode


def decode_head(
    head: FloatArray, anchors: tuple[tuple[float, float], ...], stride: float, stretch: float, classes: int,
    least: float,
) -> tuple[FloatArray, FloatArray]:
    """Boxes (n, 4) and scores (n, classes) of the cells of one raw head (anchors * (5 + classes), rows, columns) whose
    objectness is at least ``least``: no score of the others can be."""
    rows, columns = head.shape[1:]
    values = head.reshape(len(anchors), 5 + classes, rows, columns)
    sure = sigmoid(values[:, 4])
    anchor, row, column = np.nonzero(sure >= least)
    picked = values[anchor, :, row, column].astype(np.float32)
    sizes = np.asarray(anchors, np.float32)[anchor]
    centre = sigmoid(picked[:, :2]) * stretch - (stretch - 1) / 2
    centre = (centre + np.column_stack([column, row]).astype(np.float32)) * stride
    half = np.exp(np.minimum(picked[:, 2:4], LARGEST_STEP)) * sizes / 2
    boxes = np.concatenate([centre - half, centre + half], axis=1).astype(np.float32)
    scores = sigmoid(picked[:, 5:]) * sure[anchor, row, column][:, None]
    return boxes, np.asarray(scores, dtype=np.float32)


def _shape(card: ModelCard, index: int, anchors: int, classes: int) -> tuple[int, int]:
    wanted = anchors * (5 + classes)
    shape = expect_shape(
        card, index, (1, wanted, None, None), f"[1, {wanted}, rows, columns]: {anchors} anchors of 5 + {classes} labels"
    )
    rows, columns = shape[2:]
    if rows is None or columns is None:
        raise MirrorError(f"model '{card.name}': output '{card.outputs[index].name}' must have fixed rows and columns")
    return rows, columns


def _stretch(options: Options, heads: int) -> tuple[float, ...]:
    if isinstance(options.card.options.get("scale_x_y"), list):
        return options.numbers("scale_x_y", heads) or ()
    return (options.number("scale_x_y", 1.0, least=1.0, most=3.0),) * heads
