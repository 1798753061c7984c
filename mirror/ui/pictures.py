"""Catalogue pictures for the cards, loaded off the paint path by a thread of its own into a bounded shelf."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path

from PyQt5.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
from PyQt5.QtGui import QImage, QImageReader

from mirror.domain import Item

SHELF = 24
"""Pictures kept (0.8 MB each at 1080x1920): two tabs of cards and three turns of the attract screen."""
FILL_EVERY_S = 1.5
"""While nobody asks for one, the next that is likely to be asked for is read this often: the shelf is full within a
minute, and then memory stands; at the start there is other work to do."""
WAITING = 32
"""Pictures asked for and not yet read; older wishes are dropped, the paint asks again."""
LONGEST = 620
"""Design pixels: the longest side that any card shows (landscape card, 568 wide)."""

Locate = Callable[[Item], Path | bytes | None]


class PictureShelf:
    """Gives pictures at once or not at all; ``get`` never reads a file.

    Args:
        locate: where an item's picture is: a path, the bytes of the file, or None when it has none.
        on_ready: called on the loader thread when a wished picture has come.
        scale: window pixels per design pixel: pictures are kept no larger than they are shown.
    """

    def __init__(self, locate: Locate, on_ready: Callable[[], None], scale: float = 1.0) -> None:
        self._locate = locate
        self._on_ready = on_ready
        self._longest = max(64, round(LONGEST * scale))
        self._shelf: OrderedDict[str, QImage | None] = OrderedDict()
        self._wishes: deque[Item] = deque(maxlen=WAITING)
        self._likely: deque[Item] = deque()
        self._changed = threading.Condition()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def fit_scale(self, scale: float) -> None:
        """From now on keep pictures for this scale (those on the shelf stay as they are)."""
        self._longest = max(64, round(LONGEST * scale))

    def start(self) -> None:
        self._thread = threading.Thread(target=self._work, name="mirror-pictures", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop and join the loader."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=5.0)
            self._thread = None

    def get(self, item: Item) -> QImage | None:
        """The picture, or None while it is being loaded (and for an item whose picture cannot be read)."""
        with self._changed:
            if item.id in self._shelf:
                self._shelf.move_to_end(item.id)
                return self._shelf[item.id]
            if all(wish.id != item.id for wish in self._wishes):
                self._wishes.append(item)
                self._changed.notify()
            return None

    def fill(self, likely: Iterable[Item]) -> None:
        """Pieces that may be asked for, the likeliest first: they take the room that is left. Any thread."""
        with self._changed:
            self._likely = deque(islice(likely, SHELF))
            self._changed.notify_all()

    def wait(self, seconds: float = 10.0) -> None:
        """Until every wish is read, at most ``seconds``: for pictures of the window, never on the paint path."""
        with self._changed:
            self._changed.wait_for(lambda: not self._wishes, seconds)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._stopping or bool(self._wishes) or bool(self._likely))
                # what is only likely waits until nobody has wished for anything for a while
                self._changed.wait_for(lambda: self._stopping or bool(self._wishes), FILL_EVERY_S)
                if self._stopping:
                    return
                wished = bool(self._wishes)
                item = self._wishes[0] if wished else self._likely_one()
            if item is None:
                continue
            picture = self._read(item)
            with self._changed:
                if item in self._wishes:
                    self._wishes.remove(item)
                self._shelf[item.id] = picture
                while len(self._shelf) > SHELF:
                    self._shelf.popitem(last=False)
                self._changed.notify_all()
            if wished:
                self._on_ready()

    def _likely_one(self) -> Item | None:
        """The likeliest that is not on the shelf; none once the shelf is full (lock held)."""
        if len(self._shelf) >= SHELF:
            self._likely.clear()
        while self._likely:
            item = self._likely.popleft()
            if item.id not in self._shelf:
                return item
        return None

    def _read(self, item: Item) -> QImage | None:
        """Decode at the size that is shown; a picture that cannot be read leaves its card's ground empty."""
        try:
            found = self._locate(item)
        except Exception:  # noqa: BLE001 - a catalogue replaced under us must not end the loader
            return None
        if found is None:
            return None
        if isinstance(found, bytes):
            buffer = QBuffer()
            buffer.setData(QByteArray(found))
            buffer.open(QIODevice.ReadOnly)
            reader = QImageReader(buffer)
        else:
            reader = QImageReader(str(found))
        reader.setAutoTransform(True)
        size: QSize = reader.size()
        if size.isValid() and max(size.width(), size.height()) > self._longest:
            reader.setScaledSize(size.scaled(self._longest, self._longest, Qt.KeepAspectRatio))
        picture = reader.read()
        return None if picture.isNull() else picture.convertToFormat(QImage.Format_ARGB32_Premultiplied)
