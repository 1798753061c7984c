"""Trains the embedding: ``python -m export.embedding.train --data SHARED --out RUN [--drawn SHOP]``.

Each step sees some garments twice, in other light, cut, blurred, folded or partly hidden (`export.embedding.views`).
What category it is (shop photos, street crops, cut-outs, drawn articles), where the garment is (street masks) and which
of the others shows the same garment are learned together; early blocks of the backbone stay as ImageNet left them. It
stops and goes on: ``RUN/last.pt`` is written every few minutes and the same command picks it up.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from export.embedding.data import (
    GarmentPicture,
    Senders,
    drawn_pictures,
    shop_pictures,
    street_pictures,
    tagged_pictures,
)
from export.embedding.net import COLOUR, LOOK, GarmentEmbedding, Lab, Parts
from export.embedding.onnx_start import read_state
from export.embedding.report import report
from export.embedding.views import Garments, Views
from export.garments.photos import read_samples
from export.garments.train import MALLOC, Clock, learning_factor

FROZEN = 5
"""Stem and blocks (up to stride 8) that keep their ImageNet weights: half of a step's time goes into them otherwise."""
SIDES = ((0.6, 160), (1.0, 192))
"""Side of the views up to each share of the run. Small views first: they take half the time."""
SHARES = {"shop": 10, "street": 4, "drawn": 1}
"""Garments of each source in a batch, of which a step has one for each core; each garment is seen twice."""
BACKBONE_RATE, HEAD_RATE, DECAY = 5e-4, 2e-3, 0.05
BLOCK_DECAY = 0.85
"""Of the backbone's rate from one block to the one before: early ones are general and move less."""
HELD_OUT = ("50", "291", "267", "45")
"""Training senders (394 photos) who choose settings, so that the validation senders need not: ``--hold-out``."""
FEATURE_NOISE = 0.3
"""Dropout on the pooled features."""
LABEL_SMOOTHING = 0.05
QUEUE = 2048
"""Garments of earlier steps that a view is told apart from, beside those of its own batch."""
LOOK_TEMPERATURE = 0.08
LOOK_PART = 2 / 3
"""Share of look beside colour when same garments are told from others, as in the finished embedding."""
KIND_WEIGHT, SAME_WEIGHT, SALIENCY_WEIGHT = 1.0, 0.5, 0.5
LARGEST_GRADIENT = 5.0
AVERAGE_DECAY, AVERAGE_RAMP = 0.997, 100
SAVE_SECONDS = 120.0
COLOUR_SAMPLES = 200_000


def read_pictures(
    data: Path, drawn: Path | None, split: str, seed: int = 0, senders: Senders | None = None,
    tagged: Path | None = None,
) -> Iterator[GarmentPicture]:
    """All pictures of a split: shop photos (of chosen senders), street crops with a cut-out each and, for training,
    drawn articles and garments of tagged street photos (their pseudo labels: ``tagged``)."""
    rng = np.random.default_rng(seed)
    yield from shop_pictures(data / "clothing", split, 1, rng, senders)
    samples = read_samples(data / "ccp" / f"instances_{split}.json", data / "ccp" / "images")
    yield from street_pictures(samples, 1, 1, rng)
    if split == "train" and drawn is not None:
        yield from drawn_pictures(drawn)
    if split == "train" and tagged is not None:
        yield from tagged_pictures(read_samples(tagged, data / "ccp" / "images_tagged", masks=False))


def colour_centres(pictures: Sequence[GarmentPicture], seed: int = 0) -> Tensor:
    """CIELAB centres (32, 3) by k-means over the pixels of masked garments.

    Pixels are drawn by the square root of how many there are of their colour, so that rare strong colours get centres
    beside the many blacks and blues.
    """
    rng = np.random.default_rng(seed)
    found = []
    for picture in pictures:
        if picture.mask is not None:
            inside = picture.image[picture.mask > 0]
            found.append(inside[rng.random(len(inside)) < 0.02])
    rgb = torch.from_numpy(np.concatenate(found).astype(np.float32))
    pixels = Lab()(rgb[:, :, None, None])[:, :, 0, 0].numpy()
    key = (np.floor(pixels / 10).astype(np.int64) + 20) @ np.array([10_000, 100, 1])
    _, inverse, counts = np.unique(key, return_inverse=True, return_counts=True)
    even = 1.0 / np.sqrt(counts[inverse])
    rows = rng.choice(len(pixels), min(COLOUR_SAMPLES, len(pixels)), p=even / even.sum())
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 50, 0.1)
    cv2.setRNGSeed(seed)
    _, _, centres = cv2.kmeans(pixels[rows].astype(np.float32), COLOUR, np.empty(0), criteria, 2, cv2.KMEANS_PP_CENTERS)
    return torch.from_numpy(centres)


def kind_loss(logits: Tensor, allowed: Tensor) -> Tensor:
    """Cross entropy in which any allowed class is right (shop photos call every shoe footwear), a little smoothed."""
    chances = logits.log_softmax(1)
    right = torch.where(allowed > 0, chances, torch.full_like(chances, -1e4)).logsumexp(1)
    return -((1 - LABEL_SMOOTHING) * right + LABEL_SMOOTHING * chances.mean(1)).mean()


class Queue:
    """Looks and colours of the last garments, to be told apart from."""

    def __init__(self) -> None:
        self.rows = torch.zeros(0, LOOK + COLOUR)
        self.garments = torch.zeros(0, dtype=torch.int64)

    def push(self, rows: Tensor, garments: Tensor) -> None:
        self.rows = torch.cat([self.rows, rows.detach()])[-QUEUE:]
        self.garments = torch.cat([self.garments, garments])[-QUEUE:]


def same_loss(parts: Parts, garments: Tensor, queue: Queue) -> Tensor:
    """Each view has to find the other view of its garment among the batch and the queue (InfoNCE)."""
    rows = torch.cat([parts.look * LOOK_PART**0.5, parts.colour * (1 - LOOK_PART) ** 0.5], 1)
    half = len(rows) // 2
    near = rows @ rows.T
    same = garments[:, None] == garments[None]
    other = torch.arange(len(rows)).roll(half)
    right = near[torch.arange(len(rows)), other] / LOOK_TEMPERATURE
    wrong = near.masked_fill(same, -1e4) / LOOK_TEMPERATURE
    earlier = (rows @ queue.rows.T).masked_fill(garments[:, None] == queue.garments[None], -1e4) / LOOK_TEMPERATURE
    queue.push(rows[:half], garments[:half])
    return (torch.cat([right[:, None], wrong, earlier], 1).logsumexp(1) - right).mean()


def losses(net: GarmentEmbedding, views: Views, queue: Queue) -> tuple[Tensor, Tensor, Tensor]:
    """Of kind, of finding the same garment, and of saliency."""
    parts = net.parts(views.images, FEATURE_NOISE)
    known = ~views.cells.isnan()
    # a batch may hold no garment with a mask
    outline = F.binary_cross_entropy_with_logits(
        parts.saliency[known], views.cells[known], reduction="sum") / known.sum().clamp(min=1)
    return kind_loss(parts.logits, views.allowed), same_loss(parts, views.garments, queue), outline


class Worker:
    """One thread's share of every step, on one core: torch's own threads wait for one another in each layer, and on a
    machine that others share a step then takes five times as long."""

    def __init__(self, number: int, garments: Garments, seed: int, step: int) -> None:
        self.rng = np.random.default_rng((seed, step, number))
        self.garments = garments
        self.batches = numbers(garments, self.rng)
        self.queue = Queue()

    def gradients(
        self, net: GarmentEmbedding, learned: Sequence[nn.Parameter], side: int
    ) -> tuple[tuple[Tensor | None, ...], list[float]]:
        """Gradients of the next batch by what is ``learned``, and the three losses."""
        found = losses(net, self.garments.batch(next(self.batches), self.rng, side), self.queue)
        kind, same, outline = found
        total = KIND_WEIGHT * kind + SAME_WEIGHT * same + SALIENCY_WEIGHT * outline
        return torch.autograd.grad(total, learned, allow_unused=True), [float(v.detach()) for v in found]


class Average:
    """Exponential moving average of the network."""

    def __init__(self, net: GarmentEmbedding) -> None:
        self.net = copy.deepcopy(net).eval()

    @torch.no_grad()
    def update(self, net: GarmentEmbedding, steps: int) -> None:
        keep = AVERAGE_DECAY * (1 - math.exp(-steps / AVERAGE_RAMP))
        for mine, new in zip(self.net.parameters(), net.parameters(), strict=True):
            mine.lerp_(new, 1 - keep)


def rate_of(name: str) -> float:
    """Learning rate of a parameter: a head's, or its block's of the backbone."""
    if not name.startswith("backbone."):
        return HEAD_RATE
    part = name.split(".")
    depth = int(part[2]) if part[1] == "blocks" else 16 if part[1] == "head" else -1
    return BACKBONE_RATE * BLOCK_DECAY ** (16 - depth)


def parameter_groups(net: GarmentEmbedding) -> list[dict[str, Any]]:
    """By learning rate, decayed (weights) or not (norms and biases)."""
    groups: dict[tuple[float, bool], list[nn.Parameter]] = {}
    for name, p in net.named_parameters():
        if p.requires_grad:
            groups.setdefault((rate_of(name), p.ndim > 1), []).append(p)
    return [
        {"params": ps, "lr": rate, "weight_decay": DECAY * decayed} for (rate, decayed), ps in groups.items()
    ]


def side_at(done: float) -> int:
    """Side of the views when ``done`` (0..1) of the run is over."""
    return next(side for until, side in SIDES if done <= until or until == 1)


def numbers(garments: Garments, rng: np.random.Generator) -> Iterator[list[int]]:
    """Garments of each batch, without end: each source is gone through in random order again and again."""
    of = {name: np.flatnonzero(np.isin(garments.sources, (name, "cutout") if name == "street" else (name,)))
          for name in SHARES}
    order: dict[str, list[int]] = {name: [] for name in SHARES}
    while True:
        batch: list[int] = []
        for name, count in SHARES.items():
            if len(of[name]) < count:
                continue
            if len(order[name]) < count:
                order[name] = rng.permutation(of[name]).tolist()
            batch += [order[name].pop() for _ in range(count)]
        yield batch


def train(args: argparse.Namespace) -> None:
    """Runs the training that the command line describes."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    torch.manual_seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    held = HELD_OUT if args.hold_out else ()
    pictures = list(read_pictures(
        args.data, args.drawn, "train", senders=lambda sender: sender not in held, tagged=args.tagged))
    garments = Garments(pictures)
    validation = list(read_pictures(args.data, None, "val")) if not held else list(
        shop_pictures(args.data / "clothing", "train", 1, np.random.default_rng(0), lambda sender: sender in held)
    )
    net = GarmentEmbedding(FROZEN)
    if args.start:
        net.load_state_dict(read_state(args.start))
    else:
        net.backbone.load_imagenet()
        net.colour.centres.copy_(colour_centres(pictures))
    # Norms keep their statistics: batches are small and mixed from unlike sources.
    net.backbone.fix_norms()
    net = net.to(memory_format=torch.channels_last).eval()
    average = Average(net)
    optimiser = torch.optim.AdamW(parameter_groups(net))
    rates = [group["lr"] for group in optimiser.param_groups]
    clock = Clock(args.steps, args.minutes * 60 if args.minutes else math.inf)
    last = args.out / "last.pt"
    if last.exists():
        state = torch.load(last, weights_only=True)
        net.load_state_dict(state["net"])
        average.net.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        clock.step, clock.before = state["steps"], state["seconds"]
    workers = [Worker(i, garments, args.seed, clock.step) for i in range(args.threads)]
    learned = [p for p in net.parameters() if p.requires_grad]
    saved, sums, count, reported = time.monotonic(), np.zeros(3), 0, clock.done
    pool = ThreadPoolExecutor(args.threads)
    while clock.done < 1:
        factor = learning_factor(clock.step, clock.done)
        for group, rate in zip(optimiser.param_groups, rates, strict=True):
            group["lr"] = rate * factor
        side = side_at(clock.done)
        parts = [pool.submit(worker.gradients, net, learned, side) for worker in workers]
        gradients, found = zip(*(part.result() for part in parts), strict=True)
        for p, *shares in zip(learned, *gradients, strict=True):
            known = [share for share in shares if share is not None]
            p.grad = torch.stack(known).mean(0) if known else None
        nn.utils.clip_grad_norm_(learned, LARGEST_GRADIENT)
        optimiser.step()
        clock.step += 1
        average.update(net, clock.step)
        sums += np.mean(found, axis=0)
        count += 1
        if clock.done >= 1 or time.monotonic() - saved > SAVE_SECONDS:
            line: dict[str, Any] = {"step": clock.step, "done": round(clock.done, 3)}
            line["loss"] = [round(float(v), 3) for v in sums / count]
            print(json.dumps(line), flush=True)
            state = {
                "net": net.state_dict(), "model": average.net.state_dict(),
                "steps": clock.step, "optimiser": optimiser.state_dict(), "seconds": clock.elapsed,
            }
            torch.save(state, args.out / "writing.pt")
            os.replace(args.out / "writing.pt", last)
            if clock.done - reported >= 0.1 and clock.done < 1:
                reported = clock.done
                print(json.dumps(next(report(average.net, validation))), flush=True)
            saved, sums, count = time.monotonic(), np.zeros(3), 0
    for row in report(average.net, validation):
        print(json.dumps(row), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with ccp/ and clothing/")
    parser.add_argument("--out", type=Path, required=True, help="folder of this run")
    parser.add_argument("--drawn", type=Path, help="folder that `python -m catalog.sample` wrote")
    parser.add_argument("--tagged", type=Path, help="pseudo labels of tagged street photos (`export.garments.pseudo`)")
    parser.add_argument("--start", type=Path, help="last.pt of an earlier run, or its float ONNX file")
    parser.add_argument("--hold-out", action="store_true",
                        help="leave some training senders out and report on them, to choose settings by")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--minutes", type=float, help="end the schedule by then, steps or not")
    parser.add_argument("--threads", type=int, default=2, help="batches of a step, each on a core")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    if sys.platform == "linux" and "MALLOC_MMAP_THRESHOLD_" not in os.environ:
        # glibc and OpenMP read them only at the start of a process
        os.environ.update(MALLOC | {"OMP_NUM_THREADS": "1"})
        os.execv(sys.executable, [sys.executable, "-m", "export.embedding.train", *sys.argv[1:]])
    train(args)


if __name__ == "__main__":
    main()
