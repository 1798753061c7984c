"""`mirror catalog watch FOLDER`: what is dropped there is built, published or taken in, until it is stopped."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from catalog.commands import build_command
from catalog.index import Catalogue
from catalog.mapping import FeedMapping
from catalog.watch import Event, Watch
from mirror.camera.picture import read_picture
from mirror.config import Settings
from mirror.domain import MirrorError, UsageError
from mirror.service.feed_pictures import allowed, brought, feed_pictures, store_of
from mirror.service.opening import say
from mirror.service.publishing import live_catalogue
from mirror.service.shop import load_embedder
from mirror.vision.colour import picture_colours

NICE = 10
"""A build beside a mirror on the same box must not take its turn."""


def watch_folder(
    settings: Settings, folder: Path, *, live: Path | None, pictures: Path | None, mapping: Path | None,
    embedder: str | None, settle: float, once: bool, as_json: bool, urls: bool = False, hosts: Sequence[str] = (),
) -> int:
    """Watch until Ctrl+C or SIGTERM, or (``once``) use what lies there and end. Returns 1 when something was refused in
    ``once``, else 0."""
    if not folder.is_dir():
        raise UsageError(f"{folder}: is no folder; make it, or give another to watch")
    path = live_catalogue(settings, live)
    refused: list[Path] = []

    def told(event: Event) -> None:
        if event.kind == "refused":
            refused.append(event.file)
        if as_json:
            print(json.dumps({"event": event.kind, "file": str(event.file), "line": event.line, **event.document}),
                  flush=True)
        elif event.kind in ("refused", "waiting"):
            say(f"{event.kind}: {event.line}")
        else:
            print(event.line, flush=True)

    columns = FeedMapping.load(mapping) if mapping else FeedMapping()
    rules = allowed(columns.pictures, urls, hosts)
    build = _Builder(settings, path, folder, pictures, embedder, replace(columns, pictures=rules))
    watch = Watch(folder, path, build=build, on_event=told, mapping=columns, settle_s=0.0 if once else settle)
    if once:
        while watch.step():
            pass
        return 1 if refused else 0
    say(f"watching {folder} for {path}; end with Ctrl+C")
    # a kill from the shop's supervisor ends like Ctrl+C: what was begun is given back
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    os.nice(NICE)
    watch.start()
    try:
        with suppress(KeyboardInterrupt):
            threading.Event().wait()
    finally:
        watch.stop()
    return 0


class _Builder:
    """Builds an index from a dropped feed; the embedder is loaded for the first one."""

    def __init__(
        self, settings: Settings, live: Path, folder: Path, pictures: Path | None, embedder: str | None,
        mapping: FeedMapping,
    ) -> None:
        self._settings, self._live, self._mapping, self._name = settings, live, mapping, embedder
        self._pictures = pictures or (folder / "pictures" if (folder / "pictures").is_dir() else None)
        self._embed: Any = None

    def __call__(
        self, feed: Path, out: Path, progress: Callable[[int, int, float], None], rejects: Path
    ) -> dict[str, Any]:
        if self._embed is None:
            self._embed = load_embedder(self._settings, self._name)
        rules = self._mapping.pictures
        pictures = self._pictures or (None if rules.urls else self._pictures_of_live(feed))
        with feed_pictures(pictures, store_of(self._live), rules, indexes=(self._live,)) as source:
            return build_command(
                feed, source, out, embed=self._embed.embed_whole, embedder_name=self._embed.name,
                read_picture=read_picture, colours=picture_colours, progress=progress, mapping=self._mapping,
                rejects=rejects, work=self._live.with_name(self._live.name + ".work"), keep=False,
            ) | {"pictures": brought(source)}

    def _pictures_of_live(self, feed: Path) -> Path:
        """The folder that the present index has its pictures in."""
        with suppress(MirrorError), Catalogue.open(self._live) as catalogue:
            return catalogue.pictures
        raise MirrorError(f"{feed}: where are its pictures? give their folder with --pictures")
