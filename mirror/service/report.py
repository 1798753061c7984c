"""The JSON that `mirror analyze --json` prints of one picture (docs/commands.md)."""

from __future__ import annotations

from typing import Any

from mirror.domain import Box, Estimate, Item, Pose, Suggestion
from mirror.pipeline.analyze import PictureReport, Reading


def picture_json(path: str, report: PictureReport) -> dict[str, Any]:
    """One entry of ``images``. Pixels are of the original picture, never mirrored."""
    return {
        "path": path,
        "width": report.width,
        "height": report.height,
        "people": [_person(reading) for reading in report.people],
        "ms": dict(report.ms),
    }


def item_json(item: Item, score: float, why: str) -> dict[str, Any]:
    """An item as it appears in looks and query results."""
    return {
        "id": item.id, "title": item.title, "category": item.category, "sizes": list(item.sizes),
        "price": item.price, "score": round(score, 4), "why": why,
    }


def _person(reading: Reading) -> dict[str, Any]:
    profile = reading.profile
    age, body = profile.age, profile.body
    sizes = {kind: _belief(dict(profile.sizes.get(kind, {}))) for kind in ("tops", "bottoms", "shoes")}
    return {
        "box": _box(reading.box),
        "score": round(reading.score, 4),
        "keypoints": _keypoints(reading.pose),
        "full_body": reading.full_body,
        "shopper": reading.shopper,
        "face": None if reading.face is None else {"box": _box(reading.face.box), "frontal": reading.face.frontal},
        "age": None if age is None else _estimate(age, "years"),
        "gender": None if profile.female is None else {"female": round(profile.female, 3)},
        "bmi": None if body is None else {**_estimate(body.bmi, "value"), "from": body.source},
        "sizes": sizes,
        "garments": [
            {"category": g.category, "box": _box(g.box), "score": round(g.score, 4), "colours": list(g.colours)}
            for g in reading.garments
        ],
        "look": {"similar": _offers(reading.look.similar), "complete": _offers(reading.look.complete)},
    }


def _offers(suggestions: tuple[Suggestion, ...]) -> list[dict[str, Any]]:
    return [item_json(s.item, s.score, s.why) for s in suggestions]


def _belief(belief: dict[str, float]) -> dict[str, float] | None:
    return {label: round(p, 3) for label, p in belief.items()} or None


def _estimate(estimate: Estimate, name: str) -> dict[str, float]:
    return {name: round(estimate.value, 1), "low": round(estimate.low, 1), "high": round(estimate.high, 1)}


def _box(box: Box) -> list[float]:
    return [round(v, 1) for v in box]


def _keypoints(pose: Pose) -> dict[str, list[float]]:
    return {
        name: [round(float(x), 1), round(float(y), 1), round(float(s), 3)]
        for name, (x, y, s) in zip(pose.names, pose.keypoints, strict=True)
    }
