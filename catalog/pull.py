"""A store's slice of the chain's catalogue becomes its mirrors' local file: they stay exact, quick, and at work when
the engine or the network is away."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from catalog.atomic import replacing
from catalog.engines.contract import Engine
from catalog.layout import Sealed
from catalog.publish import Published, publish
from catalog.snapshot import Snapshot
from catalog.spool import Spool, VectorSpool
from catalog.writer import recorded_pictures, write_index
from mirror.domain import MirrorError, UsageError


@dataclass(frozen=True)
class Pulled:
    """What a pull did: the items of the file and the embedder that they came with; ``published`` tells the rest, None
    when the engine's slice is the one that was pulled last."""

    items: int
    embedder: str
    published: Published | None

    @property
    def changed(self) -> bool:
        """Whether the file is another now."""
        return self.published is not None and self.published.changed


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
    recorded = (about.pictures if about else "") if pictures is None else recorded_pictures(pictures, out)
    # before the rows are read: what changes meanwhile is pulled the next time
    seen = {"engine": engine.place, "store": engine.store, "revision": engine.revision(), "pictures": recorded}
    file = _as_pulled(out, seen)
    if file is not None:
        return Pulled(len(file), file.embedder, None)
    pulled = out.with_name(f".{out.name}.pulled")
    with closing(Spool(out.parent)) as items, closing(VectorSpool(out.parent)) as vectors:
        for rows in engine.rows() if about else ():
            for item in rows.items:
                items.append(item)
            vectors.append(rows.vectors)
        if about is None or not items:
            raise MirrorError(f"{engine.place}: has no items of store {engine.store}; push them with "
                              "`mirror catalog push`, or give another --store")
        if vectors.shape != (len(items), about.dim):
            raise MirrorError(f"{engine.place}: gave vectors that are not of {about.dim} numbers; push the store again")
        try:
            with replacing(pulled) as draft:
                write_index(
                    draft, items, vectors, embedder=about.embedder, pictures=recorded, scratch=out.parent
                )
            published = publish(pulled, out, new_embedder=new_embedder)
        finally:
            pulled.unlink(missing_ok=True)
    with replacing(_note(out)) as note:
        note.write(json.dumps({**seen, "content": _content(out)}).encode("ascii"))
    return Pulled(published.items, about.embedder, published)


def _note(out: Path) -> Path:
    """Where it is kept what was pulled last: a poll in which nothing changed then costs one question."""
    return out.with_name(f".{out.name}.slice")


def _content(out: Path) -> str:
    return Sealed.open(out).content


def _as_pulled(out: Path, seen: dict[str, str]) -> Snapshot | None:
    """The file, if it is still the one that was pulled and the engine's slice is too."""
    try:
        noted = json.loads(_note(out).read_bytes())
        file = Snapshot.of(Sealed.open(out))
    except (OSError, ValueError, MirrorError):
        return None
    return file if seen["revision"] and noted == {**seen, "content": file.sealed.content} else None
