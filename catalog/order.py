"""The rows of an index in their order, and their columns, on the disk while they are written."""

from __future__ import annotations

import os
import tempfile
from array import array
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from catalog.ids import Ids
from catalog.layout import Section

BLOCK = 4_096
"""Rows in memory at a time; scaling to int8 takes some 4 KB for each."""


_WAITING = 1_024
"""Numbers of a group in memory at most: there may be some hundred groups."""


class Column:
    """Numbers of one dtype in the order in which they were added, in a file without a name in ``folder`` (None: the
    system's); few are in memory."""

    def __init__(self, dtype: DTypeLike, folder: Path | None = None) -> None:
        self._dtype = np.dtype(dtype)
        self._waiting: Any = array(self._dtype.char)  # of ints or floats
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - closed by close()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add_one(self, value: float) -> None:
        """Put one after the others."""
        self._waiting.append(value)
        self._count += 1
        if len(self._waiting) == BLOCK:
            self._flush()

    def add(self, values: NDArray[Any]) -> None:
        """Put several after the others."""
        self._flush()
        self._write(np.ascontiguousarray(values, self._dtype).tobytes())
        self._count += len(values)

    def chunks(self) -> Iterator[NDArray[Any]]:
        """All, BLOCK at a time."""
        self._flush()
        yield from chunks_of(self._file.fileno(), self._dtype, self._count)

    def section(self, name: str, dtype: str, width: int = 0) -> Section:
        """All as a section, with ``width`` numbers a row (0: one, and no second axis)."""
        return Section(name, dtype, (self._count // width, width) if width else (self._count,), self.chunks())

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def _flush(self) -> None:
        if self._waiting:
            self._write(self._waiting.tobytes())
            del self._waiting[:]

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]


class Order:
    """Rows sorted by group, then by id: for each its place among the items, and its rank among all ids; ``by_id`` has
    the rows in the order of their ids."""

    def __init__(self, ids: Ids, folder: Path | None = None) -> None:
        counts = ids.counts
        groups = sorted(counts)
        firsts = dict(zip(groups, accumulate((counts[group] for group in groups), initial=0), strict=False))
        self._count = len(ids)
        self._places, self._ranks = _Runs(firsts, folder), _Runs(firsts, folder)
        self.by_id = Column(np.uint32, folder)
        next_row = dict(firsts)
        # by id already, so that the rows of each group come in their order: no second sorting
        for rank, (place, group) in enumerate(ids.ordered()):
            self._places.add(group, place)
            self._ranks.add(group, rank)
            self.by_id.add_one(next_row[group])
            next_row[group] += 1
        self._places.end()
        self._ranks.end()

    def __len__(self) -> int:
        return self._count

    def places(self) -> Iterator[NDArray[np.int64]]:
        """The place of each row's item, BLOCK rows at a time."""
        for block in chunks_of(self._places.handle, np.dtype(np.uint32), self._count):
            yield block.astype(np.int64)

    def ranks(self) -> Iterator[NDArray[np.uint32]]:
        """The rank of each row's id, BLOCK rows at a time."""
        yield from chunks_of(self._ranks.handle, np.dtype(np.uint32), self._count)

    def close(self) -> None:
        """Let the files go."""
        self._places.close()
        self._ranks.close()
        self.by_id.close()


class _Runs:
    """uint32 numbers of several groups, each a run in one file; they come in any order of the groups."""

    def __init__(self, firsts: dict[int, int], folder: Path | None) -> None:
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - closed by close()
        self._at = dict(firsts)
        self._waiting = {group: array("I") for group in firsts}

    @property
    def handle(self) -> int:
        return self._file.fileno()

    def add(self, group: int, value: int) -> None:
        waiting = self._waiting[group]
        waiting.append(value)
        if len(waiting) == _WAITING:
            self._flush(group)

    def end(self) -> None:
        for group in self._waiting:
            self._flush(group)

    def close(self) -> None:
        self._file.close()

    def _flush(self, group: int) -> None:
        waiting = self._waiting[group]
        data, at = memoryview(waiting.tobytes()), 4 * self._at[group]
        self._at[group] += len(waiting)
        del waiting[:]
        while data:
            written = os.pwrite(self.handle, data, at)
            data, at = data[written:], at + written


def chunks_of(handle: int, dtype: np.dtype[Any], count: int) -> Iterator[NDArray[Any]]:
    """``count`` numbers from the beginning of a file, BLOCK at a time."""
    for first in range(0, count, BLOCK):
        values = np.empty(min(BLOCK, count - first), dtype)
        os.preadv(handle, [values.data.cast("B")], first * dtype.itemsize)
        yield values
