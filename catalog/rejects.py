"""Rows of a feed that could not be used: their list as a file, and the first few reasons in one line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from catalog.atomic import replacing
from catalog.schema import RowError

REASONS_SHOWN = 3
"""Reasons in the one line about a feed of which no row could be used."""


def reasons(bad: Sequence[RowError]) -> str:
    """Why no row could be used."""
    if not bad:
        return "it has a header and no rows"
    more = f" (and {len(bad) - REASONS_SHOWN} more)" if len(bad) > REASONS_SHOWN else ""
    return "; ".join(str(error) for error in bad[:REASONS_SHOWN]) + more


def write_rejected(path: Path, bad: Sequence[RowError]) -> Path | None:
    """The list of rejected rows, one JSON object a line; an old list goes when there are none (then None)."""
    if not bad:
        path.unlink(missing_ok=True)
        return None
    with replacing(path) as out:
        for error in bad:
            out.write(json.dumps(error.document(), ensure_ascii=False).encode("utf-8", "replace") + b"\n")
    return path
