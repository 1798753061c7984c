"""What `mirror models list` and `mirror models verify` say of the models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mirror.domain import MirrorError
from mirror.runtime.manifest import Manifest


def list_models(folder: Path | None = None) -> list[dict[str, Any]]:
    """One mapping per model of the manifest, ready for JSON; ``bytes`` is None when the file is absent.

    Raises MirrorError when the manifest itself cannot be read.
    """
    rows: list[dict[str, Any]] = []
    for card in Manifest.load(folder):
        rows.append({
            "name": card.name,
            "task": card.task,
            "file": card.file,
            "bytes": card.path.stat().st_size if card.path.is_file() else None,
            "sha256": card.sha256,
            "licence": card.licence,
            "origin": card.origin,
            "input": [list(spec.shape) for spec in card.inputs],
            "accuracy": dict(card.accuracy),
        })
    return rows


def verify_models(folder: Path | None = None, provider: str = "cpu") -> list[dict[str, Any]]:
    """Load every model and run it once on zeros: ``{"name", "ok", "problem"}`` each, ``problem`` "" when ok.

    One bad model does not hide the others. Raises MirrorError when the manifest itself cannot be read.
    """
    from mirror.runtime.session import Session

    rows: list[dict[str, Any]] = []
    for card in Manifest.load(folder):
        problem = ""
        try:
            Session(card, provider=provider).warm_up()
        except MirrorError as error:
            problem = str(error)
        rows.append({"name": card.name, "ok": not problem, "problem": problem})
    return rows
