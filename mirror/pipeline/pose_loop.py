"""The pose thread: every newest frame, where she is and how she stands; nothing else delays it."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence

from mirror.domain import Box, MirrorError, Person, Pose
from mirror.pipeline.frames import AnalysisFrame, PosedFrame, only_box, scaled_box, scaled_pose
from mirror.pipeline.memory import ShopperMemory
from mirror.pipeline.readers import FindsPeople, ReadsPose
from mirror.pipeline.region import follow_region, wandering
from mirror.pipeline.slot import LatestSlot
from mirror.pipeline.stages import fresh
from mirror.pipeline.telemetry import TelemetryRecord
from mirror.pipeline.tracker import MISTAKE_RATIO, SAME_IOU, SWITCH_RATIO, ShopperChoice, same_place
from mirror.vision.pose import body_region

SEEK_EVERY_S = 0.2
"""While nobody is followed the people finder (15 ms) looks this often."""

LEAST_HEIGHT_SHARE = 0.2
"""People less tall than this share of the frame are passers-by at the back of the shop: nobody to serve."""

NEAR_HEIGHT_SHARE = 0.5
"""Somebody new less tall than this share may stand behind the shopper, whom the people finder misses on one frame in
fifteen or so: then the pose net is asked too, which sees who fills the frame."""

TILE_ASPECT = 1.0
"""The people finder's square input shows a wide frame small: one person scores .15 to .23 in a whole 16:9 frame and
.43 to .49 in a square of it. So it looks at a tile of this width over height: around her, or the middle."""

SURE_SCORE = 0.35
"""Mean keypoint score of the pose net (which sees her far larger than the people finder does) from which what it
follows is a person, whatever the finder says. On whole frames with one standing person it is .42 to .55."""

REGROW = 1.3
"""Where the people finder sees her this much taller than the pose net does, the region has lost a part of her."""

MISSED_FRAMES = 2
"""Frames one after another in which she is not found where she was before the people finder is asked: in one frame
alone the pose net may err, and to seek her costs the frames until the finder's next look."""

WAIT_S = 0.25
AFTER_FAILURE_S = 0.5


class PoseLoop:
    """Follows one shopper. :meth:`step` does one frame; :meth:`run` does so for every newest frame until told
    to stop. ``done`` is called with a frame's number when its pose is known, or known to be none."""

    def __init__(
        self, pose: ReadsPose, people: FindsPeople, memory: ShopperMemory, telemetry: TelemetryRecord, *,
        people_every_s: float, forget_after_s: float,
    ) -> None:
        self.posed: LatestSlot[PosedFrame] = LatestSlot()
        self.problem = ""
        self.every = 1
        """Read only every so many-eth frame while she is followed (the governor's); the others are predicted."""
        self.lighter = False
        """Read with the pose reader's ``lighter`` one (the governor's)."""
        self.followed_since: float | None = None
        """Capture time from which every frame read has shown her; None while nobody is followed."""
        self._pose = pose
        self._people = people
        self._memory = memory
        self._telemetry = telemetry
        self._people_every = people_every_s
        self._forget_after = forget_after_s
        self._choice = ShopperChoice()
        self._token = -1
        self._region: Box | None = None
        self._last_box: Box | None = None
        self._followed = False  # whether the region has given a pose
        self._missed = 0  # frames since then that gave none of hers
        self._last_seen = 0.0
        self._read = -1
        self._captured = 0.0
        self._last_look = float("-inf")
        self._changed = threading.Condition()
        self._done = -1

    def run(self, frames: LatestSlot[AnalysisFrame], stop: threading.Event) -> None:
        """Follow the newest frames until ``stop`` is set. A failing model is told and tried again."""
        at = 0
        while not stop.is_set():
            with self._telemetry.waiting("wait for a frame"):
                got = frames.wait(at, WAIT_S)
            if got is None:
                continue
            at = got[0]
            self._read_one(got[1], stop)
            del got  # while nothing comes, nothing of her is held

    def _read_one(self, frame: AnalysisFrame, stop: threading.Event) -> None:
        if self._leaves_out(frame):
            self._tell(frame.frame.number)
            return
        try:
            self.step(frame, self._tell, now=self._telemetry.now())
            self.problem = ""
        except Exception as error:  # noqa: BLE001 - one bad frame or model must not end the mirror
            kind = "" if isinstance(error, MirrorError) else f"{type(error).__name__}: "
            self.problem = f"pose: {kind}{error}"
            self._tell(frame.frame.number)
            stop.wait(AFTER_FAILURE_S)

    def wait_done(self, number: int, timeout: float) -> bool:
        """Wait until the pose of frame ``number`` (or of a newer one) is done; False when the time is over."""
        with self._changed:
            return self._changed.wait_for(lambda: self._done >= number, timeout)

    @property
    def following(self) -> bool:
        """Whether the next frame will be read for a pose: else there is nothing to wait for."""
        return self._region is not None

    @property
    def lighter_offered(self) -> bool:
        """Whether the pose reader has a lighter one of the same keypoints."""
        return getattr(self._pose, "lighter", None) is not None

    def _leaves_out(self, frame: AnalysisFrame) -> bool:
        return self._followed and 0 <= frame.frame.number - self._read < self.every

    def step(
        self, frame: AnalysisFrame, done: Callable[[int], None] = lambda number: None, *, now: float | None = None,
    ) -> None:
        """Read one frame at ``now`` (on the clock of its capture time; None: just captured). A frame that is too old
        for its stage is left out."""
        number, time = frame.frame.number, frame.frame.time
        self._captured = self._telemetry.now() - (0.0 if now is None else now - time)
        if not self._fresh("pose"):
            done(number)
            return
        self._read = number
        self._telemetry.working_on(number, time)
        if self._memory.token != self._token:
            self._start_anew()
        if self._region is None and not self._seek(frame, time):
            done(number)
            return
        assert self._region is not None
        with self._telemetry.stage("pose"):
            pose = self._reader().read(frame.small, wandering(self._region, number))
        region = follow_region(pose)
        box = body_region(pose)
        if region is None or box is None or self._has_leapt(box):
            self._missed += 1
            if not self._followed or self._missed >= MISSED_FRAMES:
                self._region = self.followed_since = None
            done(number)
            return
        self._region, self._last_box, self._last_seen, self._followed = region, box, time, True
        self._missed = 0
        if self.followed_since is None:
            self.followed_since = time
        smoothed = self._memory.posed(self._token, scaled_pose(pose, frame.factor), number, time)
        done(number)
        if smoothed is not None:
            self.posed.put(PosedFrame(frame, smoothed, self._token))
        # after this frame's pose is out there is time until the next frame comes
        if time - self._last_look >= self._people_every and self._fresh("people"):
            self._review(frame, pose, box, time)

    def _fresh(self, stage: str) -> bool:
        return fresh(stage, self._telemetry.now() - self._captured)

    def _reader(self) -> ReadsPose:
        lighter: ReadsPose | None = getattr(self._pose, "lighter", None) if self.lighter else None
        return self._pose if lighter is None else lighter

    def _has_leapt(self, box: Box) -> bool:
        """The pose net has gone over to somebody else in the crop: nobody grows or moves so fast."""
        last = self._last_box
        return self._followed and last is not None and not same_place(box, last)

    def _tell(self, number: int) -> None:
        with self._changed:
            self._done = max(self._done, number)
            self._changed.notify_all()

    def _start_anew(self) -> None:
        """Somebody else erased the shopper (a stop, a consent taken back): what belongs to her goes too."""
        self._token = self._memory.token
        if self._memory.shopper == 0:
            self._lose()

    def _lose(self) -> None:
        self._region = self._last_box = self.followed_since = None
        self._followed, self._missed = False, 0
        self._choice.reset()
        self.posed.clear()

    def _seek(self, frame: AnalysisFrame, time: float) -> bool:
        """Find her again, or somebody new; True when there is a region to read."""
        if self._memory.shopper and time - self._last_seen > self._forget_after:
            self._memory.forget()
            self._token = self._memory.token
            self._lose()
        if time - self._last_look < SEEK_EVERY_S or not self._fresh("people"):
            return False
        height, width = frame.small.shape[:2]
        middle = width / 2 if self._last_box is None else self._last_box.centre[0]
        people = self._look(frame, time, middle)
        hers = self._last_box if self._memory.shopper else None
        if not people or (hers is None and max(p.box.height for p in people) < NEAR_HEIGHT_SHARE * height):
            people += [p for p in self._as_one(frame) if _is_new(p.box, people)]
        if hers is not None:
            person = self._choice.again(people, hers)
        else:
            person = self._choice.first(people, (width, height))
        self._memory.seen(tuple(only_box(p, frame.factor) for p in people), crowd=False)
        if person is None:
            return False
        if not self._memory.shopper:
            self._serve(time)
        self._region = follow_region(person.pose) or _square(person.box)
        self._followed, self._missed = False, 0
        return True

    def _review(self, frame: AnalysisFrame, pose: Pose, box: Box, time: float) -> None:
        """Notice other people, and whether what is followed is still a person."""
        size = (frame.small.shape[1], frame.small.shape[0])
        own = pose.box() or box
        people = self._look(frame, time, own.centre[0])
        if _mean_score(pose) >= SURE_SCORE and _is_new(own, people):
            people.append(Person(own, _mean_score(pose), pose))
        review = self._choice.review(people, own, size, switch_at=self._switch_at())
        if review.own is not None and review.own.box.height > REGROW * own.height:
            self._region = follow_region(review.own.pose) or self._region
        if not review.keep:
            self._memory.forget()
            self._token = self._memory.token
            self._lose()
            if review.successor is not None:
                self._serve(time)
                self._region = follow_region(review.successor.pose) or _square(review.successor.box)
        self._memory.seen(tuple(only_box(p, frame.factor) for p in people), review.crowd)

    def _switch_at(self) -> float:
        if self._memory.has_spoken:
            return math.inf
        return MISTAKE_RATIO if self._memory.consent else SWITCH_RATIO

    def _look(self, frame: AnalysisFrame, time: float, middle: float) -> list[Person]:
        """Everybody tall enough in the tile around ``middle`` (pixels of the small copy)."""
        self._last_look = time
        height, width = frame.small.shape[:2]
        wide = min(width, round(TILE_ASPECT * height))
        left = int(min(max(0, round(middle - wide / 2)), width - wide))
        with self._telemetry.stage("people"):
            people = self._people.find(frame.small[:, left : left + wide])
        least = LEAST_HEIGHT_SHARE * height
        return [_shifted(p, left) for p in people if p.box.height >= least]

    def _as_one(self, frame: AnalysisFrame) -> list[Person]:
        """The whole frame read as one person: the pose net finds who is too small for the people finder, or
        stands at the frame's side."""
        height, width = frame.small.shape[:2]
        with self._telemetry.stage("pose"):
            pose = self._pose.read(frame.small, Box(0, 0, width, height))
        box = body_region(pose)
        if box is None or _mean_score(pose) < SURE_SCORE or box.height < LEAST_HEIGHT_SHARE * height:
            return []
        return [Person(box, _mean_score(pose), pose)]

    def _serve(self, time: float) -> None:
        self._token = self._memory.begin()
        self._choice.reset()
        self._last_seen = time


def _mean_score(pose: Pose) -> float:
    return float(pose.keypoints[:, 2].mean())


def _is_new(box: Box, people: Sequence[Person]) -> bool:
    return all(person.box.iou(box) < SAME_IOU for person in people)


def _shifted(person: Person, right: float) -> Person:
    if right == 0:
        return person
    keypoints = person.pose.keypoints.copy()
    keypoints[:, 0] += right
    box = person.box
    return Person(
        Box(box.x1 + right, box.y1, box.x2 + right, box.y2), person.score, Pose(keypoints, person.pose.names))


def _square(box: Box) -> Box:
    side = max(box.width, box.height)
    cx, cy = box.centre
    return scaled_box(Box(cx / side - 0.5, cy / side - 0.5, cx / side + 0.5, cy / side + 0.5), side)
