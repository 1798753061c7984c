"""`mirror catalog build` and `watch` with pictures from an archive and from URLs, and a build onto the live file."""

from __future__ import annotations

import csv
import functools
import http.server
import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog.index import Catalogue
from catalog.sample import generate
from mirror.cli import main


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    generate(folder, count=14)
    shutil.make_archive(str(folder / "pictures"), "zip", folder / "pictures")
    return folder


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *values: object) -> None:
        pass


@pytest.fixture
def server(shop: Path) -> Iterator[str]:
    """The pictures by HTTP, with Last-Modified as the standard library's server says it."""
    handler = functools.partial(_Quiet, directory=str(shop / "pictures"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as served:
        thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01}, name="shop")
        thread.start()
        yield f"http://127.0.0.1:{served.server_address[1]}"
        served.shutdown()
        thread.join()


def feed_of_urls(shop: Path, server: str, to: Path, price: str = "") -> Path:
    with open(shop / "items.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with open(to, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows({
            **row, "picture": f"{server}/{row['picture']}", "price": price or row["price"]
        } for row in rows)
    return to


def told(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> Any:
    assert main(["catalog", *map(str, arguments), "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_an_archive_a_folder_and_urls_give_the_same_vectors_and_pictures_for_the_cards(
    shop: Path, server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    items = shop / "items.csv"
    urls = feed_of_urls(shop, server, tmp_path / "urls.csv")
    made = {
        "folder": (items, "--pictures", shop / "pictures"), "zip": (items, "--pictures", shop / "pictures.zip"),
        "urls": (urls, "--picture-urls", "--picture-host", "127.0.0.1"),
    }
    found: dict[str, dict[str, list[float]]] = {}
    for name, (feed, *more) in made.items():
        out = tmp_path / f"{name}.catalogue"
        done = told(capsys, "build", "--items", feed, *more, "--out", out)
        assert (done["items"], done["rejected"], done["changed"], done["kept"]) == (14, 0, True, None)
        with Catalogue.open(out) as catalogue:
            assert all(catalogue.picture(item).is_file() for item in catalogue.iter_items())
            found[name] = {item.id: catalogue.vector(item.id).tolist() for item in catalogue.iter_items()}
    assert found["folder"] == found["zip"] == found["urls"]
    again = told(
        capsys, "build", "--items", urls, "--picture-urls", "--picture-host", "127.0.0.1", "--out",
        tmp_path / "urls.catalogue")
    assert (again["changed"], again["pictures"]["fetched"]) == (False, 0)


def test_without_leave_urls_are_rejected_and_without_pictures_the_use_is_wrong(
    shop: Path, server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    urls = feed_of_urls(shop, server, tmp_path / "urls.csv")
    out = tmp_path / "x.catalogue"
    assert main(["catalog", "build", "--items", str(urls), "--out", str(out)]) == 2
    assert "give --pictures FOLDER or ARCHIVE, or allow --picture-urls" in capsys.readouterr().err
    command = ["catalog", "build", "--items", str(urls), "--pictures", str(shop / "pictures"), "--out", str(out)]
    assert main(command) == 1
    assert "fetching is allowed by --picture-urls" in capsys.readouterr().err
    # on this machine, and nobody named it
    assert main(["catalog", "build", "--items", str(urls), "--picture-urls", "--out", str(out)]) == 1
    assert "name the host in hosts of [pictures]" in capsys.readouterr().err
    assert not out.exists()


def test_a_build_onto_the_live_file_can_be_rolled_back(
    shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    live, feed = tmp_path / "live.catalogue", tmp_path / "feed.csv"
    shutil.copy(shop / "items.csv", feed)
    build = ("build", "--items", feed, "--pictures", shop / "pictures", "--out", live)
    told(capsys, *build)
    before = live.read_bytes()
    assert not told(capsys, *build)["changed"]
    lines = feed.read_text("utf-8").splitlines()
    feed.write_text("\n".join(lines[:-3]) + "\n", "utf-8")
    done = told(capsys, *build)
    assert (done["items"], done["changed"], done["kept"]) == (11, True, f"{live}.previous")
    told(capsys, "rollback", live)
    assert live.read_bytes() == before


def test_a_watched_folder_fetches_for_the_live_index_and_keeps_the_pictures_beside_it(
    shop: Path, server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    incoming, live = tmp_path / "incoming", tmp_path / "live.catalogue"
    incoming.mkdir()
    for price in ("10", "20"):
        feed_of_urls(shop, server, incoming / "feed.csv", price)
        done = told(
            capsys, "watch", incoming, "--catalog", live, "--picture-urls", "--picture-host", "127.0.0.1", "--once")
        assert (done["event"], done["items"]) == ("published", 14)
        assert done["pictures"]["folder"] == f"{live}.pictures"
    assert done["pictures"]["fetched"] == 0
    with Catalogue.open(live) as catalogue:
        assert {item.price for item in catalogue.iter_items()} == {20}
        assert all(catalogue.picture(item).parents[1] == catalogue.pictures for item in catalogue.iter_items())
        assert all(catalogue.picture(item).is_file() for item in catalogue.iter_items())
    assert {path.name for path in tmp_path.iterdir()} == {
        "incoming", "live.catalogue", "live.catalogue.pictures", "live.catalogue.previous", "live.catalogue.work"}
