"""Whether looks complete outfits as people do: ``python -m benchmarks.looks [--json] [--fit] [--cache DIR]``.

Each garment of an outfit worn in the street is hidden in turn, and the catalogue of all garments of its category (of
the same split of photos) is ranked beside the rest of the outfit, with the ranking of the mirror itself. Told are the
share of hidden garments among the first k, and their mean percentile rank (0: always first, 0.5: chance), for each
ingredient alone, for all, and for all but one; beside chance and popularity. What is worn has no name here: its
formality and weather are told by its nearest garments of the *training* photos, as the mirror tells them by its
shop's. Weights come from the training split only; validation people were in no training.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import machine, machine_line
from benchmarks.outfit_places import measure_places
from benchmarks.outfits import Outfits, Piece, read_outfits
from benchmarks.shared import shared_data
from mirror.domain import MirrorError
from mirror.recommend.affinity import affinity
from mirror.recommend.colour import colour_key
from mirror.recommend.company import FEATURES, colour_features
from mirror.recommend.looks import RecommendSettings, beside
from mirror.recommend.occasion import Occasion, agreement, occasion, occasion_worn, together
from mirror.runtime.manifest import Manifest
from mirror.runtime.session import Session
from mirror.vision.embedding import Embedder

KS = (1, 5, 10, 20)
INGREDIENTS = ("company", "harmony", "formality", "season", "likeness")
"""What orders the items of one category; affinity, the same for all of them, orders categories."""
RIVALS, SEED, RIDGE = 60, 20_26, 3.0
"""Of a fit: garments that each one worn is held against, the draw of them, and the weight of small numbers."""


@dataclass(frozen=True, eq=False)
class Question:
    """A hidden garment: the rest of its outfit, the garments it may be (itself among them), and its place there."""

    rest: tuple[Piece, ...]
    among: tuple[Piece, ...]
    answer: int


def questions(outfits: Outfits) -> list[Question]:
    """Each garment of each outfit of two or more, hidden in turn; other garments of its own photo are no rivals."""
    shelf: dict[str, list[Piece]] = {}
    for worn in outfits.values():
        for piece in worn:
            shelf.setdefault(piece.item.category, []).append(piece)
    asked = []
    for photo, worn in outfits.items():
        for piece in worn:
            rest = tuple(other for other in worn if other is not piece)
            if rest:
                among = tuple(p for p in shelf[piece.item.category] if p.photo != photo or p is piece)
                asked.append(Question(rest, among, among.index(piece)))
    return asked


class Wardrobe:
    """What the mirror would know of worn garments: their occasions, told by the training photos' garments."""

    def __init__(self, train: Outfits) -> None:
        self._shelf: dict[str, list[Piece]] = {}
        for piece in (piece for worn in train.values() for piece in worn):
            self._shelf.setdefault(piece.item.category, []).append(piece)
        self._vectors = {c: np.stack([p.vector for p in shelf]) for c, shelf in self._shelf.items()}
        self._known: dict[str, Occasion] = {}

    def occasion(self, piece: Piece) -> Occasion:
        """Of a garment that is worn; garments of its own photo tell nothing."""
        if piece.item.id not in self._known:
            category = piece.item.category
            cosines = self._vectors[category] @ piece.vector if category in self._vectors else np.zeros(0)
            nearest = [
                (self._shelf[category][i].item, float(cosines[i])) for i in np.argsort(-cosines, kind="stable")[:12]
                if self._shelf[category][i].photo != piece.photo]
            self._known[piece.item.id] = occasion_worn(category, nearest)
        return self._known[piece.item.id]


def cosines_of(asked: Question) -> list[float]:
    """Of each garment's embedding and the mean of the outfit's."""
    mean = np.mean([piece.vector for piece in asked.rest], axis=0)
    mean = mean / max(float(np.linalg.norm(mean)), 1e-9)
    return [float(piece.vector @ mean) for piece in asked.among]


def scores(asked: Question, settings: RecommendSettings, wardrobe: Wardrobe) -> list[float]:
    """The mirror's own scores of the garments that the hidden one may be."""
    worn = [piece.item.category for piece in asked.rest]
    category = asked.among[asked.answer].item.category
    return beside(
        [piece.item for piece in asked.among], cosines_of(asked), [affinity(worn, category)] * len(asked.among),
        [piece.item.colours for piece in asked.rest if piece.item.colours],
        [wardrobe.occasion(piece) for piece in asked.rest], settings)


def rank(values: Sequence[float], answer: int) -> float:
    """Garments before the answer; of those with its own score half: they stand in no order."""
    found = np.asarray(values)
    return float((found > found[answer]).sum() + ((found == found[answer]).sum() - 1) / 2)


def summary(ranks: Sequence[float], sizes: Sequence[int]) -> dict[str, float]:
    """Recall at each k, and the mean percentile rank with the 95 % interval's half."""
    behind, among = np.asarray(ranks), np.asarray(sizes)
    percentile = behind / np.maximum(among - 1, 1)
    told = {f"recall@{k}": round(float((behind < k).mean()), 4) for k in KS}
    half = 1.96 * float(percentile.std()) / max(1, len(percentile)) ** 0.5
    return {**told, "percentile": round(float(percentile.mean()), 4), "percentile_95": round(half, 4)}


def chance(asked: Sequence[Question]) -> dict[str, float]:
    """What ranking by lot is expected to reach."""
    sizes = np.array([len(question.among) for question in asked])
    return {**{f"recall@{k}": round(float(np.minimum(1, k / sizes).mean()), 4) for k in KS}, "percentile": 0.5}


def popularity(train: Outfits) -> Callable[[Piece], float]:
    """How often a garment of this name and colour was worn on the training photos."""
    def kind(piece: Piece) -> tuple[str, str, str]:
        item = piece.item
        return item.category, item.title, colour_key(item.colours[0]) if item.colours else ""

    worn = Counter(kind(piece) for pieces in train.values() for piece in pieces)
    return lambda piece: float(worn[kind(piece)])


def ways() -> dict[str, RecommendSettings]:
    """The rankings that are compared."""
    def weighing(base: RecommendSettings, **weights: Any) -> RecommendSettings:
        return replace(base, **weights)

    full = RecommendSettings()
    none = weighing(full, **dict.fromkeys(INGREDIENTS, 0.0))
    return {
        **{f"{name} alone": weighing(none, **{name: 1.0}) for name in INGREDIENTS}, "all": full,
        **{f"all but {name}": weighing(full, **{name: 0.0}) for name in INGREDIENTS},
        "rules and likeness": replace(none, harmony=0.60, likeness=0.15),
    }


def measure(train: Outfits, outfits: Outfits) -> dict[str, Any]:
    """Every way on the outfits; ``train`` knows occasions and popularity."""
    asked, wardrobe, popular = questions(outfits), Wardrobe(train), popularity(train)
    sizes = [len(question.among) for question in asked]
    told: dict[str, Any] = {"chance": chance(asked), "popularity": summary(
        [rank([popular(piece) for piece in question.among], question.answer) for question in asked], sizes)}
    for name, settings in ways().items():
        told[name] = summary([rank(scores(q, settings, wardrobe), q.answer) for q in asked], sizes)
    return {"outfits": len(outfits), "hidden": len(asked), "among": round(float(np.mean(sizes)), 1), "ways": told}


def fit(rows: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Weights of a conditional logit: of each table (rivals + 1, features) the first row was worn. Newton's way."""
    width = rows[0].shape[1]
    weights = np.zeros(width)
    for _ in range(30):
        slope, curve = -2 * RIDGE * weights, -2 * RIDGE * np.eye(width)
        for table in rows:
            odds = table @ weights
            share = np.exp(odds - odds.max())
            share /= share.sum()
            mean = share @ table
            slope += table[0] - mean
            curve -= (table * share[:, None]).T @ table - np.outer(mean, mean)
        step = np.linalg.solve(curve, slope)
        weights = weights - step
        if float(np.abs(step).max()) < 1e-6:
            break
    return weights


def fitted(train: Outfits) -> dict[str, Any]:
    """The three numbers of :mod:`mirror.recommend.company`, and all ingredients' log odds beside each other."""
    rng, wardrobe = np.random.default_rng(SEED), Wardrobe(train)
    colours, everything = [], []
    for question in questions(train):
        others = [piece for i, piece in enumerate(question.among) if i != question.answer and piece.item.colours]
        worn = [piece.item.colours for piece in question.rest if piece.item.colours]
        hidden = question.among[question.answer]
        if not worn or not hidden.item.colours or len(others) < RIVALS // 3:
            continue
        picked = rng.choice(len(others), min(RIVALS, len(others)), replace=False)
        among = (hidden, *(others[i] for i in picked))
        table = colour_features([piece.item.colours for piece in among], worn)
        outfit = together([wardrobe.occasion(piece) for piece in question.rest])
        agreed = np.array([agreement(occasion(piece.item), outfit) for piece in among])
        cosines = cosines_of(Question(question.rest, among, 0))
        colours.append(table)
        everything.append(np.column_stack([table, agreed, cosines]))
    names = (*FEATURES, "formality", "season", "likeness")
    return {
        "company": dict(zip(FEATURES, np.round(fit(colours), 2).tolist(), strict=True)), "hidden": len(colours),
        "together": dict(zip(names, np.round(fit(everything), 2).tolist(), strict=True)),
    }


def table(document: Mapping[str, Any]) -> list[str]:
    """The document as Markdown."""
    told = document["val"]
    lines = [
        f"{told['hidden']} garments hidden of {told['outfits']} outfits, each among {told['among']:g} of its category",
        "", "| ranked by | " + " | ".join(f"recall@{k}" for k in KS) + " | percentile |",
        "| --- |" + " --- |" * (len(KS) + 1),
    ]
    for name, found in told["ways"].items():
        cells = " | ".join(f"{found[f'recall@{k}']:.3f}" for k in KS)
        spread = f" ± {found['percentile_95']:.3f}" if "percentile_95" in found else ""
        lines.append(f"| {name} | {cells} | {found['percentile']:.3f}{spread} |")
    places = document["places"]
    lines += ["", f"category of {places['hidden']} places named first: " + ", ".join(
        f"{way} {places[way]['all']:.3f}" for way in ("affinity", "frequency", "chance"))]
    return [*lines, "", machine_line(document)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and prints; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="benchmarks.looks", description=(__doc__ or "").split("\n")[0],
        epilog="example: python -m benchmarks.looks --json > looks.json")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    parser.add_argument("--fit", action="store_true", help="fit the weights on the training split, too")
    parser.add_argument("--cache", type=Path, help="folder in which the read outfits are kept")
    args = parser.parse_args(arguments)
    try:
        data = shared_data()
        embedder = Embedder(Session(Manifest.load()["garment-embedding"]))
        train, val = (read_outfits(data, split, embedder, args.cache) for split in ("train", "val"))
        document: dict[str, Any] = {**machine(), "embedder": embedder.name, "val": measure(train, val),
                                    "places": measure_places(train, val)}
        if args.fit:
            document["fit"] = fitted(train)
    except MirrorError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    if args.json:
        print(json.dumps(document, indent=1))
        return 0
    print("\n".join(table(document)))
    if args.fit:
        print(json.dumps(document["fit"], indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
