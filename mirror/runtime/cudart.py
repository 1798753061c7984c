"""The few calls of the CUDA runtime that an engine needs, through ctypes: nothing to compile or install beside CUDA."""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirror.domain import MirrorError

NAMES: tuple[str, ...] = ("libcudart.so", "libcudart.so.13", "libcudart.so.12", "libcudart.so.11.0")
FOLDERS: tuple[str, ...] = ("/usr/local/cuda/lib64", "/usr/local/cuda/targets/aarch64-linux/lib")
"""Where JetPack and NVIDIA's installers put CUDA without telling the loader."""
MEND = "`mirror doctor --gpu` tells what is missing; or set [models] provider to cpu"
BOARD_FILE = Path("/proc/device-tree/model")
"""On a Jetson the device tree names the board; the GPU's own name is "Orin" on a Nano as on an AGX."""

# Constants of driver_types.h and cuda_runtime_api.h, CUDA 11 to 13.
MEMORY_ALLOCATION = 2
TO_DEVICE, TO_HOST = 1, 2
STREAM_NON_BLOCKING = 1
SCHEDULE_BLOCKING_SYNC = 4
ATTRIBUTE_MULTIPROCESSORS, ATTRIBUTE_MAJOR, ATTRIBUTE_MINOR = 16, 75, 76
PROPERTIES_BYTES = 4096
"""More than cudaDeviceProp takes in any release (about 1 kB); its first 256 bytes are the name in all of them."""
NAME_BYTES = 256


class CudaError(MirrorError):
    """A call of the CUDA runtime failed; ``code`` is its cudaError_t."""

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class Gpu:
    """The GPU of this machine (CUDA's device 0; CUDA_VISIBLE_DEVICES chooses which that is)."""

    name: str
    board: str
    capability: str
    multiprocessors: int
    memory_mb: int
    runtime: str
    driver: str
    """Newest CUDA that the installed driver can run."""

    @property
    def identity(self) -> str:
        """What an engine is bound to, in words: name, board, capability and count of multiprocessors."""
        board = f" on {self.board}" if self.board else ""
        return f"{self.name}{board}, sm_{self.capability.replace('.', '')}, {self.multiprocessors} SMs"


class Cudart:
    """A loaded libcudart. Addresses are plain integers; every call raises CudaError, one line."""

    def __init__(self, library: Any) -> None:
        self._library = library
        library.cudaGetErrorString.restype = ctypes.c_char_p

    def call(self, name: str, *arguments: Any) -> None:
        code = int(getattr(self._library, name)(*arguments))
        if code == 0:
            return
        text = self._library.cudaGetErrorString(code)
        reason = text.decode("ascii", "replace") if isinstance(text, bytes) else "unknown error"
        self._library.cudaGetLastError()  # a failed call must not be reported by the next one
        mend = "; close other programs that use the GPU" if code == MEMORY_ALLOCATION else ""
        raise CudaError(f"CUDA: {name}: {reason} (error {code}){mend}", code)

    def devices(self) -> int:
        count = ctypes.c_int()
        self.call("cudaGetDeviceCount", ctypes.byref(count))
        return count.value

    def wait_asleep(self) -> None:
        """Let `synchronise` sleep until the GPU is done instead of spinning: the cores belong to other stages."""
        # fails harmlessly when another library has used the device before: then its choice stands
        self._library.cudaSetDeviceFlags(ctypes.c_uint(SCHEDULE_BLOCKING_SYNC))
        self._library.cudaGetLastError()

    def gpu(self) -> Gpu:
        """Device 0. Raises MirrorError when there is none."""
        if self.devices() < 1:
            raise MirrorError(f"no NVIDIA GPU that CUDA can use; {MEND}")
        properties = ctypes.create_string_buffer(PROPERTIES_BYTES)
        self.call("cudaGetDeviceProperties", properties, ctypes.c_int(0))
        free, total = ctypes.c_size_t(), ctypes.c_size_t()
        self.call("cudaMemGetInfo", ctypes.byref(free), ctypes.byref(total))
        return Gpu(
            name=properties.raw[:NAME_BYTES].split(b"\0", 1)[0].decode("utf-8", "replace"), board=board(),
            capability=f"{self._attribute(ATTRIBUTE_MAJOR)}.{self._attribute(ATTRIBUTE_MINOR)}",
            multiprocessors=self._attribute(ATTRIBUTE_MULTIPROCESSORS), memory_mb=total.value >> 20,
            runtime=self._version("cudaRuntimeGetVersion"), driver=self._version("cudaDriverGetVersion"),
        )

    def _attribute(self, number: int) -> int:
        value = ctypes.c_int()
        self.call("cudaDeviceGetAttribute", ctypes.byref(value), ctypes.c_int(number), ctypes.c_int(0))
        return value.value

    def _version(self, name: str) -> str:
        value = ctypes.c_int()
        self.call(name, ctypes.byref(value))
        return f"{value.value // 1000}.{value.value % 1000 // 10}"  # 12060 is 12.6

    def malloc(self, size: int) -> int:
        """Address of ``size`` bytes on the GPU."""
        address = ctypes.c_void_p()
        self.call("cudaMalloc", ctypes.byref(address), ctypes.c_size_t(size))
        return int(address.value or 0)

    def free(self, address: int) -> None:
        self.call("cudaFree", ctypes.c_void_p(address))

    def pinned(self, size: int) -> int:
        """Address of ``size`` bytes of page-locked host memory: copies from and to it overlap with the GPU's work."""
        address = ctypes.c_void_p()
        self.call("cudaHostAlloc", ctypes.byref(address), ctypes.c_size_t(size), ctypes.c_uint(0))
        return int(address.value or 0)

    def free_pinned(self, address: int) -> None:
        self.call("cudaFreeHost", ctypes.c_void_p(address))

    def stream(self) -> int:
        """A stream that does not wait for the default one, which other libraries use."""
        address = ctypes.c_void_p()
        self.call("cudaStreamCreateWithFlags", ctypes.byref(address), ctypes.c_uint(STREAM_NON_BLOCKING))
        return int(address.value or 0)

    def destroy_stream(self, stream: int) -> None:
        self.call("cudaStreamDestroy", ctypes.c_void_p(stream))

    def copy(self, target: int, source: int, size: int, kind: int, stream: int) -> None:
        """Queue a copy of ``size`` bytes; ``kind`` is TO_DEVICE or TO_HOST."""
        self.call(
            "cudaMemcpyAsync", ctypes.c_void_p(target), ctypes.c_void_p(source), ctypes.c_size_t(size),
            ctypes.c_int(kind), ctypes.c_void_p(stream),
        )

    def synchronise(self, stream: int) -> None:
        """Wait until all that was queued on ``stream`` is done."""
        self.call("cudaStreamSynchronize", ctypes.c_void_p(stream))


def view(address: int, count: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """``count`` values of ``dtype`` in host memory at ``address``, without a copy; valid until that is freed."""
    memory = memoryview((ctypes.c_byte * (count * dtype.itemsize)).from_address(address))
    return np.asarray(memory).view(dtype)


@functools.cache
def open_cudart() -> Cudart:
    """The CUDA runtime of this machine: the first that finds a GPU (several may be installed side by side).

    Raises MirrorError, one line, when there is none or none of them works with the installed driver.
    """
    problem = ""
    for library in load_libraries():
        cudart = Cudart(library)
        try:
            if cudart.devices() > 0:
                cudart.wait_asleep()
                return cudart
            problem = "it sees no GPU"
        except CudaError as error:
            problem = str(error)
    if problem:
        raise MirrorError(f"CUDA is installed but does not work: {problem}; {MEND}")
    raise MirrorError(f"no CUDA runtime (libcudart) found; {MEND}")


def load_libraries() -> Iterator[Any]:
    """Every libcudart that can be loaded: the loader's, NVIDIA's folders, pip's nvidia packages."""
    found = ctypes.util.find_library("cudart")
    candidates = [*NAMES, *([found] if found else [])]
    for folder in (*map(Path, FOLDERS), *_wheels()):
        candidates += [str(path) for path in sorted(folder.glob("**/libcudart.so*"))]
    for candidate in candidates:
        try:
            yield ctypes.CDLL(candidate)
        except OSError:
            continue  # not this one


def _wheels() -> list[Path]:
    spec = importlib.util.find_spec("nvidia")
    return [Path(place) for place in (spec.submodule_search_locations or [])] if spec else []


def board() -> str:
    """The board's name where the system is one board, as a Jetson is; else ""."""
    try:
        return BOARD_FILE.read_text("utf-8", "replace").strip("\0\n ")
    except OSError:
        return ""
