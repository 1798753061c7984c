"""One contract for every engine: the same questions, the same answers as a plain search over the rows in memory."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import numpy as np
import pytest

from catalog.columns import unit_rows
from catalog.engines.contract import About, Engine, delete, digest, upsert
from catalog.engines.opening import open_engine
from catalog.engines.qdrant import QdrantEngine
from catalog.explain import failed
from catalog.filter import Filter
from mirror.domain import FloatArray, Item, MirrorError, UsageError

Shop = tuple[list[Item], FloatArray]
Open = Callable[..., Engine]
EMBEDDER = "cnn-1@0123456789ab"
QUESTIONS = {
    "everything": Filter(in_stock=False),
    "in stock": Filter(),
    "a category": Filter(categories=("shirt",)),
    "several categories": Filter(categories=("shirt", "bag", "hat")),
    "sizes, any of": Filter(sizes=("M", "38")),
    "sizes of size-free items": Filter(categories=("bag",), sizes=("M",)),
    "gender": Filter(gender="women"),
    "unisex alone": Filter(gender="unisex"),
    "age": Filter(age="teen"),
    "price": Filter(price=(20, 60.5)),
    "price from": Filter(price=(100, float("inf"))),
    "a price that none has": Filter(price=(float("inf"), float("inf"))),
    "a style": Filter(style="smart"),
    "a style of a category": Filter(categories=("shirt", "bag"), style="sporty"),
    "all at once": Filter(("trousers", "dress", "shoes"), ("S", "40"), "men", "adult", price=(0, 150)),
    "a category that no item has": Filter(categories=("hosiery",)),
    "nothing passes": Filter(categories=("dress",), price=(1000, 2000)),
}


@pytest.fixture(params=["file", "qdrant", "qdrant-core", "pgvector"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens views of one new, empty engine, for a store each."""
    views: list[Engine] = []
    core: Any = None
    if request.param == "qdrant-core":
        pytest.importorskip("qdrant_edge", reason="qdrant-edge-py is not installed: pip install '.[dev]'")
        from tests.catalog.qdrant_core import CoreClient

        core, url = CoreClient(tmp_path / "core"), f"qdrant:{tmp_path / 'unused'}"
    elif request.param == "qdrant":
        pytest.importorskip("qdrant_client", reason="qdrant-client is not installed: pip install '.[dev]'")
        url = f"qdrant:{tmp_path / 'qdrant'}"
    elif request.param == "pgvector":
        url = f"{request.getfixturevalue('postgres')}#t{abs(hash(tmp_path.name))}"
    else:
        (tmp_path / "chain").mkdir()
        url = str(tmp_path / "chain")

    def open_store(store: str = "berlin-1") -> Engine:
        if "qdrant" in request.param:  # a local folder has one client at a time
            for view in views:
                view.close()
        views.append(open_engine(url, store))
        if core is not None:
            views[-1].close()
            views[-1]._client, views[-1]._server = core, True
        return views[-1]

    yield open_store
    for view in views:
        view.close()
    if core is not None:
        core.end()


@pytest.fixture(scope="module")
def stock(shop: Shop) -> Shop:
    return shop[0][:400], unit_rows(shop[1][:400])


def expected(shop: Shop, vector: FloatArray, wanted: Filter, k: int) -> list[tuple[Item, float]]:
    query = vector.astype(np.float64) / np.linalg.norm(vector.astype(np.float64))
    scores = (shop[1].astype(np.float64) * query).sum(axis=1)
    rows = [i for i, item in enumerate(shop[0]) if not failed(item, wanted)]
    rows.sort(key=lambda i: (-scores[i], shop[0][i].id))
    return [(shop[0][i], pytest.approx(min(1.0, float(scores[i])), abs=1e-12)) for i in rows[:k]]


def test_every_filter_is_answered_exactly_with_ties_by_id(opened: Open, stock: Shop) -> None:
    engine = opened()
    upsert(engine, *stock, embedder=EMBEDDER)
    rng = np.random.default_rng(5)
    # the second is an item's own vector, which others share: equal scores
    shared = next(v for i, v in enumerate(stock[1]) if (stock[1][:i] == v).all(axis=1).any())
    for vector in (rng.standard_normal(16).astype(np.float32), shared):
        for name, wanted in QUESTIONS.items():
            for k in (1, 8):
                answer = engine.query(vector, wanted, k, embedder=EMBEDDER)
                assert answer == expected(stock, vector, wanted, k), name
    assert not engine.query(shared, QUESTIONS["nothing passes"], embedder=EMBEDDER)


def test_excluded_ids_are_not_answered_and_unknown_ones_are_no_error(opened: Open, stock: Shop) -> None:
    engine = opened()
    upsert(engine, *stock, embedder=EMBEDDER)
    vector = stock[1][7]
    first = [item.id for item, _ in engine.query(vector, None, 5, embedder=EMBEDDER)]
    wanted = Filter(exclude=frozenset({*first, "no such id", "o'; DROP TABLE x; --"}))
    answer = engine.query(vector, wanted, 5, embedder=EMBEDDER)
    assert answer == expected(stock, vector, wanted, 5)
    assert not {item.id for item, _ in answer} & set(first)


def test_many_equal_items_are_told_apart_by_id_alone(opened: Open, stock: Shop) -> None:
    engine = opened()
    items = [replace(stock[0][0], id=f"x{i * 7919 % 150:04d}", in_stock=True) for i in range(150)]
    vectors = np.repeat(stock[1][:1], 150, axis=0)
    upsert(engine, items, vectors, embedder=EMBEDDER)
    answer = engine.query(stock[1][0], None, 3, embedder=EMBEDDER)
    assert [item.id for item, _ in answer] == ["x0000", "x0001", "x0002"]


def test_items_counted_changed_and_deleted(opened: Open, stock: Shop) -> None:
    engine = opened()
    assert engine.about() is None
    assert engine.count() == 0
    assert engine.query(stock[1][0], embedder=EMBEDDER) == []
    assert list(engine.rows()) == []
    delete(engine, ["nothing there"])
    upsert(engine, *stock, embedder=EMBEDDER)
    assert engine.about() == About(EMBEDDER, 16)
    for name, wanted in QUESTIONS.items():
        assert engine.count(wanted) == sum(not failed(item, wanted) for item in stock[0]), name
    dearer = replace(stock[0][3], price=9999.5, title="Größer", sizes=("M",), in_stock=True, category="shirt")
    upsert(engine, [dearer], stock[1][3:4], embedder=EMBEDDER)
    assert engine.count() == 400
    assert [item for item, _ in engine.query(stock[1][3], Filter(price=(9999, 1e4)), embedder=EMBEDDER)] == [dearer]
    delete(engine, [dearer.id, "nothing there"])
    assert engine.count() == 399
    assert engine.query(stock[1][3], Filter(price=(9999, 1e4)), embedder=EMBEDDER) == []


def test_rows_come_back_to_the_bit(opened: Open, stock: Shop) -> None:
    engine = opened()
    upsert(engine, *stock, embedder=EMBEDDER)
    found = {item.id: (item, vector) for rows in engine.rows() for item, vector in zip(*rows, strict=True)}
    assert len(found) == 400
    for item, vector in zip(*stock, strict=True):
        assert found[item.id][0] == item
        assert found[item.id][1].dtype == np.float32
        assert found[item.id][1].tobytes() == vector.tobytes()
    assert engine.digests() == {i.id: digest(i, v) for i, v in zip(*stock, strict=True)}


def test_a_store_sees_its_own_items_only(opened: Open, stock: Shop) -> None:
    upsert(opened("berlin-1"), *stock, embedder=EMBEDDER)
    other = replace(stock[0][5], title="only in Oslo", in_stock=True)
    oslo = opened("oslo")
    upsert(oslo, [other], stock[1][5:6], embedder=EMBEDDER)
    assert oslo.count() == 1
    assert [item for item, _ in oslo.query(stock[1][5], embedder=EMBEDDER)] == [other]
    berlin = opened("berlin-1")
    assert berlin.count() == 400
    assert {rows_item.id: rows_item for rows in berlin.rows() for rows_item in rows.items}[other.id] == stock[0][5]


def test_vectors_of_another_embedder_are_refused_and_change_nothing(opened: Open, stock: Shop) -> None:
    engine = opened()
    upsert(engine, *stock, embedder=EMBEDDER)
    with pytest.raises(MirrorError, match=r"holds vectors of embedder cnn-1@0123456789ab .*these are of other"):
        upsert(engine, stock[0][:1], stock[1][:1], embedder="other@0")
    with pytest.raises(MirrorError, match=r"these are of other@0"):
        engine.query(stock[1][0], embedder="other@0")
    with pytest.raises(MirrorError, match=r"these are of cnn-1@0123456789ab \(8\)"):
        upsert(engine, stock[0][:1], stock[1][:1, :8], embedder=EMBEDDER)
    assert engine.count() == 400


def test_a_change_that_fails_is_never_read_as_a_slice(opened: Open, stock: Shop) -> None:
    engine = opened()
    upsert(engine, *stock, embedder=EMBEDDER)
    before = engine.digests()

    class Stopped(Exception):
        pass

    def stop_half_way() -> None:
        with engine.writing(About(EMBEDDER, 16)) as change:
            change.drop([item.id for item in stock[0][:200]])
            raise Stopped

    with pytest.raises(Stopped):
        stop_half_way()
    if isinstance(engine, QdrantEngine):  # it has no transactions: half a slice is there, and is refused
        with pytest.raises(MirrorError, match="its last push did not end"):
            list(engine.rows())
    else:
        assert {item.id for rows in engine.rows() for item in rows.items} == set(before)
    upsert(engine, *stock, embedder=EMBEDDER)
    assert engine.digests() == before
    assert sum(len(rows.items) for rows in engine.rows()) == 400


def test_a_slice_that_is_being_written_is_read_as_it_was_or_refused(opened: Open, stock: Shop) -> None:
    engine = opened()
    upsert(engine, *stock, embedder=EMBEDDER)
    if isinstance(engine, QdrantEngine):  # a folder has one client; it may read while it writes
        with engine.writing(About(EMBEDDER, 16)) as change:
            change.drop([stock[0][0].id])
            with pytest.raises(MirrorError, match="is being written"):
                list(engine.rows())
    else:
        reader = opened()
        with engine.writing(About(EMBEDDER, 16)) as change:
            change.drop([stock[0][0].id])
            assert reader.count() == sum(len(rows.items) for rows in reader.rows()) == 400
    assert engine.count() == sum(len(rows.items) for rows in engine.rows()) == 399


def test_a_slice_that_changed_while_it_was_read_is_refused(opened: Open, stock: Shop) -> None:
    engine = opened()
    if not isinstance(engine, QdrantEngine):
        pytest.skip("reads one moment: the test above")
    upsert(engine, *stock, embedder=EMBEDDER)
    reading = engine.rows()
    next(reading)
    delete(engine, [stock[0][0].id])
    with pytest.raises(MirrorError, match="try again"):
        list(reading)


def test_of_two_writers_of_a_store_the_first_to_end_is_told(opened: Open, stock: Shop) -> None:
    engine = opened()
    if not isinstance(engine, QdrantEngine):
        pytest.skip("has transactions or locks")
    upsert(engine, *stock, embedder=EMBEDDER)

    def while_another_writes() -> None:
        with engine.writing(About(EMBEDDER, 16)) as change:
            change.drop([stock[0][0].id])
            upsert(engine, *stock, embedder=EMBEDDER)

    with pytest.raises(MirrorError, match="by somebody else meanwhile"):
        while_another_writes()


def test_two_stores_are_written_at_the_same_time(stock: Shop, postgres: str) -> None:
    url = f"{postgres}#two"
    with closing(open_engine(url, "oslo")) as oslo, closing(open_engine(url, "rome")) as rome:
        upsert(oslo, *stock, embedder=EMBEDDER)
        with oslo.writing(About(EMBEDDER, 16)) as change:
            change.drop([stock[0][0].id])
            upsert(rome, *stock, embedder=EMBEDDER)
            assert rome.count() == 400
        assert oslo.count() == 399


def test_an_approximate_index_in_the_same_table_does_not_make_the_answer_approximate(
    stock: Shop, postgres: str
) -> None:
    psycopg = pytest.importorskip("psycopg")
    with closing(open_engine(f"{postgres}#hnsw", "oslo")) as engine:
        upsert(engine, *stock, embedder=EMBEDDER)
        with psycopg.connect(postgres, autocommit=True) as connection:
            connection.execute("CREATE INDEX ON hnsw USING hnsw (embedding vector_ip_ops) WITH (m = 2)")
            connection.execute("ALTER DATABASE postgres SET enable_seqscan = off")
    try:
        with closing(open_engine(f"{postgres}#hnsw", "oslo")) as engine:
            for vector in stock[1][:20]:
                wanted = Filter(categories=("trousers",), gender="women")
                assert engine.query(vector, wanted, embedder=EMBEDDER) == expected(stock, vector, wanted, 8)
    finally:
        with psycopg.connect(postgres, autocommit=True) as connection:
            connection.execute("ALTER DATABASE postgres RESET enable_seqscan")


def test_a_vector_without_direction_is_refused(opened: Open, stock: Shop) -> None:
    engine = opened()
    with pytest.raises(MirrorError, match="no direction"):
        upsert(engine, stock[0][:1], np.zeros((1, 16), np.float32), embedder=EMBEDDER)
    upsert(engine, *stock, embedder=EMBEDDER)
    with pytest.raises(MirrorError, match="no direction"):
        engine.query(np.zeros(16, np.float32), embedder=EMBEDDER)
    with pytest.raises(UsageError, match="ask for 1 or more"):
        engine.query(stock[1][0], k=0, embedder=EMBEDDER)


@pytest.mark.parametrize(("url", "says"), [
    ("ftp://u:geheim@host/x", "engine 'ftp://': is unknown"),
    ("postgresql://u:ge@heim:1@host:x/db", "cannot be read"),
    ("https://:geheim@host:bad", "cannot be read"),
    ("postgresql://u:geheim@127.0.0.1:1/db", r"postgresql://127.0.0.1:1/db: cannot be used"),
    ("postgresql://u@127.0.0.1/db#Robert');DROP", "use small letters"),
    ("no such folder", "is no folder"),
])
def test_what_is_no_engine_is_said_in_one_line_without_the_password(url: str, says: str) -> None:
    if url.startswith("postgresql"):
        pytest.importorskip("psycopg", reason="psycopg is not installed: pip install '.[dev]'")
    with pytest.raises(MirrorError, match=says) as told:
        open_engine(url, "oslo")
    assert "geheim" not in str(told.value)
    assert "\n" not in str(told.value)


def test_a_server_that_is_away_is_said_without_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("qdrant_client", reason="qdrant-client is not installed")
    with closing(open_engine("http://:geheim@127.0.0.1:1", "oslo")) as engine:
        with pytest.raises(MirrorError, match=r"^http://127.0.0.1:1: cannot be used") as told:
            engine.about()
        assert "geheim" not in str(told.value)


@pytest.mark.parametrize(("module", "url", "extra"), [
    ("qdrant_client", "https://qdrant.example:6333", "qdrant"), ("psycopg", "postgresql://u@db.example/x", "pgvector"),
])
def test_an_engine_whose_package_is_missing_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, module: str, url: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MirrorError, match=rf"pip install 'smart-mirror\[{extra}\]'"):
        open_engine(url, "oslo")


def test_a_store_that_would_leave_the_folder_is_refused(tmp_path: Path) -> None:
    for store in ("../x", "", "a/b", ".hidden"):
        with pytest.raises(UsageError, match="letters, digits"):
            open_engine(str(tmp_path), store)


class Refusing(BaseHTTPRequestHandler):
    """A server that keeps the keys it is given and lets nobody in."""

    keys: ClassVar[list[str | None]] = []

    def do_GET(self) -> None:
        self.keys.append(self.headers.get("api-key"))
        self.send_response(403)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


def test_the_key_comes_from_the_environment_and_a_refusal_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("qdrant_client", reason="qdrant-client is not installed")
    monkeypatch.setenv("QDRANT_API_KEY", "geheim")
    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            engine = open_engine(f"http://127.0.0.1:{server.server_port}", "oslo")
            with closing(engine), pytest.raises(MirrorError, match="refuses the key; set QDRANT_API_KEY") as told:
                engine.about()
        finally:
            server.shutdown()
            thread.join()
    assert Refusing.keys == ["geheim"]
    assert "geheim" not in str(told.value)


def test_a_server_gets_an_index_for_each_part_of_a_filter(tmp_path: Path, stock: Shop) -> None:
    pytest.importorskip("qdrant_client", reason="qdrant-client is not installed")
    with closing(open_engine(f"qdrant:{tmp_path / 'q'}", "oslo")) as engine:
        assert isinstance(engine, QdrantEngine)
        engine._server = True  # the folder takes a server's calls, and does nothing about the indexes
        made: list[str] = []
        engine._client.create_payload_index = lambda name, key, field_schema: made.append(key)
        upsert(engine, *stock, embedder=EMBEDDER)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert engine.query(stock[1][0], embedder=EMBEDDER) == expected(stock, stock[1][0], Filter(), 8)
    assert made == ["store", "category", "gender", "ages", "sizes", "styles", "size_free", "stocked", "price"]
