"""Items on the disk while an index is built, so that the memory of a build does not grow with the feed's texts."""

from __future__ import annotations

import mmap
import pickle
import tempfile
from array import array
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import overload

from mirror.domain import Item

_FIELDS = tuple(field.name for field in fields(Item))


class Spool(Sequence[Item]):
    """Items in the order in which they were appended, in a file without a name in ``folder``; of each only its place
    (8 bytes) is in memory. The file goes when the spool is closed, or its process killed. Pickled: nobody else can
    write to it. For one thread."""

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by close()
        self._ends = array("Q", [0])
        self._map: mmap.mmap | None = None

    def append(self, item: Item) -> None:
        """Only before the first item is read."""
        data = pickle.dumps(tuple(getattr(item, name) for name in _FIELDS), pickle.HIGHEST_PROTOCOL)
        self._file.write(data)
        self._ends.append(self._ends[-1] + len(data))

    def __len__(self) -> int:
        return len(self._ends) - 1

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
        if self._map is None:
            self._file.flush()
            self._map = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        return Item(*pickle.loads(self._map[self._ends[place] : self._ends[place + 1]]))

    def close(self) -> None:
        if self._map is not None:
            self._map.close()
        self._file.close()
