"""`mirror catalog push / pull`: a store's index into the chain's engine, and its slice back to a mirror."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from catalog.engines.contract import Engine
from catalog.engines.opening import KINDS, open_engine
from mirror.domain import UsageError

URL_VARIABLE = "MIRROR_CHAIN"
"""Where the engine is when no flag says so: a URL with a password in it is seen by everybody on the command line."""


def push_catalogue(catalogue: Path, url: str | None, store: str, *, as_json: bool) -> int:
    """Make the engine's slice of a store that of an index file, and say what was sent."""
    from catalog.push import push

    with _engine(url, store, "--to") as engine:
        pushed = push(catalogue, engine)
        place = engine.place
    if as_json:
        print(json.dumps({"engine": place, "store": store, "items": pushed.items, "sent": pushed.sent,
                          "dropped": pushed.dropped}))
    else:
        print(f"{place}, store {store}: {pushed.items} items, {pushed.sent} sent, {pushed.dropped} dropped")
    return 0


def pull_catalogue(
    url: str | None, store: str, out: Path, *, pictures: Path | None, new_embedder: bool, as_json: bool
) -> int:
    """Write a store's slice to an index file; the old file stays when anything is wrong."""
    from catalog.pull import pull

    with _engine(url, store, "--from") as engine:
        pulled = pull(engine, out, pictures=pictures, new_embedder=new_embedder)
    live = pulled.published
    missing, looked_for = (live.missing, live.looked_for) if live else (0, 0)
    if as_json:
        print(json.dumps({"catalog": str(out), "store": store, "items": pulled.items, "embedder": pulled.embedder,
                          "changed": pulled.changed, "pictures_missing": missing, "pictures_looked_for": looked_for}))
    else:
        print(f"{pulled.items} items in {out}" if pulled.changed else f"{out}: {pulled.items} items, as before")
        if missing:
            print(f"pictures missing: {missing} of {looked_for} looked for; copy them, or give --pictures")
    return 0


@contextmanager
def _engine(url: str | None, store: str, flag: str) -> Iterator[Engine]:
    url = url or os.environ.get(URL_VARIABLE)
    if not url:
        raise UsageError(f"no engine: give {flag}, or set {URL_VARIABLE}: {KINDS}")
    engine = open_engine(url, store)
    try:
        yield engine
    finally:
        engine.close()
