"""The slow thread: face, silhouette, garments and look of the shopper who said yes, most overdue first."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from mirror.config import Settings
from mirror.domain import Box, Garment, ImageArray, Look, Mask, MirrorError, Profile
from mirror.pipeline.belief import EstimateSizes, ProfileBelief
from mirror.pipeline.frames import PosedFrame, scaled_pose
from mirror.pipeline.memory import Declared, ShopperMemory
from mirror.pipeline.readers import Readers
from mirror.pipeline.schedule import Schedule
from mirror.pipeline.slot import LatestSlot
from mirror.pipeline.stages import fresh, periods
from mirror.pipeline.telemetry import TelemetryRecord
from mirror.pipeline.wardrobe import Wardrobe
from mirror.runtime.cores import give_way
from mirror.vision.colour import main_colours
from mirror.vision.outfit import worn_together
from mirror.vision.pose import body_region, garment_region

NICE = 10
"""The slow thread yields to the others: capture-to-paint p95 17 -> 13 ms at the same rates. The governor takes it back
when other processes starve it."""

WAIT_S = 0.25
FAILED_WAIT_S = 5.0

EARLY_FACES = 3
EARLY_FACE_EVERY_S = 0.4
"""The first three faces come quickly, ..."""
SETTLED_FACES = 8
SETTLED_FACE_WAIT_S = 10.0
"""... and after eight there is little to learn: then this much longer between two."""

LEAST_FACE_WEIGHT = 0.1

AdviseLook = Callable[[Sequence[Garment], Profile], Look]


class Colours(Protocol):
    """Main colours (#rrggbb, most first) of a garment in a BGR uint8 image."""

    def __call__(
        self, image: ImageArray, box: Box, mask: Mask | None = None, k: int = 3, category: str | None = None
    ) -> tuple[str, ...]: ...


class SlowLoop:
    """Runs the slow stages on posed frames. :meth:`step` runs at most one stage."""

    def __init__(
        self, readers: Readers, memory: ShopperMemory, telemetry: TelemetryRecord, settings: Settings,
        *, estimate_sizes: EstimateSizes, advise: AdviseLook | None, colours: Colours = main_colours,
        edition: Callable[[], int] = lambda: 0, paint_first: Callable[[int], None] = lambda number: None,
    ) -> None:
        """``edition`` counts the states of the catalogue: with a new one the look is made anew. ``paint_first`` waits
        a little until a frame is painted."""
        self.problems: dict[str, str] = {}
        self._readers = readers
        self._memory = memory
        self._telemetry = telemetry
        self._estimates = settings.privacy.estimates
        self._estimate_sizes = estimate_sizes
        self._advise = advise
        self._edition = edition
        self._paint_first = paint_first
        self._colours = colours
        self.schedule = Schedule(periods(settings.pipeline))
        self._stages: dict[str, Callable[[PosedFrame, float], None]] = {
            "garments": self._see_garments, "mask": self._see_body, "face": self._see_face,
            "embedding": self._embed, "look": self._make_look,
        }
        self.may_hurry = False
        """Whether this process may take its slow thread's niceness back."""
        self._nice = NICE
        self._thread: int | None = None
        self._captured = 0.0
        self._token = -1
        self._start_anew()

    def run(self, posed: LatestSlot[PosedFrame], stop: threading.Event) -> None:
        """Work on the newest posed frame until ``stop`` is set."""
        self._thread = threading.get_native_id()
        wished = self._nice
        self.set_nice(NICE)
        self.may_hurry = self.set_nice(0)
        self.set_nice(wished)
        give_way(wished)
        at = 0
        while not stop.is_set():
            with self._telemetry.waiting("wait for a pose"):
                got = posed.wait(at, WAIT_S)
            if got is not None:
                self._paint_first(got[1].analysis.frame.number)
            now = time.monotonic()
            if self._memory.token != self._token:
                self._start_anew()
            if got is None:
                continue
            if self.step(got[1], now) is None:
                at = got[0]
            del got  # while nothing comes, nothing of her is held

    def set_nice(self, nice: int) -> bool:
        """Set the slow thread's priority from any thread (Linux only: elsewhere it would be the whole process's).
        False where that is not possible: to lower niceness again takes root or CAP_SYS_NICE."""
        self._nice = nice
        if self._thread is None or not sys.platform.startswith("linux"):
            return False
        try:
            os.setpriority(os.PRIO_PROCESS, self._thread, nice)
        except OSError:
            return False
        return True

    def step(self, posed: PosedFrame, now: float) -> str | None:
        """Run the most overdue stage on this frame; its name, or None when none is due (or none may run)."""
        if self._memory.token != self._token:
            self._start_anew()
        if posed.token != self._token or not self._memory.consent:
            return None
        age = now - posed.analysis.frame.time
        stage = self.schedule.most_overdue({s for s in self._allowed(now) if fresh(s, age)}, now)
        if stage is None:
            return None
        self.schedule.begins(stage, now)
        self._telemetry.working_on(posed.analysis.frame.number, posed.analysis.frame.time)
        self._captured = self._telemetry.now() - age
        try:
            self._stages[stage](posed, now)
            self.problems.pop(stage, None)
        except Exception as error:  # noqa: BLE001 - one broken stage must not take the others with it
            kind = "" if isinstance(error, MirrorError) else f"{type(error).__name__}: "
            self.problems[stage] = f"{stage}: {kind}{error}"
            self.schedule.ran(stage, now, wait=FAILED_WAIT_S)
        return stage

    def _fresh(self, part: str) -> bool:
        """Whether the second part of a stage's run may still begin on its frame."""
        return fresh(part, self._telemetry.now() - self._captured)

    def _allowed(self, now: float) -> set[str]:
        stages = {"garments", "mask"}
        if self._estimates:
            stages.add("face")
        if self._wardrobe.to_embed(now):
            stages.add("embedding")
        if self._advise is not None and self._look_wanted():
            stages.add("look")
        return stages

    def _start_anew(self) -> None:
        self._token = self._memory.token
        self._wardrobe = Wardrobe()
        self._belief = ProfileBelief(self._estimate_sizes)
        self._mask: Mask | None = None
        self._told: tuple[object, ...] | None = None
        self._declared = Declared()
        self.schedule.reset()
        self.problems.clear()

    def _see_garments(self, posed: PosedFrame, now: float) -> None:
        region = garment_region(posed.pose)
        if region is None:
            return
        with self._telemetry.stage("garments"):
            found = worn_together(
                self._readers.garments.detect(posed.analysis.frame.image, region), posed.pose)
        self._wardrobe.look(found, posed.pose)
        self._publish_garments("garments", posed)

    def _see_body(self, posed: PosedFrame, now: float) -> None:
        small_pose = scaled_pose(posed.pose, 1 / posed.analysis.factor)
        region = body_region(small_pose)
        if region is None:
            return
        with self._telemetry.stage("mask"):
            small = self._readers.mask.read(posed.analysis.small, region)
        self._mask = None if small is None else _of_full_frame(small, posed.analysis.factor)
        self._memory.found(self._token, "mask", mask=self._mask, mask_pose=posed.pose)
        if self._mask is None or not self._estimates or self._readers.face_bmi is not None:
            return
        if not self._fresh("body"):
            return
        with self._telemetry.stage("body"):
            body = self._readers.body.read(
                self._mask, posed.pose, self._wardrobe.garments(posed.pose), self._belief.female)
        if body is not None:
            self._belief.add_body(body)
            self._publish_profile("body")

    def _see_face(self, posed: PosedFrame, now: float) -> None:
        with self._telemetry.stage("face"):
            face = self._readers.face.find(posed.analysis.frame.image, posed.pose)
        if face is None:
            return
        self._memory.found(self._token, "face", face=face, face_pose=posed.pose)
        if not face.frontal:
            if not self._belief.faces:  # the first look waits for it: try again soon
                self.schedule.ran("face", now, wait=EARLY_FACE_EVERY_S - self.schedule.period("face"))
            return
        if not self._fresh("attributes"):
            return
        with self._telemetry.stage("attributes"):
            age, female = self._readers.attributes.read(posed.analysis.frame.image, face)
        self._belief.add_face(age, female, max(LEAST_FACE_WEIGHT, face.score))
        if self._belief.faces < EARLY_FACES:
            self.schedule.ran("face", now, wait=EARLY_FACE_EVERY_S - self.schedule.period("face"))
        elif self._belief.faces >= SETTLED_FACES:
            self.schedule.ran("face", now, wait=SETTLED_FACE_WAIT_S)
        self._publish_profile("attributes")
        if self._readers.face_bmi is not None:
            with self._telemetry.stage("body"):
                body = self._readers.face_bmi.read(posed.analysis.frame.image, face)
            self._belief.add_body(body)
            self._publish_profile("body")

    def _embed(self, posed: PosedFrame, now: float) -> None:
        wanted = self._wardrobe.to_embed(now)[:1]  # one crop a turn: the thread is never long away
        if not wanted:
            return
        worn, image = wanted[0], posed.analysis.frame.image
        box = worn.box_at(posed.pose)
        with self._telemetry.stage("embedding"):
            row = self._readers.embedder.embed(image, [box])[0]
            colours = self._colours(image, box, self._mask, category=worn.category)
        worn.take_embedding(row, colours, now)
        self._publish_garments("embedding", posed)

    def _make_look(self, posed: PosedFrame, now: float) -> None:
        if self._advise is None:
            return
        told = self._look_signature()
        garments = [g for g in self._wardrobe.garments(posed.pose) if g.embedding is not None]
        profile = self._belief.profile(self._declared)
        with self._telemetry.stage("look"):
            look = self._advise(garments, profile)
        self._told = told
        self._memory.found(self._token, "look", look=look, profile=profile)

    def _look_wanted(self) -> bool:
        """Something that a look depends on has changed, and there is something to go by."""
        if self._memory.declared != self._declared:
            self._declared = self._memory.declared
            self._publish_profile("declared")
        if not any(worn.embeddings for worn in self._wardrobe.confirmed()):
            return False
        return self._look_signature() != self._told

    def _look_signature(self) -> tuple[object, ...]:
        profile = self._belief.profile(self._declared)
        female = None if profile.female is None else profile.female >= 0.5
        age = None if profile.age is None else round(profile.age.value / 10)
        sizes = tuple(profile.likely_sizes(kind) for kind in ("tops", "bottoms", "shoes"))
        said = (self._declared.price, self._declared.style)
        return (self._wardrobe.signature(), female, age, sizes, said, self._edition())

    def _publish_garments(self, stage: str, posed: PosedFrame) -> None:
        self._memory.found(
            self._token, stage, garments=self._wardrobe.garments(posed.pose), garments_pose=posed.pose)

    def _publish_profile(self, stage: str) -> None:
        self._memory.found(self._token, stage, profile=self._belief.profile(self._declared))


def _of_full_frame(mask: Mask, factor: int) -> Mask:
    """The mask of a small copy as a mask of the full frame: only the way into it changes."""
    to_mask = mask.to_mask.copy()
    to_mask[:, :2] /= factor
    return Mask(mask.values, to_mask)
