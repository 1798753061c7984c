"""A pipeline of random trees, a projection and a norm as one ONNX model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from mirror.domain import MirrorError

OPSET, ML_OPSET, IR_VERSION = 17, 3, 8
"""Old enough for ONNX Runtime 1.14."""
INPUT_NAME, OUTPUT_NAME = "image", "embedding"
KNOWN = ("RandomTreesEmbedding", "TruncatedSVD", "PCA", "Normalizer")
LEAF = -1

FloatRows = NDArray[np.float32]


def convert(pipeline: Any, shape: Sequence[int]) -> onnx.ModelProto:
    """The pipeline on one input of ``shape`` (batch 1), whose numbers are its features in their order.

    Trees become one TreeEnsembleRegressor that says 1 for the leaf each tree ends in; every projection a Gemm.
    Raises MirrorError, naming the step, for steps that are not known, not fitted or damaged.
    """
    graph = _Graph(shape)
    width = features_of(pipeline)
    for name, step in _steps(pipeline):
        kind = type(step).__name__
        try:
            if kind == "RandomTreesEmbedding":
                if graph.nodes[1:]:
                    raise MirrorError(f"step '{name}' ({kind}) must be the first")
                width = graph.trees(name, step, width)
            elif kind in ("TruncatedSVD", "PCA"):
                width = graph.projection(name, step, width)
            elif kind == "Normalizer" and step.norm == "l2":
                graph.add("LpNormalization", [], name, axis=1, p=2)
            else:
                raise MirrorError(f"step '{name}' is a {kind}: only {', '.join(KNOWN)} (l2) are known")
        except AttributeError as error:
            raise MirrorError(f"step '{name}' ({kind}) was not fitted: {error}") from error
    return graph.model(width)


def features_of(pipeline: Any) -> int:
    """How many numbers the pipeline takes. Raises MirrorError when it is none or was not fitted."""
    steps = _steps(pipeline)
    if not steps:
        raise MirrorError("the pipeline has no steps")
    name, first = steps[0]
    if not hasattr(first, "n_features_in_"):
        raise MirrorError(f"step '{name}' ({type(first).__name__}) was not fitted")
    return int(first.n_features_in_)


def _steps(pipeline: Any) -> list[tuple[str, Any]]:
    if type(pipeline).__name__ in KNOWN:
        return [(type(pipeline).__name__, pipeline)]
    if type(pipeline).__name__ != "Pipeline":
        raise MirrorError(f"the file holds a {type(pipeline).__name__}, not a pipeline of scikit-learn")
    return [(str(name), step) for name, step in pipeline.steps if step not in (None, "passthrough")]


class _Graph:
    """The ONNX nodes so far; each new one reads the one before."""

    def __init__(self, shape: Sequence[int]) -> None:
        self.shape = list(shape)
        self.nodes: list[onnx.NodeProto] = []
        self.arrays: list[onnx.TensorProto] = []
        self.add("Reshape", [self.constant("row", np.array([1, -1], np.int64))], "row")

    def constant(self, name: str, array: NDArray[Any]) -> str:
        self.arrays.append(numpy_helper.from_array(array, f"{name}/value"))
        return f"{name}/value"

    def add(self, op: str, more: Sequence[str], name: str, **attributes: Any) -> None:
        before = self.nodes[-1].output[0] if self.nodes else INPUT_NAME
        self.nodes.append(helper.make_node(op, [before, *more], [f"{name}/out"], name=name, **attributes))

    def trees(self, name: str, step: Any, features: int) -> int:
        """One column for every leaf of every tree, in the order of scikit-learn's one-hot encoder."""
        rows: dict[str, list[Any]] = {key: [] for key in (
            "treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids",
        )}
        targets: dict[str, list[Any]] = {key: [] for key in ("treeids", "nodeids", "ids", "weights")}
        column = 0
        for number, (estimator, leaves) in enumerate(
            zip(step.estimators_, step.one_hot_encoder_.categories_, strict=True)
        ):
            tree = estimator.tree_
            _check_tree(f"step '{name}', tree {number}", tree, leaves, features)
            inner = tree.children_left != LEAF
            rows["treeids"] += [number] * tree.node_count
            rows["nodeids"] += range(tree.node_count)
            rows["featureids"] += np.where(inner, tree.feature, 0).tolist()
            rows["values"] += np.where(inner, floor32(tree.threshold), 0).tolist()
            rows["modes"] += ["BRANCH_LEQ" if node else "LEAF" for node in inner]
            rows["truenodeids"] += np.where(inner, tree.children_left, 0).tolist()
            rows["falsenodeids"] += np.where(inner, tree.children_right, 0).tolist()
            targets["treeids"] += [number] * len(leaves)
            targets["nodeids"] += [int(leaf) for leaf in leaves]
            targets["ids"] += range(column, column + len(leaves))
            targets["weights"] += [1.0] * len(leaves)
            column += len(leaves)
        attributes = {f"nodes_{key}": value for key, value in rows.items()}
        attributes |= {f"target_{key}": value for key, value in targets.items()}
        self.add("TreeEnsembleRegressor", [], name, domain="ai.onnx.ml", n_targets=column, post_transform="NONE",
                 aggregate_function="SUM", **attributes)
        return column

    def projection(self, name: str, step: Any, width: int) -> int:
        """(x - mean) times the components, over the deviations where PCA whitens."""
        matrix = np.asarray(step.components_, np.float64).T
        if matrix.ndim != 2 or len(matrix) != width:
            raise MirrorError(f"step '{name}' takes {len(matrix)} numbers, the step before it gives {width}")
        if getattr(step, "whiten", False):
            least = np.finfo(np.asarray(step.explained_variance_).dtype).eps
            matrix = matrix / np.maximum(np.sqrt(step.explained_variance_), least)
        mean = getattr(step, "mean_", None)
        shift = np.zeros(matrix.shape[1]) if mean is None else -np.asarray(mean, np.float64) @ matrix
        names = [self.constant(f"{name}/components", matrix.astype(np.float32)),
                 self.constant(f"{name}/shift", shift.astype(np.float32))]
        self.add("Gemm", names, name)
        return int(matrix.shape[1])

    def model(self, width: int) -> onnx.ModelProto:
        self.nodes[-1].output[0] = OUTPUT_NAME
        kind = onnx.TensorProto.FLOAT
        graph = helper.make_graph(
            self.nodes, "pipeline", [helper.make_tensor_value_info(INPUT_NAME, kind, self.shape)],
            [helper.make_tensor_value_info(OUTPUT_NAME, kind, [1, width])], self.arrays,
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", ML_OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, producer_name="export.sklearn")
        model.ir_version = IR_VERSION
        return model


def floor32(numbers: NDArray[Any]) -> FloatRows:
    """The largest float32 that is not above each number: for a float32 x, x <= t and x <= floor32(t) are the same."""
    rounded = np.asarray(numbers, np.float64).astype(np.float32)
    return np.where(rounded > numbers, np.nextafter(rounded, np.float32(-np.inf)), rounded).astype(np.float32)


def _check_tree(title: str, tree: Any, leaves: NDArray[Any], features: int) -> None:
    """scikit-learn itself runs on this tree afterwards, in C and unchecked: its numbers must make sense."""
    count = int(tree.node_count)
    numbers = np.arange(count)
    inner = tree.children_left != LEAF
    for children in (tree.children_left[inner], tree.children_right[inner]):
        if (children <= numbers[inner]).any() or (children >= count).any():
            raise MirrorError(f"{title} is damaged: a branch leads nowhere")
    if (tree.children_right[~inner] != LEAF).any():
        raise MirrorError(f"{title} is damaged: a leaf has a branch")
    if (tree.feature[inner] < 0).any() or (tree.feature[inner] >= features).any():
        raise MirrorError(f"{title} is damaged: it asks for a feature beyond the {features} that there are")
    if sorted(int(leaf) for leaf in leaves) != numbers[~inner].tolist():
        raise MirrorError(f"{title} is damaged: its leaves are not those that the encoder knows")
