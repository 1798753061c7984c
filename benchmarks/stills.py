"""What the whole pipeline sees in 100 street photos of one person in full view: the counts a shop can feel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from catalog.index import Catalogue
from mirror.camera.picture import read_picture
from mirror.config import Settings
from mirror.domain import MirrorError
from mirror.pipeline.analyze import Analyzer
from mirror.runtime.manifest import Manifest
from mirror.service.places import catalogue_path
from mirror.vision.suite import Vision


def measure_stills(data: Path, manifest: Manifest) -> dict[str, Any]:
    """Photos with a person, a full body, a frontal face, a garment, and a look; and the median ms of each stage.

    The look is asked of the sample catalogue (``make catalogue``). Raises MirrorError when it is not built.
    """
    path = catalogue_path(Settings())
    if path is None:
        raise MirrorError("the sample catalogue is not built: run `make catalogue`")
    photos = [row["file_name"] for row in json.loads((data / "ccp" / "instances_val.json").read_text())["images"]]
    counts = dict.fromkeys(("person", "full_body", "frontal_face", "garment", "similar", "complete", "look"), 0)
    ms: dict[str, list[float]] = {}
    with Catalogue.open(path) as catalogue:
        analyzer = Analyzer(Vision.load(manifest.folder, best_pose=True), catalogue)
        for name in photos:
            report = analyzer.analyze(read_picture(data / "ccp" / "images" / name))
            for stage, value in report.ms.items():
                ms.setdefault(stage, []).append(value)
            shopper = next((reading for reading in report.people if reading.shopper), None)
            if shopper is None:
                continue
            counts["person"] += 1
            counts["full_body"] += shopper.full_body
            counts["frontal_face"] += shopper.face is not None and shopper.face.frontal
            counts["garment"] += bool(shopper.garments)
            counts["similar"] += bool(shopper.look.similar)
            counts["complete"] += bool(shopper.look.complete)
            counts["look"] += bool(shopper.look)
    medians = {stage: sorted(values)[len(values) // 2] for stage, values in ms.items()}
    return {"photos": len(photos), "with": counts, "median_ms": medians}
