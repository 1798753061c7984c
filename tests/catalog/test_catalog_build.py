"""A feed becomes one file, whole or not at all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catalog.atomic import previous_of, replacing
from catalog.build import BuildReport, build
from catalog.index import Catalogue
from catalog.ingest import read_items
from catalog.publish import roll_back
from mirror.domain import FloatArray, ImageArray, MirrorError, UsageError

ROOT = Path(__file__).parents[2]


def colour_grid(image: ImageArray) -> FloatArray:
    return image[:2, :2].reshape(-1).astype(np.float32) + 1


def run(feed: Any, **options: Any) -> BuildReport:
    return build(feed.items, feed.pictures, feed.out, colour_grid, "grid-1", **options)


def beside(feed: Any) -> set[str]:
    return {path.name for path in feed.folder.iterdir()} - {"pictures", "items.csv"}


def test_every_good_row_goes_in_and_finds_itself(feed: Any) -> None:
    seen: list[tuple[int, int]] = []
    report = run(feed, progress=lambda done, total, rate: seen.append((done, total)) or None)
    assert (report.rows, report.bad, report.rejected) == (30, [], None)
    assert seen == [(n, 30) for n in range(1, 31)]
    assert beside(feed) == {"shop.catalogue"}
    with Catalogue.open(feed.out) as catalogue:
        catalogue.verify()
        assert catalogue.embedder == "grid-1"
        assert catalogue.pictures == feed.pictures
        for item in read_items(feed.items):
            assert catalogue.item(item.id) == item  # type: ignore[union-attr]
            assert catalogue.picture(catalogue.item(item.id)).is_file()  # type: ignore[union-attr]
            vector = catalogue.vector(item.id)  # type: ignore[union-attr]
            best = catalogue.query(vector, k=1)
            if item.in_stock:  # type: ignore[union-attr]
                assert best[0][0] == item


def test_main_colours_are_kept(feed: Any) -> None:
    run(feed, colours=lambda image: tuple(f"#{image[0, 0, c]:02x}00ff" for c in range(3)))
    with Catalogue.open(feed.out) as catalogue:
        for item in catalogue.iter_items():
            assert [colour[3:] for colour in item.colours] == ["00ff"] * 3


def test_the_same_feed_gives_the_same_bytes_in_any_order(feed: Any) -> None:
    run(feed)
    first = feed.out.read_bytes()
    run(feed)
    assert feed.out.read_bytes() == first
    feed.rows.reverse()
    feed.save()
    run(feed)
    assert feed.out.read_bytes() == first


def test_bad_rows_are_listed_and_the_good_ones_go_in(feed: Any) -> None:
    feed.rows[1]["category"] = "shrit"
    feed.rows[2]["title"] = ""
    feed.rows[4]["id"] = feed.rows[3]["id"]
    feed.rows[5]["picture"] = "gone.png"
    (feed.pictures / "6.png").write_bytes(b"")
    (feed.pictures / "7.png").write_bytes((feed.pictures / "7.png").read_bytes()[:40])
    feed.rows[8]["price"] = "free"
    feed.rows[9]["picture"] = "x" * 300
    feed.save()
    report = run(feed)
    expected = [
        (3, "category", "'shrit' is unknown; did you mean 'shirt'?"),
        (4, "title", "is empty"),
        (6, "id", "is on line 5 already"),
        (7, "picture", "'gone.png' is not in the picture folder"),
        (8, "picture", "is no picture"),
        (9, "picture", "is no picture"),
        (10, "price", "'free' is no price"),
        (11, "picture", "cannot be read (File name too long)"),
    ]
    assert [(error.line, error.field) for error in report.bad] == [(line, field) for line, field, _ in expected]
    assert all(text in error.reason for error, (_, _, text) in zip(report.bad, expected, strict=True))
    assert report.rows == 22
    assert report.rejected is not None
    listed = [json.loads(line) for line in report.rejected.read_text(encoding="utf-8").splitlines()]
    assert listed == [error.document() for error in report.bad]
    assert beside(feed) == {"shop.catalogue", "shop.catalogue.rejected.jsonl"}
    with Catalogue.open(feed.out) as catalogue:
        catalogue.verify()
        assert len(catalogue) == 22


def test_a_mended_feed_takes_the_old_list_of_rejected_rows_away(feed: Any) -> None:
    good = feed.rows[0]["price"]
    feed.rows[0]["price"] = "free"
    feed.save()
    run(feed)
    feed.rows[0]["price"] = good
    feed.save()
    run(feed)
    assert beside(feed) == {"shop.catalogue", "shop.catalogue.previous"}


def test_a_picture_without_direction_is_a_bad_row(feed: Any) -> None:
    first = True

    def embed(image: ImageArray) -> FloatArray:
        nonlocal first
        value = np.nan if first else 1.0
        first = False
        return np.full(4, value, np.float32)

    report = build(feed.items, feed.pictures, feed.out, embed, "constant")
    assert [(error.line, error.field) for error in report.bad] == [(2, "picture")]
    assert report.rows == 29


def spoil_all(feed: Any) -> None:
    for row in feed.rows:
        row["category"] = "sofa"
    feed.save()


@pytest.mark.parametrize(("spoil", "says"), [
    (spoil_all, "no row can be used; line 2, category: 'sofa' is unknown"),
    (lambda feed: feed.save(["id", "title"]), "its header lacks category"),
    (lambda feed: (feed.rows.clear(), feed.save()), "it has a header and no rows"),
    (lambda feed: feed.items.unlink(), "cannot be read"),
    (lambda feed: setattr(feed, "pictures", feed.folder / "none"), "none: is no folder; give"),
    (lambda feed: setattr(feed, "out", feed.folder / "no" / "x.catalogue"), "no: is no folder; make it"),
    (lambda feed: setattr(feed, "out", feed.pictures), "is a folder; give a file"),
])
def test_a_build_that_cannot_be_done_says_why_and_leaves_nothing(
    feed: Any, spoil: Callable[[Any], object], says: str
) -> None:
    spoil(feed)
    with pytest.raises(MirrorError) as caught:
        run(feed)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert beside(feed) == set()


def test_a_failed_build_leaves_the_old_file_as_it_was(feed: Any) -> None:
    run(feed)
    old = feed.out.read_bytes()
    spoil_all(feed)
    with pytest.raises(MirrorError):
        run(feed)
    assert feed.out.read_bytes() == old
    assert beside(feed) == {"shop.catalogue"}


def test_the_same_items_built_again_leave_the_file_and_what_is_kept_alone(feed: Any, written: Any) -> None:
    run(feed)
    first = feed.out.read_bytes()
    feed.rows[0]["price"] = "7.00"
    feed.save()
    done = run(feed)
    assert (done.changed, done.kept) == (True, previous_of(feed.out))
    stamps = written(feed.out), written(previous_of(feed.out))
    again = run(feed)
    assert (again.changed, again.kept) == (False, None)
    assert (written(feed.out), written(previous_of(feed.out))) == stamps
    assert previous_of(feed.out).read_bytes() == first


def test_a_build_onto_a_damaged_file_mends_it_and_keeps_the_last_good_one(feed: Any) -> None:
    run(feed)
    first = feed.out.read_bytes()
    feed.rows[0]["price"] = "7.00"
    feed.save()
    run(feed)
    new = feed.out.read_bytes()
    feed.out.write_bytes(new[:-100])
    assert run(feed).changed
    assert (feed.out.read_bytes(), previous_of(feed.out).read_bytes()) == (new, first)
    feed.out.write_bytes(new[:-100] + bytes(100))  # in a section: its header is as before
    assert run(feed).changed
    assert feed.out.read_bytes() == new


def test_a_file_that_is_no_catalogue_is_not_overwritten(feed: Any) -> None:
    feed.out = feed.items
    old = feed.items.read_bytes()
    with pytest.raises(UsageError, match="is there and is no catalogue"):
        run(feed)
    assert feed.items.read_bytes() == old


@pytest.mark.parametrize("stop", [KeyboardInterrupt, MemoryError, ZeroDivisionError])
def test_an_interrupted_build_leaves_nothing(feed: Any, stop: type[BaseException]) -> None:
    def progress(done: int, total: int, rate: float) -> None:
        if done == 17:
            raise stop

    with pytest.raises(stop):
        run(feed, progress=progress)
    assert beside(feed) == set()


def test_a_second_build_of_the_same_file_is_refused_while_the_first_runs(feed: Any) -> None:
    with replacing(feed.out) as draft:
        draft.write(b"first")
        with pytest.raises(MirrorError, match="is being written by another build"):
            run(feed)
    assert feed.out.read_bytes() == b"first"


def test_what_a_killed_build_left_behind_is_no_part_of_the_next(feed: Any) -> None:
    run(feed)
    expected = feed.out.read_bytes()
    (feed.folder / ".shop.catalogue.building").write_bytes(b"x" * (len(expected) + 9999))
    run(feed)
    assert feed.out.read_bytes() == expected
    assert beside(feed) == {"shop.catalogue"}


def test_an_index_can_be_moved_together_with_its_pictures(feed: Any, tmp_path: Path) -> None:
    feed.folder = tmp_path / "shop"
    feed.folder.mkdir()
    feed.pictures = feed.pictures.rename(feed.folder / "pictures")
    feed.out = feed.folder / "x.catalogue"
    run(feed)
    moved = feed.folder.rename(tmp_path / "moved")
    with Catalogue.open(moved / "x.catalogue") as catalogue:
        assert all(catalogue.picture(item).is_file() for item in catalogue.iter_items())


CHILD = """
import os, sys
from pathlib import Path
import numpy as np
from catalog.build import build
folder, stop = Path(sys.argv[1]), sys.argv[2]
def here(place):
    if place == stop:
        print(place, flush=True)
        sys.stdin.read()  # until the parent kills us
def embed(image):
    here("embed")
    return image[:2, :2].reshape(-1).astype(np.float32) + 1
def progress(done, total, rate):
    here(f"row {done}")
sync, swap = os.fsync, os.replace
os.fsync = lambda handle: (here("fsync"), sync(handle))
os.replace = lambda a, b: (here("before"), swap(a, b), here("after"))
build(folder / "items.csv", folder / "pictures", folder / "shop.catalogue", embed, "grid-1", progress)
"""


@pytest.mark.parametrize("place", ["embed", "row 17", "row 30", "fsync", "before", "after"])
@pytest.mark.parametrize("with_old", [False, True])
def test_a_killed_build_leaves_the_old_file_or_the_new_one_whole(feed: Any, place: str, with_old: bool) -> None:
    feed.rows[0]["price"] = "5.00"
    feed.save()
    run(feed)
    new = feed.out.read_bytes()
    feed.out.unlink()
    previous_of(feed.out).unlink(missing_ok=True)
    old = None
    if with_old:
        feed.rows[0]["price"] = "9.00"
        feed.save()
        run(feed)
        old = feed.out.read_bytes()
        feed.rows[0]["price"] = "5.00"
        feed.save()
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(feed.folder), place], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"},
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline().decode().strip() == place
        child.send_signal(signal.SIGKILL)
    assert child.returncode == -signal.SIGKILL
    expected = new if place == "after" else old
    assert (feed.out.read_bytes() if feed.out.exists() else None) == expected
    # What the killed build left behind is taken over by the next one, which is as good as any.
    run(feed)
    assert feed.out.read_bytes() == new
    assert beside(feed) == ({"shop.catalogue", "shop.catalogue.previous"} if with_old else {"shop.catalogue"})
    if old is not None:
        assert previous_of(feed.out).read_bytes() == old
        roll_back(feed.out)
        assert feed.out.read_bytes() == old
        roll_back(feed.out)
        assert feed.out.read_bytes() == new


def test_items_equal_what_the_reader_of_the_feed_gives(feed: Any) -> None:
    run(feed, colours=lambda image: ("#010203",))
    with Catalogue.open(feed.out) as catalogue:
        expected = {item.id: replace(item, colours=("#010203",)) for item in read_items(feed.items)}  # type: ignore[union-attr,type-var]
        assert {item.id: item for item in catalogue.iter_items()} == expected
