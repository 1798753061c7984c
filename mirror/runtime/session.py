"""A model loaded on a provider and ready to run."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from mirror.domain import MirrorError
from mirror.runtime import providers
from mirror.runtime.manifest import FULL_PRECISION, ModelCard, TensorSpec, Variant
from mirror.runtime.threads import hold_session

if TYPE_CHECKING:
    from mirror.runtime.tensorrt import LoadedEngine

MEND = "run `mirror models verify`, then `make models` to make it again"
READ_CHUNK = 1 << 20
LOG_FATAL = 4
"""onnxruntime's severity at which it prints nothing of its own: every failure becomes one line of ours."""

_DTYPES: dict[str, str] = {
    "tensor(float)": "float32", "tensor(float16)": "float16", "tensor(int64)": "int64",
    "tensor(int32)": "int32", "tensor(uint8)": "uint8", "tensor(int8)": "int8", "tensor(bool)": "bool",
}
_digests: dict[tuple[str, int, int], str] = {}
_digests_lock = threading.Lock()


class Session:
    """A checked graph on one provider. ``run`` may be called from several threads at once.

    ``precision`` None takes the card's default for the provider, "fp32" where the card has none; ``precision`` and
    ``provider`` of the session tell what really runs. Loading raises MirrorError, one line with the mend, when the
    model has no such precision, the file is missing, its sha256 is not the manifest's, it cannot be loaded, its tensors
    are not the manifest's, or the provider asked for is not the one in use.
    """

    def __init__(
        self, card: ModelCard, provider: str = "cpu", threads: int = 1, precision: str | None = None
    ) -> None:
        if threads < 1:
            raise ValueError(f"a session needs at least one thread, not {threads}")
        self.card = card
        self.threads = threads
        providers.check_known(provider)
        self.precision = card.default.get(provider, FULL_PRECISION) if precision is None else precision
        self._engine: LoadedEngine | None = None
        if provider == providers.NATIVE:
            # imported here: only who asks for it needs TensorRT and CUDA
            from mirror.runtime.engines import open_engine

            self._engine = open_engine(card, self.precision)
            self.provider = provider
            return
        asked, path = self._prepared(provider)
        options = onnxruntime.SessionOptions()
        hold_session(options, threads)
        options.log_severity_level = LOG_FATAL
        for key, value in providers.entries(provider).items():
            options.add_session_config_entry(key, value)
        try:
            # without enable_fallback=0 it takes another provider by itself and says so on stdout
            self._session = onnxruntime.InferenceSession(str(path), options, providers=asked, enable_fallback=0)
        except Exception as error:  # onnxruntime's own exceptions share no base class but Exception
            reason = _one_line(error)
            mend = providers.MENDS.get(provider, MEND)
            if "fallback to CPU EP" in reason:
                reason, mend = f"'{provider}' does not take all of its graph", "set [models] provider to cpu"
            raise MirrorError(f"model '{card.name}' ({path}) cannot be loaded: {reason}; {mend}") from error
        self._session.disable_fallback()
        self.provider = providers.really_used(provider, self._session.get_providers())
        providers.check_assigned(provider, card.name, self._session)
        _check_tensors(card, "input", card.inputs, self._session.get_inputs())
        _check_tensors(card, "output", card.outputs, self._session.get_outputs())
        self._input = card.inputs[0].name
        self._outputs = [spec.name for spec in card.outputs]

    def _prepared(self, provider: str) -> tuple[list[Any], Path]:
        """onnxruntime's ``providers`` argument and the checked file to load."""
        if provider == "ort-tensorrt":
            from mirror.runtime import ort_engines

            return ort_engines.request(self.card, self.precision), ort_engines.graph(self.card, self.precision)
        asked = providers.request(provider, self.threads)
        return asked, check_file(self.card, self.precision)

    @property
    def runs(self) -> str:
        """What runs, for people and reports: "movenet-thunder (int8)"; the full precision goes without saying."""
        full = self.precision == FULL_PRECISION
        return self.card.name if full else f"{self.card.name} ({self.precision})"

    def run(self, feed: NDArray[Any]) -> tuple[NDArray[Any], ...]:
        """Outputs in the card's order for the (only) input.

        ``feed`` must be C-contiguous or will be copied, and have the shape and dtype of ``card.inputs[0]``.
        Raises MirrorError when the provider fails.
        """
        if self._engine is not None:
            return self._engine.run(feed)
        try:
            return tuple(self._session.run(self._outputs, {self._input: feed}))
        except Exception as error:
            reason = _one_line(error)
            raise MirrorError(f"model '{self.card.name}' failed on {self.provider}: {reason}") from error

    def warm_up(self, times: int = 1) -> None:
        """Run on zeros, so that the first real picture does not pay for allocations."""
        spec = self.card.inputs[0]
        shape = [d if isinstance(d, int) else 1 for d in spec.shape]
        feed = np.zeros(shape, dtype=spec.dtype)
        for _ in range(times):
            self.run(feed)

    def close(self) -> None:
        """Give back what the session holds on a GPU; without this it goes with the session. No run after it."""
        if self._engine is not None:
            self._engine.close()


def check_file(card: ModelCard, precision: str = FULL_PRECISION) -> Path:
    """The file of one precision of a card; MirrorError unless it is there and has the manifest's sha256.

    A file is read once per process: its digest is kept by path, size and modification time.
    """
    file: ModelCard | Variant = card
    if precision != FULL_PRECISION:
        if precision not in card.variants:
            has = ", ".join((FULL_PRECISION, *card.variants))
            raise MirrorError(
                f"model '{card.name}' has no {precision} file, only {has}; "
                f"make one with `mirror export quantize {card.name} --precision {precision}`"
            )
        file = card.variants[precision]
    try:
        digest = file_digest(file.path)
    except FileNotFoundError:
        raise MirrorError(f"model '{card.name}': no file {file.path}; {MEND}") from None
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise MirrorError(f"model '{card.name}': {file.path}: {reason}; {MEND}") from error
    if digest != file.sha256:
        raise MirrorError(
            f"model '{card.name}': {file.path} is damaged or another version "
            f"(sha256 {digest[:12]}..., the manifest says {file.sha256[:12]}...); {MEND}"
        )
    return file.path


def file_digest(path: Path) -> str:
    """sha256 of a file as hex digits, read in chunks. Raises OSError."""
    stat = path.stat()
    key = (str(path.resolve()), stat.st_size, stat.st_mtime_ns)
    with _digests_lock:
        known = _digests.get(key)
    if known is not None:
        return known
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(READ_CHUNK):
            digest.update(chunk)
    with _digests_lock:
        _digests[key] = digest.hexdigest()
    return digest.hexdigest()


def _check_tensors(card: ModelCard, kind: str, wanted: tuple[TensorSpec, ...], found: list[Any]) -> None:
    """Compare the graph's tensors with the card's; a dimension with a name must vary in the graph too."""
    graph = {node.name: node for node in found}
    if set(graph) != {spec.name for spec in wanted}:
        raise MirrorError(
            f"model '{card.name}': the graph's {kind}s are {', '.join(sorted(graph))}, the manifest says "
            f"{', '.join(sorted(spec.name for spec in wanted))}; {MEND}"
        )
    for spec in wanted:
        node = graph[spec.name]
        shape, dtype = list(node.shape), _DTYPES.get(node.type, node.type)
        same = len(shape) == len(spec.shape) and all(
            mine == theirs if isinstance(mine, int) else not isinstance(theirs, int)
            for mine, theirs in zip(spec.shape, shape, strict=True)
        )
        if not same or dtype != spec.dtype:
            raise MirrorError(
                f"model '{card.name}': {kind} '{spec.name}' of the graph is {dtype} {shape}, the manifest "
                f"says {spec.dtype} {list(spec.shape)}; {MEND}"
            )


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
