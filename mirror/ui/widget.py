"""The one widget: her mirror image and the overlay, painted from the newest picture and state."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping

import numpy as np
from PyQt5.QtCore import Qt
from PyQt5.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PyQt5.QtWidgets import QWidget

from mirror.domain import ImageArray
from mirror.pipeline.display import painting
from mirror.pipeline.state import MirrorState
from mirror.pipeline.view import View
from mirror.ui.layout import Layout, layout
from mirror.ui.overlay import Overlay
from mirror.ui.screens import DARK, Act, Intent
from mirror.ui.states import ScreenModel

KEYS: Mapping[int, Intent] = {
    Qt.Key_Left: Intent.BACK, Qt.Key_Right: Intent.FORWARD, Qt.Key_Up: Intent.UP, Qt.Key_Down: Intent.DOWN,
    Qt.Key_Tab: Intent.SWITCH, Qt.Key_Backtab: Intent.SWITCH, Qt.Key_Return: Intent.CHOOSE,
    Qt.Key_Enter: Intent.CHOOSE, Qt.Key_Space: Intent.CHOOSE, Qt.Key_Y: Intent.YES, Qt.Key_N: Intent.NO,
    Qt.Key_L: Intent.LANGUAGE, Qt.Key_Backspace: Intent.CLOSE, Qt.Key_K: Intent.KEEP, Qt.Key_P: Intent.PAUSE,
    Qt.Key_C: Intent.CHANGE, Qt.Key_Escape: Intent.STOP, Qt.Key_S: Intent.STOP, Qt.Key_F12: Intent.ENGINEER,
    Qt.Key_F: Intent.FREEZE, Qt.Key_F11: Intent.FULLSCREEN, Qt.Key_Q: Intent.QUIT,
}
GROUND = "#101214"
PAINTS = 240
"""Paint times and intervals kept: eight seconds at 30 fps."""


def image_of(pixels: ImageArray) -> QImage:
    """A QImage over a BGRA uint8 (h, w, 4) C-contiguous buffer, without a copy: the buffer must outlive it."""
    height, width = pixels.shape[:2]
    return QImage(pixels.data, width, height, 4 * width, QImage.Format_RGB32)


class MirrorWidget(QWidget):
    """Shows the mirror. ``press`` is called with what a key or a touch means, on the GUI thread.

    Args:
        overlay: what paints over the video.
        model: the state machine that the overlay shows.
        press: takes intents.
        clock: monotonic seconds; tests give their own.
    """

    def __init__(
        self, overlay: Overlay, model: ScreenModel, press: Callable[[Act], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self.overlay = overlay
        self.model = model
        self.at: Layout = layout(max(64, self.width()), max(64, self.height()), low=overlay.low_controls)
        self.on_painted: Callable[[], None] | None = None
        self.on_resized: Callable[[Layout], None] | None = None
        self.paint_times: deque[float] = deque(maxlen=PAINTS)
        self.intervals_ms: deque[float] = deque(maxlen=PAINTS)
        self._press = press
        self._clock = clock
        self._state = MirrorState()
        self._video: QImage | None = None
        self._view: View | None = None
        self._shown_at = 0.0
        self.setWindowTitle("Smart mirror")
        self.setAttribute(Qt.WA_OpaquePaintEvent)
        self.setAttribute(Qt.WA_NoSystemBackground)
        self.setAttribute(Qt.WA_AcceptTouchEvents, False)  # touches come as mouse presses: one way for both
        self.setFocusPolicy(Qt.StrongFocus)

    def set_state(self, state: MirrorState) -> None:
        """What to paint from the next paint on."""
        self._state = state

    def set_video(self, image: QImage | None, view: View | None) -> None:
        """The picture to show (RGB32, best of the window's own size) and the view that it was composed for.

        The image's memory must stay until the next call; None shows the dark ground.
        """
        now = self._clock()
        if image is not None and self._video is not None:
            self.intervals_ms.append((now - self._shown_at) * 1e3)
        self._video, self._view, self._shown_at = image, view, now

    def paint_ms(self, share: float = 0.95) -> float:
        """A percentile of the recent paint times in milliseconds, 0 before the first."""
        return float(np.quantile(self.paint_times, share)) * 1e3 if self.paint_times else 0.0

    def paint_onto(self, painter: QPainter) -> None:
        """Paint everything with a painter in window pixels; also what a recording grabs."""
        if self.model.screen not in DARK:
            self._paint_video(painter)
        told = self.model.engineer  # nobody else is shown them, and they cost a fifth of a paint
        self.overlay.paint(painter, self.at, self.model, self._state, self._view, self._clock(),
                           paint_ms=self.paint_ms(0.5) if told else 0.0,
                           intervals_ms=tuple(self.intervals_ms) if told else ())

    def freeze(self, wanted: bool) -> bool:
        """Take a still of her beside her live image (a new one in place of an old one), or erase it; whether there
        is one then."""
        self.overlay.freeze.forget()
        if wanted:
            self.overlay.freeze.take(self._video, self.at)
        return self.overlay.freeze.active

    def grabbed(self) -> QImage:
        """What the window shows now, as a new RGB32 image of the window's size."""
        image = QImage(self.at.width, self.at.height, QImage.Format_RGB32)
        painter = QPainter(image)
        try:
            self.paint_onto(painter)
        finally:
            painter.end()
        return image

    def _paint_video(self, painter: QPainter) -> None:
        video = self._video
        if video is None:
            painter.fillRect(0, 0, self.at.width, self.at.height, QColor(GROUND))
        elif self.overlay.freeze.paint_video(painter, video, self.at):
            pass
        elif (video.width(), video.height()) == (self.at.width, self.at.height):
            # whole: the parts that no plate hides, one by one, took longer
            painter.drawImage(0, 0, video)
        else:
            # only for the one or two frames after the window changed its size
            painter.drawImage(self.rect(), video)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        begun = time.perf_counter()
        with painting():
            painter = QPainter(self)
            try:
                self.paint_onto(painter)
            finally:
                painter.end()
        self.paint_times.append(time.perf_counter() - begun)
        if self.on_painted is not None:
            self.on_painted()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        self.at = layout(max(64, self.width()), max(64, self.height()), low=self.overlay.low_controls)
        self.overlay.resize(self.at)
        if self.on_resized is not None:
            self.on_resized(self.at)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        intent = KEYS.get(event.key()) if event is not None and not event.isAutoRepeat() else None
        if intent is None:
            super().keyPressEvent(event)
            return
        self._press(self.overlay.turned(intent))

    def focusNextPrevChild(self, forward: bool) -> bool:
        return False  # Tab switches between similar and outfit; there is nothing else to focus

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        for intent in () if event is None else self.overlay.intents_at(event.x(), event.y()):
            self._press(intent)
