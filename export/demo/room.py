"""The shop behind her, rendered once: plaster wall, oak floor, clothes rail, shelves, plant and lamps.

Built from code-made shapes and lit by many passes of the same kind of shadowed lights as the figure; each pass
looks from another point of a real lens aperture, so that what lies behind the mark is softly out of focus.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import moderngl
import numpy as np
from numpy.typing import NDArray

from . import look, room_shaders
from .mesh import Float, triangles, vertex_normals
from .stage import WALL, Light, shadow_matrix

Array = NDArray[np.float64]
APERTURE = 0.050  #: radius of the lens, m
SHADOW = 1024  #: px
PLAIN, PLASTER, OAK, GLOW, CLOTH, LEAF = range(6)

NAVY, SAGE, CAMEL, COAL, CREAM, WINE, PINE, STONE, RUST, SKY = (
    (0.045, 0.075, 0.14), (0.25, 0.30, 0.24), (0.42, 0.27, 0.14), (0.055, 0.055, 0.06), (0.64, 0.58, 0.48),
    (0.17, 0.035, 0.035), (0.05, 0.10, 0.065), (0.38, 0.36, 0.33), (0.40, 0.12, 0.06), (0.26, 0.36, 0.47))
WOOD, IRON, POT, GREEN = (0.20, 0.115, 0.06), (0.018, 0.018, 0.02), (0.60, 0.57, 0.52), (0.075, 0.155, 0.06)


@dataclass
class Scene:
    """Triangles with a colour, a kind and smooth normals, gathered piece by piece."""

    points: list[Float] = field(default_factory=list)
    normals: list[Float] = field(default_factory=list)
    colours: list[Float] = field(default_factory=list)
    faces: list[NDArray[np.int32]] = field(default_factory=list)
    count: int = 0
    casting: int = 0  #: this many triangles throw shadows

    def add(self, points: Array, faces: NDArray[np.int32], colour: tuple[float, float, float], kind: int) -> None:
        """Adds a piece (n, 3) with triangles (m, 3)."""
        p = np.asarray(points, np.float32)
        self.points.append(p)
        self.normals.append(vertex_normals(p, faces))
        self.colours.append(np.tile(np.array([*colour, kind], np.float32), (len(p), 1)))
        self.faces.append(np.asarray(faces + self.count, np.int32))
        self.count += len(p)

    def box(self, low: tuple[float, float, float], high: tuple[float, float, float], colour: tuple[float, float, float],
            kind: int = PLAIN) -> None:
        """An upright box with hard edges."""
        lo, hi = np.array(low), np.array(high)
        for axis in range(3):
            for end in (0, 1):
                a, b = (axis + 1) % 3, (axis + 2) % 3
                corners = np.tile(lo, (4, 1))
                corners[:, axis] = hi[axis] if end else lo[axis]
                corners[[1, 2], a], corners[[2, 3], b] = hi[a], hi[b]
                order = [[0, 1, 2], [0, 2, 3]] if end else [[0, 2, 1], [0, 3, 2]]
                self.add(corners, np.array(order, np.int32), colour, kind)

    def sweep(self, rings: Array, colour: tuple[float, float, float], kind: int, closed: bool = True) -> None:
        """Skin over rings (k, n, 3)."""
        k, n = rings.shape[:2]
        grid = np.arange(k * n).reshape(k, n)
        nxt = np.roll(grid, -1, 1) if closed else grid[:, 1:]
        here = grid if closed else grid[:, :-1]
        quads = np.stack([here[:-1], nxt[:-1], nxt[1:], here[1:]], -1).reshape(-1, 4)
        self.add(rings.reshape(-1, 3), triangles(quads.astype(np.int32)), colour, kind)

    def tube(self, a: tuple[float, float, float], b: tuple[float, float, float], radius: float,
             colour: tuple[float, float, float], kind: int = PLAIN) -> None:
        """A round bar from a to b."""
        start, end = np.array(a), np.array(b)
        axis = (end - start) / np.linalg.norm(end - start)
        side = np.cross(axis, [0.3, 0.5, 0.8])
        side /= np.linalg.norm(side)
        up = np.cross(axis, side)
        t = np.linspace(0, 2 * np.pi, 14, endpoint=False)[:, None]
        ring = radius * (np.cos(t) * side + np.sin(t) * up)
        self.sweep(np.stack([start + ring, end + ring]), colour, kind)

    def lathe(self, centre: tuple[float, float, float], profile: list[tuple[float, float]],
              colour: tuple[float, float, float], kind: int = PLAIN) -> None:
        """A turned shape: (radius, height) pairs round an upright axis."""
        t = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        rings = [np.stack([r * np.cos(-t), np.full(40, h), r * np.sin(-t)], 1) + np.array(centre) for r, h in profile]
        self.sweep(np.array(rings), colour, kind)


def _garment(scene: Scene, x: float, z: float, top: float, length: float, yaw: float, wide: float,
             colour: tuple[float, float, float], rng: np.random.Generator) -> None:
    """A coat or shirt on a hanger: an oval sack with sloping shoulders, folds deepening to the hem, two sleeves."""
    turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    u = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    v = np.linspace(0, 1, 40)[:, None]
    shoulder = np.clip(v * length / 0.11, 0, 1)
    across = wide * (0.22 + 0.78 * np.sin(shoulder * np.pi / 2)) * (1 + 0.10 * v)
    deep = 0.028 + 0.035 * shoulder + 0.018 * v
    wave = 1 + (0.30 * np.sin(5 * u + rng.uniform(0, 6)) + 0.22 * np.sin(9 * u + rng.uniform(0, 6))) * v**1.3
    drop = np.broadcast_to(-v * length, (40, 72)) + 0.012 * np.sin(3 * u + rng.uniform(0, 6)) * v**3
    rings = np.stack([across * np.cos(u), drop, deep * np.sin(u) * wave], -1) @ turn.T + np.array([x, top, z])
    scene.sweep(rings[:, ::-1], colour, CLOTH)
    for sign in (-1, 1):
        s = np.linspace(0, 1, 24)[:, None]
        w = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        arm = min(length * 0.80, 0.60)
        mid = np.stack([sign * (wide * 0.93 + 0.035 * np.sin(s * 1.6)), -0.085 - s * arm, 0 * s + 0.004], -1)
        ring = np.stack([(0.050 - 0.010 * s) * np.cos(w), 0 * s * w, (0.055 - 0.012 * s) * np.sin(w)], -1)
        scene.sweep(((mid + ring) @ turn.T + np.array([x, top, z]))[:, ::-1], colour, CLOTH)
    scene.tube((x, top - 0.01, z), (x, top + 0.085, z), 0.004, IRON)


def _stack(scene: Scene, x: float, y: float, z: float, wide: float, colours: list[tuple[float, float, float]],
           rng: np.random.Generator) -> None:
    """Folded knits: soft slabs one on another."""
    for colour in colours:
        high = rng.uniform(0.040, 0.055)
        a, b = wide * rng.uniform(0.95, 1.03), 0.15
        t = np.linspace(0, 2 * np.pi, 48, endpoint=False)
        ring = np.stack([np.sign(np.cos(t)) * np.abs(np.cos(t)) ** 0.28 * a, 0 * t,
                         np.sign(np.sin(t)) * np.abs(np.sin(t)) ** 0.28 * b], 1)
        rows = []
        for s in np.linspace(0, np.pi, 9):
            swell = 0.90 + 0.10 * np.sin(s) ** 0.5
            rows.append(ring * swell + [x + rng.normal(0, 0.001), y + high * (1 - np.cos(s)) / 2, z])
        rows = [rows[0] * [0.0, 1, 0.0] + [x, 0, z], *rows, rows[-1] * [0.0, 1, 0.0] + [x, 0, z]]
        scene.sweep(np.array(rows)[:, ::-1], colour, CLOTH)
        y += high * 0.97


def _plant(scene: Scene, x: float, z: float, rng: np.random.Generator) -> None:
    scene.lathe((x, 0, z), [(0.0, 0.0), (0.13, 0.0), (0.165, 0.04), (0.175, 0.36), (0.165, 0.37), (0.155, 0.33),
                            (0.0, 0.33)], POT)
    for k in range(26):
        turn, lean = k * 2.4, rng.uniform(0.08, 0.55) * (0.4 + k / 26)
        size, wide = rng.uniform(0.55, 1.0) * (1.05 - 0.25 * k / 26), rng.uniform(0.030, 0.046)
        s = np.linspace(0, 1, 20)[:, None]
        out = np.sin(lean * (0.25 + s)) * s * size * 0.9
        up = np.cos(lean * (0.3 + 0.8 * s)) * s * size
        middle = np.concatenate([out * np.cos(turn), up, out * np.sin(turn)], 1)
        half = wide * np.sin(np.pi * np.clip(0.12 + 0.88 * s, 0, 1)) ** 0.8
        side = np.array([-np.sin(turn), 0.0, np.cos(turn)])
        hollow = np.array([np.cos(turn), 0.35, np.sin(turn)])
        base = np.array([x + 0.05 * np.cos(turn), 0.33, z + 0.05 * np.sin(turn)])
        rows = np.stack([middle + base + half * (side * c + hollow * 0.30 * c * c) for c in (-1, -0.5, 0, 0.5, 1)], 1)
        tone = rng.uniform(0.75, 1.3)
        scene.sweep(rows, (GREEN[0] * tone, GREEN[1] * tone, GREEN[2] * tone), LEAF, closed=False)


def build() -> Scene:
    """All that stands in the room, in metres."""
    rng = np.random.default_rng(4)
    scene = Scene()
    scene.add(np.array([[-6, 0, 3.4], [6, 0, 3.4], [6, 0, WALL], [-6, 0, WALL]], float),
              np.array([[0, 1, 2], [0, 2, 3]], np.int32), (0.30, 0.205, 0.125), OAK)
    scene.add(np.array([[-6, 0, WALL], [6, 0, WALL], [6, 4, WALL], [-6, 4, WALL]], float),
              np.array([[0, 1, 2], [0, 2, 3]], np.int32), (0.60, 0.535, 0.455), PLASTER)
    scene.box((-6, 0, WALL), (6, 0.11, WALL + 0.018), (0.62, 0.58, 0.52))
    # Rail on the left.
    rail, z = 1.60, -2.22
    scene.tube((-1.75, rail, z), (-0.50, rail, z), 0.014, IRON)
    for x in (-0.50, -1.75):
        scene.tube((x, 0.02, z), (x, rail, z), 0.014, IRON)
        scene.tube((x, 0.015, z - 0.24), (x, 0.015, z + 0.24), 0.014, IRON)
    scene.tube((-1.75, 0.16, z), (-0.50, 0.16, z), 0.010, IRON)
    hung = [(CREAM, 0.80), (PINE, 1.02), (STONE, 0.72), (WINE, 0.86), (CAMEL, 1.06), (NAVY, 0.76), (SAGE, 0.84),
            (COAL, 1.0), (SKY, 0.74), (CREAM, 0.9)]
    for k, (colour, length) in enumerate(hung):
        _garment(scene, -0.64 - 0.108 * k, z, rail - 0.075, length, 0.95 + rng.uniform(-0.16, 0.16),
                 rng.uniform(0.19, 0.215), colour, rng)
    # Shelves on the right.
    left, right, back, front = 0.66, 1.9, WALL + 0.02, WALL + 0.36
    scene.box((left - 0.03, 0.0, back), (left, 2.06, front), WOOD)
    boards = (0.12, 0.56, 0.98, 1.40, 1.82)
    for y in boards:
        scene.box((left, y - 0.014, back), (right, y + 0.014, front), WOOD)
    scene.box((left - 0.03, 2.04, back), (right, 2.075, front), WOOD)
    zz = WALL + 0.19
    piles = {0.12: [[STONE, COAL, STONE], [CAMEL, CREAM]], 0.56: [[NAVY, SKY, NAVY, STONE], [CREAM, RUST, CREAM]],
             0.98: [[RUST, CAMEL, CREAM], [PINE, SAGE, SAGE, STONE]], 1.40: [[CREAM, STONE, CREAM, SAGE], [NAVY, COAL]]}
    for y, rows in piles.items():
        for n, colours in enumerate(rows):
            _stack(scene, left + 0.22 + 0.40 * n, y + 0.014, zz, 0.165, colours, rng)
    scene.lathe((left + 0.18, 1.834, zz), [(0.0, 0), (0.045, 0), (0.075, 0.05), (0.07, 0.10), (0.028, 0.15),
                                          (0.024, 0.19), (0.032, 0.2)], (0.45, 0.20, 0.12))
    scene.lathe((left + 0.40, 1.834, zz), [(0.0, 0), (0.055, 0), (0.06, 0.02), (0.06, 0.13), (0.05, 0.135)], POT)
    _plant(scene, 0.86, -1.95, rng)
    for x, y, zl in LAMPS:
        profile = [(0.125 * np.sin(a) + 1e-4, -0.125 * np.cos(a)) for a in np.linspace(0, np.pi, 24)]
        scene.lathe((x, y, zl), profile, (1.0, 0.86, 0.66), GLOW)
        scene.lathe((x, y + 0.115, zl), [(0.04, 0), (0.038, 0.03), (0.0, 0.035)], IRON)
    # The thin cords come last: they are seen but cast nothing (few light samples would draw them as stripes).
    scene.casting = sum(len(f) for f in scene.faces)
    for x, y, zl in LAMPS:
        scene.tube((x, y + 0.12, zl), (x, 4.0, zl), 0.006, IRON)
    return scene


LAMPS = ((-0.82, 2.13, -1.75), (0.88, 2.13, -1.75))


def render(passes: int = 200, seed: int = 1) -> Float:
    """The plate: linear RGB (1280, 720, 3) float32, top row first."""
    camera, scene = look.CAMERA, build()
    gl = moderngl.create_context(standalone=True, backend="egl")
    lit = gl.program(room_shaders.VERTEX, room_shaders.FRAGMENT)
    cast = gl.program(room_shaders.SHADOW_VERTEX, room_shaders.SHADOW_FRAGMENT)
    data = np.concatenate([np.concatenate(scene.points), np.concatenate(scene.normals),
                           np.concatenate(scene.colours)], 1).astype(np.float32)
    buffer = gl.buffer(data.tobytes())
    index = gl.buffer(np.concatenate(scene.faces).astype(np.int32).tobytes())
    draw = gl.vertex_array(lit, [(buffer, "3f 3f 4f", "in_position", "in_normal", "in_colour")], index)
    shade = gl.vertex_array(cast, [(buffer, "3f 28x", "in_position")], index)
    target = gl.texture(camera.size, 4, dtype="f4")
    frame = gl.framebuffer([target], gl.depth_texture(camera.size))
    maps = [gl.depth_texture((SHADOW, SHADOW)) for _ in range(3)]
    for depth in maps:
        depth.compare_func = "<="
        depth.repeat_x = depth.repeat_y = False
    frames = [gl.framebuffer(depth_attachment=depth) for depth in maps]
    lit["lamps"].value = LAMPS
    lit["shadow"].value = (0, 1, 2)
    lit["eye"].value = camera.eye
    rng = np.random.default_rng(seed)
    total = np.zeros((camera.size[1], camera.size[0], 3), np.float64)
    key = np.array(look.KEY) / np.linalg.norm(look.KEY)
    gl.enable(moderngl.DEPTH_TEST)
    for k in range(passes):
        golden = 2.399963 * k
        radius = APERTURE * np.sqrt((k + 0.5) / passes)
        lens = (radius * np.cos(golden), radius * np.sin(golden))
        soft = key + 0.16 * rng.normal(size=3)
        directions = [soft / np.linalg.norm(soft)]
        for _ in range(2):
            d = rng.normal(size=3)
            d = d / np.linalg.norm(d)
            d[1], d[2] = abs(d[1]), abs(d[2]) * 0.9 + 0.1 * d[2]
            directions.append(d / np.linalg.norm(d))
        matrices = []
        for frame_depth, direction in zip(frames, directions, strict=True):
            light = Light((direction[0], direction[1], direction[2]), (1, 1, 1), 0.0)
            matrix = shadow_matrix(light, np.array([0.0, 1.0, -1.7]), 2.6)
            frame_depth.use()
            frame_depth.clear(depth=1.0)
            cast["matrix"].write(matrix.T.astype(np.float32).tobytes())
            shade.render(vertices=3 * scene.casting)
            matrices.append(matrix.T.astype(np.float32))
        frame.use()
        frame.clear(0, 0, 0, 1, depth=1.0)
        for i, depth in enumerate(maps):
            depth.use(i)
        lit["box"].write(np.stack(matrices).tobytes())
        lit["direction"].write(np.array(directions, np.float32).tobytes())
        jitter = (float(rng.uniform(-0.5, 0.5)), float(rng.uniform(-0.5, 0.5)))
        lit["camera"].write(camera.matrix(lens, 3.2, jitter).T.astype(np.float32).tobytes())
        draw.render()
        total += np.frombuffer(frame.read(components=3, dtype="f4"), np.float32).reshape(total.shape)
    gl.release()
    return np.asarray(total[::-1] / passes, np.float32)
