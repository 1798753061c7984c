"""A clip with people: ``python -m benchmarks.clip --out people.mp4 [--seconds 20] [--people 2]``.

Street photos of the shared folder under a slow pan and zoom, each for ten seconds, before a blurred copy of the
photo, as a camera before a busy shop would see them; several stand side by side. For measuring only: the photos may
not be passed on, so the clip is never committed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from benchmarks.shared import shared_data
from mirror.camera.picture import read_picture
from mirror.domain import ImageArray, MirrorError

PERSON_SECONDS = 10.0
TALL_SHARE = 0.96
"""Height of a photo over the frame's: she stays whole in view at the largest zoom."""
ZOOM, ZOOM_SECONDS = 0.04, 7.0
PAN_SHARE, PAN_SECONDS = 0.05, 5.0
"""Amplitude over the frame's width, and time of one sway: about what one who stands and looks at herself does."""
FOOTWEAR = frozenset({"shoes", "heels", "boots", "sandals"})
SLOT_SHARE = 0.92
"""Width of a photo over its share of the frame, where several stand side by side."""
UPPER_EDGE = 0.4
"""The highest garment begins above this share of the photo, and there is footwear: she is seen from head to foot."""
FORMS: Mapping[str, tuple[tuple[int, int], float]] = {
    "720p30": ((1280, 720), 30.0), "720p60": ((1280, 720), 60.0), "1080p30": ((1920, 1080), 30.0),
}
"""Sizes (width, height) and rates that benchmarks measure at."""
FORM_SECONDS = 20.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the clip; 0 when done."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.clip", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="mp4 file to write")
    parser.add_argument("--fps", type=float, default=30.0)
    parser.add_argument("--size", default="1280x720", metavar="WxH")
    parser.add_argument("--seconds", type=float, default=FORM_SECONDS)
    parser.add_argument("--people", type=int, default=1, help="in view at a time (default 1)")
    options = parser.parse_args(arguments)
    width, _, height = options.size.partition("x")
    try:
        if not (width.isdigit() and height.isdigit() and min(options.fps, options.seconds, options.people) > 0):
            raise MirrorError("--size is like 1280x720; --fps, --seconds and --people are more than 0")
        frames = write_clip(options.out, options.fps, (int(width), int(height)), options.seconds, options.people)
    except MirrorError as error:
        print(f"clip: {error}", file=sys.stderr)
        return error.exit_code
    print(f"{options.out}: {frames} frames of {options.size} at {options.fps:g} fps")
    return 0


def cached_clip(folder: Path, form: str, people: int = 1) -> Path:
    """The clip of a form (of :data:`FORMS`) with so many people in ``folder``, made when it is not there yet.

    Raises:
        MirrorError: it cannot be made.
    """
    out = folder / f"people{people}-{form}.mp4"
    if not out.is_file():
        size, fps = FORMS[form]
        folder.mkdir(parents=True, exist_ok=True)
        # under another name until it is whole: one that was broken off is not taken for a clip
        unfinished = out.with_name(f"unfinished-{out.name}")
        write_clip(unfinished, fps, size, FORM_SECONDS, people)
        unfinished.replace(out)
    return out


def clip_rate(clip: Path) -> float:
    """Frames per second of a video file. Raises MirrorError when it cannot be opened."""
    capture = cv2.VideoCapture(str(clip))
    if not capture.isOpened():
        raise MirrorError(f"{clip}: cannot be opened")
    return float(capture.get(cv2.CAP_PROP_FPS))


def write_clip(out: Path, fps: float, size: tuple[int, int], seconds: float, people: int = 1) -> int:
    """Write ``seconds`` at ``fps`` in MPEG-4, ``people`` of them in view at a time; returns the number of frames.

    Raises:
        MirrorError: the shared photos are not there, or the file cannot be written.
    """
    total = max(1, round(seconds * fps))
    turns = max(1, round(seconds / PERSON_SECONDS))
    photos = full_length_photos(shared_data(), turns * people)
    writer = cv2.VideoWriter(str(out), cv2.VideoWriter.fourcc(*"mp4v"), fps, size)
    if not writer.isOpened():
        raise MirrorError(f"{out}: cannot be written; check the folder and that the name ends in .mp4")
    try:
        for turn in range(turns):
            shown = [read_picture(path) for path in photos[turn * people : (turn + 1) * people]]
            ground = blurred_ground(shown[0], size)
            for number in range(total * turn // turns, total * (turn + 1) // turns):
                writer.write(_view(shown, ground, number / fps))
    finally:
        writer.release()
    return total


def sway(width: int, time: float) -> float:
    """How far right of the middle, in pixels of a frame so wide, the one person stands at a time of the clip."""
    return float(PAN_SHARE * width * np.sin(2 * np.pi * time / PAN_SECONDS))


def full_length_photos(data: Path, count: int) -> list[Path]:
    """The first ``count`` validation photos (by id, cyclically) on which one is dressed from top to footwear."""
    table = json.loads((data / "ccp" / "instances_val.json").read_text("utf-8"))
    names = {category["id"]: category["name"] for category in table["categories"]}
    worn: dict[int, list[tuple[str, float]]] = {}
    for row in table["annotations"]:
        worn.setdefault(row["image_id"], []).append((names[row["category_id"]], row["bbox"][1]))
    good = [
        data / "ccp" / "images" / image["file_name"]
        for image in sorted(table["images"], key=lambda image: int(image["id"]))
        if image["height"] > image["width"]
        and any(name in FOOTWEAR for name, _ in worn.get(image["id"], []))
        and min(top for _, top in worn[image["id"]]) < UPPER_EDGE * image["height"]
    ]
    if not good:
        raise MirrorError(f"{data / 'ccp'}: no full-length photo in its validation split")
    return [good[i % len(good)] for i in range(count)]


def blurred_ground(photo: ImageArray, size: tuple[int, int]) -> ImageArray:
    """The photo, filling the frame, blurred until nobody in it is a person."""
    width, height = size
    scale = max(width / photo.shape[1], height / photo.shape[0])
    wide = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    top, left = (wide.shape[0] - height) // 2, (wide.shape[1] - width) // 2
    ground = wide[max(0, top) : max(0, top) + height, max(0, left) : max(0, left) + width]
    ground = cv2.resize(ground, size)
    return np.asarray(cv2.GaussianBlur(ground, (0, 0), width / 30), np.uint8)


def _view(photos: Sequence[ImageArray], ground: ImageArray, time: float) -> ImageArray:
    """A new frame of the photos side by side; neighbours sway and breathe out of step."""
    height, width = ground.shape[:2]
    frame, slot = ground.copy(), width / len(photos)
    for i, photo in enumerate(photos):
        moment = time + i * PAN_SECONDS / len(photos)
        # one alone may be wider than the frame, as she may before a camera; several share its width
        fits = TALL_SHARE * height / photo.shape[0]
        fits = fits if len(photos) == 1 else min(fits, SLOT_SHARE * slot / photo.shape[1])
        scale = fits * (1 + ZOOM * np.sin(2 * np.pi * moment / ZOOM_SECONDS))
        x = slot * (i + 0.5) + sway(width, moment) / len(photos) - scale * photo.shape[1] / 2
        y = (height - scale * photo.shape[0]) / 2
        matrix = np.array([[scale, 0, x], [0, scale, y]], np.float64)
        cv2.warpAffine(
            photo, matrix, (width, height), dst=frame, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_TRANSPARENT)
    return np.asarray(frame, np.uint8)


if __name__ == "__main__":
    sys.exit(main())
