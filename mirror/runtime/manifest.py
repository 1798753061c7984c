"""The manifest: which models there are, what goes in and out of them, and where each came from."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any, Literal

from mirror.domain import MirrorError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

MANIFEST_NAME = "manifest.toml"
FOLDER_VARIABLE = "MIRROR_MODELS"
MEND = f"run `make models`, or set {FOLDER_VARIABLE} to the folder that holds {MANIFEST_NAME}"

Layout = Literal["NHWC", "NCHW", "none"]
Colour = Literal["rgb", "bgr", "none"]

DTYPES: tuple[str, ...] = ("float32", "float16", "int64", "int32", "uint8", "int8", "bool")
LAYOUTS: tuple[str, ...] = ("NHWC", "NCHW", "none")
COLOURS: tuple[str, ...] = ("rgb", "bgr", "none")


@dataclass(frozen=True)
class TensorSpec:
    """Name, shape and dtype of one input or output. A dimension that may vary is a name, such as "n"."""

    name: str
    shape: tuple[int | str, ...]
    dtype: str


@dataclass(frozen=True)
class ModelCard:
    """One ``[[model]]`` table of the manifest.

    A picture becomes the input as ``(pixel * scale - mean) / std`` in ``colour`` order and ``layout``;
    ``normalisation`` says the same in words. ``mean`` and ``std`` have one number, or one per channel (or
    feature). Models that take no picture have layout and colour "none".
    """

    name: str
    task: str
    file: str
    sha256: str
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    normalisation: str
    colour: Colour
    layout: Layout
    scale: float
    mean: tuple[float, ...]
    std: tuple[float, ...]
    labels: tuple[str, ...]
    licence: str
    origin: str
    accuracy: Mapping[str, float | str]
    options: Mapping[str, Any]
    path: Path
    card: Path


_REQUIRED: Mapping[str, type | tuple[type, ...]] = {
    "name": str, "task": str, "file": str, "sha256": str, "inputs": list, "outputs": list,
    "licence": str, "origin": str, "card": str,
}
_OPTIONAL: Mapping[str, type | tuple[type, ...]] = {
    "normalisation": str, "colour": str, "layout": str, "scale": (int, float), "mean": list, "std": list,
    "labels": list, "accuracy": dict, "options": dict,
}
_KINDS: Mapping[type | tuple[type, ...], str] = {
    str: "a string", list: "an array", dict: "a table", (int, float): "a number",
}


class Manifest:
    """All model cards of a folder, by name."""

    def __init__(self, folder: Path, cards: Mapping[str, ModelCard]) -> None:
        self.folder = folder
        self.cards: Mapping[str, ModelCard] = MappingProxyType(dict(cards))

    @classmethod
    def load(cls, folder: Path | None = None) -> Manifest:
        """Read and check ``manifest.toml`` of ``folder`` (default: ``default_folder()``).

        Raises MirrorError, one line naming the table and the key, when the file is absent, is no TOML, or a
        table has an unknown key, lacks one, or holds a value of the wrong kind. Weights are not touched
        (Session checks them).
        """
        folder = default_folder() if folder is None else folder
        path = folder / MANIFEST_NAME
        try:
            document = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            reason = error.strerror or "cannot be read"
            raise MirrorError(f"model manifest {path}: {reason.lower()}: {MEND}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            reason = " ".join(str(error).split())
            raise MirrorError(f"model manifest {path} is not TOML: {reason}") from error
        for key in document:
            if key != "model":
                raise MirrorError(f"{path}: unknown key '{key}': models go in [[model]] tables")
        tables = document.get("model", [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            raise MirrorError(f"{path}: 'model' must be [[model]] tables")
        cards: dict[str, ModelCard] = {}
        for number, table in enumerate(tables, start=1):
            card = _Table(path, number, table).card()
            if card.name in cards:
                raise MirrorError(f"{path}: two [[model]] tables are named '{card.name}': remove one")
            cards[card.name] = card
        return cls(folder, cards)

    def __getitem__(self, name: str) -> ModelCard:
        card = self.cards.get(name)
        if card is None:
            known = ", ".join(self.cards) or "none"
            raise MirrorError(f"no model '{name}' in {self.folder / MANIFEST_NAME}; known: {known}")
        return card

    def __contains__(self, name: object) -> bool:
        return name in self.cards

    def __iter__(self) -> Iterator[ModelCard]:
        return iter(self.cards.values())

    def __len__(self) -> int:
        return len(self.cards)


def default_folder() -> Path:
    """The folder of models: environment variable MIRROR_MODELS, else ``models_onnx`` beside the package."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named).expanduser()
    return Path(__file__).resolve().parents[2] / "models_onnx"


class _Table:
    """One table while it is being checked; every complaint names the file, the table and the key."""

    def __init__(self, path: Path, number: int, values: dict[str, Any]) -> None:
        self.path, self.values = path, values
        name = values.get("name")
        self.title = f"[[model]] {number} ('{name}')" if isinstance(name, str) else f"[[model]] {number}"

    def wrong(self, key: str, what: str) -> MirrorError:
        return MirrorError(f"{self.path}: {self.title}: key '{key}' {what}")

    def card(self) -> ModelCard:
        known = {**_REQUIRED, **_OPTIONAL}
        for key in self.values:
            if key not in known:
                near = get_close_matches(key, known, n=1)
                raise self.wrong(key, "is unknown" + (f"; did you mean '{near[0]}'?" if near else ""))
        for key in _REQUIRED:
            if key not in self.values:
                raise self.wrong(key, "is missing")
        for key, value in self.values.items():
            if not isinstance(value, known[key]) or isinstance(value, bool):
                raise self.wrong(key, f"must be {_KINDS[known[key]]}")
        values = self.values
        digest = values["sha256"]
        if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
            raise self.wrong("sha256", "must be 64 lower-case hex digits")
        mean, std = self.numbers("mean", (0.0,)), self.numbers("std", (1.0,))
        if len(mean) != len(std) and 1 not in (len(mean), len(std)):
            raise self.wrong("std", f"must have as many numbers as 'mean' ({len(mean)})")
        if 0.0 in std:
            raise self.wrong("std", "must not hold 0: pictures are divided by it")
        layout = self.choice("layout", LAYOUTS)
        colour = self.choice("colour", COLOURS)
        return ModelCard(
            name=values["name"], task=values["task"], file=values["file"], sha256=digest,
            inputs=self.tensors("inputs"), outputs=self.tensors("outputs"),
            normalisation=values.get("normalisation", ""),
            colour=colour,  # type: ignore[arg-type]
            layout=layout,  # type: ignore[arg-type]
            scale=float(values.get("scale", 1.0)), mean=mean, std=std, labels=self.strings("labels"),
            licence=values["licence"], origin=values["origin"],
            accuracy=MappingProxyType(self.measures("accuracy")),
            options=MappingProxyType(values.get("options", {})),
            path=self.inside("file"), card=self.inside("card"),
        )

    def inside(self, key: str) -> Path:
        """The path a key names, which must lie in the manifest's folder."""
        relative = PurePosixPath(self.values[key])
        if relative.is_absolute() or ".." in relative.parts or not relative.parts:
            raise self.wrong(key, "must be a path inside the manifest's folder")
        return self.path.parent / relative

    def choice(self, key: str, allowed: tuple[str, ...]) -> str:
        value = str(self.values.get(key, "none"))
        if value not in allowed:
            raise self.wrong(key, f"must be one of {', '.join(allowed)}, not '{value}'")
        return value

    def numbers(self, key: str, default: tuple[float, ...]) -> tuple[float, ...]:
        values = self.values.get(key, default)
        if not values or not all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values):
            raise self.wrong(key, "must be an array of numbers")
        return tuple(float(v) for v in values)

    def strings(self, key: str) -> tuple[str, ...]:
        values = self.values.get(key, [])
        if not all(isinstance(v, str) for v in values):
            raise self.wrong(key, "must be an array of strings")
        return tuple(values)

    def measures(self, key: str) -> dict[str, float | str]:
        values = self.values.get(key, {})
        for name, value in values.items():
            if not isinstance(value, (int, float, str)) or isinstance(value, bool):
                raise self.wrong(f"{key}.{name}", "must be a number or a string")
        return {name: value if isinstance(value, str) else float(value) for name, value in values.items()}

    def tensors(self, key: str) -> tuple[TensorSpec, ...]:
        specs: list[TensorSpec] = []
        for position, entry in enumerate(self.values[key]):
            where = f"{key}[{position}]"
            if not isinstance(entry, dict) or set(entry) != {"name", "shape", "dtype"}:
                raise self.wrong(where, "must have exactly the keys name, shape and dtype")
            name, shape, dtype = entry["name"], entry["shape"], entry["dtype"]
            if not isinstance(name, str) or not name:
                raise self.wrong(f"{where}.name", "must be a string")
            if not isinstance(shape, list) or not all(_is_dimension(d) for d in shape):
                raise self.wrong(f"{where}.shape", "must be an array of positive integers or names")
            if dtype not in DTYPES:
                raise self.wrong(f"{where}.dtype", f"must be one of {', '.join(DTYPES)}")
            specs.append(TensorSpec(name, tuple(shape), dtype))
        if not specs:
            raise self.wrong(key, "must not be empty")
        return tuple(specs)


def _is_dimension(value: object) -> bool:
    if isinstance(value, bool):
        return False
    return (isinstance(value, int) and value > 0) or (isinstance(value, str) and value != "")
