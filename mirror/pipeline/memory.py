"""All that is believed of the shopper, in one place, so that forgetting her is one step."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from mirror.domain import AgeBand, Face, Garment, Look, Mask, Person, Pose, Profile, SizeBelief, SizeKind
from mirror.pipeline.smoothing import PoseFilter
from mirror.vision.full_body import full_body

POSE_HISTORY = 8
"""Poses kept by frame number: the window may paint a frame a little after a newer one was read."""

FULL_STAYS_SCORE = 0.1
"""A full body, once seen, stays one while no keypoint falls below half the score that it took: shoes before a
dark floor score about the threshold, and guidance must not blink."""

POSE_LIFE_S = 0.5
"""After so long without a keypoint the skeleton is not drawn, although she is not yet forgotten."""


Style = Literal["casual", "smart", "sporty", "any"]


@dataclass(frozen=True)
class Declared:
    """What she (or the shop's flag) said herself; it stands over every estimate. ``gender`` is the department she
    wants: "all" is an answer too, and so is the age "any": neither is guessed then. ``price``: lowest and highest
    price, both included, in the catalogue's currency."""

    sizes: Mapping[SizeKind, SizeBelief] | None = None
    gender: Literal["women", "men", "all"] | None = None
    age: AgeBand | Literal["any"] | None = None
    style: Style | None = None
    price: tuple[float, float] | None = None


@dataclass(frozen=True, eq=False)
class Findings:
    """Results of the slow stages, each with the pose of the frame it was read from."""

    face: Face | None = None
    face_pose: Pose | None = None
    mask: Mask | None = None
    mask_pose: Pose | None = None
    garments: tuple[Garment, ...] = ()
    garments_pose: Pose | None = None
    profile: Profile = field(default_factory=Profile)
    look: Look = field(default_factory=Look)
    done: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False)
class Recollection:
    """One consistent reading of the memory."""

    shopper: int
    token: int
    consent: bool
    pose: Pose | None
    pose_number: int
    pose_time: float
    full_body: bool
    people: tuple[Person, ...]
    crowd: bool
    findings: Findings


class ShopperMemory:
    """Thread-safe. ``token`` changes whenever something must not be carried over (another shopper, a consent
    taken back): whoever worked on the old token finds his result refused."""

    def __init__(self, *, consent: Literal["ask", "given", "off"] = "ask", seated: bool = False) -> None:
        self._policy = consent
        self._seated = seated
        self._lock = threading.Lock()
        self._filter = PoseFilter()
        self._standing = Declared()
        self._token = 0
        self._count = 0
        self._shopper = 0
        self._consent = False
        self._full = False
        self._crowd = False
        self._people: tuple[Person, ...] = ()
        self._poses: deque[tuple[int, float, Pose]] = deque(maxlen=POSE_HISTORY)
        self._findings = Findings()
        self._declared = Declared()
        self._erase()

    @property
    def token(self) -> int:
        return self._token

    @property
    def shopper(self) -> int:
        """Number of the present shopper, 0: nobody."""
        return self._shopper

    @property
    def consent(self) -> bool:
        return self._consent

    @property
    def has_spoken(self) -> bool:
        """Whether she said something herself, yes or a choice: where a notice is the consent, nobody did at first."""
        with self._lock:
            return self._consent and (self._policy != "given" or self._declared != self._standing)

    @property
    def declared(self) -> Declared:
        return self._declared

    def begin(self) -> int:
        """Somebody new is served; returns the new token."""
        with self._lock:
            self._erase()
            self._count += 1
            self._shopper = self._count
            return self._token

    def forget(self) -> None:
        """Erase everything about the shopper; nobody is served."""
        with self._lock:
            self._erase()
            self._shopper = 0

    def set_consent(self, given: bool) -> None:
        """Her yes or no. Without a shopper, or where the shop has it off, a yes counts for nothing; a no erases
        what was found, but she goes on being the shopper."""
        with self._lock:
            if given and (self._policy == "off" or self._shopper == 0):
                return
            if self._consent and not given:
                self._findings = Findings()
                self._declared = self._standing
                self._token += 1
            self._consent = given

    def declare(self, changes: Mapping[str, Any]) -> None:
        """Take fields of :class:`Declared` as said. While nobody is served they stand for everybody to come."""
        with self._lock:
            self._declared = replace(self._declared, **changes)
            if self._shopper == 0:
                self._standing = replace(self._standing, **changes)

    def posed(self, token: int, pose: Pose, number: int, time: float) -> Pose | None:
        """Take in her keypoints in a frame; the smoothed pose, or None when the token is an old one."""
        with self._lock:
            if token != self._token or self._shopper == 0:
                return None
            smoothed = self._filter.update(pose, time)
            self._full = full_body(smoothed, seated=self._seated) or (
                self._full and full_body(smoothed, FULL_STAYS_SCORE, seated=self._seated))
            self._poses.append((number, time, smoothed))
            return smoothed

    def seen(self, people: tuple[Person, ...], crowd: bool) -> None:
        """Boxes of everybody in view."""
        with self._lock:
            self._people, self._crowd = people, crowd

    def found(self, token: int, stage: str, **changes: Any) -> bool:
        """Publish a stage's result (fields of :class:`Findings`); False when the token is an old one or there
        is no consent."""
        with self._lock:
            if token != self._token or not self._consent:
                return False
            done = self._findings.done | {stage}
            self._findings = replace(self._findings, done=done, **changes)
            return True

    @property
    def findings(self) -> Findings:
        return self._findings

    def recall(self, number: int, time: float) -> Recollection:
        """Everything, with the pose of frame ``number``; where it is not known, predicted to ``time``."""
        with self._lock:
            pose: Pose | None = None
            pose_number, pose_time = -1, 0.0
            if self._poses:
                pose_number, pose_time, newest = self._poses[-1]
                own = next((entry for entry in self._poses if entry[0] == number), None)
                if own is not None:
                    pose_number, pose_time, pose = own
                elif time - pose_time <= POSE_LIFE_S:
                    pose = self._filter.at(time) if time > pose_time else newest
            return Recollection(
                self._shopper, self._token, self._consent, pose, pose_number, pose_time, self._full,
                self._people, self._crowd, self._findings,
            )

    def _erase(self) -> None:
        """Lock held (or not yet shared)."""
        self._token += 1
        self._filter.reset()
        self._poses.clear()
        self._full = False
        self._findings = Findings()
        self._declared = self._standing
        self._consent = self._policy == "given"
        self._crowd = False
        self._people = ()
