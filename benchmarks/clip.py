"""A 720p clip with people: ``python -m benchmarks.clip --out people.mp4 [--seconds 20]``.

Street photos of the shared folder under a slow pan and zoom, one person for ten seconds, before a blurred copy of
the photo, as a camera before a busy shop would see them. For measuring only: the photos may not be passed on, so the
clip is never committed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
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
UPPER_EDGE = 0.4
"""The highest garment begins above this share of the photo, and there is footwear: she is seen from head to foot."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the clip; 0 when done."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.clip", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="mp4 file to write")
    parser.add_argument("--fps", type=float, default=30.0)
    parser.add_argument("--size", default="1280x720", metavar="WxH")
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args(arguments)
    width, _, height = options.size.partition("x")
    try:
        if not (width.isdigit() and height.isdigit() and options.fps > 0 and options.seconds > 0):
            raise MirrorError("--size is like 1280x720, --fps and --seconds are more than 0")
        frames = write_clip(options.out, options.fps, (int(width), int(height)), options.seconds)
    except MirrorError as error:
        print(f"clip: {error}", file=sys.stderr)
        return error.exit_code
    print(f"{options.out}: {frames} frames of {options.size} at {options.fps:g} fps")
    return 0


def write_clip(out: Path, fps: float, size: tuple[int, int], seconds: float) -> int:
    """Write ``seconds`` of people at ``fps`` in MPEG-4; returns the number of frames.

    Raises:
        MirrorError: the shared photos are not there, or the file cannot be written.
    """
    total = max(1, round(seconds * fps))
    photos = full_length_photos(shared_data(), max(1, round(seconds / PERSON_SECONDS)))
    writer = cv2.VideoWriter(str(out), cv2.VideoWriter.fourcc(*"mp4v"), fps, size)
    if not writer.isOpened():
        raise MirrorError(f"{out}: cannot be written; check the folder and that the name ends in .mp4")
    try:
        number = 0
        for i, path in enumerate(photos):
            photo = read_picture(path)
            ground = _background(photo, size)
            for number in range(total * i // len(photos), total * (i + 1) // len(photos)):
                writer.write(_view(photo, ground, number / fps))
    finally:
        writer.release()
    return total


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


def _background(photo: ImageArray, size: tuple[int, int]) -> ImageArray:
    """The photo, filling the frame, blurred until nobody in it is a person."""
    width, height = size
    scale = max(width / photo.shape[1], height / photo.shape[0])
    wide = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    top, left = (wide.shape[0] - height) // 2, (wide.shape[1] - width) // 2
    ground = wide[max(0, top) : max(0, top) + height, max(0, left) : max(0, left) + width]
    ground = cv2.resize(ground, size)
    return np.asarray(cv2.GaussianBlur(ground, (0, 0), width / 30), np.uint8)


def _view(photo: ImageArray, ground: ImageArray, time: float) -> ImageArray:
    height, width = ground.shape[:2]
    scale = TALL_SHARE * height / photo.shape[0] * (1 + ZOOM * np.sin(2 * np.pi * time / ZOOM_SECONDS))
    x = width / 2 + PAN_SHARE * width * np.sin(2 * np.pi * time / PAN_SECONDS) - scale * photo.shape[1] / 2
    y = (height - scale * photo.shape[0]) / 2
    matrix = np.array([[scale, 0, x], [0, scale, y]], np.float64)
    frame = cv2.warpAffine(
        photo, matrix, (width, height), dst=ground.copy(), flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_TRANSPARENT,
    )
    return np.asarray(frame, np.uint8)


if __name__ == "__main__":
    sys.exit(main())
