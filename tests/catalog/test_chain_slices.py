"""A store's slice goes into the chain's engine and comes back as the same file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from catalog.engines.contract import About
from catalog.engines.opening import open_engine
from catalog.index import Catalogue
from catalog.pull import pull
from catalog.push import Pushed, push
from mirror.cli import main
from mirror.domain import FloatArray, Item, MirrorError

Shop = tuple[list[Item], FloatArray]
Write = Callable[..., Path]


@pytest.fixture(params=["file", "qdrant", "pgvector"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "file":
        (tmp_path / "chain").mkdir()
        yield str(tmp_path / "chain")
    elif request.param == "qdrant":
        pytest.importorskip("qdrant_client", reason="qdrant-client is not installed: pip install '.[dev]'")
        yield f"qdrant:{tmp_path / 'qdrant'}"
    else:
        yield f"{request.getfixturevalue('postgres')}#s{abs(hash(tmp_path.name))}"


@pytest.fixture(scope="module")
def small(shop: Shop) -> Shop:
    return shop[0][:300], shop[1][:300]


def test_a_pulled_slice_is_the_pushed_file_byte_for_byte(url: str, small: Shop, write: Write, tmp_path: Path) -> None:
    path, out = write(small), tmp_path / "mirror.catalogue"
    with closing(open_engine(url, "oslo")) as engine:
        assert push(path, engine) == Pushed(300, 300, 0)
        pulled = pull(engine, out)
        assert (pulled.items, pulled.embedder, pulled.changed) == (300, "cnn-1", True)
        assert out.read_bytes() == path.read_bytes()
        assert push(path, engine) == Pushed(300, 0, 0)
        stamp = out.stat().st_mtime_ns, out.stat().st_ino
        assert not pull(engine, out).changed
    assert (out.stat().st_mtime_ns, out.stat().st_ino) == stamp
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == [".mirror.catalogue.slice"]


def test_only_what_changed_is_sent(url: str, small: Shop, write: Write, tmp_path: Path) -> None:
    out = tmp_path / "mirror.catalogue"
    items, vectors = list(small[0]), small[1].copy()
    with closing(open_engine(url, "oslo")) as engine:
        push(write(small), engine)
        items[5] = replace(items[5], price=items[5].price + 1)
        vectors[9] = vectors[9] + np.arange(16)
        path = write((items[:-3], vectors[:-3]), "new.catalogue")
        assert push(path, engine) == Pushed(297, 2, 3)
        pull(engine, out)
    assert out.read_bytes() == path.read_bytes()


def test_nothing_is_fetched_when_neither_the_slice_nor_the_file_changed(
    url: str, small: Shop, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "mirror.catalogue"
    path = write(small)
    with closing(open_engine(url, "oslo")) as engine:
        push(path, engine)
        pull(engine, out)
        fetched: list[int] = []
        rows = engine.rows
        monkeypatch.setattr(engine, "rows", lambda: [fetched.append(1), *rows()][1:])
        assert not pull(engine, out).changed
        assert not fetched
        push(write((small[0][:200], small[1][:200]), "fewer.catalogue"), engine)
        assert pull(engine, out).items == 200
        push(path, engine)
        out.write_bytes(write((small[0][:100], small[1][:100]), "local.catalogue").read_bytes())
        assert pull(engine, out).items == 300  # a file that was changed here is the slice again
        (tmp_path / ".mirror.catalogue.slice").write_bytes(b"{}")
        assert not pull(engine, out).changed
    assert out.read_bytes() == path.read_bytes()


def test_a_served_file_is_replaced_under_the_mirror(url: str, small: Shop, write: Write, tmp_path: Path) -> None:
    out = tmp_path / "mirror.catalogue"
    with closing(open_engine(url, "oslo")) as engine:
        push(write(small), engine)
        pull(engine, out)
        with Catalogue.open(out) as serving:
            assert len(serving) == 300
            push(write((small[0][:200], small[1][:200]), "new.catalogue"), engine)
            pull(engine, out)
            assert len(serving) == 200
            assert not serving.warning


def test_a_slice_of_another_embedder_does_not_take_the_mirrors_file(
    url: str, small: Shop, write: Write, tmp_path: Path
) -> None:
    out = write(small, "mirror.catalogue", embedder="older-cnn")
    before = out.read_bytes()
    with closing(open_engine(url, "oslo")) as engine:
        push(write(small), engine)
        with pytest.raises(MirrorError, match=r"cnn-1 .*older-cnn.*--new-embedder"):
            pull(engine, out)
        assert out.read_bytes() == before
        with pytest.raises(MirrorError, match="holds vectors of embedder cnn-1"):
            push(out, engine)
        pull(engine, out, new_embedder=True)
    with Catalogue.open(out) as file:
        assert file.embedder == "cnn-1"


def test_nothing_of_a_store_or_half_a_push_leaves_the_old_file(
    url: str, small: Shop, write: Write, tmp_path: Path
) -> None:
    out = write(small, "mirror.catalogue")
    before = out.read_bytes()
    with closing(open_engine(url, "oslo")) as engine:
        with pytest.raises(MirrorError, match=r"has no items of store oslo; push them"):
            pull(engine, out)
        push(out, engine)

        def stop_half_way() -> None:
            with engine.writing(About("cnn-1", 16, "pictures")) as change:
                change.drop([item.id for item in small[0][:100]])
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            stop_half_way()
        if url.startswith("qdrant"):
            with pytest.raises(MirrorError, match="its last push did not end"):
                pull(engine, out)
        else:  # they have transactions: the slice of before
            pull(engine, out)
        assert out.read_bytes() == before
        push(out, engine)
        pull(engine, out)
    assert out.read_bytes() == before


def test_a_damaged_file_is_not_pushed(url: str, small: Shop, write: Write) -> None:
    path = write(small)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with closing(open_engine(url, "oslo")) as engine:
        with pytest.raises(MirrorError, match="no whole catalogue"):
            push(path, engine)
        assert engine.count() == 0


def test_pictures_lie_where_the_mirror_says(url: str, small: Shop, write: Write, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    with closing(open_engine(url, "oslo")) as engine:
        push(write(small), engine)
        pull(engine, tmp_path / "here" / "mirror.catalogue", pictures=tmp_path / "photos")
    with Catalogue.open(tmp_path / "here" / "mirror.catalogue") as file:
        assert file.pictures.resolve() == tmp_path / "photos"


def test_push_and_pull_by_their_commands(
    url: str, small: Shop, write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path, out = write(small), tmp_path / "mirror.catalogue"
    assert main(["catalog", "push", str(path), "--to", url, "--store", "oslo", "--json"]) == 0
    pushed = json.loads(capsys.readouterr().out)
    assert (pushed["items"], pushed["sent"], pushed["dropped"]) == (300, 300, 0)
    monkeypatch.setenv("MIRROR_CHAIN", url)
    assert main(["catalog", "pull", "--store", "oslo", "--out", str(out), "--json"]) == 0
    pulled = json.loads(capsys.readouterr().out)
    assert (pulled["items"], pulled["embedder"], pulled["changed"]) == (300, "cnn-1", True)
    assert out.read_bytes() == path.read_bytes()
    assert main(["catalog", "pull", "--store", "oslo", "--out", str(out)]) == 0
    assert "as before" in capsys.readouterr().out


@pytest.mark.parametrize("away", ["http://:geheim@127.0.0.1:1", "postgresql://u:geheim@127.0.0.1:1/db"])
def test_an_engine_that_is_away_leaves_the_old_file_and_says_one_line(
    away: str, small: Shop, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    module = "qdrant_client" if away.startswith("http") else "psycopg"
    pytest.importorskip(module, reason=f"{module} is not installed: pip install '.[dev]'")
    out = write(small, "mirror.catalogue")
    before = out.read_bytes()
    assert main(["catalog", "pull", "--from", away, "--store", "oslo", "--out", str(out)]) == 1
    told = capsys.readouterr().err
    assert "cannot be used" in told
    assert told.count("\n") == 1
    assert "geheim" not in told
    assert out.read_bytes() == before
    with Catalogue.open(out) as file:
        assert len(file) == 300
