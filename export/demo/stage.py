"""The off-screen OpenGL stage (EGL, software rasteriser is enough): shadowed lights, a room plate, the figure.

All light is linear RGB; the last pass applies a filmic curve and sRGB. Lights are directional samples: a soft key
made of several directions and a dome, each with its own tile in one shadow atlas, so that the armpits, the neck
and the floor between the feet darken as they should without any screen-space trick.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import moderngl
import numpy as np
from numpy.typing import NDArray

from . import shaders
from .clothes import EYE, LASH
from .mesh import Float, Part

Matrix = NDArray[np.float64]
TILE = 448  #: shadow tile, px
COLUMNS = 5
FINER = 2  #: the figure is drawn this much finer each way, then averaged (the first mipmap)
WALL = -2.6  #: z of the room's back wall, m: no floor shadow beyond it


def look_at(eye: NDArray[np.float64], target: NDArray[np.float64], up: tuple[float, float, float]) -> Matrix:
    """World-to-view matrix (4, 4), looking along -z."""
    forward = target - eye
    forward = forward / np.linalg.norm(forward)
    right = np.cross(forward, up)
    right /= np.linalg.norm(right)
    top = np.cross(right, forward)
    view = np.eye(4)
    view[:3, :3] = np.stack([right, top, -forward])
    view[:3, 3] = -view[:3, :3] @ eye
    return view


@dataclass(frozen=True)
class Camera:
    """Pinhole camera. `eye`, `target` metres; `fov` vertical degrees; `size` (w, h) px; `shift` moves the picture
    up or down by a share of its height (a shift lens: the camera stays level, so verticals stay upright)."""

    eye: tuple[float, float, float]
    target: tuple[float, float, float]
    fov: float
    size: tuple[int, int]
    shift: float = 0.0

    def matrix(self, lens: tuple[float, float] = (0.0, 0.0), focus: float = 1.0,
               jitter: tuple[float, float] = (0.0, 0.0)) -> Matrix:
        """World-to-clip (4, 4). `lens` offsets the eye in the aperture (m), points `focus` metres off stay put;
        `jitter` moves the picture by pixels."""
        eye = np.asarray(self.eye, np.float64)
        view = look_at(eye, np.asarray(self.target, np.float64), (0, 1, 0))
        view[0, 3] -= lens[0]
        view[1, 3] -= lens[1]
        near, far = 0.1, 30.0
        f = 1.0 / np.tan(np.radians(self.fov) / 2)
        aspect = self.size[0] / self.size[1]
        proj = np.zeros((4, 4))
        proj[0, 0], proj[1, 1] = f / aspect, f
        proj[0, 2] = -lens[0] * f / aspect / focus - 2 * jitter[0] / self.size[0]
        proj[1, 2] = -lens[1] * f / focus - 2 * jitter[1] / self.size[1] + 2 * self.shift
        proj[2, 2], proj[2, 3] = -(far + near) / (far - near), -2 * far * near / (far - near)
        proj[3, 2] = -1.0
        return np.asarray(proj @ view)


@dataclass(frozen=True)
class Light:
    """A directional light sample: unit `direction` towards the light, linear RGB `colour`, `gloss` 1 for
    hard lights, worked out at every pixel and first in the list; less for the dome, worked out at every vertex."""

    direction: tuple[float, float, float]
    colour: tuple[float, float, float]
    gloss: float


def shadow_matrix(light: Light, centre: NDArray[np.float64], reach: float) -> Matrix:
    """World-to-clip (4, 4) of an orthographic shadow box of half width `reach` round `centre`."""
    direction = np.asarray(light.direction, np.float64)
    up = (0.0, 1.0, 0.0) if abs(direction[1]) < 0.95 else (1.0, 0.0, 0.0)
    view = look_at(centre + direction * 4.0, centre, up)
    box = np.diag([1 / reach, 1 / reach, -1 / 4.0, 1.0])
    box[2, 3] = -1.0
    return np.asarray(box @ view)


class Stage:
    """Holds the GL context, the figure's buffers and the targets; `draw` returns one picture."""

    def __init__(self, parts: Sequence[Part], camera: Camera) -> None:
        self.camera, self.parts = camera, list(parts)
        self.context = moderngl.create_context(standalone=True, backend="egl")
        gl = self.context
        width, height = camera.size[0] * FINER, camera.size[1] * FINER
        self.full = (width, height)
        self.colour = gl.texture(self.full, 4, dtype="f2")
        self.frame = gl.framebuffer([self.colour], gl.depth_texture(self.full))
        self.small = gl.texture(camera.size, 4, dtype="f1")
        self.out = gl.framebuffer([self.small])
        self.counts = [len(part.rest) for part in self.parts]
        total = sum(self.counts)
        self.moving = gl.buffer(reserve=total * 24, dynamic=True)
        still = np.concatenate([np.concatenate([p.rest, p.uv, p.extra], 1) for p in self.parts]).astype(np.float32)
        self.still = gl.buffer(still.tobytes())
        self.lit = gl.program(shaders.FIGURE_VERTEX, shaders.FIGURE_FRAGMENT)
        self.cast = gl.program(shaders.SHADOW_VERTEX, shaders.SHADOW_FRAGMENT)
        self.arrays: list[tuple[int, moderngl.VertexArray, moderngl.VertexArray]] = []
        start = 0
        for part, count in zip(self.parts, self.counts, strict=True):
            index = gl.buffer((part.faces + start).astype(np.int32).tobytes())
            rough = gl.buffer((part.coarse + start).astype(np.int32).tobytes())
            content = [(self.moving, "3f 3f", "in_position", "in_normal"),
                       (self.still, "3f 2f 4f", "in_rest", "in_uv", "in_extra")]
            shadow = [(self.moving, "3f 12x", "in_position"), (self.still, "20x 4f", "in_extra")]
            self.arrays.append((part.material, gl.vertex_array(self.lit, content, index),
                                gl.vertex_array(self.cast, shadow, rough)))
            start += count
        quad = gl.buffer(np.array([-1, -1, 1, -1, -1, 1, 1, 1], np.float32).tobytes())
        self.plate_program = gl.program(shaders.PLATE_VERTEX, shaders.PLATE_FRAGMENT)
        self.plate_quad = gl.vertex_array(self.plate_program, [(quad, "2f", "in_corner")])
        self.back_program = gl.program(shaders.PLATE_VERTEX, shaders.BACK_FRAGMENT)
        self.back_quad = gl.vertex_array(self.back_program, [(quad, "2f", "in_corner")])
        # The floor's shadow is soft: a quarter of the picture's size is enough for it.
        self.shade = gl.texture((camera.size[0] // 2, camera.size[1] // 2), 4, dtype="f2")
        self.shade.repeat_x = self.shade.repeat_y = False
        self.shade_frame = gl.framebuffer([self.shade])
        self.tone_program = gl.program(shaders.PLATE_VERTEX, shaders.TONE_FRAGMENT)
        self.tone_quad = gl.vertex_array(self.tone_program, [(quad, "2f", "in_corner")])
        self.plate = gl.texture((16, 16), 3, dtype="f2")
        self.face = gl.texture((16, 16), 4, dtype="f1")
        self.lips = gl.texture((16, 16), 1, dtype="f1")
        self.atlas: moderngl.Texture | None = None

    def set_textures(self, plate: Float, face: NDArray[np.uint8], lips: NDArray[np.uint8]) -> None:
        """`plate` (h, w, 3) linear RGB of the empty room, top row first; `face` (n, n, 4) RGBA paint seen from the
        front, top row first; `lips` (n, n) mask in the base mesh's texture frame, top row first."""
        gl = self.context
        self.plate = gl.texture((plate.shape[1], plate.shape[0]), 3,
                                np.ascontiguousarray(plate[::-1], np.float16).tobytes(), dtype="f2")
        self.face = gl.texture((face.shape[1], face.shape[0]), 4, np.ascontiguousarray(face[::-1]).tobytes())
        self.face.build_mipmaps()
        self.lips = gl.texture((lips.shape[1], lips.shape[0]), 1, np.ascontiguousarray(lips[::-1]).tobytes())
        self.lips.build_mipmaps()

    def _shadows(self, lights: Sequence[Light], centre: NDArray[np.float64], reach: float) -> list[Matrix]:
        gl = self.context
        rows = -(-len(lights) // COLUMNS)
        if self.atlas is None or self.atlas.height != rows * TILE:
            self.atlas = gl.depth_texture((COLUMNS * TILE, rows * TILE))
            self.atlas.compare_func = "<="
            self.atlas.filter = (moderngl.LINEAR, moderngl.LINEAR)
            self.atlas_frame = gl.framebuffer(depth_attachment=self.atlas)
        self.atlas_frame.use()
        gl.enable_only(moderngl.DEPTH_TEST)
        self.atlas_frame.viewport = (0, 0, COLUMNS * TILE, rows * TILE)
        self.atlas_frame.clear(depth=1.0)
        matrices = []
        for i, light in enumerate(lights):
            matrix = shadow_matrix(light, centre, reach)
            self.atlas_frame.viewport = ((i % COLUMNS) * TILE, (i // COLUMNS) * TILE, TILE, TILE)
            self.cast["matrix"].write(matrix.T.astype(np.float32).tobytes())
            for material, _, array in self.arrays:
                if material not in (LASH, EYE):
                    self.cast["material"].value = material
                    array.render()
            matrices.append(matrix)
        return matrices

    def draw(self, places: Sequence[tuple[Float, Float]] | None, lights: Sequence[Light],
             centre: NDArray[np.float64], feet: NDArray[np.float64], uniforms: dict[str, object]) -> NDArray[np.uint8]:
        """One frame (h, w, 3) RGB uint8. `places`: position and normal (n, 3) of each part; None draws the empty
        room. `centre`, `feet`: see `motion.Frame`."""
        gl = self.context
        matrix = self.camera.matrix()
        if places is not None:
            data = np.concatenate([np.concatenate(pair, 1) for pair in places]).astype(np.float32)
            self.moving.write(data.tobytes())
            boxes = self._shadows(lights, centre, 1.15)
        else:
            boxes = []
        gl.disable(moderngl.DEPTH_TEST | moderngl.BLEND | moderngl.CULL_FACE)
        self.shade_frame.use()
        self.shade_frame.clear(1, 1, 1, 1)
        program = self.plate_program
        if boxes:
            self._lights(program, lights, boxes)
            program["inverse"].write(np.linalg.inv(matrix).T.astype(np.float32).tobytes())
            program["eye"].value = self.camera.eye
            program["centre"].value = tuple(float(c) for c in centre)
            program["wall"].value = WALL
            program["feet"].write(np.asarray(feet, np.float32).tobytes())
            self.plate_quad.render(moderngl.TRIANGLE_STRIP)
        self.frame.use()
        self.frame.viewport = (0, 0, *self.full)
        self.frame.clear(0, 0, 0, 1, depth=1.0)
        self.plate.use(0)
        self.shade.use(4)
        self.back_program["plate"].value, self.back_program["shadow"].value = 0, 4
        self.back_quad.render(moderngl.TRIANGLE_STRIP)
        if places is not None:
            gl.enable(moderngl.DEPTH_TEST)
            program = self.lit
            self._lights(program, lights, boxes)
            program["camera"].write(matrix.T.astype(np.float32).tobytes())
            program["eye"].value = self.camera.eye
            self.face.use(2)
            self.lips.use(3)
            program["face_paint"].value, program["lips"].value = 2, 3
            for key, value in uniforms.items():
                if key in program:
                    program[key].value = value
            for material, array, _ in self.arrays:
                program["material"].value = material
                array.render()
        self.colour.build_mipmaps(0, 1)
        self.colour.filter = (moderngl.LINEAR_MIPMAP_NEAREST, moderngl.LINEAR)
        self.out.use()
        self.out.viewport = (0, 0, *self.camera.size)
        gl.disable(moderngl.DEPTH_TEST)
        self.colour.use(0)
        self.tone_program["picture"].value = 0
        self.tone_quad.render(moderngl.TRIANGLE_STRIP)
        pixels = np.frombuffer(self.out.read(components=3), np.uint8)
        return pixels.reshape(self.camera.size[1], self.camera.size[0], 3)[::-1]

    def _lights(self, program: moderngl.Program, lights: Sequence[Light], boxes: Sequence[Matrix]) -> None:
        limit = shaders.MAX_LIGHTS
        directions = np.zeros((limit, 4), np.float32)
        colours = np.zeros((limit, 4), np.float32)
        matrices = np.zeros((limit, 4, 4), np.float32)
        for i, light in enumerate(lights):
            directions[i] = (*light.direction, light.gloss)
            colours[i, :3] = light.colour
        for i, box in enumerate(boxes):
            matrices[i] = box.T
        program["count"].value = len(boxes)
        if "first_soft" in program:
            program["first_soft"].value = sum(light.gloss >= 1.0 for light in lights)
        program["light_direction"].write(directions.tobytes())
        if "light_colour" in program:
            program["light_colour"].write(colours.tobytes())
        program["light_matrix"].write(matrices.tobytes())
        if self.atlas is not None:
            self.atlas.use(1)
            program["atlas_rows"].value = self.atlas.height / TILE
        program["atlas"].value = 1
