"""A shop of any size that no shop has: skewed categories, sizes, genders, stock and prices, and clustered vectors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray

from catalog.atomic import replacing
from catalog.filter import Filter
from catalog.writer import write_index
from mirror.config import ModelSettings
from mirror.domain import CATEGORIES, SIZE_FREE, STYLES, FloatArray, Item
from mirror.runtime.manifest import Manifest
from mirror.runtime.session import Session
from mirror.vision.embedding import Embedder

DIM = 128
"""Numbers in an embedding, as the mirror's own has."""

KINDS: tuple[str, ...] = CATEGORIES[:14]
_SKEW = 2.0  # shares fall as 1 / (rank + 2): the first category has 22 %, the last 3 %
_LABELS = ("XS", "S", "M", "L", "XL", "XXL")
_SIZE_SHARE = 0.35  # of the labels an item has in stock
_GENDERS = ("men", "unisex", "women")
_GENDER_SHARES = (0.35, 0.1, 0.55)
_IN_STOCK = 0.9
_STYLE_SHARES = (0.6, 0.3, 0.2)  # an item may be of several, or of none
_CLUSTERS = 40  # looks within a category
_CATEGORY_WEIGHT, _CLUSTER_WEIGHT, _NOISE_WEIGHT = 0.55, 0.5, 0.67  # squares add up to 1, about as shop photos lie
_BLOCK = 65_536


@dataclass(frozen=True, eq=False)
class SyntheticShop(Sequence[Item]):
    """Items by place, made when they are asked for, and vectors float32 (rows, DIM) of length 1. The
    columns: category and gender as places in KINDS and _GENDERS, a bit for each size label, stock and price, and a bit
    for each style."""

    category: NDArray[np.uint8]
    gender: NDArray[np.uint8]
    sizes: NDArray[np.uint8]
    stock: NDArray[np.bool_]
    price: NDArray[np.float64]
    vectors: FloatArray
    styles: NDArray[np.uint8]

    @classmethod
    def of(cls, rows: int, seed: int = 5) -> SyntheticShop:
        """The shop of so many rows; the same seed gives the same shop."""
        rng = np.random.default_rng(seed)
        shares = 1 / (np.arange(len(KINDS)) + _SKEW)
        category = rng.choice(len(KINDS), rows, p=shares / shares.sum()).astype(np.uint8)
        free = np.isin(category, [i for i, kind in enumerate(KINDS) if kind in SIZE_FREE])
        sizes = np.zeros(rows, np.uint8)
        for bit in range(len(_LABELS)):
            sizes |= ((rng.random(rows) < _SIZE_SHARE) << bit).astype(np.uint8)
        sizes[free] = 0
        return cls(
            category, rng.choice(3, rows, p=_GENDER_SHARES).astype(np.uint8), sizes,
            (rng.random(rows) < _IN_STOCK) & (free | (sizes > 0)),
            np.round(rng.lognormal(3.5, 0.6, rows), 2), _vectors(category, rng),
            _styles(rows, np.random.default_rng(seed + 1)),  # of their own numbers: the rest is as it was without
        )

    def __len__(self) -> int:
        return len(self.category)

    @overload
    def __getitem__(self, place: int) -> Item: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Item]: ...
    def __getitem__(self, place: int | slice) -> Item | Sequence[Item]:
        if isinstance(place, slice):
            return [self[i] for i in range(*place.indices(len(self)))]
        if not 0 <= place < len(self):
            raise IndexError(place)
        mask = int(self.sizes[place])
        return Item(
            id=item_id(place), title="Garment", category=KINDS[self.category[place]],
            sizes=tuple(label for bit, label in enumerate(_LABELS) if mask >> bit & 1),
            gender=_GENDERS[self.gender[place]], age="", price=float(self.price[place]), currency="EUR",
            picture=f"{place}.jpg", url="", in_stock=bool(self.stock[place]),
            styles=tuple(style for bit, style in enumerate(STYLES) if self.styles[place] >> bit & 1),
        )

    def __iter__(self) -> Iterator[Item]:
        return (self[place] for place in range(len(self)))

    def passing(self, wanted: Filter) -> NDArray[np.bool_]:
        """(rows,): which rows pass, said once more without the index; age and excluded ids are not looked at."""
        passes = self.stock.copy() if wanted.in_stock else np.ones(len(self), np.bool_)
        if wanted.categories:
            passes &= np.isin(self.category, [KINDS.index(word) for word in wanted.categories])
        if wanted.gender:
            passes &= np.isin(self.gender, [_GENDERS.index(wanted.gender), _GENDERS.index("unisex")])
        if wanted.sizes:
            mask = sum(1 << _LABELS.index(label) for label in wanted.sizes)
            free = [i for i, kind in enumerate(KINDS) if kind in SIZE_FREE]
            passes &= (self.sizes & mask > 0) | np.isin(self.category, free)
        if wanted.price:
            passes &= (self.price >= wanted.price[0]) & (self.price <= wanted.price[1])
        if wanted.style:
            passes &= self.styles >> STYLES.index(wanted.style) & 1 > 0
        return passes


def item_id(place: int) -> str:
    """The id of the item at a place: text order is place order."""
    return f"{place:08d}"


def write_shop(out: Path, rows: int) -> None:
    """Write a synthetic shop's index that the mirror takes: the vectors are made up, so they may pass as its own."""
    shop = SyntheticShop.of(rows)
    embedder = Embedder(Session(Manifest.load()[ModelSettings().embedding])).name
    with replacing(out) as unfinished:
        write_index(unfinished, shop, shop.vectors, embedder=embedder, pictures=".")


def _styles(rows: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    styles = np.zeros(rows, np.uint8)
    for bit, share in enumerate(_STYLE_SHARES):
        styles |= ((rng.random(rows) < share) << bit).astype(np.uint8)
    return styles


def _vectors(category: NDArray[np.uint8], rng: np.random.Generator) -> FloatArray:
    def unit(shape: tuple[int, ...]) -> NDArray[np.float32]:
        values = rng.standard_normal((*shape, DIM), dtype=np.float32)
        return np.asarray(values / np.linalg.norm(values, axis=-1, keepdims=True), dtype=np.float32)

    kinds, looks = unit((len(KINDS),)), unit((len(KINDS), _CLUSTERS))
    vectors = np.empty((len(category), DIM), np.float32)
    for first in range(0, len(category), _BLOCK):
        own = category[first : first + _BLOCK]
        block = _CATEGORY_WEIGHT * kinds[own] + _NOISE_WEIGHT * unit((len(own),))
        block += _CLUSTER_WEIGHT * looks[own, rng.integers(_CLUSTERS, size=len(own))]
        vectors[first : first + _BLOCK] = block / np.linalg.norm(block, axis=1, keepdims=True)
    return vectors
