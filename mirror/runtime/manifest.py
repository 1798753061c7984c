"""The manifest: which models there are, what goes in and out of them, and where each came from."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
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
PRECISIONS: tuple[str, ...] = ("int8", "fp16")
FULL_PRECISION = "fp32"
"""The precision of a card's own file; variants have another."""
PROVIDERS: tuple[str, ...] = ("cpu", "cuda", "ort-tensorrt", "tensorrt")
LAYOUTS: tuple[str, ...] = ("NHWC", "NCHW", "none")
COLOURS: tuple[str, ...] = ("rgb", "bgr", "none")


@dataclass(frozen=True)
class TensorSpec:
    """Name, shape and dtype of one input or output. A dimension that may vary is a name, such as "n"."""

    name: str
    shape: tuple[int | str, ...]
    dtype: str


@dataclass(frozen=True)
class Variant:
    """The same model in another precision, one ``[[model.variant]]`` table; same inputs and outputs."""

    precision: str
    file: str
    sha256: str
    path: Path
    accuracy: Mapping[str, float | str]


@dataclass(frozen=True)
class SampleFile:
    """A recorded pair of input and outputs, ``[model.sample]``; ``tolerance`` is relative to the outputs' size."""

    file: str
    sha256: str
    path: Path
    tolerance: float


@dataclass(frozen=True)
class ModelCard:
    """One ``[[model]]`` table of the manifest.

    A picture becomes the input as ``(pixel * scale - mean) / std`` in ``colour`` order and ``layout``;
    ``normalisation`` says the same in words. ``mean`` and ``std`` have one number, or one per channel (or
    feature). Models that take no picture have layout and colour "none". ``decoder`` says how the outputs are
    read (`mirror.vision`); ``gate`` is, by metric, the most that a variant may lose; ``default`` names the precision
    that runs by provider, "fp32" where it says nothing.
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
    decoder: str = ""
    variants: Mapping[str, Variant] = field(default_factory=lambda: MappingProxyType({}))
    default: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    gate: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    sample: SampleFile | None = None


_REQUIRED: Mapping[str, type | tuple[type, ...]] = {
    "name": str, "task": str, "file": str, "sha256": str, "inputs": list, "outputs": list,
    "licence": str, "origin": str, "card": str,
}
_OPTIONAL: Mapping[str, type | tuple[type, ...]] = {
    "normalisation": str, "colour": str, "layout": str, "scale": (int, float), "mean": list, "std": list,
    "labels": list, "accuracy": dict, "options": dict, "decoder": str, "variant": list, "default": dict,
    "gate": dict, "sample": dict,
}
_VARIANT: Mapping[str, type | tuple[type, ...]] = {"precision": str, "file": str, "sha256": str, "accuracy": dict}
_SAMPLE: Mapping[str, type | tuple[type, ...]] = {"file": str, "sha256": str, "tolerance": (int, float)}
_KINDS: Mapping[type | tuple[type, ...], str] = {
    str: "a string", list: "an array", dict: "a table", (int, float): "a number",
}


class Manifest:
    """All model cards of a folder, by name."""

    def __init__(self, folder: Path, cards: Mapping[str, ModelCard]) -> None:
        self.folder = folder
        """Of the models that come with the mirror; an integrator's own have the folder of their path."""
        self.cards: Mapping[str, ModelCard] = MappingProxyType(dict(cards))

    @classmethod
    def load(cls, folder: Path | None = None, own: Path | None = None) -> Manifest:
        """Read and check ``manifest.toml`` of ``folder`` (default: ``default_folder()``) and that of ``own``, an
        integrator's folder whose models join.

        Raises MirrorError, one line naming the table and the key, when the file is absent, is no TOML, or a
        table has an unknown key, lacks one, or holds a value of the wrong kind, or when both folders have a model of
        the same name. Weights are not touched (Session checks them).
        """
        folder = default_folder() if folder is None else folder
        cards = _read_cards(folder / MANIFEST_NAME, MEND)
        if own is not None:
            theirs = _read_cards(own / MANIFEST_NAME, "`[models] own` must name a folder that `mirror export` wrote to")
            for name in theirs.keys() & cards.keys():
                raise MirrorError(
                    f"{own / MANIFEST_NAME}: a model named '{name}' comes with the mirror: give yours another name"
                )
            cards |= theirs
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


def read_card(path: Path) -> ModelCard:
    """The card of a file of its own: one ``[[model]]`` table as in a manifest, its paths relative to that file. Raises
    MirrorError, one line, as :meth:`Manifest.load` does, and when there are several."""
    cards = _read_cards(path, "give a file with one [[model]] table, as `mirror export` writes it")
    if len(cards) != 1:
        raise MirrorError(f"{path}: has {len(cards)} [[model]] tables; a card of its own has one")
    return next(iter(cards.values()))


def _read_cards(path: Path, mend: str) -> dict[str, ModelCard]:
    """The cards of one file by name. Raises MirrorError, one line."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = error.strerror or "cannot be read"
        raise MirrorError(f"model manifest {path}: {reason.lower()}: {mend}") from error
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
    return cards


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
        digest = self.digest("sha256", values["sha256"])
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
            accuracy=MappingProxyType(self.measures("accuracy", values.get("accuracy", {}))),
            options=MappingProxyType(values.get("options", {})),
            path=self.inside("file", values["file"]), card=self.inside("card", values["card"]),
            decoder=values.get("decoder", ""), variants=MappingProxyType(variants := self.variants()),
            default=MappingProxyType(self.default(variants)), gate=MappingProxyType(self.gate()), sample=self.sample(),
        )

    def digest(self, key: str, value: str) -> str:
        if len(value) != 64 or not set(value) <= set("0123456789abcdef"):
            raise self.wrong(key, "must be 64 lower-case hex digits")
        return value

    def exact(
        self, where: str, entry: object, kinds: Mapping[str, type | tuple[type, ...]], optional: str = ""
    ) -> dict[str, Any]:
        """A table inside the table: exactly these keys (``optional`` may be absent), each of its kind."""
        wanted = set(kinds)
        if not isinstance(entry, dict) or not wanted - {optional} <= set(entry) <= wanted:
            raise self.wrong(where, f"must have the keys {', '.join(kinds)}")
        for key, value in entry.items():
            if not isinstance(value, kinds[key]) or isinstance(value, bool):
                raise self.wrong(f"{where}.{key}", f"must be {_KINDS[kinds[key]]}")
        return entry

    def variants(self) -> dict[str, Variant]:
        found: dict[str, Variant] = {}
        for number, entry in enumerate(self.values.get("variant", [])):
            where = f"variant[{number}]"
            table = self.exact(where, entry, _VARIANT, optional="accuracy")
            precision = table["precision"]
            if precision not in PRECISIONS or precision in found:
                raise self.wrong(f"{where}.precision", f"must be one of {', '.join(PRECISIONS)}, each once")
            found[precision] = Variant(
                precision, table["file"], self.digest(f"{where}.sha256", table["sha256"]),
                self.inside(f"{where}.file", table["file"]),
                MappingProxyType(self.measures(f"{where}.accuracy", table.get("accuracy", {}))),
            )
        return found

    def default(self, variants: Mapping[str, Variant]) -> dict[str, str]:
        found = self.values.get("default", {})
        for provider, precision in found.items():
            if provider not in PROVIDERS:
                raise self.wrong(f"default.{provider}", f"is no provider: {', '.join(PROVIDERS)}")
            # TensorRT builds its own precisions from the full graph; the others need a file
            if precision not in (FULL_PRECISION, *variants) and not (
                provider.endswith("tensorrt") and precision in PRECISIONS
            ):
                raise self.wrong(f"default.{provider}", f"names '{precision}', which no [[model.variant]] has")
        return dict(found)

    def gate(self) -> dict[str, float]:
        found = self.values.get("gate", {})
        for metric, loss in found.items():
            if not isinstance(loss, (int, float)) or isinstance(loss, bool) or loss < 0:
                raise self.wrong(f"gate.{metric}", "must be a number, 0 or more: the most that a variant may lose")
        return {metric: float(loss) for metric, loss in found.items()}

    def sample(self) -> SampleFile | None:
        if "sample" not in self.values:
            return None
        table = self.exact("sample", self.values["sample"], _SAMPLE)
        return SampleFile(
            table["file"], self.digest("sample.sha256", table["sha256"]),
            self.inside("sample.file", table["file"]), float(table["tolerance"]),
        )

    def inside(self, key: str, value: str) -> Path:
        """The path a key names, which must lie in the manifest's folder."""
        relative = PurePosixPath(value)
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

    def measures(self, key: str, values: Mapping[str, Any]) -> dict[str, float | str]:
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
