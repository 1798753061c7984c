"""A net's outputs as a tuple of tensors, whatever container it returns them in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from torch import Tensor, nn

from mirror.domain import MirrorError


class Flat(nn.Module):
    """Wraps a net; lists, tuples and dictionaries of tensors become one tuple. Raises MirrorError for anything else."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        return tuple(_tensors(self.net(x)))


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _tensors(part)
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _tensors(part)
    else:
        raise MirrorError(f"the net returns a {type(value).__name__}; only tensors can be exported")
