"""Which hosts and addresses pictures may be fetched from.

A feed is a stranger's text: a URL in it must not make the shop's computer ask its own network. The address that is
connected to is checked, not the name, so that a name which resolves to another address the next time gains nothing.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from catalog.pictures.rules import PictureError, PictureRules

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
PORTS = {"http": 80, "https": 443}
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""RFC 6052: the last 32 bits are an IPv4 address."""
_URL = re.compile(r"https?://", re.IGNORECASE)
_PATH_SAFE = "%/:=&?~#+!$,;'@()*[]"


class Target(NamedTuple):
    """Where a request goes: scheme, host in ASCII, port, the path with its query, and whether a private address is
    allowed because the host was named."""

    scheme: str
    host: str
    port: int
    path: str
    named: bool


def is_url(text: str) -> bool:
    """Whether a feed's picture is a URL."""
    return _URL.match(text) is not None


def target_of(url: str, rules: PictureRules) -> Target:
    """Where a URL leads. Raises PictureError when it may not be asked."""
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").rstrip(".").lower()
        host = host if ":" in host else host.encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        raise PictureError(f"'{url[:80]}' is no URL") from None
    scheme = parts.scheme.lower()
    if scheme not in PORTS or not host:
        raise PictureError(f"'{url[:80]}' is no URL of http or https")
    if parts.username is not None or parts.password is not None:
        raise PictureError("has a password in its URL; such URLs are not fetched")
    if not rules.allows(host):
        raise PictureError(f"is at {host}, which is none of the allowed hosts; add it to hosts in [pictures]")
    port = PORTS[scheme] if port is None else port
    named = rules.names(host)
    if port not in PORTS.values() and not named:
        raise PictureError(f"is at port {port} of {host}; name the host in hosts of [pictures] to allow that")
    path = quote(parts.path or "/", safe=_PATH_SAFE)
    query = f"?{quote(parts.query, safe=_PATH_SAFE)}" if parts.query else ""
    return Target(scheme, host, port, path + query, named)


def check_address(address: str, target: Target) -> None:
    """Raise PictureError when a host that was not named has an address that is not public."""
    if target.named:
        return
    ip = ipaddress.ip_address(address.partition("%")[0])
    if not all(_is_public(one) for one in _with_embedded(ip)):
        raise PictureError(
            f"is at {target.host}, whose address {ip} is private; name the host in hosts of [pictures] to allow it"
        )


def _is_public(ip: IpAddress) -> bool:
    return ip.is_global and not (
        ip.is_private or ip.is_loopback or ip.is_link_local or ip.is_multicast or ip.is_reserved or ip.is_unspecified
    )


def _with_embedded(ip: IpAddress) -> Iterator[IpAddress]:
    """The address that a packet ends at: IPv6 has several ways to write an IPv4 one."""
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            yield ip.ipv4_mapped
            return
        if ip in _NAT64:
            yield ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
            return
        if ip.sixtofour is not None:
            yield ip.sixtofour
        if ip.teredo is not None:
            yield from ip.teredo
    yield ip
