"""What the detector learns from: assignment of points to garments, and crops whose boxes stay on the garments."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch: pip install -e '.[export]'")

from export.garments import assign as assigning  # noqa: E402
from export.garments.data import mask_shares, moved_boxes, random_example  # noqa: E402
from export.garments.net import GarmentNet, Prediction, point_grid  # noqa: E402
from export.garments.photos import INPUT_HEIGHT, INPUT_WIDTH, Sample, letterbox  # noqa: E402

POINTS = point_grid()


def truth(boxes: list[list[float]], labels: list[int], weights: list[float] | None = None) -> assigning.Truth:
    n = len(boxes)
    return assigning.Truth(
        torch.tensor([boxes]), torch.tensor([labels]), torch.tensor([weights or [1.0] * n]), torch.zeros(1, 16, 40, 28)
    )


def guess(box: list[float], logit: float = 0.0, label: int = 0) -> Prediction:
    """Every point predicts the same box; ``label`` has ``logit``, all other classes a low one."""
    logits = torch.full((1, len(POINTS), 15), -4.0)
    logits[..., label] = logit
    return Prediction(logits, torch.tensor(box).expand(1, len(POINTS), 4).clone(), None)


def test_only_points_inside_a_garment_answer_for_it() -> None:
    box = [40.0, 60.0, 120.0, 200.0]
    found = assigning.assign(guess(box), truth([box], [0]), POINTS)
    chosen = POINTS[found.garment[0] == 0]
    assert 1 <= len(chosen) <= assigning.CANDIDATES
    assert bool(((chosen[:, 0] > 40) & (chosen[:, 0] < 120) & (chosen[:, 1] > 60) & (chosen[:, 1] < 200)).all())
    assert float(found.iou[0].max()) == pytest.approx(1.0, abs=1e-4)


def test_padding_takes_no_points() -> None:
    box = [40.0, 60.0, 120.0, 200.0]
    found = assigning.assign(guess(box), truth([box, [0.0, 0.0, 0.0, 0.0]], [0, 0], [1.0, 0.0]), POINTS)
    assert set(found.garment.unique().tolist()) == {-1, 0}


def test_a_garment_smaller_than_a_cell_still_gets_a_point() -> None:
    tiny = [96.5, 96.5, 99.0, 99.0]
    assert not bool(((POINTS[:, :2] > 96.5) & (POINTS[:, :2] < 99.0)).all(1).any())
    found = assigning.assign(guess(tiny), truth([tiny], [0]), POINTS)
    assert int((found.garment >= 0).sum()) >= 1


def test_a_point_in_two_garments_goes_to_the_one_it_predicts() -> None:
    coat, trousers = [40.0, 90.0, 160.0, 260.0], [40.0, 100.0, 160.0, 260.0]
    found = assigning.assign(guess(trousers, 2.0, label=4), truth([coat, trousers], [3, 4]), POINTS)
    price = (POINTS[:, :2] - torch.tensor([100.0, 180.0])).norm(dim=1) / POINTS[:, 2]
    assert found.garment[0][price.topk(3, largest=False).indices].tolist() == [1, 1, 1]


def test_loss_falls_when_the_prediction_is_right() -> None:
    box = [40.0, 60.0, 120.0, 200.0]
    right = assigning.losses(guess(box, 6.0), truth([box], [0]), POINTS)
    moved = assigning.losses(guess([60.0, 90.0, 150.0, 240.0], 6.0), truth([box], [0]), POINTS)
    assert float(right.boxes) < 0.01 < float(moved.boxes)
    wrong_class = assigning.losses(guess(box, 6.0, label=3), truth([box], [0]), POINTS)
    assert float(right.classes) < float(wrong_class.classes)


def test_network_gives_ordered_boxes_and_trains_all_but_its_frozen_start() -> None:
    torch.manual_seed(0)
    net = GarmentNet().train()
    out = net(torch.rand(2, 3, INPUT_HEIGHT, INPUT_WIDTH) * 255)
    assert out.logits.shape == (2, len(POINTS), 15)
    assert bool((out.boxes[..., 2:] > out.boxes[..., :2]).all())
    assert out.mask_logits is not None
    one = truth([[40.0, 60.0, 120.0, 200.0]], [0])
    many = assigning.Truth(*(torch.cat([part, part]) for part in one))
    assigning.losses(out, many, net.points).total.backward()
    grads = {name: p.grad is not None for name, p in net.named_parameters()}
    frozen = ("backbone.stem", "backbone.blocks.0", "backbone.blocks.2.")
    assert not any(has for name, has in grads.items() if name.startswith(frozen))
    assert grads["backbone.blocks.5.layers.0.1.weight"]
    assert grads["classify.pointwise.0.weight"]


def sample() -> Sample:
    image = np.zeros((300, 200, 3), np.uint8)
    mask = np.zeros((300, 200), np.uint8)
    image[100:200, 50:150] = 255
    mask[100:200, 50:150] = 5
    return Sample("x", image, np.array([[50, 100, 150, 200]], np.float32), np.array([4]), np.ones(1, np.float32), mask)


def test_crops_keep_the_box_on_the_garment() -> None:
    rng = np.random.default_rng(3)
    seen = 0
    for _ in range(40):
        example = random_example(sample(), rng)
        if not len(example.boxes):
            continue
        seen += 1
        x1, y1, x2, y2 = example.boxes[0].round().astype(int)
        grey = example.image.mean(2)
        inside = grey[y1 + 4 : y2 - 4, x1 + 4 : x2 - 4]
        assert inside.mean() > grey.mean()
        share = example.masks[5].sum() * 64
        assert share == pytest.approx((x2 - x1) * (y2 - y1), rel=0.2)
    assert seen > 30


def test_mask_shares_sum_to_one_and_boxes_follow_the_letterbox() -> None:
    matrix = letterbox(200, 300)
    shares = mask_shares(sample().mask, matrix)  # type: ignore[arg-type]
    assert shares.shape == (16, 40, 28)
    assert np.allclose(shares.sum(0), 1, atol=1e-5)
    box = moved_boxes(sample().boxes, matrix)[0]
    scale = 320 / 300
    assert box == pytest.approx([50 * scale + 16 / 3, 100 * scale, 150 * scale + 16 / 3, 200 * scale], abs=0.6)
