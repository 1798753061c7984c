"""The arguments of the commands that change a live catalogue: publish, rollback, update, watch, diff."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mirror.config import load_settings

EXAMPLES = {
    "catalog publish": "mirror catalog publish new.catalogue --catalog shop.catalogue",
    "catalog rollback": "mirror catalog rollback shop.catalogue",
    "catalog update": "mirror catalog update shop.catalogue --items stock.csv",
    "catalog watch": "mirror catalog watch incoming/ --catalog shop.catalogue --pictures pictures/",
    "catalog diff": "mirror catalog diff shop.catalogue new.catalogue --json",
}
FEED_KINDS = ("csv", "jsonl", "parquet", "google", "shopify")
"""As catalog.ingest.FORMATS, which is not imported before a command needs it."""
_LIVE = "the live catalogue file (default: the configured or the sample one)"
_JSON = "one JSON document on stdout"


def add_live_commands(catalogs: Any, command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add them to the parsers of ``mirror catalog``."""
    publish = command(catalogs, "publish", _publish, "check an index and swap it in under running mirrors",
                      "catalog publish")
    publish.add_argument("file", type=Path, metavar="FILE", help="the new index file; it stays")
    publish.add_argument("--catalog", "--to", type=Path, metavar="LIVE", help=_LIVE)
    rollback = command(catalogs, "rollback", _rollback, "go back to the index before the last publish",
                       "catalog rollback")
    rollback.add_argument("file", type=Path, nargs="?", metavar="LIVE", help=_LIVE)
    rollback.add_argument("--update", action="store_true", help="back to before the last update of prices and stock")
    for sub in (publish, rollback):
        sub.add_argument("--new-embedder", action="store_true",
                         help="also one of another embedder: mirrors refuse it until they are started with that one")
        sub.add_argument("--json", action="store_true", help=_JSON)
    update = command(catalogs, "update", _update, "prices and stock from a small feed, without a build",
                     "catalog update")
    update.add_argument("file", type=Path, nargs="?", metavar="LIVE", help=_LIVE)
    update.add_argument("--items", "--feed", type=Path, required=True, metavar="FEED",
                        help="rows with id and any of price, sizes, in_stock")
    update.add_argument("--format", choices=FEED_KINDS,
                        help="the kind of the feed, when its beginning does not tell")
    update.add_argument("--mapping", type=Path, help="TOML that maps the shop's columns")
    update.add_argument("--rejects", type=Path, help="file of the rows left out (default: LIVE.update-rejected.jsonl)")
    update.add_argument("--json", action="store_true", help=_JSON)
    watch = command(catalogs, "watch", _watch, "publish or take in whatever is dropped into a folder", "catalog watch")
    watch.add_argument("folder", type=Path, metavar="FOLDER", help="feeds and index files are dropped here")
    watch.add_argument("--catalog", "--to", type=Path, metavar="LIVE", help=_LIVE)
    watch.add_argument("--pictures", type=Path,
                       help="folder or archive of a feed's pictures (default: FOLDER/pictures, else the live "
                            "catalogue's)")
    add_picture_urls(watch)
    watch.add_argument("--mapping", type=Path, help="TOML that maps the shop's columns and words")
    watch.add_argument("--embedder", metavar="NAME", help="as for build")
    watch.add_argument("--settle", type=_seconds, default=2.0, metavar="SECONDS",
                       help="a file is complete when it has not changed for so long (default 2)")
    watch.add_argument("--once", action="store_true", help="use what lies there now and end")
    watch.add_argument("--json", action="store_true", help="one JSON document a line on stdout, for each file")
    diff = command(catalogs, "diff", _diff, "what is another in one index than in another", "catalog diff")
    diff.add_argument("a", type=Path, metavar="A")
    diff.add_argument("b", type=Path, metavar="B")
    diff.add_argument("--json", action="store_true", help=_JSON)


def add_picture_urls(parser: argparse.ArgumentParser) -> None:
    """The arguments by which pictures at URLs are fetched; the limits are in the mapping's [pictures]."""
    parser.add_argument("--picture-urls", action="store_true", help="fetch the pictures that the feed gives as URLs")
    parser.add_argument("--picture-host", action="append", default=[], metavar="HOST",
                        help="fetch from this host only (or *.shop.example); may be given more than once")


def _publish(options: argparse.Namespace) -> int:
    from mirror.service.publishing import publish_catalogue

    return publish_catalogue(
        load_settings(options.config), options.file, live=options.catalog, new_embedder=options.new_embedder,
        as_json=options.json)


def _rollback(options: argparse.Namespace) -> int:
    from mirror.service.publishing import roll_back_catalogue

    return roll_back_catalogue(
        load_settings(options.config), options.file, before_update=options.update, new_embedder=options.new_embedder,
        as_json=options.json)


def _update(options: argparse.Namespace) -> int:
    from mirror.service.publishing import update_catalogue

    return update_catalogue(
        load_settings(options.config), options.file, options.items, format=options.format, mapping=options.mapping,
        rejects=options.rejects, as_json=options.json)


def _watch(options: argparse.Namespace) -> int:
    from mirror.service.watching import watch_folder

    return watch_folder(
        load_settings(options.config), options.folder, live=options.catalog, pictures=options.pictures,
        mapping=options.mapping, embedder=options.embedder, settle=options.settle, once=options.once,
        as_json=options.json, urls=options.picture_urls, hosts=options.picture_host)


def _diff(options: argparse.Namespace) -> int:
    from mirror.service.publishing import compare_catalogues

    return compare_catalogues(options.a, options.b, as_json=options.json)


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 3600:
        raise argparse.ArgumentTypeError(f"must lie in 0..3600, not {text}")
    return value
