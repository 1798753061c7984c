"""What of a visitor is still in this process: objects that describe her, and pixels of her clothes.

She wears a colour that nothing else has (:data:`MARK`). Arrays and pictures are found through whatever refers to them,
for numpy's arrays are unknown to the garbage collector.
"""

from __future__ import annotations

import gc
from collections import Counter
from typing import Any

import numpy as np
from PyQt5.QtGui import QImage, QPixmap

from mirror.domain import Face, Garment, Look, Mask, Pose, Profile, Suggestion
from mirror.pipeline.frames import PosedFrame
from mirror.pipeline.memory import Declared, Findings
from mirror.ui.choices import Choices
from mirror.ui.phone import PhoneView

MARK = (13, 201, 77)
"""Blue, green, red of her clothes."""
FEW = 50
"""Pixels of that colour that no picture without her has."""
OF_HER = (Suggestion, Garment, Face, Mask, Pose, PosedFrame, PhoneView)
"""Types of which nothing is left when nobody is there."""


def objects_left() -> list[str]:
    """Names of what is left, with counts."""
    gc.collect()
    found: Counter[str] = Counter()
    seen: set[int] = set()
    for thing in gc.get_objects():
        found.update(_told(thing, seen))
        for other in gc.get_referents(thing):
            if isinstance(other, np.ndarray | QImage | QPixmap | bytes | bytearray | memoryview):
                found.update(_told(other, seen))
    return [f"{count} {name}" for name, count in sorted(found.items())]


def _told(thing: Any, seen: set[int]) -> list[str]:
    if id(thing) in seen:
        return []
    seen.add(id(thing))
    name = type(thing).__name__
    if isinstance(thing, OF_HER):
        return [name]
    said = (
        (isinstance(thing, Look) and bool(thing))
        or (isinstance(thing, Profile) and thing != Profile())
        or (isinstance(thing, Declared) and thing != Declared())
        or (isinstance(thing, Findings) and bool(thing.done))
        or (isinstance(thing, Choices) and bool(thing.yours or thing.estimated))
    )
    if said:
        return [name]
    pixels = _pixels(thing)
    shows = pixels is not None and int((pixels[..., :3] == MARK).all(axis=-1).sum()) > FEW
    return [f"{name} that shows her"] if shows else []


def _pixels(thing: Any) -> np.ndarray | None:
    if isinstance(thing, QPixmap):
        thing = thing.toImage()
    if isinstance(thing, QImage):
        if thing.isNull():
            return None
        image = thing.convertToFormat(QImage.Format_RGB32)
        bits = image.constBits()
        bits.setsize(image.sizeInBytes())
        return np.frombuffer(bits, np.uint8).reshape(image.height(), image.width(), 4).copy()
    if isinstance(thing, np.ndarray) and thing.dtype == np.uint8 and thing.ndim == 3 and thing.shape[2] in (3, 4):
        return thing
    return None
