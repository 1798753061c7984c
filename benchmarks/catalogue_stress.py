"""A catalogue under stress: mutated files, and replacing under readers in threads and processes.

``python -m benchmarks.catalogue_stress FILE [followed]`` is one such reading process: it asks in four threads until its
standard input ends, prints its memory (:class:`Held`) for each line of it, and at the end what it saw as JSON.
"""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.held import Held
from benchmarks.slope import slope
from benchmarks.synthetic_shop import SyntheticShop
from catalog.atomic import previous_of, replacing
from catalog.filter import Filter
from catalog.following import Following
from catalog.index import Catalogue
from catalog.layout import PAGE
from catalog.publish import publish, roll_back
from catalog.writer import write_index
from mirror.domain import FloatArray, Item, MirrorError, UsageError
from mirror.runtime.heap import hold_large, share_heap

THREADS = 4
WARM_SWAPS = 1000
"""Before those that count: caches fill, and pages of the heap are touched for the first time."""
_SAMPLES = 400
_MOST_SWAPS = 100_000
_ITEMS = 160
_PREFIX = 28
_ASKED = (Filter(in_stock=False), Filter(sizes=("M",), gender="women"), Filter(categories=("shirt", "bag")))
_ODD: tuple[Any, ...] = (None, -1, 0, 1, 2**31, 2**63, 10**40, 1e308, True, "", "|O", "\x00", [], {}, [[]], [1e9] * 3)

Answers = list[list[tuple[str, float]]]


def write_small(path: Path, price: float = 10.0) -> FloatArray:
    """A shop of 160 items, all with one price that their titles tell too; returns its vectors."""
    shop = SyntheticShop.of(_ITEMS)
    items: list[Item] = [replace(item, price=price, title=f"Item at {price:g}") for item in shop]
    with replacing(path) as out:
        write_index(out, items, shop.vectors, embedder="synthetic", pictures=".")
    return shop.vectors


def fuzz(folder: Path, files: int, seed: int = 1) -> dict[str, int]:
    """Open, ask and verify ``files`` mutated files: {"files", "refused", "answered", "passed", "wrong"}.

    refused: with a MirrorError. answered: as the whole file answers; or anyhow, where the header got a new
    checksum, as from a foreign writer. passed: also those that a publish would let in, which are the unchanged and of
    the foreign ones those that hang together. wrong: anything else, an exception of another kind too.
    """
    path = folder / "fuzzed.catalogue"
    vectors = write_small(path)
    whole, truth = path.read_bytes(), _answers(path, vectors)
    rng = np.random.default_rng(seed)
    counts = {"files": files, "refused": 0, "answered": 0, "passed": 0, "wrong": 0}
    for _ in range(files):
        mutate = _MUTATIONS[rng.integers(len(_MUTATIONS))]
        path.unlink()  # a new file: writing into a mapped one is another test
        data, foreign = bytes(mutate(bytearray(whole), rng)), mutate is _foreign_header
        path.write_bytes(data)
        try:
            same = _answers(path, vectors) == truth
            passed = _passes(path)
            counts["passed"] += passed
            counts["answered" if foreign or (same and passed == (data == whole)) else "wrong"] += 1
        except MirrorError:
            counts["refused"] += 1
        except Exception as error:  # noqa: BLE001 - whatever else comes is what is looked for
            print(f"{mutate.__name__}: {type(error).__name__}: {error}", file=sys.stderr)
            counts["wrong"] += 1
    path.unlink()
    return counts


def _passes(path: Path) -> bool:
    """Whether a publish would let it in."""
    with Catalogue.open(path) as catalogue:
        try:
            catalogue.verify()
        except MirrorError:
            return False
    return True


def _answers(path: Path, vectors: FloatArray) -> Answers:
    with Catalogue.open(path) as catalogue:
        return [
            [(f"{item.id} {item.title} {item.sizes}", score) for item, score in catalogue.query(vectors[i], wanted, 5)]
            for i in (0, 77) for wanted in _ASKED
        ]


def _flip(data: bytearray, rng: np.random.Generator) -> bytearray:
    for place in rng.integers(len(data), size=rng.integers(1, 9)):
        data[place] ^= 1 << rng.integers(8)
    return data


def _cut(data: bytearray, rng: np.random.Generator) -> bytearray:
    return data[: rng.integers(len(data))]


def _grow(data: bytearray, rng: np.random.Generator) -> bytearray:
    return data + rng.bytes(int(rng.integers(1, 2 * PAGE)))


def _overwrite(data: bytearray, rng: np.random.Generator) -> bytearray:
    start, length = int(rng.integers(len(data))), int(rng.integers(1, PAGE))
    piece = rng.bytes(length) if rng.random() < 0.5 else bytes(length)
    data[start : start + length] = piece[: len(data) - start]
    return data


def _swap_pages(data: bytearray, rng: np.random.Generator) -> bytearray:
    one, other = (int(n) * PAGE for n in rng.integers(len(data) // PAGE, size=2))
    data[one : one + PAGE], data[other : other + PAGE] = data[other : other + PAGE], data[one : one + PAGE]
    return data


def _early(data: bytearray, rng: np.random.Generator) -> bytearray:
    """Any byte of the prefix and the first of the header."""
    data[rng.integers(_PREFIX + 40)] = rng.integers(256)
    return data


def _foreign_header(data: bytearray, rng: np.random.Generator) -> bytearray:
    """A value of the header is another one, and the checksum fits."""
    length = struct.unpack_from("<I", data, 12)[0]
    header = json.loads(data[_PREFIX : _PREFIX + length])
    place: Any = header
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = keys[rng.integers(len(keys))]
        if isinstance(place[key], (dict, list)) and place[key] and rng.random() < 0.9:
            place = place[key]
            continue
        if rng.random() < 0.2:
            del place[key]
        else:
            place[key] = _ODD[rng.integers(len(_ODD))]
        break
    text = json.dumps(header, separators=(",", ":")).encode()
    room = -(-(_PREFIX + length) // PAGE) * PAGE - _PREFIX
    text = text[:room]
    data[_PREFIX : _PREFIX + room] = text + bytes(room - len(text))
    struct.pack_into("<I", data, 12, len(text))
    struct.pack_into("<I", data, 24, zlib.crc32(text, zlib.crc32(bytes(data[:24]))))
    return data


_MUTATIONS: tuple[Callable[[bytearray, np.random.Generator], bytearray], ...] = (
    _flip, _cut, _grow, _overwrite, _swap_pages, _early, _foreign_header, _foreign_header,
)


def swap(folder: Path, swaps: int, warm: int = WARM_SWAPS) -> dict[str, Any]:
    """Publish ``swaps`` indexes, after ``warm`` ones that do not count, under two reading processes of four
    threads each, one of which is followed as in a mirror: what they saw together, and what their memory did. Each tenth
    is rolled back and forth too.

    ``growth`` of each process: the slope for 1,000 swaps with its 95 % interval (:func:`benchmarks.slope.slope`; None
    with too few swaps) of what is in use (:class:`Held`), which tells a leak, and of what is resident, which can only
    rise: a page of a heap that was touched once stays."""
    if not 0 < swaps <= _MOST_SWAPS:
        raise UsageError(f"--swaps {swaps}: give 1 to {_MOST_SWAPS}")
    path, new = folder / "swapped.catalogue", folder / "new.catalogue"
    write_small(path, 1)
    command = [sys.executable, "-m", "benchmarks.catalogue_stress", str(path)]
    readers = [
        subprocess.Popen([*command, *how], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for how in ([], ["followed"])
    ]
    for reader in readers:
        _told(reader)
    at: list[int] = []
    held: list[list[Held]] = []
    started = time.monotonic()
    for price in range(2, warm + swaps + 2):
        done = price - 2 - warm
        if done >= 0 and not done % max(1, swaps // _SAMPLES):
            at.append(done)
            held.append([_asked(reader) for reader in readers])
        write_small(new, price)
        publish(new, path)
        if price % 10 == 0:
            roll_back(path)
            roll_back(path)
    seconds = time.monotonic() - started
    at.append(swaps)
    held.append([_asked(reader) for reader in readers])
    seen = [json.loads(reader.communicate()[0]) for reader in readers]
    for file in (path, new, previous_of(path)):
        file.unlink()
    return {
        "warm_swaps": warm, "swaps": swaps, "seconds": round(seconds, 2), "processes": len(readers),
        "threads_each": THREADS,
        **{name: sum(one[name] for one in seen) for name in ("queries", "errors", "mixed")},
        "states_seen": [one["states"] for one in seen], "last_state": [one["last"] for one in seen],
        "growth": [
            {name: _slope(at, [getattr(one, name) for one in process]) for name in Held._fields}
            for process in zip(*held, strict=True)
        ],
        "resident_grown_kb": max(b.resident_kb - a.resident_kb for a, b in zip(held[0], held[-1], strict=True)),
        "maps_left": max(one["maps"] for one in seen),
    }


def _slope(at: Sequence[int], values: Sequence[int]) -> dict[str, Any] | None:
    found = slope([60 * done / 1000 for done in at], values)  # a thousand swaps are its minute
    if found is None:
        return None
    return {
        "per_1000_swaps": round(found.per_minute, 1), "low": round(found.low, 1), "high": round(found.high, 1),
        "zero_inside": found.has_zero,
    }


def _told(reader: subprocess.Popen[str]) -> Held:
    assert reader.stdout is not None
    return Held(*json.loads(reader.stdout.readline()))


def _asked(reader: subprocess.Popen[str]) -> Held:
    """The memory of a reading process now."""
    assert reader.stdin is not None
    reader.stdin.write("\n")
    reader.stdin.flush()
    return _told(reader)


def _read_until_told(path: Path, followed: bool) -> dict[str, Any]:
    share_heap()  # as the mirror does, before there are threads: else each takes a heap, and its own time to fill it
    vectors = SyntheticShop.of(_ITEMS).vectors
    done = threading.Event()
    counts = {"queries": 0, "errors": 0, "mixed": 0}
    # not a set: its hundred bytes a swap would look like growth
    states = bytearray(b"\0" * (WARM_SWAPS + _MOST_SWAPS + 2))
    lock = threading.Lock()

    def ask(catalogue: Catalogue, seed: int) -> None:
        rng = np.random.default_rng(seed)
        while not done.is_set():
            try:
                found = catalogue.query(vectors[rng.integers(_ITEMS)], _ASKED[0], 20)
                told = {(item.price, item.title) for item, _ in found}
                mixed = len(told) != 1 or any(title != f"Item at {price:g}" for price, title in told)
                with lock:
                    counts["mixed"] += mixed
                    for price, _ in told:
                        states[int(price)] = 1
            except Exception as error:  # noqa: BLE001 - any error is one too many
                print(f"{type(error).__name__}: {error}", file=sys.stderr)
                with lock:
                    counts["errors"] += 1
            counts["queries"] += 1

    with Catalogue.open(path) as catalogue:
        following = Following(catalogue, every_s=0.01)
        if followed:
            following.start()
        threads = [threading.Thread(target=ask, args=(catalogue, n), name=f"asker {n}") for n in range(THREADS)]
        for thread in threads:
            thread.start()
        while counts["queries"] < 500:
            time.sleep(0.005)
        hold_large()
        print(json.dumps(Held.now()), flush=True)
        for _ in sys.stdin:
            print(json.dumps(Held.now()), flush=True)
        done.set()
        for thread in threads:
            thread.join()
        following.stop()
        last = catalogue.query(vectors[0], _ASKED[0], 1)[0][0].price
        maps = sum(path.name in line for line in Path("/proc/self/maps").read_text().splitlines())
    return {**counts, "states": sum(states), "last": last, "maps": maps}


if __name__ == "__main__":
    print(json.dumps(_read_until_told(Path(sys.argv[1]), "followed" in sys.argv[2:])))
