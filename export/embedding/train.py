"""Trains the embedding: ``python -m export.embedding.train --data SHARED --out RUN [--drawn SHOP]``.

The backbone's first two thirds stay as ImageNet left them, so their features are computed once (``RUN/features``) and
what follows takes minutes on two cores: first the saliency head on street crops and cut-outs (their masks are known),
then the last five blocks and the linear form layer with a cosine category loss on shop photos, street crops, cut-outs
and drawn articles, then the colour centres by k-means. ``--start`` goes on from the weights of an earlier run.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from export.backbone import EfficientNetLite0
from export.embedding.data import (
    FOOTWEAR,
    FOOTWEAR_CATEGORIES,
    allowed_classes,
    drawn_pictures,
    shop_pictures,
    street_pictures,
)
from export.embedding.features import Features, compute
from export.embedding.measure import retrieval
from export.embedding.net import COLOUR, FORM, LEAST_SALIENCY, GarmentEmbedding, Lab, Saliency, pool
from export.garments.photos import read_samples
from mirror.domain import DETECTED_CATEGORIES

SETS = ("shop-val", "street-val", "street-train", "shop-train", "drawn-train")
SHOP_VERSIONS = 2
STREET_VERSIONS = 2
"""Plain crops padded with grey, and crops that show what surrounds the garment."""
CUTOUTS = 1
SALIENCY_STEPS, SALIENCY_RATE, SALIENCY_BATCH = 1200, 2e-3, 64
TAIL_START = 11
"""First block that trains; the block before gives the cached stride-16 feature."""
STEPS, BATCH, TAIL_RATE, FORM_RATE, DECAY = 600, 64, 3e-4, 2e-3, 0.05
WARMUP_STEPS = 30
TEMPERATURE = 12.0
FEATURE_NOISE = 0.4
"""Dropout on the pooled features."""
SHARES = {"shop-train": 0.5, "street-train": 0.4, "drawn-train": 0.1}
"""Share of each set in a batch, whatever its size."""
LARGEST_GRADIENT = 5.0
COLOUR_SAMPLES = 200_000


def cache_features(data: Path, drawn: Path | None, folder: Path) -> None:
    """Computes what is missing in ``folder``; a set that is there is kept. Without ``drawn`` that set is left out."""
    backbone = EfficientNetLite0()
    backbone.load_imagenet()
    backbone = backbone.to(memory_format=torch.channels_last)
    ccp, clothing = data / "ccp", data / "clothing"
    for number, name in enumerate(SETS):
        if (folder / f"{name}.json").exists():
            continue
        rng = np.random.default_rng(number)
        split = name.split("-")[1]
        if name == "drawn-train":
            if drawn is None:
                continue
            pictures = drawn_pictures(drawn)
        elif name.startswith("shop"):
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


def deep(model: GarmentEmbedding, f16: Tensor, saliency: Tensor) -> Tensor:
    """Pooled features (n, 2560) from stride-16 ones."""
    assert model.backbone.head is not None
    x = f16
    for block in model.backbone.blocks[TAIL_START:]:
        x = block(x)
    return pool(model.backbone.head(x), saliency)


def rows_of(features: Features, rows: NDArray[np.int64]) -> Tensor:
    """Stride-16 features of some pictures, float32 in channels-last memory."""
    return torch.from_numpy(features.f16[rows].astype(np.float32)).contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def pooled(model: GarmentEmbedding, features: Features, saliency: Tensor) -> Tensor:
    """Pooled features (n, 2560) of every picture."""
    model.eval()
    rows = np.split(np.arange(len(features)), range(BATCH, len(features), BATCH))
    return torch.cat([deep(model, rows_of(features, part), saliency[part]) for part in rows])


def label_masks(categories: Sequence[str]) -> Tensor:
    """Which classes each label allows: float (n, 15), 0 or 1."""
    out = torch.zeros(len(categories), len(DETECTED_CATEGORIES))
    for i, category in enumerate(categories):
        out[i, list(allowed_classes(category))] = 1
    return out


def train_form(
    model: GarmentEmbedding, proxies: nn.Parameter, sets: Mapping[str, Features], saliencies: Mapping[str, Tensor],
    steps: int, rate: float, seed: int = 0,
) -> None:
    """Fits the last blocks and the form layer with a cosine softmax over the categories, one proxy (15, 96) each.

    A label that allows several classes (footwear) is right with any of them. Batch norms keep their statistics: the
    batches are small and mixed from unlike sources.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model.eval()
    assert model.backbone.head is not None
    masks = {name: label_masks(part.categories) for name, part in sets.items()}
    tail = [*model.backbone.blocks[TAIL_START:].parameters(), *model.backbone.head.parameters()]
    heads = [*model.form.parameters(), proxies]
    optimiser = torch.optim.AdamW(
        [{"params": tail, "lr": TAIL_RATE * rate}, {"params": heads, "lr": FORM_RATE * rate}], weight_decay=DECAY
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda i: min(1.0, (i + 1) / WARMUP_STEPS) * 0.5 * (1 + math.cos(math.pi * i / steps))
    )
    start = time.monotonic()
    for step in range(steps):
        f16, saliency, allowed = [], [], []
        for name, part in sets.items():
            rows = rng.integers(len(part), size=round(BATCH * SHARES[name]))
            f16.append(rows_of(part, rows))
            saliency.append(saliencies[name][rows])
            allowed.append(masks[name][rows])
        x, weight, mask = torch.cat(f16), torch.cat(saliency), torch.cat(allowed)
        if rng.random() < 0.5:
            x, weight = x.flip(3), weight.flip(3)
        form = model.form(F.dropout(deep(model, x, weight), FEATURE_NOISE))
        logits = F.normalize(form, dim=1) @ F.normalize(proxies, dim=1).T * TEMPERATURE
        right = torch.where(mask > 0, logits, torch.full_like(logits, -1e4)).logsumexp(1)
        loss = (logits.logsumexp(1) - right).mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_([*tail, *model.form.parameters()], LARGEST_GRADIENT)
        optimiser.step()
        schedule.step()
        if step % 50 == 49:
            print(f"step {step + 1}: loss {loss.item():.3f}, {time.monotonic() - start:.0f} s", flush=True)


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


def report(model: GarmentEmbedding, sets: Mapping[str, Features], saliencies: Mapping[str, Tensor]) -> None:
    """Prints the retrieval figures on the validation sets for several colour shares."""
    shop, street = sets["shop-val"], sets["street-val"]
    x = {name: pooled(model, sets[name], saliencies[name]) for name in ("shop-val", "street-val")}
    crops = np.array([source == "street" for source in street.sources])
    names, garments = np.array(coarse(street.categories)), np.array(street.garments)
    known = crops & np.isin(names, shop.categories)
    for share in (0.0, 0.15, 0.25, 0.35):
        a = embed(model, x["shop-val"], shop, saliencies["shop-val"], share)
        b = embed(model, x["street-val"], street, saliencies["street-val"], share)
        here = retrieval(a, shop.categories)
        across = retrieval(b[known], names[known].tolist(), a, shop.categories)
        same = retrieval(b[crops], garments[crops].tolist(), b[~crops], garments[~crops].tolist())
        print(
            f"colour {share:.2f}: R@1 {here.r1:.3f} R@5 {here.r5:.3f} P@5 {here.p5:.3f}; street to shop "
            f"R@1 {across.r1:.3f} P@5 {across.p5:.3f}; crop finds its cut-out R@1 {same.r1:.3f}", flush=True
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with ccp/ and clothing/")
    parser.add_argument("--out", type=Path, required=True, help="folder of this run")
    parser.add_argument("--drawn", type=Path, help="folder that `python -m catalog.sample` wrote")
    parser.add_argument("--start", type=Path, help="embedding.pt of an earlier run")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--rate", type=float, default=1.0, help="times the learning rates")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(1)
    folder = args.out / "features"
    cache_features(args.data, args.drawn, folder)
    sets = {name: Features.load(folder, name) for name in SETS if (folder / f"{name}.json").exists()}
    training = {name: sets[name] for name in SHARES if name in sets}
    model = GarmentEmbedding()
    proxies = nn.Parameter(torch.randn(len(DETECTED_CATEGORIES), FORM) * 0.1)
    if args.start:
        state = torch.load(args.start, weights_only=True)
        model.load_state_dict(state["model"])
        proxies.data.copy_(state["proxies"])
    else:
        model.backbone.load_imagenet()
        model.saliency = train_saliency(sets["street-train"])
    model = model.to(memory_format=torch.channels_last)
    saliencies = {name: saliency_of(part, model.saliency) for name, part in sets.items()}
    wrong = np.abs(saliencies["street-val"][:, 0].numpy() - sets["street-val"].saliency.astype(np.float32)).mean()
    print(f"saliency: mean error {wrong:.3f} on validation crops", flush=True)
    train_form(model, proxies, training, saliencies, args.steps, args.rate)
    centres = colour_centres(list(training.values()), [saliencies[name] for name in training])
    model.colour.centres.copy_(centres)
    torch.save({"model": model.state_dict(), "proxies": proxies.data}, args.out / "embedding.pt")
    report(model, sets, saliencies)


if __name__ == "__main__":
    main()
