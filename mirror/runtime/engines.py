"""The cache of TensorRT engines: one file each, bound to graph, TensorRT, GPU, precision and shapes.

A file is a line of magic, a line of JSON (the header) and the serialised engine. It appears whole or not at all. An
engine is code for the GPU: the folder belongs to the user alone.
"""

from __future__ import annotations

import fcntl
import glob
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from mirror.domain import MirrorError
from mirror.runtime.cudart import open_cudart
from mirror.runtime.manifest import FULL_PRECISION, PRECISIONS, ModelCard
from mirror.runtime.session import check_file
from mirror.runtime.tensorrt import MOST_AT_ONCE, LoadedEngine, open_tensorrt

FOLDER_VARIABLE = "MIRROR_ENGINES"
MAGIC = b"MIRROR-ENGINE 1\n"
LONGEST_HEADER = 1 << 16
SUFFIX = ".engine"
UNFINISHED = ".unfinished"
FLAGS_END = 11
"""TensorRT 11 dropped the builder's precision flags: from there on a graph runs in the precision it is written in."""


def default_folder() -> Path:
    """MIRROR_ENGINES, else ``smart-mirror/engines`` in XDG_CACHE_HOME, else in ``~/.cache``."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named).expanduser()
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "smart-mirror" / "engines"


@dataclass(frozen=True)
class EngineKey:
    """Everything that an engine depends on; when one of these differs, it must be built anew."""

    graph: str
    """sha256 of the ONNX file that it is built from."""
    tensorrt: str
    gpu: str
    precision: str
    shapes: str

    def digest(self) -> str:
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]

    def differs(self, header: dict[str, Any]) -> str:
        """In words, how an engine with this header is another one; "" when it is this one."""
        for field, word in (
            ("precision", "precision"), ("tensorrt", "TensorRT"), ("gpu", "the GPU"), ("shapes", "shapes"),
            ("graph", "the graph"),
        ):
            theirs, ours = str(header.get(field, "?")), str(getattr(self, field))
            if theirs != ours:
                if field == "graph":
                    theirs, ours = f"{theirs[:12]}...", f"{ours[:12]}..."
                return f"it was built for {word} {theirs}, here is {ours}"
        return ""


class Source(NamedTuple):
    """The ONNX file that an engine is built from."""

    path: Path
    sha256: str


class Stored(NamedTuple):
    """An engine of the cache."""

    path: Path
    header: dict[str, Any]
    plan: memoryview


def default_precision(card: ModelCard, provider: str = "tensorrt") -> str:
    """The precision that runs when none is asked for: the card's default for the provider."""
    return card.default.get(provider, FULL_PRECISION)


def source_of(card: ModelCard, precision: str, major: int) -> Source:
    """The file that TensorRT ``major`` builds this precision from, checked against the manifest.

    fp16 comes from the full graph as long as TensorRT has a flag for it, int8 from the quantised graph (QDQ nodes).
    Raises MirrorError, one line, when the model has no such file, or it is not the manifest's.
    """
    if precision not in (FULL_PRECISION, *PRECISIONS):
        raise MirrorError(f"no precision '{precision}': choose one of {', '.join((FULL_PRECISION, *PRECISIONS))}")
    if precision == "int8" or (precision == "fp16" and major >= FLAGS_END):
        variant = card.variants.get(precision)
        if variant is None:
            why = "TensorRT takes int8 from a quantised graph" if precision == "int8" else (
                f"TensorRT {major} takes fp16 only from a graph in fp16")
            raise MirrorError(
                f"model '{card.name}' has no {precision} file and {why}: make one with `mirror export quantize "
                f"{card.name} --precision {precision}`, or choose --precision fp32"
            )
        return Source(check_file(card, precision), variant.sha256)
    return Source(check_file(card), card.sha256)


def input_shapes(card: ModelCard) -> tuple[tuple[str, tuple[int, ...], tuple[int, ...]], ...]:
    """Name, smallest and largest shape of each input; a dimension with a name goes from 1 to MOST_AT_ONCE."""
    return tuple(
        (
            spec.name,
            tuple(d if isinstance(d, int) else 1 for d in spec.shape),
            tuple(d if isinstance(d, int) else MOST_AT_ONCE for d in spec.shape),
        )
        for spec in card.inputs
    )


def key_of(card: ModelCard, precision: str) -> EngineKey:
    """The key on this machine. Raises MirrorError when TensorRT, CUDA, the GPU or the model's file is missing."""
    library = open_tensorrt()
    gpu = open_cudart().gpu()
    shapes = []
    for name, least, most in input_shapes(card):
        low, high = ("x".join(map(str, shape)) for shape in (least, most))
        shapes.append(f"{name} {low}" + ("" if low == high else f" to {high}"))
    return EngineKey(
        source_of(card, precision, library.major).sha256, library.version, gpu.identity, precision, ", ".join(shapes),
    )


def open_engine(card: ModelCard, precision: str | None = None) -> LoadedEngine:
    """The cached engine for this machine, loaded. Raises MirrorError when there is none that fits: none is built here,
    for that takes minutes."""
    usual = default_precision(card)
    precision = precision or usual
    # where one engine is missing, all are: one command for all of them
    which = "" if precision == usual else f" {card.name} --precision {precision}"
    mend = f"run `mirror models engines{which}`"
    return LoadedEngine(card, EngineCache().read(card.name, key_of(card, precision), mend).plan)


class EngineCache:
    """The engines in a folder (``default_folder()`` when None)."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = default_folder() if folder is None else folder

    def path(self, model: str, key: EngineKey) -> Path:
        return self.folder / f"{model}.{key.precision}.{key.digest()}{SUFFIX}"

    def read(self, model: str, key: EngineKey, mend: str = "run `mirror models engines`") -> Stored:
        """The engine of ``model`` for ``key``, its checksum proven.

        Raises MirrorError, one line that says why not and what builds it: there is none, the one there was built for
        something else, or it is damaged.
        """
        path = self.path(model, key)
        if path.exists():
            header, plan = _read(path, mend)
            stale = key.differs(header)
            if stale:
                raise MirrorError(f"engine {path}: {stale}; {mend}")
            damage = _damage(header, plan)
            if damage:
                raise MirrorError(f"engine {path} is damaged: {damage}; {mend}")
            return Stored(path, header, plan)
        others = self.files(model)
        # of several, the one that says most: the same precision, built for something else
        for other in sorted(others, key=lambda file: not file.name.startswith(f"{model}.{key.precision}.")):
            try:
                header, _ = _read(other, mend, whole=False)
            except MirrorError:
                continue
            raise MirrorError(f"the TensorRT engine of '{model}' does not fit: {key.differs(header)}; {mend}")
        raise MirrorError(f"no TensorRT engine of '{model}' in {key.precision} for this device yet; {mend}")

    def write(self, model: str, key: EngineKey, plan: Any, facts: dict[str, Any]) -> Stored:
        """Keep an engine, whole or not at all. ``facts`` join the header. Raises MirrorError when it cannot be written.

        Call it inside :meth:`lock`.
        """
        view = memoryview(plan)
        header = {
            "model": model, **asdict(key), "bytes": view.nbytes, "sha256": hashlib.sha256(view).hexdigest(),
            "built": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **facts,
        }
        path = self.path(model, key)
        writing = path.with_suffix(UNFINISHED)
        try:
            with writing.open("wb") as file:
                file.write(MAGIC + json.dumps(header).encode() + b"\n")
                file.write(view)
                file.flush()
                os.fsync(file.fileno())
            os.replace(writing, path)
        except OSError as error:
            writing.unlink(missing_ok=True)
            raise MirrorError(
                f"engine {path} cannot be written ({(error.strerror or 'error').lower()}): free space there, or set "
                f"{FOLDER_VARIABLE} to another folder"
            ) from error
        return Stored(path, header, view)

    @contextmanager
    def lock(self, model: str, key: EngineKey, waiting: Callable[[], None] | None = None) -> Iterator[None]:
        """Alone with this engine among all processes; ``waiting`` is called once when another has it.

        The lock is the kernel's: it goes with a process that is killed. Raises MirrorError when the folder cannot be
        made.
        """
        with self.locked(self.path(model, key).with_suffix(".lock"), waiting):
            yield

    @contextmanager
    def locked(self, path: Path, waiting: Callable[[], None] | None = None) -> Iterator[None]:
        """As :meth:`lock`, for any file of the folder."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = path.open("ab")
        except OSError as error:
            raise MirrorError(
                f"engine folder {self.folder} cannot be used ({(error.strerror or 'error').lower()}): set "
                f"{FOLDER_VARIABLE} to a folder of yours"
            ) from error
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if waiting is not None:
                    waiting()
                fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def files(self, model: str = "") -> list[Path]:
        """The engines' files (of one model, if named), newest first."""
        found = self.folder.glob(f"{glob.escape(model) if model else '*'}.*{SUFFIX}") if self.folder.is_dir() else ()
        return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)

    def headers(self, model: str = "", whole: bool = True) -> Iterator[tuple[Path, dict[str, Any], str]]:
        """Path, header and problem ("" when whole) of every engine (of one model, if named), newest first.

        Checksums are proven only with ``whole``: it reads all of each file.
        """
        for path in self.files(model):
            try:
                header, plan = _read(path, "run `mirror models engines --clean`", whole)
                damage = _damage(header, plan) if whole else ""
                yield path, header, f"damaged: {damage}" if damage else ""
            except MirrorError as error:
                yield path, {}, str(error)

    def unfinished(self) -> list[Path]:
        """What builds that were killed have left."""
        return sorted(self.folder.glob(f"*{UNFINISHED}")) if self.folder.is_dir() else []


def _damage(header: dict[str, Any], plan: memoryview) -> str:
    if len(plan) != header["bytes"]:
        return f"{len(plan)} bytes where {header['bytes']} were written"
    if hashlib.sha256(plan).hexdigest() != header["sha256"]:
        return "its checksum is another than when it was written"
    return ""


def _read(path: Path, mend: str, whole: bool = True) -> tuple[dict[str, Any], memoryview]:
    """Header and engine (empty unless ``whole``) of a file. Raises MirrorError when it is no engine of ours."""
    try:
        with path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise MirrorError(f"engine {path} is damaged: it does not begin like one; {mend}")
            header = json.loads(file.readline(LONGEST_HEADER))
            if not isinstance(header, dict) or not {"bytes", "sha256", "model"} <= set(header):
                raise ValueError
            return header, memoryview(file.read() if whole else b"")
    except ValueError as error:
        raise MirrorError(f"engine {path} is damaged: its header cannot be read; {mend}") from error
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise MirrorError(f"engine {path}: {reason}; {mend}") from error
