"""The admin page over real HTTP, and in a real browser where there is one."""

from __future__ import annotations

import http.client
import json
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from driver import browser_or_skip

from mirror import cli
from mirror.config import load_settings
from mirror.domain import UsageError
from mirror.service import admin_password
from mirror.service.admin import TRIES, AdminServer, loopback, main
from mirror.service.admin_config import with_values, write_settings
from mirror.service.admin_password import Password, password_file, set_password

WORD = "a long password"
TOML = '# our shop\n[ui]\ntheme = "light"  # by day\n\n[camera]\nfps = 25\n'


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AdminServer]:
    monkeypatch.setattr(admin_password, "N", 2**4)  # the cost is told by the file; a test need not pay it
    config = tmp_path / "mirror.toml"
    config.write_text(TOML)
    set_password(config, WORD)
    made = AdminServer(config, port=0, clock=lambda: made_at[0])
    made_at[0] = 100.0
    made.start()
    yield made
    made.close()


made_at = [100.0]


class Browser:
    """Keeps a cookie, as a browser does."""

    def __init__(self, port: int) -> None:
        self.port, self.cookie = port, ""

    def ask(
        self, method: str, path: str, form: dict[str, Any] | None = None, **headers: str,
    ) -> tuple[int, str, http.client.HTTPMessage]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        sent = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded", **headers}
        connection.request(method, path, urlencode(form, doseq=True) if form is not None else None, sent)
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        if answer.headers["Set-Cookie"]:
            self.cookie = answer.headers["Set-Cookie"].split(";")[0]
        return answer.status, body, answer.headers

    def sign_in(self, word: str = WORD) -> int:
        return self.ask("POST", "/sign-in", {"password": word})[0]

    def token(self) -> str:
        found = re.search(r'name="token" value="([^"]+)"', self.ask("GET", "/")[1])
        assert found
        return found[1]


FORM = {"ui.theme": "dark", "ui.language": "en", "privacy.consent": "off", "handoff.url": "",
        "shop.categories": ["dress", "shoes"], "ui.reduced_motion": "on", "phone.address": ""}


def test_a_shop_signs_in_changes_its_settings_and_signs_out(server: AdminServer) -> None:
    browser = Browser(server.port)
    assert "Password" in browser.ask("GET", "/")[1]
    assert browser.sign_in() == 303
    status, body, _ = browser.ask("POST", "/settings", FORM | {"token": browser.token()})
    assert (status, "Saved." in body) == (200, True)
    settings = load_settings(server.admin.config, environment={})
    assert (settings.ui.theme, settings.privacy.consent, settings.shop.categories) == ("dark", "off", "dress,shoes")
    assert settings.ui.reduced_motion
    assert not settings.privacy.estimates, "a tick that is taken away is off"
    assert settings.camera.fps == 25
    text = server.admin.config.read_text()
    assert text.startswith("# our shop\n"), "what the shop wrote itself was lost"
    assert browser.ask("POST", "/sign-out", {"token": browser.token()})[0] == 200
    assert "Password" in browser.ask("GET", "/")[1]


def test_telephones_are_let_in_with_an_address_only(server: AdminServer) -> None:
    browser = Browser(server.port)
    browser.sign_in()
    form = FORM | {"phone.remote": "on", "token": browser.token()}
    status, body, _ = browser.ask("POST", "/settings", form)
    assert (status, "address" in body) == (400, True)
    assert not load_settings(server.admin.config, environment={}).phone.serves
    assert browser.ask("POST", "/settings", form | {"phone.address": "192.168.1.20"})[0] == 200
    phone = load_settings(server.admin.config, environment={}).phone
    assert (phone.address, phone.remote, phone.looks) == ("192.168.1.20", True, False)


def test_what_the_loader_refuses_is_told_and_changes_nothing(server: AdminServer) -> None:
    browser = Browser(server.port)
    browser.sign_in()
    before = server.admin.config.read_bytes()
    for bad in ({"ui.theme": "pink"}, {"shop.categories": ["hats"]}, {"handoff.url": "ftp://x"},
                {"ui.theme": ["dark", "light"]}, {"handoff.url": '"]\n[camera]\nsource = "x'}):
        status, body, _ = browser.ask("POST", "/settings", FORM | {"token": browser.token()} | bad)
        assert status == 400
        assert "Saved" not in body
        assert server.admin.config.read_bytes() == before
    assert sorted(p.name for p in server.admin.config.parent.iterdir()) == ["mirror.admin.json", "mirror.toml"]


def test_nobody_changes_anything_without_session_and_token(server: AdminServer) -> None:
    before = server.admin.config.read_bytes()
    stranger, browser = Browser(server.port), Browser(server.port)
    assert stranger.ask("POST", "/settings", FORM)[0] == 403
    browser.sign_in()
    token = browser.token()
    assert browser.ask("POST", "/settings", FORM)[0] == 403
    assert browser.ask("POST", "/settings", FORM | {"token": token[:-1] + "x"})[0] == 403
    assert stranger.ask("POST", "/settings", FORM | {"token": token})[0] == 403
    assert browser.ask("POST", "/settings", FORM | {"token": token}, Origin="http://evil.example")[0] == 403
    assert browser.ask("GET", "/", Host="evil.example")[0] == 421
    assert server.admin.config.read_bytes() == before
    made_at[0] += 3600
    assert "Password" in browser.ask("GET", "/")[1], "a session does not live for ever"


def test_wrong_passwords_lock_for_a_minute(server: AdminServer) -> None:
    browser = Browser(server.port)
    assert [browser.sign_in("no") for _ in range(TRIES)] == [403] * TRIES
    assert browser.sign_in() == 429
    made_at[0] += 61
    assert browser.sign_in() == 303


def test_pages_load_nothing_and_tell_browsers_so(server: AdminServer) -> None:
    browser = Browser(server.port)
    for _ in range(2):
        _, body, headers = browser.ask("GET", "/")
        assert "http" not in body.replace("https://shop.example", "")
        assert "<script" not in body
        assert "src=" not in body
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert headers["Cache-Control"] == "no-store"
        browser.sign_in()
    assert browser.ask("POST", "/settings", {"x": "y" * 20000})[0] == 413
    assert browser.ask("GET", "/../mirror.toml")[0] == 404
    headers = browser.ask("POST", "/sign-in", {"password": WORD})[2]
    assert "HttpOnly" in headers["Set-Cookie"]
    assert "SameSite=Strict" in headers["Set-Cookie"]


def test_the_password_is_kept_as_a_hash_for_the_owner_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "mirror.toml"
    with pytest.raises(UsageError, match="no admin password yet"):
        Password(config)
    assert main(["--config", str(config)]) == 2
    assert cli.main(["admin", "--config", str(config)]) == 2
    assert "--set-password" in capsys.readouterr().err
    with pytest.raises(UsageError, match="has 5 characters"):
        set_password(config, "short")
    path = set_password(config, WORD)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    kept = json.loads(path.read_text())
    assert WORD not in path.read_text()
    assert kept["n"] >= 2**15
    assert Password(config).matches(WORD)
    assert not Password(config).matches(WORD + "x")
    path.chmod(0o644)
    with pytest.raises(UsageError, match="others may read it"):
        Password(config)
    assert path == password_file(config)


def test_values_are_set_in_place_and_comments_stay(tmp_path: Path) -> None:
    changed = with_values(TOML, {"ui": {"theme": "dark", "kiosk": True}, "privacy": {"consent": "off"}})
    config = tmp_path / "m.toml"
    config.write_text(changed)
    settings = load_settings(config, environment={})
    assert (settings.ui.theme, settings.ui.kiosk, settings.privacy.consent, settings.camera.fps) == (
        "dark", True, "off", 25)
    assert changed.startswith("# our shop\n[ui]\n")
    config.write_text('ui = { theme = "light" }\n')
    with pytest.raises(UsageError):
        write_settings(config, {"ui": {"theme": "dark"}})
    assert config.read_text() == 'ui = { theme = "light" }\n'


def test_only_this_machine_is_listened_to_unless_the_shop_says_so(server: AdminServer) -> None:
    assert server.server_address[0] == "127.0.0.1"
    assert [loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "192.168.1.4")] == [
        True, True, True, False, False]


def test_in_a_real_browser(server: AdminServer, tmp_path: Path) -> None:
    with browser_or_skip(tmp_path) as browser:
        browser.open(f"http://127.0.0.1:{server.port}/")
        browser.type("#password", WORD)
        browser.click("button")
        assert "Mirror: settings" in browser.text("//h1[contains(., 'settings')]")
        browser.click("select[name='ui.theme'] option:nth-child(2)")
        browser.click("input[name='shop.categories'][value='dress']")
        browser.click("button")
        assert "Saved." in browser.text("//p[contains(@class, 'told') and contains(., 'Saved')]")
        picture = os.environ.get("MIRROR_TEST_PICTURES")
        if picture:
            browser.picture(Path(picture) / "admin.png")
    settings = load_settings(server.admin.config, environment={})
    assert (settings.ui.theme, settings.shop.categories) == ("dark", "dress")
