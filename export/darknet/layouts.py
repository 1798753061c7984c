"""The cfg files of YOLOv3 and YOLOv3-tiny for any number of classes: what one retrains, and converts afterwards.

``python -m export.darknet.layouts yolov3-tiny --classes 13 > garments.cfg``. Layer tables and anchors are those of
Redmon and Farhadi's 'YOLOv3: An Incremental Improvement' (2018) and Darknet's yolov3.cfg and yolov3-tiny.cfg.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

ANCHORS = (10, 13, 16, 30, 33, 23, 30, 61, 62, 45, 59, 119, 116, 90, 156, 198, 373, 326)
TINY_ANCHORS = (10, 14, 23, 27, 37, 58, 81, 82, 135, 169, 344, 319)
BACKBONE = ((32, 64, 1), (64, 128, 2), (128, 256, 8), (256, 512, 8), (512, 1024, 4))
"""Darknet-53: channels of the residual blocks' narrow and wide layers, and how many blocks at each stride."""

FINE, MIDDLE = 36, 61
"""Layers of the last blocks at strides 8 and 16, which the heads go back to."""
SHORTCUT = "[shortcut]\nfrom=-3\nactivation=linear\n"
ANCHORS_A_HEAD = 3
INPUT_SIDE = 416


def yolov3(classes: int, width: int = INPUT_SIDE, height: int = INPUT_SIDE, thinner: int = 1) -> str:
    """YOLOv3's cfg: three heads, strides 32, 16, 8. With ``thinner`` all hidden layers have that many times fewer
    channels (the same table, quick to try out)."""
    parts = [_net(width, height), _conv(32 // thinner, 3)]
    for narrow, wide, blocks in BACKBONE:
        parts.append(_conv(wide // thinner, 3, stride=2))
        for _ in range(blocks):
            parts += [_conv(narrow // thinner, 1), _conv(wide // thinner, 3), SHORTCUT]
    for narrow, mask, back in ((512, (6, 7, 8), MIDDLE), (256, (3, 4, 5), FINE), (128, (0, 1, 2), None)):
        parts += [_conv(narrow // thinner, 1), _conv(2 * narrow // thinner, 3)] * 3
        parts += [_conv(_head(classes), 1, linear=True), _yolo(mask, ANCHORS, classes)]
        if back is not None:
            parts += [_route(-4), _conv(narrow // 2 // thinner, 1), "[upsample]\nstride=2\n", _route(-1, back)]
    return "\n".join(parts)


def yolov3_tiny(classes: int, width: int = INPUT_SIDE, height: int = INPUT_SIDE, thinner: int = 1) -> str:
    """YOLOv3-tiny's cfg: two heads, strides 32 and 16."""
    parts = [_net(width, height)]
    for channels in (16, 32, 64, 128, 256):
        parts += [_conv(channels // thinner, 3), _pool(2)]
    parts += [_conv(512 // thinner, 3), _pool(1)]
    parts += [_conv(1024 // thinner, 3), _conv(256 // thinner, 1), _conv(512 // thinner, 3)]
    parts += [_conv(_head(classes), 1, linear=True), _yolo((3, 4, 5), TINY_ANCHORS, classes)]
    parts += [_route(-4), _conv(128 // thinner, 1), "[upsample]\nstride=2\n", _route(-1, 8), _conv(256 // thinner, 3)]
    parts += [_conv(_head(classes), 1, linear=True), _yolo((0, 1, 2), TINY_ANCHORS, classes)]
    return "\n".join(parts)


LAYOUTS = {"yolov3": yolov3, "yolov3-tiny": yolov3_tiny}


def _head(classes: int) -> int:
    return ANCHORS_A_HEAD * (5 + classes)


def _net(width: int, height: int) -> str:
    return f"[net]\nbatch=1\nsubdivisions=1\nwidth={width}\nheight={height}\nchannels=3\n"


def _conv(filters: int, size: int, stride: int = 1, linear: bool = False) -> str:
    head = "[convolutional]\n" if linear else "[convolutional]\nbatch_normalize=1\n"
    activation = "linear" if linear else "leaky"
    return f"{head}filters={filters}\nsize={size}\nstride={stride}\npad=1\nactivation={activation}\n"


def _pool(stride: int) -> str:
    return f"[maxpool]\nsize=2\nstride={stride}\n"


def _route(*layers: int) -> str:
    return f"[route]\nlayers = {', '.join(map(str, layers))}\n"


def _yolo(mask: Sequence[int], anchors: Sequence[int], classes: int) -> str:
    pairs = ",  ".join(f"{w},{h}" for w, h in zip(anchors[::2], anchors[1::2], strict=True))
    return (
        f"[yolo]\nmask = {','.join(map(str, mask))}\nanchors = {pairs}\nclasses={classes}\nnum={len(anchors) // 2}\n"
        "jitter=.3\nignore_thresh = .7\ntruth_thresh = 1\nrandom=1\n"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a cfg. Exit code 0, or 2 for wrong use."""
    parser = argparse.ArgumentParser(prog="python -m export.darknet.layouts", description="Print a cfg to retrain.")
    parser.add_argument("layout", choices=sorted(LAYOUTS))
    parser.add_argument("--classes", type=int, required=True)
    parser.add_argument("--width", type=int, default=INPUT_SIDE, help="a multiple of 32")
    parser.add_argument("--height", type=int, default=INPUT_SIDE, help="a multiple of 32")
    options = parser.parse_args(arguments)
    if options.classes < 1 or min(options.width, options.height) < 32 or options.width % 32 or options.height % 32:
        parser.error("--classes must be 1 or more, --width and --height multiples of 32")
    sys.stdout.write(LAYOUTS[options.layout](options.classes, options.width, options.height))
    return 0


if __name__ == "__main__":
    sys.exit(main())
