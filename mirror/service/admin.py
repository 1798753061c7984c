"""The shop's admin page: ``python -m mirror.service.admin --config mirror.toml`` on http://127.0.0.1:8470.

One password, sessions in memory only, a token in every form, one cookie that no script and no other site can use. It
changes mirror.toml and nothing else; it never sees a picture. Loopback unless the shop says otherwise.
"""

from __future__ import annotations

import argparse
import getpass
import hmac
import ipaddress
import secrets
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any

from mirror.config import load_settings
from mirror.domain import MirrorError, UsageError
from mirror.service.admin_config import change
from mirror.service.admin_page import POLICY, settings_page, sign_in
from mirror.service.admin_password import Password, set_password
from mirror.service.pages import PageHandler, PageServer

PORT = 8470
SESSION_S = 30 * 60.0
"""Without a request for as long, the session ends."""
SESSIONS_MOST = 16
TRIES, LOCK_S = 5, 60.0
"""After so many wrong passwords within the time nobody is let in until it is over."""
COOKIE = "mirror_admin"


@dataclass
class Session:
    """One who is signed in: the form's token, and when she last asked."""

    token: str
    used: float


@dataclass
class Admin:
    """What all requests share. ``clock`` in seconds, never going back."""

    config: Path
    password: Password
    clock: Callable[[], float] = time.monotonic
    sessions: dict[str, Session] = field(default_factory=dict)
    wrong: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def let_in(self, password: str) -> str | None:
        """The cookie of a new session, or None. Raises UsageError while locked."""
        # one at a time: guesses cannot run side by side
        with self.lock:
            now = self.clock()
            self.wrong = [then for then in self.wrong if now - then < LOCK_S]
            if len(self.wrong) >= TRIES:
                raise UsageError("Too many wrong passwords. Wait a minute.")
            if not self.password.matches(password):
                self.wrong.append(now)
                return None
            self.wrong.clear()
            cookie = secrets.token_urlsafe(32)
            self.sessions[cookie] = Session(secrets.token_urlsafe(32), now)
            while len(self.sessions) > SESSIONS_MOST:
                del self.sessions[min(self.sessions, key=lambda key: self.sessions[key].used)]
            return cookie

    def session(self, cookie: str) -> Session | None:
        """The living session of a cookie."""
        with self.lock:
            now = self.clock()
            self.sessions = {key: s for key, s in self.sessions.items() if now - s.used < SESSION_S}
            found = self.sessions.get(cookie)
            if found is not None:
                found.used = now
            return found

    def sign_out(self, cookie: str) -> None:
        with self.lock:
            self.sessions.pop(cookie, None)


class AdminServer(PageServer):
    """The server on (host, port); port 0 takes a free one. ``close`` joins every thread.

    Raises:
        UsageError: there is no password yet, the configuration is wrong, or the address cannot be taken.
    """

    def __init__(self, config: Path, host: str = "127.0.0.1", port: int = PORT, **options: Any) -> None:
        password = Password(config)
        if config.exists():
            load_settings(config, environment={})
        names = frozenset({host, "127.0.0.1", "localhost"} if loopback(host) else {host})
        super().__init__(host, port, _Handler, name="mirror-admin", what="admin page", names=names,
                         mend="give another --port")
        self.admin = Admin(config, password, **options)


class _Handler(PageHandler):
    server: AdminServer
    policy = POLICY

    def do_GET(self) -> None:
        if not self.addressed_here():
            return
        if self.path != "/":
            self._answer(404, "not here")
            return
        session = self.server.admin.session(self._cookie())
        self._show(session) if session is not None else self._answer(200, sign_in())

    def do_POST(self) -> None:
        if not self.addressed_here() or not self.from_here():
            return
        form = self.form()
        if form is None:
            return
        admin, cookie = self.server.admin, self._cookie()
        if self.path == "/sign-in":
            self._sign_in(form)
            return
        session = admin.session(cookie)
        if session is None:
            self._answer(403, sign_in("You were signed out. Sign in again."))
        elif not hmac.compare_digest(form.get("token", [""])[0].encode(), session.token.encode()):
            self._answer(403, sign_in("That form is not of this session. Load the page again."))
        elif self.path == "/sign-out":
            admin.sign_out(cookie)
            self._answer(200, sign_in(), cookie="")
        elif self.path == "/settings":
            try:
                with admin.lock:
                    change(admin.config, form)
                self._show(session, "Saved.")
            except UsageError as error:
                self._show(session, str(error), status=400)
        else:
            self._answer(404, "not here")

    def _sign_in(self, form: Mapping[str, list[str]]) -> None:
        try:
            cookie = self.server.admin.let_in(form.get("password", [""])[0])
        except UsageError as error:
            self._answer(429, sign_in(str(error)))
            return
        if cookie is None:
            self._answer(403, sign_in("That is not the password."))
            return
        self._answer(303, "", cookie=cookie, location="/")

    def _show(self, session: Session, told: str = "", status: int = 200) -> None:
        config = self.server.admin.config
        try:
            settings = load_settings(config if config.exists() else None, environment={})
        except UsageError as error:
            self._answer(500, f"{error}")
            return
        self._answer(status, settings_page(settings, session.token, told, wrong=status != 200))

    def _cookie(self) -> str:
        try:
            morsel = SimpleCookie(self.headers.get("Cookie", "")).get(COOKIE)
        except CookieError:
            return ""
        return "" if morsel is None else morsel.value

    def _answer(self, status: int, body: str, *, cookie: str | None = None, location: str = "") -> None:
        headers = {"Location": location} if location else {}
        if cookie is not None:
            age = "" if cookie else "; Max-Age=0"
            headers["Set-Cookie"] = f"{COOKIE}={cookie}; HttpOnly; SameSite=Strict; Path=/{age}"
        self.answer(status, body, headers=headers)


def loopback(host: str) -> bool:
    """Whether only this machine can reach it."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl+C; 0 when ended so."""
    parser = argparse.ArgumentParser(prog="mirror admin", description="The shop's admin page.",
                                     epilog="example: mirror admin --config mirror.toml")
    parser.add_argument("--config", type=Path, default=Path("mirror.toml"), help="file to change (default mirror.toml)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (default: this machine only)")
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--set-password", action="store_true", help="ask for a new password, keep its hash, and end")
    options = parser.parse_args(arguments)
    try:
        if options.set_password:
            typed = getpass.getpass("New admin password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
            print(f"{set_password(options.config, typed)}: kept (only its hash, for this user only)", file=sys.stderr)
            return 0
        server = AdminServer(options.config, options.host, options.port)
        if not loopback(options.host):
            print("mirror: admin page: others on this network can reach it, and its traffic is not encrypted; put a "
                  "TLS proxy before it", file=sys.stderr)
        print(f"mirror: admin page at http://{options.host}:{server.port}/ (Ctrl+C ends it)", file=sys.stderr)
        try:
            server.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            pass
        finally:
            server.server_close()
    except MirrorError as error:
        print(f"mirror: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
