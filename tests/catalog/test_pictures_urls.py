"""Pictures from URLs: a real server on loopback, a good one, a slow one, a lying one, and names that lead elsewhere."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from catalog.build import BuildReport, build
from catalog.index import Catalogue
from catalog.mapping import FeedMapping
from catalog.pictures import source as sources
from catalog.pictures.address import check_address, target_of
from catalog.pictures.fetch import fetch
from catalog.pictures.rules import PictureError, PictureRules
from catalog.pictures.source import Kept
from catalog.pictures.store import KEEP_UNUSED_S, Store
from catalog.publish import roll_back
from mirror.domain import FloatArray, ImageArray, MirrorError, UsageError
from mirror.service.feed_pictures import _shape, feed_pictures, store_of

HERE = PictureRules(
    urls=True, hosts=("127.0.0.1",), recheck_s=0, tries=2, total_s=5, read_s=2, connect_s=2, at_once=3,
)


class Shop(ThreadingHTTPServer):
    """Serves ``pictures``; what is odd about a path says ``odd``."""

    daemon_threads = True

    def __init__(self, pictures: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.pictures = pictures
        self.odd: dict[str, str] = {}
        self.asked: Counter[str] = Counter()
        self.sent: Counter[str] = Counter()
        self.headers: list[dict[str, str]] = []
        self.at_once = self.most_at_once = 0
        self.counting = threading.Lock()
        self.etags = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Answer(BaseHTTPRequestHandler):
    server: Shop

    def log_message(self, format: str, *values: object) -> None:
        pass

    def do_GET(self) -> None:
        shop, name = self.server, self.path.lstrip("/")
        with shop.counting:
            shop.asked[name] += 1
            shop.headers.append({key.lower(): value for key, value in self.headers.items()})
            shop.at_once += 1
            shop.most_at_once = max(shop.most_at_once, shop.at_once)
        try:
            self._answer(shop, name)
        except OSError:
            pass  # who asked has gone
        finally:
            with shop.counting:
                shop.at_once -= 1

    def _answer(self, shop: Shop, name: str) -> None:
        odd = shop.odd.get(name, "")
        if (odd == "once 503" and shop.asked[name] == 1) or odd == "503":
            return self.send_error(503)
        if odd.startswith("to "):
            self.send_response(302)
            self.send_header("Location", odd[3:])
            self.end_headers()
            return None
        if odd == "drip":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for _ in range(200):
                self.wfile.write(b"X: y\r\n")
                time.sleep(0.05)
            return None
        if odd == "silent":
            time.sleep(3)
            return None
        if odd == "endless":
            self.send_response(200)
            self.end_headers()
            while True:
                self.wfile.write(bytes(1 << 16))
        path = shop.pictures / name
        if not path.is_file():
            return self.send_error(404)
        data = path.read_bytes()
        etag = f'"{path.stat().st_mtime_ns}"'
        if shop.etags and self.headers.get("If-None-Match") == etag:
            self.send_response(304)
            self.end_headers()
            return None
        shop.sent[name] += 1
        self.send_response(200)
        if shop.etags:
            self.send_header("ETag", etag)
        if odd == "gzip":
            self.send_header("Content-Encoding", "gzip")
        if odd == "html":
            data = b"<html>sold out</html>"
        self.send_header("Content-Type", "image/png")  # whatever it is
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[:20] if odd == "cut" else data)
        return None


@pytest.fixture
def shop(feed: Any) -> Iterator[Shop]:
    """A server with the feed's pictures, and the feed with its URLs."""
    server = Shop(feed.pictures)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, name="shop")
    thread.start()
    for row in feed.rows:
        row["picture"] = f"{server.url}/{row['picture']}"
    feed.save()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def colour_grid(image: ImageArray) -> FloatArray:
    return image[:2, :2].reshape(-1).astype("float32") + 1


def run(feed: Any, rules: PictureRules = HERE, **options: Any) -> tuple[BuildReport, Any]:
    with Store(store_of(feed.out), rules) as store, Kept(store, rules, _shape, pause_s=0.01) as source:
        return build(feed.items, source, feed.out, colour_grid, "grid-1", **options), source.report


def reasons(report: BuildReport) -> dict[int, str]:
    return {error.line: error.reason for error in report.bad}


def test_urls_are_fetched_only_when_that_is_allowed(feed: Any, shop: Shop) -> None:
    with pytest.raises(MirrorError, match="is a URL; fetching is allowed by --picture-urls"):
        build(feed.items, feed.pictures, feed.out, colour_grid, "grid-1")
    with pytest.raises(UsageError, match="where are the pictures"), feed_pictures(
        None, store_of(feed.out), PictureRules()
    ):
        pass
    assert not shop.asked


def test_pictures_of_urls_are_kept_beside_the_index_where_the_cards_read_them(feed: Any, shop: Shop) -> None:
    report, brought = run(feed)
    assert (report.rows, report.left_out, brought.fetched) == (30, 0, 30)
    with Catalogue.open(feed.out) as catalogue:
        catalogue.verify()
        for item in catalogue.iter_items():
            number = next(row["picture"].rpartition("/")[2] for row in feed.rows if row["id"] == item.id)
            assert catalogue.picture(item).read_bytes() == (feed.pictures / number).read_bytes()
    assert 1 < shop.most_at_once <= HERE.at_once
    assert all(set(sent) <= {"host", "user-agent", "accept", "accept-encoding", "connection"} for sent in shop.headers)


@pytest.mark.parametrize("etags", [True, False])
def test_an_unchanged_picture_is_not_sent_or_not_written_again_and_a_changed_one_is(
    feed: Any, shop: Shop, etags: bool
) -> None:
    shop.etags = etags
    run(feed)
    clean = feed.out.read_bytes()
    kept = {path: path.stat().st_mtime_ns for path in store_of(feed.out).rglob("*.png")}
    report, brought = run(feed)
    assert (report.changed, brought.fetched, brought.unchanged) == (False, 0, 30)
    assert sum(shop.sent.values()) == (30 if etags else 60)
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    (feed.pictures / "3.png").write_bytes((feed.pictures / "4.png").read_bytes() + b"\0")
    report, brought = run(feed)
    assert (report.changed, brought.fetched) == (True, 1)
    assert feed.out.read_bytes() != clean
    roll_back(feed.out)
    with Catalogue.open(feed.out) as catalogue:  # the pictures of the index before are there too
        assert feed.out.read_bytes() == clean
        assert all(catalogue.picture(item).is_file() for item in catalogue.iter_items())


def test_a_picture_asked_for_lately_is_not_asked_for_again(feed: Any, shop: Shop) -> None:
    rules = PictureRules(urls=True, hosts=("127.0.0.1",))
    run(feed, rules)
    asked = sum(shop.asked.values())
    run(feed, rules)
    assert sum(shop.asked.values()) == asked == 30
    next(store_of(feed.out).rglob("*.png")).unlink()
    run(feed, rules)
    assert sum(shop.asked.values()) == 31


def test_one_url_in_many_rows_is_asked_for_once(feed: Any, shop: Shop) -> None:
    for row in feed.rows:
        row["picture"] = f"{shop.url}/0.png"
    feed.rows[7]["picture"] = feed.rows[9]["picture"] = f"{shop.url}/gone.png"
    feed.save()
    report, brought = run(feed)
    assert shop.asked == {"0.png": 1, "gone.png": 1}
    assert (report.rows, report.left_out, brought.fetched) == (28, 2, 1)


def test_what_cannot_be_had_is_a_rejected_row_with_its_reason_and_the_others_go_in(feed: Any, shop: Shop) -> None:
    shop.odd = {
        "1.png": "once 503", "2.png": "503", "3.png": "html", "4.png": "gzip", "5.png": "cut", "6.png": "to /7.png",
        "8.png": "to /8.png", "9.png": "endless", "10.png": "to file:///etc/passwd", "11.png": "silent",
    }
    (feed.pictures / "12.png").unlink()
    feed.rows[13]["picture"] = f"http://user:secret@127.0.0.1:{shop.server_address[1]}/13.png"
    feed.rows[14]["picture"] = "http://other.example/14.png"
    feed.rows[15]["picture"] = "15.png"
    feed.save()
    limits = PictureRules(urls=True, hosts=("127.0.0.1",), tries=2, read_s=0.3, total_s=5, max_mb=1)
    report, _ = run(feed, limits)
    assert reasons(report) == {
        4: "cannot be fetched: the server says 503 Service Unavailable",
        5: "is no picture; JPEG, PNG, WebP, BMP and TIFF are taken",
        6: "comes compressed, which was not asked for",
        7: "was cut off after 20 bytes",
        10: "is redirected more than 3 times",
        11: "is larger than 1 MB",
        12: "'file:///etc/passwd' is no URL of http or https",
        13: "cannot be fetched: 127.0.0.1 took too long",
        14: "cannot be fetched: the server says 404 Not Found",
        15: "has a password in its URL; such URLs are not fetched",
        16: "is at other.example, which is none of the allowed hosts; add it to hosts in [pictures]",
        17: "'15.png' is no URL, and there is no --pictures",
    }
    assert report.rows == 18
    # what may pass is tried again, what will not is not
    assert (shop.asked["1.png"], shop.asked["2.png"], shop.asked["5.png"]) == (2, 2, 2)
    assert (shop.asked["3.png"], shop.asked["12.png"], shop.asked["8.png"]) == (1, 1, 4)


def test_a_server_that_drips_is_cut_off_at_the_total_time(shop: Shop) -> None:
    shop.odd = {"1.png": "drip"}
    rules = PictureRules(urls=True, hosts=("127.0.0.1",), read_s=5, total_s=0.4)
    started = time.monotonic()
    with pytest.raises(PictureError, match="took too long"):
        fetch(f"{shop.url}/1.png", rules)
    assert time.monotonic() - started < 3


def test_a_host_that_is_away_is_given_up_and_kept_pictures_go_on(
    feed: Any, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "FAILURES_IN_A_ROW", 3)
    first = feed.rows.pop()
    feed.save()
    run(feed)
    feed.rows.append(first)
    feed.save()
    shop.odd = {f"{number}.png": "503" for number in range(30)}
    asked = sum(shop.asked.values())
    report, brought = run(feed)
    assert reasons(report) == {31: "cannot be fetched: 127.0.0.1 was given up after 3 failures in a row"}
    assert (report.rows, brought.kept) == (29, 29)
    # three failures, and what was asked for at the same time
    assert sum(shop.asked.values()) - asked <= HERE.tries * (3 + sources.AHEAD * HERE.at_once)


PRIVATE = (
    "127.0.0.1", "10.1.2.3", "192.168.0.9", "172.16.5.5", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
    "::1", "fe80::1%eth0", "fd00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "ff02::1", "::",
)


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_public_is_refused_however_it_is_written(address: str) -> None:
    target = target_of("https://cdn.shop.example/1.png", PictureRules(urls=True, hosts=("*.shop.example",)))
    with pytest.raises(PictureError, match=r"whose address .* is private"):
        check_address(address, target)
    check_address("93.184.216.34", target)
    check_address("2606:2800:220:1:248:1893:25c8:1946", target)
    named = target_of("http://nas.local:8080/1.png", PictureRules(urls=True, hosts=("nas.local",)))
    check_address(address, named)


def resolver(monkeypatch: pytest.MonkeyPatch, **answers: list[str]) -> list[str]:
    """Names that resolve as said, each time to the next address; the names that were asked for."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def resolve(host: str, port: int, *rest: Any, **more: Any) -> Any:
        key = host.replace(".", "_")
        if key not in answers:
            return real(host, port, *rest, **more)
        asked.append(host)
        address = answers[key].pop(0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


def test_each_redirect_is_checked_anew_at_the_address_that_would_be_connected_to(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.odd = {"1.png": "to http://rebind.example/2.png"}
    asked = resolver(monkeypatch, rebind_example=["127.0.0.1"])
    rules = PictureRules(urls=True, hosts=("127.0.0.1", "*.example"))
    with pytest.raises(PictureError, match=r"is at rebind.example, whose address 127.0.0.1 is private"):
        fetch(f"{shop.url}/1.png", rules)
    assert asked == ["rebind.example"]
    assert shop.asked == {"1.png": 1}


def test_a_name_is_resolved_once_and_the_address_that_was_checked_is_connected_to(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = resolver(monkeypatch, rebind_example=["93.184.216.34", "127.0.0.1"])
    went: list[Any] = []

    class Line(socket.socket):
        def connect(self, place: Any) -> None:
            went.append(place[0])
            raise TimeoutError

    monkeypatch.setattr(socket, "socket", Line)
    with pytest.raises(PictureError, match="took too long"):
        fetch("http://rebind.example/1.png", PictureRules(urls=True))
    assert (asked, went) == (["rebind.example"], ["93.184.216.34"])


@pytest.mark.parametrize(("url", "says"), [
    ("http://127.0.0.1/1.png", "is private"),
    ("http://2130706433/1.png", "is private"),
    ("http://[::1]/1.png", "is private"),
    ("http://[::ffff:127.0.0.1]/1.png", "is private"),
    ("http://shop.example:22/1.png", "is at port 22"),
    ("http:///1.png", "is no URL of http or https"),
    ("http://[bad/1.png", "is no URL"),
    ("http://shop.example:99999/1.png", "is no URL"),
    ("http://a..b/1.png", "is no URL"),
])
def test_urls_that_lead_to_the_shops_own_network_or_nowhere_are_refused(url: str, says: str) -> None:
    with pytest.raises(PictureError, match=says):
        fetch(url, PictureRules(urls=True))


def test_a_picture_that_nobody_uses_goes_a_month_later_and_one_that_an_index_has_stays(feed: Any, shop: Shop) -> None:
    run(feed)
    store = store_of(feed.out)
    row = feed.rows.pop()
    feed.save()
    run(feed)  # the index before still has it
    assert len(list(store.rglob("*.png"))) == 30
    (store / "ab").mkdir(exist_ok=True)
    (store / "ab" / "left.png").write_bytes(b"left by a killed build")
    later = time.time() + 2 * KEEP_UNUSED_S
    previous = feed.out.with_name(feed.out.name + ".previous")
    with Store(store, HERE) as opened:
        assert opened.sweep([feed.out, previous], now=later) == 1
        assert len(list(store.rglob("*.png"))) == 30
        assert opened.sweep([feed.out], now=later) == 1
    assert len(list(store.rglob("*.png"))) == 29
    feed.rows.append(row)
    feed.save()
    report, brought = run(feed)
    assert (report.rows, brought.fetched) == (30, 1)


def test_two_builds_do_not_fill_one_store_at_once(feed: Any, shop: Shop) -> None:
    with Store(store_of(feed.out), HERE), pytest.raises(MirrorError, match="is being filled by another build"):
        run(feed)


def test_pictures_of_a_folder_are_copied_when_others_come_from_urls(feed: Any, shop: Shop) -> None:
    feed.rows[3]["picture"] = "3.png"
    feed.rows[4]["picture"] = "none.png"
    feed.save()
    with feed_pictures(feed.pictures, store_of(feed.out), HERE) as source:
        report = build(feed.items, source, feed.out, colour_grid, "grid-1")
    assert reasons(report) == {6: "'none.png' is not in the picture folder"}
    assert report.rows == 29
    (feed.pictures / "3.png").write_bytes(b"gone")
    with Catalogue.open(feed.out) as catalogue:
        assert all(catalogue.picture(item).stat().st_size > 4 for item in catalogue.iter_items())


def test_a_mapping_says_what_may_be_fetched(tmp_path: Path) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text('[pictures]\nurls = true\nhosts = ["CDN.shop.example"]\nmax_mb = 2.5\ntries = 1\n')
    rules = FeedMapping.load(path).pictures
    assert (rules.urls, rules.hosts, rules.max_mb, rules.tries) == (True, ("cdn.shop.example",), 2.5, 1)
    assert (rules.allows("cdn.shop.example"), rules.allows("shop.example")) == (True, False)
    rules = PictureRules(urls=True, hosts=("*.größe.example", "*.shop.example"))
    assert target_of("https://cdn.größe.example/ä ö.png?a=ü", rules).path == "/%C3%A4%20%C3%B6.png?a=%C3%BC"
    assert (rules.allows("a.b.shop.example"), rules.allows("evilshop.example")) == (True, False)


@pytest.mark.parametrize(("line", "says"), [
    ("url = true", "url is unknown; did you mean 'urls'"), ("urls = 1", "urls must be true or false"),
    ('hosts = "cdn"', "hosts must be a list"), ("max_mb = 0", r"max_mb must be a number in 0.001..1000"),
    ("tries = 1.5", "tries must be a whole number in 1..10"), ("tries = true", "tries must be a whole number"),
])
def test_a_wrong_rule_is_named(tmp_path: Path, line: str, says: str) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text(f"[pictures]\n{line}\n")
    with pytest.raises(MirrorError, match=says):
        FeedMapping.load(path)


CHILD = """
import sys
from pathlib import Path
from catalog.pictures import store as stores
from catalog.build import build
from catalog.pictures.rules import PictureRules
from mirror.service.feed_pictures import feed_pictures
stores.KEEP_EVERY_S = 0
folder, stop = Path(sys.argv[1]), int(sys.argv[2])
def progress(done, total, rate):
    if done == stop:
        print("stop", flush=True)
        sys.stdin.read()
with feed_pictures(None, folder / "shop.catalogue.pictures", PictureRules(urls=True, hosts=("127.0.0.1",))) as source:
    build(folder / "items.csv", source, folder / "shop.catalogue",
          lambda image: image[:2, :2].reshape(-1).astype("float32") + 1, "grid-1", progress)
"""


@pytest.mark.parametrize("stop", [1, 13, 30])
def test_a_build_that_was_killed_as_it_fetched_goes_on_and_gives_the_same_bytes(
    feed: Any, shop: Shop, stop: int
) -> None:
    rules = PictureRules(urls=True, hosts=("127.0.0.1",))
    run(feed, rules)
    clean = feed.out.read_bytes()
    shutil.rmtree(store_of(feed.out))
    feed.out.unlink()
    shop.asked.clear()
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(feed.folder), str(stop)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2], env={**os.environ, "OMP_NUM_THREADS": "1"},
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline().strip() == b"stop"
        child.kill()
    run(feed, rules)
    assert feed.out.read_bytes() == clean
    # what a build has taken in is not asked for again; what was on its way when it was killed is
    assert all(shop.asked[f"{number}.png"] == 1 for number in range(stop))
    assert max(shop.asked.values()) <= 2


def test_https_is_fetched_from_a_host_that_its_certificate_names_only(
    feed: Any, shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed: it makes the certificate")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    secure = Shop(feed.pictures)
    secure.socket = context.wrap_socket(secure.socket, server_side=True)
    thread = threading.Thread(target=secure.serve_forever, kwargs={"poll_interval": 0.01}, name="secure-shop")
    thread.start()
    port = secure.server_address[1]
    rules = PictureRules(urls=True, hosts=("127.0.0.1", "localhost"), total_s=5)
    try:
        with pytest.raises(PictureError, match="localhost has no good certificate"):
            fetch(f"https://localhost:{port}/1.png", rules)
        trusting = ssl.create_default_context(cafile=str(certificate))
        monkeypatch.setattr("catalog.pictures.fetch._context", lambda: trusting)
        answer = fetch(f"https://localhost:{port}/1.png", rules)
        assert answer.data == (feed.pictures / "1.png").read_bytes()
        with pytest.raises(PictureError, match=r"127.0.0.1 has no good certificate"):
            fetch(f"https://127.0.0.1:{port}/1.png", rules)
        secure.odd = {"2.png": f"to {shop.url}/2.png"}
        with pytest.raises(PictureError, match="is redirected from https to http:"):
            fetch(f"https://localhost:{port}/2.png", rules)
    finally:
        secure.shutdown()
        thread.join()
        secure.server_close()


def test_a_build_that_is_stopped_ends_what_it_fetches(feed: Any, shop: Shop) -> None:
    shop.odd = {f"{number}.png": "silent" for number in range(5, 30)}

    def progress(done: int, total: int, rate: float) -> None:
        if done == 3:
            raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run(feed, PictureRules(urls=True, hosts=("127.0.0.1",), read_s=30, tries=1), progress=progress)
    assert time.monotonic() - started < 2.5
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("picture-fetch")]
