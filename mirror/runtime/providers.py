"""Execution providers by short names. What was asked for is what runs, or an error says why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mirror.domain import MirrorError, UsageError

PROVIDERS: Mapping[str, str] = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
}
"""The mirror's word -> onnxruntime's name."""

MENDS: Mapping[str, str] = {
    "cuda": "install onnxruntime-gpu and a matching CUDA, or set the provider to cpu",
    "tensorrt": "install onnxruntime-gpu and TensorRT (JetPack has both), or set the provider to cpu",
    "openvino": "install onnxruntime-openvino, or set the provider to cpu",
}


def offered() -> tuple[str, ...]:
    """Names of the providers that the installed onnxruntime was built with.

    That is no promise that they work here: onnxruntime-gpu lists cuda on machines without it. Only a session
    that was made tells (``Session.provider``).
    """
    import onnxruntime

    built = onnxruntime.get_available_providers()
    return tuple(name for name, full in PROVIDERS.items() if full in built)


def request(name: str, threads: int) -> list[Any]:
    """onnxruntime's ``providers`` argument for a provider of ours.

    Raises UsageError when the name is unknown, MirrorError when the installed onnxruntime does not have it.
    """
    if name not in PROVIDERS:
        raise UsageError(f"unknown provider '{name}': choose one of {', '.join(PROVIDERS)}")
    here = offered()
    if name not in here:
        raise MirrorError(
            f"provider '{name}' was asked for, but the installed onnxruntime offers only: {', '.join(here)}; "
            f"{MENDS.get(name, 'reinstall onnxruntime')}"
        )
    if name == "openvino":
        return [(PROVIDERS[name], {"device_type": "CPU", "num_of_threads": str(threads)})]
    return [PROVIDERS[name]]


def really_used(name: str, active: Sequence[str]) -> str:
    """``name`` again when the session's first active provider is the one asked for.

    ``active`` is what ``InferenceSession.get_providers()`` says. Raises MirrorError naming both when they
    differ.
    """
    first = active[0] if active else "none"
    if first == PROVIDERS[name]:
        return name
    ours = next((short for short, full in PROVIDERS.items() if full == first), first)
    raise MirrorError(
        f"provider '{name}' was asked for, but only '{ours}' works on this machine; "
        f"{MENDS.get(name, 'reinstall onnxruntime')}"
    )
