"""Which engine a URL means."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from catalog.engines.contract import Engine, check_store
from catalog.engines.file import FileEngine
from catalog.engines.pgvector import PgvectorEngine
from catalog.engines.qdrant import QdrantEngine
from mirror.domain import UsageError

SCHEMES: dict[str, Callable[[str, str], Engine]] = {
    "http": QdrantEngine, "https": QdrantEngine, "qdrant": QdrantEngine,
    "postgresql": PgvectorEngine, "postgres": PgvectorEngine,
}
KINDS = "a folder, http(s)://HOST:6333 of Qdrant, or postgresql://USER@HOST/DATABASE"


def open_engine(url: str, store: str) -> Engine:
    """The engine at a URL (see the engines' classes; ``#NAME`` at its end names a catalogue of several) or in a folder,
    for one store. Raises UsageError for what is no such URL, MirrorError when the engine cannot be opened; neither
    quotes a password."""
    check_store(store)
    scheme, separator, rest = url.partition(":")
    if not separator or "/" in scheme or scheme not in (*SCHEMES, "file"):
        if "://" in url:
            raise UsageError(f"engine '{scheme}://': is unknown; give {KINDS}")
        return FileEngine(Path(url), store)
    if scheme == "file":
        return FileEngine(Path(unquote(rest.removeprefix("//"))), store)
    try:
        _ = urlsplit(url).port
    except ValueError:
        # its reason may quote a part of the password
        raise UsageError(f"the {scheme} URL cannot be read; write %40 for an @ in a name or password") from None
    return SCHEMES[scheme](url, store)
