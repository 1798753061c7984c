"""Trains the embedding's two small heads: ``python -m export.embedding.train --data SHARED --out RUN``.

The backbone stays as ImageNet left it, so its features are computed once (``RUN/features``) and the rest takes
minutes: first the saliency head on street crops and cut-outs (their masks are known), then the linear form layer with a
cosine category loss on shop photos, street crops and cut-outs, then the colour centres by k-means.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from export.backbone import EfficientNetLite0
from export.embedding.data import FOOTWEAR, FOOTWEAR_CATEGORIES, allowed_classes, shop_pictures, street_pictures
from export.embedding.features import Features, compute
from export.embedding.measure import retrieval
from export.embedding.net import COLOUR, LEAST_SALIENCY, ColourHistogram, GarmentEmbedding, Lab, Saliency, pool
from export.garments.photos import read_samples
from mirror.domain import DETECTED_CATEGORIES

SETS = ("shop-val", "street-val", "street-train", "shop-train")
SHOP_VERSIONS = 2
STREET_VERSIONS = 2
"""Plain crops padded with grey, and crops that show what surrounds the garment."""
CUTOUTS = 1
SALIENCY_STEPS, SALIENCY_RATE, SALIENCY_BATCH = 1200, 2e-3, 64
FORM_STEPS, FORM_RATE, FORM_BATCH, FORM_DECAY = 3000, 1e-3, 256, 0.05
TEMPERATURE = 12.0
FEATURE_NOISE = 0.3
"""Dropout on the pooled features."""
SHOP_SHARE = 0.5
"""Half of every batch are shop photos, whatever their number."""
COLOUR_SAMPLES = 200_000


def cache_features(data: Path, folder: Path) -> None:
    """Computes what is missing in ``folder``; a set that is there is kept."""
    backbone = EfficientNetLite0()
    backbone.load_imagenet()
    backbone = backbone.to(memory_format=torch.channels_last)
    ccp, clothing = data / "ccp", data / "clothing"
    for number, name in enumerate(SETS):
        if (folder / f"{name}.json").exists():
            continue
        rng = np.random.default_rng(number)
        split = name.split("-")[1]
        if name.startswith("shop"):
            pictures = shop_pictures(clothing, split, SHOP_VERSIONS if split == "train" else 1, rng)
        else:
            samples = read_samples(ccp / f"instances_{split}.json", ccp / "images")
            pictures = street_pictures(samples, STREET_VERSIONS, CUTOUTS, rng)
        found = compute(pictures, backbone)
        found.save(folder, name)
        print(f"{name}: {len(found)} pictures", flush=True)


def train_saliency(features: Features, seed: int = 0) -> Saliency:
    """Fits the saliency head to the known masks of crops and cut-outs."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    head = Saliency()
    optimiser = torch.optim.AdamW(head.parameters(), SALIENCY_RATE, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, SALIENCY_STEPS)
    for _ in range(SALIENCY_STEPS):
        rows = rng.integers(len(features), size=SALIENCY_BATCH)
        x = torch.from_numpy(features.f16[rows].astype(np.float32))
        y = torch.from_numpy(features.saliency[rows].astype(np.float32))[:, None]
        if rng.random() < 0.5:
            x, y = x.flip(3), y.flip(3)
        loss = F.binary_cross_entropy_with_logits(head(x), y)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return head.eval()


@torch.no_grad()
def saliency_of(features: Features, head: Saliency) -> Tensor:
    """Saliency (n, 1, 14, 14) in 0..1 of every picture."""
    parts = [
        head(torch.from_numpy(features.f16[i : i + 256].astype(np.float32))).sigmoid() + LEAST_SALIENCY
        for i in range(0, len(features), 256)
    ]
    return torch.cat(parts)


@torch.no_grad()
def pooled(features: Features, saliency: Tensor, backbone: EfficientNetLite0) -> Tensor:
    """Pooled features (n, 2560) of every picture."""
    assert backbone.head is not None
    backbone.eval()
    parts = []
    for i in range(0, len(features), 64):
        x = backbone.head(torch.from_numpy(features.f32[i : i + 64].astype(np.float32)))
        parts.append(pool(x, saliency[i : i + 64]))
    return torch.cat(parts)


def label_masks(categories: Sequence[str]) -> Tensor:
    """Which classes each label allows: float (n, 15), 0 or 1."""
    out = torch.zeros(len(categories), len(DETECTED_CATEGORIES))
    for i, category in enumerate(categories):
        out[i, list(allowed_classes(category))] = 1
    return out


def train_form(form: nn.Linear, x: Tensor, categories: Sequence[str], shop: NDArray[np.bool_], seed: int = 0) -> None:
    """Fits the form layer with a cosine softmax over the categories. A label that allows several classes (footwear)
    is right with any of them."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    masks = label_masks(categories)
    proxies = nn.Parameter(torch.randn(len(DETECTED_CATEGORIES), form.out_features) * 0.1)
    optimiser = torch.optim.AdamW([*form.parameters(), proxies], FORM_RATE, weight_decay=FORM_DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, FORM_STEPS)
    shops, streets = np.flatnonzero(shop), np.flatnonzero(~shop)
    half = int(FORM_BATCH * SHOP_SHARE)
    for _ in range(FORM_STEPS):
        rows = np.concatenate([rng.choice(shops, half), rng.choice(streets, FORM_BATCH - half)])
        features = F.dropout(x[rows], FEATURE_NOISE)
        logits = F.normalize(form(features), dim=1) @ F.normalize(proxies, dim=1).T * TEMPERATURE
        right = torch.where(masks[rows] > 0, logits, torch.full_like(logits, -1e4)).logsumexp(1)
        loss = (logits.logsumexp(1) - right).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()


def colour_centres(features: Sequence[Features], saliencies: Sequence[Tensor], seed: int = 0) -> Tensor:
    """CIELAB centres (32, 3) by k-means over the salient pixels' colours. Half of the pixels are drawn evenly over
    the colour solid, so that rare strong colours get centres beside the many blacks and blues."""
    rng = np.random.default_rng(seed)
    lab = Lab()
    found = []
    for part, saliency in zip(features, saliencies, strict=True):
        keep = rng.random((len(part), 56, 56)) < 0.02
        weight = F.interpolate(saliency, scale_factor=4.0, mode="nearest")[:, 0].numpy()
        keep &= weight > 0.6
        rgb = part.colours.transpose(0, 2, 3, 1)[keep].astype(np.float32)
        found.append(lab(torch.from_numpy(rgb)[:, :, None, None])[:, :, 0, 0].numpy())
    pixels = np.concatenate(found)
    bins = np.floor(pixels / 10).astype(np.int64) + 20
    key = bins @ np.array([10_000, 100, 1])
    _, inverse, counts = np.unique(key, return_inverse=True, return_counts=True)
    even = 1.0 / np.sqrt(counts[inverse])
    rows = rng.choice(len(pixels), min(COLOUR_SAMPLES, len(pixels)), p=even / even.sum())
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 50, 0.1)
    cv2.setRNGSeed(seed)
    _, _, centres = cv2.kmeans(pixels[rows].astype(np.float32), COLOUR, np.empty(0), criteria, 2, cv2.KMEANS_PP_CENTERS)
    return torch.from_numpy(centres)


def coarse(categories: Sequence[str]) -> list[str]:
    """Categories with all footwear as one, as the shop photos name it."""
    return [FOOTWEAR if c in FOOTWEAR_CATEGORIES else c for c in categories]


@torch.no_grad()
def embed(
    model: GarmentEmbedding, x: Tensor, features: Features, saliency: Tensor, share: float
) -> NDArray[np.float32]:
    """Embeddings from cached features with another colour share than the model's own."""
    form = F.normalize(model.form(x), dim=1)
    parts = []
    for i in range(0, len(features), 256):
        # the histogram averages 4x4 pixels itself: the cached averages are enlarged again to be averaged back
        image = F.interpolate(torch.from_numpy(features.colours[i : i + 256]).float(), scale_factor=4.0, mode="nearest")
        parts.append(model.colour(image, saliency[i : i + 256]))
    colour = F.normalize(torch.cat(parts), dim=1)
    return torch.cat([form * (1 - share) ** 0.5, colour * share**0.5], 1).numpy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with ccp/ and clothing/")
    parser.add_argument("--out", type=Path, required=True, help="folder of this run")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(1)
    folder = args.out / "features"
    cache_features(args.data, folder)
    shop_val, street_val, street_train, shop_train = (Features.load(folder, name) for name in SETS)
    model = GarmentEmbedding()
    model.backbone.load_imagenet()
    model.saliency = train_saliency(street_train)
    sets = (shop_val, street_val, street_train, shop_train)
    saliencies = [saliency_of(part, model.saliency) for part in sets]
    wrong = np.abs(saliencies[1][:, 0].numpy() - street_val.saliency.astype(np.float32)).mean()
    print(f"saliency: mean error {wrong:.3f} on validation crops")
    x = [pooled(part, s, model.backbone) for part, s in zip(sets, saliencies, strict=True)]
    categories = street_train.categories + shop_train.categories
    shop = np.array([source == "shop" for source in street_train.sources + shop_train.sources])
    train_form(model.form, torch.cat(x[2:]), categories, shop)
    model.form.eval()
    model.colour = ColourHistogram()
    model.colour.centres.copy_(colour_centres(sets[2:], saliencies[2:]))
    torch.save(model.state_dict(), args.out / "embedding.pt")
    plain = np.array([source == "street" for source in street_val.sources])
    for share in (0.0, 0.15, 0.25, 0.35, 0.5):
        shop_vectors = embed(model, x[0], shop_val, saliencies[0], share)
        street_vectors = embed(model, x[1], street_val, saliencies[1], share)
        here = retrieval(shop_vectors, shop_val.categories)
        known = plain & np.isin(coarse(street_val.categories), shop_val.categories)
        asked = np.array(coarse(street_val.categories))[known].tolist()
        across = retrieval(street_vectors[known], asked, shop_vectors, shop_val.categories)
        same = retrieval(street_vectors[plain], np.array(street_val.garments)[plain].tolist(),
                         street_vectors[~plain], np.array(street_val.garments)[~plain].tolist())
        print(
            f"colour {share:.2f}: R@1 {here.r1:.3f} R@5 {here.r5:.3f} P@5 {here.p5:.3f}; "
            f"street to shop R@1 {across.r1:.3f} P@5 {across.p5:.3f}; crop finds its cut-out R@1 {same.r1:.3f}"
        )


if __name__ == "__main__":
    main()
