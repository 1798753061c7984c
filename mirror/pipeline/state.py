"""What the window is given to paint: one frozen picture of everything that is believed now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from mirror.domain import Face, Garment, Look, Mask, Person, Pose, Profile
from mirror.pipeline.stages import TABLE

Distance = Literal["near", "ok", "far"]
"""How far she stands: too near for her full body, well, or too far to see her clothes."""

SourceState = Literal["opening", "live", "lost", "ended"]
"""``lost``: no fresh frame; the source is being reopened. ``ended``: a file is over."""

STAGES: tuple[str, ...] = tuple(stage.name for stage in TABLE)
"""Every stage that is timed, in the order of :data:`mirror.pipeline.stages.TABLE`."""

CONSENT_STAGES: frozenset[str] = frozenset(stage.name for stage in TABLE if stage.asks)
"""Stages that describe the shopper: none of them runs before she said yes."""


@dataclass(frozen=True)
class Percentiles:
    """Percentiles in milliseconds of a recent run of ``n`` measurements (all 0 when n is 0)."""

    p50: float = 0.0
    p95: float = 0.0
    p99: float = 0.0
    n: int = 0


@dataclass(frozen=True)
class StageTiming:
    """One stage's recent whole times (p50, p95), and the medians of its parts: before the graph (crop, copy),
    in the graph, and after it (reading the output). All milliseconds; ``n`` counts runs since the start. ``wait``
    is the median age of the frame when the stage began (of the paint: since the window was told of the picture)."""

    p50: float = 0.0
    p95: float = 0.0
    n: int = 0
    pre: float = 0.0
    run: float = 0.0
    post: float = 0.0
    wait: float = 0.0


@dataclass(frozen=True)
class GovernorStep:
    """The governor went to a rung of its ladder ``at`` (monotonic seconds)."""

    at: float
    level: int
    name: str
    reason: str


@dataclass(frozen=True)
class GovernorState:
    """How far the mirror has given way to a short or hot machine: 0 is the full mirror. ``celsius`` and ``throttled``
    are None where the platform does not tell. ``steps``: the latest, oldest first."""

    level: int = 0
    name: str = "full"
    reason: str = ""
    celsius: float | None = None
    throttled: bool | None = None
    steps: tuple[GovernorStep, ...] = ()


@dataclass(frozen=True)
class Telemetry:
    """Counts and times only; nothing of a person. Rates are per second over the last seconds."""

    seconds: float = 0.0
    captured: int = 0
    displayed: int = 0
    dropped: int = 0
    fps_camera: float = 0.0
    fps_display: float = 0.0
    fps: Mapping[str, float] = field(default_factory=dict)
    """Runs per second of each stage that ran lately."""
    capture_to_paint: Percentiles = Percentiles()
    overlay_age: Percentiles = Percentiles()
    own_pose: float = 0.0
    """Share of painted frames (that showed a pose) whose keypoints were of this very frame."""
    stages: Mapping[str, StageTiming] = field(default_factory=dict)
    governor: GovernorState = GovernorState()


@dataclass(frozen=True, eq=False)
class MirrorState:
    """All that the window needs for one frame. Pixel coordinates are of the original frame, never mirrored.

    ``pose`` is smoothed, and predicted to this frame when its own was not ready (``pose_frame_number``
    tells). ``garments``, ``face`` and ``mask`` may be some hundred milliseconds old: they are carried along
    by a similarity fitted to the keypoints.
    """

    frame_number: int = -1
    time: float = 0.0
    """Capture time of the frame, monotonic seconds."""
    frame_size: tuple[int, int] = (0, 0)
    """Width, height of the original frame."""
    pose: Pose | None = None
    pose_frame_number: int = -1
    pose_time: float = 0.0
    people: tuple[Person, ...] = ()
    """Everybody in view as the people finder saw them last; a bystander is a box here and nothing more."""
    shopper: int = 0
    """Number of the shopper's track, counted from 1; 0 when nobody is served. A new number, a new person."""
    full_body: bool = False
    distance: Distance | None = None
    frontal: bool = False
    crowd: bool = False
    """Another person stands about as near as she does: "one at a time"."""
    face: Face | None = None
    mask: Mask | None = None
    garments: tuple[Garment, ...] = ()
    profile: Profile = field(default_factory=Profile)
    look: Look = field(default_factory=Look)
    stages_done: frozenset[str] = frozenset()
    """Stages that gave a result for this shopper since she came (and consented)."""
    telemetry: Telemetry = Telemetry()
    consent: bool = False
    source_state: SourceState = "opening"
    notice: str = ""
    """One plain line for the staff when something is wrong (camera lost, a stage that fails), else empty."""
    stale: str = ""
    """Why the items offered may be out of date (a new catalogue file was refused), else empty."""
