"""How often the face of the person is found: in the head crop that the pose gives (ours) or in the whole photo (the
seed's way: dlib's detector with the picture doubled)."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import cv2
import dlib
import numpy as np

from mirror.camera.picture import read_picture
from mirror.domain import Person
from mirror.runtime.manifest import Manifest
from mirror.runtime.session import Session
from mirror.vision.face import FaceFinder, head_box
from mirror.vision.people import PeopleFinder
from mirror.vision.pose import PoseReader, body_region
from mirror.vision.suite import BEST_POSE

SEED_UPSAMPLE = 1
SEED_THRESHOLD = 0.0
"""dlib's own, the same as ours."""


def measure_faces(data: Path, manifest: Manifest) -> dict[str, Any]:
    """Photos with a face found, and the median time of the detector: {"photos", "ours", "seed", "median_ms"}.

    Faces are counted by photo, one person each. A find counts when its centre lies on her head as the pose sees it:
    "seed_anywhere" counts the seed's finds elsewhere too, most of them no faces.
    """
    photos = [row["file_name"] for row in json.loads((data / "ccp" / "instances_val.json").read_text())["images"]]
    people, pose = PeopleFinder(Session(manifest["movenet-multipose"])), PoseReader(Session(manifest[BEST_POSE]))
    finder, seed = FaceFinder(), dlib.get_frontal_face_detector()
    found = {"ours": 0, "seed": 0, "seed_anywhere": 0}
    ms: dict[str, list[float]] = {"ours": [], "seed": []}
    for name in photos:
        image = read_picture(data / "ccp" / "images" / name)
        persons: list[Person] = people.find(image)
        region = body_region(max(persons, key=lambda p: p.box.area).pose) if persons else None
        head = None
        if region is not None:
            read = pose.read(image, region)
            head = head_box(read)
            start = time.perf_counter()
            face = finder.find(image, read)
            found["ours"] += face is not None and face.frontal
            ms["ours"].append((time.perf_counter() - start) * 1000)
        start = time.perf_counter()
        faces, _, _ = seed.run(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), SEED_UPSAMPLE, SEED_THRESHOLD)
        ms["seed"].append((time.perf_counter() - start) * 1000)
        centres = [((f.left() + f.right()) / 2, (f.top() + f.bottom()) / 2) for f in faces]
        found["seed"] += any(
            head is not None and head.x1 <= x <= head.x2 and head.y1 <= y <= head.y2 for x, y in centres
        )
        found["seed_anywhere"] += bool(centres)
    return {
        "photos": len(photos), **found,
        "median_ms": {way: round(float(np.median(values)), 2) for way, values in ms.items()},
    }
