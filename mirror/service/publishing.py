"""`mirror catalog publish / update / rollback / diff`: a live catalogue changed from the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from catalog.commands import publish_command, rollback_command, update_command
from catalog.diff import KINDS, diff
from catalog.mapping import FeedMapping
from mirror.config import Settings
from mirror.domain import UsageError
from mirror.service.opening import say
from mirror.service.places import catalogue_path

ROWS_SHOWN = 12
"""Rows of each kind in the table of a diff; ``--json`` has them all."""


def live_catalogue(settings: Settings, asked: Path | None) -> Path:
    """The catalogue that mirrors have open: the one asked for, configured, or the sample. Raises UsageError when there
    is none of them."""
    path = catalogue_path(settings, asked)
    if path is None:
        raise UsageError("no live catalogue: give --catalog FILE, or set catalogue in [shop] of mirror.toml")
    return path


def publish_catalogue(settings: Settings, new: Path, *, live: Path | None, new_embedder: bool, as_json: bool) -> int:
    """Put an index in the place of the live one."""
    done = publish_command(new, live_catalogue(settings, live), new_embedder=new_embedder)
    if not done["changed"]:
        return _told(done, f"{done['catalog']} has exactly these {done['items']} items already", as_json)
    before = "" if done["items_before"] is None else f" (before: {done['items_before']})"
    return _told(done, f"{done['items']} items are live in {done['catalog']}{before}; {_way_back(done)}", as_json)


def roll_back_catalogue(
    settings: Settings, live: Path | None, *, before_update: bool, new_embedder: bool, as_json: bool
) -> int:
    """Go back to the index before the last publish or update."""
    path = live_catalogue(settings, live)
    done = rollback_command(path, before_update=before_update, new_embedder=new_embedder)
    return _told(
        done, f"{done['items']} items are live in {done['catalog']} again (before: {done['items_before']}); "
        "the same command takes it back", as_json)


def update_catalogue(
    settings: Settings, live: Path | None, feed: Path, *, format: str | None, mapping: Path | None,
    rejects: Path | None, as_json: bool,
) -> int:
    """Change prices and stock by a feed. Returns 1 when rows were rejected (the good ones are in), else 0."""
    done = update_command(
        live_catalogue(settings, live), feed, format=format, rejects=rejects,
        mapping=FeedMapping.load(mapping) if mapping else None,
    )
    for row in done["reasons"]:
        say(f"{feed} line {row['line']}{', ' * bool(row['field'])}{row['field']}: {row['reason']}")
    if done["rejected"]:
        say(f"{done['rejected']} rows left out, all listed in {done['rejected_file']}")
    changed = f"{done['prices_changed']} prices and {done['stock_changed']} items' stock changed"
    _told(done, f"{changed} in {done['catalog']} ({done['rows']} of {done['items']} items named)", as_json)
    return 1 if done["rejected"] else 0


def compare_catalogues(a: Path, b: Path, *, as_json: bool) -> int:
    """Print what is another in one index than in another."""
    difference = diff(a, b)
    if as_json:
        difference.write(sys.stdout, a=str(a), b=str(b))
        return 0
    told = difference.about()
    print(f"{a} ({told['items']['a']} items) -> {b} ({told['items']['b']} items)")
    if told["embedders"]["a"] != told["embedders"]["b"]:
        print(f"embedder {told['embedders']['a']} -> {told['embedders']['b']}: pictures compared by name only")
    print("  ".join(f"{count} {kind}" for kind, count in told["counts"].items()))
    for kind in KINDS:
        rows = difference.found[kind]
        for row in islice(rows, ROWS_SHOWN):
            print(f"  {kind:8} {row['id']:24.24} {row['title']:28.28} {_words(row)}")
        if len(rows) > ROWS_SHOWN:
            print(f"  {kind:8} ... and {len(rows) - ROWS_SHOWN} more (--json has all)")
    return 0


def _words(row: Mapping[str, Any]) -> str:
    if "from" in row:
        return f"{_value(row['from'])} -> {_value(row['to'])}"
    return f"{row['category']}, {_value({'price': row['price'], 'currency': row['currency']})}"


def _value(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    if "price" in value:
        return f"{value['price']:.2f} {value['currency']}"
    if "in_stock" in value:
        sizes = "|".join(value["sizes"])
        return (sizes or "in stock") if value["in_stock"] else "sold out"
    return ", ".join(f"{name} '{text}'" for name, text in value.items())


def _way_back(done: Mapping[str, Any]) -> str:
    gone = done["pictures_missing"]
    if gone:
        say(f"{gone} of {done['pictures_looked_for']} pictures looked for are not there; see `mirror catalog verify`")
    return "`mirror catalog rollback` goes back" if done["kept"] else "there was none before to go back to"


def _told(document: dict[str, Any], line: str, as_json: bool) -> int:
    print(json.dumps(document) if as_json else line)
    return 0
