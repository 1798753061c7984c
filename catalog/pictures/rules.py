"""What may be fetched and unpacked, from where, and how much of it: ``[pictures]`` of a mapping.

    [pictures]
    urls = true                       # off by default
    hosts = ["cdn.shop.example", "*.shopcdn.example"]
    max_mb = 20
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from catalog.schema import RowError, nearest_word
from mirror.domain import MirrorError

MEGABYTE = 1_000_000


class PictureError(MirrorError):
    """Why a picture cannot be had, in words that follow "picture: ". ``again``: whether another try may help."""

    def __init__(self, reason: str, again: bool = False) -> None:
        super().__init__(reason)
        self.again = again

    def row(self, line: int, id: str) -> RowError:
        """The same as a row's error."""
        return RowError(line, "picture", str(self), id)


@dataclass(frozen=True)
class PictureRules:
    """The limits. Sizes in megabytes (10^6 bytes) and megapixels, times in seconds."""

    urls: bool = False
    """Whether pictures are fetched at all."""
    hosts: tuple[str, ...] = ()
    """Only these, when there are any; ``*.shop.example`` is every host below it. A host that is named whole may have a
    private address and any port."""
    max_mb: float = 20
    """Of one picture."""
    max_megapixels: float = 50
    connect_s: float = 5
    read_s: float = 10
    """Without a byte."""
    total_s: float = 60
    """Of one try, with its redirects."""
    redirects: int = 3
    at_once: int = 4
    tries: int = 3
    recheck_s: float = 3600
    """A picture that was asked for within this time is not asked for again."""
    store_mb: float = 20_000
    """All pictures that are kept beside an index."""
    unpacked_mb: float = 20_000
    """Of one archive, whatever is in it."""

    @classmethod
    def of(cls, path: Path, table: Mapping[str, Any]) -> PictureRules:
        """From the table of a TOML file. Raises MirrorError that names the entry which is wrong."""
        known = {field.name: getattr(cls(), field.name) for field in fields(cls)}
        found: dict[str, Any] = {}
        for name, value in table.items():
            if name not in known:
                raise MirrorError(f"{path}: [pictures] {name} is unknown; {nearest_word(name, known)}")
            if name == "urls":
                if not isinstance(value, bool):
                    raise MirrorError(f"{path}: [pictures] urls must be true or false")
            elif name == "hosts":
                if not isinstance(value, list) or not all(isinstance(host, str) and host for host in value):
                    raise MirrorError(f'{path}: [pictures] hosts must be a list such as ["cdn.shop.example"]')
                value = tuple(host.strip().lower() for host in value)
            else:
                low, high = _RANGES[name]
                whole = isinstance(known[name], int) and name in _WHOLE
                if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)) or not (
                    low <= value <= high
                ):
                    number = "a whole number" if whole else "a number"
                    raise MirrorError(f"{path}: [pictures] {name} must be {number} in {low:g}..{high:g}")
            found[name] = value
        return cls(**found)

    def names(self, host: str) -> bool:
        """Whether a host (in ASCII) is named whole."""
        return any(_ascii(one) == host for one in self.hosts)

    def allows(self, host: str) -> bool:
        """Whether a host is among the allowed ones; any is when none is named."""
        return not self.hosts or self.names(host) or any(
            pattern.startswith("*.") and host.endswith(_ascii(pattern)[1:]) for pattern in self.hosts
        )


def _ascii(host: str) -> str:
    """A host as a request has it: ``xn--...`` for other letters."""
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


_WHOLE = frozenset({"redirects", "at_once", "tries"})
_RANGES: Mapping[str, tuple[float, float]] = {
    "max_mb": (0.001, 1000), "max_megapixels": (0.001, 120), "connect_s": (0.1, 60), "read_s": (0.1, 60),
    "total_s": (0.1, 600), "redirects": (0, 10), "at_once": (1, 32), "tries": (1, 10), "recheck_s": (0, 30 * 86_400),
    "store_mb": (1, 1e7), "unpacked_mb": (1, 1e7),
}
