"""Parquet, by row groups, with the optional library pyarrow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from catalog.feeds.rows import Row
from mirror.domain import MirrorError

BATCH = 1024
"""Rows in memory at a time."""


def parquet_rows(path: Path) -> Iterator[Row]:
    """Each row of a Parquet file; its "line" is its place, from 1. Raises MirrorError without pyarrow."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MirrorError(f"{path}: is Parquet, which needs pyarrow; `pip install pyarrow`, or give CSV") from None
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            line = 0
            for batch in file.iter_batches(batch_size=BATCH):
                for row in batch.to_pylist():
                    line += 1
                    yield line, {str(name).strip().lower(): value for name, value in row.items()}
    except (OSError, pyarrow.ArrowException) as error:
        raise MirrorError(f"{path}: cannot be read as Parquet ({str(error).splitlines()[0][:120]})") from None
