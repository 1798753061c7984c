"""`mirror run`: source, models, catalogue, pipeline and window, started and stopped together."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from catalog.index import Catalogue
from mirror.camera.opening import open_source
from mirror.camera.source import Source
from mirror.config import Settings
from mirror.domain import MirrorError, SizeBelief, SizeKind
from mirror.pipeline.late import LateReaders
from mirror.pipeline.live import LivePipeline
from mirror.pipeline.trace import Trace, check_writable
from mirror.runtime.heap import share_heap
from mirror.service.opening import load_vision, open_catalogue, say
from mirror.service.screen import choose_platform

if TYPE_CHECKING:
    from mirror.ui.phone_desk import PhonePages


def run_mirror(
    settings: Settings, *, catalogue: Path | None = None, headless: bool = False, seconds: float | None = None,
    size: tuple[int, int] | None = None, record: Path | None = None, snapshot: Path | None = None,
    engineer: bool = False, declared: Mapping[SizeKind, SizeBelief] | None = None,
    trace: Path | None = None,
) -> int:
    """Run the mirror until it is closed or ``seconds`` are over; returns the exit code.

    Raises:
        MirrorError: the source, a model, the catalogue or the display cannot be had, or an output file written.
    """
    for out in (record, snapshot):
        if out is not None and not out.resolve().parent.is_dir():
            raise MirrorError(f"{out}: its folder does not exist; make it first")
    if trace is not None:
        check_writable(trace)
    events = None if trace is None else Trace()
    share_heap()  # before there are threads
    if choose_platform(headless) and not headless:
        say("no display: running headless, without a window")
    # the nets load while Qt is imported and the window already mirrors
    vision = LateReaders(lambda: load_vision(settings))
    vision.start()
    try:
        # after the platform is chosen: importing the window imports Qt
        from mirror.ui.window import run_window

        source = open_configured(settings)
        with open_catalogue(settings, catalogue) as opened, _phone_pages(settings, opened) as phone:
            pipeline = LivePipeline(source, vision, opened, settings)
            pipeline.telemetry.trace = events
            if declared:
                pipeline.declare(sizes=declared)
            return run_window(
                pipeline, settings, fullscreen=settings.ui.kiosk, size=size or _configured_size(settings),
                seconds=seconds, record=record, snapshot=snapshot, engineer=engineer, phone=phone,
            )
    finally:
        vision.join()
        if events is not None and trace is not None:
            events.write(trace)


def _phone_pages(settings: Settings, catalogue: Catalogue | None) -> AbstractContextManager[PhonePages | None]:
    if not settings.phone.serves:
        return nullcontext()  # a server's imports take the first picture a fiftieth of a second
    from mirror.service.phone import phone_pages

    return phone_pages(settings, catalogue)


def open_configured(settings: Settings) -> Source:
    """The configured source, not started; when "auto" found no camera, says aloud that this is the demo."""
    camera = settings.camera
    source = open_source(
        camera.source, size=(camera.width, camera.height), camera_fps=camera.fps, rotate=camera.rotate
    )
    if camera.source == "auto" and source.name == "demo":
        say("no camera found: showing the demo; give --source to choose")
    return source


def _configured_size(settings: Settings) -> tuple[int, int] | None:
    return (settings.ui.width, settings.ui.height) if settings.ui.width and settings.ui.height else None
