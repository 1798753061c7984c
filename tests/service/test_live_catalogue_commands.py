"""`mirror catalog publish / rollback / update / watch / diff` from the command line, as a shop's scripts use them."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.catalogue_stress import write_small
from catalog.index import Catalogue
from mirror.cli import main


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A live index at price 10, a new one at price 20."""
    write_small(tmp_path / "live.catalogue", 10)
    write_small(tmp_path / "new.catalogue", 20)
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> Any:
    assert main(["catalog", *map(str, arguments), "--json"]) == code
    return json.loads(capsys.readouterr().out)


def prices(path: Path) -> set[float]:
    with Catalogue.open(path) as catalogue:
        return {item.price for item in catalogue.iter_items()}


def test_publish_diff_and_rollback(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    live, new = shop / "live.catalogue", shop / "new.catalogue"
    difference = told(capsys, "diff", live, new)
    assert (difference["counts"]["price"], difference["counts"]["new"]) == (160, 0)
    assert difference["price"][0]["to"] == {"price": 20, "currency": "EUR"}
    done = told(capsys, "publish", new, "--catalog", live)
    assert (done["changed"], done["items"], done["items_before"]) == (True, 160, 160)
    assert done["kept"] == f"{live}.previous"
    assert prices(live) == {20}
    assert not told(capsys, "publish", new, "--catalog", live)["changed"]
    told(capsys, "rollback", live)
    assert prices(live) == {10}
    assert main(["catalog", "diff", str(live), str(new)]) == 0
    table = capsys.readouterr().out
    assert "160 price" in table
    assert "10.00 EUR -> 20.00 EUR" in table
    assert "and 148 more" in table


def test_a_bad_file_is_one_line_and_changes_nothing(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    live, new = shop / "live.catalogue", shop / "new.catalogue"
    new.write_bytes(new.read_bytes()[:-1])
    assert main(["catalog", "publish", str(new), "--catalog", str(live)]) == 1
    line = capsys.readouterr().err
    assert line.startswith(f"mirror: {new}: is no whole catalogue")
    assert line.count("\n") == 1
    assert prices(live) == {10}
    assert main(["catalog", "rollback", str(live)]) == 1
    assert main(["catalog", "publish", str(live), "--catalog", str(live)]) == 2


def test_an_update_names_each_row_that_was_left_out(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    live, feed = shop / "live.catalogue", shop / "stock.csv"
    feed.write_text("id,price,in_stock\n00000003,4.50,\nnobody,1,\n00000007,,0\n")
    done = told(capsys, "update", live, "--items", feed, code=1)
    assert (done["prices_changed"], done["stock_changed"], done["rejected"]) == (1, 1, 1)
    assert json.loads((shop / "live.catalogue.update-rejected.jsonl").read_text())["id"] == "nobody"
    with Catalogue.open(live) as catalogue:
        assert (catalogue.item("00000003").price, catalogue.item("00000007").in_stock) == (4.5, False)
    told(capsys, "rollback", live, "--update")
    assert prices(live) == {10}


def test_a_watch_uses_what_lies_there_once(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    live, folder = shop / "live.catalogue", shop / "in"
    folder.mkdir()
    shutil.copy(shop / "new.catalogue", folder)
    (folder / "bad.csv").write_text("id,price\nnobody,1\n")
    assert main(["catalog", "watch", str(folder), "--catalog", str(live), "--once", "--json"]) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["event"] for line in lines} == {"published", "refused"}
    assert prices(live) == {20}
    assert main(["catalog", "watch", str(folder / "none"), "--catalog", str(live)]) == 2


def test_a_watch_serves_until_it_is_killed_and_ends_well(shop: Path) -> None:
    live, folder = shop / "live.catalogue", shop / "in"
    folder.mkdir()
    command = [sys.executable, "-m", "mirror", "catalog", "watch", str(folder), "--catalog", str(live), "--settle", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watch:
        assert watch.stderr is not None
        assert watch.stdout is not None
        assert "watching" in watch.stderr.readline()
        shutil.copy(shop / "new.catalogue", folder)
        assert "160 items are live" in watch.stdout.readline()
        watch.send_signal(signal.SIGTERM)
        assert watch.wait(20) == 0
    assert prices(live) == {20}
