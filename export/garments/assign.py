"""Which points answer for which garment, and the loss that follows.

Task-aligned dynamic assignment after SimOTA (YOLOX) and RTMDet's soft-label cost: a point may answer for a garment it
lies in; the price mixes the class error (soft label: the box's IoU), the IoU and the distance from the centre; each
garment takes as many of the cheapest points as the sum of its best IoUs says.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from export.garments.net import Prediction

CANDIDATES = 13
"""Most points one garment may take (RTMDet)."""
IOU_WEIGHT = 3.0
CENTRE_BASE, CENTRE_RADIUS = 10.0, 3.0
"""Price of a point at distance d (in strides) from the centre: 10 ** (d - 3) (RTMDet)."""
BOX_WEIGHT = 2.0
MASK_WEIGHT = 0.5
FORBIDDEN = 1e8


class Truth(NamedTuple):
    """Garments of a batch, padded to the same count g. boxes (n, g, 4), labels (n, g) int64, weights (n, g): 0 for
    padding; masks (n, 16, 44, 32): share of each class (0: none) per cell; cells without mask sum to 0; shares
    (n, g, 15): what each garment may be, 1 at its label where that is sure."""

    boxes: Tensor
    labels: Tensor
    weights: Tensor
    masks: Tensor
    shares: Tensor


class Assignment(NamedTuple):
    """For every point: index of its garment (n, p), -1 for none; and IoU of its predicted box with it (n, p)."""

    garment: Tensor
    iou: Tensor


def overlap(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """IoU and generalised IoU of boxes x1 y1 x2 y2 (..., 4), broadcast against each other."""
    low, high = torch.maximum(a[..., :2], b[..., :2]), torch.minimum(a[..., 2:], b[..., 2:])
    both = (high - low).clamp(min=0).prod(-1)
    area_a, area_b = (a[..., 2:] - a[..., :2]).prod(-1), (b[..., 2:] - b[..., :2]).prod(-1)
    union = area_a + area_b - both + 1e-6
    hull = (torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])).prod(-1) + 1e-6
    iou = both / union
    return iou, iou - (hull - union) / hull


@torch.no_grad()
def assign(prediction: Prediction, truth: Truth, points: Tensor) -> Assignment:
    """Assigns points (p, 3: x, y, stride) to garments. Points without a garment have index -1 and IoU 0."""
    logits, boxes = prediction.logits.float(), prediction.boxes
    n, p, _ = logits.shape
    g = truth.boxes.shape[1]
    if g == 0:
        return Assignment(logits.new_full((n, p), -1, dtype=torch.int64), logits.new_zeros(n, p))
    xy, stride = points[:, :2], points[:, 2]
    gt = truth.boxes[:, :, None]
    inside = ((xy > gt[..., :2]) & (xy < gt[..., 2:])).all(-1)
    centre = (gt[..., :2] + gt[..., 2:]) / 2
    far = (xy - centre).norm(dim=-1) / stride
    # A garment smaller than a cell may hold no centre at all: the finest cell it is centred in then answers.
    inside |= (far < 0.75) & (stride == stride.min())
    inside &= truth.weights[:, :, None] > 0

    iou = overlap(gt, boxes[:, None])[0]
    score = logits.sigmoid()
    label = truth.labels[:, :, None].expand(n, g, p)
    negative = F.softplus(logits) * score.square()
    own = torch.gather(logits.transpose(1, 2), 1, label)
    own_negative = torch.gather(negative.transpose(1, 2), 1, label)
    positive = F.binary_cross_entropy_with_logits(own, iou, reduction="none") * (iou - own.sigmoid()).square()
    price = negative.sum(-1)[:, None] - own_negative + positive
    price = price - IOU_WEIGHT * torch.log(iou + 1e-7) + torch.pow(CENTRE_BASE, far - CENTRE_RADIUS)
    price = torch.where(inside, price, FORBIDDEN)

    count = min(CANDIDATES, p)
    wanted = torch.where(inside, iou, 0.0).topk(count, -1).values.sum(-1).int().clamp(min=1)
    cheapest = price.topk(count, -1, largest=False)
    taken = (torch.arange(count) < wanted[..., None]) & (cheapest.values < FORBIDDEN)
    matched = torch.zeros_like(inside).scatter_(2, cheapest.indices, taken)
    best = torch.where(matched, price, FORBIDDEN * 10).min(1)
    garment = torch.where(matched.any(1), best.indices, -1)
    picked = torch.gather(iou, 1, garment.clamp(min=0)[:, None])[:, 0]
    return Assignment(garment, torch.where(garment >= 0, picked, 0.0))


class Losses(NamedTuple):
    total: Tensor
    classes: Tensor
    boxes: Tensor
    masks: Tensor


def losses(prediction: Prediction, truth: Truth, points: Tensor) -> Losses:
    """Quality focal loss on the classes, GIoU on the boxes, cross entropy on the auxiliary masks."""
    found = assign(prediction, truth, points)
    logits = prediction.logits.float()
    has = found.garment >= 0
    index = found.garment.clamp(min=0)
    weight = torch.where(has, torch.gather(truth.weights, 1, index), 1.0)
    shares = torch.gather(truth.shares, 1, index[..., None].expand(-1, -1, truth.shares.shape[2]))
    target = shares * torch.where(has, found.iou, 0.0)[..., None]
    gap = (target - logits.sigmoid()).square()
    per_class = F.binary_cross_entropy_with_logits(logits, target, reduction="none") * gap
    mass = (found.iou * weight).sum().clamp(min=1.0)
    classes = (per_class.sum(-1) * weight).sum() / mass

    # squared: a box that another net has found counts less than what it calls the garment
    gt = torch.gather(truth.boxes, 1, index[..., None].expand(-1, -1, 4))
    giou = overlap(prediction.boxes[has], gt[has])[1]
    boxes = ((1 - giou) * (found.iou * weight.square())[has]).sum() / mass

    masks = logits.new_zeros(())
    if prediction.mask_logits is not None:
        known = truth.masks.sum(1)
        cross = -(F.log_softmax(prediction.mask_logits.float(), 1) * truth.masks).sum(1)
        masks = cross.sum() / known.sum().clamp(min=1.0)
    total = classes + BOX_WEIGHT * boxes + MASK_WEIGHT * masks
    return Losses(total, classes.detach(), boxes.detach(), masks.detach())
