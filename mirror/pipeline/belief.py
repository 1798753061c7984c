"""What single readings of face and silhouette add up to over her visit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from mirror.domain import AgeBand, BodyShape, Estimate, Profile, SizeBelief, SizeKind
from mirror.pipeline.memory import Declared

MOST_WEIGHT = 12.0
"""Earlier readings count for at most so many: the mean stays open to better ones, and never freezes."""

AGE_SPANS: Mapping[AgeBand, tuple[float, float, float]] = {
    "child": (9.0, 3.0, 12.0), "teen": (16.0, 13.0, 19.0), "adult": (40.0, 20.0, 64.0), "senior": (72.0, 65.0, 95.0),
}
"""Middle, least and most years of a band that she declared."""

EstimateSizes = Callable[[BodyShape, "Estimate | None", "float | None"], Mapping[SizeKind, SizeBelief]]


class RunningMean:
    """A weighted mean whose past counts for at most ``MOST_WEIGHT``."""

    def __init__(self) -> None:
        self.value = 0.0
        self.weight = 0.0

    def add(self, value: float, weight: float) -> None:
        """Take in a value with a weight above 0."""
        self.weight = min(self.weight, MOST_WEIGHT) + weight
        self.value += (value - self.value) * weight / self.weight


class ProfileBelief:
    """The profile of one shopper over her visit. Owned by the slow thread."""

    def __init__(self, estimate_sizes: EstimateSizes) -> None:
        self._estimate_sizes = estimate_sizes
        self._age = (RunningMean(), RunningMean(), RunningMean())
        self._female = RunningMean()
        self._body: BodyShape | None = None
        self._body_weight = 0.0
        self.faces = 0
        """Face readings taken in so far."""

    @property
    def female(self) -> float | None:
        """Probability of feminine gender presentation as estimated so far."""
        return self._female.value if self._female.weight > 0 else None

    def add_face(self, age: Estimate, female: float, weight: float) -> None:
        """A reading of a face; ``weight`` (above 0) is how well the face was seen."""
        for mean, value in zip(self._age, (age.value, age.low, age.high), strict=True):
            mean.add(value, weight)
        self._female.add(female, weight)
        self.faces += 1

    def add_body(self, body: BodyShape) -> None:
        """A reading of the silhouette. One from the body replaces what came from a face alone."""
        if self._body is None or (self._body.source == "face" and body.source == "body"):
            self._body, self._body_weight = body, 1.0
            return
        self._body_weight = min(self._body_weight, MOST_WEIGHT) + 1.0
        self._body = _nearer(self._body, body, 1.0 / self._body_weight)

    def profile(self, declared: Declared) -> Profile:
        """The estimates, with what was declared in their place."""
        female, origin = self.female, "estimated"
        if declared.gender is not None:
            female, origin = (1.0 if declared.gender == "women" else 0.0), "declared"
        age = self._estimated_age()
        if declared.age is not None:
            age = Estimate(*AGE_SPANS[declared.age], origin="declared")
        sizes: Mapping[SizeKind, SizeBelief] = {}
        if self._body is not None:
            sizes = self._estimate_sizes(self._body, None, female)
        if declared.sizes:
            sizes = {**sizes, **declared.sizes}
        return Profile(
            age, female, "declared" if origin == "declared" else "estimated", self._body, sizes,
            "declared" if declared.sizes else "estimated",
        )

    def _estimated_age(self) -> Estimate | None:
        if self._age[0].weight == 0:
            return None
        value, low, high = (mean.value for mean in self._age)
        return Estimate(value, low, high)


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
