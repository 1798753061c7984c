"""A new index takes the live one's place whole and checked, and can be taken back."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from catalog.atomic import Busy, before_update_of, draft_of, previous_of, replacing
from catalog.index import Catalogue
from catalog.publish import publish, roll_back
from catalog.update import update
from mirror.domain import FloatArray, Item, MirrorError, UsageError

Shop = tuple[list[Item], FloatArray]
Write = Callable[..., Path]
Written = Callable[[Path], tuple[int, ...]]


def repriced(shop: Shop, price: float) -> Shop:
    return [replace(item, price=price) for item in shop[0]], shop[1]


def prices(path: Path) -> set[float]:
    with Catalogue.open(path) as catalogue:
        return {item.price for item in catalogue.iter_items()}


@pytest.fixture
def small(shop: Shop) -> Shop:
    return shop[0][:200], shop[1][:200]


def test_a_publish_is_served_by_an_open_catalogue_and_can_be_taken_back(small: Shop, write: Write) -> None:
    live, new = write(repriced(small, 10)), write(repriced(small, 20), "new.catalogue")
    with Catalogue.open(live) as catalogue:
        done = publish(new, live)
        assert (done.changed, done.items, done.before, done.kept) == (True, 200, 200, previous_of(live))
        assert {item.price for item, _ in catalogue.query(small[1][0])} == {20}
        assert new.exists()
        catalogue.verify()
        roll_back(live)
        assert {item.price for item, _ in catalogue.query(small[1][0])} == {10}
        roll_back(live)
        assert {item.price for item, _ in catalogue.query(small[1][0])} == {20}
        assert catalogue.warning == ""
    assert sorted(path.name for path in live.parent.iterdir()) == [
        "new.catalogue", "shop.catalogue", "shop.catalogue.previous"]


def test_what_is_live_already_is_not_written_again(small: Shop, write: Write, written: Written) -> None:
    live, new = write(repriced(small, 10)), write(repriced(small, 20), "new.catalogue")
    publish(new, live)
    stamp = written(live)
    done = publish(new, live)
    assert not done.changed
    assert written(live) == stamp
    assert prices(previous_of(live)) == {10}


def test_any_damage_refuses_the_new_file_and_leaves_the_live_one(small: Shop, write: Write) -> None:
    live, new = write(repriced(small, 10)), write(repriced(small, 20), "new.catalogue")
    whole = new.read_bytes()
    flipped = whole[:9000] + b"\xff" + whole[9001:]
    for data in (whole[:-1], whole[:5000], b"", bytes(len(whole)), flipped, b"id,title\n"):
        new.write_bytes(data)
        with pytest.raises(MirrorError, match=r"new\.catalogue"):
            publish(new, live)
        assert prices(live) == {10}
        assert not previous_of(live).exists()
        assert not draft_of(live).exists()


def test_an_index_of_another_embedder_is_refused_unless_it_is_wanted(small: Shop, write: Write) -> None:
    live, new = write(small), write(small, "new.catalogue", embedder="cnn-2")
    with pytest.raises(MirrorError, match=r"cnn-2 .* with cnn-1 .*--new-embedder"):
        publish(new, live)
    assert publish(new, live, new_embedder=True).embedder == "cnn-2"
    with pytest.raises(MirrorError, match="embedder cnn-1"):
        roll_back(live)
    assert roll_back(live, new_embedder=True).embedder == "cnn-1"


def test_the_picture_folder_is_still_found_when_the_new_index_comes_from_another_folder(
    small: Shop, write: Write, tmp_path: Path
) -> None:
    (tmp_path / "staging" / "pictures" / "p").mkdir(parents=True)
    for item in small[0][:150]:
        (tmp_path / "staging" / "pictures" / item.picture).touch()
    (tmp_path / "shop").mkdir()
    new = write(small, "staging/new.catalogue")
    live = tmp_path / "shop" / "live.catalogue"
    done = publish(new, live)
    assert (done.missing, done.looked_for, done.before, done.kept) == (50, 200, None, None)
    with Catalogue.open(live) as catalogue:
        assert catalogue.picture(small[0][0]).is_file()
        catalogue.verify()


def test_publishing_is_the_mend_of_a_damaged_live_file_but_never_overwrites_another_kind(
    small: Shop, write: Write, tmp_path: Path
) -> None:
    new, live = write(small, "new.catalogue"), tmp_path / "live.catalogue"
    live.write_bytes(new.read_bytes()[:-5])
    done = publish(new, live)
    assert (done.before, done.kept) == (None, None)
    other = tmp_path / "notes.txt"
    other.write_text("important")
    with pytest.raises(UsageError, match="is no catalogue"):
        publish(new, other)
    with pytest.raises(UsageError, match="is the live catalogue itself"):
        publish(live, live)
    with pytest.raises(UsageError, match="is no folder"):
        publish(new, tmp_path / "none" / "live.catalogue")


def test_much_fewer_items_than_before_are_refused_when_a_least_share_is_asked_for(small: Shop, write: Write) -> None:
    live, new = write(small), write((small[0][:90], small[1][:90]), "new.catalogue")
    with pytest.raises(MirrorError, match="has 90 items, the live catalogue has 200"):
        publish(new, live, least_share=0.5)
    assert publish(new, live).items == 90


def test_nobody_may_copy_onto_a_file_that_was_published(small: Shop, write: Write, tmp_path: Path) -> None:
    live = write(repriced(small, 10))
    publish(write(repriced(small, 20), "new.catalogue"), live)
    assert live.stat().st_mode & 0o222 == 0
    feed = tmp_path / "prices.csv"
    feed.write_text(f"id,price\n{small[0][0].id},1\n")
    update(live, feed)
    assert live.stat().st_mode & 0o222 == 0
    roll_back(live)
    assert live.stat().st_mode & 0o222 == 0
    publish(write(repriced(small, 30), "newer.catalogue"), live)
    assert prices(live) == {30}


def test_two_writers_at_once_are_one_too_many(small: Shop, write: Write) -> None:
    live, new = write(repriced(small, 10)), write(repriced(small, 20), "new.catalogue")
    publish(new, live)
    with replacing(live) as out:
        out.write(live.read_bytes())
        with pytest.raises(Busy, match="another build"):
            publish(write(repriced(small, 30), "other.catalogue"), live)
        with pytest.raises(Busy):
            roll_back(live)
    assert prices(live) == {20}


def test_without_a_kept_file_there_is_nothing_to_go_back_to(small: Shop, write: Write) -> None:
    live = write(small)
    with pytest.raises(MirrorError, match=r"no shop\.catalogue\.previous to go back to"):
        roll_back(live)
    assert [path.name for path in live.parent.iterdir()] == [live.name]


def test_a_damaged_kept_file_is_not_gone_back_to(small: Shop, write: Write) -> None:
    live, new = write(repriced(small, 10)), write(repriced(small, 20), "new.catalogue")
    publish(new, live)
    kept = previous_of(live)
    kept.write_bytes(kept.read_bytes()[:-100])
    with pytest.raises(MirrorError, match="is no whole catalogue"):
        roll_back(live)
    assert prices(live) == {20}


@pytest.mark.parametrize("killed_after", [0, 1, 2])
def test_a_publish_killed_between_any_two_steps_leaves_a_live_file_and_the_next_puts_all_right(
    small: Shop, write: Write, monkeypatch: pytest.MonkeyPatch, killed_after: int
) -> None:
    live = write(repriced(small, 10))
    publish(write(repriced(small, 20), "new.catalogue"), live)
    new, real, steps = write(repriced(small, 30), "new.catalogue"), os.replace, [0]

    def killed(source: Path, target: Path) -> None:
        if steps[0] == killed_after:
            raise KeyboardInterrupt
        steps[0] += 1
        real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr("catalog.atomic.os.replace", killed)
        if killed_after < 2:
            with pytest.raises(KeyboardInterrupt):
                publish(new, live)
        else:
            publish(new, live)
    assert prices(live) == ({20} if killed_after == 0 else {30})
    publish(write(repriced(small, 40), "newest.catalogue"), live)
    assert prices(live) == {40}
    assert prices(previous_of(live)) == ({20} if killed_after == 0 else {30})
    assert not [path for path in live.parent.iterdir() if "keeping" in path.name]


def test_a_rollback_of_an_update_and_of_a_publish_are_two_things(small: Shop, write: Write, tmp_path: Path) -> None:
    live = write(repriced(small, 10))
    publish(write(repriced(small, 20), "new.catalogue"), live)
    feed = tmp_path / "prices.jsonl"
    feed.write_text("\n".join(json.dumps({"id": item.id, "price": 25}) for item in small[0]))
    update(live, feed)
    assert prices(live) == {25}
    roll_back(live, update=True)
    assert prices(live) == {20}
    roll_back(live)
    assert prices(live) == {10}
    assert not before_update_of(live).exists()
