"""A Darknet cfg: sections in order, each with its options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from export.checked import read_text
from mirror.domain import MirrorError


@dataclass(frozen=True)
class Section:
    """One ``[type]`` of the file. ``index`` counts layers as ``route`` and ``shortcut`` do: 0 after ``[net]``."""

    type: str
    options: Mapping[str, str]
    line: int
    index: int
    source: str

    def __str__(self) -> str:
        return f"{self.source}: layer {self.index} [{self.type}] of line {self.line}"

    def wrong(self, what: str) -> MirrorError:
        return MirrorError(f"{self}: {what}")

    def integers(self, key: str) -> list[int]:
        """Numbers with commas between; none when the option is absent."""
        try:
            return [int(part) for part in self.options.get(key, "").split(",") if part.strip()]
        except ValueError:
            raise self.wrong(f"{key}={self.options[key]} must be whole numbers") from None

    def numbers(self, key: str) -> list[float]:
        try:
            return [float(part) for part in self.options.get(key, "").split(",") if part.strip()]
        except ValueError:
            raise self.wrong(f"{key}={self.options[key]} must be numbers") from None

    def integer(self, key: str, default: int | None = None) -> int:
        """One whole number. Raises MirrorError when it is absent and there is no default."""
        found = self.integers(key)
        if len(found) == 1:
            return found[0]
        if found or default is None:
            raise self.wrong(f"needs one {key}=, has {len(found)}")
        return default

    def number(self, key: str, default: float) -> float:
        found = self.numbers(key)
        if len(found) > 1:
            raise self.wrong(f"needs one {key}=, has {len(found)}")
        return found[0] if found else default

    def text(self, key: str, default: str) -> str:
        return self.options.get(key, default)


def read_cfg(path: Path) -> tuple[Section, tuple[Section, ...]]:
    """The ``[net]`` section and the layers after it. Raises MirrorError, one line with the line number."""
    text = read_text(path, "Darknet cfg")
    sections: list[Section] = []
    options: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        line = "".join(line.split())
        if not line or line[0] in "#;":
            continue
        key, equals, value = line.partition("=")
        if line[0] == "[" and line[-1] == "]":
            options = {}
            sections.append(Section(line[1:-1].lower(), options, number, len(sections) - 1, path.name))
        elif not equals or not sections:
            raise MirrorError(
                f"{path}: is no Darknet cfg: line {number} is neither [section] nor key=value: {line[:40]!r}"
            )
        else:
            options[key] = value
    if not sections or sections[0].type not in ("net", "network") or len(sections) < 2:
        raise MirrorError(f"{path}: is no Darknet cfg: it must begin with [net] and have layers after it")
    return sections[0], tuple(sections[1:])
