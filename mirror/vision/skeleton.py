"""Skeletons: whatever a net calls its keypoints becomes the mirror's names, the 17 COCO ones first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mirror.domain import COCO_KEYPOINTS, FloatArray, MirrorError
from mirror.runtime.manifest import ModelCard
from mirror.vision.decoders.options import Options

BLAZEPOSE_33: tuple[str, ...] = (
    "nose", "left_eye_inner", "left_eye", "left_eye_outer", "right_eye_inner", "right_eye", "right_eye_outer",
    "left_ear", "right_ear", "left_mouth", "right_mouth", "left_shoulder", "right_shoulder", "left_elbow",
    "right_elbow", "left_wrist", "right_wrist", "left_pinky", "right_pinky", "left_index", "right_index", "left_thumb",
    "right_thumb", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle", "left_heel",
    "right_heel", "left_foot_index", "right_foot_index",
)
SKELETONS: Mapping[str, tuple[str, ...]] = {
    "coco-17": COCO_KEYPOINTS,
    "coco-19": (*COCO_KEYPOINTS, "neck", "mid_hip"),
    "halpe-26": (
        *COCO_KEYPOINTS, "head", "neck", "mid_hip", "left_big_toe", "right_big_toe", "left_small_toe",
        "right_small_toe", "left_heel", "right_heel",
    ),
    "blazepose-33": BLAZEPOSE_33,
}
"""Option ``skeleton`` -> names in the net's order, instead of writing them as the card's labels."""

LEAST_KEYPOINTS = 17
"""The seed's full-body rule asks for 17 seen keypoints: a net with fewer could never see a full body."""

NEEDED: tuple[str, ...] = (
    "nose", *(f"{side}_{part}" for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
              for side in ("left", "right")),
)
"""Keypoints that silhouette, framing and the full-body rule cannot do without."""

INSTEAD: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "nose": (("left_eye", "right_eye"), ("left_ear", "right_ear"), ("left_mouth", "right_mouth"), ("head",)),
    "left_eye": (("left_eye_inner", "left_eye_outer"),),
    "right_eye": (("right_eye_inner", "right_eye_outer"),),
    "left_ankle": (("left_heel",),),
    "right_ankle": (("right_heel",),),
    "left_wrist": (("left_hand",), ("left_index", "left_pinky")),
    "right_wrist": (("right_hand",), ("right_index", "right_pinky")),
}
"""A keypoint that a net lacks is the mean of these, first choice first; its score is the least of theirs."""

_SIDES: Mapping[str, str] = {"left": "left", "l": "left", "right": "right", "r": "right"}
_PARTS = frozenset({
    "eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle", "heel", "hand", "foot", "toe", "sho", "elb",
    "wri", "kne", "ank",
})
_SAME: Mapping[str, str] = {
    "sho": "shoulder", "elb": "elbow", "wri": "wrist", "kne": "knee", "ank": "ankle", "hip": "mid_hip",
    "midhip": "mid_hip", "hip_mid": "mid_hip", "hip_center": "mid_hip", "hip_centre": "mid_hip", "pelvis": "mid_hip",
    "root": "mid_hip", "head_top": "head", "top_head": "head", "upper_neck": "neck",
}


@dataclass(frozen=True)
class Skeleton:
    """How a net's rows become a pose. ``names`` are the 17 COCO names and then what else the net has, in its order."""

    names: tuple[str, ...]
    rows: tuple[int, ...]
    """For each name the net's row, -1 where the net has none."""
    derived: tuple[tuple[int, tuple[int, ...]], ...]
    """Index of a name -> the net's rows whose mean it is."""

    @property
    def same(self) -> bool:
        """The net's rows are the pose's as they are."""
        return self.rows == tuple(range(len(self.names)))

    def arranged(self, found: FloatArray) -> FloatArray:
        """(names, 3) from the net's own (keypoints, 3) of x, y, score; what it cannot tell has score 0."""
        if self.same:
            return found
        rows = np.asarray(self.rows)
        points = np.where(rows[:, None] >= 0, found[rows], 0.0).astype(np.float32)
        for index, sources in self.derived:
            several = found[list(sources)]
            points[index] = (*several[:, :2].mean(axis=0), several[:, 2].min())
        return points


def skeleton_of(card: ModelCard) -> Skeleton:
    """The skeleton that the card's labels (or its option ``skeleton``) name.

    Raises:
        MirrorError: no names, one name twice, fewer than 17, or a needed keypoint that nothing stands in for.
    """
    options = Options(card)
    if "skeleton" in options:
        labels = SKELETONS[options.choice("skeleton", tuple(SKELETONS), "")]
        if card.labels and len(card.labels) != len(labels):
            raise options.wrong("skeleton", f"has {len(labels)} keypoints, the card has {len(card.labels)} labels")
    else:
        labels = card.labels
    if not labels:
        raise MirrorError(
            f"model '{card.name}': its keypoints have no names: give labels, or option skeleton, one of "
            f"{', '.join(SKELETONS)}"
        )
    own = tuple(mirror_name(label) for label in labels)
    for name in own:
        if own.count(name) > 1:
            twice = [label for label, mine in zip(labels, own, strict=True) if mine == name]
            raise MirrorError(f"model '{card.name}': labels {twice[0]!r} and {twice[1]!r} both mean '{name}'")
    if len(own) < LEAST_KEYPOINTS:
        raise MirrorError(
            f"model '{card.name}' has {len(own)} keypoints; the full-body rule takes {LEAST_KEYPOINTS} or more"
        )
    names = (*COCO_KEYPOINTS, *(name for name in own if name not in COCO_KEYPOINTS))
    if names == COCO_KEYPOINTS:
        names = COCO_KEYPOINTS  # the very object: comparing poses' names is then a comparison of identities
    rows = tuple(own.index(name) if name in own else -1 for name in names)
    derived: dict[int, tuple[int, ...]] = {}
    for index, name in enumerate(names):
        if name in own:
            continue
        for sources in INSTEAD.get(name, ()):
            if all(source in own for source in sources):
                derived[index] = tuple(own.index(source) for source in sources)
                break
    told = set(own) | {names[index] for index in derived}
    missing = [name for name in NEEDED if name not in told]
    if missing:
        raise MirrorError(
            f"model '{card.name}': none of its labels is {', '.join(missing)}; the mirror cannot do without"
        )
    return Skeleton(names, rows, tuple(derived.items()))


def mirror_name(label: str) -> str:
    """A keypoint's name as the mirror writes it: "LShoulder", "l_sho", "Left Shoulder" and "shoulder_left" are all
    "left_shoulder"; words it does not know are only put into lower case with underscores, the side first."""
    words = [w.lower() for w in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", _parted(label))]
    split: list[str] = []
    for word in words:
        for side in ("left", "right", "l", "r"):
            if word.startswith(side) and word[len(side) :] in _PARTS:
                split += [side, word[len(side) :]]
                break
        else:
            split.append(word)
    side = next((_SIDES[w] for w in split if w in _SIDES), "")
    rest = [w for w in split if w not in _SIDES]
    part = "_".join(rest)
    if side:
        return f"{side}_{_SAME.get(part, part) if part != 'hip' else 'hip'}"
    return _SAME.get(part, part)


def _parted(label: str) -> str:
    """"LShoulder" as "L Shoulder": a capital that stands for a side, before the part's own."""
    return re.sub(r"^([LR])(?=[A-Z][a-z])", r"\1 ", label.replace("_", " ").replace("-", " "))
