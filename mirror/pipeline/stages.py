"""Every stage of the live mirror in one table: what it reads and gives, when it runs, what it may cost, and where.

Schedule, telemetry, thread names and the governor take everything from here; a stage that is not in it cannot be timed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from mirror.camera.source import THREAD
from mirror.config import PipelineSettings

WINDOW = "MainThread"
CAMERA = THREAD
"""The source's own."""
POSE = "mirror-pose"
SLOW = "mirror-slow"
PRESENT = "mirror-present"
GOVERNOR = "mirror-governor"
LOAD = "mirror-load"

THREADS: tuple[str, ...] = (WINDOW, CAMERA, POSE, SLOW, PRESENT, GOVERNOR, LOAD)
"""All threads of the pipeline and the window's. The last three run no stage: one holds each picture for its pose, one
watches the machine, one loads the models and ends."""

FRESH_MS = 300.0
"""A slow stage does not begin on an older frame: it would describe a moment that is gone."""
PART_MS = 1000.0
"""What ends another stage's run may begin this late: it reads what that stage found, not where she stands now."""


@dataclass(frozen=True)
class Stage:
    """One row of the table."""

    name: str
    thread: str
    inputs: tuple[str, ...]
    output: str
    on: str
    """What makes it run: every frame, a timer, an event, or the stage whose run it ends."""
    every_s: float | None
    """Seconds wished between two runs of what the slow thread (or the people finder) chooses; of an event, the least.
    None: it runs whenever ``on`` comes."""
    budget_ms: float
    """One run should take no longer; the governor compares the median with it."""
    oldest_ms: float = math.inf
    """No run begins on an older frame. Infinite where there is no choice: a picture is drawn and shown in any case."""
    setting: str = ""
    """The key of `[pipeline]` that replaces ``every_s``."""
    asks: bool = False
    """It describes the shopper: it never runs before she said yes."""


# the order of the slow stages decides among several that never ran
TABLE: tuple[Stage, ...] = (
    Stage("camera", CAMERA, ("source",), "frame", "every frame", None, 12),
    Stage("display", CAMERA, ("frame", "view"), "picture", "every frame", None, 12),
    Stage("people", POSE, ("small frame",), "boxes", "timer", 1.0, 60, FRESH_MS, "people_every_s"),
    Stage("pose", POSE, ("small frame", "boxes"), "keypoints", "every frame", None, 25, 150),
    Stage("garments", SLOW, ("frame", "keypoints"), "garments", "timer", 0.33, 100, FRESH_MS, "garments_every_s", True),
    Stage("mask", SLOW, ("small frame", "keypoints"), "mask", "timer", 0.33, 100, FRESH_MS, "body_every_s", True),
    Stage("body", SLOW, ("mask", "keypoints"), "body shape", "mask", None, 100, PART_MS, "", True),
    Stage("face", SLOW, ("frame", "keypoints"), "face", "new person, rarely once settled", 2.0, 100, FRESH_MS,
          "face_every_s", True),
    Stage("attributes", SLOW, ("frame", "face"), "age, gender", "face", None, 100, PART_MS, "", True),
    Stage("embedding", SLOW, ("frame", "garments", "mask"), "garment vector, colours", "new garment", 0.1, 100,
          FRESH_MS, "", True),
    Stage("look", SLOW, ("garment vector, colours", "age, gender", "body shape"), "look", "change", 0.33, 100,
          FRESH_MS, "look_every_s", True),
    Stage("paint", WINDOW, ("picture", "state"), "pixels", "every frame", None, 8),
)

STAGES: dict[str, Stage] = {stage.name: stage for stage in TABLE}


def periods(settings: PipelineSettings) -> dict[str, float]:
    """Wished seconds between two runs of each stage that the slow thread chooses, in the table's order."""
    return {
        stage.name: getattr(settings, stage.setting) if stage.setting else stage.every_s
        for stage in TABLE if stage.thread == SLOW and stage.every_s is not None
    }


def fresh(stage: str, age_s: float) -> bool:
    """Whether a stage may begin on a frame that was captured ``age_s`` seconds ago."""
    return 1000 * age_s <= STAGES[stage].oldest_ms
