"""What all pages of the mirror share: a small HTTP server that is bounded in every way, and how it answers."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import logging
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from mirror.domain import UsageError

log = logging.getLogger(__name__)

BODY_MOST = 16 * 1024
SOCKET_S = 10.0
"""Who says nothing for as long is hung up on."""
ANSWERS_MOST = 24
"""Requests that are answered at once; the next one is hung up on."""
CALLERS_MOST = 16
"""From so many open connections on the oldest is hung up on, so that silent callers keep nobody out."""


class PageServer(HTTPServer):
    """A server on (host, port); port 0 takes a free one. Each answer has a thread, ``close`` joins every one.

    Args:
        name: of its threads.
        what: how messages call it.
        names: the host names, without a port, that it answers to.

    Raises:
        UsageError: the address cannot be taken.
    """

    allow_reuse_address = True

    def __init__(
        self, host: str, port: int, handler: type[PageHandler], *, name: str, what: str, names: frozenset[str],
        mend: str,
    ) -> None:
        self.name = name
        self._calls: dict[socket.socket, None] = {}
        self._answers: set[threading.Thread] = set()
        self._changed = threading.Lock()
        self._thread: threading.Thread | None = None
        try:
            super().__init__((host, port), handler)
        except OSError as error:
            raise UsageError(f"{what}: {host}:{port} cannot be taken ({error.strerror or error}); {mend}") from None
        self.port = int(self.server_address[1])
        self.hosts = frozenset(f"{word}:{self.port}" for word in names) | (names if self.port == 80 else frozenset())

    def server_bind(self) -> None:
        # HTTPServer would ask a name server who this is
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def start(self) -> None:
        """Serve on a thread of its own."""
        self._thread = threading.Thread(target=self.serve_forever, name=self.name, kwargs={"poll_interval": 0.1})
        self._thread.start()

    def close(self) -> None:
        """Stop serving, hang up and join."""
        if self._thread is not None:
            self.shutdown()
            self._thread.join()
            self._thread = None
        self.server_close()

    def server_close(self) -> None:
        super().server_close()
        with self._changed:
            answers = list(self._answers)
            for call in self._calls:
                _hang_up(call)
        for answer in answers:
            answer.join()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._changed:
            if len(self._answers) >= ANSWERS_MOST:
                self.shutdown_request(request)
                return
            if len(self._calls) >= CALLERS_MOST:
                oldest = next(iter(self._calls))
                del self._calls[oldest]
                _hang_up(oldest)
            self._calls[request] = None
            answer = threading.Thread(target=self._answer, args=(request, client_address), name=f"{self.name}-answer")
            self._answers.add(answer)
        answer.start()

    def _answer(self, request: Any, client_address: Any) -> None:
        try:
            self.finish_request(request, client_address)
        except OSError:
            pass  # the caller hung up
        except Exception as error:  # noqa: BLE001 - a page that fails must not end the mirror
            log.error("%s: %s: %s", self.name, type(error).__name__, error)
        finally:
            with self._changed:
                self._calls.pop(request, None)
                self._answers.discard(threading.current_thread())
            self.shutdown_request(request)


def _hang_up(call: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it was over
        call.shutdown(socket.SHUT_RDWR)


class PageHandler(BaseHTTPRequestHandler):
    """One request. What is asked for, and by whom, is in no log."""

    server: PageServer
    timeout = SOCKET_S
    server_version, sys_version = "mirror", ""
    policy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
    """The content security policy of every answer."""

    def addressed_here(self) -> bool:
        """Whether the mirror's own address was asked; a name of another site that leads here (DNS rebinding) is
        turned away."""
        if self.headers.get("Host", "") in self.server.hosts:
            return True
        self.answer(421, "not this mirror's address")
        return False

    def from_here(self) -> bool:
        """Whether a form is not another site's; that is turned away."""
        origin = self.headers.get("Origin")
        if origin is None or urlsplit(origin).netloc in self.server.hosts:
            return True
        self.answer(403, "from another site")
        return False

    def form(self) -> dict[str, list[str]] | None:
        """What was posted; None, and answered, where that is no form or too long."""
        try:
            length = int(self.headers.get("Content-Length", ""))
        except ValueError:
            length = -1
        if not 0 <= length <= BODY_MOST:
            self.answer(413, "too long")
            return None
        try:
            return parse_qs(self.rfile.read(length).decode("utf-8"), keep_blank_values=True, max_num_fields=100)
        except (ValueError, OSError):
            self.answer(400, "not a form")
            return None

    def answer(
        self, status: int, body: str | bytes, *, kind: str = "", headers: Mapping[str, str] | None = None,
    ) -> None:
        """Send ``body``; without a ``kind`` it is a page where it begins like one, else a plain line."""
        content = body.encode("utf-8") if isinstance(body, str) else body
        if not kind:
            kind = f"text/{'html' if content.startswith(b'<') else 'plain'}; charset=utf-8"
        self.send_response(status)
        for name, value in {
            "Content-Type": kind, "Content-Length": str(len(content)), "Content-Security-Policy": self.policy,
            "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cache-Control": "no-store",
            "Connection": "close", **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the standard library refuses by itself: in our words, and without repeating what was sent."""
        self.close_connection = True
        self.answer(code, "not understood")

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a path may hold what only she knows."""


class Allowance:
    """So many at once, and so many a second after that. Any thread.

    Args:
        clock: seconds, never going back.
    """

    def __init__(self, burst: float, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst, self._rate, self._clock = burst, per_second, clock
        self._left, self._at = burst, clock()
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Whether there is one left; it is gone then."""
        with self._lock:
            now = self._clock()
            self._left = min(self._burst, self._left + (now - self._at) * self._rate)
            self._at = now
            if self._left < 1:
                return False
            self._left -= 1
            return True


def digest(text: str) -> str:
    """A script or style as a content security policy names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
