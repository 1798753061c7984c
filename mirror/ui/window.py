"""`run_window`: Qt's loop around a pipeline, opened and ended cleanly, with its recording and snapshot."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

import cv2  # noqa: F401  - before Qt: see forget_opencv_plugins
from PyQt5.QtCore import Qt, QTimer, QtMsgType, qInstallMessageHandler
from PyQt5.QtWidgets import QApplication

from mirror.config import Settings
from mirror.domain import MirrorError
from mirror.pipeline.live import LivePipeline
from mirror.ui.mirror_window import TICK_MS, MirrorWindow
from mirror.ui.phone_desk import PhonePages
from mirror.ui.record import Recorder, save_snapshot
from mirror.ui.widget import MirrorWidget

log = logging.getLogger(__name__)

DEFAULT_SIZE = (1080, 1920)


def forget_opencv_plugins() -> None:
    """Some builds of OpenCV point Qt to their own plugins when imported; PyQt5 would abort on those."""
    os.environ.pop("QT_QPA_PLATFORM_PLUGIN_PATH", None)
    os.environ.pop("QT_QPA_FONTDIR", None)


def _qt_says(kind: int, context: object, message: str | None) -> None:
    """Qt's own remarks go to the log: none of them helps a person before a mirror."""
    log.log(logging.ERROR if kind in (QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg) else logging.DEBUG,
            "qt: %s", message)


def run_window(
    pipeline: LivePipeline, settings: Settings, *, fullscreen: bool = False, size: tuple[int, int] | None = None,
    seconds: float | None = None, record: Path | None = None, snapshot: Path | None = None, engineer: bool = False,
    phone: PhonePages | None = None,
) -> int:
    """Show the mirror until it is closed, interrupted, the source ends or ``seconds`` are over; 0 when all went well.

    Starts and stops the pipeline. On the offscreen platform the same widget is painted, unseen. ``record`` grabs
    what the window shows into an mp4 (with a REC sign on it); ``snapshot`` is a PNG of the first settled look, or
    of the end when there was none; without ``seconds`` a snapshot of the look also ends the run. ``phone``: what the
    mirror serves to telephones.

    Raises:
        MirrorError: an output file cannot be written, or the window failed.
    """
    forget_opencv_plugins()
    qInstallMessageHandler(_qt_says)
    app = QApplication.instance() or QApplication(["mirror"])
    app.setQuitOnLastWindowClosed(True)
    failures: list[BaseException] = []
    restore = _guard(app, failures)
    window = MirrorWindow(pipeline, settings, engineer=engineer, phone=phone)
    window.on_quit = app.quit
    window.wants_snapshot = snapshot is not None
    _show(app, window.widget, fullscreen, size)
    try:
        if record is not None:
            window.recorder = Recorder(record, window.widget.at.width, window.widget.at.height)
            window.overlay.recording = True
        window.start()
        ended = QTimer()
        began = time.monotonic()

        def check() -> None:
            over = seconds is not None and time.monotonic() - began >= seconds
            if over or (seconds is None and window.look_snapshot is not None):
                app.quit()

        ended.timeout.connect(check)
        ended.start(TICK_MS)
        app.exec_()
        ended.stop()
        if snapshot is not None:
            save_snapshot(window.look_snapshot or window.widget.grabbed(), snapshot)
    finally:
        try:
            window.stop()
        finally:
            window.widget.close()
            restore()
    if failures:
        failure = failures[0]
        if isinstance(failure, MirrorError):
            raise failure
        raise MirrorError(f"window: {type(failure).__name__}: {failure}; this is our mistake, please report it")
    return 0


def _show(app: Any, widget: MirrorWidget, fullscreen: bool, size: tuple[int, int] | None) -> None:
    """Open the window: a kiosk has no frame and no cursor."""
    offscreen = app.platformName() in ("offscreen", "minimal")
    screen = app.primaryScreen()
    if fullscreen and not offscreen:
        widget.setWindowFlag(Qt.FramelessWindowHint)
        widget.setCursor(Qt.BlankCursor)
        if screen is not None:
            widget.setGeometry(screen.geometry())
        widget.showFullScreen()
        return
    if size is None:
        room = None if offscreen or screen is None else screen.availableGeometry()
        size = DEFAULT_SIZE if room is None else (room.width(), room.height())
    if offscreen or (screen is not None and size == (screen.geometry().width(), screen.geometry().height())):
        widget.setWindowFlag(Qt.FramelessWindowHint)
    widget.resize(*size)
    widget.show()


def _guard(app: Any, failures: list[BaseException]) -> Callable[[], None]:
    """Turn Ctrl+C, kill and an exception in a slot (on which PyQt5 would abort) into a clean end of the loop."""
    old_hook, old_signals = sys.excepthook, {}

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        log.debug("in the window", exc_info=(kind, error, trace))
        failures.append(error)
        app.quit()

    def stop(number: int, frame: FrameType | None) -> None:
        app.quit()

    sys.excepthook = hook
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            old_signals[number] = signal.signal(number, stop)
        except ValueError:  # not the main thread (a test): there Ctrl+C is not ours
            break

    def restore() -> None:
        sys.excepthook = old_hook
        for number, handler in old_signals.items():
            signal.signal(number, handler)

    return restore
