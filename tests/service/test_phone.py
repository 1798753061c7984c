"""The pages for telephones over real HTTP: who may press, what is shown, what a look says, and all their limits."""

from __future__ import annotations

import http.client
import logging
import os
import re
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, urlencode

import cv2
import numpy as np
import pytest
from driver import browser_or_skip

from catalog.atomic import replacing
from catalog.index import Catalogue
from catalog.writer import write_index
from mirror.config import PhoneSettings, Settings, load_settings
from mirror.domain import Item, UsageError
from mirror.service.pages import ANSWERS_MOST, CALLERS_MOST, Allowance
from mirror.service.phone import ITEMS_MOST, STRANGERS, PhoneServer, phone_pages
from mirror.ui.phone import BURST, SILENT_S, WAITING_MOST, PhoneButton, PhoneLink, PhoneRow, PhoneView
from mirror.ui.screens import Intent, Pick

HERE = PhoneSettings(address="127.0.0.1", port=0, remote=True, looks=True)
VIEW = PhoneView("en", "Camel <b>coat</b>", "€79 · 1 / 6", rows=(
    PhoneRow((PhoneButton(Intent.SIMILAR, "Similar", True), PhoneButton(Intent.OUTFIT, "Complete the outfit")),
             kind="chips"),
    PhoneRow((PhoneButton(Intent.BACK, "Previous"), PhoneButton(Intent.FORWARD, "Next")), kind="pair"),
    PhoneRow(tuple(PhoneButton(Pick("size", size), size, size == "M") for size in "SML"), "Size", "chips"),
    PhoneRow((PhoneButton(Intent.STOP, "Stop"),), kind="stop"),
))


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def link(clock: Clock) -> PhoneLink:
    made = PhoneLink(clock)
    made.begin()
    made.show(VIEW)
    return made


def shop(folder: Path, ids: list[str], **changes: object) -> Path:
    """An index of these items, a picture each, in place of the one before."""
    for i in range(len(ids)):
        picture = np.full((900, 700, 3), (226, 230, 232), np.uint8)
        cv2.rectangle(picture, (150, 200), (550, 700), (90 + 30 * i, 140, 190), -1)
        cv2.imwrite(str(folder / f"{i}.png"), picture)
    items = [replace(Item(id, f"Piece {i} <i>", "shirt", ("S", "M"), "unisex", "", 1299.5, "EUR", f"{i}.png", ""),
                     **changes) for i, id in enumerate(ids)]  # type: ignore[arg-type]
    vectors = np.eye(len(ids), 8, dtype=np.float32)
    with replacing(folder / "shop.catalogue") as out:
        write_index(out, items, vectors, embedder="fake@0", pictures=".")
    return folder / "shop.catalogue"


@pytest.fixture
def server(tmp_path: Path, link: PhoneLink) -> Iterator[PhoneServer]:
    with Catalogue.open(shop(tmp_path, ["a/1", "b 2", "ü"])) as catalogue:
        made = PhoneServer(HERE, link=link, catalogue=catalogue)
        made.start()
        yield made
        made.close()


Answer = tuple[int, str, http.client.HTTPMessage]


def ask(server: PhoneServer, method: str, path: str, form: dict[str, str] | None = None, **headers: str) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=15)
    connection.request(method, path, None if form is None else urlencode(form),
                       {"Content-Type": "application/x-www-form-urlencoded", **headers})
    answer = connection.getresponse()
    body = answer.read().decode("utf-8", "replace")
    connection.close()
    return answer.status, body, answer.headers


def joined(server: PhoneServer) -> str:
    """The key of a phone that took the invitation up."""
    assert server.link
    path = f"/r/{server.link.invitation}"
    status, body, _ = ask(server, "GET", path)
    assert (status, "Use this phone" in body) == (200, True)
    assert server.link.invitation, "looking at a link takes nothing up: readers of codes look ahead"
    status, _, headers = ask(server, "POST", path, {})
    assert status == 303
    return headers["Location"].removeprefix("/p/")


# the remote


def test_a_phone_takes_the_invitation_up_and_presses_what_is_there(server: PhoneServer, link: PhoneLink) -> None:
    rung: list[str] = []
    link.on_press = lambda: rung.append(threading.current_thread().name)
    key = joined(server)
    status, body, _ = ask(server, "GET", f"/p/{key}")
    assert status == 200
    assert "Camel &lt;b&gt;coat&lt;/b&gt;" in body
    for word in ("forward", "size.L", "pause", "quit", "size.XXXL", ""):
        assert ask(server, "POST", f"/p/{key}/press", {"do": word})[0] == 303
    assert link.take() == (Intent.FORWARD, Pick("size", "L")), "what has no button means nothing"
    assert link.take() == ()
    assert len(rung) == 3, "the window looks when a phone came, and at each press"
    assert all(name.startswith("mirror-phone") for name in rung)


def test_one_phone_at_a_time_and_a_bystanders_link_is_over(server: PhoneServer, link: PhoneLink, clock: Clock) -> None:
    invitation = link.invitation
    key = joined(server)
    assert link.invitation == "", "the code is gone while a phone is there"
    for path in (f"/r/{invitation}", "/r/guess", "/p/guess", "/p/", "/r/"):
        status, body, _ = ask(server, "GET", path)
        assert (status, "This visit is over" in body) == (410, True), path
    assert ask(server, "POST", f"/r/{invitation}", {})[0] == 410
    clock.now += SILENT_S + 1
    assert link.invitation not in ("", invitation), "a phone that fell silent may be followed by another"
    other = joined(server)
    assert other != key
    assert ask(server, "POST", f"/p/{key}/press", {"do": "stop"})[0] == 410
    assert link.take() == ()


def test_the_link_dies_with_the_visit_and_tells_so_at_once(server: PhoneServer, link: PhoneLink) -> None:
    key = joined(server)
    number = re.search(r'data-number="(\d+)"', ask(server, "GET", f"/p/{key}")[1])
    assert number
    told: list[Answer] = []
    waiting = threading.Thread(target=lambda: told.append(ask(server, "GET", f"/p/{key}/state?after={number[1]}")))
    waiting.start()
    time.sleep(0.3)
    assert told == [], "a page that is up to date waits"
    assert ask(server, "POST", f"/p/{key}/press", {"do": "forward"})[0] == 303
    link.end()
    waiting.join(5)
    assert told[0][0] == 410
    assert "This visit is over" in told[0][1]
    assert link.take() == (), "what was pressed before the end is nobody's"
    assert ask(server, "GET", f"/p/{key}")[0] == 410
    link.begin()
    link.show(VIEW)
    assert ask(server, "GET", f"/p/{key}")[0] == 410, "the next visitor's link is another"
    assert (link._key, link.take()) == ("", ())


def test_a_page_hears_of_another_card_at_once(server: PhoneServer, link: PhoneLink) -> None:
    key = joined(server)
    number, _ = link.view(key) or (0, VIEW)
    told: list[str] = []
    waiting = threading.Thread(target=lambda: told.append(ask(server, "GET", f"/p/{key}/state?after={number}")[1]))
    waiting.start()
    link.show(replace(VIEW, title="Striped top"))
    waiting.join(5)
    assert "Striped top" in told[0]
    assert "<html" not in told[0]


def test_presses_never_pile_up_and_stop_goes_first(server: PhoneServer, link: PhoneLink, clock: Clock) -> None:
    key = joined(server)
    answers = [ask(server, "POST", f"/p/{key}/press", {"do": "forward"})[0] for _ in range(WAITING_MOST + 2)]
    assert answers == [303] * WAITING_MOST + [429] * 2
    assert ask(server, "POST", f"/p/{key}/press", {"do": "stop"})[0] == 303
    assert link.take() == (Intent.STOP,)
    allowed = 0
    for _ in range(20):
        allowed += ask(server, "POST", f"/p/{key}/press", {"do": "forward"})[0] == 303
        link.take()
    assert allowed == BURST - WAITING_MOST
    clock.now += 1.0
    assert ask(server, "POST", f"/p/{key}/press", {"do": "forward"})[0] == 303


def test_over_is_said_in_the_language_of_the_browser(server: PhoneServer) -> None:
    for heard, said in (("es-MX,es;q=0.9", "Esta visita ha terminado"), ("zh-CN", "本次体验已结束"), ("fr", "is over")):
        assert said in ask(server, "GET", "/p/old", **{"Accept-Language": heard})[1]


# the look


def test_a_look_is_read_from_the_catalogue_and_nothing_else(server: PhoneServer) -> None:
    path = f"/look?ids={quote('a/1', safe='')},{quote('ü')},gone,{quote('ü')}&in=es"
    status, body, headers = ask(server, "GET", path)
    assert status == 200
    assert re.findall(r"Piece \d &lt;i&gt;", body) == ["Piece 0 &lt;i&gt;", "Piece 2 &lt;i&gt;"]
    assert "1.299,50\u00a0€" in body
    assert "Talla: <bdi>S · M</bdi>" in body
    assert "<script" not in body
    assert "img-src 'self'" in headers["Content-Security-Policy"]
    sources = re.findall(r'src="([^"]+)"', body)
    assert sources == ["/picture?id=a%2F1", "/picture?id=%C3%BC"]
    assert not re.search(r"https?://", body)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=15)
    connection.request("GET", sources[0])
    answer = connection.getresponse()
    picture = cv2.imdecode(np.frombuffer(answer.read(), np.uint8), cv2.IMREAD_COLOR)
    connection.close()
    assert (answer.status, answer.headers["Content-Type"], picture.shape) == (200, "image/jpeg", (640, 498, 3))


def test_the_page_of_a_look_follows_a_catalogue_that_is_swapped(server: PhoneServer, tmp_path: Path) -> None:
    assert ask(server, "GET", "/look?ids=%C3%BC")[0] == 200
    shop(tmp_path, ["new", "b 2"], in_stock=False)
    status, body, _ = ask(server, "GET", "/look?ids=%C3%BC&in=zh")
    assert (status, "这些商品已不在店中" in body) == (404, True)
    assert "Sold out" in ask(server, "GET", "/look?ids=b%202")[1]
    assert ask(server, "GET", "/picture?id=new")[0] == 200
    (tmp_path / "0.png").write_bytes(b"no picture")
    assert ask(server, "GET", "/picture?id=new")[0] == 404


def test_looks_have_limits(server: PhoneServer) -> None:
    assert ask(server, "GET", "/look")[0] == 404
    assert ask(server, "GET", f"/look?ids={'x' * 5000}")[0] == 414
    late = ",".join([*(f"no{i}" for i in range(ITEMS_MOST)), "b%202"])
    assert ask(server, "GET", f"/look?ids={late}")[0] == 404, "more pieces than a look has"
    for path in ("/picture?id=../shop.catalogue", "/picture?id=", "/picture?id=0.png"):
        assert ask(server, "GET", path)[0] == 404
    assert 429 in [ask(server, "GET", "/look?ids=x")[0] for _ in range(80)]


# all pages


def test_pages_load_nothing_keep_nothing_and_tell_browsers_so(server: PhoneServer) -> None:
    key = joined(server)
    for path in (f"/p/{key}", f"/p/{key}/state", "/look?ids=b%202", "/p/old"):
        _, body, headers = ask(server, "GET", path)
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "same-origin")
        assert headers["Set-Cookie"] is None
        assert not re.search(r"https?://|localStorage|sessionStorage|document\.cookie|indexedDB", body)


def test_another_sites_names_and_forms_are_turned_away(server: PhoneServer, link: PhoneLink) -> None:
    key = joined(server)
    assert ask(server, "GET", f"/p/{key}", Host="evil.example")[0] == 421
    assert ask(server, "POST", f"/p/{key}/press", {"do": "stop"}, Origin="http://evil.example")[0] == 403
    assert ask(server, "POST", f"/p/{key}/press", {"do": "x" * 20000})[0] == 413
    assert ask(server, "PUT", f"/p/{key}/press", {"do": "stop"})[0] == 501
    assert link.take() == ()


def test_who_tries_links_out_is_slow_and_the_phone_that_is_there_is_not(server: PhoneServer) -> None:
    key = joined(server)
    answers = [ask(server, "GET", f"/p/{i}")[0] for i in range(int(STRANGERS[0]) + 10)]
    assert answers[0] == 410
    assert answers[-1] == 429
    assert ask(server, "GET", f"/p/{key}")[0] == 200


def test_silent_callers_keep_nobody_out_and_are_hung_up_on(server: PhoneServer) -> None:
    silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(CALLERS_MOST + 4)]
    assert ask(server, "GET", "/look?ids=b%202")[0] == 200
    assert sum(thread.name == "mirror-phone-answer" for thread in threading.enumerate()) <= ANSWERS_MOST
    began = time.monotonic()
    server.close()
    assert time.monotonic() - began < 3
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("mirror-phone")]
    for call in silent:
        call.close()


def test_nothing_of_who_asked_is_logged(
    server: PhoneServer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    key = joined(server)
    ask(server, "GET", "/look?ids=b%202")
    ask(server, "GET", f"/p/{key}")
    ask(server, "BREW", "/")
    assert caplog.text == ""
    assert "".join(capfd.readouterr()) == ""


def test_an_allowance_comes_back_with_time() -> None:
    clock = Clock()
    allowance = Allowance(2, 4, clock)
    assert [allowance.take() for _ in range(3)] == [True, True, False]
    clock.now += 0.25
    assert [allowance.take() for _ in range(2)] == [True, False]


def test_pages_are_off_unless_the_shop_says_so(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with phone_pages(Settings(), None) as pages:
        assert pages is None
    assert capsys.readouterr().err == ""
    with phone_pages(replace(Settings(), phone=HERE), None) as pages:
        assert pages
        assert (pages.looks, pages.look_url()) == (False, "")
        assert pages.link
    assert re.search(r"telephones: http://127\.0\.0\.1:\d+ serves a remote for one visit", capsys.readouterr().err)
    taken = socket.create_server(("127.0.0.1", 0))
    with pytest.raises(UsageError, match=r"\[phone\] address: 127\.0\.0\.1:\d+ cannot be taken"), phone_pages(
            replace(Settings(), phone=replace(HERE, port=taken.getsockname()[1])), None):
        pass
    taken.close()


@pytest.mark.parametrize(("phone", "told"), [
    ({"remote": True}, r"\[phone\] address is empty"), ({"address": "0.0.0.0"}, "the one address"),
    ({"address": "a b"}, "the one address"), ({"address": "x", "port": 70000}, r"\[phone\] port must lie in"),
])
def test_wrong_settings_are_one_line(phone: dict[str, object], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        load_settings(environment={}, overrides={"phone": phone})


def test_in_a_real_browser_of_a_phones_size(server: PhoneServer, link: PhoneLink, tmp_path: Path) -> None:
    pictures = os.environ.get("MIRROR_TEST_PICTURES")
    with browser_or_skip(tmp_path, (390, 844)) as browser:
        def shot(name: str) -> None:
            if pictures:
                browser.picture(Path(pictures) / f"phone-{name}.png")

        browser.open(f"{server.base}/r/{link.invitation}")
        shot("join")
        browser.click("button")
        assert browser.text("//h1[contains(., 'Camel')]") == "Camel <b>coat</b>"
        shot("look")
        browser.click("button[value=forward]")
        for _ in range(100):
            pressed = link.take()
            if pressed:
                break
            time.sleep(0.05)
        assert pressed == (Intent.FORWARD,)
        link.show(replace(VIEW, language="es", title="Jersey de punto"))
        assert browser.text("//main[@lang='es']//h1[contains(., 'Jersey')]") == "Jersey de punto"
        link.end()
        assert "over" in browser.text("//h1[contains(., 'over')]")
        shot("over")
        browser.open(f"{server.base}/look?ids=b%202,a%2F1&in=zh")
        assert browser.text("//h1[contains(., '你的搭配')]")
        assert browser.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
        shot("pieces")
        assert browser.evaluate("document.cookie + localStorage.length + sessionStorage.length") == "00"
