"""A mirror's catalogue is followed by a thread: only a new file that is whole answers, and the staff is told."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from catalog.atomic import previous_of
from catalog.following import Following, refused_of
from catalog.index import Catalogue
from catalog.publish import publish, roll_back
from catalog.snapshot import Snapshot
from mirror.domain import FloatArray, Item, MirrorError

Shop = tuple[list[Item], FloatArray]
Write = Callable[..., Path]


def repriced(shop: Shop, price: float) -> Shop:
    return [replace(item, price=price) for item in shop[0]], shop[1]


@pytest.fixture
def small(shop: Shop) -> Shop:
    return shop[0][:200], shop[1][:200]


@contextmanager
def followed(path: Path) -> Iterator[tuple[Catalogue, Following]]:
    """Followed by hand: looks only when it is told to."""
    with Catalogue.open(path) as catalogue:
        catalogue.followed = True
        yield catalogue, Following(catalogue)


def prices(catalogue: Catalogue, small: Shop) -> set[float]:
    return {item.price for item, _ in catalogue.query(small[1][0])}


def test_queries_of_a_followed_catalogue_never_open_a_new_file_themselves(small: Shop, write: Write) -> None:
    with followed(write(repriced(small, 10))) as (catalogue, following):
        changes: list[int] = []
        following.on_change = lambda: changes.append(catalogue.edition)
        write(repriced(small, 20))
        assert prices(catalogue, small) == {10}
        following.look()
        assert prices(catalogue, small) == {20}
        following.look()
        assert changes == [2]
        assert following.problem == ""


def test_what_is_kept_of_items_is_read_with_each_edition_and_not_with_each_look(
    small: Shop, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    with followed(write(repriced(small, 10))) as (catalogue, following):
        told: list[tuple[int, set[float]]] = []
        following.on_read = lambda: told.append((catalogue.edition, {item.price for item in catalogue.read_ahead()}))
        following.check()
        following.look()
        assert told == [(1, {10})], "the first one too, once"
        write(repriced(small, 20))
        following.look()
        assert told == [(1, {10}), (2, {20})]
        read: list[int] = []
        monkeypatch.setattr(Snapshot, "read_item", lambda self, row: read.append(row))
        catalogue.query(small[1][0])
        assert not read
    assert catalogue.read_ahead() == (), "closed"


def test_damage_deep_inside_a_new_file_is_found_before_it_answers(
    small: Shop, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog.layout.CHECKED_ON_OPENING", 0)  # as if each section were of a large shop
    path = write(repriced(small, 10))
    with followed(path) as (catalogue, following):
        data = bytearray(write(repriced(small, 20), "bad.catalogue").read_bytes())
        data[9000] ^= 1
        (tmp_path / "bad.catalogue").write_bytes(data)
        os.replace(tmp_path / "bad.catalogue", path)
        following.look()
        assert prices(catalogue, small) == {10}
        assert "section vectors does not match its checksum" in following.problem
        assert "goes on with the items it had" in following.problem
        path.unlink()
        following.look()
        assert "is gone" in following.problem
        write(repriced(small, 30))
        following.look()
        assert (prices(catalogue, small), following.problem) == ({30}, "")


def test_another_embedder_is_refused_until_it_is_taken_back(small: Shop, write: Write) -> None:
    path = write(repriced(small, 10))
    with followed(path) as (catalogue, following):
        publish(write(repriced(small, 20), "new.catalogue", embedder="cnn-2"), path, new_embedder=True)
        following.look()
        assert prices(catalogue, small) == {10}
        assert "embedder cnn-2, not cnn-1" in following.problem
        roll_back(path, new_embedder=True)
        following.look()
        assert (catalogue.edition, prices(catalogue, small), following.problem) == (2, {10}, "")


def test_a_file_that_is_cut_in_place_is_an_error_at_the_next_query_and_mended_by_a_new_one(
    small: Shop, write: Write
) -> None:
    path = write(repriced(small, 10))
    with followed(path) as (catalogue, following):
        os.truncate(path, 5000)
        with pytest.raises(MirrorError, match="it has 5000 of"):
            catalogue.query(small[1][0])
        following.look()
        assert "it has 5000 of" in following.problem
        write(repriced(small, 20))
        following.look()
        assert (prices(catalogue, small), following.problem) == ({20}, "")


def test_what_a_watch_refused_is_told_until_it_is_mended(small: Shop, write: Write) -> None:
    path = write(small)
    with followed(path) as (_, following):
        refused_of(path).write_text("feed.csv: no row can be used\nand more\n")
        following.look()
        assert following.problem == "feed.csv: no row can be used"
        refused_of(path).unlink()
        following.look()
        assert following.problem == ""


def test_a_damaged_file_at_the_start_makes_way_for_the_one_before_it(
    small: Shop, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(repriced(small, 10))
    publish(write(repriced(small, 20), "new.catalogue"), path)
    whole = path.read_bytes()
    path.unlink()
    path.write_bytes(whole[:-1])  # its header says so: noticed on opening
    with Catalogue.open_serving(path) as catalogue:
        assert prices(catalogue, small) == {10}
        assert "goes on with the items before the last publish" in catalogue.last_warning
        path.unlink()
        write(repriced(small, 30))
        assert prices(catalogue, small) == {30}
        assert catalogue.warning == ""
    monkeypatch.setattr("catalog.layout.CHECKED_ON_OPENING", 0)
    path.unlink()
    path.write_bytes(whole[:9000] + b"\xff\xff" + whole[9002:])  # deep inside: noticed when it is read whole
    with Catalogue.open_serving(path) as catalogue:
        following = Following(catalogue)
        following.check()
        assert prices(catalogue, small) == {10}
        assert "section vectors does not match its checksum" in following.problem
    previous_of(path).unlink()
    with pytest.raises(MirrorError, match="is not there"):
        Catalogue.open_serving(path.with_name("none.catalogue"))


def test_the_thread_follows_a_publish_by_itself_and_ends_when_it_is_told_to(small: Shop, write: Write) -> None:
    path = write(repriced(small, 10))
    with Catalogue.open(path) as catalogue:
        following, changed = Following(catalogue, every_s=0.01), threading.Event()
        following.on_change = changed.set
        following.start()
        assert "mirror-catalogue" in [thread.name for thread in threading.enumerate()]
        publish(write(repriced(small, 20), "new.catalogue"), path)
        assert changed.wait(20)
        assert prices(catalogue, small) == {20}
        following.stop()
        assert "mirror-catalogue" not in [thread.name for thread in threading.enumerate()]
        roll_back(path)
        assert prices(catalogue, small) == {10}
        assert previous_of(path).exists()
