"""A strip of frames of a moving person with what the mirror draws over her, for looking at."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from benchmarks.sticking_scene import Scene
from mirror.domain import COCO_EDGES, ImageArray, MirrorError, Pose
from mirror.pipeline.carry import carry_box, similarity

FRAMES = 6
DRAWN, TRUE, OLD = (90, 230, 230), (255, 255, 255), (90, 90, 255)
"""BGR: what is drawn, where it truly is, and where a result would lie that is not carried."""


def draw_strip(path: Path, scene: Scene, shown: dict[int, tuple[Pose, dict[int, Pose]]]) -> None:
    """Write FRAMES frames, evenly spread: skeleton and carried garment boxes, true joints as rings, boxes that were
    not carried thin and red.

    Raises:
        MirrorError: the picture cannot be written.
    """
    frames = sorted(n for n in shown if n >= len(scene.timeline.times) // 4)
    picked = [frames[i] for i in np.linspace(0, len(frames) - 1, FRAMES).astype(int)]
    tiles = [_drawn(scene, n, *shown[n]) for n in picked]
    try:
        written = cv2.imwrite(str(path), np.hstack(tiles))
    except cv2.error:
        written = False
    if not written:
        raise MirrorError(f"{path}: cannot be written; name a .png or .jpg in a folder that is there")


def _drawn(scene: Scene, number: int, pose: Pose, known: dict[int, Pose]) -> ImageArray:
    line = scene.timeline
    image = scene.person.frame(number, line.times[number]).image.copy()
    at = next(paint.at for paint in line.waiting if paint.frame == number)
    published = [look for look in scene.looks if look.published <= at]
    for look in published[-1:]:
        matrix = similarity(known[look.frame], pose)
        for garment in look.garments:
            old = [round(v) for v in garment.box]
            cv2.rectangle(image, (old[0], old[1]), (old[2], old[3]), OLD, 1)
            if matrix is not None:
                now = [round(v) for v in carry_box(garment.box, matrix)]
                cv2.rectangle(image, (now[0], now[1]), (now[2], now[3]), DRAWN, 2)
    points = {
        name: (round(float(x)), round(float(y))) for name, (x, y, _) in zip(pose.names, pose.keypoints, strict=True)}
    for one, other in COCO_EDGES:
        cv2.line(image, points[one], points[other], DRAWN, 2, cv2.LINE_AA)
    for x, y in scene.truth[number]:
        cv2.circle(image, (round(float(x)), round(float(y))), 6, TRUE, 1, cv2.LINE_AA)
    middle, half = image.shape[1] // 2, round(0.45 * scene.tall)
    return image[:, middle - half : middle + half]
