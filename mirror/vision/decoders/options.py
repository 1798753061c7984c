"""The ``[model.options]`` of a card, read with a kind. Every complaint is one line that names model and key."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from mirror.domain import MirrorError
from mirror.runtime.manifest import ModelCard

KNOWN: frozenset[str] = frozenset({
    "pad", "fit", "input_size",
    "skeleton", "box_margin", "seen_at", "output", "activation", "refine", "blur", "split", "score",
    "form", "strides", "decoded", "anchors", "scale_x_y", "categories", "score_threshold", "same_class_iou",
    "meaning", "bins", "female", "spread", "factor", "offset", "face_margin", "first_age", "male_from",
    "mask_is_logits", "region_margin",
})
"""Every key that some reader asks for. Others may stand on a card as notes, unless they look like one misspelt."""

ALIKE = 0.8
"""difflib's ratio from which an unknown key is taken for a misspelt one: "spilt" for "split", "bin" for "bins"."""


class Options:
    """The options of one card."""

    def __init__(self, card: ModelCard) -> None:
        """Raises MirrorError where a key looks like a misspelt one."""
        self.card = card
        self._values = card.options
        for key in self._values:
            near = get_close_matches(key, KNOWN, n=1, cutoff=ALIKE)
            if key not in KNOWN and near and near[0] not in self._values:
                raise self.wrong(key, f"is unknown; did you mean '{near[0]}'?")

    def wrong(self, key: str, what: str) -> MirrorError:
        """The complaint about a key."""
        return MirrorError(f"model '{self.card.name}': option '{key}' {what}")

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def number(
        self, key: str, default: float, *, least: float = float("-inf"), most: float = float("inf"),
    ) -> float:
        """A number within bounds."""
        value = self._values.get(key, default)
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not least <= value <= most:
            raise self.wrong(key, f"must be a number{_bounds(least, most)}, not {value!r}")
        return float(value)

    def flag(self, key: str, default: bool = False) -> bool:
        """True or false."""
        value = self._values.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, f"must be true or false, not {value!r}")
        return value

    def choice(self, key: str, allowed: Sequence[str], default: str) -> str:
        """One of some words."""
        value = self._values.get(key, default)
        if value not in allowed:
            raise self.wrong(key, f"must be one of {', '.join(allowed)}, not {value!r}")
        return str(value)

    def numbers(self, key: str, count: int | None = None) -> tuple[float, ...] | None:
        """An array of numbers, ``count`` of them where it is given; None when the card has no such key."""
        if key not in self._values:
            return None
        value = self._values[key]
        if not _is_numbers(value) or (count is not None and len(value) != count):
            raise self.wrong(key, f"must be an array of {'numbers' if count is None else f'{count} numbers'}")
        return tuple(float(v) for v in value)

    def pairs(self, key: str) -> tuple[tuple[float, float], ...] | None:
        """An array of pairs of numbers; None when the card has no such key."""
        if key not in self._values:
            return None
        value = self._values[key]
        if not isinstance(value, list) or not value or not all(_is_numbers(v) and len(v) == 2 for v in value):
            raise self.wrong(key, "must be an array of pairs of numbers")
        return tuple((float(a), float(b)) for a, b in value)

    def lists_of_pairs(self, key: str) -> tuple[tuple[tuple[float, float], ...], ...] | None:
        """An array of arrays of pairs of numbers; None when the card has no such key."""
        if key not in self._values:
            return None
        value = self._values[key]
        good = isinstance(value, list) and bool(value) and all(
            isinstance(entry, list) and entry and all(_is_numbers(v) and len(v) == 2 for v in entry) for entry in value
        )
        if not good:
            raise self.wrong(key, "must be an array, one entry a head, of arrays of [width, height]")
        return tuple(tuple((float(a), float(b)) for a, b in entry) for entry in value)

    def words(self, key: str) -> dict[str, str]:
        """A table of strings; empty when the card has no such key."""
        value = self._values.get(key, {})
        if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
            raise self.wrong(key, "must be a table of strings")
        return dict(value)

    def output(self, default: int = 0) -> int:
        """Which of the graph's outputs to read, by the name under ``output``."""
        names = [spec.name for spec in self.card.outputs]
        if "output" not in self._values:
            return default
        if self._values["output"] not in names:
            raise self.wrong("output", f"names no output of the graph; it has {', '.join(names)}")
        return names.index(self._values["output"])


def _is_numbers(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(
        isinstance(v, (int, float)) and not isinstance(v, bool) for v in value
    )


def _bounds(least: float, most: float) -> str:
    if least == float("-inf") and most == float("inf"):
        return ""
    if most == float("inf"):
        return f" of {least:g} or more"
    return f" from {least:g} to {most:g}"
