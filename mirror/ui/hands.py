"""Her hands as a way to press: gestures become the intents that keys and touches give, and rings show how far."""

from __future__ import annotations

from collections.abc import Mapping

from PyQt5.QtCore import QRectF, Qt
from PyQt5.QtGui import QColor, QPainter, QPen

from mirror.pipeline.gesture import Gesture, GestureModel, Ring
from mirror.pipeline.state import MirrorState
from mirror.pipeline.view import View
from mirror.ui.baking import bake_free
from mirror.ui.canvas import Canvas
from mirror.ui.screens import Intent, Screen

RADIUS = 78
"""Design pixels (docs/design.md, gestures): 38 mm on a 43 inch panel, seen around a fist at three metres."""
STEPS = 24
"""Ring pictures that are drawn once: a step each 50 ms of a choice."""
EMPTIES_S = 0.15
"""A ring that was let go empties in this time."""
STROKE, EDGE = 14.0, 22.0
QUICK = 0.6
"""A ring that was fuller than this when the hand came down was an answer given up: it changes no language."""

Said = Mapping[tuple[str, str], Intent]
"""Kind and side of a gesture to what it means."""

_CARDS: Said = {
    ("page", "right"): Intent.FORWARD, ("page", "left"): Intent.BACK,
    ("choose", "right"): Intent.CHOOSE, ("choose", "left"): Intent.CHANGE,
}
MEANING: Mapping[str, Said] = {
    # an answer is held: nobody says yes by raising a hand in passing. A hand that is raised and soon lowered asks the
    # question in the next language
    Screen.CONSENT.value: {("choose", "right"): Intent.YES, ("choose", "left"): Intent.NO,
                           ("page", "right"): Intent.LANGUAGE, ("page", "left"): Intent.LANGUAGE},
    Screen.PLAIN.value: {("choose", "right"): Intent.ASK},
    Screen.ATTRACT.value: {("choose", "right"): Intent.ASK},
    Screen.APPROACH.value: {("choose", "right"): Intent.ASK},
    Screen.LOOK.value: _CARDS,
    # over the look the left hand closes, the right hand goes on: compare it, the next row, a new still
    Screen.DETAIL.value: {**_CARDS, ("choose", "left"): Intent.CLOSE},
    Screen.CORRECTION.value: {**_CARDS, ("choose", "left"): Intent.CLOSE},
    Screen.COMPARE.value: {("choose", "right"): Intent.CHOOSE, ("choose", "left"): Intent.CLOSE},
}
"""By screen; both hands up are :attr:`Intent.STOP` on every one. Right goes on, left goes back."""


def intent_of(gesture: Gesture, screen: Screen) -> Intent | None:
    """What a gesture means on a screen, None where it means nothing."""
    if gesture.kind == "stop":
        return Intent.STOP
    return MEANING.get(screen.value, {}).get((gesture.kind, gesture.side))


class HandControl:
    """Reads the gestures of the one who is served, and draws their rings. GUI thread only."""

    def __init__(self) -> None:
        self.model = GestureModel()
        self.rings: tuple[Ring, ...] = ()
        self._let_go: tuple[tuple[Ring, ...], float] = ((), float("-inf"))
        self._seen = -1
        self._fullest = 0.0
        """Of the ring now or last shown."""

    def forget(self) -> None:
        """Empty every ring; nothing of her hands stays. A hand that is still up must come down first."""
        self.rings, self._let_go = (), ((), float("-inf"))

    def intents(self, state: MirrorState, screen: Screen, now: float) -> tuple[Intent, ...]:
        """What her hands said since the last state; ``now`` in monotonic seconds."""
        if state.shopper and state.pose_frame_number == self._seen:
            return ()
        self._seen = state.pose_frame_number
        hands = self.model.see(state.pose, state.pose_time, state.shopper)
        # where only a held hand counts, and where none does, no ring promises more
        rings = tuple(ring for ring in hands.rings if len(hands.rings) == 2 or screen.value in MEANING)
        if self.rings and not rings:
            self._let_go = (self.rings, now)
        if rings:
            fullest = max(ring.fill for ring in rings)
            self._fullest = max(self._fullest, fullest) if self.rings else fullest
        self.rings = rings
        found = (intent_of(gesture, screen) for gesture in hands.gestures)
        return tuple(intent for intent in found
                     if intent is not None and (intent is not Intent.LANGUAGE or self._fullest <= QUICK))

    def paint(self, painter: QPainter, canvas: Canvas, view: View) -> None:
        """The rings around her hands: one blit each."""
        rings = self.rings
        if not rings:
            gone, since = self._let_go
            rest = 1.0 - (canvas.now - since) / EMPTIES_S
            if gone and 0 < rest <= 1 and not canvas.reduced_motion:
                canvas.animating = True
                rings = tuple(Ring(ring.side, ring.at, ring.fill * rest) for ring in gone)
        for ring in rings:
            paint_ring(painter, canvas, view, ring)


def paint_ring(painter: QPainter, canvas: Canvas, view: View, ring: Ring) -> None:
    """One ring, its middle on the wrist; "yours" is the theme's, with an edge that shows on any video."""
    step, side, look = round(ring.fill * STEPS), round((2 * RADIUS + EDGE + 2) * canvas.scale), canvas.look

    def draw(p: QPainter, w: float, h: float) -> None:
        place = QRectF(w / 2 - RADIUS, h / 2 - RADIUS, 2 * RADIUS, 2 * RADIUS)
        p.setBrush(Qt.NoBrush)
        p.setPen(QPen(QColor(0, 0, 0, 120), STROKE))
        p.drawEllipse(place)
        p.setPen(QPen(QColor(255, 255, 255, 200), 3.0))
        p.drawEllipse(place)
        for colour, stroke in ((look.on_yours, EDGE), (look.yours, STROKE)) if step else ():
            p.setPen(QPen(QColor(colour), stroke, Qt.SolidLine, Qt.RoundCap))
            p.drawArc(place, 90 * 16, -round(360 * 16 * step / STEPS))

    baked = canvas.kept(("hand", step), lambda: bake_free(side, side, canvas.scale, draw))
    x, y = view.point(*ring.at)
    baked.paint(painter, round(x - side / 2), round(y - side / 2))
