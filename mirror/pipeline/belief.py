"""What single readings of face and silhouette add up to over her visit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from mirror.domain import AgeBand, BodyShape, Estimate, Profile, SizeBelief, SizeKind
from mirror.pipeline.memory import Declared
from mirror.pipeline.robust import RobustMean

MOST_WEIGHT = 12.0
"""Earlier silhouettes count for at most so many: the mean stays open to better ones, and never freezes."""

LEAST_AGE_DEVIATION, LEAST_FEMALE_DEVIATION = 2.0, 0.05
"""Readings of one face that differ by less (years, probability) are alike, not outliers."""
Z_80 = 1.2816
"""Standard normal quantile of 0.9: an Estimate's low and high lie this many deviations away."""

AGE_SPANS: Mapping[AgeBand, tuple[float, float, float]] = {
    "child": (9.0, 3.0, 12.0), "teen": (16.0, 13.0, 19.0), "adult": (40.0, 20.0, 64.0), "senior": (72.0, 65.0, 95.0),
}
"""Middle, least and most years of a band that she declared."""

EstimateSizes = Callable[[BodyShape, "Estimate | None", "float | None"], Mapping[SizeKind, SizeBelief]]


class ProfileBelief:
    """The profile of one shopper over her visit. Owned by the slow thread."""

    def __init__(self, estimate_sizes: EstimateSizes) -> None:
        self._estimate_sizes = estimate_sizes
        self._age = RobustMean(LEAST_AGE_DEVIATION)
        self._below, self._above = RobustMean(LEAST_AGE_DEVIATION), RobustMean(LEAST_AGE_DEVIATION)
        self._female = RobustMean(LEAST_FEMALE_DEVIATION)
        self._body: BodyShape | None = None
        self._body_weight = 0.0
        self.faces = 0
        """Face readings taken in so far."""
        self._told: tuple[Declared, Profile] | None = None

    @property
    def female(self) -> float | None:
        """Probability of feminine gender presentation as estimated so far."""
        return self._female.value if len(self._female) else None

    def add_face(self, age: Estimate, female: float, weight: float) -> None:
        """A reading of a face; ``weight`` (above 0) is how well the face was seen."""
        self._age.add(age.value, weight)
        self._below.add(age.value - age.low, weight)
        self._above.add(age.high - age.value, weight)
        self._female.add(female, weight)
        self.faces += 1
        self._told = None

    def add_body(self, body: BodyShape) -> None:
        """A reading of the silhouette. One from the body replaces what came from a face alone."""
        self._told = None
        if self._body is None or (self._body.source == "face" and body.source == "body"):
            self._body, self._body_weight = body, 1.0
            return
        self._body_weight = min(self._body_weight, MOST_WEIGHT) + 1.0
        self._body = _nearer(self._body, body, 1.0 / self._body_weight)

    def profile(self, declared: Declared) -> Profile:
        """The estimates, with what was declared in their place. The same object until either changes: it is asked for
        with every frame, and the robust means behind it take a millisecond."""
        if self._told is None or self._told[0] != declared:
            self._told = declared, self._made(declared)
        return self._told[1]

    def _made(self, declared: Declared) -> Profile:
        female, origin = self.female, "estimated"
        if declared.gender is not None:
            female, origin = {"women": 1.0, "men": 0.0}.get(declared.gender), "declared"
        age = self._estimated_age()
        if declared.age == "any":
            age = None
        elif declared.age is not None:
            age = Estimate(*AGE_SPANS[declared.age], origin="declared")
        sizes: Mapping[SizeKind, SizeBelief] = {}
        if self._body is not None:
            # "all" is about what she wants to see: her body is what it is
            sizes = self._estimate_sizes(self._body, None, self.female if declared.gender == "all" else female)
        if declared.sizes:
            sizes = {**sizes, **declared.sizes}
        return Profile(
            age, female, "declared" if origin == "declared" else "estimated", self._body, sizes,
            "declared" if declared.sizes else "estimated",
        )

    def _estimated_age(self) -> Estimate | None:
        if len(self._age) == 0:
            return None
        years = self._age.value
        below, above = (self._age.half_width(side.value, Z_80) for side in (self._below, self._above))
        return Estimate(years, max(0.0, years - below), years + above)


def _nearer(a: BodyShape, b: BodyShape, share: float) -> BodyShape:
    """``a`` moved by ``share`` towards ``b``, number by number."""
    def between(x: float, y: float) -> float:
        return x + share * (y - x)

    def estimate(x: Estimate | None, y: Estimate | None) -> Estimate | None:
        if x is None or y is None:
            return y if x is None else x
        return Estimate(between(x.value, y.value), between(x.low, y.low), between(x.high, y.high))

    return replace(
        a, shoulder=between(a.shoulder, b.shoulder), chest=between(a.chest, b.chest),
        waist=between(a.waist, b.waist), hip=between(a.hip, b.hip), bmi=estimate(a.bmi, b.bmi) or a.bmi,
        chest_girth=estimate(a.chest_girth, b.chest_girth), waist_girth=estimate(a.waist_girth, b.waist_girth),
        hip_girth=estimate(a.hip_girth, b.hip_girth),
    )
