"""The mirror on a clip whose frames bear their number, run by benchmarks.latency in a process of its own.

What `mirror bench` runs, and a note of every paint. Off screen, where no other process can look, the screen is read
here, on the window's thread, as soon as the paint has reached it.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from benchmarks.clip import sway
from benchmarks.marker import Sight, draw
from mirror.camera.paced import FileSource
from mirror.camera.source import Source
from mirror.config import load_settings
from mirror.domain import ImageArray
from mirror.pipeline.live import LivePipeline
from mirror.pipeline.state import MirrorState
from mirror.service import bench

BESIDE_HER, UNDER_EDGE = 55, 62
"""Where the marker stands, in pixels of a 720p frame: right of the middle of her on a clip of benchmarks.clip, beside
her head: under the plates at the top of the window, above the highest tag."""

Paint = tuple[int, float, float]
"""Frame number, when it was captured, when the pipeline was told that it is painted."""
Reading = tuple[int, float, float]
"""Number read, when the last reading without it began, when the first with it was done."""


class MarkedSource(FileSource):
    """A looped clip of one person (benchmarks.clip); every frame bears its number, moving as she does."""

    def _deliver(self, image: ImageArray, time: float) -> None:
        height, width = image.shape[:2]
        share = min(width, height) / 720
        x = round(width / 2 + sway(width, (self._read - 1) / self.fps) + BESIDE_HER * share)
        draw(image, self.captured, x, round(UNDER_EDGE * share), max(1, round(share)))
        super()._deliver(image, time)


def run_marked(
    clip: Path, seconds: float, size: tuple[int, int], *, config: Path | None = None, reads: bool = False,
) -> dict[str, Any]:
    """Run the mirror for ``seconds`` after its warm-up; ``{"paints": [...], "readings": [...], "bench": {...}}``.

    ``reads``: read the marker here after every paint; else ``readings`` stays empty. Monotonic seconds.
    Raises MirrorError as `mirror bench` does.
    """
    paints: list[Paint] = []
    readings: list[Reading] = []
    sight = Sight(*size)
    painted = LivePipeline.painted

    def noted(self: LivePipeline, state: MirrorState, paint_s: float | None = None) -> None:
        painted(self, state, paint_s)
        paints.append((state.frame_number, state.time, time.monotonic()))
        if reads:
            _after_this_event(lambda: _read_here(sight, readings))

    def marked(spec: str, **wishes: Any) -> Source:
        return MarkedSource(Path(spec).name, Path(spec), loop=True)

    LivePipeline.painted = noted  # type: ignore[method-assign]
    bench.open_source = marked  # type: ignore[attr-defined]
    settings = load_settings(config, overrides={"privacy": {"consent": "given"}, "camera": {"source": str(clip)}})
    told = bench.bench(settings, seconds=seconds, size=size)
    return {"paints": paints, "readings": readings, "bench": told}


def _after_this_event(job: Any) -> None:
    """Once the paint event is over and its pixels have been flushed to the (offscreen) screen."""
    from PyQt5.QtCore import QTimer

    QTimer.singleShot(0, job)


def _read_here(sight: Sight, readings: list[Reading]) -> None:
    from PyQt5.QtGui import QImage
    from PyQt5.QtWidgets import QApplication

    from mirror.ui.record import pixels_of

    began = time.monotonic()
    windows = QApplication.topLevelWidgets()
    screen = QApplication.primaryScreen()
    if not windows or screen is None:
        return
    at = sight.area
    shot = screen.grabWindow(windows[0].winId(), at.x1, at.y1, at.x2 - at.x1, at.y2 - at.y1).toImage()
    done = time.monotonic()
    image = shot.convertToFormat(QImage.Format_RGB32)
    if image.isNull():
        return
    number = sight.see(pixels_of(image))
    if number is not None:
        readings.append((number, began, done))
