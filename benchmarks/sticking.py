"""How well the overlay sticks to a body that moves: ``python -m benchmarks.sticking [--json] [--strip FILE.png]``.

Real photos of people are moved in a known way (`benchmarks.moving_person`), read by the mirror's own nets, smoothed,
predicted and carried by its own code in simulated time (`benchmarks.paint_time`), with each ingredient on and off. The
error is the distance, in the very frame that is painted, from what is drawn to where the known motion has taken the
still's keypoints (the mean of many readings of it by the same net), in percent of the body's height; jitter is how
far that error goes from one paint to the next, in pixels of a 720p frame. The last column compares with the keypoints
of the net for stills instead: the two nets' disagreement is in it. Boxes and outlines count from where they were read.
"""

from __future__ import annotations

import argparse
import datetime
import json
import platform
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.clip import full_length_photos
from benchmarks.moving_person import Points
from benchmarks.paint_time import Timeline, timeline
from benchmarks.pose_filters import AlphaBeta, OneEuro, Raw, SmoothsPose, TwoPoint
from benchmarks.shared import shared_data
from benchmarks.sticking_scene import Scene, Stage
from benchmarks.sticking_strip import draw_strip
from mirror.camera.picture import read_picture
from mirror.domain import Box, ImageArray, MirrorError, Pose
from mirror.pipeline.carry import carry_box, similarity
from mirror.pipeline.smoothing import PoseFilter

SECONDS = 5.0
PEOPLE = 4
SETTLING_S = 0.7
"""The filters' start is left out."""
OLD_S = 0.3
"""Slow results from this age on: they are replaced at a third of a second."""
LEAST_MEAN_SCORE, LEAST_SCORE = 0.5, 0.2
"""A photo serves when the live net sees every joint at rest: about three in four full-length photos."""
DEMO = Path(__file__).resolve().parents[1] / "mirror" / "camera" / "demo.mp4"
DEMO_FRAME = 480
"""One in which the figure stands still and faces the camera."""

LINES = {"skeleton_percent": 0.45, "jitter_px": 3.0, "slow_percent": 0.6}
"""What the project asks for, of means."""

Row = dict[str, Any]
Make = Callable[[], SmoothsPose]

SKELETON: tuple[tuple[str, int, bool, bool, bool, Make], ...] = (
    # name, rate, waits for its own pose, predicts, crop wanders, filter
    ("late, raw", 30, False, False, False, Raw),
    ("late, alpha-beta, predicted", 30, False, True, False, AlphaBeta),
    ("late, ours, predicted", 30, False, True, True, PoseFilter),
    ("own pose, raw", 30, True, True, False, Raw),
    ("own pose, one-euro", 30, True, True, False, OneEuro),
    ("own pose, alpha-beta", 30, True, True, False, AlphaBeta),
    ("own pose, ours", 30, True, True, False, PoseFilter),
    ("own pose, alpha-beta, crop wanders", 30, True, True, True, AlphaBeta),
    ("the mirror: own pose, ours, crop wanders", 30, True, True, True, PoseFilter),
    ("late, raw", 60, False, False, False, Raw),
    ("two-point prediction", 60, False, True, False, TwoPoint),
    ("one-euro, predicted", 60, False, True, True, OneEuro),
    ("alpha-beta, predicted", 60, False, True, True, AlphaBeta),
    ("ours, not predicted", 60, False, False, True, PoseFilter),
    ("ours, predicted", 60, False, True, False, PoseFilter),
    ("the mirror: ours, predicted, crop wanders", 60, False, True, True, PoseFilter),
)

SLOW: tuple[tuple[str, int, bool, bool, Make], ...] = (
    # name, rate, waits, carried, filter of the poses that carry
    ("not carried", 30, True, False, PoseFilter),
    ("carried by raw poses", 30, True, True, Raw),
    ("the mirror: carried by smoothed poses", 30, True, True, PoseFilter),
    ("not carried", 60, False, False, PoseFilter),
    ("the mirror: carried by predicted poses", 60, False, True, PoseFilter),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and prints; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sticking", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    parser.add_argument("--people", type=int, default=PEOPLE, help="photos to move")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each, at each rate")
    parser.add_argument("--demo", action="store_true", help="move the demo figure instead of photos")
    parser.add_argument("--strip", type=Path, help="write a strip of frames with what is drawn over them")
    args = parser.parse_args(arguments)
    try:
        if args.people < 1 or args.seconds < 2 * SETTLING_S:
            raise MirrorError(f"--people is at least 1, --seconds at least {2 * SETTLING_S:g}")
        scenes = read_scenes(args.people, args.seconds, demo=args.demo)
        document = report(scenes)
        if args.strip:
            scene = scenes[30][0]
            draw_strip(args.strip, scene, shown_poses(scene, waiting=True))
    except MirrorError as error:
        print(f"sticking: {error}", file=sys.stderr)
        return error.exit_code
    print(json.dumps(document, indent=1) if args.json else table(document))
    return 0


def read_scenes(people: int, seconds: float, *, demo: bool = False) -> dict[int, list[Scene]]:
    """Read ``people`` moving people at 30 and 60 frames a second."""
    stage = Stage()
    scenes: dict[int, list[Scene]] = {30: [], 60: []}
    for image in stills(people, demo):
        person, settled, best = stage.place(image)
        scores = settled.keypoints[:, 2]
        if not demo and (scores.mean() < LEAST_MEAN_SCORE or scores.min() < LEAST_SCORE):
            continue
        for fps, found in scenes.items():
            found.append(stage.scene(person, settled, best, timeline(fps, seconds)))
        if len(scenes[30]) == people:
            return scenes
    raise MirrorError(f"only {len(scenes[30])} photos show a whole person well enough; ask for fewer --people")


def stills(people: int, demo: bool) -> Sequence[ImageArray]:
    """Candidates, in a fixed order."""
    if demo:
        clip = cv2.VideoCapture(str(DEMO))
        clip.set(cv2.CAP_PROP_POS_FRAMES, DEMO_FRAME)
        found, image = clip.read()
        if not found:
            raise MirrorError(f"{DEMO}: cannot be read; check the installation")
        return [np.asarray(image, np.uint8)] * people
    return [read_picture(path) for path in full_length_photos(shared_data(), 5 * people)]


def report(scenes: dict[int, list[Scene]]) -> dict[str, Any]:
    """The rows of both tables; means over people of each person's figures."""
    skeleton = [
        {"way": name, "fps": fps, **_mean([skeleton_errors(s, waiting, predict, wander, make) for s in scenes[fps]])}
        for name, fps, waiting, predict, wander, make in SKELETON
    ]
    slow = [
        {"way": name, "fps": fps, **_mean([slow_errors(s, waiting, carried, make) for s in scenes[fps]])}
        for name, fps, waiting, carried, make in SLOW
    ]
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "platform": platform.platform(), "people": len(scenes[30]),
        "body_height_px": round(float(np.mean([s.tall for s in scenes[30]]))),
        "skeleton": skeleton, "slow": slow, "lines": LINES,
    }


def shown_poses(
    scene: Scene, *, waiting: bool, predict: bool = True, wander: bool = True, make: Make = PoseFilter
) -> dict[int, tuple[Pose, dict[int, Pose]]]:
    """Painted frame -> the pose drawn over it, and the smoothed poses known by then, by frame."""
    line: Timeline = scene.timeline
    read = scene.readings if wander else scene.steady_readings
    smooth, known, newest, coming = make(), {}, -1, list(line.posed.items())
    shown: dict[int, tuple[Pose, dict[int, Pose]]] = {}
    for paint in line.waiting if waiting else line.at_once:
        while coming and coming[0][1] <= paint.at:
            newest = coming.pop(0)[0]
            known[newest] = smooth.update(read[newest], line.times[newest])
        if newest < 0:
            continue
        own = known.get(paint.frame)
        if own is None:
            own = smooth.at(paint.captured) if predict and newest < paint.frame else known[newest]
        shown[paint.frame] = (own, known)
    return shown


def skeleton_errors(scene: Scene, waiting: bool, predict: bool, wander: bool, make: Make) -> Row:
    """Percent of her height (mean, p95, mean against the net for stills), and jitter in pixels."""
    shown = shown_poses(scene, waiting=waiting, predict=predict, wander=wander, make=make)
    frames = [n for n in shown if scene.timeline.times[n] >= SETTLING_S]
    drawn = np.stack([shown[n][0].keypoints[scene.shown, :2] for n in frames])
    off = drawn - scene.truth[frames][:, scene.shown]
    error = 100 * np.linalg.norm(off, axis=2) / scene.tall
    best = 100 * np.linalg.norm(drawn - scene.best[frames][:, scene.shown], axis=2) / scene.tall
    jitter = np.linalg.norm(np.diff(off, axis=0), axis=2)
    return {
        "mean": float(error.mean()), "p95": float(np.percentile(error, 95)), "jitter_px": float(jitter.mean()),
        "mean_to_best_net": float(best.mean()),
    }


def slow_errors(scene: Scene, waiting: bool, carried: bool, make: Make) -> Row:
    """Garment boxes (their middle and the middles of their edges) and points of the outline, percent of her height:
    mean, p95, and the mean of results that are at least OLD_S old."""
    line = scene.timeline
    shown = shown_poses(scene, waiting=waiting, make=make)
    at = {paint.frame: paint.at for paint in (line.waiting if waiting else line.at_once)}
    errors: dict[str, list[float]] = {"box": [], "outline": [], "old": []}
    for frame, (pose, known) in shown.items():
        published = [look for look in scene.looks if look.published <= at[frame]]
        if not published or line.times[frame] < SETTLING_S:
            continue
        look = published[-1]
        matrix = similarity(known[look.frame], pose) if carried else None
        if matrix is None:
            matrix = np.eye(2, 3)
        old = at[frame] - line.times[look.frame] >= OLD_S

        def truly(points: Points, then: float = line.times[look.frame], now: float = line.times[frame]) -> Points:
            return scene.person.forth(scene.person.back(points, then), now)

        for garment in look.garments:
            off = _handles(carry_box(garment.box, matrix)) - truly(_handles(garment.box))
            errors["box"].append(float(np.linalg.norm(off, axis=1).mean()))
            errors["old"] += errors["box"][-1:] if old else []
        if len(look.outline):
            off = look.outline @ matrix[:, :2].T + matrix[:, 2] - truly(look.outline)
            errors["outline"].append(float(np.linalg.norm(off, axis=1).mean()))
    out: Row = {}
    for what in ("box", "outline"):
        percent = 100 * np.array(errors[what] or [np.nan]) / scene.tall
        out[f"{what}_mean"], out[f"{what}_p95"] = float(percent.mean()), float(np.percentile(percent, 95))
    out["oldest_box_mean"] = float(100 * np.mean(errors["old"] or [np.nan]) / scene.tall)
    return out


def table(document: dict[str, Any]) -> str:
    """The report for reading."""
    lines = [
        f"{document['people']} people, {document['body_height_px']} px tall; percent of body height, simulated time",
        "",
        f"{'skeleton at paint':<44}{'fps':>4}{'mean':>7}{'p95':>7}{'jitter px':>11}{'to best net':>13}",
    ]
    for row in document["skeleton"]:
        lines.append(
            f"{row['way']:<44}{row['fps']:>4}{row['mean']:>7.2f}{row['p95']:>7.2f}{row['jitter_px']:>11.1f}"
            f"{row['mean_to_best_net']:>13.2f}")
    lines += ["", f"{'slow results at paint':<44}{'fps':>4}{'box':>7}{'p95':>7}{'oldest':>8}{'outline':>9}{'p95':>7}"]
    for row in document["slow"]:
        lines.append(
            f"{row['way']:<44}{row['fps']:>4}{row['box_mean']:>7.2f}{row['box_p95']:>7.2f}"
            f"{row['oldest_box_mean']:>8.2f}{row['outline_mean']:>9.2f}{row['outline_p95']:>7.2f}")
    asked = document["lines"]
    lines += ["", f"asked for: skeleton <= {asked['skeleton_percent']}, jitter <= {asked['jitter_px']:g} px, "
              f"slow results <= {asked['slow_percent']} (means)"]
    return "\n".join(lines)


def _handles(box: Box) -> Points:
    cx, cy = box.centre
    return np.array([(cx, cy), (box.x1, cy), (box.x2, cy), (cx, box.y1), (cx, box.y2)], np.float64)


def _mean(rows: Sequence[Row]) -> Row:
    return {key: round(float(np.mean([row[key] for row in rows])), 3) for key in rows[0]}


if __name__ == "__main__":
    sys.exit(main())
