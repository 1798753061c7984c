"""Execution providers by short names. What was asked for is what runs, or an error says why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from mirror.domain import MirrorError, UsageError

NATIVE = "tensorrt"
"""The one provider that is not onnxruntime's: engines run by TensorRT itself (`mirror.runtime.tensorrt`)."""

PROVIDERS: Mapping[str, str] = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "ort-tensorrt": "TensorrtExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
}
"""The mirror's word -> onnxruntime's name."""

MENDS: Mapping[str, str] = {
    "cuda": "install onnxruntime-gpu and a matching CUDA, or set the provider to cpu",
    "ort-tensorrt": "install onnxruntime-gpu and TensorRT (JetPack has both), or set the provider to cpu",
    "openvino": "`make openvino` puts onnxruntime-openvino in the place of onnxruntime; or set the provider to cpu",
}

WHOLE: frozenset[str] = frozenset({"openvino"})
"""Providers that must take every node of a graph. CUDA leaves arithmetic on shapes to the CPU by its own choice."""
HEAVY: frozenset[str] = frozenset({
    "Conv", "ConvTranspose", "Gemm", "MatMul", "FusedConv", "QLinearConv", "QLinearMatMul", "ConvInteger",
    "MatMulInteger", "LSTM", "GRU",
})
"""Operators in which a net spends its time: on the wrong provider, it is that provider that runs the net."""
RECORD_ASSIGNMENT = "session.record_ep_graph_assignment_info"
"""onnxruntime's key (from 1.24 on; before, it counts for nothing) for telling which provider has which node."""
NO_CPU_NODES = "session.disable_cpu_ep_fallback"
"""onnxruntime's key that makes a session refuse a graph of which it would run any node on the CPU provider."""


def check_known(name: str) -> None:
    """Raise UsageError when no provider has this name."""
    if name not in PROVIDERS and name != NATIVE:
        raise UsageError(f"unknown provider '{name}': choose one of {', '.join((*PROVIDERS, NATIVE))}")


def offered() -> tuple[str, ...]:
    """Names of the providers that the installed onnxruntime was built with.

    That is no promise that they work here: onnxruntime-gpu lists cuda on machines without it. Only a session
    that was made tells (``Session.provider``).
    """
    import onnxruntime

    built = onnxruntime.get_available_providers()
    return tuple(name for name, full in PROVIDERS.items() if full in built)


def request(name: str, threads: int, options: Mapping[str, str] | None = None) -> list[Any]:
    """onnxruntime's ``providers`` argument for a provider of ours; ``options`` are those of the first.

    Raises UsageError when the name is unknown, MirrorError when the installed onnxruntime does not have it.
    """
    check_known(name)
    here = offered()
    if name not in here:
        raise MirrorError(
            f"provider '{name}' was asked for, but the installed onnxruntime offers only: {', '.join(here)}; "
            f"{MENDS.get(name, 'reinstall onnxruntime')}"
        )
    if name == "openvino":
        options = {"device_type": "CPU", "num_of_threads": str(threads), **(options or {})}
    first = (PROVIDERS[name], dict(options)) if options else PROVIDERS[name]
    # what TensorRT cannot take must stay on the GPU: onnxruntime would hand it to the CPU
    return [first, PROVIDERS["cuda"]] if name == "ort-tensorrt" else [first]


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


def entries(name: str) -> dict[str, str]:
    """onnxruntime's session configuration entries that hold it to a provider."""
    if name == "cpu":
        return {}
    return {RECORD_ASSIGNMENT: "1", **({NO_CPU_NODES: "1"} if name in WHOLE else {})}


def check_assigned(name: str, model: str, session: Any) -> None:
    """Look at every node's provider, where this onnxruntime tells (``get_provider_graph_assignment_info``).

    Raises MirrorError, with the operators, when another provider has any node (of :data:`WHOLE` providers) or does the
    heavy work (of the others): onnxruntime itself would say nothing and be slow.
    """
    tell = getattr(session, "get_provider_graph_assignment_info", None)
    if name == "cpu" or tell is None:
        return
    ours = {PROVIDERS[name], *([PROVIDERS["cuda"]] if name == "ort-tensorrt" else [])}
    elsewhere = Counter(node.op_type for part in tell() if part.ep_name not in ours for node in part.get_nodes())
    wrong = {op: count for op, count in elsewhere.items() if name in WHOLE or op in HEAVY}
    if wrong:
        raise MirrorError(
            f"model '{model}': provider '{name}' was asked for, but it does not take "
            f"{', '.join(f'{count} {op}' for op, count in sorted(wrong.items()))}: set [models] provider to cpu"
        )
