"""The garments she wears, steady over detections that come and go and change their minds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mirror.domain import Box, FloatArray, Garment, Pose
from mirror.pipeline.carry import carry_box, similarity

SAME_IOU = 0.4
"""A detection that overlaps a known garment of its category by this much is that garment."""
SAME_IOU_OTHER_CATEGORY = 0.6
"""... and of another category by this much: the detector's categories waver, its boxes do not."""
CONFIRMING_HITS = 2
"""A garment counts once it was seen twice: single false finds are never shown."""
MOST_MISSES = 3
"""It is gone when it was not seen in so many looks one after another (a second, at three a second)."""
VOTE_KEPT = 0.8
"""Older votes for a category fade by this at each look."""
SCORE_GAIN = 0.4
MOST_EMBEDDINGS = 3
EMBED_AGAIN_S = 1.0
"""Each garment is embedded when it is new and twice more, a second apart: three views average out a bad crop."""


class WornGarment:
    """One garment over time. Box and ``pose`` are of the frame it was last seen in."""

    def __init__(self, found: Garment, pose: Pose) -> None:
        self.box = found.box
        self.pose = pose
        self.score = found.score
        self.votes: dict[str, float] = {found.category: found.score}
        self.hits = 1
        self.misses = 0
        self.colours: tuple[str, ...] = ()
        self.embeddings = 0
        self.embedded_at = float("-inf")
        self._sum: FloatArray | None = None

    @property
    def category(self) -> str:
        return max(self.votes, key=lambda name: (self.votes[name], name))

    @property
    def confirmed(self) -> bool:
        return self.hits >= CONFIRMING_HITS

    def box_at(self, pose: Pose) -> Box:
        """The box carried to another pose; as it was where that cannot be fitted."""
        matrix = similarity(self.pose, pose)
        return self.box if matrix is None else carry_box(self.box, matrix)

    def see(self, found: Garment, pose: Pose) -> None:
        """It was found again."""
        self.box, self.pose = found.box, pose
        self.score += SCORE_GAIN * (found.score - self.score)
        for name in self.votes:
            self.votes[name] *= VOTE_KEPT
        self.votes[found.category] = self.votes.get(found.category, 0.0) + found.score
        self.hits += 1
        self.misses = 0

    def take_embedding(self, row: FloatArray, colours: tuple[str, ...], now: float) -> None:
        """Add one view's embedding (unit length) and replace the colours."""
        self._sum = row.astype(np.float32) if self._sum is None else self._sum + row
        self.embeddings += 1
        self.embedded_at = now
        self.colours = colours

    def embedding(self) -> FloatArray | None:
        """The mean of the views, of unit length; None before the first."""
        if self._sum is None:
            return None
        return (self._sum / max(float(np.linalg.norm(self._sum)), 1e-9)).astype(np.float32)


class Wardrobe:
    """All garments on the shopper. Owned by the slow thread."""

    def __init__(self) -> None:
        self.worn: list[WornGarment] = []

    def look(self, found: Sequence[Garment], pose: Pose) -> None:
        """Take in one look of the detector at a frame with this (smoothed) pose."""
        pairs = []
        for i, garment in enumerate(found):
            for worn in self.worn:
                overlap = garment.box.iou(worn.box_at(pose))
                same = garment.category == worn.category
                if overlap >= (SAME_IOU if same else SAME_IOU_OTHER_CATEGORY):
                    pairs.append((same, overlap, i, worn))
        pairs.sort(key=lambda pair: (pair[0], pair[1]), reverse=True)
        matched: set[int] = set()
        again: set[int] = set()
        for _, _, i, worn in pairs:
            if i not in matched and id(worn) not in again:
                worn.see(found[i], pose)
                matched.add(i)
                again.add(id(worn))
        for worn in self.worn:
            if id(worn) not in again:
                worn.misses += 1
        self.worn = [w for w in self.worn if w.misses < MOST_MISSES]
        self.worn += [WornGarment(garment, pose) for i, garment in enumerate(found) if i not in matched]

    def confirmed(self) -> list[WornGarment]:
        """Garments that count, surest first."""
        return sorted((w for w in self.worn if w.confirmed), key=lambda w: -w.score)

    def to_embed(self, now: float) -> list[WornGarment]:
        """Garments whose embedding is missing or may be improved now."""
        return [
            w for w in self.confirmed()
            if w.misses == 0 and w.embeddings < MOST_EMBEDDINGS and now - w.embedded_at >= EMBED_AGAIN_S
        ]

    def garments(self, pose: Pose) -> tuple[Garment, ...]:
        """The garments that count, at this pose."""
        return tuple(
            Garment(w.category, w.box_at(pose), w.score, w.colours, w.embedding()) for w in self.confirmed()
        )

    def signature(self) -> tuple[tuple[str, int], ...]:
        """What a look depends on: changes when a garment comes, goes, changes category or is embedded."""
        return tuple(sorted((w.category, w.embeddings) for w in self.confirmed()))
