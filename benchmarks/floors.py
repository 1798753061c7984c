"""What a benchmark's figure must reach, and whether it did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Floor:
    """``figure`` (a key of the measured figures) must be at least or at most ``wanted``."""

    figure: str
    kind: Literal["at least", "at most"]
    wanted: float

    def told(self, figures: Mapping[str, Any]) -> dict[str, Any]:
        """``{"figure", "kind", "wanted", "got", "met"}``; a figure that is missing (None) is not met."""
        got = figures.get(self.figure)
        met = got is not None and (got >= self.wanted if self.kind == "at least" else got <= self.wanted)
        return {"figure": self.figure, "kind": self.kind, "wanted": self.wanted, "got": got, "met": met}


def floors_text(floors: Sequence[Mapping[str, Any]]) -> str:
    """``all met``, or the ones that are not, in words; empty when there are none."""
    if not floors:
        return ""
    missed = [
        f"{f['figure'].replace('_', ' ')} {f['kind']} {f['wanted']:g}, got {'none' if f['got'] is None else f['got']}"
        for f in floors if not f["met"]
    ]
    return "all met" if not missed else f"{len(floors) - len(missed)} of {len(floors)} met; not: {'; '.join(missed)}"
