"""What waits on the disk while an index is built, so that the memory of a build does not grow with the feed.

Everything is read with ``pread``, not mapped: the pages of a mapped file count as the process's own memory, and a
small board has to find them. The files have no name; they go when they are closed, or their process killed. For one
thread.
"""

from __future__ import annotations

import os
import pickle
import struct
import tempfile
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from mirror.domain import FloatArray, Item

_FIELDS = tuple(field.name for field in fields(Item))
_ENDS = struct.Struct("<QQ")
_END = struct.Struct("<Q")


class Spool(Sequence[Item]):
    """Items in the order in which they were appended, in files in ``folder``; nothing of them is in memory. Pickled:
    nobody else can write to it."""

    def __init__(self, folder: Path | None = None) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by close()
        self._ends = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        self._ends.write(_END.pack(0))
        self._count = self._end = 0
        self._flushed = True

    def append(self, item: Item) -> None:
        """Put one after the others."""
        data = pickle.dumps(tuple(getattr(item, name) for name in _FIELDS), pickle.HIGHEST_PROTOCOL)
        self._end += len(data)
        self._file.write(data)
        self._ends.write(_END.pack(self._end))
        self._count += 1
        self._flushed = False

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Item]: ...
    def __getitem__(self, index: int | slice) -> Item | Sequence[Item]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            raise IndexError(index)
        if not self._flushed:
            self._file.flush()
            self._ends.flush()
            self._flushed = True
        start, stop = _ENDS.unpack(os.pread(self._ends.fileno(), _ENDS.size, _END.size * place))
        return Item(*pickle.loads(os.pread(self._file.fileno(), stop - start, start)))

    def close(self) -> None:
        """Let the files go."""
        self._file.close()
        self._ends.close()


class Waiting:
    """Small tuples, first in, first out; nothing of them is in memory. Pickled, as :class:`Spool` is."""

    def __init__(self, folder: Path | None = None) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by close()
        self._begin = self._end = 0

    def __bool__(self) -> bool:
        return self._begin < self._end

    def append(self, task: tuple[Any, ...]) -> None:
        """Put one after the others."""
        data = pickle.dumps(task, pickle.HIGHEST_PROTOCOL)
        self._end += self._file.write(_END.pack(len(data)) + data)

    def popleft(self) -> tuple[Any, ...]:
        """Take the first one out. Raises IndexError when there is none."""
        if not self:
            raise IndexError("nothing waits")
        self._file.flush()
        (length,) = _END.unpack(os.pread(self._file.fileno(), _END.size, self._begin))
        task: tuple[Any, ...] = pickle.loads(os.pread(self._file.fileno(), length, self._begin + _END.size))
        self._begin += _END.size + length
        return task

    def close(self) -> None:
        """Let the file go."""
        self._file.close()


class VectorSpool:
    """Vectors float32 (rows, dim), read back by arrays of places. The first one that is appended says ``dim``."""

    def __init__(self, folder: Path | None = None) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by close()
        self._dim = self._bytes = 0

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, dim)."""
        return self._bytes // max(4 * self._dim, 1), self._dim

    def append(self, vectors: FloatArray) -> None:
        """Put one (dim,) or several (n, dim) after the others."""
        self._dim = self._dim or int(vectors.shape[-1])
        self._bytes += self._file.write(np.ascontiguousarray(vectors, np.float32).tobytes())

    def __getitem__(self, places: NDArray[np.int64]) -> FloatArray:
        """float32 (len(places), dim), in the order of ``places``."""
        self._file.flush()
        found = np.empty((len(places), self._dim), np.float32)
        stride = 4 * self._dim
        starts = [0, *(np.flatnonzero(np.diff(places) != 1) + 1).tolist()] if len(places) else []
        for start, stop in zip(starts, [*starts[1:], len(places)], strict=True):  # neighbours are read at once
            os.preadv(self._file.fileno(), [found[start:stop].data.cast("B")], int(places[start]) * stride)
        return found

    def close(self) -> None:
        """Let the file go."""
        self._file.close()
