"""A person whose motion is known: one still, moved by a formula over a background that stands still.

She sways, comes nearer and turns a little as a whole, leans over her feet, and her hands swing: a smooth warp of the
frame whose way back is in closed form (that draws the picture) and whose way forth is found by iteration (that tells
where each keypoint truly is). A similarity alone would flatter whatever carries results by a similarity.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mirror.domain import Frame, ImageArray

Points = NDArray[np.float64]

SIZE = (1280, 720)
TALL_SHARE = 0.92
"""Height of the still over the frame's: she stays in view wherever the motion takes her."""

SWAY_SHARE, SWAY_S = 0.105, 2.5
"""Amplitude over her height and period: one who shifts her weight and looks at herself. The mean speed, 17 % of her
height a second, leaves a result that is a third of a second old some 5 % behind (5.3 % in docs/design.md)."""
BOB_SHARE, BOB_S = 0.008, 1.25
ZOOM, ZOOM_S = 0.04, 7.0
TURN_DEGREES, TURN_S = 1.5, 3.7
LEAN_SHARE, LEAN_S = 0.025, 3.1
"""Her head's way to the side over her feet, growing with the square of the height above them."""
SWING_SHARE, SWING_S = 0.015, 1.3
SWING_REACH = 0.07
"""How far the hands swing and how far around them the picture goes along (a Gaussian), over her height."""
NOISE_SIGMA = 2.0
"""Grey values of sensor noise, about a webcam's in a lit shop; without it every reading of a pose is too steady."""
NOISE_FRAMES = 7
FORTH_STEPS = 12


class MovingPerson:
    """Frames of a still that moves, and where any of its points is at any time.

    All points are float64 (n, 2) of x, y in pixels of the frame; ``rest`` is the frame at which nothing is moved.
    """

    def __init__(self, image: ImageArray, size: tuple[int, int] = SIZE, seed: int = 0) -> None:
        """``image``: BGR uint8 of a person, set upright in the middle of a frame of ``size`` (width, height)."""
        width, height = size
        scale = TALL_SHARE * height / image.shape[0]
        self._size = size
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        wide, tall = round(scale * image.shape[1]), round(scale * image.shape[0])
        fitted = cv2.resize(image, (wide, tall), interpolation=way)
        ground = cv2.GaussianBlur(cv2.resize(image, size), (0, 0), width / 30)
        self._ground = np.asarray(ground, np.uint8)
        self._left, self._top = (width - wide) // 2, (height - tall) // 2
        self._person = np.asarray(fitted, np.uint8)
        rng = np.random.default_rng(seed)
        self._noise = [
            rng.normal(0, NOISE_SIGMA, (height, width, 3)).round().astype(np.int16) for _ in range(NOISE_FRAMES)]
        self.feet = np.array([width / 2, height * 0.95])
        self.hands: Points = np.zeros((0, 2))
        self.tall = TALL_SHARE * height

    def place(self, feet: tuple[float, float], hands: Points, tall: float) -> None:
        """Where the motion has its origin, in pixels of the rest frame; ``tall`` is her height in pixels."""
        self.feet, self.hands, self.tall = np.array(feet, np.float64), np.asarray(hands, np.float64), tall

    def rest(self) -> ImageArray:
        """The frame at which nothing is moved, without noise: BGR uint8 (height, width, 3)."""
        frame = self._ground.copy()
        high, wide = self._person.shape[:2]
        frame[self._top : self._top + high, self._left : self._left + wide] = self._person
        return frame

    def frame(self, number: int, time: float) -> Frame:
        """The picture at ``time`` seconds."""
        width, height = self._size
        wide = self._person.shape[1]
        reach = round(0.2 * self.tall)  # beyond what the motion moves her
        x1, x2 = max(0, self._left - reach), min(width, self._left + wide + reach)
        ys, xs = np.mgrid[0:height, x1:x2].astype(np.float32)
        back = self._back(np.stack([xs, ys], axis=-1), time, np.float32)
        image = self._ground.copy()
        drawn = cv2.remap(
            self._person, back[..., 0] - np.float32(self._left), back[..., 1] - np.float32(self._top), cv2.INTER_LINEAR,
            dst=image[:, x1:x2].copy(), borderMode=cv2.BORDER_TRANSPARENT)
        image[:, x1:x2] = drawn
        noise = self._noise[number % NOISE_FRAMES]
        return Frame(np.asarray(cv2.add(image, noise, dtype=cv2.CV_8U), np.uint8), number, time)

    def forth(self, rest: Points, time: float) -> Points:
        """Where points of the rest frame are at ``time``."""
        bent = rest.copy()
        for _ in range(FORTH_STEPS):
            bent = rest + self._bend(bent, time, np.float64)
        turn, shift = self._similarity(time)
        return np.asarray((bent - self.feet) @ turn.T + self.feet + shift, np.float64)

    def back(self, points: Points, time: float) -> Points:
        """Where in the rest frame points at ``time`` come from."""
        return np.asarray(self._back(points, time, np.float64))

    def _similarity(self, time: float) -> tuple[Points, Points]:
        def wave(period: float, phase: float = 0.0) -> float:
            return float(np.sin(2 * np.pi * time / period + phase))

        angle = np.radians(TURN_DEGREES) * wave(TURN_S)
        scale = 1 + ZOOM * wave(ZOOM_S)
        c, s = scale * np.cos(angle), scale * np.sin(angle)
        shift = self.tall * np.array([SWAY_SHARE * wave(SWAY_S), BOB_SHARE * wave(BOB_S, 0.5)])
        return np.array([[c, -s], [s, c]]), shift

    def _back(self, points: NDArray[np.floating], time: float, kind: type[np.floating]) -> NDArray[np.floating]:
        turn, shift = self._similarity(time)
        inverse = np.linalg.inv(turn).astype(kind)
        bent = (points - (self.feet + shift).astype(kind)) @ inverse.T + self.feet.astype(kind)
        return bent - self._bend(bent, time, kind)

    def _bend(self, points: NDArray[np.floating], time: float, kind: type[np.floating]) -> NDArray[np.floating]:
        """How far the lean and the swinging hands move points of the rest frame."""
        moved = np.zeros_like(points)
        above = np.maximum(0, (self.feet[1].astype(kind) - points[..., 1]) / kind(self.tall))
        moved[..., 0] = kind(LEAN_SHARE * self.tall * np.sin(2 * np.pi * time / LEAN_S + 1)) * above**2
        for i, hand in enumerate(self.hands):
            off = points - hand.astype(kind)
            near = np.exp(-(off**2).sum(axis=-1) / kind(2 * (SWING_REACH * self.tall) ** 2))
            swing = SWING_SHARE * self.tall * np.sin(2 * np.pi * time / SWING_S + np.pi * i)
            moved[..., 0] += kind(swing) * near
            moved[..., 1] += kind(0.4 * swing) * near
        return moved
