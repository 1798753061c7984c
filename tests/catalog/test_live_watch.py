"""Files dropped into a folder become what is served, once they are complete; bad ones are refused and told."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catalog.atomic import replacing
from catalog.commands import build_command
from catalog.following import refused_of
from catalog.index import Catalogue
from catalog.watch import SETTLE_S, UNENDED_S, Event, Watch
from mirror.domain import FloatArray, ImageArray, Item, MirrorError

Shop = tuple[list[Item], FloatArray]
Write = Callable[..., Path]


class Drop:
    """A watched folder, its live index, and a clock that a test moves on."""

    def __init__(self, folder: Path, live: Path, pictures: Path) -> None:
        self.folder, self.live, self.now = folder, live, 0.0
        self.events: list[Event] = []
        self.embedded = 0
        self._pictures = pictures
        folder.mkdir(exist_ok=True)
        self.watch = self.new_watch()

    def new_watch(self) -> Watch:
        return Watch(
            self.folder, self.live, build=self.build, on_event=self.events.append, clock=lambda: self.now)

    def build(
        self, feed: Path, out: Path, progress: Callable[[int, int, float], None], rejects: Path
    ) -> dict[str, Any]:
        return build_command(
            feed, self._pictures, out, embed=self._embed, embedder_name="cnn-1", read_picture=_pixels, rejects=rejects,
            progress=progress)

    def _embed(self, image: ImageArray) -> FloatArray:
        self.embedded += 1
        return np.asarray(image[:, :, 0].ravel().astype(np.float32) + 1)

    def wait(self, seconds: float = SETTLE_S) -> list[tuple[str, str]]:
        """Look, let time pass, look again until nothing is left; what happened."""
        self.events.clear()
        self.watch.step()
        self.now += seconds
        while self.watch.step():
            pass
        return [(event.kind, event.file.name) for event in self.events]

    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir() if path.is_file())


def _pixels(path: Path) -> ImageArray:
    return np.frombuffer(path.read_bytes(), np.uint8)[-48:].reshape(4, 4, 3)


def prices(path: Path) -> set[float]:
    with Catalogue.open(path) as catalogue:
        return {item.price for item in catalogue.iter_items()}


def repriced(shop: Shop, price: float) -> Shop:
    return [replace(item, price=price) for item in shop[0][:100]], shop[1][:100]


@pytest.fixture
def drop(tmp_path: Path, shop: Shop, write: Write, feed: Any) -> Drop:
    return Drop(tmp_path / "drop", write(repriced(shop, 10), "live.catalogue"), feed.pictures)


@contextmanager
def busy(live: Path) -> Iterator[None]:
    with replacing(live) as out:
        yield
        out.write(live.read_bytes())


def test_an_index_an_update_and_a_feed_are_each_used_as_what_they_are(
    drop: Drop, shop: Shop, write: Write, feed: Any
) -> None:
    shutil.copy(write(repriced(shop, 20), "new.catalogue"), drop.folder / "a.catalogue")
    assert drop.wait() == [("published", "a.catalogue")]
    assert prices(drop.live) == {20}
    (drop.folder / "b.csv").write_text("id,price\n" + "".join(f"{item.id},30\n" for item in shop[0][:100]))
    assert drop.wait() == [("updated", "b.csv")]
    assert prices(drop.live) == {30}
    feed.rows *= 2
    feed.rows[30:] = [{**row, "id": f"{row['id']}-2"} for row in feed.rows[:30]]
    feed.save()
    shutil.copy(feed.items, drop.folder / "c.csv")
    assert drop.wait() == [("published", "c.csv")]
    with Catalogue.open(drop.live) as catalogue:
        assert len(catalogue) == 60
        assert catalogue.picture(next(catalogue.iter_items())).is_file()
    assert drop.names() == []
    assert sorted(path.name for path in (drop.folder / "done").iterdir()) == ["a.catalogue", "b.csv", "c.csv"]


def test_a_file_is_left_alone_until_it_has_stood_still(drop: Drop) -> None:
    file = drop.folder / "b.csv"
    text = "id,price\né00000,1\né07919,2\n"
    for end in range(10, len(text), 5):
        file.write_text(text[:end])
        assert drop.wait(SETTLE_S / 2) == []
    file.write_text(text)
    assert drop.wait(SETTLE_S / 2) == []
    drop.now += SETTLE_S / 2
    assert drop.watch.step()


def test_what_looks_unfinished_waits_longer(drop: Drop, shop: Shop, write: Write) -> None:
    whole = write(repriced(shop, 20), "new.catalogue").read_bytes()
    (drop.folder / "a.catalogue").write_bytes(whole[:-1])
    (drop.folder / "b.csv").write_text("id,price\nnobody,1")
    assert drop.wait() == []
    (drop.folder / "a.catalogue").write_bytes(whole)
    assert drop.wait() == [("published", "a.catalogue")]
    assert drop.wait(UNENDED_S) == [("refused", "b.csv")]


def test_a_refused_file_stays_with_its_reason_and_is_tried_again_when_it_changes(
    drop: Drop, shop: Shop, write: Write
) -> None:
    bad = drop.folder / "b.csv"
    bad.write_text("id,price\nnobody,1\n")
    assert drop.wait() == [("refused", "b.csv")]
    assert drop.names() == ["b.csv", "b.csv.refused.txt"]
    reason = (drop.folder / "b.csv.refused.txt").read_text()
    assert reason.startswith(str(bad))
    assert "not in the catalogue" in reason
    assert refused_of(drop.live).read_text() == reason
    assert drop.wait() == []
    assert prices(drop.live) == {10}
    bad.write_text(f"id,price\n{shop[0][0].id},2\nnobody,1\n")
    assert drop.wait() == [("updated", "b.csv")]
    assert drop.names() == []
    assert not refused_of(drop.live).exists()
    assert "nobody" in (drop.folder / "done" / "b.csv.rejected.jsonl").read_text()


def test_the_mirrors_are_told_for_as_long_as_any_file_is_refused(drop: Drop, shop: Shop) -> None:
    for name in ("a.csv", "b.csv"):
        (drop.folder / name).write_text(f"id,price\n{name},1\n")
    assert len(drop.wait()) == 2
    (drop.folder / "c.csv").write_text(f"id,price\n{shop[0][0].id},2\n")
    assert drop.wait() == [("updated", "c.csv")]
    assert "b.csv: no row" in refused_of(drop.live).read_text()
    (drop.folder / "b.csv").unlink()
    drop.watch.step()
    assert "a.csv: no row" in refused_of(drop.live).read_text()
    (drop.folder / "a.csv").unlink()
    drop.watch.step()
    assert not refused_of(drop.live).exists()
    assert drop.names() == []


def test_half_a_shop_is_refused_though_each_of_its_rows_is_good(drop: Drop, feed: Any) -> None:
    shutil.copy(feed.items, drop.folder / "c.csv")
    assert drop.wait() == [("refused", "c.csv")]
    assert "has 30 items, the live catalogue has 100" in drop.events[0].line
    assert not [path for path in drop.live.parent.iterdir() if "incoming" in path.name]


def test_damaged_and_odd_files_are_refused_and_others_left_alone(drop: Drop, shop: Shop, write: Write) -> None:
    data = bytearray(write(repriced(shop, 20), "new.catalogue").read_bytes())
    data[9000] ^= 1
    (drop.folder / "a.catalogue").write_bytes(data)
    (drop.folder / "b.xml").write_text("<rss><channel><item></rss>")
    (drop.folder / "c.parquet").write_bytes(b"PAR1 and no more PAR1")
    (drop.folder / "notes.md").write_text("a list\n")
    (drop.folder / ".b.csv").write_text("id,price\n")
    (drop.folder / "d.csv").mkdir()
    assert {kind for kind, _ in drop.wait()} == {"refused"}
    assert {event.file.name for event in drop.events} == {"a.catalogue", "b.xml", "c.parquet"}
    assert prices(drop.live) == {10}


def test_while_another_build_writes_a_file_waits_and_is_used_after_it(drop: Drop, shop: Shop) -> None:
    file = drop.folder / "b.csv"
    file.write_text(f"id,price\n{shop[0][0].id},2\n")
    with busy(drop.live):
        assert drop.wait() == [("waiting", "b.csv")]
        assert file.exists()
    assert drop.wait() == [("updated", "b.csv")]


def test_older_files_are_used_first(drop: Drop, shop: Shop) -> None:
    for name, price, time in (("a.csv", 3, 200), ("b.csv", 4, 100)):
        (drop.folder / name).write_text(f"id,price\n{shop[0][0].id},{price}\n")
        os.utime(drop.folder / name, (time, time))
    assert drop.wait() == [("updated", "b.csv"), ("updated", "a.csv")]
    assert 3 in prices(drop.live)


def test_a_watch_that_is_stopped_in_a_build_gives_the_feed_back(drop: Drop, feed: Any) -> None:
    shutil.copy(feed.items, drop.folder / "c.csv")
    began = threading.Event()
    plain = drop.build

    def build(*arguments: Any) -> dict[str, Any]:
        began.set()
        drop.watch._stop.wait(20)
        return plain(*arguments)

    drop.watch._build = build
    drop.watch.step()
    drop.now += SETTLE_S
    drop.watch.start()
    assert "catalogue-watch" in [thread.name for thread in threading.enumerate()]
    assert began.wait(20)
    drop.watch.stop()
    assert "catalogue-watch" not in [thread.name for thread in threading.enumerate()]
    assert drop.names() == ["c.csv"]
    assert prices(drop.live) == {10}


def test_a_file_that_a_killed_watch_had_taken_is_used_by_the_next(drop: Drop, shop: Shop) -> None:
    (drop.folder / ".working" / "b.csv").write_text(f"id,price\n{shop[0][0].id},2\n")
    drop.watch = drop.new_watch()
    assert drop.wait() == [("updated", "b.csv")]


def test_a_folder_that_cannot_be_watched_is_one_line(drop: Drop) -> None:
    with pytest.raises(MirrorError, match="cannot be watched"):
        Watch(drop.folder / "none", drop.live, build=drop.build, on_event=drop.events.append)
