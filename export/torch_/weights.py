"""PyTorch's files: tensors are read without executing anything; what would execute code is refused without leave."""

from __future__ import annotations

import json
import math
import pickle
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from mirror.domain import MirrorError

STATE_KEYS = ("state_dict", "model_state_dict", "model")
"""Where training code keeps the weights in a checkpoint."""

WRAPPERS = ("module.", "_orig_mod.")
"""What DataParallel and torch.compile put before every key."""

COUNTER = "num_batches_tracked"
"""A counter of batch norm that inference does not read; old checkpoints lack it."""

NAMED = 3
"""So many wrong keys are named."""

ZIP_MAGIC = b"PK\x03\x04"
HEADER = 8
SAFE_DTYPES: Mapping[str, torch.dtype] = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64,
    "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool,
}


def read_weights(path: Path, trust: bool) -> dict[str, Tensor] | nn.Module:
    """A state dict; or, with ``trust``, the module of a TorchScript file or of a whole pickled net.

    Without ``trust`` nothing in the file is executed. Raises MirrorError, one line.
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEADER + 1)
    except OSError as error:
        raise MirrorError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    if not head:
        raise MirrorError(f"{path}: the file is empty")
    if head[HEADER:] == b"{":
        return _read_safetensors(path)
    if head.startswith(ZIP_MAGIC) and _is_script(path):
        if not trust:
            raise MirrorError(f"{path} is TorchScript, which is code: loading it executes it; add --trust if you do")
        return _loaded(path, lambda: torch.jit.load(str(path), map_location="cpu"))
    try:
        content = _loaded(path, lambda: torch.load(path, map_location="cpu", weights_only=True))
    except pickle.UnpicklingError as error:
        if not trust:
            raise MirrorError(
                f"{path} holds more than tensors ({_foreign(error)}): loading it executes code; add --trust if you do, "
                "or save net.state_dict() alone"
            ) from error
        content = _loaded(path, lambda: torch.load(path, map_location="cpu", weights_only=False))
    return content if isinstance(content, nn.Module) else state_of(content, path)


def state_of(content: Any, path: Path) -> dict[str, Tensor]:
    """The state dict of a loaded checkpoint, wherever training code put it. Raises MirrorError."""
    for key in STATE_KEYS:
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
            break
    if not isinstance(content, Mapping) or not content:
        raise MirrorError(f"{path} holds {_kind(content)}, no state dict")
    for key, value in content.items():
        if not isinstance(key, str) or not isinstance(value, Tensor):
            raise MirrorError(f"{path}: '{key}' is {_kind(value)}, no tensor: this is no state dict")
    state = dict(content)
    for prefix in WRAPPERS:
        if all(key.startswith(prefix) for key in state):
            state = {key[len(prefix):]: value for key, value in state.items()}
    return state


def fit(net: nn.Module, state: Mapping[str, Tensor], title: str, path: Path) -> None:
    """Load ``state`` into ``net``. Raises MirrorError that names the first keys when they are not the net's own."""
    own = net.state_dict()
    wrong = []
    for count, what, keys in (
        (NAMED, "missing", [key for key in own if key not in state and not key.endswith(COUNTER)]),
        (NAMED, "unknown", [key for key in state if key not in own and not key.endswith(COUNTER)]),
    ):
        if keys:
            wrong.append(f"{len(keys)} {what} ({_list(keys, count)})")
    shapes = [key for key in own if key in state and own[key].shape != state[key].shape]
    if shapes:
        said = [f"{key} is {list(state[key].shape)}, the net's is {list(own[key].shape)}" for key in shapes]
        wrong.append(f"{len(shapes)} of another shape ({_list(said, NAMED)})")
    if wrong:
        raise MirrorError(f"{path}: the weights are not those of {title}: {'; '.join(wrong)}")
    net.load_state_dict({key: state.get(key, value).to(value.dtype) for key, value in own.items()})


def _list(words: Sequence[str], count: int) -> str:
    return ", ".join(words[:count]) + (", ..." if len(words) > count else "")


def _kind(value: Any) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"


def _is_script(path: Path) -> bool:
    try:
        names = zipfile.ZipFile(path).namelist()
    except (zipfile.BadZipFile, OSError) as error:
        raise MirrorError(f"{path}: the file is broken or cut short: {error}") from error
    return any(name.endswith("/constants.pkl") or "/code/" in name for name in names)


def _foreign(error: Exception) -> str:
    """The class that torch's safe unpickler stumbled over."""
    text = " ".join(str(error).split())
    _, found, rest = text.partition("GLOBAL ")
    return rest.split()[0] if found and rest else "a pickled object"


def _loaded(path: Path, load: Any) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return load()
    except pickle.UnpicklingError as error:
        if "GLOBAL" in str(error) or "weights_only" in str(error).lower():
            raise
        raise MirrorError(f"{path}: the file is broken or no PyTorch file: {_line(error)}") from error
    except Exception as error:  # a pickle can raise anything
        raise MirrorError(f"{path}: the file is broken or no PyTorch file: {_line(error)}") from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    """The format: 8 bytes of length, a JSON table of names, kinds, shapes and places, and the bytes themselves."""
    data = path.read_bytes()
    state = {}
    try:
        start = HEADER + int.from_bytes(data[:HEADER], "little")
        table = json.loads(data[HEADER:start])
        for name, entry in table.items():
            if name == "__metadata__":
                continue
            kind, (first, last) = SAFE_DTYPES[entry["dtype"]], entry["data_offsets"]
            content = bytearray(data[start + first:start + last])
            count = math.prod(entry["shape"])
            if len(content) != last - first or len(content) != count * kind.itemsize:
                raise ValueError(f"'{name}' has {len(content)} bytes for {entry['shape']}")
            state[name] = torch.frombuffer(content, dtype=kind).reshape(entry["shape"]) if count else torch.empty(
                entry["shape"], dtype=kind
            )
    except (ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:
        raise MirrorError(f"{path}: the safetensors file is broken or cut short: {_line(error)}") from error
    return state_of(state, path)
