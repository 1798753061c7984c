"""Where the pictures of a feed come from: a folder, an archive, or URLs, as the command line and the mapping say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from catalog.pictures.archive import is_archive
from catalog.pictures.rules import PictureRules
from catalog.pictures.shape import Shape
from catalog.pictures.source import Folder, Kept, PictureSource
from catalog.pictures.store import Store
from mirror.camera.picture_header import read_header
from mirror.domain import UsageError
from mirror.service.opening import say


def allowed(rules: PictureRules, urls: bool, hosts: Sequence[str]) -> PictureRules:
    """The mapping's rules and what the command line adds."""
    more = tuple(host.strip().lower() for host in hosts)
    return replace(rules, urls=rules.urls or urls, hosts=(*rules.hosts, *more))


def store_of(index: Path) -> Path:
    """The folder beside an index in which its fetched and unpacked pictures are."""
    return index.with_name(index.name + ".pictures")


@contextmanager
def feed_pictures(
    pictures: Path | None, store: Path, rules: PictureRules, indexes: tuple[Path, ...] = ()
) -> Iterator[PictureSource]:
    """The source of a build's pictures. pictures: a folder or an archive. store: where pictures are kept that do not
    lie in a folder. indexes: those that may use the store besides the one that is built. Raises UsageError when there
    is nothing to take pictures from."""
    archive = pictures if pictures is not None and pictures.is_file() else None
    if archive is not None and not is_archive(archive):
        raise UsageError(f"{archive}: is neither a folder nor a zip, tar or tar.gz; give one with --pictures")
    if archive is None and not rules.urls:
        if pictures is None:
            raise UsageError("where are the pictures? give --pictures FOLDER or ARCHIVE, or allow --picture-urls")
        yield Folder(pictures)
        return
    if archive is None and pictures is not None and not pictures.is_dir():
        raise UsageError(f"{pictures}: is no folder; give the folder or archive of the pictures with --pictures")
    if not store.parent.is_dir():
        raise UsageError(f"{store.parent}: is no folder; make it, or choose another place with --out")
    local = pictures if archive is None else None
    with Store(store, rules) as kept, Kept(
        kept, rules, _shape, archive=archive, local=local, indexes=indexes, say=say
    ) as source:
        yield source


def brought(source: PictureSource) -> dict[str, Any] | None:
    """What a source did, as a JSON-able dict; None for a folder."""
    return {"folder": str(source.folder), **asdict(source.report)} if isinstance(source, Kept) else None


def tell_brought(done: dict[str, Any] | None) -> None:
    """Say what a source did."""
    if done is None:
        return
    say(
        f"pictures in {done['folder']}: {done['fetched']} fetched, {done['unchanged']} unchanged, "
        f"{done['unpacked']} unpacked, {done['failed']} rows without theirs"
    )
    if done["kept"]:
        say(f"{done['kept']} pictures could not be asked for again; the ones fetched earlier are used")


def _shape(data: bytes) -> Shape | None:
    header = read_header(data)
    return None if header is None else Shape(header.kind, header.width, header.height, header.whole)
