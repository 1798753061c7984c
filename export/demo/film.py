"""Puts figure, room and motion together and writes the clip through the ffmpeg program."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from . import clothes, hair, look, room, skin
from .body import Body, make
from .mesh import Float, Part
from .motion import Frame, Motion
from .stage import Stage

#: A point that moves less than this in two frames moves less than a pixel at the mark (1280 px show 3 m), in m.
STILL = 0.0020


class Figure:
    """Her parts and how each follows the bones; lids follow the blink."""

    def __init__(self, body: Body) -> None:
        head, blink = skin.head_and_hands(body)
        strips = skin.lashes(body)
        self.parts: list[Part] = [head, *skin.eyes(body), *(part for part, _ in strips), clothes.top(body),
                                  clothes.trousers(body), *clothes.shoes(body), hair.make(body)]
        self.blinks: dict[str, Float] = {head.name: blink} | {part.name: shift for part, shift in strips}

    def place(self, frame: Frame) -> list[tuple[Float, Float]]:
        """World positions and normals (n, 3) of each part at one moment."""
        flat = frame.matrices.reshape(len(frame.matrices), 12)
        out = []
        for part in self.parts:
            matrices = (part.weights @ flat).reshape(-1, 3, 4)
            rest = part.rest
            if frame.blink > 0.01 and part.name in self.blinks:
                rest = rest + frame.blink * self.blinks[part.name]
            turn = matrices[:, :, :3]
            out.append(((np.einsum("nij,nj->ni", turn, rest) + matrices[:, :, 3]).astype(np.float32),
                        np.einsum("nij,nj->ni", turn, part.normals).astype(np.float32)))
        return out


class Film:
    """Renders frames of the clip. `cache` holds the body and the room's plate between runs."""

    def __init__(self, cache: Path, fps: float) -> None:
        body = make(cache)
        self.figure, self.motion, self.fps = Figure(body), Motion(body, fps), fps
        self.stage = Stage(self.figure.parts, look.CAMERA)
        plate = cache / "plate.npy"
        if not plate.exists():
            np.save(plate, room.render())
        self.stage.set_textures(np.load(plate), *look.paint(body))
        self.lights, self.uniforms = look.lights(), look.uniforms(body)

    def quiet(self, i: int) -> bool:
        """Whether frame `i` may be the mean of its neighbours: she stands, and nothing moves by a pixel in two
        frames, so the mean cannot be told from a rendered frame."""
        motion = self.motion
        if i % 2 == 0 or not 0 < i < len(motion.times) - 1 or motion.standing[i] < 1.0:
            return False
        before, after = motion.frame(i - 1), motion.frame(i + 1)
        if max(before.blink, after.blink, motion.frame(i).blink) > 0.01:
            return False
        names = ("head", "wrist.L", "wrist.R", "lowerarm01.L", "lowerarm01.R", "spine01")
        at = motion.skeleton.at
        moved = max(float(np.linalg.norm(at(after.matrices, n) - at(before.matrices, n))) for n in names)
        return moved < STILL

    def render(self, i: int) -> NDArray[np.uint8]:
        """One frame (h, w, 3) RGB; the empty room where she is out of the picture."""
        if not self.motion.visible(i):
            return self.stage.draw(None, self.lights, np.zeros(3), np.zeros((2, 4)), self.uniforms)
        moment = self.motion.frame(i)
        return self.stage.draw(self.figure.place(moment), self.lights, moment.centre, moment.feet, self.uniforms)

    def frames(self) -> Iterator[NDArray[np.uint8]]:
        """All RGB frames (h, w, 3) in order."""
        count = len(self.motion.times)
        empty = self.stage.draw(None, self.lights, np.zeros(3), np.zeros((2, 4)), self.uniforms)
        last = empty
        ready: dict[int, NDArray[np.uint8]] = {}
        for i in range(count):
            if i in ready:
                last = ready.pop(i)
            elif self.quiet(i):
                ready[i + 1] = self.render(i + 1)
                yield ((last.astype(np.uint16) + ready[i + 1] + 1) // 2).astype(np.uint8)
                continue
            else:
                last = self.render(i) if self.motion.visible(i) else empty
            yield last


def encode(frames: Iterator[NDArray[np.uint8]], size: tuple[int, int], fps: float, out: Path, crf: int) -> None:
    """Writes H.264 (yuv420p, BT.709) through ffmpeg; raises RuntimeError when the program is missing or fails."""
    program = shutil.which("ffmpeg")
    if program is None:
        raise RuntimeError("ffmpeg is not installed: apt-get install ffmpeg")
    out.parent.mkdir(parents=True, exist_ok=True)
    command = [program, "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{size[0]}x{size[1]}",
               "-r", str(fps), "-i", "-", "-vf", "scale=out_color_matrix=bt709:out_range=tv", "-c:v", "libx264",
               "-preset", "slow", "-crf", str(crf), "-g", "60", "-bf", "2", "-pix_fmt", "yuv420p",
               "-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-an",
               "-movflags", "+faststart", "-map_metadata", "-1", "-fflags", "+bitexact", str(out)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        for frame in frames:
            process.stdin.write(np.ascontiguousarray(frame).tobytes())
        process.stdin.close()
        if process.wait() != 0:
            raise RuntimeError(f"ffmpeg failed with {process.returncode} on {out}")
