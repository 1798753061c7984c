"""A stage for the window's tests: a drawn person, the state that belongs to her, and a pipeline that stands still."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np

from mirror.domain import (
    Box,
    Estimate,
    Face,
    FloatArray,
    Garment,
    ImageArray,
    Item,
    Look,
    Person,
    Pose,
    Profile,
    Suggestion,
)
from mirror.pipeline.display import DisplaySlot, Picture
from mirror.pipeline.state import CONSENT_STAGES, MirrorState

FRAME = (1280, 720)
POINTS = {
    "nose": (640, 118), "left_eye": (648, 110), "right_eye": (632, 110), "left_ear": (660, 114),
    "right_ear": (620, 114), "left_shoulder": (694, 190), "right_shoulder": (586, 190), "left_elbow": (716, 280),
    "right_elbow": (564, 280), "left_wrist": (726, 358), "right_wrist": (554, 358), "left_hip": (672, 366),
    "right_hip": (608, 366), "left_knee": (676, 492), "right_knee": (604, 492), "left_ankle": (680, 612),
    "right_ankle": (600, 612),
}
"""COCO keypoints of the drawn person, frame pixels (her left is at the frame's right)."""
BODY = Box(540, 66, 740, 642)
"""The box around the drawn person."""


def pose(dx: float = 0.0) -> Pose:
    """The drawn person's pose, moved sideways by ``dx`` frame pixels."""
    rows: FloatArray = np.array([[x + dx, y, 0.9] for x, y in POINTS.values()], np.float32)
    return Pose(rows)


def frame(dx: int = 0) -> ImageArray:
    """A plain room with a dressed figure, BGR uint8 (720, 1280, 3)."""
    image = np.full((FRAME[1], FRAME[0], 3), (178, 190, 196), np.uint8)
    image[560:] = (120, 138, 150)

    def at(name: str) -> tuple[int, int]:
        return POINTS[name][0] + dx, POINTS[name][1]

    for side in ("left", "right"):
        cv2.line(image, at(f"{side}_hip"), at(f"{side}_knee"), (92, 58, 40), 50, cv2.LINE_AA)
        cv2.line(image, at(f"{side}_knee"), at(f"{side}_ankle"), (92, 58, 40), 44, cv2.LINE_AA)
        cv2.ellipse(image, (at(f"{side}_ankle")[0], 628), (26, 13), 0, 0, 360, (235, 238, 240), -1, cv2.LINE_AA)
        cv2.line(image, at(f"{side}_shoulder"), at(f"{side}_elbow"), (58, 78, 178), 34, cv2.LINE_AA)
        cv2.line(image, at(f"{side}_elbow"), at(f"{side}_wrist"), (140, 168, 205), 22, cv2.LINE_AA)
    torso = np.array([at("left_shoulder"), at("right_shoulder"), at("right_hip"), at("left_hip")])
    cv2.fillConvexPoly(image, torso, (58, 78, 178), cv2.LINE_AA)
    cv2.line(image, (640 + dx, 130), (640 + dx, 190), (140, 168, 205), 30, cv2.LINE_AA)
    cv2.ellipse(image, (640 + dx, 96), (34, 32), 0, 0, 360, (38, 34, 40), -1, cv2.LINE_AA)
    cv2.ellipse(image, (640 + dx, 118), (28, 36), 0, 0, 360, (140, 168, 205), -1, cv2.LINE_AA)
    return image


def items(count: int, categories: tuple[str, ...] = ("longsleeve",)) -> tuple[Item, ...]:
    """Items with sizes in letters, M out of stock for every third."""
    titles = ("Cable-knit jumper", "Camel wool coat", "Striped cotton top", "Checked flannel shirt with long sleeves")
    return tuple(
        Item(id=f"{'-'.join(categories)}-{i}", title=titles[i % len(titles)], category=categories[i % len(categories)],
             sizes=("S", "M", "L", "XL") if i % 3 else ("S", "L", "XL"), gender="unisex", age="",
             price=79.0 + i if i % 2 == 0 else 24.95, currency="EUR", picture=f"{i}.png", url="")
        for i in range(count))


def look(similar: int = 6, complete: int = 6) -> Look:
    reasons = ("Much like your knit, one tone lighter", "Warm camel sits well with your navy trousers",
               "Your size, in stock")
    return Look(
        tuple(Suggestion(item, 0.9 - i / 100, reasons[i % 3], "longsleeve") for i, item in enumerate(items(similar))),
        tuple(Suggestion(item, 0.8 - i / 100, reasons[i % 3], item.category) for i, item in enumerate(
            items(complete, ("outerwear", "bag", "shoes")))),
    )


def state(number: int = 1, **changes: Any) -> MirrorState:
    """The state that belongs to :func:`frame`: all found, everything done, a look of six and six."""
    whole = MirrorState(
        frame_number=number, time=time.monotonic(), frame_size=FRAME, pose=pose(), pose_frame_number=number,
        people=(Person(BODY, 0.9, pose()),), shopper=1, full_body=True, distance="ok", frontal=True,
        face=Face(Box(610, 80, 670, 156), True),
        garments=(
            Garment("longsleeve", Box(560, 172, 720, 372), 0.92, ("#b24e3a",)),
            Garment("trousers", Box(575, 352, 706, 610), 0.88, ("#2b3a5c",)),
        ),
        profile=Profile(age=Estimate(34, 28, 40), sizes={"tops": {"M": 0.6, "L": 0.3, "S": 0.1},
                                                         "bottoms": {"M": 0.7, "L": 0.3}}),
        look=look(), stages_done=CONSENT_STAGES, consent=True, source_state="live",
    )
    return replace(whole, **changes)


class StillCatalogue:
    """Just enough of a catalogue: items and their pictures."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.snapshot = SimpleNamespace(sealed=SimpleNamespace(stamp=(0, 0, time.time_ns())))
        colours = ((150, 190, 205), (90, 140, 190), (110, 90, 60), (150, 150, 220), (90, 120, 60), (60, 60, 90))
        for i, colour in enumerate(colours):
            picture = np.full((480, 400, 3), (226, 230, 232), np.uint8)
            cv2.rectangle(picture, (90, 110), (310, 400), colour, -1, cv2.LINE_AA)
            cv2.imwrite(str(folder / f"{i}.png"), picture)

    def picture(self, item: Item) -> Path:
        return self.folder / f"{int(item.picture.split('.')[0]) % 6}.png"

    def iter_items(self) -> Iterator[Item]:
        yield from items(8, ("outerwear", "longsleeve", "dress", "trousers"))


class StillPipeline:
    """Stands in for the live pipeline: shows what it is told and notes what is asked of it."""

    def __init__(self, catalogue: StillCatalogue | None = None) -> None:
        self.catalogue = catalogue
        self.display = DisplaySlot()
        self.painted_numbers: list[int] = []
        self.on_picture: Callable[[], None] | None = None
        self.asked: list[str] = []
        self.goes_by_style = True
        self.running = False
        self.now = state(0, shopper=0, pose=None, people=(), garments=(), look=Look(), stages_done=frozenset())

    def state(self, picture: Picture | None = None) -> MirrorState:
        return self.now

    def painted(self, state: MirrorState, paint_s: float | None = None) -> None:
        self.painted_numbers.append(state.frame_number)

    def start(self) -> None:
        self.running = True

    def stop(self) -> None:
        self.running = False

    def set_consent(self, given: bool) -> None:
        self.asked.append(f"consent {given}")

    def forget(self) -> None:
        self.asked.append("forget")

    def declare(self, **what: Any) -> None:
        self.asked.append(f"declare {what}")

    def rest(self, resting: bool) -> None:
        self.asked.append(f"rest {resting}")

    def show(self, image: ImageArray, now: MirrorState) -> None:
        """Put a frame and its state on, as the camera and pose threads would."""
        self.display.write(image, now.frame_number, now.time)
        self.now = now
        if self.on_picture is not None:
            self.on_picture()


class PlayingPipeline(StillPipeline):
    """The same with a camera thread of its own that shows the drawn person thirty times a second."""

    def __init__(self, catalogue: StillCatalogue | None = None, **changes: Any) -> None:
        super().__init__(catalogue)
        self.changes = changes
        self.shown = 0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        super().start()
        self._stop.clear()
        self._thread = threading.Thread(target=self._play, name="stage-camera", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        super().stop()
        self._stop.set()
        if self._thread is not None:
            self._thread.join(5.0)

    def _play(self) -> None:
        image = frame()
        while not self._stop.wait(1 / 30):
            self.shown += 1
            self.show(image, state(self.shown, pose_time=time.monotonic(), **self.changes))
