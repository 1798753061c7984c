"""Run by test_visit: one whole visit before the real window and the real pipeline, by touch and keys, by hand or by
phone.

Fake are the shop floor (drawn frames, at a camera's pace) and the nets (the readers of ``pipeline_world``, which read
the drawn figure's keypoints as they were drawn). Prints one JSON line of what happened and what is left of her.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from http.client import HTTPConnection
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import cv2
import numpy as np
import zxingcpp
from left_in_memory import MARK, objects_left
from pipeline_world import SIZE, FakeVision, World
from PyQt5.QtCore import QPoint, Qt
from PyQt5.QtGui import QImage
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication

from benchmarks.gesture_moves import HANG, QUIET, RAISED, Figure, Key
from catalog.index import Catalogue
from mirror.camera.source import Source
from mirror.config import HandoffSettings, PhoneSettings, PipelineSettings, Settings, UiSettings
from mirror.domain import COCO_KEYPOINTS, ImageArray, Pose
from mirror.pipeline.live import LivePipeline
from mirror.pipeline.memory import ShopperMemory
from mirror.service.phone import PhoneServer
from mirror.ui.freeze import Freeze
from mirror.ui.mirror_window import MirrorWindow
from mirror.ui.phone import PhoneLink
from mirror.ui.phone_desk import PhonePages
from mirror.ui.record import pixels_of
from mirror.ui.screens import Act, Intent, Pick, Screen
from mirror.ui.visit import Visit

PACE_S = 1 / 20
PATIENCE_S = 15.0
URL = "https://shop.example/look?ids={ids}"
SETTINGS = Settings(
    pipeline=PipelineSettings(
        people_every_s=0.2, body_every_s=0.1, garments_every_s=0.1, face_every_s=0.1, look_every_s=0.1),
    ui=UiSettings(reduced_motion=True), handoff=HandoffSettings(url=URL),
)
REST = (Key(0.0),)
UP = {"right": (RAISED["open"], HANG), "left": (HANG, RAISED["open"])}
PAGE_S, CHOOSE_S = 0.5, 4.0
"""How long a hand stays up for a page, and at most for a choice: it comes down when it was understood."""
FALL_S, REST_S = 0.3, 0.35


class ShopFloor(Source):
    """A room and, while ``there``, a figure in clothes of one colour that makes the moves it is given. The frame's
    number stands in its upper rows, as the readers of ``pipeline_world`` want it."""

    def __init__(self) -> None:
        super().__init__("drawn")
        self.there = False
        self.poses: dict[int, Pose] = {}
        self._figure = Figure(np.random.default_rng(1), 88)
        self._keys: tuple[Key, ...] = REST
        self._begun = 0.0
        room = np.full((SIZE[1], SIZE[0], 3), (178, 190, 196), np.uint8)
        room[560:] = (120, 138, 150)
        room[:16, :, 2] = np.arange(SIZE[0]) // 8
        self._room = room

    def make(self, keys: tuple[Key, ...]) -> None:
        """Her next moves, from now on."""
        self._keys, self._begun = keys, time.monotonic()

    def seen(self, number: int) -> list[Pose]:
        """Who stands in a frame."""
        return [self.poses[number]] if number in self.poses else []

    def _open(self) -> None:
        pass

    def _close(self) -> None:
        pass

    def _run(self) -> None:
        while not self._stopping.wait(PACE_S):
            now = time.monotonic()
            self._deliver(self._image(now), now)

    def _image(self, now: float) -> ImageArray:
        image, number = self._room.copy(), self.captured
        self.poses.pop(number - 60, None)
        if self.there:
            self.poses[number] = self._figure.pose(self._keys, now - self._begun, QUIET)
            draw(image, self.poses[number])
        image[:16, :, 0], image[:16, :, 1] = number % 256, number // 256
        return image


def draw(image: ImageArray, pose: Pose) -> None:
    """Her clothes, in :data:`MARK`."""
    at = {name: tuple(int(v) for v in row[:2]) for name, row in zip(COCO_KEYPOINTS, pose.keypoints, strict=True)}
    for side in ("left", "right"):
        for a, b, wide in (
                ("hip", "knee", 40), ("knee", "ankle", 34), ("shoulder", "elbow", 26), ("elbow", "wrist", 20)):
            cv2.line(image, at[f"{side}_{a}"], at[f"{side}_{b}"], MARK, wide)
    cv2.fillConvexPoly(image, np.array([at[f"{s}_{j}"] for s, j in (
        ("left", "shoulder"), ("right", "shoulder"), ("right", "hip"), ("left", "hip"))]), MARK)
    cv2.circle(image, at["nose"], 40, (140, 168, 205), -1)


class Stage:
    """The window, the floor, and what happened."""

    def __init__(self, folder: Path, *, phone: bool) -> None:
        self.app = QApplication(["visit"])
        self.floor = ShopFloor()
        catalogue = Catalogue.open_serving(folder / "shop" / "shop.catalogue")
        self.pipeline = LivePipeline(self.floor, FakeVision(World(self.floor.seen)), catalogue, SETTINGS)  # type: ignore[arg-type]
        self.link, self.server = PhoneLink(), None
        if phone:
            self.server = PhoneServer(PhoneSettings("127.0.0.1", 0, remote=True), link=self.link)
            self.server.start()
        self.window = MirrorWindow(self.pipeline, SETTINGS, phone=None if self.server is None else PhonePages(
            self.server.base, self.link))
        self.widget = self.window.widget
        self.widget.setWindowFlag(Qt.FramelessWindowHint)
        self.widget.resize(1080, 1920)
        self.widget.show()
        assert QTest.qWaitForWindowExposed(self.widget)
        self.window.start()
        self.told: dict[str, Any] = {"platform": self.app.platformName(), "screens": []}

    def until(self, what: str, condition: Callable[[], bool]) -> None:
        """Run Qt's loop until something is so."""
        end = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > end:
                raise SystemExit(f"never came: {what}; {self.told}, {self.window.model.look}")
            self.app.processEvents()
            QTest.qWait(5)
            screen = self.window.model.screen.value
            if self.told["screens"][-1:] != [screen]:
                self.told["screens"].append(screen)

    def on(self, *screens: Screen) -> None:
        self.until(f"screen {screens}", lambda: self.window.model.screen in screens)

    # by touch and keys

    def touch(self, *acts: Act) -> None:
        """Touch what means this, once it is painted."""
        overlay = self.widget.overlay
        self.until(f"target {acts}", lambda: any(found == acts for _, found in overlay.targets))
        place = next(rect for rect, found in overlay.targets if found == acts)
        QTest.mouseClick(self.widget, Qt.LeftButton, Qt.NoModifier, QPoint(*map(int, place.centre)))

    def key(self, which: int) -> None:
        QTest.keyClick(self.widget, which)

    # by hand

    def hand(self, side: str, done: Callable[[], bool], *, held: float = CHOOSE_S) -> None:
        """Raise a hand, and lower it again: the moves are drawn, the gesture is recognised (or not)."""
        up = UP[side]
        self.floor.make((Key(0.1), Key(0.45, *up), Key(0.45 + held, *up), Key(0.45 + held + FALL_S)))
        self.until(f"what the {side} hand means", done)
        if held >= CHOOSE_S:
            self.floor.make((Key(0.0, *up), Key(FALL_S)))
        begun = time.monotonic()
        self.until("a hand at rest", lambda: time.monotonic() - begun > FALL_S + REST_S)

    def shown(self) -> ImageArray:
        """What the X server shows of the window, grey (h, w)."""
        shot = self.app.primaryScreen().grabWindow(self.widget.winId()).toImage()
        return cv2.cvtColor(pixels_of(shot.convertToFormat(QImage.Format_RGB32)), cv2.COLOR_BGRA2GRAY)

    def read(self, what: str, start: str, reader: Callable[[], Sequence[str]]) -> str:
        """The first text that begins so of those that ``reader`` finds in the window, again and again."""
        found: list[str] = []

        def read() -> bool:
            found.extend(text for text in reader() if text.startswith(start))
            return bool(found)

        self.until(f"{what} that can be read", read)
        return found[-1]

    def code(self) -> str:
        """The shop's link that OpenCV's reader finds, from farther and nearer."""
        distances = cycle((1.0, 1.25, 1.5, 1.75, 2.0))

        def reader() -> Sequence[str]:
            nearer = next(distances)  # as one holds a telephone that did not read it at once
            grey = cv2.resize(self.shown(), None, fx=nearer, fy=nearer, interpolation=cv2.INTER_LINEAR)
            read, told, _, _ = cv2.QRCodeDetector().detectAndDecodeMulti(grey)
            return told if read else ()

        return self.read("a code", "https://shop.example/", reader)

    def invitation(self) -> str:
        """The link that lets a telephone in. It is another each time, and some codes OpenCV reads from nowhere."""
        return self.read("an invitation", "http://127.0.0.1",
                         lambda: [code.text for code in zxingcpp.read_barcodes(self.shown())])


class Phone:
    """A browser that runs no script: it posts the buttons of the page that it was given."""

    def __init__(self, url: str) -> None:
        self.host = urlsplit(url).netloc
        self.page = ""
        status, headers = self.ask("POST", urlsplit(url).path)
        assert status == 303, self.page
        self.path = str(headers["Location"])

    def ask(self, method: str, path: str, **form: str) -> tuple[int, Any]:
        connection = HTTPConnection(self.host, timeout=10)
        connection.request(method, path, urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.getresponse()
        self.page = answer.read().decode()
        connection.close()
        return answer.status, answer.headers

    def buttons(self) -> list[str]:
        """What can be pressed now."""
        found: list[str] = []

        class Reader(HTMLParser):
            def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
                if tag == "button":
                    found.append(dict(attrs).get("value") or "")

        assert self.ask("GET", self.path)[0] == 200, self.page
        Reader().feed(self.page)
        return found

    def press(self, stage: Stage, word: str) -> None:
        stage.until(f"{word} on the phone", lambda: word in self.buttons())
        pressed: list[int] = []

        def taken() -> bool:  # a script presses faster than a person: told "slower", it waits as she would
            pressed.append(self.ask("POST", f"{self.path}/press", do=word)[0])
            return pressed[-1] != 429

        stage.until(f"{word} taken", taken)
        assert pressed[-1] == 303, f"{word}: {pressed[-1]}"


def by_phone(stage: Stage) -> None:
    model = stage.window.model
    stage.on(Screen.CONSENT)
    invitation = stage.invitation()
    phone = Phone(invitation)
    phone.press(stage, "language")
    stage.until("Spanish on both", lambda: "Busco" in (phone.buttons() and phone.page))
    phone.press(stage, "yes")
    stage.on(Screen.LOOK)
    phone.press(stage, "change")
    wanted = "S" if model.choices.chip("size") == "L" else "L"
    phone.press(stage, f"size.{wanted}")
    phone.press(stage, "close")
    corrected(stage, wanted)
    phone.press(stage, "outfit")
    stage.until("the outfit", lambda: model.tab == "complete")
    phone.press(stage, "similar")
    phone.press(stage, "forward")
    stage.until("the second card", lambda: model.index == 1)
    stage.told["shown"] = model.opened is not None and model.opened.item.title in (phone.buttons() and phone.page)
    phone.press(stage, "choose")
    stage.on(Screen.DETAIL)
    stage.told["code"], stage.told["opened"] = stage.code(), model.opened.item.id if model.opened else ""
    phone.press(stage, "choose")
    stage.on(Screen.COMPARE)
    stage.told["still"] = stage.window.overlay.freeze.active
    stage.told["during"] = objects_left()
    phone.press(stage, "stop")
    stage.on(Screen.GOODBYE)
    stage.floor.there = False
    stage.told["after"] = [phone.ask("GET", phone.path)[0], phone.ask("POST", f"{phone.path}/press", do="yes")[0],
                           phone.ask("GET", urlsplit(invitation).path)[0]]
    stage.until("nobody", lambda: stage.window._state.shopper == 0)


def by_touch(stage: Stage) -> None:
    model = stage.window.model
    stage.on(Screen.CONSENT)
    stage.touch(Intent.YES)
    stage.on(Screen.LOOK)
    stage.key(Qt.Key_C)
    wanted = "S" if model.choices.chip("size") == "L" else "L"
    stage.touch(Pick("size", wanted))
    stage.key(Qt.Key_Backspace)
    corrected(stage, wanted)
    stage.touch(Intent.SEEN)
    stage.until("what was seen before", lambda: model.tab == "seen" and bool(model.suggestions))
    stage.touch(Intent.SIMILAR)
    stage.key(Qt.Key_Right)
    stage.until("the second card", lambda: model.index == 1)
    stage.touch(Intent.CHOOSE)
    stage.on(Screen.DETAIL)
    stage.told["code"], stage.told["opened"] = stage.code(), model.opened.item.id if model.opened else ""
    stage.key(Qt.Key_F)
    stage.on(Screen.COMPARE)
    stage.told["still"] = stage.window.overlay.freeze.active


def by_hand(stage: Stage) -> None:
    model = stage.window.model
    stage.on(Screen.CONSENT)
    stage.hand("right", lambda: model.consented)
    stage.on(Screen.LOOK)
    stage.hand("left", lambda: model.screen is Screen.CORRECTION)
    stage.hand("right", lambda: "size" in model.choices.yours, held=PAGE_S)
    wanted = model.choices.yours["size"]
    stage.hand("left", lambda: model.screen is Screen.LOOK)
    corrected(stage, wanted)
    stage.hand("right", lambda: model.index == 1, held=PAGE_S)
    stage.hand("right", lambda: model.screen is Screen.DETAIL)
    stage.told["code"], stage.told["opened"] = stage.code(), model.opened.item.id if model.opened else ""


def corrected(stage: Stage, size: str) -> None:
    """Every shirt that is offered now comes in her own size."""
    model = stage.window.model

    def hers() -> bool:
        shirts = [offer.item for offer in model.look.similar if offer.item.category == "shirt"]
        return model.screen is Screen.LOOK and len(shirts) > 1 and all(size in item.sizes for item in shirts)

    stage.until(f"a look in {size}", hers)
    stage.told["size"] = size


def careless(folder: Path) -> None:
    """Break what forgets her, each in one place, to see that it is noticed."""
    Freeze.forget = lambda self: None  # type: ignore[method-assign]
    erase = ShopperMemory.forget

    def forget(self: ShopperMemory) -> None:
        kept.append((self.findings, self.declared, self.recall(0, 0.0).pose))
        (folder / "home" / "visitors.txt").write_text(str(self.shopper), "utf-8")
        (folder / "home" / "visitors.txt").unlink()
        erase(self)

    ShopperMemory.forget = forget  # type: ignore[method-assign]
    clear = Visit._clear
    Visit._clear = lambda self: (kept.append((self.look, self.choices)), clear(self))[1]  # type: ignore[assignment, method-assign, func-returns-value]


kept: list[Any] = []
writes: list[str] = []


def watched(event: str, arguments: tuple[Any, ...]) -> None:
    """Note every file that Python opens to write, makes, moves or deletes."""
    if event == "open":
        name, mode, flags = arguments
        if isinstance(name, int) or str(name) in ("/dev/null",):
            return
        if any(letter in (mode or "") for letter in "wax+") or (mode is None and flags & 0o3):
            writes.append(str(name))
    elif event in ("os.mkdir", "os.rename", "os.remove", "os.link", "os.symlink", "sqlite3.connect", "shutil.copyfile"):
        writes.append(f"{event} {arguments[0]}")


def main(way: str, folder: Path) -> None:
    if way == "careless":
        careless(folder)
    stage = Stage(folder, phone=way == "phone")
    stage.on(Screen.ATTRACT)
    stage.until("frames", lambda: len(stage.widget.paint_times) > 5)
    before = objects_left()
    print("ready", flush=True)  # from here on the disk is watched
    sys.stdin.readline()
    sys.addaudithook(watched)
    stage.floor.there = True
    {"hand": by_hand, "phone": by_phone}.get(way, by_touch)(stage)
    if way not in ("careless", "phone"):
        stage.told["during"] = objects_left()
    stage.floor.there = False
    stage.on(Screen.GOODBYE)  # it says that all is forgotten: so it is
    stage.floor.poses.clear()
    frames = stage.floor.captured
    stage.until("the room without her", lambda: stage.floor.captured > frames + 8)
    stage.told |= {"before": before, "left": objects_left(), "writes": list(writes)}
    print(json.dumps(stage.told), flush=True)
    sys.stdin.readline()
    if stage.server is not None:
        stage.server.close()
    stage.window.stop()
    stage.widget.close()
    gc.collect()


if __name__ == "__main__":
    ended = False
    try:
        main(sys.argv[1], Path(sys.argv[2]))
        ended = True
    finally:
        if not ended:
            # the mirror's threads would keep the process, and the test that waits for its line, for ever
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
