"""One picture from a URL, within the rules: hosts, addresses, redirects, times, bytes.

Only the standard library speaks here, over a socket of our own: the address is checked after the name was resolved and
that very address is connected to, at each redirect anew. No proxy of the environment is used, no cookie kept, and
nothing is sent but the URL, the version of this program and what the server itself said of an earlier answer.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urljoin

from catalog.pictures.address import Target, check_address, target_of
from catalog.pictures.rules import PictureError, PictureRules
from catalog.pictures.shape import check_size

AGENT = "smart-mirror-catalog"
_CHUNK = 1 << 16
_LOOK_S = 1.0
"""How often a silent read looks whether it was stopped."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""What a server says when another try may help."""


@dataclass(frozen=True)
class Answer:
    """What a server gave: the picture's bytes, None when it is the one that was had already; and what to ask with the
    next time."""

    data: bytes | None
    etag: str = ""
    modified: str = ""


def fetch(
    url: str, rules: PictureRules, *, etag: str = "", modified: str = "", stop: threading.Event | None = None
) -> Answer:
    """Ask once. etag, modified: what the server said of the picture that is here. stop: ends it within a second (within
    ``connect_s`` while it connects). Raises PictureError."""
    clock = _Clock(time.monotonic() + rules.total_s, rules.read_s, stop or threading.Event())
    was_https = False
    asked = url
    for _ in range(rules.redirects + 1):
        target = target_of(asked, rules)
        if was_https and target.scheme != "https":
            raise PictureError(f"is redirected from https to {asked[:80]}")
        was_https = target.scheme == "https"
        with _asked(target, rules, clock, etag, modified) as answer:
            if answer.status not in _REDIRECTS:
                return _taken(answer, rules, bool(etag or modified))
            asked = urljoin(asked, answer.headers.get("Location", ""))
    raise PictureError(f"is redirected more than {rules.redirects} times")


def _taken(answer: http.client.HTTPResponse, rules: PictureRules, was_here: bool) -> Answer:
    said = answer.headers.get("ETag", ""), answer.headers.get("Last-Modified", "")
    if answer.status == 304 and was_here:
        return Answer(None, *said)
    if answer.status != 200:
        words = f"{answer.status} {answer.reason}".strip()[:80]
        raise PictureError(f"cannot be fetched: the server says {words}", again=answer.status in _PASSING)
    if answer.headers.get("Content-Encoding", "identity").strip().lower() not in ("identity", ""):
        raise PictureError("comes compressed, which was not asked for")
    if answer.length is not None:
        check_size(answer.length, rules)
    data = bytearray()
    while chunk := answer.read(_CHUNK):
        data += chunk
        check_size(len(data), rules)
    if answer.length:
        raise PictureError(f"was cut off after {len(data)} bytes", again=True)
    return Answer(bytes(data), *said)


@contextmanager
def _asked(
    target: Target, rules: PictureRules, clock: _Clock, etag: str, modified: str
) -> Iterator[http.client.HTTPResponse]:
    """The answer to a GET, its body unread."""
    try:
        with _connected(target, rules, clock) as line:
            connection = (
                http.client.HTTPSConnection(target.host, target.port, context=_context()) if target.scheme == "https"
                else http.client.HTTPConnection(target.host, target.port)
            )
            connection.sock = _Timed(line, clock)  # type: ignore[assignment]
            connection.putrequest("GET", target.path, skip_accept_encoding=True)
            for name, value in (
                ("User-Agent", AGENT), ("Accept", "image/*"), ("Accept-Encoding", "identity"), ("Connection", "close"),
                ("If-None-Match", etag), ("If-Modified-Since", modified),
            ):
                if value:
                    connection.putheader(name, value)
            connection.endheaders()
            yield connection.getresponse()
    except ssl.SSLError as error:
        reason = error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else error.reason
        raise PictureError(f"cannot be fetched: {target.host} has no good certificate ({reason})") from None
    except TimeoutError:
        raise PictureError(f"cannot be fetched: {target.host} took too long", again=True) from None
    except OSError as error:
        raise PictureError(f"cannot be fetched: {target.host}: {error.strerror or error}", again=True) from None
    except http.client.IncompleteRead as error:
        raise PictureError(f"was cut off after {len(error.partial)} bytes", again=True) from None
    except http.client.HTTPException as error:
        words = " ".join(str(error).split())[:80] or type(error).__name__
        raise PictureError(f"cannot be fetched: {target.host} speaks no HTTP ({words})", again=True) from None
    except ValueError as error:  # a header or path with a line break
        raise PictureError(f"cannot be fetched: {str(error)[:80]}") from None


@contextmanager
def _connected(target: Target, rules: PictureRules, clock: _Clock) -> Iterator[socket.socket]:
    """A socket to one of the host's addresses, each checked before it is connected to. All must pass: a name with a
    public and a private address is up to something."""
    found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    for *_, place in found:
        check_address(str(place[0]), target)
    failure: OSError = TimeoutError()
    for family, kind, protocol, _, place in found:
        left = clock.left()
        line = socket.socket(family, kind, protocol)
        try:
            line.settimeout(min(rules.connect_s, left))
            line.connect(place)
        except OSError as error:
            line.close()
            failure = error
            continue
        with line:
            if target.scheme == "https":
                with _context().wrap_socket(line, server_hostname=target.host) as secure:
                    yield secure
            else:
                yield line
        return
    raise failure


@cache
def _context() -> ssl.SSLContext:
    return ssl.create_default_context()


@dataclass(frozen=True)
class _Clock:
    """When a try must be over (seconds of the monotonic clock), how long it may be silent, and who stops it."""

    deadline: float
    read_s: float
    stop: threading.Event

    def left(self) -> float:
        """Seconds that are left. Raises TimeoutError when there are none."""
        left = self.deadline - time.monotonic()
        if left <= 0 or self.stop.is_set():
            raise TimeoutError
        return left


class _Timed:
    """A socket as http.client needs it, of which no read goes on past the deadline however slowly bytes drip."""

    def __init__(self, line: socket.socket, clock: _Clock) -> None:
        self._line, self._clock = line, clock

    def sendall(self, data: Any) -> None:
        self._line.settimeout(min(self._clock.read_s, self._clock.left()))
        self._line.sendall(data)

    def makefile(self, mode: str = "rb", buffering: int = -1) -> io.BufferedReader:
        return io.BufferedReader(_Bytes(self))

    def receive(self, into: Any) -> int:
        silent_from = time.monotonic()
        while True:
            self._line.settimeout(min(_LOOK_S, self._clock.left()))
            try:
                return self._line.recv_into(into)
            except TimeoutError:
                if time.monotonic() - silent_from >= self._clock.read_s:
                    raise

    def close(self) -> None:
        """The socket is closed by who opened it: the answer is still being read."""


class _Bytes(io.RawIOBase):
    def __init__(self, line: _Timed) -> None:
        self._line = line

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        return self._line.receive(into)
