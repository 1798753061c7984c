"""A new index takes the place of the one that mirrors have open, checked to the last byte, and can be taken back.

The new file is read whole first, then written beside the live one (its picture folder rewritten relative to there),
read again and moved into place. Mirrors go on with the old one until that moment and notice it by themselves
(:mod:`catalog.following`). The old one is kept; :func:`roll_back` exchanges the two.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from catalog.atomic import before_update_of, draft_of, exchange, previous_of, protect, replacing
from catalog.index import Catalogue
from catalog.layout import MAGIC, Sealed, rewrite_sealed
from catalog.snapshot import Snapshot
from mirror.domain import MirrorError, UsageError

PICTURES_LOOKED_FOR = 1000
"""Items, evenly from the file's order, whose pictures are looked for: more takes minutes on a shop's network folder."""


@dataclass(frozen=True)
class Published:
    """What a publish did. ``changed``: False when exactly this is live already (then nothing is touched). before:
    items of the index that it replaced, None when there was none that could be read. missing: pictures that are not
    there among ``looked_for``."""

    live: Path
    items: int
    embedder: str
    changed: bool
    before: int | None
    kept: Path | None
    missing: int
    looked_for: int


def publish(new: Path, live: Path, *, new_embedder: bool = False, least_share: float = 0.0) -> Published:
    """Put the index ``new`` in the place of ``live``; ``new`` itself stays.

    new_embedder: also one of another embedder than the live one's (mirrors refuse it until they are started with that
    embedder). least_share: refuse one with less than this share of the live one's items. Raises MirrorError that names
    what is wrong with ``new``, or why ``live`` cannot be written, and then leaves everything as it was; UsageError when
    both are one file or ``live`` is a file of another kind.
    """
    _check_places(new, live)
    with Catalogue.open(new) as catalogue:
        fresh = catalogue.snapshot
        fresh.verify()
        missing, looked_for = _pictures_missing(catalogue)
    pictures = _recorded(new, fresh.pictures, live)
    old = _readable(live)
    if old is not None:
        _check_embedder(new, fresh, live, old, new_embedder)
        if len(fresh) < least_share * len(old):
            raise MirrorError(
                f"{new}: has {len(fresh)} items, the live catalogue has {len(old)}; if that is right, publish it by "
                "hand with `mirror catalog publish`"
            )
        about = {**fresh.sealed.about, "pictures": pictures}
        if about == old.sealed.about and fresh.sealed.same_sections(old.sealed):
            return Published(live, len(fresh), fresh.embedder, False, len(old), None, missing, looked_for)
    # one that is damaged is not worth keeping in the place of the last good one
    before, kept = (None, None) if old is None else (len(old), previous_of(live))
    with replacing(live, keep=kept) as out:
        rewrite_sealed(out, fresh.sealed, {**fresh.sealed.about, "pictures": pictures})
        out.flush()
        Sealed.open(draft_of(live)).verify()
    protect(live)
    before_update_of(live).unlink(missing_ok=True)
    return Published(live, len(fresh), fresh.embedder, True, before, kept, missing, looked_for)


def roll_back(live: Path, *, update: bool = False, new_embedder: bool = False) -> Published:
    """Exchange ``live`` with the index before the last publish, or before the last ``update`` of prices and stock.
    Doing it twice leaves all as it was. Raises MirrorError when none is kept or it is not whole, and as
    :func:`publish` does for another embedder."""
    kept = before_update_of(live) if update else previous_of(live)
    old = _readable(live)
    found: list[tuple[Snapshot, int, int]] = []

    def check(path: Path) -> None:
        with Catalogue.open(path) as catalogue:
            snapshot = catalogue.snapshot
            snapshot.verify()
            if old is not None:
                _check_embedder(path, snapshot, live, old, new_embedder)
            found.append((snapshot, *_pictures_missing(catalogue)))

    exchange(live, kept, check)
    protect(live)
    if not update:
        before_update_of(live).unlink(missing_ok=True)
    snapshot, missing, looked_for = found[0]
    before = None if old is None else len(old)
    return Published(live, len(snapshot), snapshot.embedder, True, before, kept, missing, looked_for)


def _check_places(new: Path, live: Path) -> None:
    if not live.parent.is_dir():
        raise UsageError(f"{live.parent}: is no folder; make it, or choose another place with --catalog")
    if live.is_dir():
        raise UsageError(f"{live}: is a folder; give the catalogue file with --catalog")
    if not live.exists():
        return
    if new.exists() and os.path.samefile(new, live):
        raise UsageError(f"{new}: is the live catalogue itself; build into another file and publish that")
    with suppress(OSError), open(live, "rb") as existing:
        start = existing.read(len(MAGIC))
        if start not in (MAGIC, bytes(len(start))):
            raise UsageError(f"{live}: is there and is no catalogue; remove it, or give another --catalog")


def _readable(path: Path) -> Snapshot | None:
    """The index that is live now; None when there is none or it is damaged: a publish is the mend then."""
    try:
        return Snapshot.of(Sealed.open(path))
    except MirrorError:
        return None


def _check_embedder(new: Path, fresh: Snapshot, live: Path, old: Snapshot, allowed: bool) -> None:
    if allowed or (fresh.embedder, fresh.dim) == (old.embedder, old.dim):
        return
    raise MirrorError(
        f"{new}: was built with embedder {fresh.embedder} ({fresh.dim} numbers), {live.name} with {old.embedder} "
        f"({old.dim}); build it with the mirrors' embedder, or give --new-embedder and start the mirrors with it"
    )


def _recorded(new: Path, pictures: str, live: Path) -> str:
    """The picture folder as the live index must record it: an absolute one as it is, a relative one from its folder."""
    source, target = new.parent.resolve(), live.parent.resolve()
    if os.path.isabs(pictures) or source == target:
        return pictures
    return os.path.relpath(source / pictures, target)


def _pictures_missing(catalogue: Catalogue) -> tuple[int, int]:
    snapshot = catalogue.snapshot
    rows = range(0, len(snapshot), -(-len(snapshot) // PICTURES_LOOKED_FOR))
    items = [snapshot.read_item(row) for row in islice(rows, PICTURES_LOOKED_FOR)]
    return sum(not catalogue.picture(item).is_file() for item in items), len(items)
