"""How the picture is zoomed and panned so that her body stands in the corridor. Pure, no Qt.

The mirror must not swim: the view follows a critically damped spring, starts only when she has really moved, and
stays within a narrow range of zoom.
"""

from __future__ import annotations

import math

from mirror.domain import Pose
from mirror.pipeline.view import View, filling
from mirror.ui.layout import Rect

ZOOM_MOST = 1.35
"""Largest zoom against the view that fills the window (docs/design.md, screen)."""
ZOOM_LEAST = 0.85
"""Least zoom against the view that shows the whole frame. It could be counted from the filling view;
but a landscape camera
before a portrait window sees a standing person over nearly its whole height, and only 0.65 of filling keeps her feet
above the deck. What the frame lacks there lies above her head and under the deck, where the display buffer continues
wall and floor."""
SETTLE_S = 0.6
"""Time in which a change of view is done to 98 % (docs/design.md, screen)."""
STIFFNESS = 5.8 / SETTLE_S
"""Natural frequency of the spring: (1 + wt) exp(-wt) = 0.02 at wt = 5.8."""
DEAD_ZONE = 0.035
"""Share of the corridor's height by which she may sway before the view follows."""
LEAST_SCORE = 0.3
CROWN_OVER_NOSE = 0.75
"""Top of the hair above the nose, in distances from nose to shoulder line: .065 of the stature over .115 (from Drillis
and Contini's segment lengths), and as much again as hair adds."""
SOLE_UNDER_ANKLE = 0.08
"""Sole under MoveNet's ankle keypoint, over the distance from nose to ankle: .07 on a photo of boots, .09 with
the demo's wide trousers."""

SHIN_UNDER_KNEE = 0.5
"""Of one who sits: knee to ankle (.25 of the stature, Drillis and Contini) over nose to knee (.5: the thigh lies
towards the camera)."""

BodySpan = tuple[float, float, float]
"""Centre x, top of the hair y, soles y in frame pixels."""


def body_span(pose: Pose | None, *, seated: bool = False) -> BodySpan | None:
    """Where her body stands in the frame, or None unless nose, shoulders and an ankle are seen. ``seated``: a knee is
    enough, and her soles are taken to lie under it."""
    if pose is None:
        return None
    nose = pose.point("nose")
    shoulders = [pose.point("left_shoulder"), pose.point("right_shoulder")]
    ankles = [p for p in (pose.point("left_ankle"), pose.point("right_ankle")) if p[2] >= LEAST_SCORE]
    knees = [p for p in (pose.point("left_knee"), pose.point("right_knee")) if p[2] >= LEAST_SCORE]
    if nose[2] < LEAST_SCORE or not (ankles or (seated and knees)) or min(s[2] for s in shoulders) < LEAST_SCORE:
        return None
    shoulder_y = (shoulders[0][1] + shoulders[1][1]) / 2
    if ankles:
        ankle_y = max(p[1] for p in ankles)
    else:
        knee_y = max(p[1] for p in knees)
        ankle_y = knee_y + SHIN_UNDER_KNEE * (knee_y - nose[1])
    crown = nose[1] - CROWN_OVER_NOSE * max(0.0, shoulder_y - nose[1])
    sole = ankle_y + SOLE_UNDER_ANKLE * (ankle_y - nose[1])
    hips = [p[0] for p in (pose.point("left_hip"), pose.point("right_hip")) if p[2] >= LEAST_SCORE]
    xs = [shoulders[0][0], shoulders[1][0], *hips]
    return (sum(xs) / len(xs), crown, sole) if sole - crown > 1 else None


def fitted(span: BodySpan, corridor: Rect, frame: tuple[int, int], width: int, height: int) -> View:
    """The view that stands her in the corridor: hair at its top and soles at its foot, if the zoom's range allows;
    else soles at the foot when she is small, hair at the top when she is large. Sideways the frame covers the
    window whenever it can."""
    frame_width, frame_height = frame
    whole = min(width / frame_width, height / frame_height)
    fill = max(width / frame_width, height / frame_height)
    centre, crown, sole = span
    scale = min(max(corridor.h / (sole - crown), whole * ZOOM_LEAST), fill * ZOOM_MOST)
    ox = corridor.centre[0] + centre * scale
    low, high = width, frame_width * scale  # ox where the frame's edge lies at the window's right or left edge
    ox = min(max(ox, low), high) if high >= low else (low + high) / 2
    # too tall for the zoom's range: her head stays in view, her feet go behind the deck
    oy = max(corridor.bottom - sole * scale, corridor.y - crown * scale)
    return View(width, height, scale, ox, oy)


class Framing:
    """The view as it moves. ``step`` once per painted frame."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.view: View | None = None
        self._frame = (0, 0)
        self._target: View | None = None
        self._speed = [0.0, 0.0, 0.0]

    def step(
        self, frame: tuple[int, int], span: BodySpan | None, corridor: Rect, seconds: float, *,
        cut: bool = False, hold: bool = False,
    ) -> View:
        """Move on by ``seconds`` towards what fits ``span`` (None: the filling view) and return the view.

        ``cut`` jumps there at once, as does a first call or a frame of another size. ``hold`` keeps the last target
        when there is no span: she has only turned away for a moment.
        """
        still = filling(frame[0], frame[1], self.width, self.height)
        wanted = fitted(span, corridor, frame, self.width, self.height) if span else still
        if self.view is None or frame != self._frame or cut:
            self._frame, self._target, self.view, self._speed = frame, wanted, wanted, [0.0, 0.0, 0.0]
            return wanted
        if hold and span is None and self._target is not None:
            wanted = self._target
        if self._target is None or span is None or self._apart(wanted, self._target) > DEAD_ZONE * corridor.h:
            self._target = wanted
        self._spring(min(max(seconds, 0.0), 0.1))
        return self.view

    def _apart(self, one: View, other: View) -> float:
        """How far two views differ in the window, pixels: the largest shift of the frame's corners."""
        width, height = self._frame
        corners = ((0, 0), (width, height))
        return max(math.dist(one.point(x, y), other.point(x, y)) for x, y in corners)

    def _spring(self, seconds: float) -> None:
        """The exact step of a critically damped spring, for each of log scale and the window's centre point."""
        assert self.view is not None
        assert self._target is not None
        now, wanted = _free(self.view), _free(self._target)
        decay = math.exp(-STIFFNESS * seconds)
        moved = []
        for axis, (at, to) in enumerate(zip(now, wanted, strict=True)):
            away = at - to
            push = (self._speed[axis] + STIFFNESS * away) * seconds
            self._speed[axis] = (self._speed[axis] - STIFFNESS * push) * decay
            moved.append(to + (away + push) * decay)
        if all(abs(m - w) < limit for m, w, limit in zip(moved, wanted, (2e-4, 0.2, 0.2), strict=True)):
            self.view, self._speed = self._target, [0.0, 0.0, 0.0]
            return
        scale = math.exp(moved[0])
        self.view = View(self.width, self.height, scale, self.width / 2 + moved[1] * scale,
                         self.height / 2 - moved[2] * scale)


def _free(view: View) -> tuple[float, float, float]:
    """Log scale and the frame point in the window's middle: these move independently of each other."""
    return (math.log(view.scale), (view.ox - view.width / 2) / view.scale,
            (view.height / 2 - view.oy) / view.scale)
