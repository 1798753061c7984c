"""A TensorRT engine on the GPU, run natively: named tensors, pinned host memory, a stream of its own.

Written for the API that TensorRT 8.5 (JetPack 5.1) to 11 share. Builder flags that TensorRT 11 dropped are asked for
only where they exist (`mirror.runtime.engine_build`).
"""

from __future__ import annotations

import functools
import importlib
import math
import threading
import weakref
from collections import deque
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mirror.domain import MirrorError
from mirror.runtime.cudart import TO_DEVICE, TO_HOST, CudaError, Cudart, open_cudart, view
from mirror.runtime.manifest import ModelCard, TensorSpec

OLDEST = (8, 5)
"""The first release with named I/O tensors and execute_async_v3; JetPack 5.1 and later have it."""
MOST_AT_ONCE = 8
"""A dimension with a name (a batch) may be 1 to this in an engine; the mirror itself asks for one at a time."""
KEPT_MESSAGES = 8
MEND = "install TensorRT (JetPack brings it; elsewhere `pip install tensorrt`), or set [models] provider to cpu"

_DTYPES: dict[str, str] = {
    "FLOAT": "float32", "HALF": "float16", "INT64": "int64", "INT32": "int32", "UINT8": "uint8", "INT8": "int8",
    "BOOL": "bool",
}
"""tensorrt.DataType by name. Its own nptype() fails beside numpy >= 1.24 in TensorRT 8.5 (it uses np.bool)."""


class _Buffer(NamedTuple):
    """One tensor of the engine: the same bytes on the GPU and in pinned host memory."""

    spec: TensorSpec
    device: int
    host: int
    values: NDArray[Any]
    """All of the host memory, flat, in the engine's dtype."""


class Library(NamedTuple):
    """The tensorrt package and what every user of it here shares."""

    trt: Any
    logger: Any
    version: str
    major: int

    def complaints(self) -> str:
        """What TensorRT logged as an error since the last call, as one line; "" when nothing."""
        said = [" ".join(text.split()) for text in self.logger.errors]
        self.logger.errors.clear()
        return "; ".join(said)


@functools.cache
def open_tensorrt() -> Library:
    """The tensorrt package with a logger that keeps errors for our own messages instead of printing them.

    TensorRT keeps the first logger it is given for the whole process, so there is one. Raises MirrorError, one line
    with the mend, when the package is missing, cannot be loaded or is too old.
    """
    try:
        trt: Any = importlib.import_module("tensorrt")
    except ModuleNotFoundError as error:
        raise MirrorError(f"no Python package 'tensorrt' here; {MEND}") from error
    except Exception as error:  # a package whose libraries are missing fails in ways of its own
        raise MirrorError(f"the Python package 'tensorrt' cannot be loaded: {_one_line(error)}; {MEND}") from error
    version = str(trt.__version__)
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if numbers < OLDEST:
        raise MirrorError(f"TensorRT {version} is too old: 8.5 or newer is needed (JetPack 5.1); {MEND}")

    class Log(trt.ILogger):  # type: ignore[misc]
        def __init__(self) -> None:
            trt.ILogger.__init__(self)
            self.errors: deque[str] = deque(maxlen=KEPT_MESSAGES)

        def log(self, severity: Any, message: str) -> None:
            if severity in (trt.ILogger.Severity.ERROR, trt.ILogger.Severity.INTERNAL_ERROR):
                self.errors.append(message)

    logger = Log()
    if hasattr(trt, "init_libnvinfer_plugins"):
        trt.init_libnvinfer_plugins(logger, "")
    return Library(trt, logger, version, numbers[0])


class LoadedEngine:
    """A deserialised engine with its execution context, buffers and stream; memory is taken once, here.

    ``plan`` is the serialised engine. ``run`` may be called from several threads; they take turns. Raises MirrorError,
    one line, when TensorRT refuses the plan, its tensors are not the card's, or the GPU's memory does not suffice.
    """

    def __init__(self, card: ModelCard, plan: Any) -> None:
        self._name = card.name
        self._card = card
        self._library = open_tensorrt()
        self._cudart = open_cudart()
        self._lock = threading.Lock()
        self._held = _Held(self._cudart)
        self._close = weakref.finalize(self, self._held.release)
        try:
            self._load(plan)
        except BaseException:
            self.close()
            raise

    def _load(self, plan: Any) -> None:
        held, trt = self._held, self._library.trt
        self._library.complaints()
        held.runtime = trt.Runtime(self._library.logger)
        held.engine = held.runtime.deserialize_cuda_engine(plan)
        if held.engine is None:
            raise self._failure("TensorRT refuses the engine")
        held.context = held.engine.create_execution_context()
        if held.context is None:
            raise self._failure("TensorRT makes no execution context")
        self._check_tensors()
        try:
            held.stream = self._cudart.stream()
            self._input = self._buffer(self._card.inputs[0], self._largest_input())
            self._set_shape(self._largest_input())
            self._outputs = [
                self._buffer(spec, tuple(held.context.get_tensor_shape(spec.name))) for spec in self._card.outputs
            ]
        except CudaError as error:
            raise MirrorError(f"model '{self._name}' cannot be loaded on tensorrt: {error}") from error

    def _check_tensors(self) -> None:
        """The engine's tensors must be the card's: names, direction, ranks and fixed dimensions."""
        engine, trt = self._held.engine, self._library.trt
        names = {engine.get_tensor_name(i) for i in range(engine.num_io_tensors)}
        inputs = {name for name in names if engine.get_tensor_mode(name) == trt.TensorIOMode.INPUT}
        card = self._card
        wanted = {spec.name for spec in card.inputs}, {spec.name for spec in card.outputs}
        if (inputs, names - inputs) != wanted:
            raise self._failure(f"the engine's tensors are {', '.join(sorted(names))}, the manifest's are others")
        for spec in (*card.inputs, *card.outputs):
            shape = tuple(engine.get_tensor_shape(spec.name))
            fits = len(shape) == len(spec.shape) and all(
                mine == theirs if isinstance(mine, int) else theirs < 0
                for mine, theirs in zip(spec.shape, shape, strict=True)
            )
            if not fits:
                raise self._failure(
                    f"tensor '{spec.name}' of the engine is {list(shape)}, the manifest says {list(spec.shape)}"
                )

    def _largest_input(self) -> tuple[int, ...]:
        spec = self._card.inputs[0]
        if all(isinstance(d, int) for d in spec.shape):
            return tuple(int(d) for d in spec.shape)
        return tuple(self._held.engine.get_tensor_profile_shape(spec.name, 0)[2])

    def _buffer(self, spec: TensorSpec, shape: tuple[int, ...]) -> _Buffer:
        held = self._held
        if min(shape, default=1) < 0:
            raise self._failure(f"output '{spec.name}' has a size that depends on the data, which is not supported")
        word = str(held.engine.get_tensor_dtype(spec.name).name)
        if word not in _DTYPES:
            raise self._failure(f"tensor '{spec.name}' has the type {word}, which is not supported")
        dtype, count = np.dtype(_DTYPES[word]), math.prod(shape)
        device = self._cudart.malloc(count * dtype.itemsize)
        held.device.append(device)
        host = self._cudart.pinned(count * dtype.itemsize)
        held.host.append(host)
        held.context.set_tensor_address(spec.name, device)
        return _Buffer(spec, device, host, view(host, count, dtype))

    def _set_shape(self, shape: tuple[int, ...]) -> None:
        if not self._held.context.set_input_shape(self._card.inputs[0].name, shape):
            raise self._failure(f"an input of {list(shape)} is outside of what the engine was built for")
        self._shape = shape

    def run(self, feed: NDArray[Any]) -> tuple[NDArray[Any], ...]:
        """Outputs in the card's order, each an array of its own. Raises MirrorError when anything fails."""
        spec = self._card.inputs[0]
        if feed.dtype != spec.dtype or len(feed.shape) != len(spec.shape) or any(
            isinstance(want, int) and want != got for want, got in zip(spec.shape, feed.shape, strict=True)
        ):
            raise MirrorError(
                f"model '{self._name}' failed on tensorrt: input '{spec.name}' is {feed.dtype} {list(feed.shape)}, "
                f"it must be {spec.dtype} {list(spec.shape)}"
            )
        with self._lock:
            if not self._close.alive:
                raise MirrorError(f"model '{self._name}' failed on tensorrt: the session is closed")
            try:
                return self._run(feed)
            except CudaError as error:
                raise MirrorError(f"model '{self._name}' failed on tensorrt: {error}") from error

    def _run(self, feed: NDArray[Any]) -> tuple[NDArray[Any], ...]:
        held, cuda = self._held, self._cudart
        if feed.shape != self._shape:
            self._set_shape(feed.shape)
        values = self._input.values[: feed.size]
        np.copyto(values.reshape(feed.shape), feed, casting="same_kind")
        cuda.copy(self._input.device, self._input.host, values.nbytes, TO_DEVICE, held.stream)
        if not held.context.execute_async_v3(held.stream):
            raise self._failure("TensorRT could not run it")
        ready = []
        for buffer in self._outputs:
            shape = tuple(held.context.get_tensor_shape(buffer.spec.name))
            part = buffer.values[: math.prod(shape)]
            cuda.copy(buffer.host, buffer.device, part.nbytes, TO_HOST, held.stream)
            ready.append(part.reshape(shape))
        cuda.synchronise(held.stream)
        # copies: the next run overwrites the pinned memory
        return tuple(
            part.astype(buffer.spec.dtype, copy=True) for part, buffer in zip(ready, self._outputs, strict=True)
        )

    def close(self) -> None:
        """Give back all memory on the GPU and the pinned memory; a second call does nothing."""
        with self._lock:
            self._close()

    def _failure(self, what: str) -> MirrorError:
        said = self._library.complaints()
        return MirrorError(f"model '{self._name}' failed on tensorrt: {what}" + (f": {said}" if said else ""))


class _Held:
    """What an engine holds outside of Python's memory. It knows nothing of the engine, so that it can outlive it."""

    def __init__(self, cudart: Cudart) -> None:
        self.cudart = cudart
        self.runtime: Any = None
        self.engine: Any = None
        self.context: Any = None
        self.stream = 0
        self.device: list[int] = []
        self.host: list[int] = []

    def release(self) -> None:
        steps = [
            *((self.cudart.free, address) for address in self.device),
            *((self.cudart.free_pinned, address) for address in self.host),
            *([(self.cudart.destroy_stream, self.stream)] if self.stream else []),
        ]
        # the context before its engine, the engine before its runtime
        self.context = None
        self.engine = None
        self.runtime = None
        self.device, self.host, self.stream = [], [], 0
        for step, address in steps:
            try:
                step(address)
            except CudaError:
                continue  # the GPU is gone or the process ends: there is nothing left to give back


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
