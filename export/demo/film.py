"""Puts figure, room and motion together and writes the clip through the ffmpeg program."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from . import clothes, hair, look, skin
from .body import Body, make
from .mesh import Float, Part
from .motion import Frame, Motion
from .stage import Stage


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
        self.stage.set_textures(np.load(cache / "plate.npy"), *look.paint(body))
        self.lights, self.uniforms = look.lights(), look.uniforms(body)

    def frames(self, numbers: Iterator[int] | range | None = None) -> Iterator[NDArray[np.uint8]]:
        """RGB frames (h, w, 3) in order."""
        empty: NDArray[np.uint8] | None = None
        for i in numbers if numbers is not None else range(len(self.motion.times)):
            if self.motion.visible(i):
                moment = self.motion.frame(i)
                yield self.stage.draw(self.figure.place(moment), self.lights, moment.centre, self.uniforms)
            else:
                if empty is None:
                    empty = self.stage.draw(None, self.lights, np.zeros(3), self.uniforms)
                yield empty


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
