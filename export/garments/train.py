"""Trains the garment detector: ``python -m export.garments.train --data SHARED/ccp --out RUN``.

Stops and goes on: every epoch writes ``RUN/last.pt``; the same command picks it up. ``--pseudo`` adds pseudo-labelled
photos (`export.garments.pseudo`), ``--singles`` garments by themselves (`export.garments.singles`), ``--start`` begins
from the averaged weights of an earlier run or from an exported float file. Garments are pasted from photo to photo
(`export.garments.paste`).
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import os
import sys
import time
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from export.garments.assign import losses
from export.garments.data import batches
from export.garments.measure import Detector, measure
from export.garments.net import Deployed, GarmentNet
from export.garments.onnx_start import calibrate, read_weights
from export.garments.paste import cut
from export.garments.photos import Sample, read_samples

EMA_DECAY = 0.998
EMA_RAMP = 200
"""Steps over which the average's memory grows: decay * (1 - exp(-step / ramp))."""
WARMUP_STEPS = 100
BACKBONE_RATE = 0.3
"""The pretrained backbone, whose norms are fixed, learns at this share of the rate."""
PLAIN_FROM = 0.9
"""From this share of the run on nothing is pasted and no garment by itself is shown: the net ends on photos as they are
(YOLOX ends without its mosaics)."""
CALIBRATED_ON = 20
"""Batches that show the norms of an exported file what passes through them."""
WEIGHT_DECAY = 0.05
LARGEST_GRADIENT = 10.0
MALLOC = {"MALLOC_MMAP_THRESHOLD_": "4294967296", "MALLOC_TRIM_THRESHOLD_": "8589934592"}
"""Keeps glibc from returning large buffers to the kernel after each step: eight times the speed on two cores."""


class Average:
    """Exponential moving average of a network's weights and norms."""

    def __init__(self, net: GarmentNet) -> None:
        self.net = copy.deepcopy(net).eval()
        self.steps = 0

    @torch.no_grad()
    def update(self, net: GarmentNet) -> None:
        self.steps += 1
        keep = EMA_DECAY * (1 - math.exp(-self.steps / EMA_RAMP))
        for mine, new in zip(self.net.state_dict().values(), net.state_dict().values(), strict=True):
            if mine.dtype.is_floating_point:
                mine.lerp_(new, 1 - keep)
            else:
                mine.copy_(new)


def as_detector(net: GarmentNet) -> Detector:
    """The network as a numpy function, for measuring."""
    deployed = Deployed(net).eval()

    def call(image: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        with torch.no_grad():
            boxes, scores = deployed(torch.from_numpy(image))
        return boxes.numpy(), scores.numpy()

    return call


def parameter_groups(net: GarmentNet, rate: float) -> list[dict[str, Any]]:
    """Four groups: backbone or not, decayed (weights) or not (norms and biases)."""
    groups: dict[tuple[bool, bool], list[torch.nn.Parameter]] = {}
    for name, p in net.named_parameters():
        if p.requires_grad:
            groups.setdefault((name.startswith("backbone."), p.ndim > 1), []).append(p)
    return [
        {"params": ps, "lr": rate * (BACKBONE_RATE if back else 1.0), "weight_decay": WEIGHT_DECAY * decay}
        for (back, decay), ps in groups.items()
    ]


def learning_factor(step: int, done: float) -> float:
    """Linear warm-up over the first steps, times half a cosine down to 1 %; ``done`` is the share of the run, 0..1."""
    warm = min(1.0, (step + 1) / WARMUP_STEPS)
    return warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))


@dataclass
class Clock:
    """How much of a run is over: by steps or, with a limit of seconds, by time, whichever is further. A machine that
    others share has no steps per hour to plan with."""

    steps: int
    seconds: float
    step: int = 0
    before: float = 0.0
    """Seconds that earlier starts of the same run took."""
    start: float = field(default_factory=time.monotonic)

    @property
    def elapsed(self) -> float:
        return self.before + time.monotonic() - self.start

    @property
    def done(self) -> float:
        return max(self.step / self.steps, self.elapsed / self.seconds)


def epoch_samples(
    sure: list[Sample], pseudo: list[Sample], singles: list[Sample], args: argparse.Namespace, rng: np.random.Generator
) -> list[Sample]:
    """All photos with true labels, a random share of those with pseudo labels, and some garments by themselves."""
    out = list(sure)
    for more, count in ((pseudo, round(args.pseudo_share * len(pseudo))), (singles, args.single_count)):
        drawn: Any = rng.choice(len(more), min(count, len(more)), replace=False) if more else []
        out += [more[int(i)] for i in drawn]
    return out


def train(args: argparse.Namespace) -> None:
    """Runs the training that the command line describes."""
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(1)
    out: Path = args.out
    out.mkdir(parents=True, exist_ok=True)
    sure = read_samples(args.data / "instances_train.json", args.data / "images")
    pseudo = read_samples(args.pseudo, args.data / "images_tagged", masks=False) if args.pseudo else []
    singles = read_samples(args.singles, args.clothing / "images", worn=False, masks=False) if args.singles else []
    pieces = cut(sure)
    val = read_samples(args.data / "instances_val.json", args.data / "images", masks=False)
    torch.manual_seed(args.seed)
    net = GarmentNet()
    folded = False
    if args.start:
        weights, folded = read_weights(args.start)
        net.load_state_dict(weights)
    else:
        net.backbone.load_imagenet()
    net.backbone.fix_norms()
    last = out / "last.pt"
    if folded and not last.exists():
        pictures = batches(sure, args.batch, np.random.default_rng(args.seed))
        calibrate(net, (images for images, _ in islice(pictures, CALIBRATED_ON)))
    net = net.to(memory_format=torch.channels_last)
    average = Average(net)
    optimiser = torch.optim.AdamW(parameter_groups(net, args.rate))
    rates = [group["lr"] for group in optimiser.param_groups]
    per_epoch = len(epoch_samples(sure, pseudo, singles, args, np.random.default_rng(0))) // args.batch
    clock = Clock(per_epoch * args.epochs, args.minutes * 60 if args.minutes else math.inf)
    epoch = 0
    if last.exists():
        state = torch.load(last, weights_only=True)
        net.load_state_dict(state["net"])
        average.net.load_state_dict(state["average"])
        average.steps = clock.step = state["steps"]
        clock.before = state["seconds"]
        optimiser.load_state_dict(state["optimiser"])
        epoch = state["epoch"]
    while clock.done < 1:
        net.train()
        start, sums, count = time.monotonic(), np.zeros(4), 0
        rng = np.random.default_rng((args.seed, epoch))
        plain = clock.done >= PLAIN_FROM
        samples = epoch_samples(sure, pseudo, [] if plain else singles, args, rng)
        for images, truth in batches(samples, args.batch, rng, None if plain else pieces):
            factor = learning_factor(clock.step, clock.done)
            for group, rate in zip(optimiser.param_groups, rates, strict=True):
                group["lr"] = rate * factor
            loss = losses(net(images), truth, net.points)
            optimiser.zero_grad(set_to_none=True)
            loss.total.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), LARGEST_GRADIENT)
            optimiser.step()
            average.update(net)
            clock.step += 1
            sums += [float(v.detach()) for v in loss]
            count += 1
            if clock.done >= 1:
                break
        epoch += 1
        line: dict[str, Any] = {
            "epoch": epoch, "done": round(clock.done, 3), "seconds": round(time.monotonic() - start, 1),
            "loss": [round(float(v), 4) for v in sums / count],
        }
        state = {
            "net": net.state_dict(), "average": average.net.state_dict(), "steps": clock.step,
            "optimiser": optimiser.state_dict(), "epoch": epoch, "seconds": clock.elapsed,
        }
        torch.save(state, out / "writing.pt")
        os.replace(out / "writing.pt", last)
        if epoch % args.measure_every == 0 or clock.done >= 1:
            result = measure(as_detector(average.net), val)
            line |= {"AP50": round(result.ap50, 4), "AP": round(result.ap, 4)}
        print(json.dumps(line), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with images/ and instances_*.json")
    parser.add_argument("--out", type=Path, required=True, help="folder of this run")
    parser.add_argument("--pseudo", type=Path, help="pseudo labels of data/images_tagged")
    parser.add_argument("--start", type=Path, help="last.pt of an earlier run, or a float .onnx")
    parser.add_argument("--pseudo-share", type=float, default=1 / 3, help="of the pseudo labels, in every epoch")
    parser.add_argument("--singles", type=Path, help="boxes on photos of single garments (export.garments.singles)")
    parser.add_argument("--clothing", type=Path, help="the folder of those photos, with images/")
    parser.add_argument("--single-count", type=int, default=250, help="of them, in every epoch")
    parser.add_argument("--epochs", type=int, default=24)
    parser.add_argument("--minutes", type=float, help="end the schedule by then, epochs or not")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--measure-every", type=int, default=4)
    args = parser.parse_args()
    if sys.platform == "linux" and "MALLOC_MMAP_THRESHOLD_" not in os.environ:
        os.environ.update(MALLOC)  # glibc reads them only at the start of a process
        os.execv(sys.executable, [sys.executable, "-m", "export.garments.train", *sys.argv[1:]])
    train(args)


if __name__ == "__main__":
    main()
