"""The last step of every conversion: compare with the model's own framework, then write graph, sample, card and
manifest table, all or nothing.

A folder written here has the manifest's form, so ``[models] own = "FOLDER"`` of the mirror's settings reads it.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import io
import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray

from mirror.domain import MirrorError, UsageError
from mirror.runtime.manifest import COLOURS, LAYOUTS, MANIFEST_NAME, Manifest

Reference = Callable[[NDArray[Any]], Sequence[NDArray[Any]]]
"""The model in its own framework: one input batch to its outputs, in the graph's order."""

SAMPLE_TOLERANCE = 1e-3
"""Of a recorded sample on another machine and provider, relative to the outputs' size."""
DTYPES = {
    onnx.TensorProto.FLOAT: "float32", onnx.TensorProto.FLOAT16: "float16", onnx.TensorProto.INT64: "int64",
    onnx.TensorProto.INT32: "int32", onnx.TensorProto.UINT8: "uint8", onnx.TensorProto.INT8: "int8",
    onnx.TensorProto.BOOL: "bool",
}
LOG_FATAL = 4


@dataclass(frozen=True)
class CardDraft:
    """What a person has to say of a model, because no file of weights does. Keys as in the manifest's tables."""

    name: str
    task: str
    decoder: str
    layout: str = "NCHW"
    colour: str = "rgb"
    scale: float = 1.0
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    labels: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    licence: str = ""
    origin: str = ""
    normalisation: str = ""


def require(module: str, purpose: str) -> ModuleType:
    """An optional package, or MirrorError saying what ``purpose`` needs it and how to get it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MirrorError(
            f"{purpose} needs the package '{module}' ({error}): pip install 'smart-mirror[export]'"
        ) from error


def add_card_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags that all formats share."""
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="folder of models to add this one to")
    parser.add_argument("--name", required=True, help="name of the model in the manifest and of its file")
    parser.add_argument("--task", help="what it does, in a few words")
    parser.add_argument("--decoder", help="how its outputs are read: heatmap, simcc, yolo-v3, classification...")
    parser.add_argument("--labels", type=Path, metavar="FILE", help="one label a line: keypoints or classes, in order")
    parser.add_argument("--mean", type=_numbers, help="subtracted after --scale: one number or one per channel")
    parser.add_argument("--std", type=_numbers, help="divided by, after --mean")
    parser.add_argument("--scale", type=float, help="pixels are multiplied by it first, e.g. 0.00392156862745098")
    parser.add_argument("--colour", choices=COLOURS, help="channel order of the input")
    parser.add_argument("--option", action="append", default=[], metavar="KEY=VALUE",
                        help="for the decoder, VALUE as JSON, such as split=2.0; repeatable")
    parser.add_argument("--licence", help="of the weights, e.g. Apache-2.0; a shop must know it")
    parser.add_argument("--origin", help="who made the weights, from what")
    parser.add_argument("--tolerance", type=float, default=1e-4,
                        help="largest difference to the model's own framework, relative to its outputs (default 1e-4)")


def draft_from(args: argparse.Namespace, defaults: CardDraft) -> CardDraft:
    """``defaults`` (a format's own) with what the command line said. Raises UsageError or MirrorError, one line."""
    name: str = args.name
    if not name or not all(c.isalnum() or c in "-_." for c in name) or name.startswith("."):
        raise UsageError(f"--name {name!r}: use letters, digits, dashes and dots; it becomes a file's name")
    said: dict[str, Any] = {"name": name}
    for key in ("task", "decoder", "mean", "std", "scale", "colour", "licence", "origin"):
        if getattr(args, key) is not None:
            said[key] = getattr(args, key)
    if args.labels is not None:
        said["labels"] = read_labels(args.labels)
    options = dict(defaults.options)
    for pair in args.option:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise UsageError(f"--option {pair!r}: write KEY=VALUE, such as split=2.0")
        try:
            options[key] = json.loads(value)
        except json.JSONDecodeError:
            options[key] = value
    draft = replace(defaults, **said, options=options)
    return replace(draft, licence=draft.licence or "not stated", origin=draft.origin or "not stated")


def read_labels(path: Path) -> tuple[str, ...]:
    """Labels of a text file, one a line. Raises MirrorError."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise MirrorError(f"labels {path}: cannot be read as text: {error}") from error
    labels = tuple(line.strip() for line in lines if line.strip())
    if not labels:
        raise MirrorError(f"labels {path}: no line holds a label")
    return labels


def write_checked(
    model: onnx.ModelProto, draft: CardDraft, out: Path, feeds: Sequence[NDArray[Any]],
    reference: Reference | None, tolerance: float, *, checked_against: str = "",
) -> float:
    """Write the model into folder ``out`` if it gives what ``reference`` gives, and return the largest difference.

    Differences are absolute, over the largest absolute value of that output in the reference (at least 1). Written
    are ``NAME.onnx``, ``samples/NAME.npz``, ``cards/NAME.md`` and the model's table in ``manifest.toml`` (an earlier
    table of that name is replaced). ``checked_against`` names the reference on the card. With ``reference`` None the
    card says that nothing was compared.

    Raises:
        MirrorError: the graph is not valid, does not run, differs, or the folder cannot be written. Nothing was
            written then.
    """
    data = model.SerializeToString(deterministic=True)
    outputs = _run_all(model, data, feeds, draft.name)
    worst = 0.0
    if reference is not None:
        worst = _largest_difference(model, outputs, feeds, reference, tolerance)
    record = io.BytesIO()
    names = [o.name for o in model.graph.output]
    recorded: dict[str, Any] = {"input": feeds[0], **dict(zip(names, outputs[0], strict=True))}
    np.savez_compressed(record, **recorded)
    table = _table(model, draft, data, record.getvalue(), worst if reference is not None else None)
    card = _card(draft, worst if reference is not None else None, checked_against, len(data))
    _put(out, draft.name, data, record.getvalue(), card, table)
    return worst


def _run_all(
    model: onnx.ModelProto, data: bytes, feeds: Sequence[NDArray[Any]], name: str
) -> list[list[NDArray[Any]]]:
    try:
        onnx.checker.check_model(model)
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = LOG_FATAL
        session = ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        key = session.get_inputs()[0].name
        return [session.run(None, {key: feed}) for feed in feeds]
    except Exception as error:  # onnxruntime's exceptions share no base class but Exception
        raise MirrorError(f"{name}: the converted graph does not run: {' '.join(str(error).split())}") from error


def _largest_difference(
    model: onnx.ModelProto, outputs: list[list[NDArray[Any]]], feeds: Sequence[NDArray[Any]], reference: Reference,
    tolerance: float,
) -> float:
    worst = 0.0
    for feed, ours in zip(feeds, outputs, strict=True):
        theirs = [np.asarray(value) for value in reference(feed)]
        if len(theirs) != len(ours):
            raise MirrorError(f"the converted graph has {len(ours)} outputs, its own framework gives {len(theirs)}")
        for info, mine, wanted in zip(model.graph.output, ours, theirs, strict=True):
            if mine.shape != wanted.shape:
                raise MirrorError(
                    f"output '{info.name}' is {list(mine.shape)}, its own framework gives {list(wanted.shape)}"
                )
            if not np.isfinite(mine).all() or not np.isfinite(wanted).all():
                raise MirrorError(f"output '{info.name}' is not finite: the weights are broken")
            size = max(1.0, float(np.abs(wanted).max(initial=0.0)))
            gap = float(np.abs(mine.astype(np.float64) - wanted).max(initial=0.0)) / size
            if gap > tolerance:
                raise MirrorError(
                    f"output '{info.name}' differs from its own framework by {gap:.1e}, more than {tolerance:.1e}: "
                    "nothing was written"
                )
            worst = max(worst, gap)
    return worst


def _tensors(infos: Sequence[onnx.ValueInfoProto]) -> str:
    rows = []
    for info in infos:
        tensor = info.type.tensor_type
        shape = [d.dim_value if d.HasField("dim_value") else (d.dim_param or "n") for d in tensor.shape.dim]
        rows.append(
            f"    {{ name = {json.dumps(info.name)}, shape = {json.dumps(shape)}, "
            f'dtype = "{DTYPES[tensor.elem_type]}" }},'
        )
    return "[\n" + "\n".join(rows) + "\n]"


def _toml(value: Any) -> str:
    """A JSON-like value in TOML; the two write strings, numbers, arrays and truth alike."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(str(k))} = {_toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_toml(v) for v in value) + "]"
    if value is None:
        raise UsageError("an option has no value: TOML knows no null")
    return json.dumps(value, ensure_ascii=False)


def _table(model: onnx.ModelProto, draft: CardDraft, data: bytes, record: bytes, worst: float | None) -> str:
    pairs: dict[str, str] = {
        "name": _toml(draft.name), "task": _toml(draft.task), "decoder": _toml(draft.decoder),
        "file": _toml(f"{draft.name}.onnx"), "card": _toml(f"cards/{draft.name}.md"),
        "sha256": _toml(hashlib.sha256(data).hexdigest()),
        "inputs": _tensors(model.graph.input), "outputs": _tensors(model.graph.output),
        "layout": _toml(draft.layout), "colour": _toml(draft.colour), "normalisation": _toml(draft.normalisation),
        "scale": _toml(draft.scale), "mean": _toml(draft.mean), "std": _toml(draft.std),
        "labels": _toml(draft.labels), "licence": _toml(draft.licence), "origin": _toml(draft.origin),
    }
    if draft.layout not in LAYOUTS:
        raise UsageError(f"layout {draft.layout!r}: one of {', '.join(LAYOUTS)}")
    lines = ["[[model]]", *(f"{key} = {value}" for key, value in pairs.items())]
    if draft.options:
        lines += ["", "[model.options]", *(f"{key} = {_toml(value)}" for key, value in draft.options.items())]
    if worst is not None:
        lines += ["", "[model.accuracy]", f"difference_to_own_framework = {worst:.1e}"]
    lines += [
        "", "[model.sample]", f'file = "samples/{draft.name}.npz"',
        f'sha256 = "{hashlib.sha256(record).hexdigest()}"', f"tolerance = {SAMPLE_TOLERANCE}",
    ]
    return "\n".join(lines) + "\n"


def _card(draft: CardDraft, worst: float | None, checked_against: str, size: int) -> str:
    said = (
        "Not compared with its own framework: the reader was not at hand, and `--unchecked` was given."
        if worst is None
        else f"Largest difference to {checked_against or 'its own framework'}: {worst:.1e} of the output's size."
    )
    return (
        f"# {draft.name}\n\n{draft.task or 'No task stated.'}\n\n| | |\n|---|---|\n| licence | {draft.licence} |\n"
        f"| origin | {draft.origin} |\n| decoder | {draft.decoder} |\n| size | {size / 1e6:.1f} MB |\n\n"
        f"## Checked\n\n{said}\nWhat it is worth on pictures has not been measured by the conversion.\n"
    )


def _without(text: str, name: str) -> str:
    """A manifest's text without the table of that name."""
    start = text.find(f'[[model]]\nname = "{name}"\n')
    if start < 0:
        return text
    end = text.find("[[model]]", start + 1)
    return text[:start] + (text[end:] if end >= 0 else "")


def _put(out: Path, name: str, data: bytes, record: bytes, card: str, table: str) -> None:
    """All files beside their places first, then the names, the manifest last: who reads it finds what it names."""
    manifest = out / MANIFEST_NAME
    try:
        for folder in (out, out / "cards", out / "samples"):
            folder.mkdir(parents=True, exist_ok=True)
        old = manifest.read_text(encoding="utf-8") if manifest.exists() else ""
        kept = _without(old, name).rstrip()
        text = f"{kept}\n\n{table}" if kept else table
        with tempfile.TemporaryDirectory(dir=out, prefix=".writing-") as scratch:
            places = {
                "graph": out / f"{name}.onnx", "sample": out / "samples" / f"{name}.npz",
                "card": out / "cards" / f"{name}.md", MANIFEST_NAME: manifest,
            }
            for part, content in (("graph", data), ("sample", record), ("card", card.encode()),
                                  (MANIFEST_NAME, text.encode())):
                (Path(scratch) / part).write_bytes(content)
            Manifest.load(Path(scratch))
            for part, place in places.items():
                os.replace(Path(scratch) / part, place)
    except OSError as error:
        raise MirrorError(f"{out}: cannot be written: {(error.strerror or str(error)).lower()}") from error


def shape_like(example: str) -> Callable[[str], list[int]]:
    """A reader of ``--shape`` whose complaint shows ``example``, such as "1,3,256,192"."""

    def shape(text: str) -> list[int]:
        try:
            sizes = [int(part) for part in text.split(",")]
        except ValueError:
            sizes = []
        if not sizes or min(sizes) < 1:
            raise argparse.ArgumentTypeError(f"{text!r}: write sizes with commas, such as {example}")
        return sizes

    return shape


def read_text(path: Path, kind: str) -> str:
    """The text of a file that should be a ``kind``. Raises MirrorError, one line, when it is none or empty."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise MirrorError(f"{path}: {(error.strerror or 'cannot be read').lower()}") from error
    except UnicodeDecodeError as error:
        raise MirrorError(f"{path}: is no {kind}: it is not text") from error
    if not text.strip():
        raise MirrorError(f"{path}: is empty")
    return text


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: write numbers with commas, such as 104,117,123") from None
