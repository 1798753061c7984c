"""A store's slice of the chain's catalogue becomes its mirrors' local file: they stay exact, quick, and at work when
the engine or the network is away."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from catalog.atomic import replacing
from catalog.engines.contract import Engine
from catalog.publish import Published, publish
from catalog.writer import write_index
from mirror.domain import Item, MirrorError, UsageError


@dataclass(frozen=True)
class Pulled:
    """What a pull did: the items of the file and the embedder that they came with; ``published`` tells the rest."""

    items: int
    embedder: str
    published: Published


def pull(engine: Engine, out: Path, *, pictures: Path | None = None, new_embedder: bool = False) -> Pulled:
    """Write the engine's slice of its store to ``out``, as ``mirror catalog publish`` would: checked whole, the old
    file kept for a rollback, untouched when nothing changed.

    pictures: the folder of the items' pictures here (None: as the pushed index recorded it, from the index file's own
    folder when relative). new_embedder: see :func:`catalog.publish.publish`. The same slice gives the same bytes as the
    file that was pushed. Raises MirrorError when the engine cannot be reached, has nothing of this store, or the slice
    is being written; ``out`` then stays as it is.
    """
    if not out.parent.is_dir():
        raise UsageError(f"{out.parent}: is no folder; make it, or choose another place with --out")
    about = engine.about()
    items: list[Item] = []
    pulled = out.with_name(f".{out.name}.pulled")
    with tempfile.TemporaryFile(dir=out.parent) as spool:
        for rows in engine.rows() if about else ():
            items += rows.items
            spool.write(rows.vectors.tobytes())
        if about is None or not items:
            raise MirrorError(f"{engine.place}: has no items of store {engine.store}; push them with "
                              "`mirror catalog push`, or give another --store")
        spool.flush()
        if os.fstat(spool.fileno()).st_size != 4 * len(items) * about.dim:
            raise MirrorError(f"{engine.place}: gave vectors that are not of {about.dim} numbers; push the store again")
        vectors = np.memmap(spool, dtype=np.float32, mode="r", shape=(len(items), about.dim))
        try:
            with replacing(pulled) as draft:
                recorded = about.pictures if pictures is None else _recorded(pictures, out)
                write_index(draft, items, vectors, embedder=about.embedder, pictures=recorded)
            del vectors
            published = publish(pulled, out, new_embedder=new_embedder)
        finally:
            pulled.unlink(missing_ok=True)
    return Pulled(len(items), about.embedder, published)


def _recorded(pictures: Path, out: Path) -> str:
    """Relative to the index, so that both can be moved together; absolute when they share nothing but the root."""
    folder, target = out.parent.resolve(), pictures.resolve()
    if os.path.commonpath([target, folder]) == os.path.sep:
        return str(target)
    return os.path.relpath(target, folder)
