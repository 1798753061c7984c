"""What was embedded already, by content: a build that was killed goes on where it was, and the next embeds only
pictures that changed."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from mirror.domain import FloatArray, MirrorError

KEEP_EVERY_S = 1.0
"""Seconds of work that a kill may cost."""

FILE = "embedded.sqlite"


class Embedded:
    """Vectors (float32, as the index gets them) and main colours by picture and embedder, in a file."""

    def __init__(self, folder: Path, embedder: str, with_colours: bool) -> None:
        """Raises MirrorError when the folder cannot be made or the file is damaged."""
        self._salt = f"{embedder}\n{with_colours}\n".encode()
        self._path = folder / FILE
        self._kept_at = time.monotonic()
        self._made = not folder.exists()
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            raise MirrorError(f"{folder}: cannot be made ({error.strerror})") from None
        with self._plainly():
            self._store = sqlite3.connect(self._path)
            self._store.execute("CREATE TABLE IF NOT EXISTS embedded (key BLOB PRIMARY KEY, vector BLOB, colours TEXT)")

    def key(self, picture: Path) -> bytes:
        """SHA-256 of the embedder's name and the picture's bytes. Raises OSError."""
        digest = hashlib.sha256(self._salt)
        with open(picture, "rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
        return digest.digest()

    def get(self, key: bytes) -> tuple[FloatArray, tuple[str, ...]] | None:
        """The vector float32 (dim,) and the colours, or None."""
        with self._plainly():
            found = self._store.execute("SELECT vector, colours FROM embedded WHERE key = ?", (key,)).fetchone()
        if found is None:
            return None
        return np.frombuffer(found[0], np.float32), tuple(found[1].split())

    def put(self, key: bytes, vector: FloatArray, colours: tuple[str, ...]) -> None:
        """Keep one; it is on the disk within KEEP_EVERY_S of work, or at :meth:`close`."""
        with self._plainly():
            self._store.execute(
                "INSERT OR REPLACE INTO embedded VALUES (?, ?, ?)",
                (key, np.asarray(vector, np.float32).tobytes(), " ".join(colours)),
            )
            if time.monotonic() - self._kept_at > KEEP_EVERY_S:
                self._store.commit()
                self._kept_at = time.monotonic()

    def close(self) -> None:
        """Keep what there is, also of a build that failed. A folder made for nothing goes again."""
        with self._plainly():
            self._store.commit()
            empty = self._store.execute("SELECT 1 FROM embedded LIMIT 1").fetchone() is None
            self._store.close()
        if self._made and empty:
            self._path.unlink()
            self._path.parent.rmdir()

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise MirrorError(
                f"{self._path}: cannot be used ({error}); end another build of the same catalogue, or free the disk"
            ) from None
        except sqlite3.Error as error:
            raise MirrorError(f"{self._path}: cannot be used ({error}); remove it, the build makes it anew") from None
