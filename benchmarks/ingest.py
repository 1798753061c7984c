"""Feeds going in: builds killed at random points, feeds with known bad rows, and a feed of real photos.

``python -m benchmarks.ingest [--kills 50] [--rows 100000 300000] [--photos] [--json]``. Builds are real ``mirror
catalog build`` processes with the shipped embedder. The large feeds' rows share drawn pictures of noise, which are
embedded once; ``--photos`` embeds every photo of the shared clothing set.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.floors import Floor, floors_text
from benchmarks.shared import shared_data
from catalog.atomic import previous_of
from catalog.index import Catalogue
from mirror.domain import MirrorError

PICTURES = 60
KILLED_ROWS = 4_000
"""Rows of the build that is killed: enough that writing takes a share of its time."""
_EVERY_BAD = 100
_BAD: tuple[tuple[str, str], ...] = (("price", "free"), ("category", "sofa"), ("picture", "gone.png"), ("title", ""))
FLOORS = (
    Floor("broken", "at most", 0), Floor("unequal", "at most", 0), Floor("unkept", "at most", 0),
    Floor("rejects_wrong", "at most", 0), Floor("growth_mb", "at most", 20), Floor("photos_unequal", "at most", 0),
    Floor("photos_lost", "at most", 0),
)
PHOTO_START_S = 4.0
"""Seconds after which a build has embedded something."""
PHOTO_KILLS = 5
"""Kills of the build of real photos, at random points, before it is let end."""


def write_feed(folder: Path, rows: int, price: float, bad_every: int = 0) -> dict[int, str]:
    """``folder/items.csv`` and its pictures; returns the field that is bad by line, of every ``bad_every``-th row."""
    pictures = folder / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(1)
    for number in range(PICTURES):
        image = rng.integers(0, 256, (96, 64, 3), dtype=np.uint8)
        cv2.imwrite(str(pictures / f"{number}.png"), image)
    bad: dict[int, str] = {}
    with open(folder / "items.csv", "w", encoding="utf-8") as out:
        out.write("id,title,category,sizes,gender,price,currency,picture\n")
        for row in range(rows):
            columns = {
                "id": f"item-{row}", "title": f"Item {row}", "category": "shirt", "sizes": "S|M", "gender": "women",
                "price": f"{price:g}", "currency": "EUR", "picture": f"{row % PICTURES}.png",
            }
            if bad_every and row % bad_every == bad_every - 1:
                name, value = _BAD[len(bad) % len(_BAD)]
                columns[name] = value
                bad[row + 2] = name  # the header is line 1
            out.write(",".join(columns.values()) + "\n")
    return bad


def command(folder: Path, out: Path, *more: str) -> list[str]:
    return [
        sys.executable, "-m", "mirror", "catalog", "build", "--items", str(folder / "items.csv"),
        "--pictures", str(folder / "pictures"), "--out", str(out), *more,
    ]


def killed(folder: Path, kills: int, seed: int = 1) -> dict[str, Any]:
    """Kill a build over another shop's index ``kills`` times with SIGKILL, at times spread evenly over a whole build's,
    and let the next one end it.

    broken: what was at OUT after a kill was neither the old file nor the new one, or did not verify. unequal: the
    build that went on gave other bytes than one that was not killed. unkept: the old index was not kept for a rollback.
    new: kills after the swap.
    """
    old_feed, new_feed = folder / "old", folder / "new"
    write_feed(old_feed, 300, price=10)
    write_feed(new_feed, KILLED_ROWS, price=20)
    live = folder / "live"
    live.mkdir()
    out = live / "shop.catalogue"
    _build(old_feed, out)
    old = out.read_bytes()
    _sweep(live, out, None)
    started = time.monotonic()
    _build(new_feed, out)
    whole_s = time.monotonic() - started
    new = out.read_bytes()
    if old == new:
        raise MirrorError("the old and the new index are the same file: nothing is shown by killing")
    rng = np.random.default_rng(seed)
    shares = ((np.arange(kills) + rng.random(kills)) / kills).tolist()
    counts: dict[str, Any] = {
        "kills": 0, "new": 0, "ended": 0, "kept": 0, "broken": 0, "unequal": 0, "unkept": 0, "left_behind": 0,
        "whole_s": round(whole_s, 2),
    }
    for share in shares:
        wait_s = share * whole_s
        _sweep(live, out, old)
        begun = time.monotonic()
        child = subprocess.Popen(command(new_feed, out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            child.wait(timeout=wait_s)
            counts["ended"] += 1  # quicker than the one that was timed: nothing was killed, so it is done again
            whole_s = min(whole_s, time.monotonic() - begun)
            if counts["ended"] < kills:
                shares.append(share)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            counts["kills"] += 1
        now = out.read_bytes()
        counts["new"] += now == new
        counts["broken"] += now not in (old, new) or not _verifies(out)
        counts["kept"] += (live / "shop.catalogue.work").is_dir()
        _build(new_feed, out)
        counts["unequal"] += out.read_bytes() != new
        before = previous_of(out)
        counts["unkept"] += not before.is_file() or before.read_bytes() != old
        known = {out.name, out.name + ".work", before.name}
        counts["left_behind"] += any(one.name not in known for one in live.iterdir())
    return counts


def large(folder: Path, rows: int) -> dict[str, Any]:
    """A feed of ``rows`` with one bad row in a hundred: seconds, the builder's most memory, and how many rejects are
    not the bad rows that were written (by line and field)."""
    bad = write_feed(folder, rows, price=10, bad_every=_EVERY_BAD)
    out = folder / "shop.catalogue"
    started = time.monotonic()
    peak = _build(folder, out, left_out=True)
    seconds = time.monotonic() - started
    listed = [json.loads(line) for line in (folder / "shop.catalogue.rejected.jsonl").read_text().splitlines()]
    found = {entry["line"]: entry["field"] for entry in listed if entry["reason"]}
    with Catalogue.open(out) as catalogue:
        items = len(catalogue)
    return {
        "rows": rows, "bad": len(bad), "items": items, "seconds": round(seconds, 2),
        "rows_per_s": round(rows / seconds), "peak_mb": round(peak / 1e6, 1),
        "rejects_wrong": len(bad.items() ^ found.items()) + abs(rows - len(bad) - items),
    }


def growth(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """From the feed with the fewest rows to the one with the most: how much more memory, in all and a row."""
    few, many = min(parts, key=lambda part: part["rows"]), max(parts, key=lambda part: part["rows"])
    more = many["peak_mb"] - few["peak_mb"]
    return {
        "rows": [part["rows"] for part in parts], "peak_mb": [part["peak_mb"] for part in parts],
        "growth_mb": round(more, 1), "bytes_a_row": round(more * 1e6 / max(many["rows"] - few["rows"], 1), 1),
    }


def photos(folder: Path, data: Path, seed: int = 1) -> dict[str, Any]:
    """Every photo of the shared clothing set as a feed with a mapping of its labels: seconds, photos a second, the
    builder's most memory, rejected rows; and a build that is killed PHOTO_KILLS times before it ends.

    photos_unequal: that one's index has other bytes. photos_lost: kills after which nothing embedded was kept.
    """
    folder.mkdir()
    (folder / "pictures").symlink_to((data / "clothing" / "images").resolve())
    with open(data / "clothing" / "index.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    words = {row["label"]: "shoes" if row["category"] == "footwear" else row["category"] for row in rows}
    mapping = folder / "mapping.toml"
    mapping.write_text(
        '[columns]\ntitle = "label"\ncategory = "label"\npicture = "image"\n[defaults]\ngender = "unisex"\n'
        'currency = "EUR"\nprice = "10"\nsizes = "S|M|L"\n[categories]\n'
        + "".join(f'"{word}" = "{category}"\n' for word, category in words.items()))
    with open(folder / "items.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "label", "image"))
        writer.writerows((Path(row["image"]).stem, row["label"], row["image"]) for row in rows)
    live = folder / "live"
    live.mkdir()
    out = live / "shop.catalogue"
    started = time.monotonic()
    peak = _build(folder, out, None, "--mapping", str(mapping))
    whole_s = time.monotonic() - started
    clean = out.read_bytes()
    listed = live / "shop.catalogue.rejected.jsonl"
    rejected = len(listed.read_text().splitlines()) if listed.exists() else 0
    with Catalogue.open(out) as catalogue:
        catalogue.verify()
        items = len(catalogue)
        first = next(catalogue.iter_items())
        finds_itself = catalogue.query(catalogue.vector(first.id), k=1)[0][1] > 1 - 1e-5
    _sweep(live, out, None)
    lost = 0
    for wait_s in np.random.default_rng(seed).uniform(0.5, whole_s / PHOTO_KILLS, PHOTO_KILLS).tolist():
        child = subprocess.Popen(
            command(folder, out, "--mapping", str(mapping)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            child.wait(timeout=wait_s)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        lost += wait_s > PHOTO_START_S and not (live / "shop.catalogue.work").is_dir()
    resumed_from = time.monotonic()
    _build(folder, out, None, "--mapping", str(mapping))
    return {
        "photos": len(rows), "items": items, "photos_rejected": rejected, "seconds": round(whole_s, 1),
        "photos_per_s": round(len(rows) / whole_s, 1), "peak_mb": round(peak / 1e6, 1),
        "finds_itself": bool(finds_itself),
        "resumed_s": round(time.monotonic() - resumed_from, 1), "photos_unequal": int(out.read_bytes() != clean),
        "photos_lost": lost,
    }


def _build(folder: Path, out: Path, left_out: bool | None = False, *more: str) -> int:
    """The most memory of a build, in bytes. left_out: rows are, which a build says by its exit status; None: some may
    be."""
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(command(folder, out, *more), stdout=subprocess.DEVNULL, stderr=said)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if (left_out is not None and bool(child.returncode) != left_out) or not out.is_file():
            said.seek(0)
            raise MirrorError(f"a build failed: {said.read().decode(errors='replace').strip()}")
    return usage.ru_maxrss * 1024


def _sweep(live: Path, out: Path, data: bytes | None) -> None:
    """Only ``data`` at ``out``, and nothing beside it."""
    for one in live.iterdir():
        shutil.rmtree(one) if one.is_dir() else one.unlink()
    if data is not None:
        out.write_bytes(data)


def _verifies(path: Path) -> bool:
    try:
        with Catalogue.open(path) as catalogue:
            catalogue.verify()
    except MirrorError:
        return False
    return True


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ingest", description=__doc__)
    parser.add_argument("--kills", type=int, default=50, help="builds killed (0: none; default 50)")
    parser.add_argument("--rows", type=int, nargs="*", default=[100_000], metavar="N",
                        help="rows of the large feeds (none: none; default 100,000)")
    parser.add_argument("--photos", action="store_true", help="also the shared set of real photos (minutes)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args(arguments)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    figures: dict[str, Any] = {}
    try:
        with tempfile.TemporaryDirectory(prefix="mirror-ingest-") as name:
            parts = [large(Path(name) / f"large-{rows}", rows) for rows in options.rows if rows]
            if parts:
                figures["large"] = parts[-1]
            if len(parts) > 1:
                figures["memory"] = growth(parts)
                figures["large"] |= {"rejects_wrong": sum(part["rejects_wrong"] for part in parts)}
            if options.kills:
                figures["killed"] = killed(Path(name), options.kills)
            if options.photos:
                figures["photos"] = photos(Path(name) / "photos", shared_data())
    except MirrorError as error:
        print(error, file=sys.stderr)
        return 1
    flat = {key: value for part in figures.values() for key, value in part.items()}
    floors = [floor.told(flat) for floor in FLOORS if floor.figure in flat]
    if options.json:
        print(json.dumps({**figures, "floors": floors}))
    else:
        for part, values in figures.items():
            print(f"{part}: " + ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in values.items()))
        print(floors_text(floors))
    return 0 if all(floor["met"] for floor in floors) else 1


if __name__ == "__main__":
    raise SystemExit(main())
