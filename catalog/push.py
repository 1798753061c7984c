"""A store's index file becomes its slice of the chain's catalogue: what changed is sent, what is gone is dropped."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from catalog.engines.contract import About, Engine, digest
from catalog.engines.file import index_rows
from catalog.index import Catalogue


@dataclass(frozen=True)
class Pushed:
    """What a push did: items in the slice now, sent because new or changed, and dropped."""

    items: int
    sent: int
    dropped: int


def push(catalogue: Path, engine: Engine) -> Pushed:
    """Make the engine's slice of its store that of an index file. Nothing is written when it is already. Raises
    MirrorError when the file is not whole, the engine cannot be used, or holds vectors of another embedder."""
    with Catalogue.open(catalogue) as file:
        snapshot = file.snapshot
    snapshot.verify()
    about = About(snapshot.embedder, snapshot.dim, snapshot.pictures)
    old = engine.digests()
    changed: set[str] = set()
    gone = set(old)
    for rows in index_rows(snapshot):
        gone.difference_update(item.id for item in rows.items)
        changed.update(
            item.id for item, vector in zip(*rows, strict=True) if old.get(item.id) != digest(item, vector)
        )
    if not changed and not gone and engine.about() == about:
        return Pushed(len(snapshot), 0, 0)
    with engine.writing(about) as change:
        for rows in index_rows(snapshot):
            new = [place for place, item in enumerate(rows.items) if item.id in changed]
            if new:
                change.put([rows.items[place] for place in new], rows.vectors[np.array(new)])
        change.drop(sorted(gone))
    return Pushed(len(snapshot), len(changed), len(gone))
