"""The hint at the top of the look and of what she opens over it."""

from __future__ import annotations

from PyQt5.QtGui import QPainter

from mirror.ui import pills
from mirror.ui.canvas import Canvas
from mirror.ui.layout import Layout


def paint_hint(canvas: Canvas, painter: QPainter, at: Layout, icon: str, label: str) -> None:
    """Blit the pill of an icon and ``label``, in portrait in the middle of its place."""
    hint = canvas.kept(("hint", icon, label), lambda: pills.bake_pill(
        canvas.look, at.scale, icon, label, at.hint.w / at.scale, 600))
    x = round(at.hint.centre[0] - hint.width / 2) if at.portrait else at.hint.x
    canvas.put(painter, hint, x, at.hint.y)
