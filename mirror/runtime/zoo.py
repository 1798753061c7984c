"""What `mirror models list` and `mirror models verify` say of the models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mirror.domain import MirrorError
from mirror.runtime.manifest import FULL_PRECISION, PRECISIONS, Manifest, ModelCard


def list_models(folder: Path | None = None, own: Path | None = None) -> list[dict[str, Any]]:
    """One mapping per model of the manifest, ready for JSON; ``bytes`` is None when the file is absent.

    ``variants`` has one mapping per precision, the full one first: ``precision``, ``file``, ``bytes``, ``sha256``,
    ``accuracy`` and ``default_for``, the providers that run it when no precision is asked for ("others": all that the
    card does not name). Raises MirrorError when the manifest itself cannot be read.
    """
    rows: list[dict[str, Any]] = []
    for card in Manifest.load(folder, own):
        rows.append({
            "name": card.name,
            "task": card.task,
            "decoder": card.decoder,
            "file": card.file,
            "bytes": _size(card.path),
            "sha256": card.sha256,
            "licence": card.licence,
            "origin": card.origin,
            "input": [list(spec.shape) for spec in card.inputs],
            "accuracy": dict(card.accuracy),
            "default": dict(card.default),
            "gate": dict(card.gate),
            "variants": _variants(card),
        })
    return rows


def _variants(card: ModelCard) -> list[dict[str, Any]]:
    def default_for(precision: str) -> list[str]:
        named = [provider for provider, default in card.default.items() if default == precision]
        return [*named, "others"] if precision == FULL_PRECISION else named

    rows = [{
        "precision": FULL_PRECISION, "file": card.file, "bytes": _size(card.path), "sha256": card.sha256,
        "accuracy": dict(card.accuracy), "default_for": default_for(FULL_PRECISION),
    }]
    for variant in card.variants.values():
        rows.append({
            "precision": variant.precision, "file": variant.file, "bytes": _size(variant.path),
            "sha256": variant.sha256, "accuracy": dict(variant.accuracy), "default_for": default_for(variant.precision),
        })
    # what TensorRT makes of the full graph by itself has no file
    for precision in PRECISIONS:
        if precision not in card.variants and default_for(precision):
            rows.append({
                "precision": precision, "file": "", "bytes": None, "sha256": "", "accuracy": {},
                "default_for": default_for(precision),
            })
    return rows


def models_table(rows: list[dict[str, Any]]) -> str:
    """The rows of :func:`list_models` for a person: a line per model, one per further precision, then the sum."""
    lines = []
    for row in rows:
        for variant in row["variants"]:
            full = variant["precision"] == FULL_PRECISION
            size = "missing" if variant["bytes"] is None else f"{variant['bytes'] / 1e6:.1f} MB"
            if not variant["file"]:
                size = "on device"
            alone = full and len(row["variants"]) == 1
            used = "" if alone else f"  runs on {', '.join(variant['default_for'])}" if variant["default_for"] else ""
            said = f"{row['task']}; {row['licence']}" if full else ""
            name = row["name"] if full else ""
            lines.append(f"{name:20} {variant['precision']:5} {size:>10}  {said}{used}".rstrip())
    total = sum(variant["bytes"] or 0 for row in rows for variant in row["variants"])
    return "\n".join([*lines, f"{'all':20} {'':5} {total / 1e6:7.1f} MB"])


def verify_models(folder: Path | None = None, provider: str = "cpu", own: Path | None = None) -> list[dict[str, Any]]:
    """Prove every file by its hash and by its recorded input and outputs, in every precision that the provider runs.

    One mapping each: ``name``, ``precision``, ``provider``, ``ok``, ``hash`` (the file is the manifest's),
    ``difference`` to the recorded outputs and the ``tolerance`` it must keep (None when it did not come to that), and
    ``problem``, "" when ok. One bad model does not hide the others. Raises MirrorError when the manifest itself cannot
    be read.
    """
    rows: list[dict[str, Any]] = []
    for card in Manifest.load(folder, own):
        runs = card.default.get(provider, FULL_PRECISION)
        wanted = (FULL_PRECISION, *card.variants)
        # fp16 on the CPU is emulated where nobody runs it, but it is the same file: it counts too
        for precision in wanted if provider == "cpu" else (runs,):
            rows.append(_verified(card, precision, provider))
    return rows


def _verified(card: ModelCard, precision: str, provider: str) -> dict[str, Any]:
    from mirror.runtime.sample import difference, mend, read_sample, tolerance
    from mirror.runtime.session import Session, check_file

    row: dict[str, Any] = {
        "name": card.name, "precision": precision, "provider": provider, "ok": False, "hash": False,
        "difference": None, "tolerance": None, "problem": "",
    }
    try:
        if precision == FULL_PRECISION or precision in card.variants:
            check_file(card, precision)
        row["hash"] = True
        sample = read_sample(card, precision)
        outputs = Session(card, provider, precision=precision).run(sample.input)
        row["tolerance"] = tolerance(card, precision)
        row["difference"] = off = difference(outputs, sample.outputs, precision)
        if not off <= row["tolerance"]:
            raise MirrorError(
                f"model '{card.name}' ({precision}): outputs are {off:.2g} off the recorded ones, "
                f"{row['tolerance']:.2g} may be: the file is the manifest's, but computes something else; {mend(card)}"
            )
        row["ok"] = True
    except MirrorError as error:
        row["problem"] = str(error)
    return row


def verified_table(rows: list[dict[str, Any]]) -> str:
    """The rows of :func:`verify_models` for a person, a line each."""
    lines = []
    for row in rows:
        said = row["problem"] or f"hash ok, output within {row['difference']:.1e} (may be {row['tolerance']:.0e})"
        lines.append(f"{row['name']:20} {row['precision']:5} {'ok' if row['ok'] else 'BAD':3}  {said}")
    return "\n".join(lines)


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None
