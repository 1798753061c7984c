"""`python -m export.demo --out mirror/camera/demo.mp4`: renders the demo clip.

Needs, besides numpy and scipy: anny, torch, moderngl (EGL; the software rasteriser llvmpipe will do), pillow, and
the ffmpeg program with libx264. About 1-2 s of two CPU cores per frame.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def main() -> int:
    """Renders and encodes; prints progress to stderr."""
    parser = argparse.ArgumentParser(prog="python -m export.demo", description="Renders the demo clip.")
    parser.add_argument("--out", type=Path, default=Path("mirror/camera/demo.mp4"))
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "mirror-demo",
                        help="keeps the body and the room between runs")
    parser.add_argument("--fps", type=float, default=30.0)
    parser.add_argument("--crf", type=int, default=20, help="x264 quality, lower is better and larger")
    parser.add_argument("--stills", metavar="SECONDS", help="comma-separated moments: writes PNG stills beside --out")
    options = parser.parse_args()
    from . import look
    from .film import Film, encode

    options.cache.mkdir(parents=True, exist_ok=True)
    film = Film(options.cache, options.fps)
    if options.stills:
        from PIL import Image

        for word in options.stills.split(","):
            target = options.out.with_name(f"{options.out.stem}_{float(word):05.2f}.png")
            Image.fromarray(film.render(round(float(word) * options.fps))).save(target)
        return 0
    began, total = time.perf_counter(), len(film.motion.times)

    def counted() -> Iterator[NDArray[np.uint8]]:
        for i, frame in enumerate(film.frames()):
            if i % 30 == 0:
                print(f"frame {i} of {total}, {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
            yield frame

    encode(counted(), look.CAMERA.size, options.fps, options.out, options.crf)
    print(f"{options.out}: {options.out.stat().st_size / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
