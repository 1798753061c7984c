"""What the shop may change on the admin page, and how it gets into mirror.toml: checked by the mirror's own loader,
comments kept, all or nothing."""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from mirror.config import Settings, load_settings, offered_categories
from mirror.domain import CATEGORIES, UsageError

Tree = Mapping[str, Mapping[str, Any]]
TABLE_LINE = re.compile(r"^\s*\[([A-Za-z0-9_-]+)\]\s*(#.*)?$")
ANY_TABLE = re.compile(r"^\s*\[")


@dataclass(frozen=True)
class Field:
    """One setting on the page. ``many``: a text of some ``choices`` with commas between, none of them meaning all."""

    table: str
    key: str
    label: str
    help: str
    many: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.table}.{self.key}"

    @property
    def hint(self) -> Any:
        return get_type_hints(get_type_hints(Settings)[self.table])[self.key]

    @property
    def choices(self) -> tuple[str, ...]:
        """What may be chosen; empty where it is a tick or a text."""
        return self.many or (get_args(self.hint) if get_origin(self.hint) is Literal else ())


FIELDS: tuple[Field, ...] = (
    Field("ui", "theme", "Theme", "auto turns dark in a dark shop; contrast: white on black"),
    Field("ui", "language", "Language", "what the mirror speaks when nobody chose"),
    Field("ui", "reduced_motion", "Reduced motion", "cards change by a cut"),
    Field("privacy", "consent", "Consent",
          "ask: she is asked first · given: for a lab, everybody is taken to agree · off: a plain mirror"),
    Field("privacy", "estimates", "Estimates", "age band and build may be estimated after a yes"),
    Field("shop", "categories", "Categories on offer", "none ticked: all", many=CATEGORIES),
    Field("handoff", "url", "Page behind the QR code", "such as https://shop.example/look?ids={ids}; empty: no code"),
    Field("phone", "address", "This machine's address for telephones",
          "on the shop's own network, such as 192.168.1.20; needed for the two below"),
    Field("phone", "remote", "Telephone as a remote", "a shopper's own, for one visit, by a code"),
    Field("phone", "looks", "Page of the look", "served here, behind the QR code, where there is no page above"),
)


def value_of(settings: Settings, field: Field) -> Any:
    """What a field is set to: a text, a truth, or the tuple of words of a field of many."""
    value = getattr(getattr(settings, field.table), field.key)
    return offered_categories(settings.shop) if field.many else value


def change(config: Path, form: Mapping[str, list[str]]) -> Settings:
    """Put a posted form into the file and return what now holds. A tick that is not posted is off.

    Raises:
        UsageError: a value that the loader refuses, or a file that cannot be read or written; nothing is changed.
    """
    tree: dict[str, dict[str, Any]] = {}
    for field in FIELDS:
        posted = form.get(field.name, [])
        value: Any
        if field.hint is bool:
            value = posted == ["on"]
        elif field.many:
            value = ",".join(posted)
        else:
            if len(posted) != 1:
                raise UsageError(f"{field.label}: not in the form; load the page again")
            value = posted[0].strip()
        tree.setdefault(field.table, {})[field.key] = value
    return write_settings(config, tree)


def write_settings(config: Path, tree: Tree) -> Settings:
    """Set these values in the file, all or none, keeping its other lines; returns the file's settings.

    Raises:
        UsageError: as :func:`change`.
    """
    try:
        before = config.read_text("utf-8") if config.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"config {config}: cannot be read ({error})") from None
    mode = (config.stat().st_mode & 0o777) if config.exists() else 0o644
    found: list[Settings] = []

    def check(unfinished: Path) -> None:
        try:
            settings = load_settings(unfinished, environment={})
        except UsageError as error:
            raise UsageError(str(error).replace(str(unfinished), str(config))) from None
        for table, values in tree.items():
            for key, value in values.items():
                if getattr(getattr(settings, table), key) != value:
                    raise UsageError(f"config {config}: [{table}] {key} is written in a way that cannot be changed "
                                     "here; write it on one line")
        found.append(settings)

    write_atomically(config, with_values(before, tree), mode=mode, check=check)
    return found[0]


def with_values(text: str, tree: Tree) -> str:
    """TOML text with these values (texts, truths, numbers) set; every other line stays as it was."""
    lines = text.splitlines()
    for table, values in tree.items():
        start = next((i for i, line in enumerate(lines) if (m := TABLE_LINE.match(line)) and m[1] == table), None)
        if start is None:
            lines += [*([""] if lines else []), f"[{table}]"]
            start = len(lines) - 1
        for key, value in values.items():
            end = next((i for i in range(start + 1, len(lines)) if ANY_TABLE.match(lines[i])), len(lines))
            line = f"{key} = {_toml(value)}"
            at = next((i for i in range(start + 1, end) if re.match(rf"^\s*{key}\s*=", lines[i])), None)
            if at is None:
                lines.insert(start + 1, line)
            else:
                lines[at] = line
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    """A JSON string is a TOML basic string, but for DEL, which TOML wants escaped."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def write_atomically(path: Path, text: str, *, mode: int, check: Any = None) -> None:
    """Write a file beside it, ``check`` that one, flush it to the disk, and put it in place at once.

    Raises:
        UsageError: the folder cannot be written; or whatever ``check`` raises. The old file stays.
    """
    unfinished = ""
    try:
        handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".new")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if check is not None:
            check(Path(unfinished))
        os.replace(unfinished, path)
        unfinished = ""
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror}); check the folder's rights") from None
    finally:
        if unfinished:
            with contextlib.suppress(OSError):
                os.unlink(unfinished)
