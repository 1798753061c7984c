"""Pictures of single garments for the embedding: shop photos, crops of street photos, and cut-outs on a ground.

A cut-out is a street garment freed by its mask and laid on a plain, shaded or photographed ground: the nearest thing
to a catalogue picture whose exact mask we know.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from export.garments.photos import Sample, read_rgb
from mirror.domain import DETECTED_CATEGORIES

SIDE = 224
"""Width and height of the embedding's input."""
PADDING = 114
"""Grey beside a garment that is not square."""
CROP_GROWTH = 1.06
"""A street crop is the garment's box times this, so that seams and hems are not cut."""
LEAST_SIDE = 24
"""Street garments smaller than this (pixels) teach nothing."""
SURE_SHARE, SURE_WEIGHT = 0.6, 0.6
"""A pseudo-labelled garment teaches when its category has this share of its score, and its label this weight."""
FOOTWEAR = "footwear"
"""Shop photos call every shoe so: a label that allows any of FOOTWEAR_CATEGORIES."""
FOOTWEAR_CATEGORIES = ("shoes", "heels", "boots", "sandals")

KINDS: dict[str, tuple[str, ...]] = {
    "top": ("t-shirt", "polo", "undershirt", "top"), "shirt": ("shirt", "blouse"),
    "longsleeve": ("longsleeve", "hoodie"), "outerwear": ("outwear", "blazer"),
}
"""Kinds that a category is learned as, where the shop photos tell them apart (their labels in lower case). A hoodie and
a jersey have little in common but the category; told apart, neither is pulled to the mean of both."""
KIND_NAMES = tuple(kind for category in DETECTED_CATEGORIES for kind in KINDS.get(category, (category,)))
KIND_CATEGORIES = tuple(category for category in DETECTED_CATEGORIES for _ in KINDS.get(category, (category,)))
"""Category of each of KIND_NAMES."""

Picture = NDArray[np.uint8]
Source = Literal["shop", "street", "cutout", "drawn"]
Senders = Callable[[str], bool]
"""Whether a sender's photos are wanted."""


@dataclass(frozen=True, eq=False)
class GarmentPicture:
    """One input picture (224, 224, 3) RGB uint8, its category (or "footwear"), the garment it shows, the garment's
    mask (224, 224) of 0 and 1 where one is known, and its kind where the photo's label tells it."""

    image: Picture
    category: str
    garment: str
    source: Source
    mask: Picture | None
    kind: str | None = None


def allowed_kinds(category: str, kind: str | None = None) -> tuple[int, ...]:
    """Indices into KIND_NAMES that a label allows: its kind, or all of its category where none is told."""
    if kind is not None and kind in KINDS.get(category, ()):
        return (KIND_NAMES.index(kind),)
    names = FOOTWEAR_CATEGORIES if category == FOOTWEAR else (category,)
    return tuple(i for i, theirs in enumerate(KIND_CATEGORIES) if theirs in names)


def square(image: Picture, box: tuple[float, ...], mirror: bool = False, fill: int = PADDING) -> Picture:
    """Cuts ``box`` (x1 y1 x2 y2, may reach outside) and letterboxes it into the input; outside is ``fill``."""
    x1, y1, x2, y2 = box
    scale = SIDE / max(x2 - x1, y2 - y1)
    width, height = max(1, round((x2 - x1) * scale)), max(1, round((y2 - y1) * scale))
    matrix = np.array([[scale, 0, -x1 * scale], [0, scale, -y1 * scale]])
    border = (fill,) * 3
    inner = cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR,
                           borderValue=border)
    out = np.full((SIDE, SIDE, *image.shape[2:]), fill, np.uint8)
    top, left = (SIDE - height) // 2, (SIDE - width) // 2
    out[top : top + height, left : left + width] = inner
    return np.ascontiguousarray(out[:, ::-1]) if mirror else out


def grown(box: NDArray[np.float32], factor: float, jitter: float, rng: np.random.Generator) -> tuple[float, ...]:
    """The box times ``factor`` about its centre, each side moved by up to ``jitter`` of the box."""
    cx, cy = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    w, h = (box[2] - box[0]) * factor, (box[3] - box[1]) * factor
    dx1, dx2 = rng.uniform(-jitter, jitter, 2) * w
    dy1, dy2 = rng.uniform(-jitter, jitter, 2) * h
    return cx - w / 2 + dx1, cy - h / 2 + dy1, cx + w / 2 + dx2, cy + h / 2 + dy2


def hull(box: tuple[float, ...]) -> tuple[float, ...]:
    """The smallest square about a box, same centre."""
    cx, cy, half = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2, max(box[2] - box[0], box[3] - box[1]) / 2
    return cx - half, cy - half, cx + half, cy + half


def shop_pictures(
    folder: Path, split: str, versions: int, rng: np.random.Generator, senders: Senders | None = None
) -> Iterator[GarmentPicture]:
    """Photos of the clothing dataset, whole; from the second version on mirrored at random and cut a little.
    ``senders`` chooses whose."""
    with (folder / "index.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == split and row["category"]]
    rows = [row for row in rows if senders is None or senders(row["sender"])]
    for row in rows:
        image = read_rgb(folder / "images" / row["image"])
        h, w = image.shape[:2]
        for version in range(versions):
            box: tuple[float, ...] = (0.0, 0.0, float(w), float(h))
            mirror = False
            if version:
                box = grown(np.array(box, np.float32), float(rng.uniform(0.8, 1.0)), 0.04, rng)
                mirror = bool(rng.random() < 0.5) or version == 1
                image_now = light(image, rng)
            else:
                image_now = image
            yield GarmentPicture(
                square(image_now, box, mirror), row["category"], row["image"], "shop", None, row["label"].lower()
            )


def drawn_pictures(folder: Path) -> Iterator[GarmentPicture]:
    """The sample shop's drawn articles, whole, those of categories the detector knows."""
    with (folder / "items.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["category"] in DETECTED_CATEGORIES]
    for row in rows:
        image = read_rgb(folder / "pictures" / row["picture"])
        h, w = image.shape[:2]
        yield GarmentPicture(square(image, (0, 0, w, h)), row["category"], row["id"], "drawn", None)


def light(image: Picture, rng: np.random.Generator) -> Picture:
    """A little other exposure and white balance."""
    gain = rng.uniform(0.8, 1.2) * rng.uniform(0.95, 1.05, 3)
    return np.clip(image * gain, 0, 255).astype(np.uint8)


def ground(height: int, width: int, photos: list[Sample], rng: np.random.Generator) -> Picture:
    """A ground to lay a cut-out on: tinted plain, shaded, or a corner of a street photo."""
    kind = rng.random()
    tint = rng.uniform(150, 255) + rng.uniform(-25, 25, 3) if rng.random() < 0.7 else rng.uniform(20, 235, 3)
    out: Any = np.broadcast_to(tint, (height, width, 3))
    if 0.5 <= kind < 0.7:
        out = out + np.linspace(rng.uniform(-30, 0), rng.uniform(0, 30), height)[:, None, None]
    elif kind >= 0.7:
        photo = photos[int(rng.integers(len(photos)))].image
        part = photo[: photo.shape[0] // 3, : photo.shape[1] // 2]
        out = cv2.resize(part, (width, height)).astype(np.float64)
    return np.clip(out, 0, 255).astype(np.uint8)


def cut_out(
    sample: Sample, mask: Picture, box: tuple[float, ...], photos: list[Sample], rng: np.random.Generator
) -> Picture:
    """The garment under ``mask`` (0/1, of the photo) cut to ``box`` and laid on a random ground."""
    x1, y1, x2, y2 = (round(v) for v in box)
    wide, high = max(x2 - x1, 8), max(y2 - y1, 8)
    matrix = np.array([[1.0, 0, -x1], [0, 1.0, -y1]])
    front = cv2.warpAffine(sample.image, matrix, (wide, high)).astype(np.float32)
    alpha = cv2.warpAffine(mask * np.uint8(255), matrix, (wide, high)).astype(np.float32) / 255
    soft = np.asarray(cv2.GaussianBlur(alpha, (0, 0), 0.8), np.float32)[..., None]
    back = ground(high, wide, photos, rng).astype(np.float32)
    return np.asarray(front * soft + back * (1 - soft), np.uint8)


def street_pictures(
    samples: list[Sample], versions: int, cutouts: int, rng: np.random.Generator
) -> Iterator[GarmentPicture]:
    """Crops of garments whose label is sure and, beside each, ``cutouts`` cut-outs of the same garment.

    The first version is the plain crop, padded with grey; later ones show what surrounds the garment instead, and are
    jittered, mirrored at random and in other light. A pixel of
    the class map belongs to a garment when its class is the garment's and it lies in its box.
    """
    for sample in samples:
        if sample.mask is None:
            continue
        for i, box in enumerate(sample.boxes):
            if sample.weights[i] < 1 or (box[2:] - box[:2]).min() < LEAST_SIDE:
                continue
            category = DETECTED_CATEGORIES[sample.labels[i]]
            inside = np.zeros_like(sample.mask)
            x1, y1, x2, y2 = (int(v) for v in (*np.floor(box[:2]), *np.ceil(box[2:])))
            inside[y1:y2, x1:x2] = sample.mask[y1:y2, x1:x2] == sample.labels[i] + 1
            name = f"{sample.name}:{i}"
            for version in range(versions):
                region = grown(box, CROP_GROWTH if version == 0 else rng.uniform(0.95, 1.2), 0.05 * (version > 0), rng)
                if version:
                    region = hull(region)
                mirror = version > 0 and bool(rng.random() < 0.5)
                photo = light(sample.image, rng) if version else sample.image
                seen = square(inside, region, mirror, fill=0)
                yield GarmentPicture(square(photo, region, mirror), category, name, "street", seen)
            for _ in range(cutouts):
                region = grown(box, rng.uniform(1.08, 1.5), 0.04, rng)
                laid = cut_out(sample, inside, region, samples, rng)
                mirror = bool(rng.random() < 0.5)
                h, w = laid.shape[:2]
                seen = square(inside, tuple(round(v) for v in region), mirror, fill=0)
                picture = square(laid, (0, 0, w, h), mirror)
                yield GarmentPicture(picture, category, name, "cutout", seen)


def tagged_pictures(samples: list[Sample]) -> Iterator[GarmentPicture]:
    """Plain crops of pseudo-labelled street garments (`export.garments.pseudo`) of whose category there is little
    doubt; where in them the garment is, is not known."""
    for sample in samples:
        for i, box in enumerate(sample.boxes):
            share = 1.0 if sample.shares is None else float(sample.shares[i].max())
            if sample.weights[i] < SURE_WEIGHT or share < SURE_SHARE or (box[2:] - box[:2]).min() < LEAST_SIDE:
                continue
            region = grown(box, CROP_GROWTH, 0.0, np.random.default_rng(0))
            category = DETECTED_CATEGORIES[sample.labels[i]]
            yield GarmentPicture(square(sample.image, region), category, f"{sample.name}:{i}", "street", None)
