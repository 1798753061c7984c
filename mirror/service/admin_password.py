"""The admin page's password: kept as a salted scrypt hash in a file of its own that only its owner can read."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path

from mirror.domain import UsageError
from mirror.service.admin_config import write_atomically

N, R, P = 2**15, 8, 3
"""Cost of scrypt: 32 MiB and about a third of a second on a small PC; OWASP's password storage sheet names N = 2**15,
r = 8, p = 3 among its least."""
MEMORY = 64 * 2**20
LEAST_LENGTH = 10
MOST_LENGTH = 200


def password_file(config: Path) -> Path:
    """Where the hash lies: beside the configuration, ``mirror.toml`` -> ``mirror.admin.json``."""
    return config.with_suffix(".admin.json")


def set_password(config: Path, password: str) -> Path:
    """Keep the hash of a new password (mode 0600, atomically); returns its file.

    Raises:
        UsageError: it is too short or too long, or the file cannot be written.
    """
    if not LEAST_LENGTH <= len(password) <= MOST_LENGTH:
        raise UsageError(f"admin password: has {len(password)} characters; use {LEAST_LENGTH} to {MOST_LENGTH}")
    salt = secrets.token_bytes(16)
    kept = {"n": N, "r": R, "p": P, "salt": salt.hex(), "hash": _hashed(password, salt, N, R, P).hex()}
    path = password_file(config)
    write_atomically(path, json.dumps(kept), mode=0o600)
    return path


class Password:
    """The kept hash, read once. ``matches`` takes the same time for every wrong word.

    Raises:
        UsageError: there is none yet, it is damaged, or others may read it.
    """

    def __init__(self, config: Path) -> None:
        path = password_file(config)
        try:
            if os.name == "posix" and path.stat().st_mode & 0o077:
                raise UsageError(f"{path}: others may read it; run chmod 600 on it")
            kept = json.loads(path.read_text("utf-8"))
            self._cost = int(kept["n"]), int(kept["r"]), int(kept["p"])
            self._salt, self._hash = bytes.fromhex(kept["salt"]), bytes.fromhex(kept["hash"])
        except FileNotFoundError:
            raise UsageError(
                f"{path}: there is no admin password yet; set one with --set-password") from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UsageError(f"{path}: cannot be used ({error}); set the password again with --set-password") from None

    def matches(self, password: str) -> bool:
        """Whether this is the password."""
        if len(password) > MOST_LENGTH:
            return False
        return hmac.compare_digest(_hashed(password, self._salt, *self._cost), self._hash)


def _hashed(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(password.encode("utf-8"), salt=salt, n=n, r=r, p=p, maxmem=MEMORY)
