"""Every screen of the mirror on one picture, as contact sheets: sizes, languages and themes beside each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QColor, QImage, QPainter

from mirror.config import Settings
from mirror.domain import ImageArray, MirrorError, Suggestion
from mirror.pipeline.display import DisplaySlot
from mirror.pipeline.live import LivePipeline
from mirror.pipeline.state import MirrorState
from mirror.pipeline.view import filling
from mirror.ui.choices import Choices
from mirror.ui.framing import body_span, fitted
from mirror.ui.mirror_window import MirrorWindow
from mirror.ui.screens import Guidance, Screen, Sight, Tab
from mirror.ui.widget import image_of

SIZES: tuple[tuple[int, int], ...] = ((1080, 1920), (1920, 1080), (2160, 3840), (720, 1280))
"""Window sizes at which every screen is shown, pixels."""
TILE_HEIGHT, GAP = 480, 16
GROUND = "#E2E1DC"
SETTLED_S = 5.0
"""Later than any movement: what is pictured has come to rest."""


@dataclass(frozen=True)
class Pose:
    """One screen of the sheet, and what it is opened with."""

    name: str
    screen: Screen
    guidance: Guidance = Guidance.BACK
    tab: Tab = "similar"


POSES: tuple[Pose, ...] = (
    Pose("attract", Screen.ATTRACT), Pose("approach", Screen.APPROACH), Pose("consent", Screen.CONSENT),
    Pose("plain", Screen.PLAIN), *(Pose(kind.value, Screen.GUIDANCE, kind) for kind in Guidance),
    Pose("looking", Screen.LOOKING), Pose("similar", Screen.LOOK), Pose("outfit", Screen.LOOK, tab="complete"),
    Pose("seen", Screen.LOOK, tab="seen"), Pose("detail", Screen.DETAIL, tab="complete"),
    Pose("correction", Screen.CORRECTION),
    Pose("compare", Screen.COMPARE), Pose("goodbye", Screen.GOODBYE), Pose("paused", Screen.PAUSED),
    Pose("lost", Screen.LOST),
)


def pictures(
    pipeline: LivePipeline, settings: Settings, state: MirrorState, frame: ImageArray, size: tuple[int, int],
) -> Iterator[tuple[str, QImage]]:
    """Name and picture of every screen in the settings' language and theme.

    Args:
        pipeline: only its catalogue is read; it is not started.
        state: what the mirror found in ``frame``.
        frame: the camera's picture, BGR uint8 (height, width, 3) of ``state.frame_size``, unmirrored.
        size: width and height of the window, pixels.
    """
    settings = replace(settings, ui=replace(settings.ui, reduced_motion=True))
    clock, display, names = [0.0], DisplaySlot(), list[str]()
    window = MirrorWindow(pipeline, settings, clock=lambda: clock[0])
    window.shelf.start()
    try:
        window.widget.resize(*size)
        window.widget.show()
        window._show_pieces()
        window._offer_choices()
        window.widget.set_state(state)
        sight = Sight.of(state)
        window.model.look, window.model.sizes = state.look, sight.sizes
        window.model.choices = Choices(window.model.choices.rows, {"style": "casual"}, sight.estimated)
        earlier = tuple(Suggestion(item, 0.5, "") for turn in window.overlay.showcase[:2] for item in turn)
        for pose in POSES:
            clock[0] += SETTLED_S
            model = window.model
            model.screen, model.guidance, model.tab, model.index = pose.screen, pose.guidance, pose.tab, 0
            model.stages = (True, True, False, False)
            model.earlier = earlier if pose.tab == "seen" else ()
            span = body_span(state.pose)
            at = window.widget.at
            view = filling(*state.frame_size, *size) if span is None else fitted(
                span, at.body(pose.screen), state.frame_size, *size)
            display.set_view(view)
            display.write(frame, len(names), clock[0])
            picture = display.borrow()
            assert picture is not None
            window.widget.set_video(image_of(picture.pixels), picture.view)
            window.widget.freeze(pose.screen is Screen.COMPARE)
            window.widget.grabbed()  # asks for the garments' pictures
            window.shelf.wait()
            window.widget.grabbed()  # finds which elements are to be drawn anew with them
            window.overlay.catch_up(float("inf"))
            window.overlay.prepare(at, model)  # the code
            shown = window.widget.grabbed()
            window.widget.set_video(None, None)
            picture.release()
            names.append(pose.name)
            yield pose.name, shown
    finally:
        window.widget.hide()
        window.stop()


def sheet(found: Iterable[tuple[str, QImage]]) -> QImage:
    """Pictures side by side at one height, six to a row."""
    tiles = [image.scaledToHeight(TILE_HEIGHT, Qt.SmoothTransformation) for _, image in found]
    width, columns = max(tile.width() for tile in tiles), min(6, len(tiles))
    rows = -(-len(tiles) // columns)
    made = QImage(GAP + columns * (width + GAP), GAP + rows * (TILE_HEIGHT + GAP), QImage.Format_RGB32)
    made.fill(QColor(GROUND))
    painter = QPainter(made)
    for place, tile in enumerate(tiles):
        painter.drawImage(GAP + place % columns * (width + GAP), GAP + place // columns * (TILE_HEIGHT + GAP), tile)
    painter.end()
    return made


def save(image: QImage, path: Path) -> None:
    """Write a PNG; MirrorError when it cannot be written."""
    if not image.save(str(path), "PNG"):
        raise MirrorError(f"preview {path}: cannot be written; check the folder and the space on its disk")
