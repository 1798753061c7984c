"""The live pipeline: threads, slots and what the window may ask of them.

Four threads beside the window's: the camera's own (read, small copy, display buffer), one for the pose, one for all
slow stages (nice 10), and one that only waits: it tells the window that a picture is ready, held back for its own
pose until it is at most 25 ms old. This layout won the comparison in docs/design.md. A fifth looks at the machine once
a second (mirror/pipeline/governor.py), a sixth at the catalogue's file (catalog/following.py). What runs on which is
declared in mirror/pipeline/stages.py.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal

import cv2

from catalog.following import Following
from catalog.index import Catalogue
from mirror.camera import Source
from mirror.camera.pool import PicturePool
from mirror.config import Settings
from mirror.domain import AgeBand, Frame, MirrorError, SizeBelief, SizeKind
from mirror.pipeline.advisor import Advisor
from mirror.pipeline.belief import EstimateSizes
from mirror.pipeline.carry import carry_face, carry_garment, carry_mask, similarity
from mirror.pipeline.display import DisplaySlot, PaintedFrame, Picture
from mirror.pipeline.frames import AnalysisFrame, shrink
from mirror.pipeline.gauge import Gauge
from mirror.pipeline.governor import LADDER, Governor, Rung
from mirror.pipeline.late import LateReaders
from mirror.pipeline.memory import Recollection, ShopperMemory, Style
from mirror.pipeline.pose_loop import PoseLoop
from mirror.pipeline.readers import Readers
from mirror.pipeline.slot import LatestSlot
from mirror.pipeline.slow_loop import AdviseLook, SlowLoop
from mirror.pipeline.stages import CAMERA, GOVERNOR, POSE, PRESENT, SLOW
from mirror.pipeline.stance import distance, frontality
from mirror.pipeline.state import MirrorState, SourceState, Telemetry
from mirror.pipeline.telemetry import TelemetryRecord, TimedSession
from mirror.recommend.looks import read_ahead
from mirror.recommend.sizes import estimate_sizes
from mirror.runtime.cores import keep_to_core
from mirror.runtime.heap import fill_cache, fill_heap, hold_large
from mirror.runtime.threads import hold_opencv

HOLD_BELOW_FPS = 40.0
"""Up to this rate a picture waits for its own pose; at 60 there is no time to, and the pose is predicted."""

PRESENT_WAIT_S = 0.2
"""How often the window hears of a camera that gives nothing."""

SNAPSHOT_EVERY_S = 0.5
FILL_HEAP_EVERY_S = 20.0
"""What visits come to need of the heap is in memory soon after the first ones, and memory stands from then on."""
SPARE_HEAP = 2 * 1024 * 1024
"""Room that it is given the first time, bytes: plates and looks come and go in other sizes, and without it the heap
grows by a tenth of that a minute for a while."""
FRONTAL_FROM = 0.45
"""Frontality from which she faces the mirror; the body reader's own bound (45 degrees) lies at 0.55."""

CAMERA_CORE, POSE_CORE = 0, 1
"""Of two cores: both threads work on every frame at the same time. The one that tells the window stays with the camera:
the window is woken where it runs, and so paints beside the people finder, not in turns with it. All other threads run
where there is room."""

STOP_PATIENCE_S = 5.0
WAKE_AGAIN_S = 2.0
"""A camera that cannot be opened after a rest is tried again this often."""


class LivePipeline:
    """Frames in, :class:`MirrorState` out. The window's side is told in the package's docstring.

    ``on_picture`` is called on a pipeline thread whenever a picture is ready (and a few times a second while
    there is none), and must only leave a message.
    """

    def __init__(
        self, source: Source, vision: Readers, catalogue: Catalogue | None, settings: Settings, *,
        advise: AdviseLook | None = None, sizes: EstimateSizes = estimate_sizes,
    ) -> None:
        """``advise`` replaces the recommendation from ``catalogue``. :class:`LateReaders` may come after the first
        pictures; what is wrong with them is then raised by :meth:`state`.

        Raises:
            MirrorError: the catalogue was built by another embedder than ``vision``'s.
        """
        self.source = source
        self.settings = settings
        self.catalogue = catalogue
        self.display = DisplaySlot()
        self._painted = PaintedFrame()
        self.on_picture: Callable[[], None] | None = None
        self._seated = settings.pipeline.full_body == "seated"
        self.memory = ShopperMemory(consent=settings.privacy.consent, seated=self._seated)
        self.telemetry = TelemetryRecord()
        self.on_new_items: Callable[[], None] = lambda: None
        """Called on a thread of its own when the catalogue's file was replaced and the new one answers."""
        self._following = None if catalogue is None else Following(catalogue)
        self._advisor: Advisor | None = None
        if catalogue is not None and self._following is not None:
            if advise is None:
                advise = self._advisor = Advisor(
                    catalogue, settings, lambda: self.memory.declared, lambda: self.memory.shopper)
            self._following.on_read = lambda: read_ahead(catalogue)
            self._following.on_change = lambda: self.on_new_items()
        self._late = vision if isinstance(vision, LateReaders) else None
        self._taking = threading.Lock()
        self._taken = False
        self._failure: MirrorError | None = None
        if self._late is None:
            self._accept(vision)
        self._pose_loop = PoseLoop(
            vision.pose, vision.people, self.memory, self.telemetry,
            people_every_s=settings.pipeline.people_every_s, forget_after_s=settings.pipeline.forget_after_s,
        )
        self._slow_loop = SlowLoop(
            vision, self.memory, self.telemetry, settings, estimate_sizes=sizes, advise=advise,
            edition=lambda: 0 if self.catalogue is None else self.catalogue.edition,
            paint_first=self._painted.wait)
        self.governor = Governor(self._offers)
        self._gauge = Gauge(
            self.telemetry, lambda: self.source.captured, lambda: self._pose_loop.followed_since)
        self._analysis: LatestSlot[AnalysisFrame] = LatestSlot()
        self._smalls = PicturePool()
        self._shown: LatestSlot[tuple[int, float, tuple[int, int]]] = LatestSlot()
        self._newest: tuple[int, float, tuple[int, int]] = (-1, 0.0, (0, 0))
        self._snapshot = Telemetry()
        self._period = 1 / 30
        self._drawn_at = 0.0
        self._source_state: SourceState = "opening"
        self._over = False
        self._resting = False
        self._wake_at: float | None = None
        self._wake_failure = ""
        self._apart = settings.threads.cores == "apart"
        self._settled: threading.Thread | None = None
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._drops_before = 0
        self._captured_before = 0

    def start(self) -> None:
        """Open the source and start every thread.

        Raises:
            MirrorError: the source cannot be opened; nothing is left running.
        """
        if self._threads:
            return
        hold_opencv(cv2, self.settings.threads.opencv)
        self._stop.clear()
        self._over = False
        self.source.on_frame = self._take_first
        if self._late is not None:
            self._late.start()
        self.source.start()
        if self._following is not None:
            self._following.start()
        jobs: tuple[tuple[str, Callable[[], None]], ...] = (
            (POSE, self._when_ready(self._follow)),
            (SLOW, self._when_ready(lambda: self._slow_loop.run(self._pose_loop.posed, self._stop))),
            (PRESENT, self._present),
            (GOVERNOR, self._when_ready(
                lambda: self.governor.run(self._stop, self._gauge.read, self._act, self.telemetry.now))),
        )
        self._threads = [threading.Thread(target=lasting, args=(job,), name=name, daemon=True) for name, job in jobs]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Close the source and say that it has ended, also one that was lost: the window closes, then comes
        :meth:`stop`. From any thread but the source's."""
        self._over = True
        self.source.stop()

    def stop(self) -> None:
        """Stop and join every thread, close the source, and erase the shopper and her pictures."""
        self._stop.set()
        self.source.stop()
        if self._following is not None:
            self._following.stop()
        if self._late is not None:
            self._late.join()
        for thread in self._threads:
            thread.join(STOP_PATIENCE_S)
        self._threads = []
        self.source.stop()  # it may have woken from a rest meanwhile
        self.forget()
        self._analysis.clear()
        self._smalls.clear()
        self.display.erase()

    def __enter__(self) -> LivePipeline:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def set_consent(self, given: bool) -> None:
        """Her yes or no to being looked at. A no erases what was found."""
        self.memory.set_consent(given)

    def declare(
        self, *, sizes: Mapping[SizeKind, SizeBelief] | None = None,
        gender: Literal["women", "men", "all"] | None = None, age: AgeBand | Literal["any"] | None = None,
        style: Style | None = None, price: tuple[float, float] | None = None,
    ) -> None:
        """What she says herself stands over the estimates until she is forgotten; "all" and "any" are answers: then
        nothing is guessed. Said while nobody is served (a flag at the start), it stands for everybody. None leaves a
        word as it was."""
        said = {"sizes": sizes, "gender": gender, "age": age, "style": style, "price": price}
        self.memory.declare({key: value for key, value in said.items() if value is not None})

    @property
    def goes_by_style(self) -> bool:
        """Whether a declared style changes the look: the catalogue knows its items' styles."""
        return self._advisor is not None and self._advisor.goes_by_style

    def rest(self, resting: bool) -> None:
        """Let the camera go: no frame is taken and the last ones are erased; or open it again (on a thread of ours,
        as often as it takes: meanwhile ``source_state`` is "opening" or "lost")."""
        self._wake_at, self._wake_failure = (None, "") if resting else (time.monotonic(), "")
        self._resting = resting
        if resting:
            self.source.stop()
            self.forget()
            self._newest = (-1, 0.0, (0, 0))
            self._analysis.clear()
            self._smalls.clear()
            self.display.erase()

    def forget(self) -> None:
        """Erase everything about the shopper now."""
        self.memory.forget()
        if self._advisor is not None:
            self._advisor.forget()
        self._pose_loop.posed.clear()

    def painted(self, state: MirrorState, paint_s: float | None = None) -> None:
        """To be called at the end of painting ``state``; ``paint_s`` is how long that took, in seconds."""
        if paint_s is not None:
            now = self.telemetry.now()
            told = self.telemetry.marked(state.frame_number, "told")
            wait = 0.0 if told is None else max(0.0, now - paint_s - told)
            self.telemetry.ran("paint", now, 0.0, paint_s, 0.0, wait)
            if self.telemetry.trace is not None:
                self.telemetry.trace.span("paint", now - paint_s, now, state.frame_number)
        self._painted.tell(state.frame_number)
        self.telemetry.painted(
            state.frame_number, state.time, state.pose_frame_number, state.pose_time, state.pose is not None)

    def measure_anew(self) -> None:
        """Begin all counts and times at zero: the warm-up is over."""
        self.telemetry.clear()
        self._drops_before = self.source.dropped + self.display.dropped
        self._captured_before = self.source.captured

    def measured(self) -> Telemetry:
        """Everything since the start (or :meth:`measure_anew`), with exact drops."""
        return self._with_drops(self.telemetry.snapshot(recent=False))

    def state(self, picture: Picture | None = None) -> MirrorState:
        """Everything the window needs, at the frame of ``picture`` (the newest frame when None).

        Raises:
            MirrorError: late readers could not be loaded, or do not go with the catalogue: the mirror is over.
        """
        if self._failure is not None:
            raise self._failure
        if picture is not None:
            number, at, size = picture.number, picture.time, picture.frame_size
        else:
            number, at, size = self._newest
        memory = self.memory.recall(number, at)
        state = MirrorState(
            frame_number=number, time=at, frame_size=size, people=memory.people, shopper=memory.shopper,
            crowd=memory.crowd, profile=memory.findings.profile, look=memory.findings.look,
            stages_done=memory.findings.done, telemetry=self._snapshot, consent=memory.consent,
            source_state=self._source_state, notice=self._notice(),
            stale=self._following.problem if self._following is not None else "",
        )
        if memory.pose is None:
            return state
        state = replace(
            state, pose=memory.pose, pose_frame_number=memory.pose_number, pose_time=memory.pose_time,
            full_body=memory.full_body, distance=distance(memory.pose, size, memory.full_body, seated=self._seated),
            frontal=frontality(memory.pose) >= FRONTAL_FROM, stages_done=state.stages_done | {"people", "pose"},
        )
        return replace(state, **carried(memory))

    def _accept(self, readers: Readers) -> None:
        """Check and wrap readers that are there."""
        if self.catalogue is not None:
            self.catalogue.require_embedder(readers.embedder.name)
        time_graphs(readers, self.telemetry)
        hold_large()

    def _when_ready(self, job: Callable[[], None]) -> Callable[[], None]:
        """The job, begun once late readers have come; not at all when they failed."""

        def run() -> None:
            with self._taking:
                if self._late is not None and not self._taken:
                    self._taken = True
                    try:
                        self._accept(self._late.readers())
                    except MirrorError as error:
                        self._failure = error
            if self._failure is None:
                job()

        return run

    def _follow(self) -> None:
        """The pose thread's work."""
        if self._apart:
            keep_to_core(POSE_CORE)
        self._pose_loop.run(self._analysis, self._stop)

    def _settle(self) -> None:
        """On the camera thread: once for each that a source starts."""
        self._settled = threading.current_thread()
        if self._apart and self._settled.name == CAMERA:
            keep_to_core(CAMERA_CORE)

    def _offers(self, rung: Rung) -> bool:
        """Whether a rung gives way in anything here; by what it adds to the one above it."""
        above = LADDER[LADDER.index(rung) - 1]
        if rung.lighter_pose and not above.lighter_pose:
            return self._pose_loop.lighter_offered
        return rung.nice == above.nice or self._slow_loop.may_hurry

    def _act(self, rung: Rung) -> None:
        """Put a rung of the governor's ladder into effect."""
        self._slow_loop.set_nice(rung.nice)
        self._slow_loop.schedule.stretch = rung.stretch
        self._pose_loop.lighter, self._pose_loop.every = rung.lighter_pose, rung.pose_every

    def _take(self, frame: Frame) -> None:
        """On the camera thread, for every frame."""
        now = self.telemetry.now()
        if threading.current_thread() is not self._settled:
            self._settle()
        self.telemetry.captured(now)
        self.telemetry.ran("camera", now, 0.0, max(0.0, now - frame.time), 0.0)
        if self._newest[0] >= 0 and frame.time > self._newest[1]:
            self._period += 0.1 * (frame.time - self._newest[1] - self._period)
        # the pose can begin on another core while this thread draws the picture
        self.telemetry.working_on(frame.number, frame.time)
        small = shrink(frame, self._smalls)
        shrunk = self.telemetry.now()
        self.telemetry.mark(frame.number, "shrunk", shrunk)
        self._analysis.put(small)
        if self.telemetry.trace is not None:
            # a frame may have been due while the one before was still drawn: spans of one thread must nest
            begun = min(now, max(frame.time, self._drawn_at))
            if self._drawn_at > 0:
                self.telemetry.trace.span("wait for the camera", self._drawn_at, begun)
            self.telemetry.trace.span("read", begun, now, frame.number)
            self.telemetry.trace.span("shrink", now, shrunk, frame.number)
        with self.telemetry.stage("display"):
            self.display.write(frame.image, frame.number, frame.time)
        self._drawn_at = self.telemetry.now()
        self._newest = (frame.number, frame.time, (frame.image.shape[1], frame.image.shape[0]))
        self._shown.put(self._newest)
        self._smalls.warm(small.small.shape)

    def _take_first(self, frame: Frame) -> None:
        """On the camera's thread, once."""
        fill_cache()
        self.source.on_frame = self._take
        self._take(frame)

    def _present(self) -> None:
        """On its own thread: hold each picture for its pose, then tell the window."""
        if self._apart:
            keep_to_core(CAMERA_CORE)
        at, told, filled, spare = 0, 0.0, time.monotonic(), SPARE_HEAP
        while not self._stop.is_set():
            with self.telemetry.waiting("wait for a picture"):
                got = self._shown.wait(at, PRESENT_WAIT_S)
            now = time.monotonic()
            if got is None:
                self._miss(now)
            else:
                at, (number, captured_at, _) = got
                self._source_state = "live"
                if self.display.last_borrowed >= number:
                    continue  # the window was late for the one before and took this one along
                if self._pose_loop.following and self._period > 1 / HOLD_BELOW_FPS:
                    patience = captured_at + self.settings.pipeline.pose_wait_ms / 1000 - now
                    if patience > 0:
                        self._pose_loop.wait_done(number, patience)
                        if self.telemetry.trace is not None:
                            self.telemetry.trace.span("wait for the pose", now, self.telemetry.now(), number)
                self.telemetry.mark(number, "told", self.telemetry.now())
            if self.on_picture is not None:
                self.on_picture()
            if now - told >= SNAPSHOT_EVERY_S:  # after the window was told: no picture waits for it
                told = now
                self._snapshot = self._with_drops(self.telemetry.snapshot())
            if now - filled >= FILL_HEAP_EVERY_S:
                fill_heap(spare)
                filled, spare = now, 0

    def _miss(self, now: float) -> None:
        """No frame came for a while: say so, and do not remember a shopper whom nobody can see."""
        age = now - self._newest[1]
        if self._wake_at is not None and now >= self._wake_at:
            self._wake(now)
        if (self._resting or self._wake_at is not None) and not self._over:
            self._source_state = "lost" if self._wake_failure else "opening"
        elif self._over:
            self._source_state = "ended"
        elif self.source.ended:
            self._source_state = "lost" if self.source.error is not None else "ended"
        elif self.source.error is not None or (
            self._newest[0] >= 0 and age > self.settings.camera.stale_after_s
        ):
            self._source_state = "lost"
        if age > self.settings.pipeline.forget_after_s and self.memory.shopper:
            self.forget()

    def _wake(self, now: float) -> None:
        try:
            self.source.start()
            self._wake_at, self._wake_failure = None, ""
        except MirrorError as error:
            self._wake_at, self._wake_failure = now + WAKE_AGAIN_S, str(error)

    def _notice(self) -> str:
        if self._wake_failure:
            return self._wake_failure
        if self.source.error is not None:
            return str(self.source.error)
        if self._source_state == "lost":
            return f"source {self.source.name}: no fresh frame; check the camera and its cable"
        if self._pose_loop.problem:
            return self._pose_loop.problem
        problem = next(iter(list(self._slow_loop.problems.values())), "")
        return problem or (self._following.problem if self._following is not None else "")

    def _with_drops(self, snapshot: Telemetry) -> Telemetry:
        drops = self.source.dropped + self.display.dropped - self._drops_before
        # the source counts late frames that were skipped before they came here, too
        return replace(
            snapshot, dropped=max(0, drops), captured=self.source.captured - self._captured_before,
            governor=self.governor.state())


def lasting(job: Callable[[], None]) -> None:
    """The work of a thread that lasts as long as the mirror."""
    fill_cache()
    job()


def carried(memory: Recollection) -> dict[str, Any]:
    """Face, mask and garments moved from the pose they were read at to the present pose, as fields of
    :class:`MirrorState`; what cannot be carried is shown where it was."""
    found, pose = memory.findings, memory.pose
    moved: dict[str, Any] = {"face": found.face, "mask": found.mask, "garments": found.garments}
    if pose is None:
        return moved
    if found.face is not None and found.face_pose is not None:
        matrix = similarity(found.face_pose, pose)
        moved["face"] = found.face if matrix is None else carry_face(found.face, matrix)
    if found.mask is not None and found.mask_pose is not None:
        matrix = similarity(found.mask_pose, pose)
        moved["mask"] = found.mask if matrix is None else carry_mask(found.mask, matrix)
    if found.garments and found.garments_pose is not None:
        matrix = similarity(found.garments_pose, pose)
        if matrix is not None:
            moved["garments"] = tuple(carry_garment(g, matrix) for g in found.garments)
    return moved


def time_graphs(vision: Readers, telemetry: TelemetryRecord) -> None:
    """Put a stopwatch around every reader's session, so that each stage's time parts into pre, run and post."""
    for name in ("people", "pose", "mask", "attributes", "garments", "embedder", "body", "face_bmi"):
        reader: Any = getattr(vision, name)
        for part in getattr(reader, "parts", (reader,)):  # age and gender may come from two nets
            session = getattr(part, "session", None)
            if session is not None:
                inner = session.session if isinstance(session, TimedSession) else session
                part.session = TimedSession(inner, telemetry)
