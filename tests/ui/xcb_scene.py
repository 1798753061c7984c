"""Run by test_window_on_x: opens the real window on the X server in DISPLAY, presses real keys, prints what changed."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtGui import QImage
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication
from ui_stage import StillCatalogue, StillPipeline, frame, state

from mirror.config import Settings
from mirror.domain import Look
from mirror.ui.layout import Rect
from mirror.ui.mirror_window import MirrorWindow
from mirror.ui.record import pixels_of
from mirror.ui.screens import Intent, Pick


def main(width: int, height: int, folder: Path) -> None:
    app = QApplication(["scene"])
    settings = Settings()
    settings = replace(settings, ui=replace(settings.ui, reduced_motion=True))
    pipeline, clock = StillPipeline(StillCatalogue(folder)), [50.0]
    window = MirrorWindow(pipeline, settings, clock=lambda: clock[0])  # type: ignore[arg-type]
    widget = window.widget
    widget.setWindowFlag(Qt.FramelessWindowHint)
    widget.resize(width, height)
    widget.show()
    assert QTest.qWaitForWindowExposed(widget)
    window.start()
    window._timer.stop()  # the test's own clock rules
    number = 0

    def play(seconds: float, **changes: Any) -> None:
        nonlocal number
        for _ in range(round(seconds * 10)):
            number += 1
            clock[0] += 0.1
            pipeline.show(frame(), state(number, time=clock[0] - 0.02, **changes))
            app.processEvents()
        QTest.qWait(60)  # the loader's pictures
        app.processEvents()

    def screen() -> np.ndarray:
        """What the X server really shows of the window."""
        shot = app.primaryScreen().grabWindow(widget.winId()).toImage()
        return pixels_of(shot.convertToFormat(QImage.Format_RGB32))[..., :3].astype(np.int16)

    def changed(before: np.ndarray, after: np.ndarray, place: Rect) -> float:
        x, y = max(0, place.x), max(0, place.y)
        part = np.s_[y : place.bottom, x : place.right]
        return float((np.abs(before[part] - after[part]).max(axis=2) > 24).mean())

    def key(which: int) -> None:
        QTest.keyClick(widget, which)

    told: dict[str, Any] = {"platform": app.platformName(), "screens": []}

    def note() -> np.ndarray:
        told["screens"].append(window.model.screen.value)
        now = screen()
        told.setdefault("spread", []).append(float(now.std()))
        return now

    empty = {"shopper": 0, "pose": None, "people": (), "garments": (), "look": Look(), "consent": False}
    play(0.5, **empty)
    note()
    play(1.3, consent=False)
    note()
    key(Qt.Key_Y)
    play(0.3)
    note()
    play(2.0)
    look = note()
    at = widget.at
    key(Qt.Key_Right)
    play(0.2)
    paged = note()
    told["paged"] = changed(look, paged, at.card)
    told["index"] = window.model.index
    told["body untouched"] = changed(look, paged, at.corridor)
    key(Qt.Key_Tab)
    play(0.2)
    told["tab"] = window.model.tab
    told["switched"] = changed(paged, screen(), at.tabs)
    place = next(rect for rect, intents in widget.overlay.targets if intents == (Intent.SIMILAR,))
    QTest.mouseClick(widget, Qt.LeftButton, Qt.NoModifier, QPoint(*map(int, place.centre)))
    play(0.2)
    told["touched tab"] = window.model.tab
    key(Qt.Key_Return)
    told["chosen"] = len(window.model.chosen)
    told["opened"] = window.model.screen.value
    key(Qt.Key_Backspace)
    key(Qt.Key_C)
    told["correcting"] = window.model.screen.value
    key(Qt.Key_Right)
    told["asked"] = pipeline.asked[-1]
    play(0.3)
    place = next(rect for rect, acts in widget.overlay.targets if acts == (Pick("department", "men"),))
    QTest.mouseClick(widget, Qt.LeftButton, Qt.NoModifier, QPoint(*map(int, place.centre)))
    told["asked by touch"] = pipeline.asked[-1]
    key(Qt.Key_Backspace)
    bakes = widget.overlay.cache.bakes
    play(0.5)
    steady = widget.overlay.cache.bakes
    play(1.0)
    told["bakes in a steady second"] = widget.overlay.cache.bakes - steady
    told["bakes at all"] = bakes
    before = screen()
    key(Qt.Key_F12)
    play(0.2)
    told["engineer"] = changed(before, note(), at.engineer)
    key(Qt.Key_F12)
    told["paint p50 ms"] = widget.paint_ms(0.5)
    key(Qt.Key_Escape)
    told["cache after stop"] = widget.overlay.cache.bytes
    told["asked last"] = pipeline.asked[-2:]
    play(0.2)
    note()
    play(4.2, shopper=0)
    note()
    play(0.2, source_state="lost", notice="camera gone")
    note()
    told["painted"] = len(pipeline.painted_numbers)
    told["shown"] = number
    window.stop()
    told["borrowed after stop"] = sum(pipeline.display._borrows)
    widget.close()
    print(json.dumps(told))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
