"""What the detector learns from: assignment of points to garments, and crops whose boxes stay on the garments."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest

torch = pytest.importorskip("torch", reason="training needs torch: pip install -e '.[export]'")

from export.backbone import PIXEL_MEAN, EfficientNetLite0  # noqa: E402
from export.coco_ap import Precision  # noqa: E402
from export.garments import assign as assigning  # noqa: E402
from export.garments import train as training  # noqa: E402
from export.garments.data import mask_shares, moved_boxes, random_example  # noqa: E402
from export.garments.net import Deployed, GarmentNet, Prediction, point_grid  # noqa: E402
from export.garments.onnx_start import calibrate, load_onnx, read_weights  # noqa: E402
from export.garments.photos import INPUT_HEIGHT, INPUT_WIDTH, Sample, letterbox  # noqa: E402
from mirror.runtime.manifest import Manifest  # noqa: E402

POINTS = point_grid()


def truth(boxes: list[list[float]], labels: list[int], weights: list[float] | None = None) -> assigning.Truth:
    n = len(boxes)
    return assigning.Truth(
        torch.tensor([boxes]), torch.tensor([labels]), torch.tensor([weights or [1.0] * n]), torch.zeros(1, 16, 44, 32),
        torch.eye(15)[torch.tensor([labels])],
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


def test_a_garment_that_may_be_two_things_teaches_both() -> None:
    box = [40.0, 60.0, 120.0, 200.0]
    sure = truth([box], [0])
    doubtful = sure._replace(shares=torch.tensor([[[0.6, 0.0, 0.4] + [0.0] * 12]]))
    pulls = []
    for teaching in (sure, doubtful):
        prediction = guess(box, -2.0)
        prediction.logits.requires_grad_(True)
        assigning.losses(prediction, teaching, POINTS).total.backward()
        assert prediction.logits.grad is not None
        answering = assigning.assign(prediction, teaching, POINTS).garment[0] == 0
        pulls.append(prediction.logits.grad[0, answering, 2].mean())
    assert pulls[0] > 0 > pulls[1]  # downhill is up for the second category only where it is named


def test_a_guessed_box_pulls_less_than_it_weighs() -> None:
    boxes, labels = [[40.0, 60.0, 120.0, 200.0], [130.0, 60.0, 210.0, 200.0]], [0, 3]
    off = [60.0, 90.0, 150.0, 240.0]
    sure = assigning.losses(guess(off), truth(boxes, labels), POINTS)
    guessed = assigning.losses(guess(off), truth(boxes, labels, [0.5, 0.5]), POINTS)
    assert float(guessed.boxes) < 0.6 * float(sure.boxes)


def test_fixed_norms_give_what_the_norms_gave_and_no_longer_move() -> None:
    torch.manual_seed(0)
    net = EfficientNetLite0(without=(7, 13))
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.running_mean, -0.5, 0.5)
            torch.nn.init.uniform_(module.running_var, 0.5, 2.0)
    image = torch.rand(1, 3, 64, 64) * 255
    with torch.no_grad():
        before = net.eval()(image)
        net.fix_norms()
        after = net.train()(image)
    for a, b in zip(before, after, strict=True):
        assert torch.allclose(a, b, atol=1e-4)
    with pytest.raises(ValueError, match="changes the shape"):
        EfficientNetLite0(without=(3,))


def test_the_deployed_network_does_what_the_trained_one_does() -> None:
    torch.manual_seed(0)
    net = GarmentNet(frozen=0).train()
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None  # one pass then sets the statistics
    with torch.no_grad():
        net(torch.rand(2, 3, INPUT_HEIGHT, INPUT_WIDTH) * 255)
    net.eval()
    image = torch.rand(1, 3, INPUT_HEIGHT, INPUT_WIDTH) * 255
    deployed = Deployed(net)
    pad = deployed.stem[0]
    assert isinstance(pad, torch.nn.ZeroPad2d)
    with torch.no_grad():
        theirs = net(image)
        boxes, scores = deployed(image)
        edged = float((scores - theirs.logits.sigmoid()).abs().mean())
        # with the padding of training it is the same function
        deployed.stem[0] = torch.nn.ConstantPad2d(pad.padding, PIXEL_MEAN)
        boxes, scores = deployed(image)
    assert torch.allclose(scores, theirs.logits.sigmoid(), atol=1e-3)
    assert torch.allclose(boxes, theirs.boxes, atol=0.5)
    assert edged < 0.02


def test_a_run_begins_from_the_file_that_is_shipped() -> None:
    path = Manifest.load()["garments"].path
    weights, folded = read_weights(path)
    assert folded
    net = GarmentNet()
    net.load_state_dict(weights)
    net.backbone.fix_norms()
    images = torch.rand(2, 3, INPUT_HEIGHT, INPUT_WIDTH, generator=torch.Generator().manual_seed(0)) * 255
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    boxes, scores = session.run(None, {"image": images[:1].numpy()})
    calibrate(net, [images])
    net.eval()
    with torch.no_grad():
        ours = Deployed(net)(images[:1])
        before = net(images).logits
        # its norms in training, by the statistics of a batch they were calibrated on, change nothing either
        for part in (net.neck, net.classify):
            part.train()
        after = net(images).logits
    assert ours[0].numpy() == pytest.approx(boxes, abs=0.01)
    assert ours[1].numpy() == pytest.approx(scores, abs=1e-4)
    assert after.numpy() == pytest.approx(before.numpy(), abs=0.05)


def test_another_file_does_not_begin_a_run() -> None:
    with pytest.raises(ValueError, match="garment-embedding"):
        load_onnx(GarmentNet(), Manifest.load()["garment-embedding"].path)


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
    assert shares.shape == (16, 44, 32)
    assert np.allclose(shares.sum(0), 1, atol=1e-5)
    box = moved_boxes(sample().boxes, matrix)[0]
    scale = 352 / 300
    assert box == pytest.approx([50 * scale + 32 / 3, 100 * scale, 150 * scale + 32 / 3, 200 * scale], abs=0.6)


def test_a_garment_by_itself_is_shown_whole_and_no_larger_than_a_worn_one() -> None:
    alone = replace(sample(), worn=False, mask=None)
    rng = np.random.default_rng(5)
    shares = []
    for _ in range(30):
        example = random_example(alone, rng)
        (box,) = example.boxes
        shares.append((box[3] - box[1]) / INPUT_HEIGHT)
    assert min(shares) < 0.2
    assert max(shares) < 0.42
    assert np.std(shares) > 0.02


def photos_on_disk(folder: Path, names: list[str], split: str) -> None:
    (folder / "images").mkdir(exist_ok=True)
    document: dict[str, list[dict[str, object]]] = {"images": [], "annotations": []}
    for i, name in enumerate(names):
        cv2.imwrite(str(folder / "images" / name), sample().image)
        document["images"].append({"id": i, "file_name": name})
        document["annotations"].append({"image_id": i, "category_id": 5, "bbox": [50, 100, 100, 100]})
    (folder / f"instances_{split}.json").write_text(json.dumps(document))


def test_training_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photos_on_disk(tmp_path, ["a.png", "b.png", "c.png", "d.png"], "train")
    photos_on_disk(tmp_path, ["e.png"], "val")
    torch.manual_seed(0)
    torch.save({"average": GarmentNet().state_dict()}, tmp_path / "start.pt")
    monkeypatch.setattr(training, "measure", lambda detector, samples: Precision(0.25, 0.125, {}))
    command = argparse.Namespace(
        data=tmp_path, out=tmp_path / "run", pseudo=None, start=tmp_path / "start.pt", pseudo_share=0.0, singles=None,
        clothing=None, single_count=0, epochs=1, minutes=None, batch=2, rate=1e-3, threads=1, seed=0, measure_every=9,
    )
    training.train(command)
    first = torch.load(tmp_path / "run" / "last.pt", weights_only=True)
    command.epochs = 2
    training.train(command)
    second = torch.load(tmp_path / "run" / "last.pt", weights_only=True)
    assert (first["epoch"], second["epoch"]) == (1, 2)
    assert (first["steps"], second["steps"]) == (2, 4)
    assert second["seconds"] > first["seconds"]
    moved = [n for n, w in first["net"].items() if w.dtype.is_floating_point and not torch.equal(w, second["net"][n])]
    assert "neck.context.weight" in moved
    assert not any(name.startswith("backbone.stem") for name in moved)
    assert not any("running" in name for name in moved if name.startswith("backbone"))
