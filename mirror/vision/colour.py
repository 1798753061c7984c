"""The main colours of a garment, read from its pixels.

Two ways in: ``main_colours`` for a garment on a person (ground and skin are set aside), ``picture_colours``
for a catalogue picture on a plain ground (the ground is set aside). Both look at no more than ``SAMPLES``
pixels, so the cost does not grow with the picture, and both are deterministic.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mirror.domain import Box, FloatArray, ImageArray, Mask

SAMPLES = 1500
"""Pixels looked at; 600 and 6000 gave the same first colour on shop pictures, 1500 keeps a call near 1 ms."""
INSET_X, INSET_Y = 0.16, 0.08
"""Share of the box left out at each side: its rim shows arms and background more than cloth."""
OPEN_FRONT = 0.34
"""Middle share of an outerwear box that is left out: an open coat shows what is under it there."""
LEAST_SHARE = 0.12
"""A colour that covers less than this is a button, a shadow or a seam, and is not named."""
MERGE_DISTANCE = 16.0
"""Two clusters nearer than this (CIE76, Lab) are one cloth in light and shade."""
GROUND_DISTANCE = 10.0
"""A picture's pixel nearer than this (CIE76, Lab) to the border's colour belongs to the ground."""
SAME_GROUND = 2.0
"""A pixel inside the garment's outline is ground only when it is nearer than this: the hole of a bag's handle."""
FOLD_DISTANCE, LEAST_OWN = 18.0, 0.35
"""A cluster nearer to the ground than this is taken for its folds when other clusters cover this share."""
LEAST_GARMENT = 0.04
"""Share of the picture that a garment covers at least; with less the picture is not what it was taken for."""
PLAIN_GROUND_SPREAD = 14.0
"""Median Lab distance of border pixels to the border's colour above which the ground is not plain."""
SKIN_LIMIT = 0.6
"""Skin-coloured pixels are dropped while they are fewer than this share: beyond it, the cloth is beige."""
_CLUSTERS = 5
_ROUNDS = 6
_SPACE = np.array([0.7, 1, 1], np.float32)  # shading moves lightness, dye moves hue: L counts a little less


def main_colours(
    image: ImageArray, box: Box, mask: Mask | None = None, k: int = 3, category: str | None = None
) -> tuple[str, ...]:
    """Main colours of the garment in ``box``, most first, as ``#rrggbb``; at most ``k``, none when off frame.

    ``image``: BGR uint8 (h, w, 3). ``box``: frame pixels. ``mask``: the person's mask; pixels outside it are
    left out when enough remain. ``category``: lets outerwear be read at its sides, where it is not open.
    """
    xs, ys = _grid(box.clipped(Box(0, 0, image.shape[1], image.shape[0])), category)
    if xs.size == 0:
        return ()
    pixels = image[ys, xs]
    if mask is not None:
        inside = _mask_at(mask, xs, ys) > 0.5
        if inside.mean() > 0.05:
            pixels = pixels[inside]
    skin = _skin(pixels)
    if 0 < skin.mean() < SKIN_LIMIT and category not in ("bag", "hat"):
        pixels = pixels[~skin]
    return _named(pixels, k)


def picture_colours(image: ImageArray, k: int = 3) -> tuple[str, ...]:
    """Main colours of the one garment on a catalogue picture, most first, as ``#rrggbb``; at most ``k``.

    ``image``: BGR uint8 (h, w, 3). The border's median colour is taken for the ground; where that is not
    plain, or the garment has the ground's own colour, the middle of the picture is read instead.
    """
    height, width = image.shape[:2]
    frame_x, frame_y = max(1, width // 40), max(1, height // 40)
    border = np.concatenate(
        [
            image[:frame_y].reshape(-1, 3)[:: max(1, width * frame_y // 150)],
            image[-frame_y:].reshape(-1, 3)[:: max(1, width * frame_y // 150)],
            image[:, :frame_x].reshape(-1, 3)[:: max(1, height * frame_x // 150)],
            image[:, -frame_x:].reshape(-1, 3)[:: max(1, height * frame_x // 150)],
        ]
    )
    border_lab = _lab(border)
    ground = np.median(border_lab, axis=0)
    plain = np.median(np.linalg.norm(border_lab - ground, axis=1)) < PLAIN_GROUND_SPREAD
    if plain:
        xs, ys = _grid(Box(0, 0, width, height), None, inset=(0.03, 0.03))
        pixels = image[ys, xs]
        columns = len(np.unique(xs))
        gap = np.linalg.norm(_lab(pixels) - ground, axis=1).reshape(-1, columns)
        garment = _filled(gap > GROUND_DISTANCE) & (gap > SAME_GROUND)
        # the rim is half shadow, half edge; without it thin things are lost, so it goes only where enough remains
        inner = garment & _filled(cv2.erode(garment.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)
        for kept in (inner, garment):
            if kept.mean() > LEAST_GARMENT:
                return _named(pixels[kept.ravel()], k, ground)
    xs, ys = _grid(Box(0, 0, width, height), None, inset=(0.3, 0.25))
    return _named(image[ys, xs], k)


def _filled(found: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """``found`` (rows, columns) and what it encloses both in its row and in its column: a garment's pale middle."""
    def between(axis: int) -> NDArray[np.bool_]:
        forward = np.logical_or.accumulate(found, axis=axis)
        backward = np.flip(np.logical_or.accumulate(np.flip(found, axis), axis=axis), axis)
        return np.asarray(forward & backward)

    return np.asarray(between(0) & between(1))


def _grid(
    box: Box, category: str | None, inset: tuple[float, float] = (INSET_X, INSET_Y)
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Column and row indices of at most ``SAMPLES`` pixels spread over the box's inner part."""
    x1, x2 = int(box.x1 + box.width * inset[0]), int(np.ceil(box.x2 - box.width * inset[0]))
    y1, y2 = int(box.y1 + box.height * inset[1]), int(np.ceil(box.y2 - box.height * inset[1]))
    width, height = x2 - x1, y2 - y1
    if width < 1 or height < 1:
        return np.empty(0, np.intp), np.empty(0, np.intp)
    step = max(1.0, (width * height / SAMPLES) ** 0.5)
    columns = np.arange(x1 + step / 2, x2, step).astype(np.intp)
    rows = np.arange(y1 + step / 2, y2, step).astype(np.intp)
    if category == "outerwear" and width >= 8:
        away = np.abs(columns - (box.x1 + box.x2) / 2) > box.width * OPEN_FRONT / 2
        columns = columns[away]
    xs, ys = np.meshgrid(columns, rows)
    return xs.ravel(), ys.ravel()


def _mask_at(mask: Mask, xs: NDArray[np.intp], ys: NDArray[np.intp]) -> FloatArray:
    """Mask values at frame pixels, nearest; 0 where the mask does not reach."""
    matrix = mask.to_mask
    mx = np.rint(matrix[0, 0] * xs + matrix[0, 1] * ys + matrix[0, 2]).astype(np.intp)
    my = np.rint(matrix[1, 0] * xs + matrix[1, 1] * ys + matrix[1, 2]).astype(np.intp)
    height, width = mask.values.shape
    there = (mx >= 0) & (my >= 0) & (mx < width) & (my < height)
    found = np.zeros(xs.shape, np.float32)
    found[there] = mask.values[my[there], mx[there]]
    return found


def _skin(pixels: ImageArray) -> NDArray[np.bool_]:
    """Where BGR pixels lie in the skin cluster of the CrCb plane (Chai & Ngan 1999: Cr 133-173, Cb 77-127).

    The plane holds every skin tone, because tone is mostly lightness; greyer pixels are kept as cloth.
    """
    ycc = cv2.cvtColor(np.ascontiguousarray(pixels).reshape(1, -1, 3), cv2.COLOR_BGR2YCrCb)[0]
    cr, cb = ycc[:, 1], ycc[:, 2]
    return np.asarray((cr >= 137) & (cr <= 173) & (cb >= 77) & (cb <= 123) & (ycc[:, 0] > 40))


def _lab(pixels: ImageArray) -> FloatArray:
    """BGR uint8 (n, 3) -> CIE Lab float32 (n, 3), L in 0..100."""
    unit = np.ascontiguousarray(pixels, dtype=np.uint8).reshape(1, -1, 3).astype(np.float32) * (1 / 255)
    return np.asarray(cv2.cvtColor(unit, cv2.COLOR_BGR2Lab)[0], dtype=np.float32)


def _named(pixels: ImageArray, k: int, ground: FloatArray | None = None) -> tuple[str, ...]:
    """Cluster BGR uint8 (n, 3) in Lab and write the clusters' colours, largest first. Clusters like ``ground`` (Lab)
    are its folds and shadows, and left out where enough of another colour was found."""
    if len(pixels) == 0:
        return ()
    lab = _lab(pixels)
    centres, shares = _cluster(lab)
    if ground is not None:
        own = np.linalg.norm(centres - ground, axis=1) > FOLD_DISTANCE
        # what has the ground's hue and is darker is a shadow, and no reason to leave out a white garment on white
        shadow = (np.linalg.norm((centres - ground)[:, 1:], axis=1) < 6) & (centres[:, 0] < ground[0])
        if shares[own & ~shadow].sum() > LEAST_OWN:
            centres, shares = centres[own], shares[own]
    order = np.argsort(-shares, kind="stable")
    kept = [i for rank, i in enumerate(order) if rank == 0 or shares[i] >= LEAST_SHARE][:k]
    bgr = cv2.cvtColor(centres[kept].reshape(1, -1, 3), cv2.COLOR_Lab2BGR)[0]
    return tuple(f"#{r:02x}{g:02x}{b:02x}" for b, g, r in np.clip(np.rint(bgr * 255), 0, 255).astype(int))


def _cluster(lab: FloatArray) -> tuple[FloatArray, FloatArray]:
    """A small k-means over Lab (n, 3): centres (m, 3) and shares (m,) after near clusters were merged.

    The start is the median and then always the farthest pixel (cut at the 98th percentile, so that no single
    pixel makes a cluster): no chance is involved.
    """
    space = lab * _SPACE
    seeds = [np.median(space, axis=0)]
    nearest = np.linalg.norm(space - seeds[0], axis=1)
    for _ in range(_CLUSTERS - 1):
        rank = int(0.98 * (len(nearest) - 1))
        pick = int(np.argpartition(nearest, rank)[rank])
        if nearest[pick] < MERGE_DISTANCE / 2:
            break
        seeds.append(space[pick])
        nearest = np.minimum(nearest, np.linalg.norm(space - space[pick], axis=1))
    centres = np.asarray(seeds, dtype=np.float32)
    label = np.zeros(len(space), np.intp)
    for _ in range(_ROUNDS):
        # |x - c|2 without |x|2, which does not change the winner: one small matrix product per round
        label = np.argmin((centres**2).sum(axis=1) - 2 * (space @ centres.T), axis=1)
        count = np.bincount(label, minlength=len(centres)).astype(np.float32)
        sums = np.stack([np.bincount(label, space[:, c], len(centres)) for c in range(3)], axis=1)
        means = sums / np.maximum(count, 1)[:, None]
        centres = np.where(count[:, None] > 0, means, centres).astype(np.float32)
    unscaled = (centres / _SPACE).astype(np.float32)
    joined = _merged(unscaled, (count / len(space)).astype(np.float32))
    return _lit(lab, *joined)


def _lit(lab: FloatArray, centres: FloatArray, shares: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Each cluster's colour as its better lit half shows it: folds and knit darken a cloth, and are not its dye."""
    weighted = centres * _SPACE
    label = np.argmin((weighted**2).sum(axis=1) - 2 * ((lab * _SPACE) @ weighted.T), axis=1)
    found = centres.copy()
    for i in range(len(centres)):
        own = lab[label == i]
        if len(own):
            found[i] = own[own[:, 0] >= np.median(own[:, 0])].mean(axis=0)
    return found, shares


def _merged(centres: FloatArray, shares: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Join the nearest pair of clusters while any pair is nearer than ``MERGE_DISTANCE``."""
    centres, shares = centres[shares > 0], shares[shares > 0]
    while len(centres) > 1:
        gaps = np.linalg.norm((centres[:, None] - centres[None]) * _SPACE, axis=2)
        np.fill_diagonal(gaps, np.inf)
        i, j = divmod(int(gaps.argmin()), len(centres))
        if gaps[i, j] >= MERGE_DISTANCE:
            break
        total = shares[i] + shares[j]
        centres[i] = (centres[i] * shares[i] + centres[j] * shares[j]) / total
        shares[i] = total
        centres, shares = np.delete(centres, j, axis=0), np.delete(shares, j)
    return centres.astype(np.float32), shares.astype(np.float32)
