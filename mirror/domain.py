"""The words of the mirror as frozen value types.

Everything here is plain data: no model, no camera, no Qt. All pixel coordinates are of the *original* frame
(x right, y down, never mirrored); mirroring happens only when the window paints. Pictures are BGR uint8
``(height, width, 3)``. Probabilities and scores lie in 0..1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

ImageArray = NDArray[np.uint8]
FloatArray = NDArray[np.float32]

Origin = Literal["estimated", "declared"]
GenderWord = Literal["women", "men", "unisex"]
AgeBand = Literal["child", "teen", "adult", "senior"]
SizeKind = Literal["tops", "bottoms", "shoes"]

CATEGORIES: tuple[str, ...] = (
    "top", "shirt", "longsleeve", "outerwear", "trousers", "shorts", "skirt", "dress",
    "shoes", "heels", "boots", "sandals", "bag", "hat", "underwear",
)
"""Categories an item of the catalogue may have."""

DETECTED_CATEGORIES: tuple[str, ...] = (*CATEGORIES[:-1], "hosiery")
"""Categories the garment detector tells apart: all but underwear, and hosiery, which no item has."""

SIZE_FREE: frozenset[str] = frozenset({"heels", "sandals", "boots", "bag", "underwear", "hat", "hosiery"})
"""Categories to which filters on size do not apply (the seed's list)."""

SIZE_KIND: Mapping[str, SizeKind] = {
    "top": "tops", "shirt": "tops", "longsleeve": "tops", "outerwear": "tops", "dress": "tops",
    "trousers": "bottoms", "shorts": "bottoms", "skirt": "bottoms", "shoes": "shoes",
}
"""Which of the shopper's sizes a category is bought in; size-free categories are absent."""

STYLES: tuple[str, ...] = ("casual", "smart", "sporty")
"""What a shopper may wish a look to be, and an item of the catalogue is; an item may be of several."""

LETTER_SIZES: tuple[str, ...] = ("XS", "S", "M", "L", "XL", "XXL")

COCO_KEYPOINTS: tuple[str, ...] = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder",
    "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip",
    "left_knee", "right_knee", "left_ankle", "right_ankle",
)
"""The 17 COCO keypoint names in their order; left and right are the person's own."""

COCO_EDGES: tuple[tuple[str, str], ...] = (
    ("left_ear", "left_eye"), ("left_eye", "nose"), ("nose", "right_eye"), ("right_eye", "right_ear"),
    ("left_shoulder", "right_shoulder"), ("left_shoulder", "left_elbow"), ("left_elbow", "left_wrist"),
    ("right_shoulder", "right_elbow"), ("right_elbow", "right_wrist"), ("left_shoulder", "left_hip"),
    ("right_shoulder", "right_hip"), ("left_hip", "right_hip"), ("left_hip", "left_knee"),
    ("left_knee", "left_ankle"), ("right_hip", "right_knee"), ("right_knee", "right_ankle"),
)


class MirrorError(Exception):
    """A failure a person can mend: its text is one plain line (what, where, the mend). Exit code 1."""

    exit_code = 1


class UsageError(MirrorError):
    """The command or the configuration was wrong: one plain line. Exit code 2."""

    exit_code = 2


class Box(NamedTuple):
    """An axis-aligned box in frame pixels: left, top, right, bottom (right and bottom exclusive)."""

    x1: float
    y1: float
    x2: float
    y2: float

    @property
    def width(self) -> float:
        return self.x2 - self.x1

    @property
    def height(self) -> float:
        return self.y2 - self.y1

    @property
    def area(self) -> float:
        return max(0.0, self.width) * max(0.0, self.height)

    @property
    def centre(self) -> tuple[float, float]:
        return (self.x1 + self.x2) / 2, (self.y1 + self.y2) / 2

    def iou(self, other: Box) -> float:
        """Intersection over union with another box, 0..1."""
        both = self.clipped(other).area
        union = self.area + other.area - both
        return both / union if union > 0 else 0.0

    def clipped(self, other: Box) -> Box:
        """The part of this box inside ``other``; a box of zero area when they do not meet."""
        x1, y1 = max(self.x1, other.x1), max(self.y1, other.y1)
        return Box(x1, y1, max(x1, min(self.x2, other.x2)), max(y1, min(self.y2, other.y2)))

    def grown(self, factor: float) -> Box:
        """A box of the same centre with both sides times ``factor``."""
        cx, cy = self.centre
        w, h = self.width * factor / 2, self.height * factor / 2
        return Box(cx - w, cy - h, cx + w, cy + h)


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of a source: BGR uint8 (height, width, 3), its number from 0 and capture time (monotonic s)."""

    image: ImageArray
    number: int
    time: float


@dataclass(frozen=True, eq=False)
class Pose:
    """Keypoints of one person: float32 (n, 3) of x, y in frame pixels and score, named in order by ``names``."""

    keypoints: FloatArray
    names: tuple[str, ...] = COCO_KEYPOINTS

    def point(self, name: str) -> tuple[float, float, float]:
        """x, y, score of the named keypoint; KeyError-free: (0, 0, 0) when the skeleton does not have it."""
        if name not in self.names:
            return 0.0, 0.0, 0.0
        x, y, s = self.keypoints[self.names.index(name)]
        return float(x), float(y), float(s)

    def box(self, least_score: float = 0.2) -> Box | None:
        """The box around keypoints of at least this score, or None when fewer than two are."""
        # on so few numbers plain Python is several times as quick as numpy, and this is asked on every frame
        seen = [(x, y) for x, y, score in self.keypoints.tolist() if score >= least_score]
        if len(seen) < 2:
            return None
        xs, ys = zip(*seen, strict=True)
        return Box(min(xs), min(ys), max(xs), max(ys))


@dataclass(frozen=True, eq=False)
class Person:
    """A person found in a frame, before anybody looks closer."""

    box: Box
    score: float
    pose: Pose


@dataclass(frozen=True, eq=False)
class Mask:
    """A person mask: float32 (h, w) in 0..1, and the 2x3 float64 affine from frame pixels to mask pixels."""

    values: FloatArray
    to_mask: NDArray[np.float64]


@dataclass(frozen=True)
class Face:
    """A face box in frame pixels; ``frontal`` when dlib's frontal detector found it."""

    box: Box
    frontal: bool
    score: float = 1.0


@dataclass(frozen=True)
class Estimate:
    """A number with a spread that should hold the truth in 80 of 100 cases, and where it came from."""

    value: float
    low: float
    high: float
    origin: Origin = "estimated"


@dataclass(frozen=True)
class BodyShape:
    """Silhouette breadths over stature (each about 0.1..0.4), and what they lead to: BMI (kg/m2) and, when they
    were estimated, chest (bust), waist and hip girth over stature (each about 0.4..0.8)."""

    shoulder: float
    chest: float
    waist: float
    hip: float
    bmi: Estimate
    source: Literal["body", "face"] = "body"
    chest_girth: Estimate | None = None
    waist_girth: Estimate | None = None
    hip_girth: Estimate | None = None


@dataclass(frozen=True, eq=False)
class Garment:
    """A piece of clothing on the shopper: category, box in frame pixels, score, main colours (#rrggbb, most
    first) and, when it was computed, an L2-normalised float32 embedding."""

    category: str
    box: Box
    score: float
    colours: tuple[str, ...] = ()
    embedding: FloatArray | None = None


SizeBelief = Mapping[str, float]
"""Probability of each size label, summing to 1; e.g. {"M": 0.6, "L": 0.3, "S": 0.1}."""


@dataclass(frozen=True)
class Profile:
    """What is believed of the shopper now. ``female`` is a probability. None means not known (or not asked)."""

    age: Estimate | None = None
    female: float | None = None
    female_origin: Origin = "estimated"
    body: BodyShape | None = None
    sizes: Mapping[SizeKind, SizeBelief] = field(default_factory=dict)
    sizes_origin: Origin = "estimated"

    def likely_sizes(self, kind: SizeKind) -> tuple[str, ...]:
        """At most two most likely sizes of a kind, likeliest first (the seed's size_test). The second is named
        only when it has a real chance (>= 0.2)."""
        ranked = sorted(self.sizes.get(kind, {}).items(), key=lambda pair: -pair[1])
        return tuple(label for i, (label, p) in enumerate(ranked[:2]) if i == 0 or p >= 0.2)


@dataclass(frozen=True)
class Item:
    """A catalogue item. ``sizes`` are those in stock; ``gender`` women|men|unisex; ``age`` a band or "" for any;
    ``styles`` those of :data:`STYLES` that it is, none where that was never asked."""

    id: str
    title: str
    category: str
    sizes: tuple[str, ...]
    gender: str
    age: str
    price: float
    currency: str
    picture: str
    url: str
    in_stock: bool = True
    colours: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Suggestion:
    """An item offered to the shopper: score 0..1, the plain reason, and the category it answers to (the garment
    worn, for similar; the item's own, for complete)."""

    item: Item
    score: float
    why: str
    answers: str = ""
    told: tuple[tuple[str, str], ...] = ()
    """The reason in other languages: pairs of language code and sentence."""

    def why_in(self, language: str) -> str:
        """The reason in a language; ``why`` where it is not told in that one."""
        return dict(self.told).get(language, self.why)


@dataclass(frozen=True)
class Look:
    """What the mirror offers: similar to what she wears, and what completes it."""

    similar: tuple[Suggestion, ...] = ()
    complete: tuple[Suggestion, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.similar or self.complete)
