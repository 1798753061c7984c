"""The outfits of Clothing Co-Parsing as the mirror would read them: garments worn together by one person each.

A garment's pixels outside its own mask are painted grey before it is embedded, and each photo's white is balanced: what
two garments of a photo have in common shall be how they look, not a sleeve in the other's crop, nor the light.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.pictures import read_bgr
from catalog.style_words import usual_styles
from export.garments.photos import Truth, read_truth
from mirror.domain import DETECTED_CATEGORIES, Box, FloatArray, ImageArray, Item, Mask, MirrorError
from mirror.vision.colour import main_colours
from mirror.vision.embedding import PAD_GREY, Embedder

NORM = 6
"""Minkowski norm of the shades-of-grey estimate of a photo's light (Finlayson and Trezzi, 2004)."""
FORMAT = "2"
"""Changes when a kept reading must be made anew."""


@dataclass(frozen=True, eq=False)
class Piece:
    """A garment of an outfit: as an item of a catalogue (its label is the title), with its embedding (dim,)."""

    photo: str
    item: Item
    vector: FloatArray


Outfits = Mapping[str, tuple[Piece, ...]]
"""Photo -> what is worn on it."""


def run_lengths(counts: str) -> list[int]:
    """COCO's compressed run lengths: numbers of five bits a sign, from the third on as differences to two before."""
    runs: list[int] = []
    number = shift = 0
    for sign in counts.encode("ascii"):
        value = sign - 48
        number |= (value & 31) << shift
        shift += 5
        if not value & 32:
            if value & 16:
                number -= 1 << shift
            runs.append(number + (runs[-2] if len(runs) > 2 else 0))
            number = shift = 0
    return runs


def mask_of(segmentation: Mapping[str, Any]) -> NDArray[np.bool_]:
    """(height, width): where a COCO run-length segmentation is."""
    height, width = segmentation["size"]
    runs = run_lengths(segmentation["counts"])
    flat = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    return flat.reshape(width, height).T


def balanced(image: ImageArray, ground: NDArray[np.bool_]) -> ImageArray:
    """A BGR uint8 picture under white light, as the pixels where ``ground`` is true tell what light it was."""
    linear = (image[ground].astype(np.float64) / 255) ** 2.2
    light = (linear**NORM).mean(0) ** (1 / NORM)
    gain = np.clip(light.mean() / np.maximum(light, 1e-6), 0.6, 1.6)
    white = np.clip((image / 255.0) ** 2.2 * gain, 0, 1) ** (1 / 2.2)
    return np.asarray(np.round(255 * white), np.uint8)


def _read(truth: Truth, image: ImageArray, embedder: Embedder) -> list[tuple[Item, FloatArray]]:
    masks = [mask_of(entry["segmentation"]) for entry in truth.entries]
    ground = ~np.logical_or.reduce(masks)
    white = balanced(image, ground) if ground.any() else image
    found = []
    for i, (entry, worn, box) in enumerate(zip(truth.entries, masks, truth.boxes, strict=True)):
        category = DETECTED_CATEGORIES[truth.labels[i]]
        if truth.weights[i] < 1 or category == "hosiery":
            continue
        alone = image.copy()
        alone[~worn] = PAD_GREY
        place = Box(*(float(v) for v in box))
        mask = Mask(worn.astype(np.float32), np.eye(2, 3))
        label = str(entry["ccp_label"])
        item = Item(
            id=f"{truth.name}#{entry['id']}", title=label, category=category, sizes=(), gender="unisex", age="",
            price=0.0, currency="EUR", picture=truth.name, url="", colours=main_colours(white, place, mask,
                                                                                         category=category),
            styles=usual_styles(category, label))
        found.append((item, embedder.embed(alone, [place])[0]))
    return found


def read_outfits(data: Path, split: str, embedder: Embedder, cache: Path | None = None) -> Outfits:
    """The outfits of a split ("train", "val") with their garments whose label is sure.

    cache: folder in which the reading is kept, by embedder (default: one in the system's temporary folder).
    Raises MirrorError when a picture cannot be read.
    """
    folder = cache or Path(tempfile.gettempdir()) / "mirror-looks"
    kept = folder / f"{split}-{FORMAT}-{embedder.name.replace('/', '_')}.npz"
    if kept.is_file():
        return _restored(kept)
    pieces: list[tuple[Item, FloatArray]] = []
    for truth in read_truth(data / "ccp" / f"instances_{split}.json"):
        pieces += _read(truth, read_bgr(data / "ccp" / "images" / truth.name), embedder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        unready = kept.with_suffix(".part.npz")
        np.savez(
            unready, vectors=np.stack([vector for _, vector in pieces]),
            words=np.array([(i.id, i.picture, i.category, i.title, " ".join(i.colours)) for i, _ in pieces]))
        unready.replace(kept)
    except OSError as error:
        raise MirrorError(f"{folder}: cannot be written ({error.strerror}); give another with --cache") from None
    return _restored(kept)


def _restored(kept: Path) -> Outfits:
    with np.load(kept) as file:
        vectors, words = file["vectors"], file["words"].tolist()
    outfits: dict[str, list[Piece]] = {}
    for vector, (id, photo, category, label, colours) in zip(vectors, words, strict=True):
        item = Item(
            id=id, title=label, category=category, sizes=(), gender="unisex", age="", price=0.0, currency="EUR",
            picture=photo, url="", colours=tuple(colours.split()), styles=usual_styles(category, label))
        outfits.setdefault(photo, []).append(Piece(photo, item, vector))
    return {photo: tuple(worn) for photo, worn in outfits.items()}
