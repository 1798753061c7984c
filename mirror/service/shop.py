"""`mirror catalog build / query / info / verify`: the shop's feed and index from the command line."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from catalog.commands import Query, build_command, info_command, query_command, verify_command
from catalog.filter import Filter
from catalog.index import Catalogue
from catalog.ingest import count_rows, numbered_items
from catalog.mapping import FeedMapping
from catalog.pictures.source import PictureSource
from mirror.camera.picture import read_picture
from mirror.config import Settings
from mirror.domain import Box, FloatArray, ImageArray, MirrorError, UsageError
from mirror.pipeline.analyze import Analyzer
from mirror.runtime.manifest import Manifest
from mirror.runtime.session import Session
from mirror.service.feed_pictures import allowed, brought, feed_pictures, store_of, tell_brought
from mirror.service.opening import load_vision, say
from mirror.service.places import catalogue_path, models_folder, own_folder
from mirror.vision.classic import FIT_MOST, ClassicEmbedder, file_of
from mirror.vision.colour import picture_colours
from mirror.vision.embedding import Embedder, open_embedder

PROGRESS_EVERY_S = 0.5
PROGRESS_WIDTH = 30
UNKNOWN_SHOWN = 20
FAILED_SHOWN = 20
RAY = "ray"
CLASSIC = "classic"
"""``--embedder classic``, and how the names of its fits begin."""


def build_catalogue(
    settings: Settings, items: Path, pictures: Path | None, out: Path, *, embedder: str | None, as_json: bool,
    format: str | None = None, mapping: Path | None = None, rejects: Path | None = None, engine: str = "local",
    workers: int | None = None, urls: bool = False, hosts: Sequence[str] = (),
) -> int:
    """Build an index and say what went in. pictures: a folder, an archive, or None when ``urls`` (or the mapping) lets
    them be fetched. engine: "ray" has the pictures embedded by ``workers`` processes of a Ray cluster first. Returns 1
    when rows were rejected (the good ones are in), else 0."""
    columns = FeedMapping.load(mapping) if mapping else FeedMapping()
    rules = allowed(columns.pictures, urls, hosts)
    work = out.with_name(out.name + ".work")
    with feed_pictures(pictures, store_of(out), rules) as source:
        if embedder == CLASSIC:
            embed: Embedder | ClassicEmbedder = fit_classic(items, source, out.parent, format, columns)
        else:
            embed = load_embedder(settings, embedder)
        if engine == RAY:
            _embed_with_ray(settings, items, source, work, embed, embedder, format, columns, workers)
        with closing(_Bar()) as bar:
            document = build_command(
                items, source, out, embed=embed.embed_whole, embedder_name=embed.name, read_picture=read_picture,
                colours=picture_colours, progress=bar, format=format, mapping=columns, rejects=rejects, work=work,
            )
        document["pictures"] = brought(source)
    for text, rows in list(document["unknown_categories"].items())[:UNKNOWN_SHOWN]:
        say(f"category '{text}' was not understood ({rows} rows); add it to [categories] of a --mapping")
    if document["rejected"]:
        for row in document["reasons"]:
            say(f"{items} line {row['line']}{', ' * bool(row['field'])}{row['field']}: {row['reason']}")
        left_out = document["rejected"]
        listed_in = document["rejected_file"]
        say(f"{left_out} rows left out, all listed in {listed_in}")
    tell_brought(document["pictures"])
    if as_json:
        print(json.dumps(document))
    else:
        back = "; `mirror catalog rollback` goes back" if document["kept"] else ""
        same = "" if document["changed"] else ", exactly as they were"
        print(f"{document['items']} items in {document['catalog']}{same}, {document['seconds']:.1f} s{back}")
    return 1 if document["rejected"] else 0


def query_catalogue(
    settings: Settings, images: Sequence[Path], *, catalogue: Path | None, whole: bool, category: str | None,
    sizes: tuple[str, ...] | None, gender: str | None, k: int, as_json: bool, price: tuple[float, float] | None = None,
    explain: str | None = None, embedder: str | None = None,
) -> int:
    """Print the nearest items for each garment in each picture, and why the item ``explain`` is among them or not.
    Returns 1 when a picture could not be used."""
    path = catalogue_path(settings, catalogue)
    if path is None:
        raise UsageError("no catalogue: give --catalog FILE, or build the sample one with `make catalogue`")
    queries: list[Query] = []
    errors: list[dict[str, str]] = []
    reader = _GarmentReader(settings, whole, load_embedder(settings, embedder, path))
    for image_path in images:
        try:
            queries += reader.queries(image_path, category)
        except MirrorError as error:
            errors.append({"path": str(image_path), "problem": str(error)})
            say(str(error))
    wanted = Filter(categories=(category,) if category else None, sizes=sizes, gender=gender, price=price)
    document = query_command(path, queries, embedder_name=reader.embedder.name, filter=wanted, k=k, explain=explain)
    if as_json:
        print(json.dumps({**document, "errors": errors}))
    else:
        for query in document["queries"]:
            print(f"{query['path']}: {query['category'] or 'any category'}")
            for item in query["results"]:
                sizes_text = "|".join(item["sizes"]) or "-"
                print(f"  {item['score']:.3f}  {item['id']:24} {item['title']:28} {item['price']:8.2f}  {sizes_text}")
            if not query["results"]:
                print("  nothing passes the filter")
            for reason in query.get("explanation", {}).get("reasons", ()):
                print(f"  {explain}: {reason}")
    return 1 if errors else 0


def describe_catalogue(path: Path, *, as_json: bool) -> int:
    """Print what an index holds."""
    return _print(info_command(path), as_json)


def verify_catalogue(path: Path, *, as_json: bool) -> int:
    """Read every byte of an index and say that it is whole."""
    return _print(verify_command(path), as_json)


def load_embedder(
    settings: Settings, name: str | None = None, catalogue: Path | None = None
) -> Embedder | ClassicEmbedder:
    """The embedder of that name (see :func:`mirror.vision.embedding.open_embedder`), on the configured provider. None:
    the fitted classic one that lies beside ``catalogue`` if that was built by it, else the configured one."""
    if name is None and catalogue is not None:
        name = _fitted_beside(catalogue)
    manifest = Manifest.load(models_folder(settings), own_folder(settings))
    return open_embedder(
        name or settings.models.embedding, manifest,
        lambda card: Session(card, settings.models.provider, settings.models.threads),
    )


def fit_classic(
    items: Path, source: PictureSource, folder: Path, format: str | None, mapping: FeedMapping | None
) -> ClassicEmbedder:
    """Fit the seed's embedder on the feed's pictures, evenly chosen, and keep it in ``folder``. Rows and pictures that
    are bad are passed over: the build reports them."""
    step = -(-count_rows(items, format, mapping) // FIT_MOST) or 1

    def pictures() -> Iterator[ImageArray]:
        chosen = islice(numbered_items(items, format, mapping), 0, None, step)
        for _, item, problem in source.placed(chosen):
            if not isinstance(item, MirrorError) and problem is None:
                with suppress(MirrorError):
                    yield read_picture(source.folder / item.picture)

    embedder = ClassicEmbedder.fit(pictures())
    path = embedder.save(folder)
    say(f"fitted {path}; build the next catalogues with --embedder {path}, and name it in [models] embedding")
    return embedder


def _embed_with_ray(
    settings: Settings, items: Path, pictures: PictureSource, work: Path, embed: Embedder | ClassicEmbedder,
    embedder: str | None, format: str | None, mapping: FeedMapping | None, workers: int | None,
) -> None:
    """Fill the build's work folder by the workers of a Ray cluster, and say what they could not do."""
    from catalog.ray_build import embed_with_ray

    if embedder == CLASSIC:  # the workers take the one that was just fitted
        embedder = str((work.parent / file_of(embed.name)).absolute())
    with closing(_Bar()) as bar:
        report = embed_with_ray(
            items, pictures, work, partial(_open_look, settings, embedder), embed.name, format=format,
            mapping=mapping, workers=workers, progress=bar,
        )
    say(
        f"workers embedded {report.embedded} pictures ({report.recovered} of them at a second try), "
        f"{report.known} were known, {report.failed} failed"
    )
    for path, reason in report.failures[:FAILED_SHOWN]:
        say(reason if path in reason else f"{path}: {reason}")


def _open_look(settings: Settings, embedder: str | None) -> Callable[[Path], tuple[FloatArray, tuple[str, ...]]]:
    """In a worker: how a picture is read and embedded, exactly as the local build does it."""
    embed = load_embedder(settings, embedder)

    def look(path: Path) -> tuple[FloatArray, tuple[str, ...]]:
        image = read_picture(path)
        return embed.embed_whole(image), picture_colours(image)

    return look


def _fitted_beside(catalogue: Path) -> str | None:
    with Catalogue.open(catalogue) as index:
        name = index.embedder
    if name.partition("@")[0] != CLASSIC:
        return None
    path = catalogue.parent / file_of(name)
    if not path.is_file():
        raise MirrorError(f"{catalogue}: was built with embedder {name}; copy its file {path.name} beside it")
    return str(path)


class _GarmentReader:
    """Pictures to query vectors: of the whole picture, or of each garment worn in it."""

    def __init__(self, settings: Settings, whole: bool, embedder: Embedder | ClassicEmbedder) -> None:
        self._analyzer: Analyzer | None = None
        self.embedder = embedder
        if whole:
            return
        vision = replace(load_vision(settings, best_pose=True), embedder=embedder)
        self._detector = vision.garments
        self._analyzer = Analyzer(vision, None, estimates=False)

    def queries(self, path: Path, category: str | None) -> list[Query]:
        image = read_picture(path)
        if self._analyzer is None:
            return [Query(str(path), self.embedder.embed_whole(image), category)]
        found = [
            Query(str(path), garment.embedding, garment.category)
            for reading in self._analyzer.analyze(image).people
            for garment in reading.garments
            if garment.embedding is not None
        ]
        # a garment on a hanger or a table has nobody in it: look for garments in the whole picture then
        return found or self._without_person(path, image)

    def _without_person(self, path: Path, image: ImageArray) -> list[Query]:
        frame = Box(0, 0, image.shape[1], image.shape[0])
        garments = self._detector.detect(image, frame)
        if not garments:
            raise MirrorError(f"{path}: no garment found in it; for a picture of one garment give --whole")
        rows = self.embedder.embed(image, [g.box for g in garments])
        return [Query(str(path), row, g.category) for g, row in zip(garments, rows, strict=True)]


class _Bar:
    """A progress bar on stderr with rate and time left; silent when stderr is no terminal but for the end."""

    def __init__(self) -> None:
        self._last = 0.0
        self._shown = False

    def __call__(self, done: int, total: int, rate: float) -> None:
        now = time.monotonic()
        if not sys.stderr.isatty() or (now - self._last < PROGRESS_EVERY_S and done < total):
            return
        self._last, self._shown = now, True
        filled = round(PROGRESS_WIDTH * done / max(total, 1))
        left = (total - done) / max(rate, 1e-9)
        bar = "#" * filled + "-" * (PROGRESS_WIDTH - filled)
        print(f"\r[{bar}] {done}/{total}  {rate:.0f}/s  {_span(left)} left   ", end="", file=sys.stderr, flush=True)

    def close(self) -> None:
        """End the bar's line."""
        if self._shown:
            print(file=sys.stderr)


def _span(seconds: float) -> str:
    """A time as a person says it: 48 s, 9 min 48 s, 2 h 5 min."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 1:
        return f"{rest} s"
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _print(document: dict[str, Any], as_json: bool) -> int:
    if as_json:
        print(json.dumps(document))
    else:
        for key, value in document.items():
            shown = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else value
            print(f"{key:16} {shown}")
    return 0
