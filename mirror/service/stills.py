"""`mirror analyze`: pictures in, one JSON document or a few plain lines each out; bad pictures are listed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2

from mirror.camera.picture import PICTURE_SUFFIXES, read_picture
from mirror.config import Settings
from mirror.domain import ImageArray, MirrorError, SizeBelief, SizeKind, UsageError
from mirror.pipeline.advisor import recommendation
from mirror.pipeline.analyze import Analyzer, PictureReport
from mirror.service.annotate import annotate
from mirror.service.opening import load_vision, open_catalogue, say
from mirror.service.report import picture_json

PROGRESS_EVERY_S = 5.0


def analyze_pictures(
    paths: Sequence[Path], settings: Settings, *, catalogue: Path | None = None,
    declared: Mapping[SizeKind, SizeBelief] | None = None, annotate_to: Path | None = None, as_json: bool = False,
) -> int:
    """Analyze every picture and print the report. Returns the exit code: 1 when any picture failed.

    Raises:
        MirrorError: nothing can be analyzed at all: a model or the catalogue is missing or broken.
    """
    if annotate_to is not None and annotate_to.exists() and not annotate_to.is_dir():
        raise UsageError(f"--annotate {annotate_to}: is a file, name a folder")
    vision = load_vision(settings, best_pose=True)
    with open_catalogue(settings, catalogue) as opened:
        analyzer = Analyzer(
            vision, opened, recommendation=recommendation(settings), estimates=settings.privacy.estimates)
        images, errors = _each(list(_pictures(paths)), analyzer, declared, annotate_to, as_json)
    if as_json:
        document = {
            "images": images, "errors": errors, "models": vision.model_names(), "providers": vision.providers(),
        }
        print(json.dumps(document))
    return 1 if errors else 0


def _each(
    paths: list[tuple[Path, str]], analyzer: Analyzer, declared: Mapping[SizeKind, SizeBelief] | None,
    annotate_to: Path | None, as_json: bool,
) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    images: list[dict[str, Any]] = []
    errors: list[dict[str, str]] = []
    names: list[str] = []
    started = said = time.monotonic()
    for count, (path, problem) in enumerate(paths, 1):
        try:
            if problem:
                raise MirrorError(problem)
            image = read_picture(path)
            report = analyzer.analyze(image, declared)
            if annotate_to is not None:
                names.append(f"{path.stem}.annotated.png")
                # two photos of one name in different folders must not overwrite each other
                again = names.count(names[-1])
                _write_annotated(annotate_to / (names[-1] if again == 1 else f"{again}.{names[-1]}"), image, report)
            images.append(picture_json(str(path), report))
            if not as_json:
                _print_lines(path, report)
        except MirrorError as error:
            errors.append({"path": str(path), "problem": str(error)})
            say(str(error))
        now = time.monotonic()
        if now - said > PROGRESS_EVERY_S:
            said = now
            left = (now - started) / count * (len(paths) - count)
            say(f"{count} of {len(paths)} pictures, about {left:.0f} s left")
    return images, errors


def _pictures(paths: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """(path, problem): folders are walked one level deep, files in them that are no pictures are left out."""
    for path in paths:
        if not path.is_dir():
            yield path, ""
            continue
        inside = sorted(p for p in path.iterdir() if p.is_file())
        pictures = [p for p in inside if p.suffix.lower() in PICTURE_SUFFIXES]
        for other in inside:
            if other not in pictures:
                say(f"{other}: not a picture, left out")
        if not pictures:
            yield path, f"{path}: no pictures in this folder; name one that holds {', '.join(sorted(PICTURE_SUFFIXES))}"
        for picture in pictures:
            yield picture, ""


def _write_annotated(out: Path, image: ImageArray, report: PictureReport) -> None:
    done, data = cv2.imencode(".png", annotate(image, report))
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        if not done:
            raise OSError("the picture cannot be encoded")
        out.write_bytes(data.tobytes())
    except OSError as error:
        reason = error.strerror or error
        raise MirrorError(f"{out}: cannot be written ({reason}); check the folder's rights and space") from None


def _print_lines(path: Path, report: PictureReport) -> None:
    print(f"{path}: {report.width}x{report.height}, {len(report.people)} people")
    for reading in report.people:
        if not reading.shopper:
            continue
        print(f"  full body: {'yes' if reading.full_body else 'no, step back'}")
        worn = ", ".join(f"{g.category} {g.score:.2f}" for g in reading.garments)
        print(f"  wears: {worn or 'nothing that was recognised'}")
        for kind in ("tops", "bottoms", "shoes"):
            likely = reading.profile.likely_sizes(kind)  # type: ignore[arg-type]
            if likely:
                print(f"  {kind}: about {', maybe '.join(likely)}")
        for title, offers in (("similar", reading.look.similar), ("complete", reading.look.complete)):
            for offer in offers:
                print(f"  {title}: {offer.item.title} ({offer.item.id}): {offer.why}")
