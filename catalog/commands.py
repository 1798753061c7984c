"""What the commands of ``mirror catalog`` do with a catalogue file, as plain functions that give JSON-able dicts.

Pictures, garments and embeddings are the caller's: these functions take the embedder as a callable and
queries as vectors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from catalog.build import Progress, build
from catalog.filter import Filter
from catalog.index import Catalogue
from catalog.mapping import FeedMapping
from catalog.pictures.source import PictureSource
from catalog.publish import Published, publish, roll_back
from catalog.update import update
from mirror.domain import FloatArray, ImageArray, Item

REJECTED_SHOWN = 20
"""Rejected rows in the document of a build; the file of rejected rows has them all."""


@dataclass(frozen=True, eq=False)
class Query:
    """A garment to find the nearest items of: where its picture is, its embedding (dim,), and its category
    when one was found (it is used when the filter names none)."""

    path: str
    vector: FloatArray
    category: str | None = None


def build_command(
    items: Path,
    pictures: Path | PictureSource,
    out: Path,
    *,
    embed: Callable[[ImageArray], FloatArray],
    embedder_name: str,
    read_picture: Callable[[Path], ImageArray],
    colours: Callable[[ImageArray], tuple[str, ...]] | None = None,
    progress: Progress | None = None,
    format: str | None = None,
    mapping: FeedMapping | None = None,
    rejects: Path | None = None,
    work: Path | None = None,
    keep: bool = True,
) -> dict[str, Any]:
    """Build an index (see :func:`catalog.build.build`); what went in, and the first of what did not."""
    report = build(
        items, pictures, out, embed, embedder_name, progress, read_picture=read_picture, colours=colours, format=format,
        mapping=mapping, rejects=rejects, work=work, keep=keep,
    )
    return {
        "catalog": str(report.out),
        "items": report.rows,
        "rejected": report.left_out,
        "rejected_file": str(report.rejected) if report.rejected else None,
        "reasons": [error.document() for error in report.bad[:REJECTED_SHOWN]],
        "unknown_categories": report.unknown,
        "embedder": embedder_name,
        "changed": report.changed,
        "kept": str(report.kept) if report.kept else None,
        "seconds": round(report.seconds, 3),
    }


def query_command(
    catalog: Path, queries: Sequence[Query], *, embedder_name: str, filter: Filter | None = None, k: int = 8,
    explain: str | None = None,
) -> dict[str, Any]:
    """The nearest items for each query: ``{"queries": [{"path", "category", "results": [item...]}]}``. explain: the id
    of an item; each query then also has ``explanation``, why that item is in the answer or not
    (:class:`catalog.explain.Explanation`)."""
    wanted = filter or Filter()
    with Catalogue.open(catalog) as catalogue:
        catalogue.require_embedder(embedder_name)
        answers: list[dict[str, Any]] = []
        for query in queries:
            own = wanted
            if query.category and not wanted.categories:
                own = replace(wanted, categories=(query.category,))
            answers.append({
                "path": query.path,
                "category": query.category,
                "results": [
                    item_document(item, score, f"looks alike ({score:.2f})")
                    for item, score in catalogue.query(query.vector, own, k)
                ],
            })
            if explain is not None:
                answers[-1]["explanation"] = catalogue.explain(explain, own, query.vector, k).document()
    return {"queries": answers}


def info_command(catalog: Path) -> dict[str, Any]:
    """What an index holds."""
    with Catalogue.open(catalog) as catalogue:
        snapshot = catalogue.snapshot
        return {
            "catalog": str(catalog),
            "items": len(catalogue),
            "in_stock": snapshot.in_stock_count,
            "categories": catalogue.counts(),
            "sizes": list(snapshot.sizes),
            "embedder": catalogue.embedder,
            "dim": catalogue.dim,
            "pictures": str(catalogue.pictures),
            "built": snapshot.sealed.about.get("built", ""),
            "bytes": snapshot.sealed.length,
            "content": snapshot.sealed.content,
        }


def verify_command(catalog: Path) -> dict[str, Any]:
    """Read every byte of an index. Raises MirrorError that names the first thing that is wrong; item pictures
    that are gone are no error of the index, and are counted."""
    with Catalogue.open(catalog) as catalogue:
        catalogue.verify()
        missing, first = 0, []
        for item in catalogue.iter_items():
            if not catalogue.picture(item).is_file():
                missing += 1
                first += [item.picture] * (missing <= REJECTED_SHOWN)
        return {
            "catalog": str(catalog), "items": len(catalogue), "whole": True,
            "pictures_missing": missing, "first_missing": first,
        }


def publish_command(new: Path, live: Path, *, new_embedder: bool = False) -> dict[str, Any]:
    """Put an index in the place of the live one (see :func:`catalog.publish.publish`)."""
    return published_document(publish(new, live, new_embedder=new_embedder))


def rollback_command(live: Path, *, before_update: bool = False, new_embedder: bool = False) -> dict[str, Any]:
    """Go back to the index before the last publish or update (see :func:`catalog.publish.roll_back`)."""
    return published_document(roll_back(live, update=before_update, new_embedder=new_embedder))


def published_document(done: Published) -> dict[str, Any]:
    """What a publish or rollback did, as a JSON-able dict."""
    return {
        "catalog": str(done.live), "items": done.items, "items_before": done.before, "embedder": done.embedder,
        "changed": done.changed, "kept": str(done.kept) if done.kept else None,
        "pictures_missing": done.missing, "pictures_looked_for": done.looked_for,
    }


def update_command(
    live: Path, feed: Path, *, format: str | None = None, mapping: FeedMapping | None = None,
    rejects: Path | None = None,
) -> dict[str, Any]:
    """Change prices and stock (see :func:`catalog.update.update`); rejects: the file of the rows that could not be
    used (None: ``LIVE.update-rejected.jsonl``)."""
    done = update(live, feed, format=format, mapping=mapping, rejects=rejects)
    return {
        "catalog": str(live), "items": done.items, "rows": done.rows, "prices_changed": done.prices,
        "stock_changed": done.stock, "changed": done.changed, "rejected": done.left_out,
        "rejected_file": str(done.rejected) if done.rejected else None,
        "reasons": [error.document() for error in done.bad[:REJECTED_SHOWN]],
    }


def item_document(item: Item, score: float, why: str) -> dict[str, Any]:
    """An item of an answer as docs/commands.md has it, with what a person also wants to see."""
    return {
        "id": item.id, "title": item.title, "category": item.category, "sizes": list(item.sizes),
        "price": item.price, "currency": item.currency, "gender": item.gender, "in_stock": item.in_stock,
        "picture": item.picture, "url": item.url, "score": round(score, 6), "why": why,
    }
