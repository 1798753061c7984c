"""Which layer of a Keras model reads what: functional and sequential models, nested and shared layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from export.tfjs.graph import ConversionError

MODELS = ("Functional", "Model", "Sequential")
EXECUTING = ("Lambda", "TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer")
"""Layers that hold code, or name functions to call."""

OUR_MODULE = "keras"
Key = tuple[str, int, int]
"""(layer, its nth call, its nth output)."""

T = TypeVar("T")
Call = Callable[[Mapping[str, Any], str, Sequence[T]], Sequence[T]]
"""Computes one call of a layer from its table, the call's name and its inputs."""


def refuse_foreign(config: Any) -> None:
    """Raise ConversionError when a configuration, however deep, names code that is not Keras' own.

    Keras itself is asked for the reference afterwards: nothing may be left in the file that would make it run
    anything but its own layers.
    """
    if isinstance(config, Mapping):
        kind = config.get("class_name")
        if isinstance(kind, str):
            title = _title(config)
            if kind in EXECUTING or kind in ("__lambda__", "function"):
                raise ConversionError(f"{title} is a {kind}: it holds code of its own; refused, nothing was executed")
            module, registered = config.get("module"), config.get("registered_name")
            if module is not None and str(module).split(".")[0] != OUR_MODULE:
                raise ConversionError(f"{title} is of class {module}.{kind}, not one of Keras' own")
            if isinstance(registered, str) and ">" in registered:
                raise ConversionError(f"{title} is of class {registered}, not one of Keras' own")
        for value in config.values():
            refuse_foreign(value)
    elif isinstance(config, (list, tuple)):
        for value in config:
            refuse_foreign(value)


def _title(config: Mapping[str, Any]) -> str:
    inner = config.get("config")
    name = inner.get("name") if isinstance(inner, Mapping) else None
    return f"layer '{name}'" if name else "a part of the model"


def run_model(model: Mapping[str, Any], inputs: Sequence[T], call: Call[T], major: int) -> list[T]:
    """The outputs of a model's table on ``inputs``; ``major`` is the version of the Keras that wrote it.

    Raises ConversionError.
    """
    kind, config = model["class_name"], model["config"]
    if kind == "Sequential":
        values = list(inputs)
        for layer in config["layers"]:
            if layer["class_name"] != "InputLayer":
                values = list(call(layer, str(layer["config"]["name"]), values))
        return values
    if kind not in MODELS or "output_layers" not in config:
        raise ConversionError(f"the model is a {kind}: only Functional and Sequential models say what they compute")
    return _run_functional(config, inputs, call, major)


def input_shapes(model: Mapping[str, Any]) -> list[tuple[int | None, ...]]:
    """Shapes of a model's inputs with the batch first; None where a size is open. Raises ConversionError."""
    config = model["config"]
    if model["class_name"] == "Sequential":
        first = config["layers"][0]["config"]
        shape = first.get("batch_shape") or first.get("batch_input_shape") or config.get("build_input_shape")
        if not shape:
            raise ConversionError("the sequential model was never built: its input has no shape")
        return [tuple(shape)]
    tables = {layer["config"]["name"]: layer["config"] for layer in config["layers"]}
    shapes = []
    for name, _, _ in _references(config["input_layers"]):
        shape = tables.get(name, {}).get("batch_shape") or tables.get(name, {}).get("batch_input_shape")
        if not shape:
            raise ConversionError(f"input '{name}' has no shape")
        shapes.append(tuple(shape))
    return shapes


def output_names(model: Mapping[str, Any]) -> list[str]:
    """The layers that make the outputs."""
    config = model["config"]
    if model["class_name"] == "Sequential":
        return [str(config["layers"][-1]["config"]["name"])]
    return [name for name, _, _ in _references(config["output_layers"])]


def _run_functional(config: Mapping[str, Any], inputs: Sequence[T], call: Call[T], major: int) -> list[T]:
    starts = {layer["config"]["name"]: first_call(layer, major, as_output=False) for layer in config["layers"]}
    ends = {layer["config"]["name"]: first_call(layer, major, as_output=True) for layer in config["layers"]}
    keys = _references(config["input_layers"])
    if len(keys) != len(inputs):
        raise ConversionError(f"the model has {len(keys)} inputs, {len(inputs)} are given")
    values: dict[Key, T] = dict(zip(keys, inputs, strict=True))
    waiting = [
        (layer, number, [_counted(key, starts) for key in _inputs(layer, node)])
        for layer in config["layers"] if layer["class_name"] != "InputLayer"
        for number, node in enumerate(layer.get("inbound_nodes", ()))
    ]
    while waiting:
        ready = [entry for entry in waiting if all(key in values for key in entry[2])]
        if not ready:
            layer, _, sources = waiting[0]
            missing = next(key[0] for key in sources if key not in values)
            raise ConversionError(f"layer '{layer['config']['name']}' reads '{missing}', which nothing computes")
        for layer, number, sources in ready:
            name = str(layer["config"]["name"])
            made = call(layer, name if number == 0 else f"{name}/call{number}", [values[key] for key in sources])
            values.update({(name, number, i): value for i, value in enumerate(made)})
        waiting = [entry for entry in waiting if entry not in ready]
    wanted = [_counted(key, ends) for key in _references(config["output_layers"])]
    for key in wanted:
        if key not in values:
            raise ConversionError(f"output '{key[0]}' is computed by no layer")
    return [values[key] for key in wanted]


def first_call(layer: Mapping[str, Any], major: int, *, as_output: bool) -> int:
    """The number that references give to the first call of a layer.

    It is 0, but a model starts with a call of its own, of which Keras 2 always takes account and Keras 3 only where
    it lists the outputs, and there not of sequential models.
    """
    kind = layer["class_name"]
    if major >= 3:
        return int(as_output and kind in ("Functional", "Model"))
    return int(kind in MODELS and (kind != "Sequential" or layer["config"]["layers"][0]["class_name"] == "InputLayer"))


def _counted(key: Key, starts: Mapping[str, int]) -> Key:
    return key[0], key[1] - starts.get(key[0], 0), key[2]


def _references(entries: Any) -> list[Key]:
    """[["a", 0, 0], ...], or ["a", 0, 0] alone, as Keras 3 writes a single one."""
    if isinstance(entries, Mapping):
        raise ConversionError("models with inputs or outputs in a dictionary are not supported")
    many = [entries] if entries and isinstance(entries[0], str) else entries
    return [(str(entry[0]), int(entry[1]), int(entry[2])) for entry in many]


def _inputs(layer: Mapping[str, Any], node: Any) -> Iterator[Key]:
    """The tensors that one call of a layer reads: Keras 3's tables of arguments, or Keras 2's lists."""
    name = layer["config"]["name"]
    if isinstance(node, Mapping):
        yield from _tensors(node["args"])
        _refuse_arguments(name, node["kwargs"])
        return
    entries = [node] if node and isinstance(node[0], str) else node
    for entry in entries:
        if int(entry[1]) < 0:
            raise ConversionError(f"layer '{name}' reads a constant of the code that made it: not supported")
        yield str(entry[0]), int(entry[1]), int(entry[2])
        _refuse_arguments(name, entry[3] if len(entry) > 3 else {})


def _tensors(value: Any) -> Iterator[Key]:
    if isinstance(value, Mapping):
        if value.get("class_name") != "__keras_tensor__":
            raise ConversionError("a layer is called with something that is no tensor: not supported")
        name, call, output = value["config"]["keras_history"]
        yield str(name), int(call), int(output)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _tensors(item)
    else:
        raise ConversionError(f"a layer is called with {value!r}: not supported")


def _refuse_arguments(layer: str, arguments: Mapping[str, Any]) -> None:
    for key, value in arguments.items():
        if value is not None and value is not False:
            raise ConversionError(f"layer '{layer}' is called with {key}: not supported")
