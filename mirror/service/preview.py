"""`mirror preview`: every screen on one picture with the shop's catalogue, as contact sheets for a design review."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import cv2

from mirror.camera.opening import open_source
from mirror.camera.picture import read_picture
from mirror.config import Settings
from mirror.domain import ImageArray, MirrorError
from mirror.pipeline.advisor import recommendation
from mirror.pipeline.analyze import Analyzer
from mirror.pipeline.live import LivePipeline
from mirror.pipeline.state import CONSENT_STAGES, MirrorState
from mirror.service.opening import load_vision, open_catalogue, say
from mirror.service.screen import choose_platform

DEMO = Path(__file__).parents[1] / "camera" / "demo.mp4"
DEMO_AT = 0.5
"""Share of the demo after which its frame is taken: she stands there."""


def preview(
    settings: Settings, picture: Path | None, out: Path, *, catalogue: Path | None = None,
    sizes: tuple[tuple[int, int], ...] = (), languages: tuple[str, ...] = (), themes: tuple[str, ...] = (),
) -> int:
    """Write ``out``/WIDTHxHEIGHT-language-theme.png for every combination; returns the exit code.

    Args:
        picture: a photo of somebody who stands before the mirror; None takes a frame of the demo.
        out: a folder; made when it is not there.
        sizes, languages, themes: empty for all of them.

    Raises:
        MirrorError: the picture shows nobody, or a model, the catalogue or a file cannot be had.
    """
    image = _demo() if picture is None else read_picture(picture)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MirrorError(f"preview {out}: cannot be made ({error.strerror}); give another folder") from None
    choose_platform(True)
    # after the platform is chosen: these import Qt
    from PyQt5.QtWidgets import QApplication

    from mirror.ui import preview as sheets
    from mirror.ui.window import forget_opencv_plugins
    from mirror.ui.words import languages as known

    forget_opencv_plugins()
    app = QApplication.instance() or QApplication(["mirror"])
    vision = load_vision(settings, best_pose=True)
    with open_catalogue(settings, catalogue) as opened:
        analyzer = Analyzer(
            vision, opened, recommendation=recommendation(settings), estimates=settings.privacy.estimates)
        state = seen(analyzer, image, str(picture or "demo"))
        pipeline = LivePipeline(open_source("demo"), vision, opened, settings)  # its catalogue is shown; it never runs
        for size in sizes or sheets.SIZES:
            for language in languages or known():
                for theme in themes or ("light", "dark"):
                    ui = replace(settings.ui, language=language, theme=theme)  # type: ignore[arg-type]
                    found = sheets.pictures(pipeline, replace(settings, ui=ui), state, image, size)
                    path = out / f"{size[0]}x{size[1]}-{language}-{theme}.png"
                    sheets.save(sheets.sheet(found), path)
                    say(f"{path}")
    app.processEvents()
    return 0


def seen(analyzer: Analyzer, image: ImageArray, name: str) -> MirrorState:
    """What the mirror would know after a while before ``image`` (BGR uint8). MirrorError when nobody is in it."""
    report = analyzer.analyze(image)
    shopper = next((reading for reading in report.people if reading.shopper), None)
    if shopper is None:
        raise MirrorError(f"picture {name}: nobody is found in it; give one of somebody who stands before the mirror")
    return MirrorState(
        frame_number=0, time=time.monotonic(), frame_size=(report.width, report.height), pose=shopper.pose,
        pose_frame_number=0, shopper=1, full_body=shopper.full_body, distance="ok", frontal=True, face=shopper.face,
        mask=shopper.mask, garments=shopper.garments, profile=shopper.profile, look=shopper.look,
        stages_done=CONSENT_STAGES, consent=True, source_state="live",
    )


def _demo() -> ImageArray:
    clip = cv2.VideoCapture(str(DEMO))
    try:
        clip.set(cv2.CAP_PROP_POS_FRAMES, int(clip.get(cv2.CAP_PROP_FRAME_COUNT) * DEMO_AT))
        read, image = clip.read()
    finally:
        clip.release()
    if not read:
        raise MirrorError("demo clip: cannot be read; reinstall the package, it brings this file")
    return image  # type: ignore[return-value]
