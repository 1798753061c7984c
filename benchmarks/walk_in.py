"""A clip of people who walk in one after another, each before an empty shop, and when each is in full view.

Photos as in `benchmarks.clip`, before a blurred ground that stays the same. She comes from the side at a walking pace,
slows down, stands, and leaves to the other side; the shop is empty until the mirror has forgotten her.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.clip import FORMS, TALL_SHARE, blurred_ground, full_length_photos
from benchmarks.shared import shared_data
from mirror.camera.picture import read_picture
from mirror.domain import ImageArray, MirrorError

EMPTY_S = 9.0
"""Nobody is in view for so long before each person: the mirror forgets the one before after two seconds, the window
calls her gone two later, and says goodbye for four (mirror/ui/waits.py)."""
WALK_S, STAND_S, LEAVE_S = 2.4, 3.6, 1.0
"""Seconds of the rest of her turn. At the frame's edge she walks 1.1 of her heights a second (some 1.8 m/s: brisk), and
comes to stand."""
BESIDE_SHARE = 0.06
"""Arms and bag straps beyond what is annotated of her clothes, over the photo's height."""


@dataclass(frozen=True)
class Turn:
    """One person's turn, in frames of the clip: the first of it (empty), the first that shows a part of her photo, and
    the first in which all of her is inside the frame."""

    first: int
    enters: int
    full: int


def walk_in_clip(folder: Path, form: str, people: int, empty_s: float = EMPTY_S) -> tuple[Path, list[Turn]]:
    """The clip of a form (of benchmarks.clip) in ``folder`` and its turns; made when it is not there yet. The shop is
    empty for ``empty_s`` before each person.

    Raises:
        MirrorError: the shared photos are not there, or the file cannot be written.
    """
    out = folder / f"walk-in{people}-{form}-empty{empty_s:g}.mp4"
    told = out.with_suffix(".json")
    if not (out.is_file() and told.is_file()):
        folder.mkdir(parents=True, exist_ok=True)
        size, fps = FORMS[form]
        # under another name until it is whole, and the clip last: what is there is complete
        unfinished = out.with_name(f"unfinished-{out.name}")
        turns = _write(unfinished, fps, size, people, empty_s)
        told.write_text(json.dumps([asdict(turn) for turn in turns]), "utf-8")
        unfinished.replace(out)
    return out, [Turn(**row) for row in json.loads(told.read_text("utf-8"))]


def across(walked: float, width: int, wide: int) -> int | None:
    """The left edge of a photo ``wide`` pixels wide in a frame ``width`` wide, so many seconds after she began to walk;
    None before that. She comes from the left and leaves to the right."""
    if walked < 0:
        return None
    middle = (width - wide) / 2
    if walked < WALK_S:
        # a parabola: she slows down evenly until she stands
        left = middle - (middle + wide) * (1 - walked / WALK_S) ** 2
    else:
        left = middle + (width - middle) * (max(0.0, walked - WALK_S - STAND_S) / LEAVE_S) ** 2
    return round(left)


def _write(out: Path, fps: float, size: tuple[int, int], people: int, empty_s: float) -> list[Turn]:
    width, height = size
    data = shared_data()
    photos = full_length_photos(data, people)
    worn = _worn(data, photos)
    writer = cv2.VideoWriter(str(out), cv2.VideoWriter.fourcc(*"mp4v"), fps, size)
    if not writer.isOpened():
        raise MirrorError(f"{out}: cannot be written; check the folder")
    frames = round((empty_s + WALK_S + STAND_S + LEAVE_S) * fps)
    turns: list[Turn] = []
    ground: ImageArray | None = None
    try:
        for number, path in enumerate(photos):
            photo = read_picture(path)
            ground = blurred_ground(photo, size) if ground is None else ground
            scale = TALL_SHARE * height / photo.shape[0]
            wide, tall = round(scale * photo.shape[1]), round(scale * photo.shape[0])
            person = np.asarray(cv2.resize(photo, (wide, tall), interpolation=cv2.INTER_AREA), np.uint8)
            own_left = max(0.0, scale * worn[number][0] - BESIDE_SHARE * tall)
            enters = full = -1
            for i in range(frames):
                left = across(i / fps - empty_s, width, wide)
                writer.write(ground if left is None else _pasted(ground, person, left, (height - tall) // 2))
                if left is not None and enters < 0 and left + wide > 0:
                    enters = number * frames + i
                if left is not None and full < 0 and left + own_left >= 0:
                    full = number * frames + i
            turns.append(Turn(number * frames, enters, full))
    finally:
        writer.release()
    return turns


def _worn(data: Path, photos: Sequence[Path]) -> list[tuple[float, float]]:
    """Left and right edge of all annotated clothes in each photo, in its pixels."""
    table = json.loads((data / "ccp" / "instances_val.json").read_text("utf-8"))
    ids = {image["file_name"]: image["id"] for image in table["images"]}
    spans: dict[int, tuple[float, float]] = {}
    for row in table["annotations"]:
        x, _, w, _ = row["bbox"]
        low, high = spans.get(row["image_id"], (x, x + w))
        spans[row["image_id"]] = min(low, x), max(high, x + w)
    return [spans[ids[path.name]] for path in photos]


def _pasted(ground: ImageArray, person: ImageArray, left: int, top: int) -> ImageArray:
    """A new frame with the part of the photo that lies inside it."""
    frame = ground.copy()
    x1, x2 = max(0, left), min(frame.shape[1], left + person.shape[1])
    if x2 > x1:
        frame[top : top + person.shape[0], x1:x2] = person[:, x1 - left : x2 - left]
    return frame
