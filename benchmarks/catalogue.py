"""How fast the catalogue's index answers, and how right, beside other ways: ``python -m benchmarks.catalogue --json``.

Everything asks for the same garments in turn within one run, on one thread, some times untimed and once timed; recall@8
against a search in float64 over all rows stands beside each time. Our own time has the filter in it; "items" also has
the reading of the items.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy starts its threads

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.catalogue_peers import Ask, Passing, peers
from benchmarks.catalogue_stress import fuzz, swap
from benchmarks.held import anonymous_kb
from benchmarks.synthetic_shop import SyntheticShop, item_id
from catalog.atomic import replacing
from catalog.filter import Filter
from catalog.index import Catalogue
from catalog.writer import write_index
from mirror.domain import FloatArray, MirrorError

K = 8
OURS, OURS_WITH_ITEMS, SEED, FAISS = "this index", "this index, items", "seed", "faiss Flat + bitmap"
SLOW = {SEED: 3, "seed, filtered first": 3, "scikit-learn brute, over-fetch": 3}
"""Queries at most for what takes long; everything else gets all of them."""

FILTERS: Mapping[str, Filter] = {
    "narrow": Filter(categories=("shirt",), gender="women", sizes=("M",), price=(20, 30)),
    "category": Filter(categories=("shirt",), gender="women", sizes=("M", "L")),
    "no category": Filter(gender="women", sizes=("M", "L")),
    "cross-category": Filter(categories=("trousers",), gender="women", sizes=("M", "L")),
    "style": Filter(categories=("shirt",), gender="women", sizes=("M", "L"), style="smart"),
}
"""The garment asked about is always a shirt: "trousers that go with this shirt" is cross-category."""

UNTIMED, UNTIMED_S = 3, 0.002
"""Queries before the timed one, of every way alike: at least so many, and for at least so many seconds. Nobody pays for
what another left in the processor's caches and branch predictors, and those are warm again after a time, not after a
number of queries: of 45 ms one is enough, of 0.1 ms three leave every stage a seventh slower, ten as without the
others in the process."""
_UNTIMED_QUERIES = 97
_TRUTH_BLOCK = 65_536
_REPLACED = 5
_UPDATE_QUERIES = 300


def measure(rows: int, queries: int, graphs: bool, folder: Path) -> dict[str, Any]:
    """The report as a JSON-able dict: ``exact`` (each of our answers was the exact one, in order), ``seed_ratio``,
    ``faiss_ratio`` (their median over ours, category filter), and the table."""
    shop = SyntheticShop.of(rows)
    path = folder / "shop.catalogue"
    started = time.monotonic()
    with replacing(path) as out:
        write_index(out, shop, shop.vectors, embedder="synthetic", pictures=".")
    build_s = time.monotonic() - started
    opened = _in_a_new_process(path)
    asked = _queries(shop, queries)
    others = peers(shop.vectors, graphs)
    with Catalogue.open(path) as catalogue:
        table = {name: _compare(wanted, shop, asked, catalogue, others) for name, wanted in FILTERS.items()}
        update = _while_replaced(catalogue, asked)
    category = table["category"]["contestants"]
    return {
        "rows": rows, "queries": queries, "k": K,
        "exact": all(row["contestants"][OURS]["recall"] == 1.0 for row in table.values()),
        "seed_ratio": _ratio(category, SEED), "faiss_ratio": _ratio(category, FAISS),
        "filters": table, "build_s": round(build_s, 2), "bytes": path.stat().st_size, **opened,
        "while_replaced": update,
    }


def _queries(shop: SyntheticShop, count: int, seed: int = 17) -> FloatArray:
    """Shirts of the shop, a little altered, as a photo is."""
    rng = np.random.default_rng(seed)
    shirts = np.flatnonzero(shop.passing(Filter(categories=("shirt",), in_stock=False)))
    vectors = shop.vectors[rng.choice(shirts, count)] + 0.05 * rng.standard_normal((count, shop.vectors.shape[1]))
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def _compare(
    wanted: Filter, shop: SyntheticShop, asked: FloatArray, catalogue: Catalogue, others: Mapping[str, Ask | str]
) -> dict[str, Any]:
    passing = Passing.of(shop.passing(wanted))
    ways: dict[str, Callable[[FloatArray], Sequence[Any]]] = {
        OURS: lambda vector: catalogue.nearest(vector, wanted, K),
        OURS_WITH_ITEMS: lambda vector: catalogue.query(vector, wanted, K),
    }
    contestants: dict[str, Any] = {}
    for other, peer in others.items():
        if isinstance(peer, str):
            contestants[other] = {"p50_ms": None, "recall": None, "note": peer}
        else:
            ways[other] = _among(passing, peer)
    truths = _truths(shop, asked, passing)
    untimed = itertools.cycle(_queries(shop, _UNTIMED_QUERIES, seed=18))
    times: dict[str, list[float]] = {way: [] for way in ways}
    right: dict[str, list[float]] = {way: [] for way in ways}
    ways[OURS](asked[0])  # the first touch of the file's pages is measured elsewhere
    for number, vector in enumerate(asked):
        for way, ask in ways.items():
            if number >= SLOW.get(way, len(asked)):
                continue
            if way not in SLOW:
                _warm(ask, untimed)
            started = time.perf_counter()
            found = ask(vector)
            times[way].append((time.perf_counter() - started) * 1000)
            right[way].append(_recall(way, found, truths[number]))
    for way in ways:
        contestants[way] = {
            "p50_ms": round(float(np.median(times[way])), 4), "p99_ms": round(float(np.percentile(times[way], 99)), 4),
            "recall": round(float(np.mean(right[way])), 4), "queries": len(times[way]),
        }
    order = [OURS, OURS_WITH_ITEMS, *others]
    return {
        "passing_percent": round(100 * len(passing.rows) / len(shop), 2),
        "contestants": {way: contestants[way] for way in order},
    }


def _warm(ask: Callable[[FloatArray], Sequence[Any]], untimed: Iterator[FloatArray]) -> None:
    """Other queries than those that are timed: no answer was given before."""
    past = time.perf_counter() + UNTIMED_S
    before = 0
    while before < UNTIMED or time.perf_counter() < past:
        ask(next(untimed))
        before += 1


def _among(passing: Passing, ask: Ask) -> Callable[[FloatArray], Sequence[int]]:
    return lambda vector: ask(vector, passing, K)


def _recall(way: str, found: Sequence[Any], truth: Sequence[int]) -> float:
    """Of ours the order counts too."""
    if way == OURS:
        return float([id for id, _ in found] == [item_id(row) for row in truth])
    if way == OURS_WITH_ITEMS:
        return float([item.id for item, _ in found] == [item_id(row) for row in truth])
    return len(set(found) & set(truth)) / max(1, len(truth))


def _truths(shop: SyntheticShop, asked: FloatArray, passing: Passing) -> list[list[int]]:
    """The exact best rows for each query: float64 over all that pass, ties by id."""
    queries = asked.astype(np.float64)
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    best: list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]] = [(np.empty(0), np.empty(0, np.intp)) for _ in asked]
    for first in range(0, len(passing.rows), _TRUTH_BLOCK):
        rows = passing.rows[first : first + _TRUTH_BLOCK]
        block = shop.vectors[rows].astype(np.float64)
        block = (block / np.linalg.norm(block, axis=1, keepdims=True)).astype(np.float32).astype(np.float64)
        for number, query in enumerate(queries):
            # The product of the whole block is quick and right to 1e-12; what it leaves in doubt is summed by rows.
            quick = block @ query
            near = np.flatnonzero(quick >= np.partition(quick, -min(K, len(quick)))[-min(K, len(quick))] - 1e-9)
            scores = np.concatenate((best[number][0], (block[near] * query).sum(axis=1)))
            places = np.concatenate((best[number][1], rows[near]))
            order = np.lexsort((places, -scores))[:K]
            best[number] = scores[order], places[order]
    return [places.tolist() for _, places in best]


def _ratio(contestants: Mapping[str, Any], other: str) -> float | None:
    theirs = contestants[other]["p50_ms"]
    return None if theirs is None else round(float(theirs / contestants[OURS]["p50_ms"]), 1)


def _in_a_new_process(path: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.catalogue", "--open", str(path)], capture_output=True, text=True, check=True
    )
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def _open_report(path: Path) -> dict[str, Any]:
    """Of a process that has the file not open yet: opening, the first query, and the memory that is its own."""
    from catalog import search  # noqa: F401 - everything that is imported counts before

    np.dot(np.ones(8), np.ones(8))
    before = anonymous_kb()
    started = time.perf_counter()
    catalogue = Catalogue.open(path)
    opened = time.perf_counter()
    vector = np.ones(catalogue.dim, np.float32)
    catalogue.query(vector, FILTERS["category"], K)
    first = time.perf_counter()
    rng = np.random.default_rng(0)
    for _ in range(20):
        for wanted in FILTERS.values():
            catalogue.query(rng.standard_normal(catalogue.dim).astype(np.float32), wanted, K)
    own = anonymous_kb() - before
    rss = next(
        int(line.split()[1]) for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS")
    )
    catalogue.close()
    return {
        "open_ms": round((opened - started) * 1000, 3), "first_query_ms": round((first - opened) * 1000, 3),
        "private_mb": round(own / 1024, 2), "rss_mb": round(rss / 1024, 1),
    }


_REPLACE = """
import shutil, sys
from pathlib import Path
from catalog.atomic import replacing
path = Path(sys.argv[1])
for _ in range(int(sys.argv[2])):
    with open(path, "rb") as old, replacing(path) as out:
        shutil.copyfileobj(old, out, 1 << 20)
print("done")
"""


def _while_replaced(catalogue: Catalogue, asked: FloatArray) -> dict[str, Any]:
    """The category query while another process writes the file anew and puts it in place, several times."""
    writer = subprocess.Popen(
        [sys.executable, "-c", _REPLACE, str(catalogue.path), str(_REPLACED)], stdout=subprocess.PIPE, text=True
    )
    times: list[float] = []
    number = 0
    stamps = set()
    while writer.poll() is None or number < _UPDATE_QUERIES:
        started = time.perf_counter()
        catalogue.nearest(asked[number % len(asked)], FILTERS["category"], K)
        times.append((time.perf_counter() - started) * 1000)
        stamps.add(catalogue.snapshot.sealed.stamp)
        number += 1
    writer.communicate()
    return {
        "replaced": _REPLACED, "states_seen": len(stamps), "queries": number, "warning": catalogue.warning,
        "p50_ms": round(float(np.median(times)), 4), "p99_ms": round(float(np.percentile(times, 99)), 4),
        "longest_ms": round(max(times), 3),
    }


def _print(report: Mapping[str, Any]) -> None:
    if "filters" in report:
        names = list(report["filters"])
        print(f"{report['rows']} rows, p50 ms (recall@{K})")
        heads = (f"{n} {report['filters'][n]['passing_percent']} %" for n in names)
        print(" " * 32 + "".join(f"{head:>24}" for head in heads))
        for way, first in report["filters"][names[0]]["contestants"].items():
            cells = (report["filters"][n]["contestants"][way] for n in names)
            line = first.get("note") or "".join(f"{c['p50_ms']:14.3f} ({c['recall']:.3f}) " for c in cells)
            print(f"{way:32}{line}")
    for name, value in report.items():
        if name != "filters":
            print(f"{name}: {value}")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns 0, or 1 when an answer was not exact, a mutated file was trusted or a swap was seen."""
    parser = argparse.ArgumentParser("python -m benchmarks.catalogue", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="items of the synthetic shop (default 100000)")
    parser.add_argument("--queries", type=int, default=40, help="for each filter (default 40)")
    parser.add_argument("--graphs", action="store_true", help="build hnswlib's and usearch's graphs whatever the rows")
    parser.add_argument("--fuzz", type=int, default=0, metavar="FILES", help="only this: mutated files to open")
    parser.add_argument("--swaps", type=int, default=0, help="only this: replacements under 2 processes of 4 threads")
    parser.add_argument("--folder", type=Path, help="where the temporary index goes (default: the system's place)")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--open", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.open:
        print(json.dumps(_open_report(options.open)))
        return 0
    report: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        try:
            if options.fuzz:
                report["fuzz"] = fuzz(Path(folder), options.fuzz)
            if options.swaps:
                report["swaps"] = swap(Path(folder), options.swaps)
            if not (options.fuzz or options.swaps):
                report = measure(options.rows, options.queries, options.graphs, Path(folder))
        except MirrorError as error:
            print(error, file=sys.stderr)
            return 1
    if options.json:
        print(json.dumps(report))
    else:
        _print(report)
    swaps = report.get("swaps", {"errors": 0, "mixed": 0})
    right = report.get("exact", True) and not report.get("fuzz", {"wrong": 0})["wrong"]
    return 0 if right and not swaps["errors"] + swaps["mixed"] else 1


if __name__ == "__main__":
    sys.exit(main())
