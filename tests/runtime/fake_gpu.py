"""A fake GPU: the calls of libcudart and of the tensorrt package that the mirror makes, checked as strictly as we can.

Nothing here is NVIDIA's. Device memory is host memory whose addresses are watched: a copy outside of a live allocation
is an error. Work on a stream happens only when the stream is synchronised, so a missing wait shows. An "engine" carries
the ONNX file and computes with onnxruntime, with values rounded as its precision would: comparisons are real.
"""

from __future__ import annotations

import ctypes
import enum
import io
import json
import os
import sys
import time
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnxruntime

PLAN_MAGIC = b"FAKE-PLAN "
SUCCESS, INVALID_VALUE, OUT_OF_MEMORY, NO_DEVICE = 0, 1, 2, 100
ERRORS = {SUCCESS: b"no error", INVALID_VALUE: b"invalid argument", OUT_OF_MEMORY: b"out of memory",
          NO_DEVICE: b"no CUDA-capable device is detected"}


@dataclass
class Board:
    """What the fake machine is like, and what goes wrong on it."""

    gpu: str = "Orin"
    capability: tuple[int, int] = (8, 7)
    multiprocessors: int = 8
    devices: int = 1
    memory: int = 1 << 30
    tensorrt: str = "10.3.0"
    spoil: float = 0.0
    """Added to every output of an engine: it computes something else than the graph."""
    build_error: str = ""
    """Logged by a build that then returns None."""
    parse_error: str = ""
    build_s: float = 0.0
    run_s: float = 0.0
    """How long an engine runs, while other threads have their turn."""
    on_step: Callable[[int], None] | None = None
    steps: int = 4
    builds: int = 0
    builds_log: str = ""
    """A file that gets a line for each build begun: for counting over processes."""
    flags: list[str] = field(default_factory=list)


class FakeCudart:
    """Functions by their names in libcudart, called with the ctypes values that the mirror passes."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.device: dict[int, Any] = {}
        self.pinned: dict[int, Any] = {}
        self.streams: dict[int, list[Callable[[], None]]] = {}
        self.cudaGetErrorString = _Function(lambda code: ERRORS.get(code, b"unknown"))
        self._next_stream = 0x5000

    def alive(self) -> int:
        return len(self.device) + len(self.pinned) + len(self.streams)

    def cudaGetLastError(self) -> int:
        return SUCCESS

    def cudaSetDeviceFlags(self, flags: ctypes.c_uint) -> int:
        assert isinstance(flags, ctypes.c_uint)
        return SUCCESS

    def cudaGetDeviceCount(self, count: Any) -> int:
        if not self.board.devices:
            return NO_DEVICE
        count._obj.value = self.board.devices
        return SUCCESS

    def cudaGetDeviceProperties(self, properties: Any, device: ctypes.c_int) -> int:
        assert device.value == 0
        name = self.board.gpu.encode()
        assert len(properties) > 1200, "cudaDeviceProp is larger than this buffer"
        properties[: len(name)] = name
        return SUCCESS

    def cudaDeviceGetAttribute(self, value: Any, attribute: ctypes.c_int, device: ctypes.c_int) -> int:
        known = {16: self.board.multiprocessors, 75: self.board.capability[0], 76: self.board.capability[1]}
        value._obj.value = known[attribute.value]
        return SUCCESS

    def cudaMemGetInfo(self, free: Any, total: Any) -> int:
        free._obj.value = total._obj.value = self.board.memory
        return SUCCESS

    def cudaRuntimeGetVersion(self, value: Any) -> int:
        value._obj.value = 12060
        return SUCCESS

    cudaDriverGetVersion = cudaRuntimeGetVersion

    def _allocate(self, kept: dict[int, Any], address: Any, size: ctypes.c_size_t) -> int:
        assert isinstance(size, ctypes.c_size_t), "a plain int is passed as 32 bits"
        used = sum(ctypes.sizeof(block) for block in self.device.values())
        if kept is self.device and used + size.value > self.board.memory:
            return OUT_OF_MEMORY
        block = ctypes.create_string_buffer(size.value)
        address._obj.value = ctypes.addressof(block)
        kept[ctypes.addressof(block)] = block
        return SUCCESS

    def cudaMalloc(self, address: Any, size: ctypes.c_size_t) -> int:
        return self._allocate(self.device, address, size)

    def cudaHostAlloc(self, address: Any, size: ctypes.c_size_t, flags: ctypes.c_uint) -> int:
        return self._allocate(self.pinned, address, size)

    def cudaFree(self, address: ctypes.c_void_p) -> int:
        return SUCCESS if self.device.pop(address.value or 0, None) is not None else INVALID_VALUE

    def cudaFreeHost(self, address: ctypes.c_void_p) -> int:
        return SUCCESS if self.pinned.pop(address.value or 0, None) is not None else INVALID_VALUE

    def cudaStreamCreateWithFlags(self, stream: Any, flags: ctypes.c_uint) -> int:
        assert flags.value == 1, "non-blocking"
        self._next_stream += 1
        self.streams[self._next_stream] = []
        stream._obj.value = self._next_stream
        return SUCCESS

    def cudaStreamDestroy(self, stream: ctypes.c_void_p) -> int:
        return SUCCESS if self.streams.pop(stream.value or 0, None) is not None else INVALID_VALUE

    def cudaMemcpyAsync(
        self, target: ctypes.c_void_p, source: ctypes.c_void_p, size: ctypes.c_size_t, kind: ctypes.c_int,
        stream: ctypes.c_void_p,
    ) -> int:
        to, of = (self.device, self.pinned) if kind.value == 1 else (self.pinned, self.device)
        for kept, address in ((to, target.value), (of, source.value)):
            if address not in kept or ctypes.sizeof(kept[address]) < size.value:
                return INVALID_VALUE
        move = (target.value, source.value, size.value)
        self.streams[stream.value or 0].append(lambda: ctypes.memmove(*move))
        return SUCCESS

    def cudaStreamSynchronize(self, stream: ctypes.c_void_p) -> int:
        queued = self.streams[stream.value or 0]
        while queued:
            queued.pop(0)()
        return SUCCESS


class _Function:
    """A ctypes function: callable, with a ``restype`` that can be set."""

    def __init__(self, call: Callable[[int], bytes]) -> None:
        self._call = call
        self.restype: Any = None

    def __call__(self, code: int) -> bytes:
        assert self.restype is ctypes.c_char_p, "a 64-bit pointer would be cut to an int"
        return self._call(code)


class _Severity(enum.IntEnum):
    INTERNAL_ERROR, ERROR, WARNING, INFO, VERBOSE = range(5)


class _TensorIOMode(enum.Enum):
    NONE, INPUT, OUTPUT = range(3)


_DataType = enum.Enum("DataType", "FLOAT HALF INT8 INT32 BOOL UINT8 INT64")
_OF_ONNX = {"tensor(float)": _DataType["FLOAT"], "tensor(float16)": _DataType["HALF"]}


def fake_tensorrt(board: Board, cudart: FakeCudart) -> types.ModuleType:
    """A module like the tensorrt package of ``board.tensorrt``'s release: 8.5 to 11."""
    trt = types.ModuleType("tensorrt")
    major = int(board.tensorrt.split(".")[0])
    new = major >= 11

    class ILogger:
        Severity = _Severity

        def __init__(self) -> None:
            self.ready = True

        def log(self, severity: _Severity, message: str) -> None:
            raise NotImplementedError

    class IProgressMonitor:
        def __init__(self) -> None:
            self.ready = True

    flags = ["TF32"] if new else ["FP16", "INT8", "TF32"]

    class Network:
        onnx = b""

    class OnnxParser:
        def __init__(self, network: Network, logger: ILogger) -> None:
            self._network = network

        def parse(self, model: bytes, path: str | None = None) -> bool:
            assert isinstance(model, bytes)
            if board.parse_error:
                return False
            self._network.onnx = model
            return True

        @property
        def num_errors(self) -> int:
            return 1

        def get_error(self, index: int) -> Any:
            return types.SimpleNamespace(desc=lambda: board.parse_error)

    class Profile:
        def __init__(self) -> None:
            self.shapes: dict[str, list[list[int]]] = {}

        def set_shape(self, input: str, min: Any, opt: Any, max: Any) -> None:
            self.shapes[input] = [list(min), list(opt), list(max)]

    class Config:
        def __init__(self) -> None:
            self.flags = {"TF32"}
            self.workspace = 0
            self.profiles: list[Profile] = []
            if major >= 10:
                self.progress_monitor: Any = None

        def set_memory_pool_limit(self, pool: Any, size: int) -> None:
            assert pool == trt.MemoryPoolType.WORKSPACE
            self.workspace = size

        def set_flag(self, flag: Any) -> None:
            self.flags.add(flag.name)

        def clear_flag(self, flag: Any) -> None:
            self.flags.discard(flag.name)

        def add_optimization_profile(self, profile: Profile) -> int:
            self.profiles.append(profile)
            return len(self.profiles) - 1

    class Builder:
        def __init__(self, logger: ILogger) -> None:
            assert logger.ready, "ILogger.__init__ was not called"
            self._logger = logger

        def create_network(self, flags: int = 0) -> Network:
            assert flags == (1 if major < 10 else 0), "an explicit batch, asked for in the way of this release"
            return Network()

        def create_builder_config(self) -> Config:
            return Config()

        def create_optimization_profile(self) -> Profile:
            return Profile()

        def build_serialized_network(self, network: Network, config: Config) -> Any:
            board.builds += 1
            board.flags = sorted(config.flags)
            if board.builds_log:
                with open(board.builds_log, "a") as log:
                    log.write(f"{os.getpid()}\n")
            monitor = getattr(config, "progress_monitor", None)
            if monitor is not None and not _walk(board, monitor):
                return None
            if board.build_s:
                time.sleep(board.build_s)
            if board.build_error:
                self._logger.log(_Severity.ERROR, board.build_error)
                return None
            facts = {"version": board.tensorrt, "flags": sorted(config.flags),
                     "profile": config.profiles[0].shapes if config.profiles else {}}
            return memoryview(PLAN_MAGIC + json.dumps(facts).encode() + b"\n" + network.onnx)

    class Runtime:
        def __init__(self, logger: ILogger) -> None:
            self._logger = logger

        def deserialize_cuda_engine(self, plan: Any) -> Any:
            stream = io.BytesIO(bytes(plan))
            first = stream.readline()
            facts = json.loads(first.removeprefix(PLAN_MAGIC)) if first.startswith(PLAN_MAGIC) else {}
            if facts.get("version") != board.tensorrt:
                self._logger.log(_Severity.ERROR, "Serialization assertion failed.Version tag does not match")
                return None
            return _Engine(board, cudart, facts, stream.read())

    trt.__version__ = board.tensorrt  # type: ignore[attr-defined]
    for name, value in {
        "ILogger": ILogger, "Builder": Builder, "OnnxParser": OnnxParser, "Runtime": Runtime,
        "BuilderFlag": enum.Enum("BuilderFlag", flags), "MemoryPoolType": enum.Enum("MemoryPoolType", "WORKSPACE"),
        "TensorIOMode": _TensorIOMode, "DataType": _DataType, "init_libnvinfer_plugins": lambda logger, space: True,
    }.items():
        setattr(trt, name, value)
    if major < 10:
        trt.NetworkDefinitionCreationFlag = enum.IntEnum(  # type: ignore[attr-defined]
            "NetworkDefinitionCreationFlag", {"EXPLICIT_BATCH": 0})
    else:
        trt.IProgressMonitor = IProgressMonitor  # type: ignore[attr-defined]
    return trt


def _walk(board: Board, monitor: Any) -> bool:
    """Tell a monitor of an outer phase whose every step is an inner phase; False when it says stop."""
    assert monitor.ready, "IProgressMonitor.__init__ was not called"
    monitor.phase_start("Building engine", None, board.steps)
    for step in range(board.steps):
        monitor.phase_start("Timing tactics", "Building engine", 2)
        for inner in range(2):
            if not monitor.step_complete("Timing tactics", inner):
                return False
        monitor.phase_finish("Timing tactics")
        if board.on_step is not None:
            board.on_step(step)
        if not monitor.step_complete("Building engine", step):
            return False
    monitor.phase_finish("Building engine")
    return True


class _Engine:
    def __init__(self, board: Board, cudart: FakeCudart, facts: dict[str, Any], onnx: bytes) -> None:
        self.board, self.cudart, self.facts = board, cudart, facts
        self.session = onnxruntime.InferenceSession(onnx, providers=["CPUExecutionProvider"])
        self.inputs = {node.name: node for node in self.session.get_inputs()}
        self.outputs = {node.name: node for node in self.session.get_outputs()}

    @property
    def num_io_tensors(self) -> int:
        return len(self.inputs) + len(self.outputs)

    def get_tensor_name(self, index: int) -> str:
        return [*self.inputs, *self.outputs][index]

    def get_tensor_mode(self, name: str) -> _TensorIOMode:
        return _TensorIOMode.INPUT if name in self.inputs else _TensorIOMode.OUTPUT

    def get_tensor_shape(self, name: str) -> tuple[int, ...]:
        return tuple(d if isinstance(d, int) else -1 for d in (self.inputs | self.outputs)[name].shape)

    def get_tensor_dtype(self, name: str) -> Any:
        return _OF_ONNX[(self.inputs | self.outputs)[name].type]

    def get_tensor_profile_shape(self, name: str, profile: int) -> list[tuple[int, ...]]:
        return [tuple(shape) for shape in self.facts["profile"][name]]

    def create_execution_context(self) -> _Context:
        return _Context(self)


class _Context:
    def __init__(self, engine: _Engine) -> None:
        self._engine = engine
        self._addresses: dict[str, int] = {}
        self._input_shape: tuple[int, ...] | None = None

    def set_tensor_address(self, name: str, address: int) -> bool:
        assert type(address) is int
        self._addresses[name] = address
        return True

    def set_input_shape(self, name: str, shape: tuple[int, ...]) -> bool:
        profile = self._engine.facts["profile"]
        least, most = (profile[name][0], profile[name][2]) if name in profile else (
            (self._engine.get_tensor_shape(name),) * 2)
        if not all(low <= d <= high for low, d, high in zip(least, shape, most, strict=True)):
            return False
        self._input_shape = tuple(shape)
        return True

    def get_tensor_shape(self, name: str) -> tuple[int, ...]:
        assert self._input_shape is not None, "shapes are known only after set_input_shape"
        return tuple(self._input_shape[0] if d < 0 else d for d in self._engine.get_tensor_shape(name))

    def execute_async_v3(self, stream_handle: int) -> bool:
        engine, shape = self._engine, self._input_shape
        if set(self._addresses) != set(engine.inputs | engine.outputs) or shape is None:
            return False
        engine.cudart.streams[stream_handle].append(self._compute)
        return True

    def _compute(self) -> None:
        engine, shape = self._engine, self._input_shape
        assert shape is not None
        (name,) = engine.inputs
        size = int(np.prod(shape)) * 4
        assert ctypes.sizeof(engine.cudart.device[self._addresses[name]]) >= size
        feed = np.frombuffer(ctypes.string_at(self._addresses[name], size), np.float32).reshape(shape)
        outputs = engine.session.run(list(engine.outputs), {name: feed})
        if engine.board.run_s:
            time.sleep(engine.board.run_s)
        for output, value in zip(engine.outputs, outputs, strict=True):
            if "FP16" in engine.facts["flags"]:
                value = value.astype(np.float16).astype(value.dtype)
            raw = np.ascontiguousarray(value + np.asarray(engine.board.spoil, value.dtype)).tobytes()
            assert ctypes.sizeof(engine.cudart.device[self._addresses[output]]) >= len(raw)
            ctypes.memmove(self._addresses[output], raw, len(raw))


def install(board: Board) -> FakeCudart:
    """Put the fakes where this process will find them, and forget what was found before."""
    from mirror.runtime import cudart, tensorrt

    library = FakeCudart(board)
    sys.modules["tensorrt"] = fake_tensorrt(board, library)
    cudart.load_libraries = lambda: iter([library])  # type: ignore[assignment]
    cudart.open_cudart.cache_clear()
    tensorrt.open_tensorrt.cache_clear()
    return library
